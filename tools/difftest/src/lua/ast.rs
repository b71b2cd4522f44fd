//! The tree of a Lua program. Nodes carry no positions: the printer puts every statement on a line of its own.

/// A sequence of statements.
pub type Block = Vec<Stmt>;

/// A whole program.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Program {
    pub block: Block,
    /// Where lines are broken inside of expressions: a seed, or 0 for nowhere.
    pub wrap: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Stmt {
    Local {
        names: Vec<(String, Option<String>)>,
        values: Vec<Expr>,
    },
    Assign {
        targets: Vec<Expr>,
        values: Vec<Expr>,
    },
    Call(Expr),
    Do(Block),
    While(Expr, Block),
    Repeat(Block, Expr),
    If {
        arms: Vec<(Expr, Block)>,
        otherwise: Option<Block>,
    },
    NumericFor {
        var: String,
        bounds: Vec<Expr>,
        body: Block,
    },
    GenericFor {
        names: Vec<String>,
        values: Vec<Expr>,
        body: Block,
    },
    /// `function NAME(…)`, the name with its dots and colon as written.
    Function {
        name: String,
        body: FunctionBody,
    },
    LocalFunction {
        name: String,
        body: FunctionBody,
    },
    Return(Vec<Expr>),
    Break,
    Goto(String),
    Label(String),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// `nil`, `true`, `false`, `...`, a number or a quoted string, as written.
    Literal(String),
    Name(String),
    Index(Box<Expr>, Box<Expr>),
    Field(Box<Expr>, String),
    Call(Box<Expr>, Vec<Expr>),
    Method(Box<Expr>, String, Vec<Expr>),
    Function(Box<FunctionBody>),
    Unary(&'static str, Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Table(Vec<Item>),
    Paren(Box<Expr>),
}

/// One entry of a table constructor.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Positional(Expr),
    Named(String, Expr),
    Keyed(Expr, Expr),
}

#[derive(Clone, Debug, PartialEq)]
pub struct FunctionBody {
    /// Names, `...` last where the function takes more.
    pub parameters: Vec<String>,
    pub block: Block,
}

/// Binary operators with the binding power of their left and right side; right associative where the right is lower.
pub const BINARY: &[(&str, u8, u8)] = &[
    ("or", 1, 1),
    ("and", 2, 2),
    ("<", 3, 3),
    (">", 3, 3),
    ("<=", 3, 3),
    (">=", 3, 3),
    ("~=", 3, 3),
    ("==", 3, 3),
    ("|", 4, 4),
    ("~", 5, 5),
    ("&", 6, 6),
    ("<<", 7, 7),
    (">>", 7, 7),
    ("..", 9, 8),
    ("+", 10, 10),
    ("-", 10, 10),
    ("*", 11, 11),
    ("/", 11, 11),
    ("//", 11, 11),
    ("%", 11, 11),
    ("^", 14, 13),
];

/// Unary operators.
pub const UNARY: &[&str] = &["-", "not", "#", "~"];

/// The binding power of every unary operator.
pub const UNARY_POWER: u8 = 12;

/// Words that cannot be names, sorted.
pub const KEYWORDS: &[&str] = &[
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
    "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
];
