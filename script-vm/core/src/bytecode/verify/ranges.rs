//! Operands in range: one check per kind of operand, and one per instruction that implies more registers than it
//! names.

use super::super::insn::{FLIPPED, Insn};
use super::super::opcode::{FeedbackKind, Opcode, Operand};
use super::super::proto::{Constant, Proto, StringId};
use super::{Check, require};

/// Registers that the interpreter may use behind a generic loop's hidden ones to call the iterator.
const ITERATOR_CALL: usize = 3;

/// Constants, names, debug records and the upvalues of nested functions.
pub(super) fn check_tables(proto: &Proto) -> Check {
    for constant in &proto.constants {
        if let Constant::String(id) = constant {
            check_string(proto, *id)?;
        }
    }
    for upvalue in &proto.upvalues {
        upvalue.name.map_or(Ok(()), |id| check_string(proto, id))?;
    }
    require(proto.upvalues.len() <= 255, "too many upvalues")?;
    for local in &proto.locals {
        check_string(proto, local.name)?;
        check_register(proto, usize::from(local.register))?;
        let in_order = local.start_pc <= local.end_pc;
        let inside = local.end_pc as usize <= proto.code.len();
        require(in_order && inside, "range of a local variable")?;
    }
    let mut captured = proto.protos.iter().flat_map(|nested| &nested.upvalues);
    captured.try_for_each(|upvalue| {
        let index = usize::from(upvalue.index);
        if upvalue.in_stack {
            check_register(proto, index)
        } else {
            require(index < proto.upvalues.len(), "captured upvalue out of range")
        }
    })
}

fn check_string(proto: &Proto, id: StringId) -> Check {
    require((id.0 as usize) < proto.strings.len(), "string out of range")
}

fn check_register(proto: &Proto, register: usize) -> Check {
    require(register < usize::from(proto.max_stack), "register out of range")
}

/// Registers `first .. first + count`; the first must exist even if there are none.
fn check_registers(proto: &Proto, first: usize, count: usize) -> Check {
    check_register(proto, first + count.saturating_sub(1))
}

/// An instruction's operands, those it names and those it implies.
pub(super) fn check_instruction(proto: &Proto, pc: usize) -> Check {
    let insn = proto.code[pc];
    let Some(op) = insn.opcode() else {
        return Err("no such opcode");
    };
    let [a, b, c] = op.operands();
    check_operand(proto, a, insn.a(), insn)?;
    let wide = c.is_wide();
    if !(wide && op.feedback() != FeedbackKind::None) {
        check_operand(proto, b, insn.b(), insn)?;
    }
    check_operand(proto, c, insn.c(), insn)?;
    if !wide && op.feedback() == FeedbackKind::None {
        require(insn.d() == 0, "feedback of an instruction without")?;
    }
    check_implied(proto, op, insn)
}

/// One operand; `raw` is what its field holds, of no meaning if the operand is wide.
fn check_operand(proto: &Proto, operand: Operand, raw: usize, insn: Insn) -> Check {
    let wide = insn.wide_unsigned() as usize;
    match operand {
        Operand::None => require(raw == 0, "operand of an instruction without"),
        Operand::Reg | Operand::Dst | Operand::Base => check_register(proto, raw),
        Operand::RegFlip => check_register(proto, raw & !usize::from(FLIPPED)),
        Operand::Const => require(raw < proto.constants.len(), "constant out of range"),
        Operand::ConstStr => {
            let constant = proto.constants.get(raw);
            require(matches!(constant, Some(Constant::String(_))), "constant is no string")
        }
        Operand::ConstNum => {
            let constant = proto.constants.get(raw);
            require(
                matches!(constant, Some(Constant::Integer(_) | Constant::Float(_))),
                "constant is no number",
            )
        }
        Operand::Upvalue => require(raw < proto.upvalues.len(), "upvalue out of range"),
        Operand::Imm | Operand::Count | Operand::OpenCount => Ok(()),
        Operand::Flag => require(raw <= 1, "flag out of range"),
        Operand::TestFlags => require(raw <= 3, "flags out of range"),
        Operand::WideConst => require(wide < proto.constants.len(), "constant out of range"),
        Operand::WideProto => require(wide < proto.protos.len(), "function out of range"),
        // Jumps are checked with the instruction's place.
        Operand::Jump | Operand::WideImm | Operand::WideCount => Ok(()),
    }
}

/// Registers that an instruction uses without naming them, and counts with a minimum.
fn check_implied(proto: &Proto, op: Opcode, insn: Insn) -> Check {
    let (a, b, c) = (insn.a(), insn.b(), insn.c());
    match op {
        Opcode::LoadNil => {
            require(b >= 1, "loads no nil")?;
            check_registers(proto, a, b)
        }
        Opcode::Concat => {
            require(b >= 2, "concatenates nothing")?;
            check_registers(proto, a, b)
        }
        Opcode::GetMethod => check_registers(proto, a, 2),
        Opcode::SetList => check_registers(proto, a, b + 1),
        Opcode::Call => {
            check_registers(proto, a, b)?;
            check_registers(proto, a, c.saturating_sub(1))
        }
        Opcode::TailCall => check_registers(proto, a, b),
        Opcode::Return => check_registers(proto, a, b.saturating_sub(1)),
        Opcode::Vararg => check_registers(proto, a, c.saturating_sub(1)),
        Opcode::ForPrep | Opcode::ForLoop => check_registers(proto, a, 4),
        Opcode::ForInPrep => check_registers(proto, a, 5),
        Opcode::ForCall => {
            require(c >= 1, "generic loop without variables")?;
            check_registers(proto, a, 5 + c.max(ITERATOR_CALL))
        }
        Opcode::ForInLoop => check_registers(proto, a, 6),
        _ => Ok(()),
    }
}
