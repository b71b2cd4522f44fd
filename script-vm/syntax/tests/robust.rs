//! No input makes the parser panic, loop or overflow its stack.

use proptest::prelude::*;

const SEEDS: [&str; 7] = [
    include_str!("cases/scopes.lua"),
    include_str!("cases/upvalues.lua"),
    include_str!("cases/environment.lua"),
    include_str!("cases/constants.lua"),
    include_str!("cases/jumps.lua"),
    include_str!("cases/expressions.lua"),
    include_str!("cases/literals.lua"),
];

const PIECES: [&str; 48] = [
    "and ",
    "break ",
    "do ",
    "else ",
    "elseif ",
    "end ",
    "for ",
    "function ",
    "goto ",
    "if ",
    "in ",
    "local ",
    "not ",
    "or ",
    "repeat ",
    "return ",
    "then ",
    "until ",
    "while ",
    "x",
    "_ENV",
    "self",
    "1",
    "0x1p",
    "\"s\"",
    "'",
    "[[",
    "]]",
    "--",
    "\n",
    "\\",
    "<const>",
    "<close>",
    "::l::",
    "goto l ",
    "=",
    "==",
    "..",
    "...",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ",",
    ";",
    ":",
];

fn parse(source: &[u8]) -> Result<usize, String> {
    let arena = bumpalo::Bump::new();
    interlune_syntax::parse(&arena, source, "fuzz")
        .map(|chunk| chunk.main.body.stats.len())
        .map_err(|error| error.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn random_bytes(source: Vec<u8>) {
        let _ = parse(&source);
    }

    #[test]
    fn random_tokens(picks in prop::collection::vec(0..PIECES.len(), 0..60)) {
        let source: String = picks.iter().map(|&pick| PIECES[pick]).collect();
        let _ = parse(source.as_bytes());
    }

    #[test]
    fn mutated_programs(
        seed in 0..SEEDS.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..PIECES.len(), 0..4usize), 1..5),
    ) {
        let mut source = SEEDS[seed].as_bytes().to_vec();
        for (at, piece, removed) in edits {
            let at = at.index(source.len() + 1);
            let end = (at + removed).min(source.len());
            source.splice(at..end, PIECES[piece].bytes());
        }
        let _ = parse(&source);
    }
}

/// The deepest nesting that is let through, and far deeper ones, on a stack of half a megabyte.
/// With the opt-level 1 of the dev profile 200 KB would do; wholly unoptimized code takes up to 1.6 MB.
#[test]
fn deep_nesting_needs_little_stack() {
    let shapes = [
        ("x = ", "(", "1", ")"),
        ("x = ", "{", "", "}"),
        ("x = ", "f{g(", "", ")}"),
        ("x = ", "a[", "1", "]"),
        ("x = ", "{[", "1", "] = 1}"),
        ("x = ", "-", "1", ""),
        ("x = ", "not ", "1", ""),
        ("x = ", "a .. ", "1", ""),
        ("x = ", "a ^ ", "1", ""),
        ("x = ", "a or b and ", "1", ""),
        ("x = ", "function() return ", "1", " end"),
        ("", "do ", "", " end"),
        ("", "if x then ", "", " end"),
        ("", "if x then else ", "", " end"),
        ("", "while x do ", "", " end"),
        ("", "repeat ", "", " until x"),
        ("", "for i = 1, 2 do ", "", " end"),
        ("", "for k in x do goto l ", "", " ::l:: end"),
        ("", "local function f() ", "", " end"),
        ("", "function x.f() return {function() ", "", " end} end"),
        ("", "x = function() f(function() ", "", " end) end"),
        ("", "::a", "", ""),
        ("", "a, ", "a = 1", ""),
    ];
    let check = move || {
        for (prefix, opening, middle, closing) in shapes {
            for depth in [48, 64, 97, 98, 99, 190, 195, 196, 197, 250, 100_000] {
                let mut source = prefix.to_owned();
                source.push_str(&opening.repeat(depth));
                source.push_str(middle);
                source.push_str(&closing.repeat(depth));
                let _ = parse(source.as_bytes());
            }
        }
    };
    // `cargo xtask sanitize` says how many times as large frames are under a sanitizer.
    let factor = std::env::var("INTERLUNE_FRAME_FACTOR").ok();
    let factor: usize = factor.map_or(1, |factor| factor.parse().unwrap());
    let stack = 512 * 1024 * factor;
    let thread = std::thread::Builder::new().stack_size(stack).spawn(check).unwrap();
    thread.join().unwrap();
}

/// Chains that lean to the left do not nest: they are as long as anyone likes.
#[test]
fn left_leaning_chains_are_unlimited() {
    for (prefix, link) in
        [("x = a", " + a"), ("x = a", ".b"), ("x = a", "[1]"), ("f", "()"), ("f", ":m()")]
    {
        let source = format!("{prefix}{}", link.repeat(100_000));
        assert_eq!(parse(source.as_bytes()), Ok(1), "{link}");
    }
    let arms = format!("if x then {} end", "elseif x then ".repeat(50_000));
    assert_eq!(parse(arms.as_bytes()), Ok(1));
    let gotos = format!("{} ::l::", "do goto l end ".repeat(3000));
    assert_eq!(parse(gotos.as_bytes()), Ok(3001));
}
