//! Bytecode as text, for people and for golden tests: no addresses, the same text for the same proto.
//!
//! A function is a header line, its instructions (index, source line, mnemonic, operands by the opcode table, and
//! behind `;` what constants and jumps mean), then its upvalues, then its nested functions.

use std::fmt::Write;

use super::insn::{FLIPPED, Insn};
use super::opcode::{FeedbackKind, Opcode, Operand};
use super::proto::{Constant, Proto, StringId, UpvalueDesc};

/// The listing of a function and of all functions inside it.
pub fn disassemble(proto: &Proto) -> String {
    let mut out = String::new();
    list_function(&mut out, proto, "main");
    out
}

/// The line of one instruction, without its index.
pub fn disassemble_insn(proto: &Proto, pc: usize) -> String {
    let Some(insn) = proto.code.get(pc).copied() else {
        return String::from("(none)");
    };
    let Some(op) = insn.opcode() else {
        return format!("?{:#018x}", insn.0);
    };
    let mut line = format!("{:<16}", op.mnemonic());
    let mut comments = Vec::new();
    for (index, operand) in op.operands().into_iter().enumerate() {
        show_operand(&mut line, &mut comments, proto, pc, index, operand);
    }
    line.truncate(line.trim_end().len());
    if !comments.is_empty() {
        line = format!("{line:<32} ; {}", comments.join(" "));
    }
    line
}

// Writing to a string cannot fail, so the results of `write!` and `writeln!` in this file are dropped.

fn list_function(out: &mut String, proto: &Proto, path: &str) {
    let _ = writeln!(
        out,
        "function {path} <{}:{},{}> params={}{} stack={} cells={}",
        proto.source,
        proto.line_defined,
        proto.last_line,
        proto.param_count,
        if proto.is_vararg { "+..." } else { "" },
        proto.max_stack,
        proto.feedback_cells,
    );
    for pc in 0..proto.code.len() {
        let line = proto.lines.get(pc).copied().unwrap_or(0);
        let _ = writeln!(out, "{pc:5} [{line}] {}", disassemble_insn(proto, pc));
    }
    list_locals(out, proto);
    for (index, upvalue) in proto.upvalues.iter().enumerate() {
        list_upvalue(out, proto, index, upvalue);
    }
    for (index, nested) in proto.protos.iter().enumerate() {
        let nested_path = format!("{path}/{index}");
        out.push('\n');
        list_function(out, nested, &nested_path);
    }
}

fn list_locals(out: &mut String, proto: &Proto) {
    for local in &proto.locals {
        let name = text(proto, local.name);
        let (start, end) = (local.start_pc, local.end_pc);
        let _ = writeln!(out, "  local r{} {name} {start}..{end}", local.register);
    }
}

fn list_upvalue(out: &mut String, proto: &Proto, index: usize, upvalue: &UpvalueDesc) {
    let name = upvalue.name.map_or(String::from("?"), |id| text(proto, id));
    let from = if upvalue.in_stack { 'r' } else { 'u' };
    let mark = if upvalue.immutable { " immutable" } else { "" };
    let _ = writeln!(out, "  upvalue u{index} {name} = {from}{}{mark}", upvalue.index);
}

/// Appends one operand, and what there is to say about it.
fn show_operand(
    line: &mut String,
    comments: &mut Vec<String>,
    proto: &Proto,
    pc: usize,
    index: usize,
    operand: Operand,
) {
    let insn = proto.code[pc];
    let raw = [insn.a(), insn.b(), insn.c()][index];
    let shown = match operand {
        Operand::None => return,
        Operand::Count if holds_feedback(insn, index) => return,
        Operand::Reg | Operand::Dst | Operand::Base => format!("r{raw}"),
        Operand::RegFlip => {
            if insn.is_flipped() {
                comments.push(String::from("flipped"));
            }
            format!("r{}", raw & !usize::from(FLIPPED))
        }
        Operand::Const | Operand::ConstStr | Operand::ConstNum => {
            comments.push(constant(proto, raw));
            format!("k{raw}")
        }
        Operand::Upvalue => {
            let name = proto.upvalues.get(raw).and_then(|upvalue| upvalue.name);
            comments.push(name.map_or(String::from("?"), |id| text(proto, id)));
            format!("u{raw}")
        }
        Operand::Imm => (raw as u16 as i16).to_string(),
        Operand::Count => raw.to_string(),
        Operand::OpenCount => raw.checked_sub(1).map_or(String::from("*"), |n| n.to_string()),
        Operand::Flag => raw.to_string(),
        Operand::TestFlags => {
            if raw & 2 != 0 {
                comments.push(String::from("float"));
            }
            (raw & 1).to_string()
        }
        Operand::Jump => {
            let target = pc as i64 + 1 + i64::from(insn.wide_signed());
            comments.push(format!("to {target}"));
            insn.wide_signed().to_string()
        }
        Operand::WideConst => {
            comments.push(constant(proto, insn.wide_unsigned() as usize));
            format!("k{}", insn.wide_unsigned())
        }
        Operand::WideImm => insn.wide_signed().to_string(),
        Operand::WideProto => format!("f{}", insn.wide_unsigned()),
        Operand::WideCount => insn.wide_unsigned().to_string(),
    };
    let _ = write!(line, "{shown} ");
}

/// Whether operand `index` is where a wide instruction keeps its feedback.
fn holds_feedback(insn: Insn, index: usize) -> bool {
    let is_wide = |op: Opcode| op.operands().iter().any(|operand| operand.is_wide());
    let has_feedback = |op: Opcode| op.feedback() != FeedbackKind::None;
    index == 1 && insn.opcode().is_some_and(|op| is_wide(op) && has_feedback(op))
}

fn constant(proto: &Proto, index: usize) -> String {
    match proto.constants.get(index) {
        None => String::from("?"),
        Some(Constant::Nil) => String::from("nil"),
        Some(Constant::Boolean(value)) => value.to_string(),
        Some(Constant::Integer(value)) => value.to_string(),
        Some(Constant::Float(value)) => format!("{value:?}"),
        Some(Constant::String(id)) => quoted(proto, *id),
    }
}

/// A name; bytes that are not UTF-8 are replaced.
fn text(proto: &Proto, id: StringId) -> String {
    String::from_utf8_lossy(proto.strings.get(id)).into_owned()
}

/// The most bytes of a string that a listing shows.
const SHOWN_BYTES: usize = 40;

fn quoted(proto: &Proto, id: StringId) -> String {
    let bytes = proto.strings.get(id);
    let shown = &bytes[..bytes.len().min(SHOWN_BYTES)];
    let more = if shown.len() < bytes.len() { "..." } else { "" };
    format!("\"{}\"{more}", shown.escape_ascii())
}
