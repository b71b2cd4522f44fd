//! Chunks: source on its way to being a function.

use std::borrow::Cow;

use crate::api::{Error, FromLuaMulti, Function, IntoLuaMulti, Lua, Result, Table};
use crate::load::{self, Mode};
use crate::value::Value as RawValue;

/// What can be loaded as a chunk: text or bytes.
pub trait AsChunk<'s> {
    fn source(self) -> Cow<'s, [u8]>;
}

impl<'s> AsChunk<'s> for &'s str {
    fn source(self) -> Cow<'s, [u8]> {
        Cow::Borrowed(self.as_bytes())
    }
}

impl<'s> AsChunk<'s> for &'s [u8] {
    fn source(self) -> Cow<'s, [u8]> {
        Cow::Borrowed(self)
    }
}

impl<'s> AsChunk<'s> for &'s String {
    fn source(self) -> Cow<'s, [u8]> {
        Cow::Borrowed(self.as_bytes())
    }
}

impl<'s> AsChunk<'s> for String {
    fn source(self) -> Cow<'s, [u8]> {
        Cow::Owned(self.into_bytes())
    }
}

impl<'s> AsChunk<'s> for Vec<u8> {
    fn source(self) -> Cow<'s, [u8]> {
        Cow::Owned(self)
    }
}

impl<'s> AsChunk<'s> for &'s Vec<u8> {
    fn source(self) -> Cow<'s, [u8]> {
        Cow::Borrowed(self)
    }
}

/// A chunk that is being prepared.
#[must_use = "a chunk does nothing until it is run"]
pub struct Chunk<'s> {
    lua: Lua,
    source: Cow<'s, [u8]>,
    name: Option<Vec<u8>>,
    environment: Option<Table>,
    mode: Mode,
}

impl<'s> Chunk<'s> {
    pub(crate) fn new(lua: &Lua, source: impl AsChunk<'s>) -> Chunk<'s> {
        Chunk {
            lua: lua.clone(),
            source: source.source(),
            name: None,
            environment: None,
            mode: Mode::Text,
        }
    }

    /// The chunk's name: "@file.lua" is shown as `file.lua`, "=name" as `name`, anything else as a piece of source.
    pub fn set_name(mut self, name: impl AsRef<[u8]>) -> Chunk<'s> {
        self.name = Some(name.as_ref().to_vec());
        self
    }

    /// The table that the chunk sees as its globals.
    pub fn set_environment(mut self, environment: Table) -> Chunk<'s> {
        self.environment = Some(environment);
        self
    }

    /// What kinds of chunk are accepted: source text alone unless this says otherwise.
    pub fn set_mode(mut self, mode: Mode) -> Chunk<'s> {
        self.mode = mode;
        self
    }

    /// Compiles.
    ///
    /// # Errors
    /// A syntax error.
    pub fn into_function(self) -> Result<Function> {
        let environment = match &self.environment {
            Some(table) => Some(table.handle().get(&self.lua)?),
            None => None,
        };
        self.compile(&self.source, environment)
    }

    fn compile(&self, source: &[u8], environment: Option<RawValue>) -> Result<Function> {
        let name = self.name.as_deref().unwrap_or(source);
        let vm = self.lua.vm();
        load::load(vm, source, name, environment, self.mode)
            .map(|function| Function::new(&self.lua, function))
            .map_err(|message| Error::Syntax {
                incomplete: message.ends_with("near <eof>"),
                message,
            })
    }

    /// Compiles and runs.
    ///
    /// # Errors
    /// A syntax error, or what the chunk raises.
    pub fn exec(self) -> Result<()> {
        self.call(())
    }

    /// Compiles as an expression if it is one, else as a block, and runs that.
    ///
    /// # Errors
    /// A syntax error, or what the chunk raises.
    pub fn eval<R: FromLuaMulti>(self) -> Result<R> {
        let environment = match &self.environment {
            Some(table) => Some(table.handle().get(&self.lua)?),
            None => None,
        };
        let mut expression = b"return ".to_vec();
        expression.extend_from_slice(&self.source);
        let function = match self.compile(&expression, environment) {
            Ok(function) => function,
            Err(_) => self.compile(&self.source, environment)?,
        };
        function.call(())
    }

    /// Compiles and calls with arguments, which the chunk sees as `...`.
    ///
    /// # Errors
    /// A syntax error, or what the chunk raises.
    pub fn call<R: FromLuaMulti>(self, args: impl IntoLuaMulti) -> Result<R> {
        self.into_function()?.call(args)
    }
}
