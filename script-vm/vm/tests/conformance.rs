//! Conformance: every program of `tests/conformance` must print exactly what PUC Lua 5.4 prints.
//!
//! Each program runs in PUC Lua and in Interlune, in modes that differ in when garbage is collected: whenever the VM likes,
//! at every or at every 61st safepoint with the heap verified, and in tiny steps that the host takes whenever the program
//! prints; and in modes that differ in when functions are compiled.
//! Where Interlune is known to differ, `tests/conformance/differences` says how, line by line; a difference more or less
//! is a failure. (`BLESS_DIFFERENCES=1` writes these files anew.) Text that right engines may differ in (addresses, the sign of NaN) is made alike before it is compared, nothing else.
//! Snippets that end in an error nobody catches are in `uncaught_errors.txt`, sources that do not compile in
//! `syntax_errors.txt`; their messages are compared as well.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use interlune::jit::{Aids, GuardStress, Jit, Options, Tier, Timing};
use interlune::{Libs, Lua};

/// When garbage is collected.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// As the VM's own pacing has it.
    Plain,
    /// Wholly, at every safepoint, with the heap verified.
    Stress,
    /// The same at every Nth safepoint; see [`sparse_period`].
    Sparse,
    /// In tiny steps of the host's whenever the program prints.
    Steps,
    /// As the VM has it; every function is compiled when it is first called.
    Baseline,
    /// As [`Mode::Sparse`]; functions are compiled after they have run a little.
    Warm,
    /// As the VM has it; code is thrown away all the time, and inline caches have one entry.
    Tiny,
    /// As [`Mode::Warm`]; functions are optimized after they have run a little more.
    Optimized,
    /// The same without collections; every third guard of optimized code fails without need.
    Deopt,
    /// The same, but all optimized code is out of use at every safepoint.
    Invalidate,
}

impl Mode {
    /// How functions are compiled, if they are.
    fn jit(self) -> Option<Options> {
        let sync = |threshold| Options {
            timing: Timing::Sync { threshold },
            tier_cap: Tier::Baseline,
            ..Options::default()
        };
        let optimizing = Options { tier_cap: Tier::Optimizing, optimize_after: 20, ..sync(20) };
        match self {
            Mode::Plain | Mode::Stress | Mode::Sparse | Mode::Steps => None,
            Mode::Baseline => Some(sync(0)),
            Mode::Warm => Some(sync(20)),
            Mode::Optimized => Some(optimizing),
            Mode::Deopt => {
                let aids = Aids { guard_stress: GuardStress::EveryNth, ..Aids::default() };
                Some(Options { aids, ..optimizing })
            }
            Mode::Invalidate => {
                let aids = Aids { invalidates: true, ..Aids::default() };
                Some(Options { aids, ..optimizing })
            }
            Mode::Tiny => Some(Options { max_code_bytes: 16 << 10, cache_entries: 1, ..sync(0) }),
        }
    }
}

/// Safepoints between two collections in the mode [`Mode::Sparse`]: primes, so that loops meet collections at each of
/// their places; so large that all programs together take some ten seconds.
fn sparse_period(program: &str) -> u32 {
    match program {
        // Many calls.
        "recursion.lua" | "sort_accesses.lua" => 1_009,
        _ => 61,
    }
}

/// Both engines get a `print` that first calls `step`, so that the levels of errors and tracebacks are the same.
const STEPPING_PRINT: &str =
    "local step, print = ... _G.print = function(...) step() return print(...) end";

/// PUC Lua's `print`, into a sink.
const ORACLE_PRINT: &str = "
local emit, select, tostring, concat = ..., select, tostring, table.concat
_G.print = function(...)
  local t = {}
  for i = 1, select('#', ...) do t[i] = tostring((select(i, ...))) end
  emit(concat(t, '\t') .. '\\n')
end";

/// The vector library for PUC Lua.
const ORACLE_VECTORS: &str = "../../../../tools/difftest/src/vectors.lua";

/// What a program prints in PUC Lua. One runs at a time and only once for all modes, since the locale that programs set
/// is the whole process's.
fn expected(source: &[u8], name: &str) -> String {
    static OUTPUTS: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    let mut outputs = OUTPUTS.lock().unwrap_or_else(PoisonError::into_inner);
    outputs.entry(name.to_string()).or_insert_with(|| oracle(source, name)).clone()
}

/// Everything the program printed in PUC Lua, and the message it ended with if it failed.
fn oracle(source: &[u8], name: &str) -> String {
    #[allow(unsafe_code, reason = "the oracle has all libraries, `debug` among them")]
    // SAFETY: the programs are this repository's own; `debug` and binary chunks are what makes this constructor unsafe.
    let lua = unsafe { mlua::Lua::unsafe_new_with(mlua::StdLib::ALL, mlua::LuaOptions::default()) };
    let output = Rc::new(RefCell::new(Vec::new()));
    let sink = output.clone();
    let run = || -> mlua::Result<()> {
        let emit = lua.create_function(move |_, text: mlua::LuaString| {
            sink.borrow_mut().extend_from_slice(&text.as_bytes());
            Ok(())
        })?;
        lua.load(ORACLE_PRINT).call::<()>(emit)?;
        if name == "vectors.lua" {
            lua.load(std::fs::read(directory().join(ORACLE_VECTORS))?).exec()?;
        }
        let load: mlua::Function = lua.globals().get("load")?;
        let pcall: mlua::Function = lua.globals().get("pcall")?;
        let source = lua.create_string(source)?;
        let (chunk, message): (Option<mlua::Function>, mlua::Value) =
            load.call((source, format!("@{name}")))?;
        let outcome = match chunk {
            Some(chunk) => pcall.call::<(bool, mlua::Value)>(chunk)?,
            None => (false, message),
        };
        if !outcome.0 {
            let text: mlua::Function = lua.globals().get("tostring")?;
            let text: mlua::LuaString = text.call(outcome.1)?;
            write_error(&mut output.borrow_mut(), &text.to_string_lossy());
        }
        Ok(())
    };
    run().unwrap_or_else(|error| panic!("the oracle cannot run {name}: {error}"));
    lua.load("os.setlocale('C')").exec().unwrap_or_else(|error| panic!("no locale: {error}"));
    text_of(&output)
}

/// The same for Interlune.
fn interlune(source: &[u8], name: &str, mode: Mode) -> String {
    let lua = Lua::with_libs(Libs::Full);
    let output = Rc::new(RefCell::new(Vec::new()));
    let sink = output.clone();
    lua.set_print(move |bytes| sink.borrow_mut().extend_from_slice(bytes));
    let run = || -> interlune::Result<()> {
        if mode == Mode::Steps {
            let step = lua.create_function(|lua, ()| {
                lua.gc_step(Instant::now() + Duration::from_micros(20));
                Ok(())
            })?;
            let print: interlune::Function = lua.globals().get("print")?;
            lua.load(STEPPING_PRINT).call::<()>((step, print))?;
        }
        lua.set_guard_stress_period(3);
        lua.set_gc_stress_period(match mode {
            Mode::Plain
            | Mode::Steps
            | Mode::Baseline
            | Mode::Tiny
            | Mode::Deopt
            | Mode::Invalidate => 0,
            Mode::Stress => 1,
            Mode::Sparse | Mode::Warm | Mode::Optimized => sparse_period(name),
        });
        if let Some(options) = mode.jit() {
            lua.set_test_quantum(Some(10));
            Jit::attach(&lua, options).map_err(interlune::Error::external)?;
        }
        lua.load(source).set_name(format!("@{name}")).exec()
    };
    if let Err(error) = run() {
        write_error(&mut output.borrow_mut(), &error.to_string());
    }
    lua.set_gc_stress(false);
    text_of(&output)
}

fn write_error(output: &mut Vec<u8>, message: &str) {
    output.extend_from_slice(b"error: ");
    output.extend_from_slice(message.as_bytes());
    output.push(b'\n');
}

fn text_of(output: &RefCell<Vec<u8>>) -> String {
    alike(&String::from_utf8_lossy(&output.borrow()))
}

/// The text with addresses and signs of NaN made alike.
fn alike(text: &str) -> String {
    let text = text.replace("-nan", "nan");
    let mut parts = text.split(": 0x");
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        out.push_str(": ADDRESS");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    out
}

/// Fails with the lines that differ, each with the last line before it that is the same.
fn compare(name: &str, expected: &str, actual: &str) {
    /// Differing lines that are shown.
    const SHOWN: usize = 40;
    let (left, right): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
    let mut report = String::new();
    let mut differing = 0;
    for at in 0..left.len().max(right.len()) {
        let (want, got) = (left.get(at), right.get(at));
        if want == got {
            continue;
        }
        differing += 1;
        if differing <= SHOWN {
            let none = &"(no such line)";
            let (want, got) = (want.unwrap_or(none), got.unwrap_or(none));
            let _ = writeln!(report, "line {}:\n  - {want}\n  + {got}", at + 1);
        }
    }
    let known = directory().join("differences").join(format!("{name}.txt"));
    if std::env::var_os("BLESS_DIFFERENCES").is_some() {
        if differing > 0 {
            std::fs::write(&known, &report).expect("the folder of known differences is writable");
        } else {
            // There may have been none before either.
            let _ = std::fs::remove_file(&known);
        }
    }
    let known = std::fs::read_to_string(&known).unwrap_or_default();
    assert!(
        report == known,
        "{name}: {differing} lines of output differ from PUC Lua's (-), not those in \
         tests/conformance/differences\n{report}"
    );
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

fn read(file: &str) -> Vec<u8> {
    let path = directory().join(file);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs a program in one mode and compares what it printed.
fn check(program: &str, mode: Mode) {
    let file = format!("{program}.lua");
    let source = read(&file);
    assert!(source.starts_with(b"-- "), "{file} does not begin with what it tests");
    compare(&file, &expected(&source, &file), &interlune(&source, &file, mode));
}

/// Tests of each program, in several modes. Programs of the second list, about objects that live and die, are short
/// enough for a collection at every safepoint.
macro_rules! programs {
    (plain { $($plain:ident)* } collected { $($collected:ident)* }) => {
        const PROGRAMS: &[&str] = &[$(stringify!($plain),)* $(stringify!($collected)),*];
        programs! { @modes [$($plain)*] { plain Plain, gc_sparse Sparse, gc_steps Steps, jit Baseline, jit_warm Warm, jit_tiny Tiny, jit_optimized Optimized, jit_deopt Deopt, jit_invalidate Invalidate } }
        programs! { @modes [$($collected)*] { plain Plain, gc_stress Stress, gc_sparse Sparse, gc_steps Steps, jit Baseline, jit_warm Warm, jit_tiny Tiny, jit_optimized Optimized, jit_deopt Deopt, jit_invalidate Invalidate } }
    };
    (@modes [$($program:ident)*] $modes:tt) => {
        $(programs! { @program $program $modes })*
    };
    (@program $program:ident { $($test:ident $mode:ident),* }) => {
        mod $program {
            use super::{Mode, check};

            $(
                #[test]
                fn $test() {
                    check(stringify!($program), Mode::$mode);
                }
            )*
        }
    };
}

programs! {
    plain {
        absent_fields arithmetic array_parts assumptions bitwise coercion comparison computed_fields coroutine_yields coroutines
        counted_loops debug_library
        error_names errors finalizers format generic_for hot_bytes hot_callbacks hot_counting hot_divisions hot_effects hot_elements hot_iteration hot_keys hot_lengths hot_library hot_lookups hot_numbers
        hot_metamethods hot_perhaps hot_receivers hot_results hot_several hot_stores hot_tail_calls hot_varargs io_library library_arguments lines literals
        load_env long_functions math_library meta_index meta_misc meta_operators mortal_classes numeric_for os_library
        package_library patterns precedence recursion shapes sort sort_accesses string_library string_pack
        sunk_tables table_keys table_library table_parts tables unwinding utf8_library vectors visible_variables weak_tables xpcall
    }
    collected {
        assignment attribs closures coroutine_close goto results varargs
    }
}

#[test]
fn every_program_is_listed() {
    let mut files: Vec<String> = std::fs::read_dir(directory())
        .expect("the directory of programs")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter_map(|file| file.strip_suffix(".lua").map(ToString::to_string))
        .collect();
    files.sort();
    let mut listed = PROGRAMS.to_vec();
    listed.sort_unstable();
    assert_eq!(files, listed);
}

/// Snippets are separated by lines of `----`; each is a chunk of its own.
fn snippets(file: &str) -> Vec<String> {
    let text = String::from_utf8(read(file)).expect("snippets are UTF-8");
    text.split("\n----\n").map(|snippet| snippet.trim_end_matches('\n').to_string()).collect()
}

/// Compares what each snippet of a file ends with, all in one report.
fn check_snippets(file: &str) {
    let (mut expected, mut actual) = (String::new(), String::new());
    for snippet in snippets(file) {
        let title = format!("{:?}\n", snippet.chars().take(100).collect::<String>());
        let want = oracle(snippet.as_bytes(), "snippet");
        assert!(want.contains("error: "), "PUC Lua accepts {title}");
        expected.push_str(&(title.clone() + &want));
        actual.push_str(&(title + &interlune(snippet.as_bytes(), "snippet", Mode::Plain)));
    }
    compare(file, &expected, &actual);
}

#[test]
fn uncaught_errors() {
    check_snippets("uncaught_errors.txt");
}

#[test]
fn syntax_errors() {
    check_snippets("syntax_errors.txt");
}
