//! The table of operations.
//!
//! A row has the name, the mnemonic, the types of the operands, the type of the result (`-` for none), what the immediate
//! is, and the effects. Everything else about operations (printing, parsing, verifying, what passes may do) goes by this
//! table; lowering has a match over it.

use super::effects::{Classes, Effects};
use super::types::Type;

/// What an operation's immediate is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Immediate {
    None,
    /// A 64-bit integer.
    Int,
    /// The bits of a float.
    Float,
    /// 0 or 1.
    Bool,
    /// A register of the scope's frame.
    Register,
    /// Index of a constant, with the number of the scope whose function has it in the upper half.
    Constant,
    /// Index of an upvalue of a closure.
    Upvalue,
    /// Key of a table: shape and inline slots (`inline_cache::key_of`), maybe a bound (`inline_cache::key_bound`).
    Key,
    /// Place of a field (`inline_cache::Location`).
    Location,
    /// What a store that adds a field does (`inline_cache::StoreHit`).
    Transition,
    /// Kind of an array (`ArrayKind`).
    Kind,
    /// Tag of a value (`value::tag`).
    Tag,
    /// An instruction of the scope's function.
    Pc,
    /// The number that a function has in its VM.
    Function,
    /// The number of an object that the code names (`Function::named`).
    Object,
}

/// How many operands an operation has, and of which types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operands {
    Fixed(&'static [Type]),
    /// Any number of any type.
    Many,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub mnemonic: &'static str,
    pub operands: Operands,
    pub result: Option<Type>,
    pub immediate: Immediate,
    pub effects: Effects,
}

macro_rules! result {
    (-) => {
        None
    };
    ($ty:ident) => {
        Some(Type::$ty)
    };
}

macro_rules! operands {
    ([..]) => {
        Operands::Many
    };
    ([$($ty:ident)*]) => {
        Operands::Fixed(&[$(Type::$ty),*])
    };
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident, $mnemonic:literal, $operands:tt, $result:tt, $immediate:ident, $effects:expr;)*) => {
        /// An operation.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum Op { $($(#[$doc])* $name),* }

        impl Op {
            /// Every operation, by its number.
            pub const ALL: &'static [Op] = &[$(Op::$name),*];

            /// The operation's row.
            pub fn row(self) -> &'static Row {
                &ROWS[self as usize]
            }
        }

        static ROWS: &[Row] = &[$(Row {
            mnemonic: $mnemonic,
            operands: operands!($operands),
            result: result!($result),
            immediate: Immediate::$immediate,
            effects: $effects,
        }),*];
    };
}

const KEYED: Classes = Classes::SHAPE;
/// A field is where its table's key says.
const A_FIELD: Classes = Classes::FIELD.and(Classes::SHAPE);
/// Arrays and dictionary of a table.
const A_PART: Classes = AN_ELEMENT.and(Classes::DICTIONARY);
/// An element is where its table's array is.
const AN_ELEMENT: Classes = Classes::ELEMENT.and(Classes::ARRAY);

operations! {
    // Constants
    Int, "int", [], Int, Int, Effects::PURE;
    Float, "float", [], Float, Float, Effects::PURE;
    Bool, "bool", [], Bool, Bool, Effects::PURE;
    Nil, "nil", [], Nil, None, Effects::PURE;
    String, "string", [], String, Constant, Effects::PURE;

    /// A table or a function that the code names.
    Object, "object", [], Any, Object, Effects::PURE;

    /// A parameter of the function, of code that is called directly.
    Parameter, "parameter", [], Any, Register, Effects::PURE;

    // Registers in the Lua stack
    LoadSlot, "load.slot", [], Any, Register, Effects::reading(Classes::STACK);
    StoreSlot, "store.slot", [Any], -, Register, Effects::writing(Classes::STACK);

    /// A captured register, which closures see.
    LoadCaptured, "load.captured", [], Any, Register, Effects::reading(Classes::UPVALUE);
    StoreCaptured, "store.captured", [Any], -, Register, Effects::writing(Classes::UPVALUE);

    // Variable arguments of the function that has the frame
    /// How many there are.
    VarargCount, "vararg.count", [], Int, None, Effects::PURE;
    /// Of so many the one at an index from 0 on; nil beyond.
    VarargAt, "vararg.at", [Int Int], Any, None, Effects::PURE;

    // Guards on types. The result is the operand, seen as what it is.
    GuardNil, "guard.nil", [Any], Nil, None, Effects::GUARD;
    /// Anything but nil.
    GuardPresent, "guard.present", [Any], Any, None, Effects::GUARD;
    GuardInt, "guard.int", [Any], Int, None, Effects::GUARD;
    GuardFloat, "guard.float", [Any], Float, None, Effects::GUARD;
    GuardNumber, "guard.number", [Any], Number, None, Effects::GUARD;
    GuardString, "guard.string", [Any], String, None, Effects::GUARD;
    GuardTable, "guard.table", [Any], Table, None, Effects::GUARD;
    GuardClosure, "guard.closure", [Any], Closure, None, Effects::GUARD;
    GuardVec2, "guard.vec2", [Any], Vec2, None, Effects::GUARD;
    GuardVec3, "guard.vec3", [Any], Vec3, None, Effects::GUARD;
    // Guards on values
    /// A divisor that needs no care: neither 0 nor -1.
    GuardDivisor, "guard.divisor", [Int], -, None, Effects::GUARD;
    /// A distance that a shift takes as it is: 0 to 63.
    GuardDistance, "guard.distance", [Int], -, None, Effects::GUARD;
    /// Numbers have no metatable.
    GuardNumbersPlain, "guard.numbers.plain", [], -, None, Effects::guarding(Classes::METATABLE);
    /// At least one of the two is a float.
    GuardFloatAmong, "guard.float.among", [Number Number], -, None, Effects::GUARD;
    /// index < length, both from 0 on
    GuardBounds, "guard.bounds", [Int Int], -, None, Effects::GUARD;
    /// A closure of that function.
    GuardFunction, "guard.function", [Closure], -, Function, Effects::GUARD;
    /// The closure that runs, with the captured variables that it has.
    GuardRunning, "guard.running", [Closure], -, None, Effects::GUARD;
    /// That very object.
    GuardIs, "guard.is", [Any], -, Object, Effects::GUARD;
    /// A native function at that address.
    GuardNative, "guard.native", [Any], -, Int, Effects::GUARD;
    // Guards on tables
    GuardKey, "guard.key", [Table], -, Key, Effects::guarding(KEYED);
    /// What [`Op::GuardKey`] guards.
    HasKey, "has.key", [Table], Bool, Key, Effects::reading(KEYED);
    /// The method of that name, by way of a cache of the code's own; a guard that there is one.
    FindMethod, "find.method", [Table], Any, Constant,
        Effects { reads: Classes::ALL, allocates: true, calls: true, ..Effects::GUARD };
    /// The field of that name, of the table or its classes; nil for none. A guard that no metamethod has to be asked.
    FindField, "find.field", [Table], Any, Constant,
        Effects { reads: Classes::ALL, allocates: true, calls: true, ..Effects::GUARD };
    /// The length of a table; a guard that no metamethod has to be asked.
    FindLength, "find.length", [Table], Int, None,
        Effects { reads: Classes::ALL, allocates: true, calls: true, ..Effects::GUARD };
    /// Objects that are metatables, each with the object that is the method of that name by way of it: whether they are so
    /// still, found out once for every class epoch.
    MethodsHold, "methods.hold", [..], Bool, Constant, Effects::reading(Classes::HOST);
    /// What [`Op::MethodsHold`] says; a guard.
    GuardMethods, "guard.methods", [..], -, Constant, Effects::guarding(Classes::HOST);
    /// Whether the first table's metatable is the second one, an object.
    HasMetatable, "has.metatable", [Table Table], Bool, None, Effects::reading(Classes::METATABLE);
    /// The same as a guard.
    GuardMetatableIs, "guard.metatable.is", [Table Table], -, None, Effects::guarding(Classes::METATABLE);
    GuardPlain, "guard.plain", [Table], -, None, Effects::guarding(Classes::METATABLE);
    /// No metatable that minds new fields.
    GuardOpen, "guard.open", [Table], -, None, Effects::guarding(Classes::METATABLE);
    /// Neither weak keys nor weak values.
    GuardStrong, "guard.strong", [Table], -, None, Effects::guarding(Classes::SHAPE);
    /// A metatable that does not mind new fields.
    GuardNoNewIndex, "guard.no.newindex", [Table], -, None, Effects::guarding(Classes::METATABLE.and(Classes::SHAPE));
    /// A table that serves as a metatable already, and asks for nothing but to be there: neither `__gc` nor `__mode`.
    GuardMetatable, "guard.metatable", [Table], -, None, Effects::guarding(Classes::METATABLE.and(Classes::SHAPE));
    /// The metatable; a guard that there is one.
    LoadMetatable, "load.metatable", [Table], Table, None, Effects::guarding(Classes::METATABLE);
    GuardKind, "guard.kind", [Table], -, Kind, Effects::guarding(Classes::ARRAY);

    /// Operators, components and methods of vectors are the library's.
    GuardVectors, "guard.vectors", [], -, None, Effects::guarding(Classes::HOST);

    /// What [`Op::GuardFunction`] guards.
    IsFunction, "is.function", [Closure], Bool, Function, Effects::PURE;

    // Conversions
    IntToFloat, "int.to.float", [Int], Float, None, Effects::PURE;
    NumberToFloat, "number.to.float", [Number], Float, None, Effects::PURE;
    /// Of a float with an integer's value; a guard.
    FloatToInt, "float.to.int", [Float], Int, None, Effects::GUARD;
    Truthy, "truthy", [Any], Bool, None, Effects::PURE;
    IsNil, "is.nil", [Any], Bool, None, Effects::PURE;
    Not, "not", [Bool], Bool, None, Effects::PURE;

    // Integers: modulo 2^64
    Add, "add", [Int Int], Int, None, Effects::PURE;
    Sub, "sub", [Int Int], Int, None, Effects::PURE;
    Mul, "mul", [Int Int], Int, None, Effects::PURE;
    Max, "max", [Int Int], Int, None, Effects::PURE;
    Min, "min", [Int Int], Int, None, Effects::PURE;
    Neg, "neg", [Int], Int, None, Effects::PURE;
    /// Floored; the divisor is not 0.
    FloorDiv, "floor.div", [Int Int], Int, None, Effects::TRUSTING;
    /// The remainder of that.
    Mod, "mod", [Int Int], Int, None, Effects::TRUSTING;
    /// Of unsigned integers; by 0 as by 1.
    UnsignedDiv, "unsigned.div", [Int Int], Int, None, Effects::PURE;
    And, "and", [Int Int], Int, None, Effects::PURE;
    Or, "or", [Int Int], Int, None, Effects::PURE;
    Xor, "xor", [Int Int], Int, None, Effects::PURE;
    BitNot, "bit.not", [Int], Int, None, Effects::PURE;
    /// By any distance; a negative one shifts the other way.
    ShiftLeft, "shift.left", [Int Int], Int, None, Effects::PURE;
    ShiftRight, "shift.right", [Int Int], Int, None, Effects::PURE;

    // Floats
    FAdd, "fadd", [Float Float], Float, None, Effects::PURE;
    FSub, "fsub", [Float Float], Float, None, Effects::PURE;
    FMul, "fmul", [Float Float], Float, None, Effects::PURE;
    FDiv, "fdiv", [Float Float], Float, None, Effects::PURE;
    /// The second if the first is less.
    FMax, "fmax", [Float Float], Float, None, Effects::PURE;
    /// The second if it is less.
    FMin, "fmin", [Float Float], Float, None, Effects::PURE;
    FNeg, "fneg", [Float], Float, None, Effects::PURE;
    FFloor, "ffloor", [Float], Float, None, Effects::PURE;
    FCeil, "fceil", [Float], Float, None, Effects::PURE;
    FSqrt, "fsqrt", [Float], Float, None, Effects::PURE;
    FAbs, "fabs", [Float], Float, None, Effects::PURE;

    /// What one of [`interlune_core::stdlib::known::FloatFunction`] gives, by its number.
    FloatCall, "float.call", [Float Float], Float, Int, Effects::PURE;

    // Numbers of either kind: of two integers modulo 2^64, else of floats
    NumberAdd, "number.add", [Number Number], Number, None, Effects::PURE;
    NumberSub, "number.sub", [Number Number], Number, None, Effects::PURE;
    NumberMul, "number.mul", [Number Number], Number, None, Effects::PURE;
    NumberNeg, "number.neg", [Number], Number, None, Effects::PURE;
    // Exit for an integer beyond what floats can tell apart beside a float.
    NumberEqual, "number.equal", [Number Number], Bool, None, Effects::GUARD;
    NumberLess, "number.less", [Number Number], Bool, None, Effects::GUARD;
    NumberLessEqual, "number.less.equal", [Number Number], Bool, None, Effects::GUARD;
    /// The first of two if the condition holds, else the second.
    NumberSelect, "number.select", [Bool Number Number], Number, None, Effects::PURE;

    /// The nearest 32-bit float.
    FSingle, "fsingle", [Float], Float, None, Effects::PURE;

    // Vectors, in 32-bit floats. Where an operand may be of either type, all are of the same, and so is a vector that results.
    Vec2, "vec2", [Float Float], Vec2, None, Effects::PURE;
    Vec3, "vec3", [Float Float Float], Vec3, None, Effects::PURE;
    /// A component, from 0 on.
    Lane, "lane", [Vector], Float, Int, Effects::PURE;
    VAdd, "vadd", [Vector Vector], Vector, None, Effects::PURE;
    VSub, "vsub", [Vector Vector], Vector, None, Effects::PURE;
    VMul, "vmul", [Vector Vector], Vector, None, Effects::PURE;
    VDiv, "vdiv", [Vector Vector], Vector, None, Effects::PURE;
    /// Of each component the first, if it is less; else the second.
    VMin, "vmin", [Vector Vector], Vector, None, Effects::PURE;
    /// The first if it is more.
    VMax, "vmax", [Vector Vector], Vector, None, Effects::PURE;
    VNeg, "vneg", [Vector], Vector, None, Effects::PURE;
    VAbs, "vabs", [Vector], Vector, None, Effects::PURE;
    VFloor, "vfloor", [Vector], Vector, None, Effects::PURE;
    /// 0 for a vector without direction.
    VNormalize, "vnormalize", [Vector], Vector, None, Effects::PURE;
    VCross, "vcross", [Vec3 Vec3], Vec3, None, Effects::PURE;
    VDot, "vdot", [Vector Vector], Float, None, Effects::PURE;
    VLength, "vlength", [Vector], Float, None, Effects::PURE;
    VEqual, "vequal", [Vector Vector], Bool, None, Effects::PURE;
    /// The function behind a method: its number; 1 in the upper half for those of vec3.
    VectorMethod, "vector.method", [], Any, Int, Effects::PURE;

    // Comparisons
    Equal, "equal", [Int Int], Bool, None, Effects::PURE;
    Less, "less", [Int Int], Bool, None, Effects::PURE;
    LessEqual, "less.equal", [Int Int], Bool, None, Effects::PURE;
    FEqual, "fequal", [Float Float], Bool, None, Effects::PURE;
    FLess, "fless", [Float Float], Bool, None, Effects::PURE;
    FLessEqual, "fless.equal", [Float Float], Bool, None, Effects::PURE;
    /// The same bits; equality of all types but floats, vectors and long strings.
    Same, "same", [Any Any], Bool, None, Effects::PURE;

    /// A field's value is the answer to its access: it is not nil, or there is no metatable to ask.
    GuardAnswer, "guard.answer", [Any Table], -, None, Effects::guarding(Classes::METATABLE);
    /// The value has the type that the field's shape allows (a tag).
    GuardTag, "guard.tag", [Any], -, Tag, Effects::GUARD;

    // Fields of tables whose key is known
    LoadField, "load.field", [Table], Any, Location, Effects::reading(A_FIELD);
    /// Table, the value that is overwritten, the new one.
    StoreField, "store.field", [Table Any Any], -, Location, Effects::writing(Classes::FIELD);
    AddField, "add.field", [Table Any], -, Transition, Effects::writing(A_FIELD);

    // Arrays of a known kind, indices from 0 on and within bounds
    ArrayLen, "array.len", [Table], Int, None, Effects::reading(Classes::ARRAY);
    /// Where the elements are.
    ArrayData, "array.data", [Table], Int, None, Effects::reading(Classes::ARRAY);
    /// The second word of all elements of a typed array; of an array of values, what no value has there.
    ArrayMeta, "array.meta", [Table], Int, None, Effects::reading(Classes::ARRAY);
    /// Table, index, where the table's elements are.
    LoadInt, "load.int", [Table Int Int], Int, None, Effects::reading(AN_ELEMENT);
    LoadFloat, "load.float", [Table Int Int], Float, None, Effects::reading(AN_ELEMENT);
    LoadTable, "load.table", [Table Int Int], Table, None, Effects::reading(AN_ELEMENT);
    LoadValue, "load.value", [Table Int Int], Any, None, Effects::reading(AN_ELEMENT);
    /// Of an array of any kind: table, index, where the elements are, what [`Op::ArrayMeta`] says.
    LoadElement, "load.element", [Table Int Int Int], Any, None, Effects::reading(AN_ELEMENT);
    /// The same of an element that is a number; a guard.
    LoadNumber, "load.number", [Table Int Int Int], Number, None, Effects::guarding(AN_ELEMENT);
    /// Table, index, value, where the table's elements are.
    StoreElement, "store.element", [Table Int Any Int], -, Kind, Effects::writing(Classes::ELEMENT);

    /// The value of an integer key that the array does not have, in a table that is not weak; a guard for the former.
    LookupInt, "lookup.int", [Table Int], Any, None, Effects::guarding(Classes::DICTIONARY.and(Classes::ARRAY));

    /// The value of an integer key, in whatever part of a table that is not weak.
    LookupElement, "lookup.element", [Table Int], Any, None, Effects::reading(A_PART);

    /// The value of a string key in a table without slots for fields; a guard that it is one, and that equal keys are one
    /// object.
    LookupString, "lookup.string", [Table String], Any, None, Effects::guarding(Classes::DICTIONARY.and(Classes::SHAPE));

    /// The value of any key, of a table that is not weak.
    LookupAny, "lookup.any", [Table Any], Any, None,
        Effects { allocates: true, calls: true, ..Effects::reading(A_PART.and(A_FIELD)) };

    // Traversals
    /// Table, cursor and control of a loop over `next`: the cursor behind the next entry, nil at the end. A cursor is a
    /// place with the length of the array that it was counted with (`interp::iterate`). Exits if the table does not have
    /// the control.
    NextEntry, "next.entry", [Table Any Any], Any, None,
        Effects { allocates: true, calls: true, ..Effects::guarding(A_PART.and(A_FIELD)) };
    /// The key that [`Op::NextEntry`] has found, whose result this is.
    EntryKey, "entry.key", [Any], Any, None, Effects::PURE;
    /// Its value.
    EntryValue, "entry.value", [Any], Any, None, Effects::PURE;
    /// What the native function at that address has captured first; a guard that it is that function.
    NativeCaptured, "native.captured", [Any], Any, Int, Effects::GUARD;

    /// A new table of an allocation site (cell 0 of its feedback).
    NewTable, "new.table", [], Table, Int, Effects { allocates: true, calls: true, ..Effects::PURE };
    /// The same table, which is not made: only frame states name it, with what is in it (`function::VirtualObject`).
    VirtualTable, "virtual.table", [], Table, Int, Effects { allocates: true, ..Effects::PURE };
    /// A table that was just made, its metatable or nil, and its fields from the first slot on: they are put into it, with
    /// the shape.
    FillTable, "fill.table", [..], -, Int,
        Effects { calls: true, ..Effects::writing(A_FIELD.and(Classes::METATABLE)) };
    /// Stores at an integer key of a table without a metatable, wherever in it that is. Exits only if there is no memory.
    SetInt, "set.int", [Table Int Any], -, None,
        Effects { exits: true, calls: true, ..Effects::writing(A_PART) };
    /// Table and metatable, as `setmetatable` does it. Exits if there is a metatable already, if the table is a class, and
    /// if it would become weak.
    SetMetatable, "set.metatable", [Table Table], -, None,
        Effects { exits: true, calls: true, ..Effects::writing(Classes::METATABLE.and(Classes::SHAPE)) };

    // Captured variables
    LoadUpvalue, "load.upvalue", [Closure], Any, Upvalue, Effects::reading(Classes::UPVALUE);
    /// One that nobody assigns to, but the debug library, which has all code leave.
    LoadFixedUpvalue, "load.upvalue.fixed", [Closure], Any, Upvalue, Effects::TRUSTING;
    StoreUpvalue, "store.upvalue", [Closure Any], -, Upvalue, Effects::writing(Classes::UPVALUE);
    /// The closure that runs.
    Running, "running", [], Closure, None, Effects::PURE;
    /// The name of a value's type, as the function `type` has it, which comes first.
    TypeName, "type.name", [Any Any], String, None, Effects::TRUSTING;
    /// Strings and numbers as one string; a guard that they are such.
    Join, "join", [..], String, None,
        Effects { allocates: true, calls: true, ..Effects::GUARD };
    /// Length of a string.
    StringLen, "string.len", [String], Int, None, Effects::PURE;
    /// The byte at a position, from 1 on or, if negative, from the end; nil if there is none.
    StringByte, "string.byte", [String Int], Any, None, Effects::PURE;
    /// That byte as a string; the empty one if there is none.
    StringAt, "string.at", [String Int], String, None, Effects::PURE;
    /// The part between two positions, as `string.sub` has them. Exits only if there is no memory.
    StringPart, "string.part", [String Int Int], String, None,
        Effects { allocates: true, calls: true, ..Effects::GUARD };

    /// Where code of that function is called directly; a guard that this is its closure and that there is such code.
    DirectEntry, "direct.entry", [Closure], Int, Function, Effects::GUARD;
    /// The same of code that returns exactly one value.
    SingleEntry, "single.entry", [Closure], Int, Function, Effects::GUARD;
    /// The same of code that tells how many values it returns.
    SeveralEntry, "several.entry", [Closure], Int, Function, Effects::GUARD;
    /// Of the direct call before it, whose first result is given, the one at an index from 1 on; nil if there are fewer.
    ResultAt, "result.at", [Any], Any, Int, Effects::reading(Classes::HOST);
    /// Calls a direct entry with the closure and one argument for each parameter. The first result, or nil. Its state is
    /// that before the call; if the called code leaves, the frame goes on behind it.
    CallDirect, "call.direct", [..], Any, Function, Effects::CALL;

    /// The instruction that is run next takes all values up to that register.
    StoreTop, "store.top", [], -, Register, Effects { allocates: true, ..Effects::END };
    /// The instruction at the pc is run on the registers in the Lua stack, as the baseline tier runs it.
    Run, "run", [], -, Pc, Effects::RUN;
    /// Takes the fuel of a call that is not made; exits if there is none.
    Charge, "charge", [], -, None, Effects::GUARD;
    /// Takes fuel for the back-edge at the pc; at the end of the fuel a safepoint. Nothing that the code relies on has
    /// changed when it goes on.
    Poll, "poll", [], -, Pc, Effects::GUARD;

    /// A loop begins behind this: a state for guards that are moved here from inside. Does nothing.
    Anchor, "anchor", [], -, None, Effects::GUARD;

    // Fuel while it is held as a value: see passes/fuel.rs
    LoadFuel, "load.fuel", [], Int, None, Effects { allocates: true, ..Effects::PURE };
    StoreFuel, "store.fuel", [Int], -, None, Effects::END;
    /// As [`Op::Poll`], given the fuel that there is; what is left.
    PollHeld, "poll.held", [Int], Int, Pc, Effects::GUARD;
    /// As [`Op::Charge`].
    ChargeHeld, "charge.held", [Int], Int, None, Effects::GUARD;

    // Ends of blocks
    Jump, "jump", [], -, None, Effects::END;
    Branch, "branch", [Bool], -, None, Effects::END;
    /// Leaves the code for the tier below.
    Exit, "exit", [], -, None, Effects { exits: true, ..Effects::END };
    /// The same for an error that the tier below raises, which is no bet lost.
    Raise, "raise", [], -, None, Effects { exits: true, ..Effects::END };
    /// As [`Op::Run`]: an instruction that goes on in two ways, first the one that is not its jump.
    RunBranch, "run.branch", [], -, Pc, Effects::RUN;
    /// As [`Op::Run`]: a call of an iterator. The loop has ended, its body runs, or the iterator was called and the
    /// instruction behind looks at what it has returned.
    RunForCall, "run.for.call", [], -, Pc, Effects::RUN;
    /// As [`Op::Run`]: an instruction that ends the function.
    RunEnd, "run.end", [], -, Pc, Effects::RUN;
    /// Returns the values to a caller who wants as many; any other caller is left to the instruction at the pc.
    Return, "return", [..], -, Pc, Effects { exits: true, ..Effects::RUN };
}

impl Op {
    pub fn mnemonic(self) -> &'static str {
        self.row().mnemonic
    }

    pub fn from_mnemonic(mnemonic: &str) -> Option<Op> {
        Op::ALL.iter().copied().find(|op| op.mnemonic() == mnemonic)
    }

    pub fn effects(self) -> Effects {
        self.row().effects
    }

    /// Ends a block.
    pub fn is_end(self) -> bool {
        matches!(
            self,
            Op::Jump
                | Op::Branch
                | Op::RunBranch
                | Op::RunForCall
                | Op::RunEnd
                | Op::Return
                | Op::Exit
                | Op::Raise
        )
    }

    /// Blocks that it names.
    pub fn target_count(self) -> usize {
        match self {
            Op::Jump => 1,
            Op::Branch | Op::RunBranch => 2,
            Op::RunForCall => 3,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mnemonic_names_one_operation() {
        for &op in Op::ALL {
            assert_eq!(Op::from_mnemonic(op.mnemonic()), Some(op));
        }
    }

    #[test]
    fn what_writes_or_ends_stays() {
        for &op in Op::ALL {
            let effects = op.effects();
            let must_stay = !effects.writes.is_empty() || op.is_end() || op.row().result.is_none();
            assert!(!must_stay || effects.stays, "{}", op.mnemonic());
        }
    }

    #[test]
    fn what_makes_objects_calls_the_runtime() {
        // Named by frame states only; another value each time, which is no object.
        let others = [Op::VirtualTable, Op::StoreTop, Op::LoadFuel];
        for &op in Op::ALL {
            let effects = op.effects();
            assert!(
                !effects.allocates || effects.calls || others.contains(&op),
                "{}",
                op.mnemonic()
            );
        }
    }
}
