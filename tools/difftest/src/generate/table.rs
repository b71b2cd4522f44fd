//! Tables as arrays, maps and records.

use super::Generator;
use super::scope::Type;

impl Generator<'_> {
    /// A table of the type: an existing one or a constructor.
    pub(super) fn table(&mut self, ty: &Type, depth: usize) -> String {
        if self.rng.chance(if depth == 0 { 70 } else { 15 })
            && let Some(name) = self.read(ty)
        {
            return name;
        }
        let d = depth.saturating_sub(1).min(1);
        match ty {
            Type::IntArray => self.array(&Type::Int, d),
            Type::FloatArray => self.array(&Type::Float, d),
            Type::StrArray => self.array(&Type::Str, d),
            Type::Map => self.map(d),
            _ => self.record(d),
        }
    }

    fn array(&mut self, element: &Type, d: usize) -> String {
        let elements: Vec<String> =
            (0..self.rng.below(7)).map(|_| self.value(element, d)).collect();
        format!("{{{}}}", elements.join(", "))
    }

    fn map(&mut self, d: usize) -> String {
        let mut items = Vec::new();
        for _ in 0..self.rng.below(5) {
            let (key, value) = (self.key(), self.int(d));
            // Two entries with one key would be stored in an order that is not defined.
            if items.iter().any(|item: &String| {
                item.contains(&format!("{key} =")) || item.contains(&format!("\"{key}\""))
            }) {
                continue;
            }
            items.push(if self.rng.chance(70) {
                format!("{key} = {value}")
            } else {
                format!("[\"{key}\"] = {value}")
            });
        }
        format!("{{{}}}", items.join(", "))
    }

    fn record(&mut self, d: usize) -> String {
        let (i, f, s, b) = (self.int(d), self.float(d), self.value(&Type::Str, d), self.boolean(d));
        let a = self.table(&Type::IntArray, d);
        match self.rng.below(3) {
            0 => format!("{{i = {i}, f = {f}, s = {s}, b = {b}, a = {a}}}"),
            1 => format!("{{a = {a}, b = {b}, s = {s}, f = {f}, i = {i}, extra = {i}}}"),
            _ => {
                let r = self.read(&Type::Record).unwrap_or_else(|| "nil".to_owned());
                format!("{{i = {i}, r = {r}, f = {f}, s = {s}, b = {b}, a = {a}}}")
            }
        }
    }

    pub(super) fn field_assignment(&mut self) {
        match self.rng.below(3) {
            0 => {
                let record = self.some(Type::Record);
                let (field, ty) = self
                    .rng
                    .pick(&[
                        ("i", Type::Int),
                        ("f", Type::Float),
                        ("s", Type::Str),
                        ("b", Type::Bool),
                    ])
                    .clone();
                let value = self.value(&ty, 2);
                self.line(format!("{record}.{field} = {value}"));
            }
            1 => {
                let (map, key, value) = (self.some(Type::Map), self.key(), self.int(2));
                match self.rng.below(4) {
                    0 => self.line(format!("{map}.{key} = nil")),
                    1 => self.line(format!("{map}[\"{key}\"] = ({map}.{key} or 0) + 1")),
                    2 => {
                        let key = self.value(&Type::Str, 1);
                        self.line(format!("{map}[{key}] = {value}"));
                    }
                    _ => self.line(format!("{map}.{key} = {value}")),
                }
            }
            _ => self.array_statement(),
        }
    }

    pub(super) fn array_statement(&mut self) {
        let arrays = [
            (Type::IntArray, Type::Int),
            (Type::StrArray, Type::Str),
            (Type::FloatArray, Type::Float),
        ];
        let (array, element) = self.rng.pick(&arrays).clone();
        let array = self.some(array);
        self.pure = true;
        let (value, index) = (self.value(&element, 2), self.int(1));
        self.pure = false;
        match self.rng.below(12) {
            0..3 => self.line(format!("{array}[#{array} + 1] = {value}")),
            3 => self.line(format!("table.insert({array}, {value})")),
            4 => self.line(format!("table.insert({array}, 1 + #{array} // 2, {value})")),
            5 => self.line(format!("print(table.remove({array}))")),
            6 => {
                self.line(format!("print(#{array} > 0 and table.remove({array}, 1) or \"empty\")"))
            }
            7 => self.line(format!("{array}[#{array}] = nil")),
            8..11 => self.line(format!(
                "if #{array} > 0 then {array}[{index} % #{array} + 1] = {value} end"
            )),
            _ => self.line(format!("if {array}[2] ~= nil then {array}[2] = {value} end")),
        }
    }

    /// The `table` library on tables made for it.
    pub(super) fn table_library(&mut self) {
        let t = self.fresh("t");
        let element = self.rng.pick(&[Type::Int, Type::Str]).clone();
        let elements: Vec<String> =
            (0..3 + self.rng.below(5)).map(|_| self.value(&element, 1)).collect();
        let (v, k) = (self.value(&element, 1), self.rng.between(1, 3));
        self.line(format!("local {t} = {{{}}}", elements.join(", ")));
        for _ in 0..2 + self.rng.below(4) {
            let statement = match self.rng.below(16) {
                0 => format!("table.insert({t}, {k}, {v})"),
                1 => format!("print(table.remove({t}, {k}))"),
                2 => format!("table.move({t}, 1, 3, {k})"),
                3 => format!("table.move({t}, 2, #{t}, 1) {t}[#{t}] = nil"),
                4 => format!("dump(\"move\", table.move({t}, 1, #{t}, {k}, {{}}))"),
                5 => format!("print(table.concat({t}, \",\", {k}, math.max({k}, #{t})))"),
                6 => format!("print(table.unpack({t}, {k}, {k} + 2))"),
                7 => format!("print(select(\"#\", table.unpack({t})), (table.unpack({t})))"),
                8 => format!("table.sort({t})"),
                9 => format!("table.sort({t}, function(a, b) return a > b end)"),
                10 => format!("print(table.concat({t}, \" \"))"),
                11 => format!("dump(\"pack\", table.pack(table.unpack({t}, 1, {k})))"),
                12 => format!(
                    "for i = #{t}, 1, -1 do if i % 2 == 0 then table.remove({t}, i) end end {t}[#{t} + 1] = {v}"
                ),
                13 => format!("while #{t} > 2 do {t}[#{t}] = nil end {t}[#{t} + 1] = {v}"),
                14 => format!("print(#{t}, rawlen({t}), next({t}) ~= nil, {t}[#{t} + 1])"),
                _ => format!(
                    "for i = 1, #{t} // 2 do {t}[i], {t}[#{t} + 1 - i] = {t}[#{t} + 1 - i], {t}[i] end"
                ),
            };
            // Positions up to 4 then exist, so that no statement makes a hole.
            self.line(format!("if #{t} > 3 then {statement} end"));
        }
        self.line(format!("dump(\"{t}\", {t})"));
    }

    /// Arrays that change their element kind, lose and regain elements, and grow far.
    pub(super) fn array_kinds(&mut self) {
        let (t, n) = (self.fresh("t"), self.rng.between(5, 40));
        let first =
            *self.rng.pick(&["i", "i * 0.5", "'s' .. i", "{i}", "i % 2 == 0", "i // 1 | 0"]);
        let (value, at) = (self.any(1), self.rng.between(1, 5));
        self.line(format!("local {t} = {{}}\nfor i = 1, {n} do {t}[i] = {first} end"));
        self.line(format!("{t}[{at}] = {value} == nil and 0 or {value}"));
        match self.rng.below(4) {
            0 => self.line(format!("for i = {n}, 1, -1 do {t}[i] = nil end\nprint(#{t}, next({t}))")),
            1 => self.line(format!("{t}[{n} + 2] = 1 {t}[{n} + 1] = 2\nprint(#{t})")),
            2 => self.line(format!("{t}[0] = 1 {t}[-1] = 2 {t}[1.5] = 3 {t}[2.0] = 4 {t}[2^53] = 5\nprint({t}[2], {t}[0], {t}[2^53 | 0], #{t})")),
            _ => self.line(format!("{t}.name = 'n' {t}[#{t} + 1] = 'end'\nprint(#{t}, {t}.name)")),
        }
        self.line(format!(
            "local c = 0 for k, v in pairs({t}) do c = c + 1 end print(c) dump(\"{t}\", {t})"
        ));
    }

    /// Tables with many and with deleted fields, computed keys, keys of every type.
    pub(super) fn dictionary(&mut self) {
        let (t, n) = (self.fresh("d"), self.rng.between(3, 40));
        let (step, probe) = (self.rng.between(2, 5), self.any(1));
        let key = *self.rng.pick(&[
            "'k' .. i",
            "i * 3",
            "i + 0.5",
            "-i",
            "i % 3 == 0 and i or 'k' .. i",
            "i << 20",
        ]);
        self.line(format!("local {t} = {{}}\nfor i = 1, {n} do {t}[{key}] = i end"));
        self.line(format!("for i = 1, {n}, {step} do {t}[{key}] = nil end"));
        if self.rng.chance(50) {
            self.line(format!("for i = 1, {n} do if i % 4 == 0 then {t}[{key}] = -i end end"));
        }
        if self.rng.chance(40) {
            self.line(format!("{t}[true] = 't' {t}[{t}] = 'self' {t}[print] = 'f' {t}[1e15] = 'big' {t}[-0.0] = 'zero'\nprint({t}[true], {t}[{t}], {t}[print], {t}[10^15], {t}[0])"));
        }
        self.line(format!("local count, sum = 0, 0\nfor k, v in pairs({t}) do count = count + 1 if math.type(v) then sum = sum + v end end\nprint(count, sum)"));
        self.line(format!(
            "local p = {probe} print(p ~= nil and p == p and {t}[p] or 'absent') dump(\"{t}\", {t})"
        ));
        if self.rng.chance(40) {
            // Deleting while traversing is allowed.
            self.line(format!("for k in pairs({t}) do {t}[k] = nil end\nprint(next({t}))"));
        }
    }
}
