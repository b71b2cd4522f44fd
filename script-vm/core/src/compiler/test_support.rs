//! For tests: from source text to a verified proto, and the programs that tests share.

use std::sync::Arc;

use bumpalo::Bump;

use crate::bytecode::Proto;
use crate::bytecode::verify::verify;

use super::{CompileError, compile};

/// Programs that together use every instruction and every statement: name and source. Each begins with a comment that
/// says what it tests.
pub(crate) const PROGRAMS: &[(&str, &str)] = &[
    ("arithmetic", include_str!("../../tests/bytecode/arithmetic.lua")),
    ("assignments", include_str!("../../tests/bytecode/assignments.lua")),
    ("calls", include_str!("../../tests/bytecode/calls.lua")),
    ("closing", include_str!("../../tests/bytecode/closing.lua")),
    ("closures", include_str!("../../tests/bytecode/closures.lua")),
    ("comparisons", include_str!("../../tests/bytecode/comparisons.lua")),
    ("concat", include_str!("../../tests/bytecode/concat.lua")),
    ("constants", include_str!("../../tests/bytecode/constants.lua")),
    ("environment", include_str!("../../tests/bytecode/environment.lua")),
    ("folding", include_str!("../../tests/bytecode/folding.lua")),
    ("gotos", include_str!("../../tests/bytecode/gotos.lua")),
    ("lines", include_str!("../../tests/bytecode/lines.lua")),
    ("logic", include_str!("../../tests/bytecode/logic.lua")),
    ("loops", include_str!("../../tests/bytecode/loops.lua")),
    ("returns", include_str!("../../tests/bytecode/returns.lua")),
    ("tables", include_str!("../../tests/bytecode/tables.lua")),
    ("varargs", include_str!("../../tests/bytecode/varargs.lua")),
];

/// Compiles a source that is Lua.
pub(crate) fn try_compile(name: &str, source: &str) -> Result<Arc<Proto>, CompileError> {
    let arena = Bump::new();
    let chunk = interlune_syntax::parse(&arena, source.as_bytes(), name)
        .unwrap_or_else(|error| panic!("{error}"));
    compile(&chunk, Arc::from(name), Arc::from(name.as_bytes()))
}

/// Compiles and verifies a source that has no errors.
pub(crate) fn compile_source(name: &str, source: &str) -> Arc<Proto> {
    let proto = try_compile(name, source).unwrap_or_else(|error| panic!("{name}: {error}"));
    verify(&proto).unwrap_or_else(|error| panic!("{name}: {error}"));
    proto
}
