//! Names of values and functions, against what PUC Lua 5.4 says in the same place.

use crate::bytecode::{Opcode, Proto};
use crate::compiler::test_support::compile_source;

use super::{Description, describe_call, describe_register, local_name};

/// The place of the last instruction of a kind.
fn last(proto: &Proto, op: Opcode) -> usize {
    let found = proto.code.iter().rposition(|insn| insn.opcode() == Some(op));
    found.unwrap_or_else(|| panic!("no {op:?}"))
}

fn shown(description: Option<Description<'_>>) -> String {
    description.map_or(String::from("-"), |(kind, name)| {
        format!("{} '{}'", kind.as_str(), String::from_utf8_lossy(name))
    })
}

/// What register `b` of the last `op` is called.
fn operand(source: &str, op: Opcode) -> String {
    let proto = compile_source("t", source);
    let pc = last(&proto, op);
    shown(describe_register(&proto, pc, proto.code[pc].b() as u8))
}

/// What the last call calls.
fn callee(source: &str) -> String {
    let proto = compile_source("t", source);
    shown(describe_call(&proto, last(&proto, Opcode::Call)))
}

#[test]
fn operands_are_named() {
    assert_eq!(operand("local a; return a.x", Opcode::GetField), "local 'a'");
    assert_eq!(operand("return (a.x)", Opcode::GetField), "global 'a'");
    assert_eq!(operand("local a; return (a.x.y)", Opcode::GetField), "field 'x'");
    assert_eq!(operand("local a; return (a[1].y)", Opcode::GetField), "field 'integer index'");
    assert_eq!(operand("local a, b; return (a[b].y)", Opcode::GetField), "field '?'");
    assert_eq!(operand("return (f().y)", Opcode::GetField), "-");
    assert_eq!(operand("local _ENV = {}; return (a.x)", Opcode::GetField), "global 'a'");
    assert_eq!(operand("return -a", Opcode::Neg), "global 'a'");
    assert_eq!(operand("local a; return -(a or b)", Opcode::Neg), "-");
    assert_eq!(operand("return ('x').y.z", Opcode::GetField), "field 'y'");
    assert_eq!(operand("return -'x'", Opcode::Neg), "constant 'x'");
}

#[test]
fn upvalues_are_named() {
    let proto = compile_source("t", "local a; return function() return -a end");
    let nested = &proto.protos[0];
    let pc = last(nested, Opcode::Neg);
    let named = describe_register(nested, pc, nested.code[pc].b() as u8);
    assert_eq!(shown(named), "upvalue 'a'");
}

#[test]
fn callees_are_named() {
    assert_eq!(callee("f()"), "global 'f'");
    assert_eq!(callee("local f; f()"), "local 'f'");
    assert_eq!(callee("a.f()"), "field 'f'");
    assert_eq!(callee("a:f()"), "method 'f'");
    assert_eq!(callee("a.b['f'](1, g)"), "field 'f'");
    assert_eq!(callee("('x')()"), "constant 'x'");
    assert_eq!(callee("f()()"), "-");
    assert_eq!(callee("(f or g)()"), "-");
}

#[test]
fn metamethods_are_named() {
    let named = |source: &str, op: Opcode| {
        let proto = compile_source("t", source);
        shown(describe_call(&proto, last(&proto, op)))
    };
    assert_eq!(named("return a + 1", Opcode::AddImm), "metamethod 'add'");
    assert_eq!(named("return a // 2", Opcode::FloorDivConst), "metamethod 'idiv'");
    assert_eq!(named("return a .. b", Opcode::Concat), "metamethod 'concat'");
    assert_eq!(named("return a < b", Opcode::TestLt), "metamethod 'lt'");
    assert_eq!(named("return a > 1", Opcode::TestGtImm), "metamethod 'lt'");
    assert_eq!(named("a.x = 1", Opcode::SetField), "metamethod 'newindex'");
    assert_eq!(named("for k in f do end", Opcode::ForCall), "for iterator 'for iterator'");
    assert_eq!(named("do local x <close> = f end", Opcode::Close), "metamethod 'close'");
}

#[test]
fn locals_are_known_in_their_scope() {
    let proto =
        compile_source("t", "local a = f(); do local b = g() end; local c = a; return c + c");
    let set = last(&proto, Opcode::Add);
    assert_eq!(local_name(&proto, 0, set), Some(b"a".as_slice()));
    assert_eq!(local_name(&proto, 1, set), Some(b"c".as_slice()));
    assert_eq!(local_name(&proto, 1, 0), None);
    let proto = compile_source("t", "for i = 1, 2 do f(i) end");
    let call = last(&proto, Opcode::Call);
    assert_eq!(local_name(&proto, 0, call), Some(b"(for state)".as_slice()));
    assert_eq!(local_name(&proto, 3, call), Some(b"i".as_slice()));
}
