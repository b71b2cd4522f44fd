//! The syntax tree of a chunk, with every name already resolved.
//!
//! Nodes live in a [`bumpalo::Bump`] arena for as long as one compilation takes. The parser resolves names while it
//! reads, so a reader of the tree never looks anything up: a name is a [`LocalId`] of its own function, an index into
//! its function's upvalues, or a field of whatever `_ENV` is there. What only the end of a function can tell (is this
//! local captured, is it ever assigned again) stands in [`Local`], filled in before the tree is handed out.
//!
//! Nesting is bounded by the parser, except on the left: `a + b + c …`, `a.b.c …` and `f()() …` are chains of any length
//! whose trees lean to the left. Walk down the first child in a loop, not by recursion.

use std::cell::Cell;

/// An interned byte string of the source: a name or a string literal. Equal bytes have equal symbols.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Symbol(pub u32);

/// A place in the source; both count from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pos {
    pub line: u32,
    pub column: u32,
}

/// A local variable of one function: an index into [`Function::locals`]. Parameters come first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct LocalId(pub u32);

/// An upvalue of one function: an index into [`Function::upvalues`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct UpvalueId(pub u32);

/// A label of one function: an index into [`Function::labels`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct LabelId(pub u32);

/// A whole source text: its main function (a vararg function whose only upvalue is `_ENV`) and its strings.
#[derive(Debug)]
pub struct Chunk<'a> {
    pub main: &'a Function<'a>,
    /// The bytes of each [`Symbol`], by its index.
    pub strings: Vec<&'a [u8]>,
}

impl<'a> Chunk<'a> {
    /// The bytes that `symbol` stands for.
    pub fn bytes(&self, symbol: Symbol) -> &'a [u8] {
        self.strings[symbol.0 as usize]
    }
}

/// One function body.
#[derive(Debug)]
pub struct Function<'a> {
    /// Where the keyword `function` stands; line 0 for the main function of a chunk. The line is what PUC Lua calls
    /// `linedefined`: of a function expression or a `local function` it is that of the `(`.
    pub pos: Pos,
    /// The line of the closing `end`; for the main function the last line.
    pub end_line: u32,
    /// The first `param_count` locals are the parameters, an implicit `self` included.
    pub param_count: u32,
    pub is_vararg: bool,
    pub locals: &'a [Local],
    pub upvalues: &'a [Upvalue],
    pub labels: &'a [Label],
    pub body: Block<'a>,
}

/// A local variable. A `<const>` local declared alone with a literal (number, string, boolean, nil; a minus before a
/// number counts) is no local at all: its uses are that literal.
#[derive(Clone, Copy, Debug)]
pub struct Local {
    pub name: Symbol,
    pub attribute: Attribute,
    /// Some inner function refers to it.
    pub captured: bool,
    /// It is assigned somewhere besides its declaration.
    pub reassigned: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Attribute {
    Regular,
    Const,
    /// To be closed when its block is left.
    Close,
}

/// Where a closure finds one of its upvalues when it is created.
#[derive(Clone, Debug)]
pub struct Upvalue {
    pub name: Symbol,
    pub source: UpvalueSource,
    /// The variable is never assigned besides its declaration. A cell, because only the end of the function that owns
    /// the variable can tell, when the function that uses it has long been built; settled once `parse` returns.
    pub immutable: Cell<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UpvalueSource {
    /// A local variable of the enclosing function.
    Local(LocalId),
    /// An upvalue of the enclosing function. The main function's `_ENV` is `Upvalue(0)` of nobody.
    Upvalue(UpvalueId),
}

/// A label, reached by each [`StatKind::Goto`] that names it.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    pub name: Symbol,
    /// How many locals of the function are in scope where the label stands. A label at the end of its block stands
    /// before the block's locals. A jump to it leaves the scope of all those that are active beyond this number.
    pub active_locals: u32,
    /// Some goto that stands behind the label jumps back to it.
    pub has_back_edge: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    pub stats: &'a [Stat<'a>],
    /// The line of the keyword that ends the block (`end`, `until`, `else`, `elseif`, end of file).
    pub end_line: u32,
}

#[derive(Clone, Copy, Debug)]
pub struct Stat<'a> {
    pub kind: StatKind<'a>,
    pub pos: Pos,
}

#[derive(Clone, Copy, Debug)]
pub enum StatKind<'a> {
    /// `local a, b <close> = …`: locals `first .. first + count`, in scope from the next statement on.
    Local {
        first: LocalId,
        count: u32,
        values: &'a [Expr<'a>],
    },
    /// `local function f`: the local is in scope inside the function.
    LocalFunction {
        local: LocalId,
        function: &'a Function<'a>,
    },
    /// `function a.b:c` is an assignment too (its value is the function; `self` is a parameter).
    Assign {
        targets: &'a [Expr<'a>],
        values: &'a [Expr<'a>],
    },
    /// A call as a statement; the expression is a `Call` or `MethodCall`.
    Call(&'a Expr<'a>),
    Do(&'a Block<'a>),
    While {
        condition: &'a Expr<'a>,
        body: &'a Block<'a>,
    },
    /// The condition sees the locals of the body.
    Repeat {
        body: &'a Block<'a>,
        condition: &'a Expr<'a>,
    },
    If {
        arms: &'a [(Expr<'a>, Block<'a>)],
        otherwise: Option<&'a Block<'a>>,
    },
    NumericFor {
        var: LocalId,
        range: &'a NumericRange<'a>,
        body: &'a Block<'a>,
    },
    /// Locals `first .. first + count` are the loop variables.
    GenericFor {
        first: LocalId,
        count: u32,
        values: &'a [Expr<'a>],
        body: &'a Block<'a>,
    },
    Return {
        values: &'a [Expr<'a>],
    },
    Break,
    Goto(LabelId),
    Label(LabelId),
}

/// `start, limit [, step]` of a numeric `for`.
#[derive(Clone, Copy, Debug)]
pub struct NumericRange<'a> {
    pub start: Expr<'a>,
    pub limit: Expr<'a>,
    pub step: Option<Expr<'a>>,
}

/// An expression. `pos` is where PUC Lua says an error of this operation happens: for a call the first token of the
/// arguments, for a binary operator the operator, for an index the key's last token (the name or `]`); else it is the
/// place of the first token. The line of a token that spans lines is its last one.
#[derive(Clone, Copy, Debug)]
pub struct Expr<'a> {
    pub kind: ExprKind<'a>,
    pub pos: Pos,
}

#[derive(Clone, Copy, Debug)]
pub enum ExprKind<'a> {
    Nil,
    True,
    False,
    Integer(i64),
    Float(f64),
    String(Symbol),
    Vararg,
    Function(&'a Function<'a>),
    Local(LocalId),
    Upvalue(UpvalueId),
    /// A free name: field `name` of the `_ENV` that is in scope.
    Global {
        env: Env,
        name: Symbol,
    },
    Index(&'a (Expr<'a>, Expr<'a>)),
    Call(&'a CallExpr<'a>),
    MethodCall(&'a MethodCallExpr<'a>),
    Unary(UnaryOp, &'a Expr<'a>),
    Binary(BinaryOp, &'a (Expr<'a>, Expr<'a>)),
    And(&'a (Expr<'a>, Expr<'a>)),
    Or(&'a (Expr<'a>, Expr<'a>)),
    Table(&'a TableExpr<'a>),
    /// `( … )` around a call or `...`: cuts several values down to one. Other parentheses leave no node.
    Paren(&'a ParenExpr<'a>),
}

/// An expression in parentheses that count: they cut several values down to one, or end on another line.
#[derive(Clone, Copy, Debug)]
pub struct ParenExpr<'a> {
    pub inner: Expr<'a>,
    /// The line of the closing parenthesis.
    pub end_line: u32,
}

/// The variable `_ENV` as a function sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Env {
    Local(LocalId),
    Upvalue(UpvalueId),
}

#[derive(Clone, Copy, Debug)]
pub struct CallExpr<'a> {
    pub callee: Expr<'a>,
    pub args: &'a [Expr<'a>],
    /// The line of the last token.
    pub end_line: u32,
}

#[derive(Clone, Copy, Debug)]
pub struct MethodCallExpr<'a> {
    pub object: Expr<'a>,
    pub method: Symbol,
    pub args: &'a [Expr<'a>],
    /// The line of the last token.
    pub end_line: u32,
}

/// A table constructor; `items` stand in source order.
#[derive(Clone, Copy, Debug)]
pub struct TableExpr<'a> {
    pub items: &'a [TableItem<'a>],
    pub end_line: u32,
}

#[derive(Clone, Copy, Debug)]
pub enum TableItem<'a> {
    /// `value`, stored at the next array index; the last one may yield several values.
    Positional(Expr<'a>),
    /// `name = value`.
    Named(Symbol, Expr<'a>),
    /// `[key] = value`.
    Keyed(Expr<'a>, Expr<'a>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum UnaryOp {
    Minus,
    BitNot,
    Not,
    Length,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Mod,
    Pow,
    Div,
    FloorDiv,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
    Concat,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}
