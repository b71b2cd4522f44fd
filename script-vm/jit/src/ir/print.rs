//! A function as text, for dumps and golden files. Values, blocks and states are numbered in the order in which they are
//! printed, so that what a pass has removed leaves no trace.
//!
//! ```text
//! scope s0 "ball_pit.lua":102
//! scope s1 "ball_pit.lua":88 in s0 at r5
//! state f0 s0 pc 4 [r1 = v3]
//! state f1 s1 pc 0 [r0 = v6] on f0 with v6 : v4 = #9345848836098 #7(v1, v2)
//! b0(v0: any, v1: int):
//!   v2: int = guard.int v0 ? f0
//!   v3: int = add v1, v2
//!   store.field v4, v6, v3 #48
//!   branch v5, b1(v3), b2()
//! ```

use std::fmt;

use super::cfg;
use super::function::{Block, Function, Inst, State, Value, VirtualObject};
use super::op::Immediate;

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printer::new(self).print(f)
    }
}

/// What stands for things that are not reached.
const UNNUMBERED: u32 = u32::MAX;

struct Printer<'a> {
    function: &'a Function,
    order: Vec<Block>,
    values: Vec<u32>,
    blocks: Vec<u32>,
    states: Vec<u32>,
    /// The states that are used, those below others first.
    used_states: Vec<State>,
}

impl<'a> Printer<'a> {
    fn new(function: &'a Function) -> Printer<'a> {
        let mut printer = Printer {
            function,
            order: cfg::reverse_postorder(function),
            values: vec![UNNUMBERED; function.value_count()],
            blocks: vec![UNNUMBERED; function.blocks().len()],
            states: vec![UNNUMBERED; function.states().len()],
            used_states: Vec::new(),
        };
        printer.number();
        printer
    }

    fn number(&mut self) {
        let function = self.function;
        let mut next = 0;
        for (number, &block) in self.order.iter().enumerate() {
            self.blocks[block.index()] = number as u32;
            let results = function.insts(block).iter().filter_map(|&i| function.inst(i).result);
            for value in function.parameters(block).iter().copied().chain(results) {
                self.values[value.index()] = next;
                next += 1;
            }
        }
        let insts = self.order.iter().flat_map(|&block| function.insts(block));
        let states: Vec<_> = insts.filter_map(|&inst| function.inst(inst).state).collect();
        for state in states {
            self.number_state(state);
        }
    }

    fn number_state(&mut self, state: State) {
        if self.states[state.index()] != UNNUMBERED {
            return;
        }
        if let Some(caller) = self.function.state(state).caller {
            self.number_state(caller);
        }
        self.states[state.index()] = self.used_states.len() as u32;
        self.used_states.push(state);
    }

    fn value(&self, value: Value) -> String {
        match self.values[value.index()] {
            UNNUMBERED => "v?".to_string(),
            number => format!("v{number}"),
        }
    }

    fn list(&self, values: &[Value]) -> String {
        values.iter().map(|&value| self.value(value)).collect::<Vec<_>>().join(", ")
    }

    fn object(&self, object: &VirtualObject) -> String {
        let metatable = object.metatable.map(|value| format!(" : {}", self.value(value)));
        let (name, fields) = (self.value(object.name), self.list(&object.fields));
        let metatable = metatable.unwrap_or_default();
        format!("{name}{metatable} = #{} #{}({fields})", object.site, object.shape)
    }

    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for scope in self.function.scopes() {
            let data = self.function.scope(scope);
            write!(f, "scope {scope} {:?}:{}", data.proto.source, data.proto.line_defined)?;
            if let Some((caller, register)) = data.caller {
                write!(f, " in {caller} at r{register}")?;
            }
            writeln!(f)?;
        }
        for (number, &state) in self.used_states.iter().enumerate() {
            let data = self.function.state(state);
            let registers = data.registers.iter();
            let registers: Vec<_> =
                registers.map(|&(to, value)| format!("r{to} = {}", self.value(value))).collect();
            write!(f, "state f{number} {} pc {} ", data.scope, data.pc)?;
            write!(f, "{}[{}]", if data.begins_loop { "loop " } else { "" }, registers.join(", "))?;
            if let Some(caller) = data.caller {
                write!(f, " on f{}", self.states[caller.index()])?;
            }
            for (number, object) in data.objects.iter().enumerate() {
                let separator = if number == 0 { " with" } else { "," };
                write!(f, "{separator} {}", self.object(object))?;
            }
            writeln!(f)?;
        }
        for &block in &self.order {
            let parameters = self.function.parameters(block).iter();
            let parameters: Vec<_> = parameters
                .map(|&value| format!("{}: {}", self.value(value), self.function.ty(value)))
                .collect();
            writeln!(f, "b{}({}):", self.blocks[block.index()], parameters.join(", "))?;
            for &inst in self.function.insts(block) {
                self.print_inst(f, inst)?;
            }
        }
        Ok(())
    }

    fn print_inst(&self, f: &mut fmt::Formatter<'_>, inst: Inst) -> fmt::Result {
        let data = self.function.inst(inst);
        write!(f, "  ")?;
        if let Some(result) = data.result {
            write!(f, "{}: {} = ", self.value(result), self.function.ty(result))?;
        }
        write!(f, "{}", data.op.mnemonic())?;
        let mut parts: Vec<String> = data.operands.iter().map(|&value| self.value(value)).collect();
        parts.extend(data.targets.iter().map(|target| {
            format!("b{}({})", self.blocks[target.block.index()], self.list(&target.arguments))
        }));
        if !parts.is_empty() {
            write!(f, " {}", parts.join(", "))?;
        }
        match data.op.row().immediate {
            Immediate::None => {}
            Immediate::Float => write!(f, " #{:?}", f64::from_bits(data.immediate as u64))?,
            _ => write!(f, " #{}", data.immediate)?,
        }
        if let Some(state) = data.state {
            write!(f, " ? f{}", self.states[state.index()])?;
        }
        writeln!(f)
    }
}
