//! Lua registers, in the slots of the stack.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F64, I32, I64};
use cranelift_codegen::ir::{Block, InstBuilder, Value};
use interlune_core::offsets;
use interlune_core::value::tag;

use super::{Emitter, META, SLOT, TAG, meta_of};

impl Emitter<'_> {
    /// Address of register 0.
    pub(crate) fn base(&mut self) -> Value {
        self.base.unwrap_or_else(|| self.b.ins().get_pinned_reg(I64))
    }

    /// What called code has left in the pinned register.
    pub(crate) fn changed_base(&mut self) -> Value {
        self.base = None;
        self.base()
    }

    /// Emits in a block that nothing comes back from: what is emitted afterwards keeps register 0's address.
    pub(crate) fn aside(&mut self, block: Block, emit: impl FnOnce(&mut Self)) {
        let base = self.base;
        self.b.switch_to_block(block);
        emit(self);
        self.base = base;
    }

    /// Changes register 0's address on the path that is being emitted; it is read anew on every other one too.
    pub(crate) fn set_base(&mut self, base: Value) {
        self.b.ins().set_pinned_reg(base);
        self.base = None;
    }

    pub(crate) fn payload(&mut self, register: usize) -> Value {
        let base = self.base();
        self.load(I64, base, register as i32 * SLOT)
    }

    pub(crate) fn float_payload(&mut self, register: usize) -> Value {
        let base = self.base();
        self.load(F64, base, register as i32 * SLOT)
    }

    pub(crate) fn meta(&mut self, register: usize) -> Value {
        let base = self.base();
        self.load(I64, base, register as i32 * SLOT + META)
    }

    pub(crate) fn tag(&mut self, register: usize) -> Value {
        let base = self.base();
        self.load(I32, base, register as i32 * SLOT + TAG)
    }

    /// Whether a register has a tag.
    pub(crate) fn has_tag(&mut self, register: usize, tag: u32) -> Value {
        let found = self.tag(register);
        self.b.ins().icmp_imm_s(IntCC::Equal, found, i64::from(tag))
    }

    /// Goes on if the registers have these tags, else to `otherwise`.
    pub(crate) fn require_tags(&mut self, expected: &[(usize, u32)], otherwise: Block) {
        let mut differences = None;
        for &(register, tag) in expected {
            let found = self.tag(register);
            let difference = self.b.ins().bxor_imm_s(found, i64::from(tag));
            differences = Some(match differences {
                Some(others) => self.b.ins().bor(others, difference),
                None => difference,
            });
        }
        if let Some(differences) = differences {
            self.refuse(differences, otherwise);
        }
    }

    /// Writes a value of a known tag into a register.
    pub(crate) fn write(&mut self, register: usize, payload: Value, tag: u32) {
        let base = self.base();
        self.store(payload, base, register as i32 * SLOT);
        let meta = self.int(meta_of(tag));
        self.store(meta, base, register as i32 * SLOT + META);
    }

    /// Writes both words of a register.
    pub(crate) fn write_words(&mut self, register: usize, payload: Value, meta: Value) {
        let base = self.base();
        self.store(payload, base, register as i32 * SLOT);
        self.store(meta, base, register as i32 * SLOT + META);
    }

    /// Writes a value whose payload is 0.
    pub(crate) fn write_simple(&mut self, register: usize, tag: u32) {
        let zero = self.int(0);
        self.write(register, zero, tag);
    }

    /// The table in a register; to `slow` if it holds something else.
    pub(crate) fn table(&mut self, register: usize, slow: Block) -> Value {
        let is_table = self.has_tag(register, tag::TABLE);
        self.require(is_table, slow);
        self.payload(register)
    }

    /// The running closure.
    pub(crate) fn closure(&mut self) -> Value {
        let base = self.base();
        self.load(I64, base, -SLOT)
    }

    /// Where upvalue `index` keeps its value.
    pub(crate) fn upvalue_location(&mut self, index: usize) -> Value {
        let closure = self.closure();
        let at = offsets::function::CLOSURE_UPVALUES + index * 8;
        let upvalue = self.load(I64, closure, at as i32);
        self.load(I64, upvalue, offsets::function::UPVALUE_LOCATION as i32)
    }
}
