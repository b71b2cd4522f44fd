//! Tokens, and how an error message writes them.
//!
//! The reserved words come first and in the order of [`RESERVED`], which the interner holds as its first symbols: so a
//! name is a reserved word if its symbol is small enough.

use crate::ast::{Pos, Symbol};

/// The kind of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum TokenKind {
    And,
    Break,
    Do,
    Else,
    Elseif,
    End,
    False,
    For,
    Function,
    Goto,
    If,
    In,
    Local,
    Nil,
    Not,
    Or,
    Repeat,
    Return,
    Then,
    True,
    Until,
    While,
    SlashSlash,
    Concat,
    Dots,
    Equal,
    GreaterEqual,
    LessEqual,
    NotEqual,
    ShiftLeft,
    ShiftRight,
    DoubleColon,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Caret,
    Hash,
    Ampersand,
    Tilde,
    Pipe,
    Less,
    Greater,
    Assign,
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Semicolon,
    Colon,
    Comma,
    Dot,
    Eof,
    Float,
    Integer,
    Name,
    String,
    /// A byte that no token starts with.
    Stray,
}

/// The reserved words with their tokens, in the order of their symbols.
pub(crate) const RESERVED: [(&str, TokenKind); 22] = [
    ("and", TokenKind::And),
    ("break", TokenKind::Break),
    ("do", TokenKind::Do),
    ("else", TokenKind::Else),
    ("elseif", TokenKind::Elseif),
    ("end", TokenKind::End),
    ("false", TokenKind::False),
    ("for", TokenKind::For),
    ("function", TokenKind::Function),
    ("goto", TokenKind::Goto),
    ("if", TokenKind::If),
    ("in", TokenKind::In),
    ("local", TokenKind::Local),
    ("nil", TokenKind::Nil),
    ("not", TokenKind::Not),
    ("or", TokenKind::Or),
    ("repeat", TokenKind::Repeat),
    ("return", TokenKind::Return),
    ("then", TokenKind::Then),
    ("true", TokenKind::True),
    ("until", TokenKind::Until),
    ("while", TokenKind::While),
];

/// The symbol of `break`, under which a `break` outside any loop waits as a goto.
pub(crate) const BREAK: Symbol = Symbol(1);

impl TokenKind {
    /// The token as a message names what it expects: quoted, unless it stands for a class of tokens.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            TokenKind::And => "'and'",
            TokenKind::Break => "'break'",
            TokenKind::Do => "'do'",
            TokenKind::Else => "'else'",
            TokenKind::Elseif => "'elseif'",
            TokenKind::End => "'end'",
            TokenKind::False => "'false'",
            TokenKind::For => "'for'",
            TokenKind::Function => "'function'",
            TokenKind::Goto => "'goto'",
            TokenKind::If => "'if'",
            TokenKind::In => "'in'",
            TokenKind::Local => "'local'",
            TokenKind::Nil => "'nil'",
            TokenKind::Not => "'not'",
            TokenKind::Or => "'or'",
            TokenKind::Repeat => "'repeat'",
            TokenKind::Return => "'return'",
            TokenKind::Then => "'then'",
            TokenKind::True => "'true'",
            TokenKind::Until => "'until'",
            TokenKind::While => "'while'",
            TokenKind::SlashSlash => "'//'",
            TokenKind::Concat => "'..'",
            TokenKind::Dots => "'...'",
            TokenKind::Equal => "'=='",
            TokenKind::GreaterEqual => "'>='",
            TokenKind::LessEqual => "'<='",
            TokenKind::NotEqual => "'~='",
            TokenKind::ShiftLeft => "'<<'",
            TokenKind::ShiftRight => "'>>'",
            TokenKind::DoubleColon => "'::'",
            TokenKind::Plus => "'+'",
            TokenKind::Minus => "'-'",
            TokenKind::Star => "'*'",
            TokenKind::Slash => "'/'",
            TokenKind::Percent => "'%'",
            TokenKind::Caret => "'^'",
            TokenKind::Hash => "'#'",
            TokenKind::Ampersand => "'&'",
            TokenKind::Tilde => "'~'",
            TokenKind::Pipe => "'|'",
            TokenKind::Less => "'<'",
            TokenKind::Greater => "'>'",
            TokenKind::Assign => "'='",
            TokenKind::LeftParen => "'('",
            TokenKind::RightParen => "')'",
            TokenKind::LeftBrace => "'{'",
            TokenKind::RightBrace => "'}'",
            TokenKind::LeftBracket => "'['",
            TokenKind::RightBracket => "']'",
            TokenKind::Semicolon => "';'",
            TokenKind::Colon => "':'",
            TokenKind::Comma => "','",
            TokenKind::Dot => "'.'",
            TokenKind::Eof => "<eof>",
            TokenKind::Float => "<number>",
            TokenKind::Integer => "<integer>",
            TokenKind::Name => "<name>",
            TokenKind::String => "<string>",
            TokenKind::Stray => "<byte>",
        }
    }
}

/// One token. Its text is found again through `start` when an error message needs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// The line of the token's last byte and the column of its first.
    pub(crate) pos: Pos,
    /// The offset of its first byte.
    pub(crate) start: u32,
    /// A symbol, an integer or the bits of a float, as `kind` says.
    payload: u64,
}

impl Token {
    /// A token that its kind alone describes.
    pub(crate) fn plain(kind: TokenKind, pos: Pos, start: u32) -> Self {
        Token { kind, pos, start, payload: 0 }
    }

    /// A name or a string.
    pub(crate) fn with_symbol(kind: TokenKind, pos: Pos, start: u32, symbol: Symbol) -> Self {
        Token { kind, pos, start, payload: u64::from(symbol.0) }
    }

    /// An integer numeral.
    pub(crate) fn integer(pos: Pos, start: u32, value: i64) -> Self {
        Token { kind: TokenKind::Integer, pos, start, payload: value.cast_unsigned() }
    }

    /// A float numeral.
    pub(crate) fn float(pos: Pos, start: u32, value: f64) -> Self {
        Token { kind: TokenKind::Float, pos, start, payload: value.to_bits() }
    }

    /// The symbol of a name or a string.
    pub(crate) fn symbol(&self) -> Symbol {
        Symbol(self.payload as u32)
    }

    /// The value of an integer numeral.
    pub(crate) fn integer_value(&self) -> i64 {
        self.payload.cast_signed()
    }

    /// The value of a float numeral.
    pub(crate) fn float_value(&self) -> f64 {
        f64::from_bits(self.payload)
    }
}
