//! Reads what `print.rs` writes, for tests of passes.

use std::collections::HashMap;
use std::sync::Arc;

use interlune_core::bytecode::Proto;
use interlune_core::runtime::InlinedCall;

use super::function::{
    Block, FrameState, Function, Scope, ScopeData, State, Target, Value, VirtualObject,
};
use super::op::{Immediate, Op};
use super::types::Type;

/// A text that is no function.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct ParseError {
    /// From 1 on.
    pub line: usize,
    pub what: String,
}

/// Reads a function. Its scopes are, in order, of the functions given.
///
/// # Errors
/// The first line that cannot be read, and why.
pub fn parse(text: &str, protos: &[Arc<Proto>]) -> Result<Function, ParseError> {
    let mut parser =
        Parser { protos, function: Function::new(), values: HashMap::new(), current: None };
    let lines = || text.lines().enumerate().map(|(number, line)| (number + 1, line.trim()));
    // States name values of lines further down, ends of blocks name blocks further down.
    for pass in [Parser::declare, Parser::define, Parser::complete] {
        for (number, line) in lines().filter(|(_, line)| !line.is_empty()) {
            pass(&mut parser, line).map_err(|what| ParseError { line: number, what })?;
        }
    }
    Ok(parser.function)
}

struct Parser<'a> {
    protos: &'a [Arc<Proto>],
    function: Function,
    values: HashMap<String, Value>,
    current: Option<Block>,
}

/// What lies before and behind the first `separator`.
fn split<'t>(text: &'t str, separator: &str) -> Result<(&'t str, &'t str), String> {
    let (before, behind) =
        text.split_once(separator).ok_or_else(|| format!("no '{separator}' in '{text}'"))?;
    Ok((before.trim(), behind.trim()))
}

/// The number behind a letter.
fn number(text: &str, letter: char) -> Result<usize, String> {
    text.strip_prefix(letter)
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| format!("'{text}' is not '{letter}' and a number"))
}

/// The parts between commas that are in no parentheses.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[from..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// `b1(v2, v3)`: the name and what is in the parentheses.
fn call(text: &str) -> Result<(&str, &str), String> {
    let (name, rest) = split(text, "(")?;
    let inner = rest.strip_suffix(')').ok_or_else(|| format!("'{text}' has no ')'"))?;
    Ok((name, inner))
}

impl Parser<'_> {
    /// Makes scopes, states without registers, and blocks with their parameters.
    fn declare(&mut self, line: &str) -> Result<(), String> {
        if let Some(rest) = line.strip_prefix("scope ") {
            return self.declare_scope(rest);
        }
        if let Some(rest) = line.strip_prefix("state ") {
            return self.declare_state(rest);
        }
        if let Some(head) = line.strip_suffix(':').filter(|head| head.starts_with('b')) {
            let (name, parameters) = call(head)?;
            let block = self.function.add_block();
            if number(name, 'b')? != block.index() {
                return Err(format!("{name} instead of {block}"));
            }
            for parameter in parts(parameters) {
                let (name, ty) = split(parameter, ":")?;
                let ty = Type::from_name(ty).ok_or_else(|| format!("'{ty}' is no type"))?;
                let value = self.function.add_parameter(block, ty);
                self.name(name, value)?;
            }
        }
        Ok(())
    }

    fn declare_scope(&mut self, text: &str) -> Result<(), String> {
        let index = self.function.scopes().len();
        let proto = self.protos.get(index).ok_or("more scopes than functions")?.clone();
        let caller = match text.split_once(" in ") {
            None => None,
            Some((_, place)) => {
                let (scope, register) = split(place, " at ")?;
                let register = u8::try_from(number(register, 'r')?).map_err(|e| e.to_string())?;
                Some((Scope::new(number(scope, 's')?), register))
            }
        };
        self.function.add_scope(ScopeData {
            proto,
            caller,
            call: InlinedCall::default(),
            constants_at: 0,
            number: 0,
        });
        Ok(())
    }

    fn name(&mut self, name: &str, value: Value) -> Result<(), String> {
        match self.values.insert(name.to_string(), value) {
            None => Ok(()),
            Some(_) => Err(format!("{name} is defined twice")),
        }
    }

    fn value(&self, name: &str) -> Result<Value, String> {
        self.values.get(name).copied().ok_or_else(|| format!("{name} is not defined above"))
    }

    fn list(&self, text: &str) -> Result<Vec<Value>, String> {
        parts(text).into_iter().map(|name| self.value(name)).collect()
    }

    fn declare_state(&mut self, text: &str) -> Result<(), String> {
        let (head, rest) = split(text, "[")?;
        let (_, tail) = split(rest, "]")?;
        let mut words: Vec<_> = head.split_whitespace().collect();
        let begins_loop = words.pop_if(|last| *last == "loop").is_some();
        let [name, scope, "pc", pc] = words[..] else {
            return Err("a state is 'f<n> s<n> pc <n> [..]'".into());
        };
        if number(name, 'f')? != self.function.states().len() {
            return Err(format!("{name} is out of order"));
        }
        let (below, _) = tail.split_once("with ").unwrap_or((tail, ""));
        let caller = below.strip_prefix("on ").map(|below| self.state(below)).transpose()?;
        self.function.add_state(FrameState {
            scope: Scope::new(number(scope, 's')?),
            pc: pc.parse().map_err(|_| format!("'{pc}' is no number"))?,
            registers: Vec::new(),
            caller,
            begins_loop,
            objects: Vec::new(),
        });
        Ok(())
    }

    fn state(&self, name: &str) -> Result<State, String> {
        let index = number(name.trim(), 'f')?;
        let known = index < self.function.states().len();
        if known { Ok(State::new(index)) } else { Err(format!("{name} is not above")) }
    }

    /// Makes instructions.
    fn define(&mut self, line: &str) -> Result<(), String> {
        if line.starts_with("scope ") || line.starts_with("state ") {
            return Ok(());
        }
        if let Some(head) = line.strip_suffix(':').filter(|head| head.starts_with('b')) {
            let (name, _) = call(head)?;
            self.current = Some(Block::new(number(name, 'b')?));
            return Ok(());
        }
        self.define_inst(line)
    }

    /// Fills in the registers and objects of states.
    fn complete(&mut self, line: &str) -> Result<(), String> {
        let Some(text) = line.strip_prefix("state ") else { return Ok(()) };
        let (head, rest) = split(text, "[")?;
        let (registers, tail) = split(rest, "]")?;
        let state = self.state(head.split_whitespace().next().unwrap_or_default())?;
        for part in parts(registers) {
            let (register, value) = split(part, "=")?;
            let register = u8::try_from(number(register, 'r')?).map_err(|e| e.to_string())?;
            let value = self.value(value)?;
            self.function.state_mut(state).registers.push((register, value));
        }
        let objects = tail.split_once("with ").map_or("", |(_, objects)| objects);
        for part in parts(objects) {
            let object = self.object(part)?;
            self.function.state_mut(state).objects.push(object);
        }
        Ok(())
    }

    /// `v6 : v4 = #9345848836098 #7(v1, v2)`: name, metatable if there is one, site, shape and fields.
    fn object(&self, text: &str) -> Result<VirtualObject, String> {
        let (head, contents) = split(text, "= #")?;
        let (name, metatable) = match head.split_once(" : ") {
            Some((name, metatable)) => (name, Some(self.value(metatable.trim())?)),
            None => (head, None),
        };
        let (site, contents) = split(contents, "#")?;
        let (shape, fields) = call(contents)?;
        Ok(VirtualObject {
            name: self.value(name)?,
            site: site.parse().map_err(|_| format!("'{site}' is no number"))?,
            shape: shape.parse().map_err(|_| format!("'{shape}' is no number"))?,
            metatable,
            fields: self.list(fields)?,
        })
    }

    fn define_inst(&mut self, line: &str) -> Result<(), String> {
        let block = self.current.ok_or("an instruction before the first block")?;
        let (head, state) = match line.split_once(" ? ") {
            Some((head, state)) => (head, Some(self.state(state)?)),
            None => (line, None),
        };
        let (head, immediate) = match head.split_once('#') {
            Some((head, immediate)) => (head.trim(), Some(immediate.trim())),
            None => (head, None),
        };
        let (result, body) = match head.split_once(" = ") {
            Some((result, body)) => (Some(split(result, ":")?), body),
            None => (None, head),
        };
        let (mnemonic, rest) = body.split_once(' ').unwrap_or((body, ""));
        let op =
            Op::from_mnemonic(mnemonic).ok_or_else(|| format!("'{mnemonic}' is no operation"))?;
        let (mut operands, mut targets) = (Vec::new(), Vec::new());
        for part in parts(rest) {
            if part.starts_with('b') {
                let (name, arguments) = call(part)?;
                let block = Block::new(number(name, 'b')?);
                targets.push(Target { block, arguments: self.list(arguments)? });
            } else {
                operands.push(self.value(part)?);
            }
        }
        let immediate = read_immediate(op, immediate)?;
        let inst = self.function.make(op, operands, immediate, state, targets);
        self.function.append(block, inst);
        match (result, self.function.inst(inst).result) {
            (None, None) => Ok(()),
            (Some((name, ty)), Some(value)) => {
                let ty = Type::from_name(ty).ok_or_else(|| format!("'{ty}' is no type"))?;
                self.function.set_type(value, ty);
                self.name(name, value)
            }
            _ => Err(format!("{mnemonic} has a result, or has none")),
        }
    }
}

fn read_immediate(op: Op, text: Option<&str>) -> Result<i64, String> {
    let no_number = |text: &str| format!("'{text}' is no number");
    match (op.row().immediate, text) {
        (Immediate::None, None) => Ok(0),
        (Immediate::None, Some(_)) | (_, None) => {
            Err(format!("{} has an immediate, or has none", op.mnemonic()))
        }
        (Immediate::Float, Some(text)) => {
            text.parse::<f64>().map(|value| value.to_bits() as i64).map_err(|_| no_number(text))
        }
        (_, Some(text)) => text.parse().map_err(|_| no_number(text)),
    }
}
