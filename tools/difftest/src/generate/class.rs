//! Classes with metamethods, inheritance and methods, and statements that use their objects.
//!
//! An object has the fields `x` (integer) and `y` (float). Operators take objects and numbers in any mixture and give
//! a new object, so that no use of one raises an error.

use super::Generator;
use super::scope::Type;

/// A class of the program.
#[derive(Clone, Debug)]
pub struct Class {
    name: String,
    /// Methods that take an integer and give one, own and inherited.
    methods: Vec<String>,
    /// Arithmetic and bitwise operators with a metamethod.
    operators: Vec<&'static str>,
    /// Further metamethods it has: "..", "#", "-", "call", "lt", "le", "eq".
    extras: Vec<&'static str>,
}

const OPERATORS: &[(&str, &str)] = &[
    ("+", "__add"),
    ("-", "__sub"),
    ("*", "__mul"),
    ("/", "__div"),
    ("%", "__mod"),
    ("//", "__idiv"),
    ("&", "__band"),
    ("|", "__bor"),
    ("~", "__bxor"),
    ("<<", "__shl"),
    (">>", "__shr"),
    ("^", "__pow"),
];

impl Generator<'_> {
    /// A class, and an object of it.
    pub(super) fn class_definition(&mut self) {
        if self.classes.len() >= 4 || self.frame().locals > 60 {
            return self.print();
        }
        let name = self.fresh("C");
        let parent = if self.classes.is_empty() || self.rng.chance(50) {
            None
        } else {
            let index = self.rng.below(self.classes.len());
            Some(self.classes[index].clone())
        };
        let mut class = Class {
            name: name.clone(),
            methods: Vec::new(),
            operators: Vec::new(),
            extras: Vec::new(),
        };
        self.class_head(&name, parent.as_ref());
        if let Some(parent) = parent {
            class.methods = parent.methods;
        }
        self.class_operators(&mut class);
        self.class_extras(&mut class);
        self.class_methods(&mut class);
        self.classes.push(class);
        let index = self.classes.len() - 1;
        self.declare_local(Type::Object(index));
    }

    fn class_head(&mut self, name: &str, parent: Option<&Class>) {
        let base = parent.map(|class| class.name.clone());
        self.line(match &base {
            Some(base) => format!("local {name} = setmetatable({{}}, {{__index = {base}}})"),
            None => format!("local {name} = {{}}"),
        });
        let (default, key) = (self.small_int(), self.key());
        let kind = self.rng.below(4);
        self.line(match kind {
            0 => format!("{name}.__index = function(t, k) local v = {name}[k] if v == nil and k == \"z{key}\" then return {default} end return v end"),
            1 => format!("{name}.__index = setmetatable({{}}, {{__index = {name}}})"),
            _ => format!("{name}.__index = {name}"),
        });
        let kind = self.rng.below(3);
        self.line(match kind {
            0 => format!("function {name}.new(x, y) return setmetatable({{x = x, y = y}}, {name}) end"),
            1 => format!("function {name}.new(x, y) local self = {{}} self.y = y self.x = x return setmetatable(self, {name}) end"),
            _ => format!("function {name}.new(x, y) local self = setmetatable({{}}, {name}) self.x, self.y = x, y return self end"),
        });
        self.line(format!("local function {name}x(v) if type(v) == \"table\" then return v.x end return math.tointeger(v) or 1 end"));
    }

    fn class_operators(&mut self, class: &mut Class) {
        let name = &class.name;
        for (operator, event) in OPERATORS {
            if !self.rng.chance(35) {
                continue;
            }
            class.operators.push(operator);
            let (op, k) = (*self.rng.pick(&["+", "-", "*", "~", "&"]), self.rng.between(1, 5));
            self.line(format!("{name}.{event} = function(a, b) return {name}.new({name}x(a) {op} {name}x(b), {k} + 0.5) end"));
        }
    }

    fn class_extras(&mut self, class: &mut Class) {
        let name = class.name.clone();
        let rows = [
            (
                "..",
                format!(
                    "{name}.__concat = function(a, b) return \"<\" .. (type(a) == \"table\" and a.x or str(a)) .. \"|\" .. (type(b) == \"table\" and b.x or str(b)) .. \">\" end"
                ),
            ),
            ("#", format!("{name}.__len = function(a) return a.x & 0xff end")),
            ("-", format!("{name}.__unm = function(a) return {name}.new(-a.x, -a.y) end")),
            ("~", format!("{name}.__bnot = function(a) return {name}.new(~a.x, a.y) end")),
            (
                "call",
                format!(
                    "{name}.__call = function(self, a, ...) return self.x + (a or 0), select(\"#\", ...) end"
                ),
            ),
            ("eq", format!("{name}.__eq = function(a, b) return a.x == b.x end")),
            (
                "lt",
                format!(
                    "{name}.__lt = function(a, b) return {name}x(a) < {name}x(b) end\n{name}.__le = function(a, b) return {name}x(a) <= {name}x(b) end"
                ),
            ),
            (
                "tostring",
                format!("{name}.__tostring = function(a) return \"{name}(\" .. a.x .. \")\" end"),
            ),
            ("name", format!("{name}.__name = \"{name}\"")),
            (
                "newindex",
                format!(
                    "{name}.__newindex = function(t, k, v) if k == \"x\" or k == \"y\" then rawset(t, k, v) else rawset(t, \"_\" .. k, v) end end"
                ),
            ),
        ];
        for (extra, text) in rows {
            if self.rng.chance(40) {
                class.extras.push(extra);
                self.line(text);
            }
        }
    }

    fn class_methods(&mut self, class: &mut Class) {
        for _ in 0..1 + self.rng.below(3) {
            let inherited = self.rng.chance(30) && !class.methods.is_empty();
            let method =
                if inherited { self.rng.pick(&class.methods).clone() } else { self.fresh("m") };
            let argument = self.fresh("p");
            let (body, _) =
                self.body(&[(argument.clone(), Type::Int)], false, 20, |g| g.statement());
            let update = match self.rng.below(4) {
                0 => format!("self.x = self.x + {argument}\n"),
                1 => "self.y = self.y * 0.5\n".to_owned(),
                2 => format!("self.extra = {argument}\n"),
                _ => String::new(),
            };
            self.line(format!(
                "function {}:{method}({argument})\n{body}{update}return self.x + {argument}\nend",
                class.name
            ));
            if !inherited {
                class.methods.push(method);
            }
        }
    }

    pub(super) fn new_object(&mut self, class: usize) -> String {
        if self.rng.chance(30)
            && let Some(name) = self.read(&Type::Object(class))
        {
            return name;
        }
        let (x, y) = (self.int(1), self.float(1));
        format!("{}.new({x}, {y})", self.classes[class].name)
    }

    /// A statement about some object.
    pub(super) fn object_statement(&mut self) {
        let Some(object) = self.variable(|v| matches!(v.ty, Type::Object(_))) else {
            return self.field_assignment();
        };
        let Type::Object(index) = object.ty else {
            return;
        };
        let (class, o) = (self.classes[index].clone(), object.name);
        if !self.spend(25) {
            return;
        }
        let other = self.new_object(index);
        let k = self.int(1);
        match self.rng.below(9) {
            0 | 1 if !class.operators.is_empty() => {
                let op = *self.rng.pick(&class.operators);
                let operand = if self.rng.chance(50) { other } else { k };
                let expression = if self.rng.chance(70) {
                    format!("{o} {op} {operand}")
                } else {
                    format!("{operand} {op} {o}")
                };
                self.line(format!("dump(\"{op}\", {expression})"));
            }
            2 if object.assignable && !class.operators.is_empty() => {
                let op = *self.rng.pick(&class.operators);
                self.line(format!("{o} = {o} {op} {k}"));
            }
            3 | 4 => {
                let method = self.rng.pick(&class.methods).clone();
                self.line(format!("print(\"{method}\", {o}:{method}({k}), {o}.x)"));
            }
            5 => {
                let field = *self.rng.pick(&["x", "x", "extra", "zkey", "late"]);
                self.line(format!("{o}.{field} = {k}\nprint({o}.{field}, {o}.za, {o}.zkey)"));
            }
            6 => {
                let y = self.float(1);
                self.line(format!("{o}.y = {y}"));
            }
            7 => self.object_extra(&class, &o, &other),
            _ => self.line(format!("dump(\"{o}\", {o}, rawequal({o}, {o}), str({o}))")),
        }
    }

    fn object_extra(&mut self, class: &Class, o: &str, other: &str) {
        if class.extras.is_empty() {
            return self.line(format!("print({o} == {o}, {o} ~= {other})"));
        }
        let extra = *self.rng.pick(&class.extras);
        let k = self.small_int();
        self.line(match extra {
            ".." => format!("print({o} .. \"s\", {k} .. {o}, \"a\" .. \"b\" .. {o})"),
            "#" => format!("print(#{o}, rawlen({o}))"),
            "-" => format!("dump(\"unm\", -{o}, - -{o})"),
            "~" => format!("dump(\"bnot\", ~{o})"),
            "call" => format!("print({o}(), {o}({k}, nil), ({o}({k})))"),
            "lt" => format!("print({o} < {other}, {o} >= {k}, {k} < {o}, not ({o} > {other}))"),
            _ => format!("print({o} == {other}, {o} ~= {other}, {o} == {k}, str({o}))"),
        });
    }
}
