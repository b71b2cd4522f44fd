//! The interpreter: one small function per instruction, each ending in a tail call of the next.
//!
//! The running function's state is passed in machine registers from handler to handler: the VM, the program counter
//! (already behind the running instruction), register 0, the constants, the feedback vector, the instruction. What is
//! not on a handler's fast path lies in `#[cold]` functions of the same signature, so that fast paths need no stack
//! frame. LLVM turns the calls in tail position into jumps when it optimizes; where it does not (debug builds,
//! sanitizers), [`next`] returns to [`run_saved`] instead, which calls the next handler.
//!
//! Off the fast paths, and at every safepoint that runs out of fuel, code goes on through [`next_by_loop`] or [`bounce`],
//! which return to [`run_saved`] and so empty the native stack. No instruction may leave anything there: straight-line
//! code is as long as the source. The test `native_stack` looks at every kind of them, in optimized builds too.
//!
//! No Lua call, metamethod, `pcall` or coroutine switch recurses on the native stack: each pushes or pops a
//! [`Frame`] and goes on. Only native functions that call back ([`crate::native::Cx::call`]) enter the interpreter anew.
//!
//! Invariants: bytecode was verified, so operands are in range; `vm.frame` is the running frame, whose `pc` is up to
//! date whenever anything that may raise, allocate with a collection, or look at frames runs.

#![allow(unsafe_code, reason = "raw registers, verified bytecode")]

mod access;
mod arith;
pub(crate) mod call;
pub(crate) mod close;
mod compare;
pub(crate) mod concat;
pub(crate) mod coroutine;
pub mod element;
pub(crate) mod entry;
pub(crate) mod iterate;
pub(crate) mod load;
mod loops;
pub(crate) mod meta;
pub(crate) mod protect;
pub(crate) mod safepoint;
mod table_ops;
pub(crate) mod unwind;
pub(crate) mod vararg;

pub use arith::seen;
pub(crate) use call::call_from_host;
pub use call::{NATIVE_CALLEE, SEVERAL_CALLEES};
pub(crate) use close::close_after_error;
pub(crate) use coroutine::{close_thread, create as create_thread, isyieldable};
pub(crate) use entry::check_stack;
pub use meta::{MetamethodSite, MetamethodSites};
pub(crate) use safepoint::pause;
pub use table_ops::Template;
pub(crate) use unwind::live_top;

use crate::bytecode::Insn;
use crate::thread::ReturnTo;
use crate::value::Value;
use crate::vm::Vm;

/// Why the interpreter was left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub(crate) enum Exit {
    /// The function that the host called has returned; its results lie at `func ..` up to `vm.top`.
    Done,
    /// An error reached the host's call; its value is `vm.error`.
    Error,
    /// Go on with the state saved in `vm.saved`.
    Continue,
}

/// A handler: runs one instruction.
///
/// # Safety
/// `vm` is the running VM, `pc` points behind `insn` in the running function's code, `base`, `k` and `fb` are that
/// function's registers, constants and feedback cells.
pub(crate) type Handler =
    unsafe fn(*mut Vm, *const Insn, *mut Value, *const Value, *mut u64, u64) -> Exit;

/// Whether handlers call each other; needs an optimizing build.
const THREADED: bool = !cfg!(debug_assertions);

/// State between two handlers, where they do not call each other.
#[derive(Clone, Copy)]
pub(crate) struct Saved {
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
    /// Where compiled code goes on; 0: the interpreter does.
    resume_point: u32,
}

impl Saved {
    pub(crate) fn pc(&self) -> *const Insn {
        self.pc
    }

    pub(crate) fn base(&self) -> *mut Value {
        self.base
    }

    pub(crate) fn resume_point(&self) -> u32 {
        self.resume_point
    }

    /// Has it go on at another place of the same function's compiled code, for which that has a resume point.
    pub(crate) fn resume_at(&mut self, pc: *const Insn, resume_point: u32) {
        self.pc = pc;
        self.resume_point = resume_point;
    }
}

impl Default for Saved {
    fn default() -> Saved {
        Saved {
            pc: std::ptr::null(),
            base: std::ptr::null_mut(),
            k: std::ptr::null(),
            fb: std::ptr::null_mut(),
            resume_point: 0,
        }
    }
}

/// How a handler goes on when its instruction is done.
pub(crate) trait Mode {
    /// Whether it calls the next instruction's handler rather than return with the state saved.
    const THREADED: bool;
    /// Who waits for the results of the calls it makes.
    const CALLER: ReturnTo;
}

/// The interpreter: on to the next handler.
pub(crate) enum Run {}
/// Compiled code that leaves an instruction to the interpreter: it alone runs.
pub(crate) enum Step {}

impl Mode for Run {
    const THREADED: bool = THREADED;
    const CALLER: ReturnTo = ReturnTo::Call;
}

impl Mode for Step {
    const THREADED: bool = false;
    const CALLER: ReturnTo = ReturnTo::Compiled;
}

/// Runs the instruction at `pc`.
#[inline(always)]
pub(crate) unsafe fn next<M: Mode>(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
) -> Exit {
    // SAFETY: verified code never runs past its end; the table has a handler for every byte.
    unsafe {
        if !M::THREADED {
            return next_by_loop(vm, pc, base, k, fb);
        }
        let insn = (*pc).0;
        DISPATCH[insn as u8 as usize](vm, pc.add(1), base, k, fb, insn)
    }
}

/// As [`next`], by way of [`run_saved`]: empties the native stack. A handler that LLVM does not end in a jump ends here, or
/// in [`bounce`].
#[inline(always)]
pub(crate) unsafe fn next_by_loop(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
) -> Exit {
    // SAFETY: `vm` is the running VM.
    unsafe { (*vm).saved = Saved { pc, base, k, fb, resume_point: 0 } };
    Exit::Continue
}

/// Goes on with the Lua frame on top, at its saved pc.
#[inline(always)]
pub(crate) unsafe fn resume<M: Mode>(vm: *mut Vm) -> Exit {
    // SAFETY: the caller sees to it that the top frame is of a Lua function whose frame state is up to date.
    unsafe {
        let frame = (*vm).frame;
        let proto = (*frame).closure.unwrap_unchecked().proto;
        let base = (*vm).stack.add((*frame).base as usize);
        next::<M>(vm, (*frame).pc, base, proto.k, proto.feedback)
    }
}

/// As [`resume`], by way of [`run_saved`].
pub(crate) unsafe fn resume_by_loop(vm: *mut Vm) -> Exit {
    // SAFETY: as for `resume`.
    unsafe { resume::<Step>(vm) }
}

/// As [`resume_by_loop`], and goes on in compiled code where there is some.
pub(crate) unsafe fn bounce(vm: *mut Vm) -> Exit {
    // SAFETY: as for `resume`.
    unsafe {
        let frame = (*vm).frame;
        let proto = (*frame).closure.unwrap_unchecked().proto;
        let base = (*vm).stack.add((*frame).base as usize);
        let pc = (*frame).pc;
        let resume_point = if proto.resume_points.is_null() {
            0
        } else {
            *proto.resume_points.add(pc.offset_from(proto.code) as usize)
        };
        (*vm).saved = Saved { pc, base, k: proto.k, fb: proto.feedback, resume_point };
        Exit::Continue
    }
}

/// Goes on from the saved state until the host's call is left.
pub(crate) unsafe fn run_saved(vm: *mut Vm) -> Exit {
    // SAFETY: `next` saved the state.
    unsafe {
        let mut exit = Exit::Continue;
        while exit == Exit::Continue {
            if (*vm).must_unwind() {
                (*vm).heap.unwind_depth = (*vm).native_depth - 1;
            }
            let Saved { pc, base, k, fb, resume_point } = (*vm).saved;
            if resume_point != 0 {
                // With no native function in between, this loop is the only one: no compiled code waits below.
                if (*vm).heap.graveyard.has_retired() && (*vm).native_depth <= 1 {
                    (*vm).heap.graveyard.free_retired();
                }
                exit = crate::runtime::resume_compiled(vm, base, resume_point);
                continue;
            }
            let insn = (*pc).0;
            let proto = (*(*vm).frame).closure.unwrap_unchecked().proto;
            if proto.resume_points.is_null() {
                exit = DISPATCH[insn as u8 as usize](vm, pc.add(1), base, k, fb, insn);
            } else {
                // Only up to the next place at which compiled code can be entered.
                exit = STEP[insn as u8 as usize](vm, pc.add(1), base, k, fb, insn);
                find_resume_point(vm, exit);
            }
        }
        exit
    }
}

/// Has the saved state go on in compiled code, if that can be entered there.
unsafe fn find_resume_point(vm: *mut Vm, exit: Exit) {
    // SAFETY: as for `run_saved`.
    unsafe {
        if exit != Exit::Continue || (*vm).saved.resume_point != 0 {
            return;
        }
        let proto = (*(*vm).frame).closure.unwrap_unchecked().proto;
        if !proto.resume_points.is_null() {
            let pc = (*vm).saved.pc.offset_from(proto.code) as usize;
            (*vm).saved.resume_point = *proto.resume_points.add(pc);
        }
    }
}

/// The instruction's operands, decoded.
#[inline(always)]
pub(crate) const fn operands(insn: u64) -> Insn {
    Insn(insn)
}

/// Register `index`.
#[inline(always)]
pub(crate) unsafe fn reg(base: *mut Value, index: usize) -> *mut Value {
    // SAFETY: verified operands are below `max_stack`, and the stack has room for that.
    unsafe { base.add(index) }
}

/// A byte that is no opcode; verified code has none.
unsafe fn invalid(
    _: *mut Vm,
    _: *const Insn,
    _: *mut Value,
    _: *const Value,
    _: *mut u64,
    _: u64,
) -> Exit {
    unreachable!("the verifier refuses unknown opcodes")
}

macro_rules! dispatch_table {
    ($($name:ident),*) => {
        /// The handler of each opcode.
        const fn dispatch_table<M: Mode>() -> [Handler; 256] {
            let mut table: [Handler; 256] = [invalid; 256];
            $(table[crate::bytecode::Opcode::$name as usize] = handlers::$name::<M>;)*
            table
        }
    };
}
crate::bytecode::opcode::for_each_opcode!(dispatch_table);

static DISPATCH: [Handler; 256] = dispatch_table::<Run>();
pub(crate) static STEP: [Handler; 256] = dispatch_table::<Step>();

/// Every handler under its opcode's name.
mod handlers {
    #![allow(non_upper_case_globals, reason = "named as the opcodes")]

    macro_rules! handlers {
        ($($opcode:ident = $module:ident::$name:ident;)*) => {
            $(pub(super) use super::$module::$name as $opcode;)*
        };
    }

    handlers! {
        Move = load::r#move;
        LoadInt = load::load_int;
        LoadConst = load::load_const;
        LoadNil = load::load_nil;
        LoadTrue = load::load_true;
        LoadFalse = load::load_false;
        LoadFalseSkip = load::load_false_skip;
        GetUpvalue = load::get_upvalue;
        SetUpvalue = load::set_upvalue;
        Closure = load::closure;
        Vararg = vararg::vararg;
        VarargPrep = vararg::vararg_prep;
        GetEnv = access::get_env;
        SetEnv = access::set_env;
        GetField = access::get_field;
        SetField = access::set_field;
        GetMethod = access::get_method;
        GetIndex = access::get_index;
        SetIndex = access::set_index;
        GetInt = access::get_int;
        SetInt = access::set_int;
        NewTable = table_ops::new_table;
        SetList = table_ops::set_list;
        Len = table_ops::len;
        Add = arith::add;
        Sub = arith::sub;
        Mul = arith::mul;
        Div = arith::div;
        Mod = arith::modulo;
        FloorDiv = arith::floor_div;
        Pow = arith::pow;
        BitAnd = arith::bit_and;
        BitOr = arith::bit_or;
        BitXor = arith::bit_xor;
        ShiftLeft = arith::shift_left;
        ShiftRight = arith::shift_right;
        AddImm = arith::add_imm;
        SubImm = arith::sub_imm;
        AddConst = arith::add_const;
        SubConst = arith::sub_const;
        MulConst = arith::mul_const;
        DivConst = arith::div_const;
        ModConst = arith::mod_const;
        FloorDivConst = arith::floor_div_const;
        PowConst = arith::pow_const;
        BitAndConst = arith::bit_and_const;
        BitOrConst = arith::bit_or_const;
        BitXorConst = arith::bit_xor_const;
        ShiftLeftImm = arith::shift_left_imm;
        ShiftRightImm = arith::shift_right_imm;
        Neg = arith::neg;
        BitNot = arith::bit_not;
        Not = arith::not;
        Concat = concat::concat;
        Jump = loops::jump;
        JumpBack = loops::jump_back;
        TestEq = compare::test_eq;
        TestEqConst = compare::test_eq_const;
        TestLt = compare::test_lt;
        TestLe = compare::test_le;
        TestLtImm = compare::test_lt_imm;
        TestLeImm = compare::test_le_imm;
        TestGtImm = compare::test_gt_imm;
        TestGeImm = compare::test_ge_imm;
        Test = compare::test;
        TestSet = compare::test_set;
        Call = call::call;
        TailCall = call::tail_call;
        Return = call::r#return;
        Return0 = call::return0;
        Return1 = call::return1;
        ForPrep = loops::for_prep;
        ForLoop = loops::for_loop;
        ForInPrep = iterate::for_in_prep;
        ForCall = iterate::for_call;
        ForInLoop = iterate::for_in_loop;
        Close = close::close;
        MarkClose = close::mark_close;
    }
}
