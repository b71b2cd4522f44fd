//! The optimizing tier: bytecode and feedback to machine code by way of the representation in [`crate::ir`].
//!
//! Code with a frame keeps to the protocol of the baseline tier, whose code stays beside it: it pushes the same frames, and
//! at every call and exit the Lua stack is what the baseline tier would have made of it. So everything that resumes a frame
//! (yields, errors, exits) goes on in baseline code, and optimized code is entered anew by calls and at loops' headers. Code
//! without a frame tells of the frame that it would have had when it leaves.
//!
//! * [`build`]: from bytecode; [`passes`]: what makes it faster; [`lower`]: to CLIF
//! * [`direct`]: how code without a frame is entered
//! * [`exits`]: counters of exits; [`reason`]: why there are exits

mod build;
mod direct;
mod exits;
mod lower;
pub mod passes;
mod reason;

use cranelift_codegen::Context;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{self as clif, InstBuilder, TrapCode, UserFuncName};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use interlune_core::assumptions::Assumption;
use interlune_core::bytecode::Opcode;
use interlune_core::function::{OPTIMIZED_POINT, RESUME, UNFRAMED_POINT};
use interlune_core::offsets;
use interlune_core::tier::CompileInput;
use interlune_core::value::Value;

use crate::baseline::{Emitter, Layout, Sites};
use crate::code::target::{self, Allocator, CodeError};
use crate::code::trampoline::{Trampoline, assemble, direct_signature, entry_signature};
use crate::flow::Flow;
use crate::ir::{Function, Op};
pub use build::{Declined, Entry, MOST_BYTECODES, MOST_INLINED, callees, may_need_no_frame};
pub use exits::{ExitPlace, Exits};
use lower::{Activation, Lowering};
pub use reason::DeoptReason;

/// Why a function has no optimized code.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OptimizeError {
    #[error("{0}")]
    Declined(#[from] Declined),
    #[error("{0}")]
    Code(#[from] CodeError),
}

/// Where a function's optimized code is entered.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Entries {
    /// By calls.
    pub is_called: bool,
    /// At these loops' headers, by frames that run already.
    pub loops: Vec<usize>,
}

/// For tests: whether guards fail that need not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum GuardStress {
    #[default]
    Off,
    /// Every so many guards that are run, as the VM counts them (`Lua::set_guard_stress_period`).
    EveryNth,
    /// Each guard when it is run for the first time.
    EachOnce,
}

/// What the code of a function is made with besides the code itself.
#[derive(Debug)]
pub struct Optimized {
    pub resume_points: Box<[u32]>,
    pub sites: Sites,
    pub exits: Exits,
    /// Numbers of the functions that it calls by way of the Lua stack, because there was no other way.
    pub slow_callees: Vec<u64>,
    pub reliance: Reliance,
    /// Direct calls of it return exactly one value.
    pub returns_one: bool,
}

/// What code takes for granted, and the objects that it names by their addresses.
#[derive(Default, Debug)]
pub struct Reliance {
    pub named: Vec<Value>,
    pub assumptions: Vec<Assumption>,
}

impl Reliance {
    fn add(&mut self, function: &Function) {
        self.named.extend(function.named().iter().map(|named| named.value));
        self.named.extend(function.assumptions().iter().map(Assumption::owner));
        self.assumptions.extend(function.assumptions());
    }
}

/// Sees the representation after a step of that name.
pub type Observer<'o> = dyn FnMut(&'static str, &Function) + 'o;

/// The optimizing compiler; one per thread.
pub struct Optimizing {
    isa: OwnedTargetIsa,
    /// Has the thunk that code calls.
    trampoline: Trampoline,
    context: Context,
    /// Of code that is called directly, if the function has any.
    direct: Option<Context>,
    builders: FunctionBuilderContext,
}

/// Machine code of a function.
#[derive(Clone, Debug)]
pub struct Generated {
    pub code: Vec<u8>,
    /// What is called directly.
    pub direct: Option<Vec<u8>>,
}

impl Optimizing {
    /// # Errors
    /// This machine is not supported.
    pub fn new() -> Result<Optimizing, CodeError> {
        Ok(Optimizing {
            isa: target::baseline(Allocator::Backtracking)?,
            trampoline: Trampoline::shared()?,
            context: Context::new(),
            direct: None,
            builders: FunctionBuilderContext::new(),
        })
    }

    /// Machine code of the function that was last translated.
    ///
    /// # Errors
    /// Cranelift refuses the function, for instance because it is too large.
    pub fn generate(&mut self) -> Result<Generated, CodeError> {
        let code = assemble(&*self.isa, &mut self.context)?;
        let direct =
            self.direct.as_mut().map(|context| assemble(&*self.isa, context)).transpose()?;
        Ok(Generated { code, direct })
    }

    /// The representation of a function, optimized; nothing if it is to do without a frame and cannot. `observe` sees it
    /// after each step.
    ///
    /// # Errors
    /// The function is not built.
    pub fn represent(
        input: &CompileInput,
        entry: Entry,
        observe: &mut Observer<'_>,
    ) -> Result<Option<Function>, Declined> {
        let Some(mut function) = build::build(input, entry)? else { return Ok(None) };
        crate::ir::verify::assert_valid(&function, "building");
        observe("building", &function);
        passes::run(&mut function, observe);
        Ok(Some(function))
    }

    fn new_context(&self, signature: clif::Signature) -> Context {
        let name = UserFuncName::default();
        Context::for_function(clif::Function::with_name_signature(name, signature))
    }

    /// Translates a function to CLIF, which stays in the compiler for [`Optimizing::generate`].
    ///
    /// # Errors
    /// The function is not built.
    pub fn translate(
        &mut self,
        input: &CompileInput,
        entries: &Entries,
        guard_stress: GuardStress,
        observe: &mut Observer<'_>,
    ) -> Result<Optimized, Declined> {
        let mut calls = Calls::Forwarded;
        if entries.is_called {
            calls = match Self::represent(input, Entry::Direct, observe)? {
                Some(function) => Calls::Direct(function),
                None => Self::represent(input, Entry::Framed(0), observe)?
                    .map_or(Calls::Forwarded, Calls::Framed),
            };
        }
        let mut loops = Vec::new();
        for &pc in &entries.loops {
            loops.extend(Self::represent(input, Entry::Framed(pc), observe)?.map(|f| (pc, f)));
        }
        let mut slow_callees = Vec::new();
        if let Calls::Framed(function) = &calls {
            slow_callees.extend(find_slow_callees(input, function));
        }
        for (_, function) in &loops {
            slow_callees.extend(find_slow_callees(input, function));
        }
        let mut reliance = Reliance::default();
        let called = match &calls {
            Calls::Direct(function) | Calls::Framed(function) => Some(function),
            Calls::Forwarded => None,
        };
        loops.iter().map(|(_, function)| function).chain(called).for_each(|it| reliance.add(it));
        self.context = self.new_context(entry_signature(&*self.isa));
        let layout = Layout::of(&input.proto);
        let mut resume_points = layout.resume_points;
        let sites = Sites::of(&input.proto, input.cache_entries);
        let exits = Exits::default();
        let begins = vec![false; input.proto.code.len() + 1];
        self.direct = None;
        if let Calls::Direct(function) = &calls {
            let mut context = self.new_context(direct_signature(
                self.isa.default_call_conv(),
                usize::from(input.proto.param_count),
            ));
            let builder = FunctionBuilder::new(&mut context.func, &mut self.builders);
            let mut emitter = Emitter::new(builder, input, &begins, &sites, &*self.isa);
            emitter.keep_values(self.trampoline.preserving());
            let registers = function.registers();
            let (closure, parameters) = direct::emit_prologue(&mut emitter, registers);
            let activation = Activation::Direct { closure, parameters };
            Lowering::lower(&mut emitter, function, &exits, guard_stress, activation);
            emitter.finish_direct();
            self.direct = Some(context);
            // A loop there is come to with frames that are not at their beginning.
            if Flow::of(&input.proto).loops.iter().all(|it| it.header != 0) {
                resume_points[0] = UNFRAMED_POINT;
            }
        }
        let builder = FunctionBuilder::new(&mut self.context.func, &mut self.builders);
        let mut emitter = Emitter::new(builder, input, &begins, &sites, &*self.isa);
        emitter.keep_values(self.trampoline.preserving());
        let loops: Vec<_> = (CALLED + 1..).zip(loops).collect();
        let firsts = emit_entry(&mut emitter, &calls, &loops);
        if let (Calls::Framed(function), Some(first)) = (&calls, firsts.called) {
            let activation = Activation::Framed(first);
            Lowering::lower(&mut emitter, function, &exits, guard_stress, activation);
            resume_points[0] = CALLED;
        }
        for ((number, (pc, function)), first) in loops.iter().zip(firsts.loops) {
            let activation = Activation::Framed(first);
            Lowering::lower(&mut emitter, function, &exits, guard_stress, activation);
            resume_points[*pc] = *number;
        }
        emitter.finish();
        if !exits.fit() {
            return Err(Declined::TooLong);
        }
        let returns_one = matches!(&calls, Calls::Direct(function) if function.returns_one());
        Ok(Optimized { resume_points, sites, exits, slow_callees, reliance, returns_one })
    }

    /// The CLIF of the function that was last translated, for dumps.
    pub fn clif(&self) -> String {
        let direct = self.direct.iter().map(|context| context.func.display().to_string());
        std::iter::once(self.context.func.display().to_string()).chain(direct).collect()
    }
}

/// What calls of a function lead to.
enum Calls {
    /// Its baseline code.
    Forwarded,
    /// Code that pushes a frame.
    Framed(Function),
    /// Code that is called directly.
    Direct(Function),
}

/// The numbers of the functions whose calls are left to the baseline tier's code.
fn find_slow_callees(input: &CompileInput, function: &Function) -> Vec<u64> {
    let insts = function.blocks().flat_map(|block| function.insts(block).to_vec());
    let called = insts.filter_map(|inst| {
        let data = function.inst(inst);
        let pc = data.immediate as usize;
        let is_call = match data.op {
            Op::Run => input.proto.code[pc].opcode() == Some(Opcode::Call),
            Op::RunEnd => input.proto.code[pc].opcode() == Some(Opcode::TailCall),
            _ => false,
        };
        is_call.then(|| input.feedback(pc, 0)).filter(|&callee| build::is_one_closure(callee))
    });
    called.collect()
}

/// The first blocks of what is lowered.
struct Firsts {
    called: Option<clif::Block>,
    loops: Vec<clif::Block>,
}

/// The resume point of a frame that begins. Loops have the numbers behind it.
const CALLED: u32 = OPTIMIZED_POINT;

/// Emits what leads to each entry.
fn emit_entry(e: &mut Emitter<'_>, calls: &Calls, loops: &[(u32, (usize, Function))]) -> Firsts {
    let [at, count, wanted] = e.begin_entry();
    let (call, resume) = (e.b.create_block(), e.b.create_block());
    let is_resumed = e.b.ins().icmp_imm_s(IntCC::Equal, wanted, RESUME);
    e.b.ins().brif(is_resumed, resume, &[], call, &[]);
    e.switch_to(resume);
    let mut firsts = Firsts { called: None, loops: Vec::new() };
    for (number, _) in loops {
        let first = e.b.create_block();
        enter_if(e, count, *number, at, first);
        firsts.loops.push(first);
    }
    if let Calls::Framed(_) = calls {
        // The interpreter has pushed the frame.
        let first = e.b.create_block();
        enter_if(e, count, CALLED, at, first);
        firsts.called = Some(first);
    }
    // Frames are resumed here at numbers of this code only.
    e.b.ins().trap(TrapCode::unwrap_user(1));
    e.switch_to(call);
    match calls {
        Calls::Framed(_) => {
            let Some(first) = firsts.called else { unreachable!("it was made above") };
            e.emit_prologue(at, count, wanted, first);
        }
        Calls::Direct(function) => {
            direct::emit_wrapper(e, [at, count, wanted], function.returns_one());
        }
        Calls::Forwarded => forward(e, at, [at, count, wanted]),
    }
    firsts
}

/// Goes on in a block, with register 0 at that address, if the resume point is the one of that number.
fn enter_if(
    e: &mut Emitter<'_>,
    point: clif::Value,
    number: u32,
    base: clif::Value,
    to: clif::Block,
) {
    let (enter, next) = (e.b.create_block(), e.b.create_block());
    let is_here = e.b.ins().icmp_imm_s(IntCC::Equal, point, i64::from(number));
    e.b.ins().brif(is_here, enter, &[], next, &[]);
    e.switch_to(enter);
    e.set_base(base);
    e.jump(to);
    e.switch_to(next);
}

/// Goes on in baseline code as if that had been called.
fn forward(e: &mut Emitter<'_>, func: clif::Value, arguments: [clif::Value; 3]) {
    let closure = e.load(I64, func, 0);
    let proto = e.load(I64, closure, offsets::function::CLOSURE_PROTO as i32);
    let entry = e.load(I64, proto, offsets::function::PROTO_BASELINE_ENTRY as i32);
    let status = e.call_entry(entry, arguments);
    e.b.ins().return_(&[status]);
}
