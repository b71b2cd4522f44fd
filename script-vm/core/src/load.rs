//! From source or binary chunk to a closure: parse, compile, bind to the heap.

use std::sync::Arc;

use bumpalo::Bump;
use interlune_syntax::{chunk_id, strip_shebang};

use crate::bytecode::{Constant, Proto, binary};
use crate::compiler;
use crate::function::{Closure, FunctionProto, Upvalue};
use crate::heap::Space;
use crate::object::{Gc, Header, Kind};
use crate::string::LuaString;
use crate::table::{self, Table};
use crate::value::Value;
use crate::vm::Vm;

/// What kinds of chunk may be loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Text,
    Binary,
    Both,
}

/// Compiles a source text without a VM. `chunk_name` is a name as `load` takes it (`@file`, `=name`, or the source).
///
/// # Errors
/// "chunk:line: message"
pub fn compile(source: &[u8], chunk_name: &[u8]) -> Result<Arc<Proto>, String> {
    let arena = Bump::new();
    let id = chunk_id(&String::from_utf8_lossy(chunk_name));
    // Files may begin with a mark of their encoding and a line for the shell.
    let source = if chunk_name.first() == Some(&b'@') { strip_shebang(source) } else { source };
    let chunk = interlune_syntax::parse(&arena, source, &id).map_err(|error| error.to_string())?;
    compiler::compile(&chunk, Arc::from(id), Arc::from(chunk_name))
        .map_err(|error| error.to_string())
}

/// Loads a chunk as a function whose first upvalue is `env` (the globals if nothing is given).
///
/// # Errors
/// The message of a syntax error, of a refused binary chunk, or of a chunk of the wrong kind.
pub fn load(
    vm: &mut Vm,
    source: &[u8],
    chunk_name: &[u8],
    env: Option<Value>,
    mode: Mode,
) -> Result<Value, String> {
    let is_binary = source.first() == Some(&binary::SIGNATURE[0]);
    let refuse =
        |kind: &str, mode: &str| Err(format!("attempt to load a {kind} chunk (mode is '{mode}')"));
    let proto = match (is_binary, mode) {
        (true, Mode::Text) => return refuse("binary", "t"),
        (false, Mode::Binary) => return refuse("text", "b"),
        (true, _) => {
            binary::load(source).map_err(|error| format!("{}: {error}", binary_name(chunk_name)))?
        }
        (false, _) => compile(source, chunk_name)?,
    };
    let env = env.unwrap_or(Value::table(vm.globals()));
    Ok(Value::closure(instantiate(vm, &proto, env)))
}

/// What messages call a binary chunk.
fn binary_name(chunk_name: &[u8]) -> String {
    match chunk_name {
        [b'@' | b'=', name @ ..] => String::from_utf8_lossy(name).into_owned(),
        [first, ..] if *first == binary::SIGNATURE[0] => "binary string".to_string(),
        name => String::from_utf8_lossy(name).into_owned(),
    }
}

/// A closure of a main function, with new upvalues of which the first holds `env`.
pub fn instantiate(vm: &mut Vm, proto: &Arc<Proto>, env: Value) -> Gc<Closure> {
    let strings: Vec<Gc<LuaString>> = (0..proto.strings.len() as u32)
        .map(|id| vm.heap.intern(proto.strings.get(crate::bytecode::StringId(id))))
        .collect();
    let bound = bind(vm, proto, &strings);
    let count = bound.upvalue_count as usize;
    let header = Header { small: [count as u8, 0], ..Header::new(Kind::Closure) };
    let closure =
        vm.heap.place(Space::Plain, Closure::size(count), Closure { header, proto: bound });
    for index in 0..count {
        let value = if index == 0 { env } else { Value::NIL };
        closure.init_upvalue(index, new_upvalue(vm, value));
    }
    if let Some(environment) = env.as_table() {
        table::watch_environment(&vm.heap, environment);
        set_environment(bound, environment);
    }
    closure
}

/// Tells a function and those inside it of their environment.
fn set_environment(mut function: Gc<FunctionProto>, environment: Gc<Table>) {
    function.environment = Some(environment);
    for index in 0..function.children.len() {
        set_environment(function.children[index], environment);
    }
}

/// A closed upvalue that holds `value`.
pub(crate) fn new_upvalue(vm: &mut Vm, value: Value) -> Gc<Upvalue> {
    let header = Header::new(Kind::Upvalue);
    let location = std::ptr::null_mut();
    let mut upvalue = vm.heap.place(
        Space::Plain,
        size_of::<Upvalue>(),
        Upvalue { header, location, closed: value },
    );
    upvalue.location = &raw mut upvalue.closed;
    upvalue
}

/// Binds a prototype and those inside it to the heap. Nesting is bounded by the parser.
fn bind(vm: &mut Vm, proto: &Arc<Proto>, strings: &[Gc<LuaString>]) -> Gc<FunctionProto> {
    let children = proto.protos.iter().map(|child| bind(vm, child, strings)).collect();
    let constants: Box<[Value]> = proto
        .constants
        .iter()
        .map(|constant| match *constant {
            Constant::Nil => Value::NIL,
            Constant::Boolean(value) => Value::boolean(value),
            Constant::Integer(value) => Value::int(value),
            Constant::Float(value) => Value::float(value),
            Constant::String(id) => Value::string(strings[id.0 as usize]),
        })
        .collect();
    vm.function_count += 1;
    let id = vm.function_count;
    let function = vm.heap.place(
        Space::Droppable,
        size_of::<FunctionProto>(),
        FunctionProto {
            header: Header::new(Kind::Proto),
            code: proto.code.as_ptr(),
            k: constants.as_ptr(),
            feedback: std::ptr::null_mut(),
            entry: crate::runtime::enter,
            direct_entry: std::ptr::null(),
            single_entry: std::ptr::null(),
            several_entry: std::ptr::null(),
            resume_points: std::ptr::null(),
            baseline_entry: crate::runtime::enter,
            baseline_points: std::ptr::null(),
            max_stack: proto.max_stack,
            param_count: proto.param_count,
            is_vararg: proto.is_vararg,
            upvalue_count: proto.upvalues.len() as u8,
            proto: proto.clone(),
            constants,
            children,
            feedback_cells: Box::default(),
            metamethods: Default::default(),
            environment: None,
            named: Vec::new(),
            named_by_job: Vec::new(),
            calls: 0,
            compiled: None,
            optimized: None,
            id,
        },
    );
    vm.heap.add_external(function.external_bytes());
    function
}
