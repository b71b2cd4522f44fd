//! Idioms written as Lua with holes, one file per topic in `templates` (its README has the notation).

use super::Generator;
use super::scope::Type;

/// A template: its text and how it is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    pub name: &'static str,
    pub weight: u32,
    pub cost: u64,
    pub text: &'static str,
}

const FILES: &[&str] = &[
    include_str!("templates/close.lua"),
    include_str!("templates/closures.lua"),
    include_str!("templates/collect.lua"),
    include_str!("templates/coroutines.lua"),
    include_str!("templates/environment.lua"),
    include_str!("templates/errors.lua"),
    include_str!("templates/hot.lua"),
    include_str!("templates/library.lua"),
    include_str!("templates/meta.lua"),
    include_str!("templates/numbers.lua"),
    include_str!("templates/strings.lua"),
    include_str!("templates/tables.lua"),
];

/// The templates of every file.
pub fn all() -> impl Iterator<Item = Template> {
    FILES.iter().flat_map(|file| file.split("--- ").skip(1)).map(|section| {
        let (head, text) = section.split_once('\n').expect("a template has a head line");
        let mut words = head.split_whitespace();
        let mut word =
            || words.next().expect("a head line names the template, its weight and its cost");
        Template {
            name: word(),
            weight: word().parse().expect("the weight is a number"),
            cost: word().parse().expect("the cost is a number"),
            text,
        }
    })
}

/// Values of every type, for places where most of them are wrong.
const BAD_VALUES: &[&str] = &[
    "nil",
    "nil",
    "nil",
    "true",
    "false",
    "{}",
    "\"str\"",
    "\"10\"",
    "1.5",
    "42",
    "-1",
    "print",
    "function() end",
    "coroutine.create(print)",
    "setmetatable({}, {__name = \"Named\"})",
    "{1, 2, 3}",
];

/// Operands of every kind that error messages name; `errors.lua` declares them.
const OPERANDS: &[&str] = &[
    "l",
    "l",
    "u",
    "u",
    "G",
    "m",
    "t.f",
    "t.g.h",
    "t.g.none",
    "t[1]",
    "t[k]",
    "t[\"f\"]",
    "t[2]",
    "fn(l)",
    "(fn())",
    "(...)",
    "(l)",
    "(u)",
    "undefinedG",
    "(\"lit\")",
    "(nil)",
    "(2.5)",
    "t.f",
    "_G.undefinedF",
    "_ENV.G",
    "t.g[k]",
];

/// Without `^`, whose last digit is the C library's affair.
const ARITHMETIC: &[&str] = &["+", "-", "*", "/", "%", "//"];
const BITWISE: &[&str] = &["&", "|", "~", "<<", ">>"];
const COMPARISONS: &[&str] = &["<", "<=", ">", ">="];
const EDGES: &[&str] = &[
    "0",
    "-0.0",
    "1",
    "-1",
    "math.maxinteger",
    "math.mininteger",
    "2^53",
    "2^63",
    "-2^63",
    "1/0",
    "-1/0",
    "1e308",
    "5e-324",
    "0.1",
    "9007199254740993",
    "255",
    "1e15",
    "3.0",
    "-7",
    "0.5",
    "1e100",
    "math.pi",
];

impl Generator<'_> {
    /// Writes a template, its holes filled.
    pub(super) fn fill(&mut self, template: &Template) {
        let key = self.key();
        let text = self.filled(template.text, &key);
        self.line(text);
    }

    fn filled(&mut self, text: &str, key: &str) -> String {
        let mut out = String::with_capacity(text.len() * 2);
        let mut rest = text;
        while let Some(at) = rest.find(['$', '‹']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(inside) = rest.strip_prefix('‹') {
                let (choices, length) = alternatives(inside);
                let choice = choices[self.rng.below(choices.len())];
                out.push_str(&self.filled(choice, key));
                rest = &inside[length..];
            } else {
                let letter = rest[1..].chars().next().unwrap_or(' ');
                match self.hole(letter, key) {
                    Some(filling) => {
                        out.push_str(&filling);
                        rest = &rest[2..];
                    }
                    None => {
                        out.push('$');
                        rest = &rest[1..];
                    }
                }
            }
        }
        out.push_str(rest);
        out
    }

    fn hole(&mut self, letter: char, key: &str) -> Option<String> {
        let word = |g: &mut Self, list: &[&str]| (*g.rng.pick(list)).to_owned();
        Some(match letter {
            'i' => self.int(1),
            'f' => self.float(1),
            'n' => self.number(1),
            's' => self.value(&Type::Str, 1),
            'b' => self.boolean(1),
            'v' => self.any(1),
            'd' => self.small_int(),
            'p' => self.rng.between(1, 6).to_string(),
            'e' => word(self, EDGES),
            'q' => self.string_literal(),
            'k' => key.to_owned(),
            'x' => word(self, BAD_VALUES),
            'A' => word(self, OPERANDS),
            'o' => word(self, ARITHMETIC),
            'w' => word(self, BITWISE),
            'c' => word(self, COMPARISONS),
            'S' => {
                let body = self.block(|g| g.statements(2));
                format!("do\n{body}end\n")
            }
            _ => return None,
        })
    }
}

/// The alternatives after an opening `‹`, and the length of the text up to and with the `›` that closes it.
fn alternatives(text: &str) -> (Vec<&str>, usize) {
    let (mut choices, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '‹' => depth += 1,
            '›' if depth > 0 => depth -= 1,
            '›' => {
                choices.push(&text[start..at]);
                return (choices, at + '›'.len_utf8());
            }
            '¦' if depth == 0 => {
                choices.push(&text[start..at]);
                start = at + '¦'.len_utf8();
            }
            _ => {}
        }
    }
    panic!("an alternative without its end: {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_may_nest() {
        assert_eq!(alternatives("a¦b‹c¦d›¦› rest"), (vec!["a", "b‹c¦d›", ""], "a¦b‹c¦d›¦›".len()));
    }

    #[test]
    fn every_template_parses_whatever_fills_it() {
        let options = super::super::Options::default();
        for template in all() {
            for seed in 0..40 {
                let mut generator = Generator::new(seed, &options);
                generator.frame().vararg = false;
                generator.fill(&template);
                if let Err(error) = crate::lua::parse(&generator.text) {
                    panic!("{}: {error}\n{}", template.name, generator.text);
                }
            }
        }
    }
}
