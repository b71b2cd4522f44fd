//! From bytes to a proto. Everything read may be wrong; what is in range is left to the verifier.

use std::sync::Arc;

use super::super::insn::Insn;
use super::super::proto::{Constant, LocalVar, Proto, StringId, StringPool, UpvalueDesc};
use super::write::{flag, tag};
use super::{BinaryError, MAX_DEPTH};

type Read<T> = Result<T, BinaryError>;

struct Reader<'b> {
    rest: &'b [u8],
    strings: Arc<StringPool>,
    source: Arc<str>,
    source_name: Arc<[u8]>,
}

pub(super) fn payload(bytes: &[u8]) -> Read<Arc<Proto>> {
    let mut reader = Reader {
        rest: bytes,
        strings: Arc::default(),
        source: Arc::from(""),
        source_name: Arc::from([].as_slice()),
    };
    reader.source_name = Arc::from(reader.bytes()?);
    let source = std::str::from_utf8(reader.bytes()?);
    reader.source = Arc::from(source.map_err(|_| BinaryError::Malformed("source name"))?);
    reader.strings = Arc::new(reader.string_pool()?);
    let proto = reader.function(0)?;
    if !reader.rest.is_empty() {
        return Err(BinaryError::Malformed("trailing bytes"));
    }
    Ok(Arc::new(proto))
}

impl<'b> Reader<'b> {
    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(BinaryError::Truncated)?;
        self.rest = rest;
        Ok(*array)
    }

    fn u8(&mut self) -> Read<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn u32(&mut self) -> Read<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Read<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// The length of a list whose elements take at least `least` bytes each.
    fn len(&mut self, least: usize) -> Read<usize> {
        let len = self.u32()? as usize;
        if len > self.rest.len() / least {
            return Err(BinaryError::Truncated);
        }
        Ok(len)
    }

    fn bytes(&mut self) -> Read<&'b [u8]> {
        let len = self.len(1)?;
        let (bytes, rest) = self.rest.split_at(len);
        self.rest = rest;
        Ok(bytes)
    }

    fn list<T>(&mut self, len: usize, mut one: impl FnMut(&mut Self) -> Read<T>) -> Read<Box<[T]>> {
        let mut list = Vec::with_capacity(len);
        for _ in 0..len {
            list.push(one(self)?);
        }
        Ok(list.into_boxed_slice())
    }

    fn string_pool(&mut self) -> Read<StringPool> {
        let mut pool = StringPool::default();
        for _ in 0..self.len(4)? {
            pool.push(self.bytes()?);
        }
        Ok(pool)
    }

    fn function(&mut self, depth: u32) -> Read<Proto> {
        if depth > MAX_DEPTH {
            return Err(BinaryError::Malformed("functions nested too deep"));
        }
        let [param_count, max_stack, flags] = self.array()?;
        let feedback_cells = self.u32()?;
        let line_defined = self.u32()?;
        let last_line = self.u32()?;
        let code_len = self.len(8)?;
        let code = self.list(code_len, |r| r.u64().map(Insn))?;
        let lines = if flags & flag::LINES != 0 {
            self.list(code_len, Self::u32)?
        } else {
            vec![0; code_len].into_boxed_slice()
        };
        let constant_count = self.len(1)?;
        let constants = self.list(constant_count, Self::constant)?;
        let upvalue_count = self.len(2)?;
        let upvalues = self.list(upvalue_count, Self::upvalue)?;
        let local_count = self.len(13)?;
        let locals = self.list(local_count, Self::local)?;
        // A function takes no less than its numbers, flags and five lengths.
        let proto_count = self.len(35)?;
        let protos = self.list(proto_count, |r| r.function(depth + 1).map(Arc::new))?;
        Ok(Proto {
            code,
            lines,
            constants,
            protos,
            upvalues,
            locals,
            strings: Arc::clone(&self.strings),
            source: Arc::clone(&self.source),
            source_name: Arc::clone(&self.source_name),
            param_count,
            is_vararg: flags & flag::VARARG != 0,
            max_stack,
            feedback_cells,
            line_defined,
            last_line,
        })
    }

    fn constant(&mut self) -> Read<Constant> {
        Ok(match self.u8()? {
            tag::NIL => Constant::Nil,
            tag::FALSE => Constant::Boolean(false),
            tag::TRUE => Constant::Boolean(true),
            tag::INTEGER => Constant::Integer(self.u64()? as i64),
            tag::FLOAT => Constant::Float(f64::from_bits(self.u64()?)),
            tag::STRING => Constant::String(StringId(self.u32()?)),
            _ => return Err(BinaryError::Malformed("constant of no known type")),
        })
    }

    fn upvalue(&mut self) -> Read<UpvalueDesc> {
        let [flags, index] = self.array()?;
        let name = if flags & flag::NAMED != 0 { Some(StringId(self.u32()?)) } else { None };
        Ok(UpvalueDesc {
            name,
            in_stack: flags & flag::IN_STACK != 0,
            index,
            immutable: flags & flag::IMMUTABLE != 0,
        })
    }

    fn local(&mut self) -> Read<LocalVar> {
        Ok(LocalVar {
            name: StringId(self.u32()?),
            register: self.u8()?,
            start_pc: self.u32()?,
            end_pc: self.u32()?,
        })
    }
}
