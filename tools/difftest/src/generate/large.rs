//! What is large: constructors, constants, argument lists, records, nesting. Operands beyond what one instruction
//! holds, and tables that leave their first shape.

use super::Generator;
use super::scope::Type;

impl Generator<'_> {
    /// A constructor with more elements than are stored at once, of several kinds, perhaps open at its end.
    pub(super) fn large_constructor(&mut self) {
        let n = self.rng.between(45, 130);
        let kind = self.rng.below(4);
        let mut items: Vec<String> = (1..=n)
            .map(|i| match kind {
                0 => i.to_string(),
                1 => format!("{i}.5"),
                2 => format!("\"s{i}\""),
                _ if i % 7 == 0 => format!("f{i} = {i}"),
                _ if i % 11 == 0 => format!("[{}] = \"at\"", i * 1000),
                _ => i.to_string(),
            })
            .collect();
        let at = self.rng.below(items.len());
        items[at] = self.value(&Type::Int, 1);
        match self.rng.below(3) {
            0 => items.push("table.unpack({\"x\", \"y\", \"z\"})".to_owned()),
            1 => items.push("(table.unpack({\"x\", \"y\"}))".to_owned()),
            _ => {}
        }
        self.line(format!("local t = {{{}}}", items.join(", ")));
        self.line(
            "print(#t, t[1], t[50], t[51], t[#t])\nlocal n = 0\nfor k in pairs(t) do n = n + 1 end",
        );
        self.line("print(n) dump(\"t\", t)");
    }

    /// More constants of a function than fit into short operands.
    pub(super) fn large_constants(&mut self) {
        let n = self.rng.between(120, 280);
        let base = self.rng.between(1000, 9000);
        let table: Vec<String> =
            (0..n).map(|i| format!("k{i} = \"v{i}\", [{}] = {}.25", base + i, base + i)).collect();
        self.line(format!("local t = {{{}}}", table.join(", ")));
        let (last, middle) = (n - 1, n / 2);
        let x = self.int(1);
        self.line(format!(
            "print(t.k{last}, t.k{middle}, t[{}], t[{}])",
            base + last,
            base + middle
        ));
        self.line(format!("t.k{last} = {x} t.k{last} = t.k{last} + {}", base * 7));
        self.line(format!(
            "print(t.k{last}, t.k{last} - {}, t.k{last} == {base}, t[{}] // {}.5)",
            base * 3,
            base + last,
            base
        ));
        self.line(format!(
            "print(t.late{n}, (t.k0 .. \"suffix{n}\"):upper(), -{}.125, #\"length{n}\")",
            base
        ));
    }

    /// Many parameters, arguments and results.
    pub(super) fn large_arguments(&mut self) {
        let n = self.rng.between(20, 90);
        let names: Vec<String> = (1..=n).map(|i| format!("a{i}x")).collect();
        let values: Vec<String> =
            (1..=n).map(|i| if i % 9 == 0 { "nil".to_owned() } else { i.to_string() }).collect();
        let value = self.int(1);
        self.line(format!("local function f({}, ...)", names.join(", ")));
        self.line(format!(
            "return a{n}x, a{}x, select(\"#\", ...), ..., {}",
            n / 2,
            names.join(", ")
        ));
        self.line("end");
        self.line(format!("dump(\"f\", f({}, {value}))", values.join(", ")));
        self.line(format!("print(select(\"#\", f({})), (f({})))", values.join(", "), names.len()));
    }

    /// Records with many fields, made in different orders, some deleted, some late.
    pub(super) fn large_fields(&mut self) {
        let n = self.rng.between(8, 45);
        let fields: Vec<String> = (1..=n)
            .map(|i| format!("o.f{i} = {i}{}", if i % 5 == 0 { ".5" } else { "" }))
            .collect();
        let (drop, late) = (self.rng.between(1, n), self.any(1));
        self.line(format!("local function make(flag)\nlocal o = {{}}\nif flag then o.first = true end\n{}\nreturn o\nend", fields.join("\n")));
        self.line("local a, b, c = make(true), make(false), make(nil)");
        self.line(format!(
            "a.f{drop} = nil b.late = {late} c.f1 = \"other\" c[\"f\" .. {drop}] = {{}}"
        ));
        self.line("local sum = 0\nfor _, o in ipairs({a, b, c, make(true)}) do for i = 1, 50 do local v = o[\"f\" .. i] if type(v) == \"number\" then sum = sum + v end end end");
        self.line(format!("print(sum, a.f{drop}, b.f{n}, c.f1, a.first, b.first, b.late) dump(\"a\", a) dump(\"b\", b)"));
    }

    /// Functions in functions whose upvalues come from every level, deep parentheses, long chains.
    pub(super) fn large_nesting(&mut self) {
        let depth = self.rng.between(3, 12);
        self.line(format!("{}print(g0z(), g0z())", nested_functions(0, depth)));
        let (n, x) = (self.rng.between(5, 40) as usize, self.int(1));
        self.line(format!("print({}{x}{})", "(1 + ".repeat(n), ")".repeat(n)));
        let chain: Vec<String> = (0..n).map(|i| format!("\"{i}\"")).collect();
        self.line(format!("print({})", chain.join(" .. ")));
        self.line(format!("local d = {}1{}", "{".repeat(n), "}".repeat(n)));
        self.line(format!("print(type(d{}))", "[1]".repeat(n)));
    }

    /// A long chain of branches in a loop, so that jumps go far.
    pub(super) fn large_branches(&mut self) {
        let n = self.rng.between(10, 45);
        let mut text = String::from("local hits, i = 0, 0\nwhile true do\ni = i + 1\n");
        for case in 1..=n {
            let head = if case == 1 { "if" } else { "elseif" };
            text += &format!("{head} i == {case} then hits = hits + {case} * 2 ");
            text += match case % 7 {
                0 => "if hits % 2 == 1 then break end\n",
                3 => "local s = \"x\" .. hits hits = hits + #s\n",
                5 => "hits = -hits\n",
                _ => "\n",
            };
        }
        let limit = self.rng.between(3, n + 3);
        self.line(format!(
            "{text}else hits = hits ~ i end\nif i >= {limit} then break end\nend\nprint(hits, i)"
        ));
    }
}

/// `local function g0z() … local function g1z() … end … end`, the innermost using the local of every level.
fn nested_functions(level: i64, depth: i64) -> String {
    let inner = if level + 1 < depth {
        format!("{}return g{}z() + 1\n", nested_functions(level + 1, depth), level + 1)
    } else {
        let locals: Vec<String> = (0..depth).map(|level| format!("x{level}y")).collect();
        format!("x0y = x0y + 1\nreturn {}\n", locals.join(" + "))
    };
    let outer = if level == 0 { "1".to_owned() } else { format!("x{}y", level - 1) };
    format!("local x{level}y = {level} + {outer}\nlocal function g{level}z()\n{inner}end\n")
}
