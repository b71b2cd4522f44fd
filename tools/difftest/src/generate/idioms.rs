//! The table of what programs are made of: plain statements, and idioms that each exercise one part of the language.

use std::sync::OnceLock;

use super::Generator;
use super::template::{self, Template};

/// A kind of plain statement and how often it is drawn.
pub struct Plain {
    pub weight: u32,
    pub write: fn(&mut Generator),
}

/// How an idiom is written.
pub enum Writer {
    Code(fn(&mut Generator)),
    Template(Template),
}

/// An idiom, how often it is drawn, and about how many statements it runs.
pub struct Idiom {
    pub name: &'static str,
    pub weight: u32,
    pub cost: u64,
    /// Only in the main chunk, outside of blocks.
    pub top_level: bool,
    pub writer: Writer,
}

macro_rules! plain {
    ($($name:ident $weight:literal;)*) => {
        &[$(Plain { weight: $weight, write: |g| g.$name() }),*]
    };
}

/// Plain statements.
pub const PLAIN: &[Plain] = plain! {
    local 14;
    several_locals 4;
    assignment 14;
    update 6;
    append 4;
    several_assignments 4;
    field_assignment 10;
    array_statement 8;
    print 10;
    dump 3;
    conditional_statement 10;
    numeric_for 7;
    while_loop 3;
    repeat_loop 3;
    generic_for 5;
    do_block 2;
    definition 7;
    call_statement 9;
    object_statement 5;
};

type Row = (&'static str, u32, u64, bool, fn(&mut Generator));

/// Idioms that need more than a template: they declare for later, or choose their own structure.
const CODED: &[Row] = &[
    ("function.recursion", 8, 80, false, |g| g.recursion()),
    ("function.mutual_recursion", 5, 60, false, |g| g.mutual_recursion()),
    ("function.varargs", 14, 20, false, |g| g.varargs()),
    ("control.goto", 8, 40, false, |g| g.goto_idiom()),
    ("control.loop_edges", 12, 12, false, |g| g.loop_edges()),
    ("table.library", 14, 40, false, |g| g.table_library()),
    ("table.array_kinds", 10, 60, false, |g| g.array_kinds()),
    ("table.dictionary", 10, 80, false, |g| g.dictionary()),
    ("large.constructor", 5, 30, false, |g| g.large_constructor()),
    ("large.constants", 4, 60, false, |g| g.large_constants()),
    ("large.arguments", 4, 30, false, |g| g.large_arguments()),
    ("large.fields", 5, 60, false, |g| g.large_fields()),
    ("large.nesting", 4, 30, false, |g| g.large_nesting()),
    ("large.branches", 4, 40, false, |g| g.large_branches()),
    ("class.definition", 24, 10, true, |g| g.class_definition()),
];

/// Every idiom, coded or template.
pub fn idioms() -> &'static [Idiom] {
    static ALL: OnceLock<Vec<Idiom>> = OnceLock::new();
    ALL.get_or_init(|| {
        let coded = CODED.iter().map(|&(name, weight, cost, top_level, write)| Idiom {
            name,
            weight,
            cost,
            top_level,
            writer: Writer::Code(write),
        });
        let templates = template::all().map(|template| Idiom {
            name: template.name,
            weight: template.weight,
            cost: template.cost,
            top_level: false,
            writer: Writer::Template(template),
        });
        coded.chain(templates).collect()
    })
}

/// What [`Options::only`](super::Options::only) chooses from.
pub fn idiom_names() -> impl Iterator<Item = &'static str> {
    idioms().iter().map(|row| row.name)
}
