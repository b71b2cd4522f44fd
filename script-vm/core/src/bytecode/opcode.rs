//! The table of instructions. A row gives an opcode's operands and feedback; the enum, the encoder's checks, the
//! disassembler, the verifier and the interpreter's dispatch table all come from it.
//!
//! Notation: `R[x]` register x of the frame, `K[x]` constant, `U[x]` upvalue, `pc` already points behind the
//! instruction. A *test* skips the following instruction, always a [`Opcode::Jump`], when its outcome differs from
//! the expected one (operand `c`, bit 0), and takes that jump when it is the expected one: `if (x) != c then pc++`.
//! A value count operand `n+1` holds the count plus one; 0 means "up to the top that the previous open instruction
//! (call, vararg) left".

/// What one operand field means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// Not used, must be 0.
    None,
    /// A register that is read.
    Reg,
    /// A register that is written.
    Dst,
    /// The first of several registers that the instruction reads and writes (its doc says which).
    Base,
    /// A register that is read, with [`super::insn::FLIPPED`] added when the other operand stands left of it.
    RegFlip,
    /// Index of a constant of any kind.
    Const,
    /// Index of a string constant.
    ConstStr,
    /// Index of a number constant.
    ConstNum,
    /// Index of an upvalue.
    Upvalue,
    /// A signed 16-bit number.
    Imm,
    /// An unsigned 16-bit number.
    Count,
    /// A value count plus one; 0 is "up to the top".
    OpenCount,
    /// 0 or 1.
    Flag,
    /// Bit 0: expected outcome; bit 1: the immediate operand was written as a float.
    TestFlags,
    /// Wide: signed distance of a jump, in instructions, from the following instruction.
    Jump,
    /// Wide: index of a constant.
    WideConst,
    /// Wide: a signed number.
    WideImm,
    /// Wide: index of a nested function.
    WideProto,
    /// Wide: an unsigned number.
    WideCount,
}

impl Operand {
    /// Whether the operand takes the place of `c` and `d`.
    pub const fn is_wide(self) -> bool {
        matches!(
            self,
            Operand::Jump
                | Operand::WideConst
                | Operand::WideImm
                | Operand::WideProto
                | Operand::WideCount
        )
    }
}

/// What an instruction keeps in the feedback vector. Its cells (8 bytes each) begin at the index in `d`, or in `b`
/// where the instruction has a wide operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FeedbackKind {
    None,
    /// Kinds of the operands seen.
    Type,
    /// Inline cache of a field access. Never shared: without a cell below 65,536 the compiler emits the access with
    /// the key in a register instead.
    Field,
    /// The callee seen.
    Call,
    /// What the tables allocated here end up with.
    Site,
    /// Back-edge counter.
    Loop,
}

impl FeedbackKind {
    /// Number of 8-byte cells.
    pub const fn cells(self) -> u32 {
        match self {
            FeedbackKind::None => 0,
            FeedbackKind::Type | FeedbackKind::Loop => 1,
            FeedbackKind::Call | FeedbackKind::Site => 2,
            FeedbackKind::Field => 4,
        }
    }

    /// The first of the cells that instructions of this kind share which found none of their own; nothing if they do not.
    /// Kinds whose cells mean different things share different ones.
    pub const fn shared(self) -> Option<u32> {
        match self {
            FeedbackKind::None | FeedbackKind::Field => None,
            FeedbackKind::Type | FeedbackKind::Loop => Some(0),
            FeedbackKind::Call => Some(1),
            FeedbackKind::Site => Some(3),
        }
    }
}

/// The cells that instructions share, from 0 on.
pub const SHARED_CELLS: u32 = 5;

macro_rules! opcodes {
    ($($(#[$doc:meta])* $name:ident, $mnemonic:literal, $a:ident, $b:ident, $c:ident, $feedback:ident;)*) => {
        /// An instruction's operation.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        #[repr(u8)]
        pub enum Opcode { $($(#[$doc])* $name),* }

        impl Opcode {
            /// Every opcode, by its number.
            pub const ALL: &'static [Opcode] = &[$(Opcode::$name),*];

            /// The name in disassemblies.
            pub const fn mnemonic(self) -> &'static str {
                match self { $(Opcode::$name => $mnemonic),* }
            }

            /// What `a`, `b` and `c` (or the wide operand in its place) mean.
            pub const fn operands(self) -> [Operand; 3] {
                match self { $(Opcode::$name => [Operand::$a, Operand::$b, Operand::$c]),* }
            }

            /// What the instruction keeps in the feedback vector.
            pub const fn feedback(self) -> FeedbackKind {
                match self { $(Opcode::$name => FeedbackKind::$feedback),* }
            }
        }

        /// Calls `$then!` with the name of every opcode in order, to build tables beside this one.
        macro_rules! for_each_opcode {
            ($then:ident) => { $then! { $($name),* } };
        }
        pub(crate) use for_each_opcode;
    };
}

opcodes! {
    /// `R[a] = R[b]`
    Move, "move", Dst, Reg, None, None;
    /// `R[a] = wide` (integer)
    LoadInt, "load_int", Dst, None, WideImm, None;
    /// `R[a] = K[wide]`
    LoadConst, "load_const", Dst, None, WideConst, None;
    /// `R[a] .. R[a+b-1] = nil` (`b` ≥ 1)
    LoadNil, "load_nil", Dst, Count, None, None;
    /// `R[a] = true`
    LoadTrue, "load_true", Dst, None, None, None;
    /// `R[a] = false`
    LoadFalse, "load_false", Dst, None, None, None;
    /// `R[a] = false; pc++`: the first half of turning a test into a value.
    LoadFalseSkip, "load_false_skip", Dst, None, None, None;
    /// `R[a] = U[b]`
    GetUpvalue, "get_upvalue", Dst, Upvalue, None, None;
    /// `U[b] = R[a]`
    SetUpvalue, "set_upvalue", Reg, Upvalue, None, None;
    /// `R[a] = U[b][K[c]]`: a global variable.
    GetEnv, "get_env", Dst, Upvalue, ConstStr, Field;
    /// `U[b][K[c]] = R[a]`
    SetEnv, "set_env", Reg, Upvalue, ConstStr, Field;
    /// `R[a] = R[b][K[c]]`
    GetField, "get_field", Dst, Reg, ConstStr, Field;
    /// `R[a][K[b]] = R[c]`
    SetField, "set_field", Reg, ConstStr, Reg, Field;
    /// `R[a] = R[b][R[c]]`
    GetIndex, "get_index", Dst, Reg, Reg, Type;
    /// `R[a][R[b]] = R[c]`
    SetIndex, "set_index", Reg, Reg, Reg, Type;
    /// `R[a] = R[b][c]`, `c` an unsigned integer
    GetInt, "get_int", Dst, Reg, Count, Type;
    /// `R[a][b] = R[c]`, `b` an unsigned integer
    SetInt, "set_int", Reg, Count, Reg, Type;
    /// `R[a+1] = R[b]; R[a] = R[b][K[c]]`: method lookup.
    GetMethod, "get_method", Base, Reg, ConstStr, Field;
    /// `R[a] = {}` with room for `b` array elements and `c` fields.
    NewTable, "new_table", Dst, Count, Count, Site;
    /// `R[a][wide + i] = R[a+i]` for i = 1 .. b, or up to the top if `b` is 0 (here not plus one).
    SetList, "set_list", Base, Count, WideCount, None;

    /// `R[a] = R[b] + R[c]`
    Add, "add", Dst, Reg, Reg, Type;
    /// `R[a] = R[b] - R[c]`
    Sub, "sub", Dst, Reg, Reg, Type;
    /// `R[a] = R[b] * R[c]`
    Mul, "mul", Dst, Reg, Reg, Type;
    /// `R[a] = R[b] / R[c]`
    Div, "div", Dst, Reg, Reg, Type;
    /// `R[a] = R[b] % R[c]`
    Mod, "mod", Dst, Reg, Reg, Type;
    /// `R[a] = R[b] // R[c]`
    FloorDiv, "floor_div", Dst, Reg, Reg, Type;
    /// `R[a] = R[b] ^ R[c]`
    Pow, "pow", Dst, Reg, Reg, Type;
    /// `R[a] = R[b] & R[c]`
    BitAnd, "bit_and", Dst, Reg, Reg, Type;
    /// `R[a] = R[b] | R[c]`
    BitOr, "bit_or", Dst, Reg, Reg, Type;
    /// `R[a] = R[b] ~ R[c]`
    BitXor, "bit_xor", Dst, Reg, Reg, Type;
    /// `R[a] = R[b] << R[c]`
    ShiftLeft, "shift_left", Dst, Reg, Reg, Type;
    /// `R[a] = R[b] >> R[c]`
    ShiftRight, "shift_right", Dst, Reg, Reg, Type;
    /// `R[a] = R[b] + c` (integer immediate; flipped: `c + R[b]`)
    AddImm, "add_imm", Dst, RegFlip, Imm, Type;
    /// `R[a] = R[b] - c`; of a float `R[b] + (-c)`, so that `-0.0 - 0` is `0.0` as in PUC Lua
    SubImm, "sub_imm", Dst, Reg, Imm, Type;
    /// `R[a] = R[b] + K[c]` (flipped: `K[c] + R[b]`)
    AddConst, "add_const", Dst, RegFlip, ConstNum, Type;
    /// `R[a] = R[b] - K[c]`
    SubConst, "sub_const", Dst, Reg, ConstNum, Type;
    /// `R[a] = R[b] * K[c]` (flipped: `K[c] * R[b]`)
    MulConst, "mul_const", Dst, RegFlip, ConstNum, Type;
    /// `R[a] = R[b] / K[c]`
    DivConst, "div_const", Dst, Reg, ConstNum, Type;
    /// `R[a] = R[b] % K[c]`
    ModConst, "mod_const", Dst, Reg, ConstNum, Type;
    /// `R[a] = R[b] // K[c]`
    FloorDivConst, "floor_div_const", Dst, Reg, ConstNum, Type;
    /// `R[a] = R[b] ^ K[c]`
    PowConst, "pow_const", Dst, Reg, ConstNum, Type;
    /// `R[a] = R[b] & K[c]` (flipped: `K[c] & R[b]`)
    BitAndConst, "bit_and_const", Dst, RegFlip, ConstNum, Type;
    /// `R[a] = R[b] | K[c]` (flipped: `K[c] | R[b]`)
    BitOrConst, "bit_or_const", Dst, RegFlip, ConstNum, Type;
    /// `R[a] = R[b] ~ K[c]` (flipped: `K[c] ~ R[b]`)
    BitXorConst, "bit_xor_const", Dst, RegFlip, ConstNum, Type;
    /// `R[a] = R[b] << c` (`c` may be negative)
    ShiftLeftImm, "shift_left_imm", Dst, Reg, Imm, Type;
    /// `R[a] = R[b] >> c` (`c` may be negative)
    ShiftRightImm, "shift_right_imm", Dst, Reg, Imm, Type;
    /// `R[a] = -R[b]`
    Neg, "neg", Dst, Reg, None, Type;
    /// `R[a] = ~R[b]`
    BitNot, "bit_not", Dst, Reg, None, Type;
    /// `R[a] = not R[b]`
    Not, "not", Dst, Reg, None, None;
    /// `R[a] = #R[b]`
    Len, "len", Dst, Reg, None, Type;
    /// `R[a] = R[a] .. … .. R[a+b-1]` (`b` ≥ 2, right associative)
    Concat, "concat", Base, Count, None, None;

    /// `pc += wide`, forward
    Jump, "jump", None, None, Jump, None;
    /// `pc += wide`, backward: the back-edge of `while`, `repeat` and `goto` loops; a safepoint. `b`: loop feedback.
    JumpBack, "jump_back", None, None, Jump, Loop;
    /// Test `R[a] == R[b]`
    TestEq, "test_eq", Reg, Reg, Flag, Type;
    /// Test `R[a] == K[b]`
    TestEqConst, "test_eq_const", Reg, Const, Flag, Type;
    /// Test `R[a] < R[b]`
    TestLt, "test_lt", Reg, Reg, Flag, Type;
    /// Test `R[a] <= R[b]`
    TestLe, "test_le", Reg, Reg, Flag, Type;
    /// Test `R[a] < b` (immediate)
    TestLtImm, "test_lt_imm", Reg, Imm, TestFlags, Type;
    /// Test `R[a] <= b`
    TestLeImm, "test_le_imm", Reg, Imm, TestFlags, Type;
    /// Test `R[a] > b` (source: `b < R[a]` or `R[a] > b`; the metamethod sees `b < R[a]`)
    TestGtImm, "test_gt_imm", Reg, Imm, TestFlags, Type;
    /// Test `R[a] >= b`
    TestGeImm, "test_ge_imm", Reg, Imm, TestFlags, Type;
    /// Test: `R[a]` is truthy
    Test, "test", Reg, None, Flag, None;
    /// Test: `R[b]` is truthy; when the outcome is the expected one, `R[a] = R[b]` before the jump.
    TestSet, "test_set", Dst, Reg, Flag, None;

    /// `R[a] … = R[a](R[a+1] .. R[a+n])`, `b` = n+1, `c` = results+1
    Call, "call", Base, OpenCount, OpenCount, Call;
    /// `return R[a](R[a+1] .. R[a+n])`, `b` = n+1; `c`: captured locals must be closed first.
    TailCall, "tail_call", Base, OpenCount, Flag, Call;
    /// `return R[a] .. R[a+n-1]`, `b` = n+1; `c`: captured or to-be-closed locals must be closed first.
    Return, "return", Base, OpenCount, Flag, None;
    /// `return` with nothing to close
    Return0, "return0", None, None, None, None;
    /// `return R[a]` with nothing to close
    Return1, "return1", Reg, None, None, None;
    /// Prepares a numeric loop over `R[a]` start, `R[a+1]` limit, `R[a+2]` step; `R[a+3]` is the visible variable.
    /// If the loop does not run, `pc += wide` (to behind the [`Opcode::ForLoop`]). `b`: type feedback.
    ForPrep, "for_prep", Base, Count, Jump, Type;
    /// Next iteration of the loop whose registers begin at `a`: `pc += wide` (to behind the `ForPrep`) while it runs;
    /// a safepoint. `b`: loop feedback.
    ForLoop, "for_loop", Base, Count, Jump, Loop;
    /// Prepares a generic loop: `R[a]` iterator, `R[a+1]` state, `R[a+2]` control, `R[a+3]` closing value (becomes a
    /// to-be-closed variable), `R[a+4]` cursor of the interpreter. `pc += wide` (to the [`Opcode::ForCall`]).
    ForInPrep, "for_in_prep", Base, None, Jump, None;
    /// `R[a+5] .. R[a+4+c] = R[a](R[a+1], R[a+2])`; always followed by [`Opcode::ForInLoop`] with the same `a`.
    ForCall, "for_call", Base, None, Count, Call;
    /// `if R[a+5] ~= nil then R[a+2] = R[a+5]; pc += wide` (back to the body); a safepoint. `b`: loop feedback.
    ForInLoop, "for_in_loop", Base, Count, Jump, Loop;
    /// Closes upvalues and to-be-closed variables from `R[a]` on.
    Close, "close", Reg, None, None, None;
    /// Marks `R[a]` as to be closed.
    MarkClose, "mark_close", Reg, None, None, None;
    /// `R[a] = closure of P[wide]`
    Closure, "closure", Dst, None, WideProto, None;
    /// `R[a] .. R[a+n-1] = ...`, `c` = n+1
    Vararg, "vararg", Base, None, OpenCount, None;
    /// First instruction of a vararg function: moves the fixed parameters above the variable ones.
    VarargPrep, "vararg_prep", None, None, None, None;
}
