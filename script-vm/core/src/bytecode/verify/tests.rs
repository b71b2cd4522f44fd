//! Each promise of the verifier, by a proto that breaks just that one.

use std::sync::Arc;

use crate::bytecode::{Constant, Insn, Opcode, Proto};
use crate::compiler::test_support::{PROGRAMS, compile_source};

use super::verify;

/// What the verifier says of a source's main function after some change.
fn refusal(source: &str, change: impl FnOnce(&mut Proto)) -> &'static str {
    let mut proto = Arc::try_unwrap(compile_source("t", source)).expect("nobody else has it");
    change(&mut proto);
    verify(&proto).map_or_else(|error| error.reason, |()| "fine")
}

fn position(proto: &Proto, op: Opcode) -> usize {
    let found = proto.code.iter().position(|insn| insn.opcode() == Some(op));
    found.unwrap_or_else(|| panic!("no {op:?}"))
}

/// What the verifier says after the first `op` was replaced.
fn replaced(source: &str, op: Opcode, by: impl FnOnce(Insn) -> Insn) -> &'static str {
    refusal(source, |proto| {
        let pc = position(proto, op);
        proto.code[pc] = by(proto.code[pc]);
    })
}

#[test]
fn compiled_programs_are_fine() {
    for (name, source) in PROGRAMS {
        assert_eq!(verify(&compile_source(name, source)), Ok(()));
    }
}

#[test]
fn frames() {
    assert_eq!(refusal("", |_| ()), "fine");
    assert_eq!(refusal("", |p| p.lines = Box::new([])), "lines do not match code");
    assert_eq!(refusal("", |p| p.param_count = 9), "more parameters than registers");
    assert_eq!(refusal("", |p| p.max_stack = 255), "too many registers");
    assert_eq!(refusal("", |p| p.is_vararg = false), "vararg_prep and is_vararg disagree");
    let empty = |p: &mut Proto| (p.code, p.lines) = (Box::new([]), Box::new([]));
    assert_eq!(refusal("", empty), "code does not end with a return or a backward jump");
    assert_eq!(
        refusal("", |p| p.code[1] = Insn(0xff)),
        "code does not end with a return or a backward jump"
    );
    assert_eq!(refusal("", |p| p.code[0] = Insn(0xff)), "vararg_prep and is_vararg disagree");
    assert_eq!(refusal("x = 1", |p| p.code[1] = Insn(0xff)), "no such opcode");
    assert_eq!(refusal("", |p| p.feedback_cells = u32::MAX), "too many feedback cells");
}

#[test]
fn operands() {
    let reg = "register out of range";
    let cases = [
        ("local a = b", Opcode::GetEnv, Insn::new(Opcode::GetEnv, 200, 0, 0, 2), reg),
        (
            "local a = b",
            Opcode::GetEnv,
            Insn::new(Opcode::GetEnv, 0, 1, 0, 2),
            "upvalue out of range",
        ),
        (
            "local a = b",
            Opcode::GetEnv,
            Insn::new(Opcode::GetEnv, 0, 0, 9, 2),
            "constant is no string",
        ),
        (
            "local a = b",
            Opcode::GetEnv,
            Insn::wide(Opcode::LoadConst, 0, 0, 9),
            "constant out of range",
        ),
        (
            "local a = b",
            Opcode::GetEnv,
            Insn::wide(Opcode::LoadConst, 0, 1, 0),
            "operand of an instruction without",
        ),
        (
            "local a = b",
            Opcode::GetEnv,
            Insn::wide(Opcode::Closure, 0, 0, 0),
            "function out of range",
        ),
        (
            "local a = b",
            Opcode::GetEnv,
            Insn::new(Opcode::AddConst, 0, 0, 0, 2),
            "constant is no number",
        ),
        (
            "local a = b",
            Opcode::GetEnv,
            Insn::new(Opcode::Move, 0, 0, 0, 2),
            "feedback of an instruction without",
        ),
        ("local a = b", Opcode::GetEnv, Insn::new(Opcode::LoadNil, 0, 0, 0, 0), "loads no nil"),
        ("local a = b", Opcode::GetEnv, Insn::new(Opcode::LoadNil, 1, 2, 0, 0), reg),
        (
            "local a = b",
            Opcode::GetEnv,
            Insn::new(Opcode::Concat, 0, 1, 0, 0),
            "concatenates nothing",
        ),
        ("local a = b", Opcode::GetEnv, Insn::new(Opcode::Concat, 1, 2, 0, 0), reg),
        ("local a = b", Opcode::GetEnv, Insn::new(Opcode::Call, 1, 2, 1, 2), reg),
        ("local a = b", Opcode::GetEnv, Insn::new(Opcode::Call, 1, 1, 3, 2), reg),
        ("local a = b", Opcode::GetEnv, Insn::new(Opcode::Vararg, 1, 0, 3, 0), reg),
        ("local a = b", Opcode::GetEnv, Insn::new(Opcode::Return, 1, 3, 0, 0), reg),
        ("local a = b", Opcode::GetEnv, Insn::new(Opcode::Return, 1, 1, 2, 0), "flag out of range"),
        ("local a = b", Opcode::GetEnv, Insn::wide(Opcode::SetList, 0, 2, 0), reg),
        ("local a = b", Opcode::GetEnv, Insn::new(Opcode::GetMethod, 1, 0, 0, 2), reg),
        ("local a = b", Opcode::GetEnv, Insn::wide(Opcode::ForPrep, 0, 2, 0), reg),
    ];
    for (source, op, insn, reason) in cases {
        assert_eq!(replaced(source, op, |_| insn), reason, "{insn:?}");
    }
    assert_eq!(refusal("f()", |p| p.constants = [Constant::Nil].into()), "constant is no string");
}

#[test]
fn control_flow() {
    let jump = |to: i32| move |_| Insn::wide(Opcode::Jump, 0, 0, to);
    assert_eq!(replaced("f()", Opcode::GetEnv, jump(9)), "jump out of the code");
    assert_eq!(replaced("f()", Opcode::GetEnv, jump(-1)), "jump in the wrong direction");
    assert_eq!(replaced("f()", Opcode::GetEnv, jump(i32::MIN)), "jump out of the code");
    let to_start = |_| Insn::wide(Opcode::JumpBack, 0, 2, -2);
    assert_eq!(replaced("f()", Opcode::GetEnv, to_start), "jump out of the code");
    let test = |_| Insn::new(Opcode::Test, 0, 0, 0, 0);
    assert_eq!(replaced("f()", Opcode::GetEnv, test), "test without a jump");
    let skip = |_| Insn::new(Opcode::LoadFalseSkip, 0, 0, 0, 0);
    assert_eq!(replaced("f()", Opcode::Call, skip), "skips out of the code");
    let prep = |_| Insn::new(Opcode::VarargPrep, 0, 0, 0, 0);
    assert_eq!(replaced("f()", Opcode::Call, prep), "vararg_prep in mid-code");
}

#[test]
fn open_counts() {
    let unused = |i: Insn| Insn::new(Opcode::Call, i.a() as u8, i.b() as u16, 0, i.d() as u16);
    assert_eq!(replaced("f()", Opcode::Call, unused), "open results that nothing takes");
    let unproduced = |i: Insn| Insn::new(Opcode::Call, i.a() as u8, 0, 1, i.d() as u16);
    assert_eq!(replaced("f()", Opcode::Call, unproduced), "open count without open results");
    let too_low = |i: Insn| Insn::new(Opcode::Vararg, 0, 0, 0, i.d() as u16);
    assert_eq!(replaced("f(...)", Opcode::Vararg, too_low), "open count without open results");
    let jumped_to = refusal("if a then b = c end f(...)", |p| {
        let (jump, call) = (position(p, Opcode::Jump), position(p, Opcode::Call));
        p.code[jump] = Insn::wide(Opcode::Jump, 0, 0, (call - jump - 1) as i32);
    });
    assert_eq!(jumped_to, "jump to an open count");
}

#[test]
fn feedback() {
    let with_cell =
        |cell: u16| move |i: Insn| Insn::new(Opcode::GetEnv, i.a() as u8, 0, i.c() as u16, cell);
    assert_eq!(replaced("f(g)", Opcode::GetEnv, with_cell(0)), "feedback cell in the shared ones");
    assert_eq!(replaced("f(g)", Opcode::GetEnv, with_cell(4)), "feedback cell in the shared ones");
    assert_eq!(replaced("f(g)", Opcode::GetEnv, with_cell(8)), "feedback cell of two instructions");
    let call = |cell: u16| {
        move |i: Insn| Insn::new(Opcode::Call, i.a() as u8, i.b() as u16, i.c() as u16, cell)
    };
    assert_eq!(replaced("f(g)", Opcode::Call, call(0)), "feedback cell in the shared ones");
    assert_eq!(replaced("f(g)", Opcode::Call, call(3)), "feedback cell in the shared ones");
    assert_eq!(replaced("f(g)", Opcode::GetEnv, with_cell(9999)), "feedback cell out of range");
}

#[test]
fn loops() {
    let numeric = "for i = 1, 2 do f(i) end";
    let generic = "for k in f do g(k) end";
    let shifted = |op: Opcode, by: i32| {
        move |i: Insn| Insn::wide(op, i.a() as u8, i.b() as u16, i.wide_signed() + by)
    };
    let no_loop = "for_prep without its for_loop";
    assert_eq!(replaced(numeric, Opcode::ForPrep, shifted(Opcode::ForPrep, -1)), no_loop);
    assert_eq!(replaced(numeric, Opcode::ForLoop, shifted(Opcode::ForLoop, 1)), no_loop);
    let no_call = "for_in_prep without its for_call and for_in_loop";
    assert_eq!(replaced(generic, Opcode::ForInPrep, shifted(Opcode::ForInPrep, 1)), no_call);
    assert_eq!(replaced(generic, Opcode::ForInLoop, shifted(Opcode::ForInLoop, 1)), no_call);
    let nop = |_| Insn::new(Opcode::Move, 0, 0, 0, 0);
    assert_eq!(replaced(numeric, Opcode::ForPrep, nop), "end of a loop without its beginning");
    assert_eq!(replaced(generic, Opcode::ForCall, nop), no_call);
    let write = |_| Insn::new(Opcode::Move, 1, 0, 0, 0);
    let hidden = "write to a hidden register of a loop";
    assert_eq!(replaced("for i = 1, 2 do local a = i end", Opcode::Move, write), hidden);
    let entered = refusal("if a then b = c end for i = 1, 2 do f(i) end", |p| {
        let (jump, prep) = (position(p, Opcode::Jump), position(p, Opcode::ForPrep));
        p.code[jump] = Insn::wide(Opcode::Jump, 0, 0, (prep - jump) as i32);
    });
    assert_eq!(entered, "jump into a loop");
    let captured = refusal("for i = 1, 2 do f(function() return i end) end", |p| {
        let nested = Arc::get_mut(&mut p.protos[0]).expect("nobody else has it");
        nested.upvalues[0].index = 1;
    });
    assert_eq!(captured, "capture of a hidden register of a loop");
}

#[test]
fn open_variables() {
    let nop = |_| Insn::new(Opcode::Move, 0, 0, 0, 0);
    let not_closing = |_| Insn::new(Opcode::Return0, 0, 0, 0, 0);
    let open = "return over an open variable";
    assert_eq!(replaced("local a; f(function() return a end)", Opcode::Return, not_closing), open);
    assert_eq!(replaced("do local a <close> = nil end", Opcode::Close, nop), open);
    assert_eq!(replaced("for k in f do end", Opcode::Close, nop), open);
    let looped = replaced(
        "do local a; f(function() return a end) end for i = 1, 2 do end",
        Opcode::Close,
        nop,
    );
    assert_eq!(looped, "loop over an open variable");
    let order = refusal("local a <close>, b = f(); local c <close> = f()", |p| {
        let second = p.code.iter().rposition(|i| i.opcode() == Some(Opcode::MarkClose));
        p.code[second.unwrap_or(0)] = Insn::new(Opcode::MarkClose, 0, 0, 0, 0);
    });
    assert_eq!(order, "to-be-closed variables out of order");
    let tail = refusal("local a <close> = f(); f(1)", |p| {
        let call = p.code.iter().rposition(|i| i.opcode() == Some(Opcode::Call)).unwrap_or(0);
        let i = p.code[call];
        p.code[call] = Insn::new(Opcode::TailCall, i.a() as u8, i.b() as u16, 1, i.d() as u16);
    });
    assert_eq!(tail, "tail call over a to-be-closed variable");
}
