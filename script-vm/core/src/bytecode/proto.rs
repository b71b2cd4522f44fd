//! A compiled function before it meets a heap: immutable, `Send`, shared through `Arc` by every VM and worker.

use std::sync::Arc;

use super::insn::Insn;

/// Index of a string in its chunk's [`StringPool`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StringId(pub u32);

/// The strings of one chunk (constants and names), each once.
#[derive(Debug, Default)]
pub struct StringPool {
    bytes: Vec<u8>,
    /// End offset of each string; it begins where the one before ends.
    ends: Vec<u32>,
}

impl StringPool {
    /// Adds a string without looking for an equal one.
    pub fn push(&mut self, string: &[u8]) -> StringId {
        self.bytes.extend_from_slice(string);
        self.ends.push(self.bytes.len() as u32);
        StringId(self.ends.len() as u32 - 1)
    }

    /// The bytes of a string of this pool.
    pub fn get(&self, id: StringId) -> &[u8] {
        let index = id.0 as usize;
        let start = index.checked_sub(1).map_or(0, |i| self.ends[i] as usize);
        &self.bytes[start..self.ends[index] as usize]
    }

    /// Number of strings.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no string at all.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// A constant of a function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Constant {
    Nil,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    String(StringId),
}

/// Where a closure takes one upvalue from when it is created.
#[derive(Clone, Copy, Debug)]
pub struct UpvalueDesc {
    pub name: Option<StringId>,
    /// A register of the enclosing function if set, else one of its upvalues.
    pub in_stack: bool,
    pub index: u8,
    /// Never assigned after its declaration (unless by the debug library).
    pub immutable: bool,
}

/// A named local variable: lives in `register` while `start_pc <= pc < end_pc`.
#[derive(Clone, Copy, Debug)]
pub struct LocalVar {
    pub name: StringId,
    pub register: u8,
    pub start_pc: u32,
    pub end_pc: u32,
}

/// A function's bytecode and all that belongs to it.
#[derive(Debug)]
pub struct Proto {
    pub code: Box<[Insn]>,
    /// Source line of each instruction.
    pub lines: Box<[u32]>,
    pub constants: Box<[Constant]>,
    pub protos: Box<[Arc<Proto>]>,
    pub upvalues: Box<[UpvalueDesc]>,
    /// In order of `start_pc`.
    pub locals: Box<[LocalVar]>,
    pub strings: Arc<StringPool>,
    /// Name of the chunk as messages show it.
    pub source: Arc<str>,
    /// The name the chunk was loaded under, as `debug.getinfo` gives it in `source`.
    pub source_name: Arc<[u8]>,
    pub param_count: u8,
    pub is_vararg: bool,
    /// Registers that a frame needs.
    pub max_stack: u8,
    /// Cells of the feedback vector, cell 0 included.
    pub feedback_cells: u32,
    /// Line of the keyword `function`; 0 for a main function.
    pub line_defined: u32,
    pub last_line: u32,
}
