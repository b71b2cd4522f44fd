//! What the frames are where optimized code is left, and what makes them so.
//!
//! On its way out the code stores the words that it holds in machine registers into [`Vm::exit_words`], and passes an
//! [`ExitState`], which says of which register of which frame each word is part. So a way out takes a store for each word
//! and one call, behind which none of them is alive: code that is left rarely costs the code beside it no registers.

use super::InlinedCall;
use crate::bytecode::Insn;
use crate::inline_cache::inline_offset;
use crate::interp::Template;
use crate::object::Gc;
use crate::shape::ShapeId;
use crate::table::Table;
use crate::value::Value;
use crate::vm::Vm;

/// So many words at most are stored on a way out.
pub const MOST_EXIT_WORDS: usize = 4096;

/// The frames at a way out, and the tables that are yet to be made for them.
#[derive(Debug, Default)]
pub struct ExitState {
    /// From the outermost on.
    pub frames: Box<[ExitFrame]>,
    pub objects: Box<[ExitObject]>,
}

/// One frame.
#[derive(Debug)]
pub struct ExitFrame {
    /// How many registers lie between register 0 of the outermost frame and that of this one.
    pub below: usize,
    /// Address of the instruction that it goes on with.
    pub pc: usize,
    /// How it was called by the frame before it; of the outermost one, nothing that is asked for.
    pub call: InlinedCall,
    /// What is to be put into its registers.
    pub registers: Box<[(u8, ExitValue)]>,
    /// The register before which the values end that an open instruction has left.
    pub top: Option<u8>,
}

/// A table that the code did without.
#[derive(Debug)]
pub struct ExitObject {
    /// Cell 0 of its allocation site.
    pub site: u64,
    pub shape: u32,
    pub metatable: Option<ExitValue>,
    /// From the first slot on.
    pub fields: Box<[ExitValue]>,
}

/// Where a value is. Words are named by their places in [`Vm::exit_words`].
#[derive(Clone, Copy, Debug)]
pub enum ExitValue {
    /// In the code.
    Constant { payload: u64, meta: u64 },
    /// Its payload is a word; the tag is known.
    Word { at: u16, meta: u64 },
    /// Two words, one behind the other.
    Pair { at: u16 },
    /// A word that is 0 or 1.
    Bool { at: u16 },
    /// One of the tables that are made.
    Object(u16),
}

impl ExitState {
    /// Makes the tables. That collects nothing.
    ///
    /// # Safety
    /// `vm` is the running VM, and the words are those of the state.
    unsafe fn make_objects(&self, vm: *mut Vm) -> Vec<Gc<Table>> {
        // SAFETY: the caller's. A site's tables have the slots of the shapes that its code gives them.
        unsafe {
            let made: Vec<Gc<Table>> = self
                .objects
                .iter()
                .map(|object| Template::new_table(&mut (*vm).heap, object.site))
                .collect();
            for (object, &table) in self.objects.iter().zip(&made) {
                let mut table = table;
                for (slot, field) in object.fields.iter().enumerate() {
                    let address = table.as_ptr().cast::<u8>().add(inline_offset(slot));
                    *address.cast::<Value>() = field.read(vm, &made);
                }
                table.set_shape(ShapeId(object.shape));
                if let Some(metatable) = &object.metatable {
                    table.metatable = Some(metatable.read(vm, &made).object().cast());
                }
            }
            made
        }
    }

    /// Puts all frames, the first of which begins at `base`, into the Lua stack, which has room for them.
    ///
    /// # Safety
    /// As for [`ExitState::make_objects`].
    pub(super) unsafe fn write_all(&self, vm: *mut Vm, base: *mut Value) {
        // SAFETY: the caller's.
        unsafe {
            let made = self.make_objects(vm);
            for frame in &self.frames {
                frame.write(vm, base.add(frame.below), &made);
            }
        }
    }

    /// The same, where each frame is put there by itself: `next` tells where the next one begins, or that there is no room.
    ///
    /// # Safety
    /// As for [`ExitState::make_objects`].
    pub(super) unsafe fn write_each(
        &self,
        vm: *mut Vm,
        mut next: impl FnMut(&ExitFrame) -> Option<*mut Value>,
    ) -> bool {
        // SAFETY: the caller's.
        unsafe {
            let made = self.make_objects(vm);
            self.frames
                .iter()
                .all(|frame| next(frame).map(|base| frame.write(vm, base, &made)).is_some())
        }
    }
}

impl ExitFrame {
    pub(super) fn pc(&self) -> *const Insn {
        self.pc as *const Insn
    }

    unsafe fn write(&self, vm: *mut Vm, base: *mut Value, made: &[Gc<Table>]) {
        // SAFETY: as for `ExitState::write_all`.
        unsafe {
            for &(register, value) in &self.registers {
                *base.add(usize::from(register)) = value.read(vm, made);
            }
            if let Some(top) = self.top {
                (*vm).top = base.add(usize::from(top));
            }
        }
    }
}

impl ExitValue {
    unsafe fn read(self, vm: *mut Vm, made: &[Gc<Table>]) -> Value {
        // SAFETY: `vm` is the running VM; no word is named that its code has not stored.
        let word = |at: u16| unsafe { (&(*vm).exit_words)[usize::from(at)] };
        match self {
            ExitValue::Constant { payload, meta } => Value { payload, meta },
            ExitValue::Word { at, meta } => Value { payload: word(at), meta },
            ExitValue::Pair { at } => Value { payload: word(at), meta: word(at + 1) },
            ExitValue::Bool { at } => Value::boolean(word(at) != 0),
            ExitValue::Object(number) => Value::table(made[usize::from(number)]),
        }
    }
}
