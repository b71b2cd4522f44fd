//! File handles: userdata that hold a stream, or nothing once they are closed.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::methods;
use super::stream::Stream;
use crate::heap::Space;
use crate::native::{Cx, Raised};
use crate::object::{Gc, Header, Kind};
use crate::stdlib::register;
use crate::table;
use crate::userdata::Userdata;
use crate::value::Value;
use crate::vm::Vm;

/// The registry's field for the metatable of file handles, and their type's name.
pub(super) const FILE: &str = "FILE*";
/// The registry's fields for the default files.
pub(super) const INPUT: &str = "_IO_input";
pub(super) const OUTPUT: &str = "_IO_output";

/// What a handle refers to.
#[derive(Clone)]
pub(super) enum File {
    Open(Rc<RefCell<Stream>>),
    /// A standard file that scripts cannot close.
    Standard(Rc<RefCell<Stream>>),
    /// Where `print` writes.
    HostOutput,
    Closed,
}

impl File {
    pub fn is_closed(&self) -> bool {
        matches!(self, File::Closed)
    }
}

/// Streams that a VM has open, to be flushed when a script ends the process.
#[derive(Default)]
pub struct OpenFiles {
    streams: Vec<Weak<RefCell<Stream>>>,
}

impl std::fmt::Debug for OpenFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} files", self.streams.len())
    }
}

impl OpenFiles {
    fn add(&mut self, stream: &Rc<RefCell<Stream>>) {
        if self.streams.len() == self.streams.capacity() {
            self.streams.retain(|stream| stream.strong_count() > 0);
        }
        self.streams.push(Rc::downgrade(stream));
    }

    /// Writes all that is pending.
    pub(in crate::stdlib) fn flush_all(&mut self) {
        for stream in self.streams.drain(..).filter_map(|stream| stream.upgrade()) {
            // The process ends: nobody is left to hear of a failure.
            drop(stream.borrow_mut().flush());
        }
    }
}

/// Makes the metatable of file handles.
pub(super) fn open_metatable(vm: &mut Vm) {
    let metatable = register::registry_table(vm, FILE);
    let name = register::text(vm, FILE.as_bytes());
    vm.set_global_field(metatable, "__name", name);
    register::add_functions(vm, metatable, &methods::METAMETHODS);
    let methods_table = table::new_table(&mut vm.heap, methods::METHODS.len(), 0);
    register::add_functions(vm, methods_table, &methods::METHODS);
    vm.set_global_field(metatable, "__index", Value::table(methods_table));
}

/// A handle of an open file.
pub(super) fn new_handle(vm: &mut Vm, stream: Stream) -> Value {
    let stream = Rc::new(RefCell::new(stream));
    vm.stdlib.files.add(&stream);
    new_userdata(vm, File::Open(stream))
}

/// A handle of any kind. The stream itself closes when the collector drops it, so nothing has to be finalized.
pub(super) fn new_userdata(vm: &mut Vm, file: File) -> Value {
    let metatable = register::registry_table(vm, FILE);
    let userdata = Userdata {
        header: Header::new(Kind::Userdata),
        metatable: Some(metatable),
        user_value: Value::NIL,
        data: Some(Box::new(file)),
    };
    Value::userdata(vm.heap.place(Space::Droppable, size_of::<Userdata>(), userdata))
}

/// The userdata of a file handle, if a value is one.
pub(super) fn as_handle(vm: &mut Vm, value: Value) -> Option<Gc<Userdata>> {
    let userdata = value.as_userdata()?;
    let metatable = register::registry_table(vm, FILE);
    (userdata.metatable == Some(metatable)).then_some(userdata)
}

/// What a handle refers to.
pub(super) fn file_of(userdata: Gc<Userdata>) -> File {
    let file = userdata.data.as_ref().and_then(|data| data.downcast_ref::<File>());
    file.cloned().unwrap_or(File::Closed)
}

/// Closes a handle; what it referred to.
pub(super) fn take_file(mut userdata: Gc<Userdata>) -> File {
    let file = userdata.data.as_mut().and_then(|data| data.downcast_mut::<File>());
    file.map_or(File::Closed, |file| std::mem::replace(file, File::Closed))
}

/// An argument that is a file handle, open or closed.
pub(super) fn check_handle(cx: &mut Cx<'_>, index: usize) -> Result<Gc<Userdata>, Raised> {
    let value = cx.arg(index);
    as_handle(cx.vm(), value).ok_or_else(|| cx.type_error(index, FILE))
}

/// An argument that is an open file.
pub(super) fn check_file(cx: &mut Cx<'_>, index: usize) -> Result<File, Raised> {
    let file = file_of(check_handle(cx, index)?);
    if file.is_closed() { Err(cx.error("attempt to use a closed file")) } else { Ok(file) }
}

/// The handle of a default file, `INPUT` or `OUTPUT`.
pub(super) fn default_handle(vm: &mut Vm, which: &str) -> Value {
    let registry = vm.registry();
    let key = vm.heap.intern(which.as_bytes());
    table::get_str(&mut vm.heap, registry, key)
}

pub(super) fn set_default_handle(vm: &mut Vm, which: &str, handle: Value) {
    let registry = vm.registry();
    vm.set_global_field(registry, which, handle);
}

/// A default file, which must be open.
pub(super) fn default_file(cx: &mut Cx<'_>, which: &'static str) -> Result<File, Raised> {
    let handle = default_handle(cx.vm(), which);
    let file = handle.as_userdata().map_or(File::Closed, file_of);
    if file.is_closed() {
        let name = which.trim_start_matches("_IO_");
        return Err(cx.error(format!("default {name} file is closed")));
    }
    Ok(file)
}
