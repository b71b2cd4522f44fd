//! Functions: definitions of every kind, calls, varargs, multiple results and recursion.

use super::Generator;
use super::scope::{Signature, Type};

/// What one call of a generated function may cost.
const CALL_BUDGET: u64 = 120;

impl Generator<'_> {
    fn signature(&mut self) -> Signature {
        let parameters = (0..self.rng.below(4)).map(|_| self.data_type()).collect();
        let results = (0..1 + self.rng.below(3)).map(|_| self.scalar_type()).collect();
        Signature { parameters, vararg: self.rng.chance(25), results, cost: 0 }
    }

    /// Names for parameters of these types.
    fn parameters(&mut self, types: &[Type]) -> Vec<(String, Type)> {
        types.iter().map(|ty| (self.fresh("p"), ty.clone())).collect()
    }

    /// The text from the parameter list to `end`, and the signature with its cost.
    pub(super) fn function_text(
        &mut self,
        mut signature: Signature,
        statements: usize,
    ) -> (String, Signature) {
        let parameters = self.parameters(&signature.parameters);
        let results = signature.results.clone();
        let vararg = signature.vararg;
        let (body, cost) = self.body(&parameters, vararg, CALL_BUDGET, |g| {
            g.statements(statements);
            if g.rng.chance(25) {
                let condition = g.boolean(2);
                let early = g.returned(&results);
                g.line(format!("if {condition} then return {early} end"));
            }
            let last = g.returned(&results);
            g.line(format!("return {last}"));
        });
        signature.cost = cost;
        let mut names: Vec<String> = parameters.into_iter().map(|(name, _)| name).collect();
        if vararg {
            names.push("...".to_owned());
        }
        (format!("({})\n{body}end", names.join(", ")), signature)
    }

    fn returned(&mut self, types: &[Type]) -> String {
        let values: Vec<String> = types.iter().map(|ty| self.value(ty, 2)).collect();
        values.join(", ")
    }

    pub(super) fn definition(&mut self) {
        if self.depth > 2 || self.frame().locals > 60 {
            return self.print();
        }
        let signature = self.signature();
        let name = self.fresh("f");
        let (text, signature) = self.function_text(signature, 3);
        let global = self.depth == 0 && self.rng.chance(25);
        match (global, self.rng.chance(50)) {
            (true, _) => self.line(format!("function {name}{text}")),
            (false, true) => self.line(format!("local function {name}{text}")),
            (false, false) => self.line(format!("local {name} = function{text}")),
        }
        self.declare(&name, Type::Function(signature), false);
    }

    /// A function value of a given signature that costs no more than the signature says.
    pub(super) fn function_literal(&mut self, signature: &Signature) -> String {
        let (text, _) = self.function_text(Signature { cost: 0, ..signature.clone() }, 1);
        format!("function{text}")
    }

    /// A call that gives a value of the type first, if some function does.
    pub(super) fn call_for(&mut self, ty: &Type, d: usize) -> Option<String> {
        let function =
            self.variable(|v| matches!(&v.ty, Type::Function(s) if s.results.first() == Some(ty)))?;
        let Type::Function(signature) = function.ty else {
            return None;
        };
        if self.pure || !self.spend(signature.cost) {
            return None;
        }
        let call = self.call_text(&function.name, &signature, d);
        // In parentheses it is one value wherever it stands.
        Some(format!("({call})"))
    }

    fn call_text(&mut self, name: &str, signature: &Signature, d: usize) -> String {
        let mut arguments: Vec<String> =
            signature.parameters.iter().map(|ty| self.expr(ty, d.min(2))).collect();
        if signature.vararg {
            for _ in 0..self.rng.below(4) {
                arguments.push(self.int(d.min(1)));
            }
            if self.frame().vararg && self.rng.chance(30) {
                arguments.push("...".to_owned());
            }
        }
        format!("{name}({})", arguments.join(", "))
    }

    /// A call whose results all show, or are spread over variables, a table or another call.
    pub(super) fn call_statement(&mut self) {
        let Some(function) = self.variable(|v| matches!(v.ty, Type::Function(_))) else {
            return self.definition();
        };
        let Type::Function(signature) = function.ty else {
            return;
        };
        if !self.spend(signature.cost) {
            return self.print();
        }
        let call = self.call_text(&function.name, &signature, 2);
        match self.rng.below(6) {
            0 => self.line(&call),
            1 => self.line(format!("print({call})")),
            2 => self.line(format!("print(({call}), \"one\")")),
            3 => self.line(format!("dump(\"{}\", {{{call}}})", function.name)),
            4 => self.line(format!("print(select(\"#\", {call}))")),
            _ => self.spread(&call, &signature.results),
        }
    }

    fn spread(&mut self, call: &str, results: &[Type]) {
        let names: Vec<String> = results.iter().map(|_| self.fresh("v")).collect();
        self.line(format!("local {} = {call}", names.join(", ")));
        for (name, ty) in names.iter().zip(results) {
            self.declare(name, ty.clone(), true);
        }
        self.line(format!("print({})", names.join(", ")));
    }

    /// A function called where it is written.
    pub(super) fn immediate_function(&mut self, ty: &Type, d: usize) -> String {
        if self.pure || self.depth > 3 {
            return self.expr(ty, 0);
        }
        let (name, argument) = (self.fresh("p"), self.value(ty, d));
        let (body, cost) = self.body(&[(name.clone(), ty.clone())], false, 30, |g| {
            g.statement();
            let result = g.value(&Type::Int, 1);
            g.line(format!("return {result}"));
        });
        self.spend(cost);
        format!("((function({name})\n{body}end)({argument}))")
    }

    /// Recursion that counts down.
    pub(super) fn recursion(&mut self) {
        let (name, n, extra) = (self.fresh("rec"), self.fresh("n"), self.fresh("p"));
        let ty = self.rng.pick(&[Type::Int, Type::Str, Type::Float]).clone();
        let (base, depth) = (self.value(&ty, 1), self.rng.between(3, 40));
        let (step, times) = match self.rng.below(4) {
            0 => (format!("return {name}({n} - 1, {extra})"), depth),
            1 => (format!("local v = {name}({n} - 1, {extra})\nreturn v"), depth),
            2 => (format!("return ({name}({n} - 1, {extra}))"), depth),
            _ => (
                format!(
                    "local a = {name}({n} - 1, {extra})\nlocal b = {name}({n} - 2, a)\nreturn {n} % 2 == 0 and a or b"
                ),
                8,
            ),
        };
        // The body must not know the counter, which it might assign.
        let (body, _) = self.body(&[(extra.clone(), ty.clone())], false, 12, |g| g.statement());
        let argument = self.value(&ty, 1);
        self.line(format!(
            "local function {name}({n}, {extra})\nif {n} <= 0 then return {base} end\n{body}{step}\nend\nprint({name}({times}, {argument}))"
        ));
    }

    /// Mutual recursion and tail calls through several functions.
    pub(super) fn mutual_recursion(&mut self) {
        let (even, odd, n) = (self.fresh("even"), self.fresh("odd"), self.rng.between(1, 60));
        let tail = if self.rng.chance(50) {
            "return {}(n - 1, acc + n)"
        } else {
            "return ({}(n - 1, acc ~ n))"
        };
        self.line(format!(
            "local {even}, {odd}
            function {even}(n, acc) if n == 0 then return true, acc end {} end
            function {odd}(n, acc) if n == 0 then return false, acc end {} end
            print({even}({n}, 0))
            print({odd}({n}, 1))",
            tail.replace("{}", &odd),
            tail.replace("{}", &even),
        ));
    }

    /// `...` in every position: passed on, packed, selected, in the middle and at the end of lists.
    pub(super) fn varargs(&mut self) {
        let (f, g) = (self.fresh("va"), self.fresh("vb"));
        let (a, b, c) = (self.int(1), self.string(1), self.any(1));
        let bodies = [
            "return select('#', ...), ...".to_owned(),
            "local a, b = ... return b, a, (...)".to_owned(),
            "local t = {...} return #t, t[1], t[#t]".to_owned(),
            "local t = table.pack(...) return t.n, table.unpack(t, 1, t.n)".to_owned(),
            "return {...}, {..., 1}, {1, ...}".to_owned(),
            "local n = 0 for i = 1, select('#', ...) do local v = select(i, ...) if v then n = n + 1 end end return n".to_owned(),
            "return select(-1, ...)".to_owned(),
            "return (select(2, ...))".to_owned(),
            "local function h(...) return ... end return h(1, h(...)), (h(...)), h()".to_owned(),
            "return ..., ...".to_owned(),
            "local a <const>, b, c = 1, ... return a, b, c".to_owned(),
            "if ... then return 1, ... else return ..., 2 end".to_owned(),
        ];
        let body = self.rng.pick(&bodies).clone();
        let wrapped = self.rng.chance(50);
        self.line(format!("local function {f}(...) {body} end"));
        self.line(format!("local function {g}(x, ...) return {f}(...) end"));
        let arguments = [
            format!("{a}, {b}, {c}"),
            format!("{a}, nil, {b}, nil"),
            format!("nil, {c}"),
            a.clone(),
            format!("{f}({a}, {b})"),
            format!("{b}, {f}({c}, {a})"),
            format!("table.unpack({{{a}, {b}, {c}}})"),
        ];
        for _ in 0..1 + self.rng.below(3) {
            let list = self.rng.pick(&arguments).clone();
            let callee = if wrapped { &g } else { &f };
            self.line(format!("dump(\"va\", pcall({callee}, {list}))"));
            self.line(format!("dump(\"vb\", {callee}({list}, {list}))"));
        }
    }
}
