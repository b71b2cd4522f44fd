//! Tokens to tree, by recursive descent.

use anyhow::{Result, bail};

use super::ast::{BINARY, Block, Expr, FunctionBody, Item, Program, Stmt, UNARY, UNARY_POWER};
use super::lexer::{Token, tokens};

/// The tree of a program.
pub fn parse(source: &str) -> Result<Program> {
    let source = match source.strip_prefix('#') {
        Some(line) => line.split_once('\n').map_or("", |(_, rest)| rest),
        None => source,
    };
    let mut parser = Parser { tokens: tokens(source)?, at: 0 };
    let block = parser.block()?;
    match parser.peek() {
        Token::End => Ok(Program { block, wrap: 0 }),
        token => bail!("'<eof>' expected near {token:?}"),
    }
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Token<'a> {
        self.tokens[self.at]
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        // The last token is the end, which is never passed.
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn is(&self, symbol: &str) -> bool {
        self.peek() == Token::Symbol(symbol)
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<()> {
        if self.accept(symbol) {
            return Ok(());
        }
        bail!("'{symbol}' expected near {:?}", self.peek())
    }

    fn name(&mut self) -> Result<String> {
        match self.next() {
            Token::Name(name) => Ok(name.to_owned()),
            token => bail!("name expected near {token:?}"),
        }
    }

    fn names(&mut self) -> Result<Vec<String>> {
        let mut names = vec![self.name()?];
        while self.accept(",") {
            names.push(self.name()?);
        }
        Ok(names)
    }

    fn block(&mut self) -> Result<Block> {
        let mut block = Block::new();
        loop {
            while self.accept(";") {}
            match self.peek() {
                _ if self.at_block_end() => return Ok(block),
                Token::Symbol("return") => {
                    self.next();
                    let stmt = Stmt::Return(self.returned()?);
                    while self.accept(";") {}
                    // More lenient than Lua, for templates: a `return` may stand before other statements.
                    block.push(if self.at_block_end() { stmt } else { Stmt::Do(vec![stmt]) });
                }
                _ => block.push(self.statement()?),
            }
        }
    }

    fn at_block_end(&self) -> bool {
        matches!(self.peek(), Token::End | Token::Symbol("end" | "else" | "elseif" | "until"))
    }

    fn block_until_end(&mut self) -> Result<Block> {
        let block = self.block()?;
        self.expect("end")?;
        Ok(block)
    }

    fn returned(&mut self) -> Result<Vec<Expr>> {
        match self.peek() {
            Token::Symbol(";") => Ok(Vec::new()),
            _ if self.at_block_end() => Ok(Vec::new()),
            _ => self.expressions(),
        }
    }

    fn statement(&mut self) -> Result<Stmt> {
        let Token::Symbol(symbol) = self.peek() else {
            return self.expression_statement();
        };
        match symbol {
            "(" => return self.expression_statement(),
            "local" => return self.local(),
            "if" => return self.conditional(),
            "for" => return self.for_loop(),
            _ => self.next(),
        };
        Ok(match symbol {
            "do" => Stmt::Do(self.block_until_end()?),
            "while" => {
                let condition = self.expression()?;
                self.expect("do")?;
                Stmt::While(condition, self.block_until_end()?)
            }
            "repeat" => {
                let block = self.block()?;
                self.expect("until")?;
                Stmt::Repeat(block, self.expression()?)
            }
            "function" => {
                Stmt::Function { name: self.function_name()?, body: self.function_body()? }
            }
            "break" => Stmt::Break,
            "goto" => Stmt::Goto(self.name()?),
            "::" => {
                let name = self.name()?;
                self.expect("::")?;
                Stmt::Label(name)
            }
            _ => bail!("unexpected symbol near '{symbol}'"),
        })
    }

    fn local(&mut self) -> Result<Stmt> {
        self.expect("local")?;
        if self.accept("function") {
            return Ok(Stmt::LocalFunction { name: self.name()?, body: self.function_body()? });
        }
        let mut names = Vec::new();
        loop {
            let name = self.name()?;
            let attribute = if self.accept("<") {
                let attribute = self.name()?;
                self.expect(">")?;
                Some(attribute)
            } else {
                None
            };
            names.push((name, attribute));
            if !self.accept(",") {
                break;
            }
        }
        let values = if self.accept("=") { self.expressions()? } else { Vec::new() };
        Ok(Stmt::Local { names, values })
    }

    fn conditional(&mut self) -> Result<Stmt> {
        let mut arms = Vec::new();
        self.expect("if")?;
        loop {
            let condition = self.expression()?;
            self.expect("then")?;
            arms.push((condition, self.block()?));
            if !self.accept("elseif") {
                break;
            }
        }
        let otherwise = if self.accept("else") { Some(self.block()?) } else { None };
        self.expect("end")?;
        Ok(Stmt::If { arms, otherwise })
    }

    fn for_loop(&mut self) -> Result<Stmt> {
        self.expect("for")?;
        let mut names = self.names()?;
        if names.len() == 1 && self.accept("=") {
            let bounds = self.expressions()?;
            self.expect("do")?;
            return Ok(Stmt::NumericFor {
                var: names.remove(0),
                bounds,
                body: self.block_until_end()?,
            });
        }
        self.expect("in")?;
        let values = self.expressions()?;
        self.expect("do")?;
        Ok(Stmt::GenericFor { names, values, body: self.block_until_end()? })
    }

    fn function_name(&mut self) -> Result<String> {
        let mut name = self.name()?;
        for separator in [".", ":"] {
            while self.accept(separator) {
                name = name + separator + &self.name()?;
            }
        }
        Ok(name)
    }

    fn function_body(&mut self) -> Result<FunctionBody> {
        self.expect("(")?;
        let mut parameters = Vec::new();
        while !self.accept(")") {
            if self.accept("...") {
                parameters.push("...".to_owned());
            } else {
                parameters.push(self.name()?);
            }
            self.accept(",");
        }
        Ok(FunctionBody { parameters, block: self.block_until_end()? })
    }

    fn expression_statement(&mut self) -> Result<Stmt> {
        let first = self.suffixed()?;
        if matches!(first, Expr::Call(..) | Expr::Method(..)) {
            return Ok(Stmt::Call(first));
        }
        let mut targets = vec![first];
        while self.accept(",") {
            targets.push(self.suffixed()?);
        }
        self.expect("=")?;
        Ok(Stmt::Assign { targets, values: self.expressions()? })
    }

    fn expressions(&mut self) -> Result<Vec<Expr>> {
        let mut list = vec![self.expression()?];
        while self.accept(",") {
            list.push(self.expression()?);
        }
        Ok(list)
    }

    fn expression(&mut self) -> Result<Expr> {
        self.binary(0)
    }

    /// An expression of operators that bind more tightly than `limit`.
    fn binary(&mut self, limit: u8) -> Result<Expr> {
        let mut left = match self.peek() {
            Token::Symbol(symbol) if UNARY.contains(&symbol) => {
                self.next();
                let operator =
                    UNARY.iter().find(|unary| **unary == symbol).expect("just found there");
                Expr::Unary(operator, Box::new(self.binary(UNARY_POWER)?))
            }
            _ => self.simple()?,
        };
        while let Token::Symbol(symbol) = self.peek()
            && let Some((operator, power, right_power)) = BINARY.iter().find(|row| row.0 == symbol)
            && *power > limit
        {
            self.next();
            left = Expr::Binary(operator, Box::new(left), Box::new(self.binary(*right_power)?));
        }
        Ok(left)
    }

    fn simple(&mut self) -> Result<Expr> {
        match self.peek() {
            Token::Literal(text) | Token::Symbol(text @ ("nil" | "true" | "false" | "...")) => {
                self.next();
                Ok(Expr::Literal(text.to_owned()))
            }
            Token::Symbol("{") => self.table(),
            Token::Symbol("function") => {
                self.next();
                Ok(Expr::Function(Box::new(self.function_body()?)))
            }
            _ => self.suffixed(),
        }
    }

    fn suffixed(&mut self) -> Result<Expr> {
        let mut expr = if self.accept("(") {
            let inner = self.expression()?;
            self.expect(")")?;
            Expr::Paren(Box::new(inner))
        } else {
            Expr::Name(self.name()?)
        };
        loop {
            let prefix = match self.peek() {
                Token::Symbol("." | "[" | ":" | "(" | "{") => Box::new(expr),
                Token::Literal(text) if text.starts_with(['"', '\'', '[']) => Box::new(expr),
                _ => return Ok(expr),
            };
            expr = if self.accept(".") {
                Expr::Field(prefix, self.name()?)
            } else if self.accept("[") {
                let key = self.expression()?;
                self.expect("]")?;
                Expr::Index(prefix, Box::new(key))
            } else if self.accept(":") {
                let name = self.name()?;
                Expr::Method(prefix, name, self.arguments()?)
            } else {
                Expr::Call(prefix, self.arguments()?)
            };
        }
    }

    fn arguments(&mut self) -> Result<Vec<Expr>> {
        match self.peek() {
            Token::Symbol("(") => {
                self.next();
                let list = if self.is(")") { Vec::new() } else { self.expressions()? };
                self.expect(")")?;
                Ok(list)
            }
            Token::Symbol("{") => Ok(vec![self.table()?]),
            Token::Literal(text) if text.starts_with(['"', '\'', '[']) => {
                self.next();
                Ok(vec![Expr::Literal(text.to_owned())])
            }
            token => bail!("function arguments expected near {token:?}"),
        }
    }

    fn table(&mut self) -> Result<Expr> {
        self.expect("{")?;
        let mut items = Vec::new();
        while !self.accept("}") {
            items.push(self.item()?);
            if !self.accept(",") && !self.accept(";") {
                self.expect("}")?;
                break;
            }
        }
        Ok(Expr::Table(items))
    }

    fn item(&mut self) -> Result<Item> {
        if self.accept("[") {
            let key = self.expression()?;
            self.expect("]")?;
            self.expect("=")?;
            return Ok(Item::Keyed(key, self.expression()?));
        }
        if let Token::Name(name) = self.peek()
            && self.tokens.get(self.at + 1) == Some(&Token::Symbol("="))
        {
            self.next();
            self.next();
            return Ok(Item::Named(name.to_owned(), self.expression()?));
        }
        Ok(Item::Positional(self.expression()?))
    }
}
