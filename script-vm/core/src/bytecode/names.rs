//! What the source calls a value, for error messages and tracebacks.
//!
//! The same symbolic execution as PUC Lua's (`ldebug.c`: `findsetreg`, `getobjname`, `funcnamefromcode`): find the
//! last instruction that set a register and read off where it took the value from. All `pc`s here are the index of
//! the instruction that is being executed, not of the one after it.

#[cfg(test)]
mod tests;

use super::insn::Insn;
use super::opcode::{Opcode, Operand};
use super::proto::{Constant, Proto};

/// What kind of thing a name names, as messages put it: "(global 'x')".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NameKind {
    Global,
    Local,
    Upvalue,
    Constant,
    Field,
    Method,
    ForIterator,
    Metamethod,
}

impl NameKind {
    /// The word in messages, and in `namewhat` of `debug.getinfo`.
    pub const fn as_str(self) -> &'static str {
        match self {
            NameKind::Global => "global",
            NameKind::Local => "local",
            NameKind::Upvalue => "upvalue",
            NameKind::Constant => "constant",
            NameKind::Field => "field",
            NameKind::Method => "method",
            NameKind::ForIterator => "for iterator",
            NameKind::Metamethod => "metamethod",
        }
    }
}

/// A name and what it names.
pub type Description<'p> = (NameKind, &'p [u8]);

/// Stands for a name that cannot be told.
const UNKNOWN: &[u8] = b"?";

/// The name of the local variable that lives in `register` at `pc`.
pub fn local_name(proto: &Proto, register: u8, pc: usize) -> Option<&[u8]> {
    // Of two records the later one is the inner scope's.
    let lives_here = |local: &&super::proto::LocalVar| {
        local.register == register && (local.start_pc as usize..local.end_pc as usize).contains(&pc)
    };
    let local = proto.locals.iter().rev().find(lives_here)?;
    Some(proto.strings.get(local.name))
}

/// The name of an upvalue, `?` if it has been stripped.
pub fn upvalue_name(proto: &Proto, index: usize) -> &[u8] {
    let name = proto.upvalues.get(index).and_then(|upvalue| upvalue.name);
    name.map_or(UNKNOWN, |id| proto.strings.get(id))
}

/// What the value in `register` is called when the instruction at `pc` uses it.
pub fn describe_register(proto: &Proto, pc: usize, register: u8) -> Option<Description<'_>> {
    let (described, setter) = describe_plainly(proto, pc, register);
    if described.is_some() {
        return described;
    }
    let pc = setter?;
    let insn = proto.code[pc];
    match insn.opcode()? {
        Opcode::GetEnv => {
            let kind = env_kind(upvalue_name(proto, insn.b()));
            Some((kind, constant_name(proto, insn.c()).unwrap_or(UNKNOWN)))
        }
        Opcode::GetField => {
            let kind = table_kind(proto, pc, insn);
            Some((kind, constant_name(proto, insn.c()).unwrap_or(UNKNOWN)))
        }
        Opcode::GetIndex => {
            let name = key_name(proto, pc, insn.c() as u8);
            Some((table_kind(proto, pc, insn), name))
        }
        Opcode::GetInt => Some((NameKind::Field, b"integer index")),
        Opcode::GetMethod if insn.a() == usize::from(register) => {
            let name = constant_name(proto, insn.c()).unwrap_or(UNKNOWN);
            Some((NameKind::Method, name))
        }
        _ => None,
    }
}

/// The expression that made the value in `register`, as far as it consists of names: `self.entity.position`.
pub fn path_of_register(proto: &Proto, pc: usize, register: u8) -> Option<String> {
    let (described, setter) = describe_plainly(proto, pc, register);
    if let Some((NameKind::Local | NameKind::Upvalue, name)) = described {
        return Some(String::from_utf8_lossy(name).into_owned());
    }
    let pc = setter?;
    let insn = proto.code[pc];
    let (before, name) = match insn.opcode()? {
        Opcode::GetEnv => (None, constant_name(proto, insn.c())?),
        Opcode::GetField => {
            (Some(path_of_register(proto, pc, insn.b() as u8)?), constant_name(proto, insn.c())?)
        }
        _ => return None,
    };
    let name = String::from_utf8_lossy(name);
    Some(before.map_or_else(|| name.to_string(), |before| format!("{before}.{name}")))
}

/// What the function is called that the instruction at `pc` calls, itself or as a metamethod.
pub fn describe_call(proto: &Proto, pc: usize) -> Option<Description<'_>> {
    let insn = proto.code.get(pc)?;
    match insn.opcode()? {
        Opcode::Call | Opcode::TailCall => describe_register(proto, pc, insn.a() as u8),
        Opcode::ForCall => Some((NameKind::ForIterator, b"for iterator")),
        op => event(op).map(|event| (NameKind::Metamethod, event.as_bytes())),
    }
}

/// The metamethod's name, without underscores, that an instruction may call.
pub fn event(op: Opcode) -> Option<&'static str> {
    Some(match op {
        Opcode::GetEnv
        | Opcode::GetField
        | Opcode::GetIndex
        | Opcode::GetInt
        | Opcode::GetMethod => "index",
        Opcode::SetEnv | Opcode::SetField | Opcode::SetIndex | Opcode::SetInt => "newindex",
        Opcode::Add | Opcode::AddImm | Opcode::AddConst => "add",
        Opcode::Sub | Opcode::SubImm | Opcode::SubConst => "sub",
        Opcode::Mul | Opcode::MulConst => "mul",
        Opcode::Div | Opcode::DivConst => "div",
        Opcode::Mod | Opcode::ModConst => "mod",
        Opcode::FloorDiv | Opcode::FloorDivConst => "idiv",
        Opcode::Pow | Opcode::PowConst => "pow",
        Opcode::BitAnd | Opcode::BitAndConst => "band",
        Opcode::BitOr | Opcode::BitOrConst => "bor",
        Opcode::BitXor | Opcode::BitXorConst => "bxor",
        Opcode::ShiftLeft | Opcode::ShiftLeftImm => "shl",
        Opcode::ShiftRight | Opcode::ShiftRightImm => "shr",
        Opcode::Neg => "unm",
        Opcode::BitNot => "bnot",
        Opcode::Len => "len",
        Opcode::Concat => "concat",
        Opcode::TestEq => "eq",
        Opcode::TestLt | Opcode::TestLtImm | Opcode::TestGtImm => "lt",
        Opcode::TestLe | Opcode::TestLeImm | Opcode::TestGeImm => "le",
        Opcode::Close | Opcode::Return => "close",
        Opcode::Move
        | Opcode::LoadInt
        | Opcode::LoadConst
        | Opcode::LoadNil
        | Opcode::LoadTrue
        | Opcode::LoadFalse
        | Opcode::LoadFalseSkip
        | Opcode::GetUpvalue
        | Opcode::SetUpvalue
        | Opcode::NewTable
        | Opcode::SetList
        | Opcode::Not
        | Opcode::Jump
        | Opcode::JumpBack
        | Opcode::TestEqConst
        | Opcode::Test
        | Opcode::TestSet
        | Opcode::Call
        | Opcode::TailCall
        | Opcode::Return0
        | Opcode::Return1
        | Opcode::ForPrep
        | Opcode::ForLoop
        | Opcode::ForInPrep
        | Opcode::ForCall
        | Opcode::ForInLoop
        | Opcode::MarkClose
        | Opcode::Closure
        | Opcode::Vararg
        | Opcode::VarargPrep => return None,
    })
}

/// The name of a local, upvalue or constant; and the instruction that set the register, for who can tell more.
fn describe_plainly(
    proto: &Proto,
    pc: usize,
    register: u8,
) -> (Option<Description<'_>>, Option<usize>) {
    let (mut pc, mut register) = (pc, register);
    loop {
        if let Some(name) = local_name(proto, register, pc) {
            return (Some((NameKind::Local, name)), None);
        }
        let Some(setter) = find_setter(proto, pc, register) else {
            return (None, None);
        };
        let insn = proto.code[setter];
        let described = match insn.opcode() {
            // Follows a move only downwards, so that this ends.
            Some(Opcode::Move) if insn.b() < insn.a() => {
                (pc, register) = (setter, insn.b() as u8);
                continue;
            }
            Some(Opcode::GetUpvalue) => Some((NameKind::Upvalue, upvalue_name(proto, insn.b()))),
            Some(Opcode::LoadConst) => constant_name(proto, insn.wide_unsigned() as usize)
                .map(|name| (NameKind::Constant, name)),
            _ => None,
        };
        return (described, Some(setter));
    }
}

/// The last instruction before `pc` that set `register`, unless that depends on the way taken.
fn find_setter(proto: &Proto, pc: usize, register: u8) -> Option<usize> {
    let mut setter = None;
    // Code before this place may have been jumped over.
    let mut conditional_until = 0;
    for (at, insn) in proto.code.iter().enumerate().take(pc) {
        let Some(op) = insn.opcode() else {
            continue;
        };
        if op == Opcode::Jump {
            let target = (at as i64 + 1 + i64::from(insn.wide_signed())) as usize;
            if target <= pc && target > conditional_until {
                conditional_until = target;
            }
        } else if sets(op, *insn, usize::from(register)) {
            setter = (at >= conditional_until).then_some(at);
        }
    }
    setter
}

/// Whether an instruction sets a register.
fn sets(op: Opcode, insn: Insn, register: usize) -> bool {
    let a = insn.a();
    match op {
        Opcode::LoadNil => (a..a + insn.b()).contains(&register),
        Opcode::Call | Opcode::TailCall => register >= a,
        Opcode::ForCall => register >= a + 2,
        Opcode::GetMethod => register == a || register == a + 1,
        Opcode::Vararg | Opcode::Concat | Opcode::ForPrep | Opcode::ForLoop => register == a,
        Opcode::SetList | Opcode::Return | Opcode::ForInPrep | Opcode::ForInLoop => false,
        _ => op.operands()[0] == Operand::Dst && register == a,
    }
}

pub fn constant_name(proto: &Proto, index: usize) -> Option<&[u8]> {
    match proto.constants.get(index) {
        Some(Constant::String(id)) => Some(proto.strings.get(*id)),
        _ => None,
    }
}

/// The key in a register, if it is known to be a constant string.
fn key_name(proto: &Proto, pc: usize, register: u8) -> &[u8] {
    match describe_plainly(proto, pc, register).0 {
        Some((NameKind::Constant, name)) => name,
        _ => UNKNOWN,
    }
}

/// Whether the table that an instruction indexes is the variable `_ENV`, so that its fields are globals.
fn table_kind(proto: &Proto, pc: usize, insn: Insn) -> NameKind {
    match describe_plainly(proto, pc, insn.b() as u8).0 {
        Some((NameKind::Local | NameKind::Upvalue, name)) => env_kind(name),
        _ => NameKind::Field,
    }
}

fn env_kind(table_name: &[u8]) -> NameKind {
    if table_name == b"_ENV" { NameKind::Global } else { NameKind::Field }
}
