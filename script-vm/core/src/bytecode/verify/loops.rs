//! `for` loops as regions: entered only through their preparation, hidden registers written by nobody else.
//!
//! Region of a numeric loop: from behind `for_prep` up to `for_loop`; of a generic one: from behind `for_in_prep` up
//! to `for_in_loop`. Regions nest. The interpreter and the compilers rely on it: what the preparation has checked
//! about the hidden registers holds in the whole region.

use std::ops::Range;

use super::super::insn::Insn;
use super::super::opcode::{Opcode, Operand};
use super::super::proto::Proto;
use super::{is_jump, may_skip, opcode, target};

/// What is wrong, and where.
type Check = Result<(), (usize, &'static str)>;

/// A loop.
struct Region {
    /// Its instructions.
    code: Range<usize>,
    hidden: Range<usize>,
    /// The innermost region around it.
    outer: Option<usize>,
}

/// A register that no instruction has: the end of "all registers from here on".
const ALL: usize = 256;

pub(super) fn check(proto: &Proto) -> Check {
    let has_loops = |insn: &Insn| {
        matches!(
            insn.opcode(),
            Some(
                Opcode::ForPrep
                    | Opcode::ForLoop
                    | Opcode::ForInPrep
                    | Opcode::ForCall
                    | Opcode::ForInLoop
            )
        )
    };
    if !proto.code.iter().any(has_loops) {
        return Ok(());
    }
    let mut regions = Vec::new();
    let innermost = find_regions(proto, &mut regions)?;
    check_pairs(proto, &regions)?;
    for pc in 0..proto.code.len() {
        check_entry(proto, pc, &regions, &innermost).map_err(|reason| (pc, reason))?;
        check_writes(proto, pc, &regions, innermost[pc]).map_err(|reason| (pc, reason))?;
    }
    Ok(())
}

/// Finds all regions; gives the innermost one of each instruction.
fn find_regions(
    proto: &Proto,
    regions: &mut Vec<Region>,
) -> Result<Vec<Option<usize>>, (usize, &'static str)> {
    let mut innermost = vec![None; proto.code.len()];
    let mut current: Option<usize> = None;
    for (pc, slot) in innermost.iter_mut().enumerate() {
        while let Some(index) = current
            && regions[index].code.end <= pc
        {
            current = regions[index].outer;
        }
        *slot = current;
        let Some(mut region) = region_of_prep(proto, pc).map_err(|reason| (pc, reason))? else {
            continue;
        };
        if let Some(index) = current {
            let around = &regions[index];
            if region.code.end > around.code.end || region.hidden.start < around.hidden.end {
                return Err((pc, "loops overlap"));
            }
        }
        region.outer = current;
        regions.push(region);
        current = Some(regions.len() - 1);
    }
    Ok(innermost)
}

/// The region that the instruction at `pc` prepares, if it does.
fn region_of_prep(proto: &Proto, pc: usize) -> Result<Option<Region>, &'static str> {
    let insn = proto.code[pc];
    let (end, hidden) = match insn.opcode() {
        Some(Opcode::ForPrep) => {
            let end = target(pc, insn) as usize;
            if end <= pc + 1 || !closes_loop(proto, end - 1, Opcode::ForLoop, pc) {
                return Err("for_prep without its for_loop");
            }
            (end, 3)
        }
        Some(Opcode::ForInPrep) => {
            let call = target(pc, insn) as usize;
            let is_call =
                opcode(proto, call) == Some(Opcode::ForCall) && proto.code[call].a() == insn.a();
            if !is_call || !closes_loop(proto, call + 1, Opcode::ForInLoop, pc) {
                return Err("for_in_prep without its for_call and for_in_loop");
            }
            (call + 2, 5)
        }
        _ => return Ok(None),
    };
    Ok(Some(Region { code: pc + 1..end, hidden: insn.a()..insn.a() + hidden, outer: None }))
}

/// Whether `op` stands at `end`, for the registers of the preparation at `prep`, and goes back to behind that.
fn closes_loop(proto: &Proto, end: usize, op: Opcode, prep: usize) -> bool {
    opcode(proto, end) == Some(op)
        && proto.code[end].a() == proto.code[prep].a()
        && target(end, proto.code[end]) == prep as i64 + 1
}

/// No end of a loop is without its preparation. (Each region has one of each, and none has the same as another,
/// because the end goes back to its own preparation.)
fn check_pairs(proto: &Proto, regions: &[Region]) -> Check {
    let count = |wanted: Opcode| {
        let found = |insn: &&Insn| insn.opcode() == Some(wanted);
        proto.code.iter().filter(found).count()
    };
    let generic = regions.iter().filter(|region| region.hidden.len() == 5).count();
    let paired = count(Opcode::ForCall) == generic
        && count(Opcode::ForInLoop) == generic
        && count(Opcode::ForLoop) == regions.len() - generic;
    if paired { Ok(()) } else { Err((0, "end of a loop without its beginning")) }
}

/// Jumps do not enter regions, but for the preparation's own.
fn check_entry(
    proto: &Proto,
    pc: usize,
    regions: &[Region],
    innermost: &[Option<usize>],
) -> Result<(), &'static str> {
    let insn = proto.code[pc];
    let Some(op) = insn.opcode() else {
        return Err("no such opcode");
    };
    let enters = |to: usize| match innermost[to] {
        Some(index) => !encloses(regions, index, innermost[pc]),
        None => false,
    };
    if is_jump(op) && op != Opcode::ForInPrep && enters(target(pc, insn) as usize) {
        return Err("jump into a loop");
    }
    if may_skip(op) && enters(pc + 2) {
        return Err("skip into a loop");
    }
    Ok(())
}

/// Whether region `index` is `inner` or around it.
fn encloses(regions: &[Region], index: usize, inner: Option<usize>) -> bool {
    let mut current = inner;
    while let Some(region) = current {
        if region == index {
            return true;
        }
        current = regions[region].outer;
    }
    false
}

/// Instructions inside a region neither write nor capture hidden registers.
fn check_writes(
    proto: &Proto,
    pc: usize,
    regions: &[Region],
    innermost: Option<usize>,
) -> Result<(), &'static str> {
    let insn = proto.code[pc];
    let Some(op) = insn.opcode() else {
        return Err("no such opcode");
    };
    let written = written_registers(op, insn);
    let mut current = innermost;
    while let Some(index) = current {
        let hidden = &regions[index].hidden;
        if written.start < hidden.end && hidden.start < written.end {
            return Err("write to a hidden register of a loop");
        }
        if op == Opcode::Closure && captures(proto, insn, hidden) {
            return Err("capture of a hidden register of a loop");
        }
        current = regions[index].outer;
    }
    Ok(())
}

fn captures(proto: &Proto, closure: Insn, hidden: &Range<usize>) -> bool {
    let nested = &proto.protos[closure.wide_unsigned() as usize];
    let mut upvalues = nested.upvalues.iter();
    upvalues.any(|upvalue| upvalue.in_stack && hidden.contains(&usize::from(upvalue.index)))
}

/// The registers that an instruction may change. The ends of loops change those of their own region only, and
/// preparations none of a region around them (regions nest).
fn written_registers(op: Opcode, insn: Insn) -> Range<usize> {
    let (a, b, c) = (insn.a(), insn.b(), insn.c());
    match op {
        Opcode::LoadNil | Opcode::Concat => a..a + b,
        Opcode::GetMethod => a..a + 2,
        Opcode::Call => a..ALL,
        Opcode::Vararg => a..c.checked_sub(1).map_or(ALL, |count| a + count),
        _ if op.operands()[0] == Operand::Dst => a..a + 1,
        _ => 0..0,
    }
}
