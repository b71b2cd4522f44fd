//! From a proto to bytes. The strings that the function uses, out of its chunk's pool, are numbered anew.

use rustc_hash::FxHashMap;

use super::super::proto::{Constant, LocalVar, Proto, StringId, UpvalueDesc};

/// Tags of constants.
pub(super) mod tag {
    pub const NIL: u8 = 0;
    pub const FALSE: u8 = 1;
    pub const TRUE: u8 = 2;
    pub const INTEGER: u8 = 3;
    pub const FLOAT: u8 = 4;
    pub const STRING: u8 = 5;
}

/// Bits of an upvalue's and a function's flags.
pub(super) mod flag {
    pub const NAMED: u8 = 1;
    pub const IN_STACK: u8 = 2;
    pub const IMMUTABLE: u8 = 4;
    pub const VARARG: u8 = 1;
    pub const LINES: u8 = 2;
}

/// What stands for the source of a stripped function.
const NO_SOURCE: &str = "?";
const NO_SOURCE_NAME: &[u8] = b"=?";

#[derive(Default)]
struct Writer<'p> {
    strip: bool,
    /// The functions; the strings, which stand before them in the file, are only known at the end.
    out: Vec<u8>,
    strings: Vec<&'p [u8]>,
    ids: FxHashMap<&'p [u8], u32>,
}

pub(super) fn payload(proto: &Proto, strip: bool) -> Vec<u8> {
    let mut writer = Writer { strip, ..Writer::default() };
    writer.function(proto);
    let mut out = Vec::with_capacity(writer.out.len() + writer.strings.len() * 16);
    let (name, source) =
        if strip { (NO_SOURCE_NAME, NO_SOURCE) } else { (&*proto.source_name, &*proto.source) };
    put_bytes(&mut out, name);
    put_bytes(&mut out, source.as_bytes());
    put_len(&mut out, writer.strings.len());
    for string in &writer.strings {
        put_bytes(&mut out, string);
    }
    out.extend_from_slice(&writer.out);
    out
}

fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_len(out: &mut Vec<u8>, len: usize) {
    put_u32(out, len as u32);
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_len(out, bytes.len());
    out.extend_from_slice(bytes);
}

impl<'p> Writer<'p> {
    fn function(&mut self, proto: &'p Proto) {
        let vararg = if proto.is_vararg { flag::VARARG } else { 0 };
        let lines = if self.strip { 0 } else { flag::LINES };
        self.out.extend_from_slice(&[proto.param_count, proto.max_stack, vararg | lines]);
        put_u32(&mut self.out, proto.feedback_cells);
        put_u32(&mut self.out, proto.line_defined);
        put_u32(&mut self.out, proto.last_line);
        self.code(proto);
        put_len(&mut self.out, proto.constants.len());
        for constant in &proto.constants {
            self.constant(proto, *constant);
        }
        put_len(&mut self.out, proto.upvalues.len());
        for upvalue in &proto.upvalues {
            self.upvalue(proto, upvalue);
        }
        let locals: &[LocalVar] = if self.strip { &[] } else { &proto.locals };
        put_len(&mut self.out, locals.len());
        for local in locals {
            self.local(proto, local);
        }
        put_len(&mut self.out, proto.protos.len());
        for nested in &proto.protos {
            self.function(nested);
        }
    }

    fn code(&mut self, proto: &Proto) {
        put_len(&mut self.out, proto.code.len());
        for insn in &proto.code {
            self.out.extend_from_slice(&insn.0.to_le_bytes());
        }
        if !self.strip {
            for line in &proto.lines {
                put_u32(&mut self.out, *line);
            }
        }
    }

    fn constant(&mut self, proto: &'p Proto, constant: Constant) {
        match constant {
            Constant::Nil => self.out.push(tag::NIL),
            Constant::Boolean(false) => self.out.push(tag::FALSE),
            Constant::Boolean(true) => self.out.push(tag::TRUE),
            Constant::Integer(value) => {
                self.out.push(tag::INTEGER);
                self.out.extend_from_slice(&value.to_le_bytes());
            }
            Constant::Float(value) => {
                self.out.push(tag::FLOAT);
                self.out.extend_from_slice(&value.to_bits().to_le_bytes());
            }
            Constant::String(id) => {
                self.out.push(tag::STRING);
                self.string(proto, id);
            }
        }
    }

    fn upvalue(&mut self, proto: &'p Proto, upvalue: &UpvalueDesc) {
        let name = upvalue.name.filter(|_| !self.strip);
        let mut flags = 0;
        flags |= if name.is_some() { flag::NAMED } else { 0 };
        flags |= if upvalue.in_stack { flag::IN_STACK } else { 0 };
        flags |= if upvalue.immutable { flag::IMMUTABLE } else { 0 };
        self.out.extend_from_slice(&[flags, upvalue.index]);
        if let Some(id) = name {
            self.string(proto, id);
        }
    }

    fn local(&mut self, proto: &'p Proto, local: &LocalVar) {
        self.string(proto, local.name);
        self.out.push(local.register);
        put_u32(&mut self.out, local.start_pc);
        put_u32(&mut self.out, local.end_pc);
    }

    fn string(&mut self, proto: &'p Proto, id: StringId) {
        let bytes = proto.strings.get(id);
        let strings = &mut self.strings;
        let new_id = *self.ids.entry(bytes).or_insert_with(|| {
            strings.push(bytes);
            strings.len() as u32 - 1
        });
        put_u32(&mut self.out, new_id);
    }
}
