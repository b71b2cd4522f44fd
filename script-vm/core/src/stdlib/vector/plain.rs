//! Whether the vector types are as the library has made them: operators and methods mean what compilers and the interpreter
//! compute without asking. Scripts may change the metatables; then everything goes by way of them.

use super::{VectorMethod, arithmetic, swizzle};
use crate::interp::meta::{event_of, get_named};
use crate::native::{NativeFn, TableRef};
use crate::stdlib::register::Row;
use crate::value::Value;
use crate::vm::{Event, TypeMeta, Vm};

/// What is known of the vector types of a VM.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct VectorLibrary {
    /// The class epoch in which they were last found to be plain; compiled code compares it.
    pub plain_epoch: u64,
    /// The one in which they were last found not to be.
    changed_epoch: u64,
    /// Addresses of the methods of vec2 and vec3, by [`VectorMethod`]; the heap's roots hold them.
    pub methods: [[u64; VectorMethod::ALL.len()]; 2],
}

impl Default for VectorLibrary {
    fn default() -> VectorLibrary {
        VectorLibrary {
            plain_epoch: 0,
            changed_epoch: 0,
            methods: [[0; VectorMethod::ALL.len()]; 2],
        }
    }
}

/// Remembers the methods of a type that is being opened.
pub(super) fn remember(vm: &mut Vm, has_three: bool, methods: TableRef) {
    for &method in VectorMethod::ALL.iter().filter(|method| method.is_of(has_three)) {
        let native = named(vm, methods, method.row().0);
        vm.vectors.methods[usize::from(has_three)][method as usize] = native.payload;
        vm.add_root(native);
    }
    // What becomes of them ends the class epoch.
    crate::table::make_class(&vm.heap, methods);
}

fn named(vm: &mut Vm, table: TableRef, name: &str) -> Value {
    let name = vm.heap.intern(name.as_bytes());
    get_named(vm, table, name)
}

impl Vm {
    /// Whether operators, components and methods of vectors are the library's.
    #[inline]
    pub(crate) fn has_plain_vectors(&mut self) -> bool {
        self.vectors.plain_epoch == self.heap.class_epoch || self.check_vectors()
    }

    #[cold]
    fn check_vectors(&mut self) -> bool {
        let epoch = self.heap.class_epoch;
        if self.vectors.changed_epoch == epoch {
            return false;
        }
        let is_plain = [false, true].into_iter().all(|has_three| is_plain(self, has_three))
            && numbers_have_no_say(self);
        if is_plain {
            self.vectors.plain_epoch = epoch;
        } else {
            self.vectors.changed_epoch = epoch;
        }
        is_plain
    }

    /// The function behind a method of a vector.
    pub(crate) fn vector_method(&self, has_three: bool, method: VectorMethod) -> Option<Value> {
        let address = self.vectors.methods[usize::from(has_three)][method as usize];
        (address != 0).then(|| Value::native(crate::object::Gc::from_addr(address)))
    }
}

fn is_plain(vm: &mut Vm, has_three: bool) -> bool {
    const EVENTS: [Event; 5] = [Event::Add, Event::Sub, Event::Mul, Event::Div, Event::Unm];
    let of = if has_three { TypeMeta::Vec3 } else { TypeMeta::Vec2 };
    let Some(metatable) = vm.type_metatable(of) else { return false };
    let are_own =
        |vm: &mut Vm, (event, row): (Event, Row)| runs(event_of(vm, metatable, event), row.1);
    if !EVENTS.into_iter().zip(arithmetic::METAMETHODS).all(|it| are_own(vm, it)) {
        return false;
    }
    let index = event_of(vm, metatable, Event::Index);
    let Some(methods) = index.as_native().filter(|_| runs(index, swizzle::index)) else {
        return false;
    };
    let Some(methods) = methods.captured().first().and_then(|methods| methods.as_table()) else {
        return false;
    };
    VectorMethod::ALL.iter().all(|&method| match vm.vector_method(has_three, method) {
        Some(native) => named(vm, methods, method.row().0).same_bits(native),
        None => true,
    })
}

/// Whether a value is that function.
fn runs(value: Value, function: NativeFn) -> bool {
    value.as_native().is_some_and(|native| native.function as usize == function as usize)
}

/// `2 * v` asks the number's metatable first.
fn numbers_have_no_say(vm: &mut Vm) -> bool {
    let Some(metatable) = vm.type_metatable(TypeMeta::Number) else { return true };
    [Event::Mul, Event::Div].into_iter().all(|event| event_of(vm, metatable, event).is_nil())
}
