//! Concatenation of any number of operands, from the right.

#![allow(unsafe_code, reason = "raw registers, verified bytecode")]

use crate::bytecode::Insn;
use crate::interp::load::handler;
use crate::interp::{Exit, Mode, Step, meta, next, reg, unwind};
use crate::native::Raised;
use crate::object::Gc;
use crate::plant::{self, Bug};
use crate::string::{LuaString, MAX_LEN, MAX_SHORT};
use crate::tostring::{MAX_NUMBER_TEXT, write_number};
use crate::value::{META_STRING, Value};
use crate::vm::{Event, Vm};

handler! {
    concat(vm, pc, base, k, fb, i) {
        run::<M>(vm, pc, base, k, fb, i, i.b())
    }
}

/// Concatenates `R[a] .. R[a+count-1]` into `R[a]`.
unsafe fn run<M: Mode>(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
    i: Insn,
    count: usize,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        (*(*vm).frame).pc = pc;
        let first = reg(base, i.a());
        let mut left = count;
        while left > 1 {
            let (x, y) = (*first.add(left - 2), *first.add(left - 1));
            if !(is_text(x) && is_text(y)) {
                let Some(handler) = meta::binary_handler(&mut *vm, Event::Concat, x, y) else {
                    return unwind::concat_failure(vm, i, left, x, y);
                };
                (*(*vm).frame).extra = left as u32;
                return meta::call_meta(vm, pc, handler, &[x, y]);
            }
            let mut batch = 2;
            while batch < left && is_text(*first.add(left - batch - 1)) {
                batch += 1;
            }
            let start = first.add(left - batch);
            if plant::is(Bug::SwappedConcat) && batch == 2 && x.is_number() && !y.is_number() {
                std::ptr::swap(start, start.add(1));
            }
            let parts = std::slice::from_raw_parts(start, batch);
            match join(&mut *vm, parts) {
                Ok(joined) => *start = joined,
                Err(Raised) => return unwind::unwind(vm),
            }
            left -= batch - 1;
        }
        next::<M>(vm, pc, base, k, fb)
    }
}

/// Goes on after a `__concat` metamethod has joined the last two operands.
pub(crate) unsafe fn go_on(vm: *mut Vm, result: Value) -> Exit {
    // SAFETY: the frame on top is the one whose concat instruction called the metamethod.
    unsafe {
        let frame = (*vm).frame;
        let pc = (*frame).pc;
        let i = *pc.sub(1);
        let base = (*vm).stack.add((*frame).base as usize);
        let proto = (*frame).closure.unwrap_unchecked().proto;
        let left = (*frame).extra as usize;
        *reg(base, i.a() + left - 2) = result;
        run::<Step>(vm, pc, base, proto.k, proto.feedback, i, left - 1)
    }
}

/// Strings and numbers concatenate by themselves.
pub(crate) fn is_text(value: Value) -> bool {
    value.meta == META_STRING || value.is_number()
}

/// The string of `parts`, each a string or a number.
pub(crate) fn join(vm: &mut Vm, parts: &[Value]) -> Result<Value, Raised> {
    if let [x, y] = parts
        && let (Some(x), Some(y)) = (x.as_string(), y.as_string())
        && let Some(whole) = if y.is_empty() { Some(x) } else { x.is_empty().then_some(y) }
    {
        return Ok(Value::string(whole));
    }
    if let Some(short) = join_short(vm, parts) {
        return Ok(Value::string(short));
    }
    let mut numbers = NumberTexts::default();
    let mut len = 0;
    for &part in parts {
        len += match part.as_string() {
            Some(string) => string.len(),
            None => numbers.push(part),
        };
    }
    if len > MAX_LEN {
        return Err(unwind::park_text(vm, "string length overflow"));
    }
    let mut numbers = numbers.drain();
    let joined = vm.heap.new_string_with(len, |mut target| {
        for &part in parts {
            let text = match part.as_string() {
                Some(string) => copy(target, string),
                None => numbers.next(target),
            };
            target = &mut std::mem::take(&mut target)[text..];
        }
    });
    joined.map(Value::string).map_err(|_| unwind::park_out_of_memory(vm))
}

/// [`join`] in one pass, if the result is short.
fn join_short(vm: &mut Vm, parts: &[Value]) -> Option<Gc<LuaString>> {
    let mut text = [0; MAX_SHORT + MAX_NUMBER_TEXT];
    let mut len = 0;
    for &part in parts {
        len += match part.as_string() {
            Some(string) if len + string.len() <= MAX_SHORT => copy(&mut text[len..], string),
            Some(_) => return None,
            None => write_number(text[len..].first_chunk_mut()?, part),
        };
        if len > MAX_SHORT {
            return None;
        }
    }
    Some(vm.heap.intern(&text[..len]))
}

fn copy(target: &mut [u8], string: Gc<LuaString>) -> usize {
    let bytes = string.as_bytes();
    target[..bytes.len()].copy_from_slice(bytes);
    bytes.len()
}

/// The texts of the numbers among the operands, one after the other.
#[derive(Default)]
struct NumberTexts {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    first: Option<([u8; MAX_NUMBER_TEXT], u8)>,
}

impl NumberTexts {
    /// Adds a number's text; returns its length.
    fn push(&mut self, number: Value) -> usize {
        let mut buffer = [0; MAX_NUMBER_TEXT];
        let len = write_number(&mut buffer, number);
        if self.first.is_none() {
            self.first = Some((buffer, len as u8));
        } else {
            self.bytes.extend_from_slice(&buffer[..len]);
            self.ends.push(self.bytes.len() as u32);
        }
        len
    }

    fn drain(self) -> NumberReader {
        NumberReader { texts: self, at: 0 }
    }
}

/// Reads the texts in the order in which they were pushed.
struct NumberReader {
    texts: NumberTexts,
    at: usize,
}

impl NumberReader {
    /// Copies the next text; returns its length.
    fn next(&mut self, target: &mut [u8]) -> usize {
        let at = self.at;
        self.at += 1;
        let bytes = match (at, &self.texts.first) {
            (0, Some((buffer, len))) => &buffer[..*len as usize],
            _ => {
                let ends = &self.texts.ends;
                let start = if at >= 2 { ends[at - 2] as usize } else { 0 };
                &self.texts.bytes[start..ends[at - 1] as usize]
            }
        };
        target[..bytes.len()].copy_from_slice(bytes);
        bytes.len()
    }
}
