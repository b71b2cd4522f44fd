//! Bad input: whatever a script or its author does ends in a proper error in reasonable time, and the VM works on.
//!
//! Endless loops under limits of time and instructions, allocation without end under a limit of memory, recursion of
//! every kind on small native stacks, random bytes and truncated or mutated programs. A crash fails the whole binary, so
//! nothing here can pass by accident.

use std::time::{Duration, Instant};

use interlune::{Error, Libs, Lua, Mode, Result, Value};

/// Memory that the scripts of the memory tests may use.
const MEMORY_LIMIT: usize = 16 << 20;

/// Checks that the VM still runs scripts, collects and holds together.
fn still_works(lua: &Lua, after: &str) {
    let text = "
        local t, s = {}, 0
        for i = 1, 100 do t[i] = { v = i, name = 'n' .. i } end
        for _, o in ipairs(t) do s = s + o.v + #o.name end
        local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
        return s + co() + co(), pcall(error, 'x', 0)";
    let results: (i64, bool, String) =
        lua.load(text).eval().unwrap_or_else(|error| panic!("after {after}: {error}"));
    assert_eq!(results, (5050 + 292 + 3, false, "x".to_string()), "after {after}");
    lua.gc_collect();
}

fn message_of(outcome: Result<()>, script: &str) -> String {
    match outcome {
        Ok(()) => panic!("no error from {script}"),
        Err(error) => error.to_string(),
    }
}

// --- time and instructions

/// Scripts that never end, in ways that a limit could miss.
const ENDLESS: &[&str] = &[
    "while true do end",
    "repeat until false",
    "for i = 1, math.huge do end",
    "for i = 1, math.maxinteger do end",
    "::top:: goto top",
    "local function f() return f() end f()",
    "while true do pcall(function() while true do end end) end",
    "while true do pcall(error) end",
    "while true do xpcall(function() while true do end end, function() while true do end end) end",
    "while true do coroutine.wrap(function() while true do end end)() end",
    "local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end",
    "local t = setmetatable({}, { __index = function() while true do end end }) return t.x",
    "table.sort({ 1, 2, 3 }, function() while true do end end)",
    "return (('x'):gsub('x', function() while true do end end))",
    "for _ in function() return 1 end do end",
    "local s = ('a'):rep(40000) return s:find(('.-'):rep(20) .. 'b')",
    "while true do local x <close> = setmetatable({}, { __close = function() end }) end",
    "local t = setmetatable({}, { __close = function() while true do end end }) local x <close> = t while true do end",
    "return load(function() return ' ' end)",
    "while true do setmetatable({}, { __gc = function() while true do end end }) collectgarbage() end",
    "return tostring(setmetatable({}, { __tostring = function() while true do end end }))",
    "local t = {} for i = 1, 2000 do t[i] = i end while true do table.concat(t) end",
    "local function f(n) if n == 0 then return end return n, f(n - 1) end while true do f(150000) end",
    "local function f() return pcall(f) end while true do f() end",
];

#[test]
fn endless_scripts_end_at_the_time_limit() {
    for script in ENDLESS {
        let lua = Lua::new();
        lua.set_time_limit(Some(Duration::from_millis(30)));
        let start = Instant::now();
        let message = message_of(lua.load(*script).set_name("@endless.lua").exec(), script);
        let taken = start.elapsed();
        // A closer that does not end either exceeds its grace, which counts instructions too.
        assert!(message.contains("budget exceeded"), "{script}: {message}");
        assert!(taken < Duration::from_millis(1500), "{script} took {taken:?}");
        lua.set_time_limit(None);
        still_works(&lua, script);
    }
}

#[test]
fn a_budget_error_names_chunk_and_line() {
    let lua = Lua::new();
    lua.set_instruction_limit(Some(10_000));
    let script = "local n = 0\nwhile true do\n  n = n + 1\nend";
    let error = lua.load(script).set_name("@loop.lua").exec().expect_err("it never ends");
    let (chunk, line) = error.location().unwrap_or_else(|| panic!("no place in {error}"));
    assert_eq!(chunk, "loop.lua");
    assert!((2..=4).contains(&line), "{error}");
    assert!(error.traceback().contains("loop.lua"), "{}", error.traceback());
}

#[test]
fn a_budget_error_is_not_caught_and_closers_get_their_grace() {
    let lua = Lua::new();
    lua.set_instruction_limit(Some(10_000));
    let script = "
        log = {}
        local outer <close> = setmetatable({}, { __close = function(_, e) log[#log + 1] = 'outer' end })
        pcall(function()
            local inner <close> = setmetatable({}, { __close = function(_, e)
                for i = 1, 100 do log.n = i end
                log[#log + 1] = 'inner'
            end })
            pcall(function() while true do end end)
            log[#log + 1] = 'caught'
        end)
        log[#log + 1] = 'caught'";
    message_of(lua.load(script).exec(), script);
    lua.set_instruction_limit(None);
    let log: String = lua.load("return table.concat(log, ' ') .. ' ' .. log.n").eval().unwrap();
    assert_eq!(log, "inner outer 100");
}

#[test]
fn the_instruction_limit_is_deterministic() {
    let script = "
        count = 0
        local function f(x) count = count + 1 return x end
        local t = {}
        while true do for i = 1, 7 do t[i] = f(i) end table.sort(t, function(a, b) return f(a) < f(b) end) end";
    let run = |stress: bool| {
        let lua = Lua::new();
        lua.set_instruction_limit(Some(2_000));
        lua.set_gc_stress(stress);
        let message = message_of(lua.load(script).set_name("@c.lua").exec(), script);
        lua.set_gc_stress(false);
        lua.set_instruction_limit(None);
        (message, lua.globals().get::<i64>("count").unwrap())
    };
    let first = run(false);
    assert!(first.1 > 100, "{first:?}");
    assert_eq!(run(false), first);
    assert_eq!(run(true), first, "collections must not count");
}

// --- memory

/// Scripts that allocate until something stops them.
const GREEDY: &[&str] = &[
    "local t = {} while true do t[#t + 1] = {} end",
    "local t = {} for i = 1, math.huge do t[i] = i end",
    "local t = {} for i = 1, math.huge do t['k' .. i] = i end",
    "local s = 'x' while true do s = s .. s end",
    "local s = '' while true do s = s .. ('x'):rep(1000) end",
    "return ('x'):rep(1 << 30)",
    "return ('x'):rep(1 << 40)",
    "return ('ab'):rep(1 << 28, 'sep')",
    "local t = {} while true do t[#t + 1] = function() return t end end",
    "local t = {} while true do t[#t + 1] = coroutine.create(function() end) end",
    "local t = {} while true do local c = coroutine.wrap(function() coroutine.yield() end) c() t[#t + 1] = c end",
    "local t = {} for i = 1, math.huge do t[i] = ('%d'):format(i):rep(100) end",
    "local t = {} while true do t[#t + 1] = load('return 1') end",
    "local t = {} for i = 1, 1e6 do t[i] = 'some text' end while true do t[1] = table.concat(t) t[2] = t[1] end",
    "return (('x'):rep(1 << 20):gsub('x', ('y'):rep(1 << 10)))",
    "local t = {} while true do table.insert(t, 1.5) end",
    "local t = {} for i = 1, math.huge do t[i * 1000] = true end",
    "local t = {} while true do t = { t, { t } } t[3] = t end",
    "return string.pack(('s4'):rep(100), table.unpack((function() local t = {} for i = 1, 100 do t[i] = ('x'):rep(1 << 20) end return t end)()))",
    "local t = {} while true do pcall(function() while true do t[#t + 1] = { 1, 2, 3 } end end) end",
    "local t = setmetatable({}, { __mode = 'k' }) local k = {} while true do k[#k + 1] = {} t[k[#k]] = k end",
    "return load(('x = 1 '):rep(1 << 22))",
    "local t = {} while true do t[#t + 1] = setmetatable({}, { __gc = function() end }) end",
];

#[test]
fn greedy_scripts_end_at_the_memory_limit() {
    for script in GREEDY {
        let lua = Lua::new();
        lua.set_memory_limit(Some(MEMORY_LIMIT));
        lua.set_time_limit(Some(Duration::from_secs(20)));
        let start = Instant::now();
        let message = message_of(lua.load(*script).exec(), script);
        assert!(
            message.contains("not enough memory")
                || message.contains("stack overflow")
                || message.contains("resulting string too large"),
            "{script}: {message}"
        );
        let taken = start.elapsed();
        assert!(taken < Duration::from_secs(10), "{script} took {taken:?}");
        lua.set_time_limit(None);
        // What the first collection finalizes, the second frees.
        lua.gc_collect();
        lua.gc_collect();
        assert!(lua.used_memory() < MEMORY_LIMIT / 2, "{script} keeps {}", lua.used_memory());
        still_works(&lua, script);
    }
}

// --- recursion

/// Scripts that recurse without end, by every road there is.
const RECURSIVE: &[&str] = &[
    "local function f() return 1 + f() end return f()",
    "local function f(...) return (f(1, ...)) end return f()",
    "local a, b function a() return (b()) end function b() return (a()) end return a()",
    "local t = setmetatable({}, { __index = function(t, k) return t[k] end }) return t.x",
    "local t = setmetatable({}, { __newindex = function(t, k, v) t[k] = v end }) t.x = 1",
    "local t = setmetatable({}, { __add = function(a, b) return a + b end }) return t + 1",
    "local t = setmetatable({}, { __concat = function(a, b) return a .. b end }) return t .. 'x'",
    "local t = setmetatable({}, { __eq = function(a, b) return a == {} or b == a end }) local u = setmetatable({}, getmetatable(t)) return t == u",
    "local t = setmetatable({}, { __lt = function(a, b) return a < b end }) return t < t",
    "local t = setmetatable({}, { __len = function(a) return #a end }) return #t",
    "local t = setmetatable({}, { __unm = function(a) return -a end }) return -t",
    "local t = setmetatable({}, { __call = function(self) return (self()) end }) return t()",
    "local t = {} for i = 1, 3000 do t = setmetatable({}, { __call = t }) end return t()",
    "local t = {} for i = 1, 300000 do t = setmetatable({}, { __index = t }) end return t.x",
    "local t = {} setmetatable(t, { __index = t }) return t.x",
    "local t = setmetatable({}, { __tostring = function(t) return tostring(t) end }) return tostring(t)",
    "local t = setmetatable({}, { __tostring = function(t) return ('%s'):format(t) end }) return tostring(t)",
    "local t = setmetatable({}, { __tostring = function(t) print(t) return 'x' end }) print(t)",
    "local t = setmetatable({}, { __pairs = function(t) return pairs(t) end }) return pairs(t)",
    "local function f() local ok, e = pcall(f) if not ok then error(e, 0) end return 1 + nil end f()",
    "local function f() return (('x'):gsub('x', f)) end return f()",
    "local function f() table.sort({ 1, 2 }, function(a, b) f() return a < b end) end f()",
    "local function f() return load('local f = ... return (f())')(f) + 1 end return f()",
    "local function f() return coroutine.wrap(function() return (f()) end)() end return f()",
    "local function f() local c = coroutine.create(function() return (f()) end) local ok, e = coroutine.resume(c) if not ok then error(e, 0) end end f()",
    "local function h(m) error(m, 0) end local ok, e = xpcall(error, h, 'x') error(e, 0)",
    "local function h(m) local x = nil + 1 end local ok, e = xpcall(error, h, 'x') error(e, 0)",
    "local function f() local x <close> = setmetatable({}, { __close = function() f() end }) end f()",
    "local function f() for _ in f do end end f()",
    "local function f() return select(2, pcall(f)) .. nil end return f()",
    "return (('x'):rep(300000)):match(('(x)'):rep(40))",
    "return (('('):rep(3000)):find(('%('):rep(1000) .. '%b()') + 1",
    "return ('a'):rep(1000):match('(.-)%1b', 1) .. nil",
    "return ('a'):rep(250000):find('^' .. ('a?'):rep(250000) .. 'b') + 1",
    "return load('return ' .. ('('):rep(100000))() ",
    "return assert(load('return ' .. ('('):rep(100000) .. '1' .. (')'):rep(100000)))",
    "return assert(load('return ' .. ('{'):rep(100000) .. ('}'):rep(100000)))",
    "return assert(load('return ' .. ('-'):rep(1) .. (' - '):rep(100000) .. '1'))",
    "return assert(load('return ' .. ('not '):rep(100000) .. '1'))",
    "return assert(load('return 1' .. (' .. 1'):rep(100000)))",
    "return assert(load('return 1' .. (' ^ 1'):rep(100000)))",
    "return assert(load(('do '):rep(100000) .. ('end '):rep(100000)))",
    "return assert(load(('if x then '):rep(100000) .. ('end '):rep(100000)))",
    "return assert(load(('while x do '):rep(100000) .. ('end '):rep(100000)))",
    "return assert(load(('for i = 1, 2 do '):rep(100000) .. ('end '):rep(100000)))",
    "return assert(load('return ' .. ('function() return '):rep(100000) .. ('end '):rep(100000)))",
    "return assert(load('x = ' .. ('f('):rep(100000) .. (')'):rep(100000)))",
    "return assert(load('x = ' .. ('a['):rep(100000) .. '1' .. (']'):rep(100000)))",
    "return assert(load('if x then ' .. ('elseif x then '):rep(100000)))",
    "return assert(load(('repeat '):rep(100000) .. ('until x '):rep(100000)))",
];

/// How many times as large native frames are as in a plain build: `cargo xtask sanitize` says so, since a sanitizer
/// puts room around every variable. A test that gives a thread a small stack multiplies it by this.
fn frame_factor() -> usize {
    let factor = std::env::var("INTERLUNE_FRAME_FACTOR").ok();
    factor.map_or(1, |factor| factor.parse().expect("INTERLUNE_FRAME_FACTOR is a number"))
}

/// Runs every recursive script in a thread with a native stack of `stack` bytes.
fn recurse_on(stack: usize) {
    let thread = std::thread::Builder::new().stack_size(stack * frame_factor()).spawn(|| {
        for script in RECURSIVE {
            let lua = Lua::new();
            lua.set_print(|_| {});
            lua.set_memory_limit(Some(256 << 20));
            // Far more than a sanitizer on a busy machine needs.
            lua.set_time_limit(Some(Duration::from_secs(120)));
            let message = message_of(lua.load(*script).set_name("=r").exec(), script);
            assert!(!message.contains("budget"), "{script}: {message:.200}");
            assert!(message.len() < 2000, "{script}: a message of {} bytes", message.len());
            still_works(&lua, script);
        }
    });
    thread.expect("a thread").join().expect("every script ends in an error");
}

#[test]
fn recursion_on_a_stack_of_2_mib() {
    recurse_on(2 << 20);
}

#[test]
fn recursion_on_a_stack_of_512_kib() {
    recurse_on(512 << 10);
}

// --- sources

/// A small generator (splitmix64), so that failures repeat.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// Compiles, expecting a syntax error.
fn refused(lua: &Lua, source: Vec<u8>, what: &str) -> String {
    match lua.load(source).set_name("=bad").into_function() {
        Err(Error::Syntax { message, .. }) => message,
        Err(other) => panic!("{what}: {other}"),
        Ok(_) => panic!("{what} compiles"),
    }
}

#[test]
fn garbage_is_refused() {
    let lua = Lua::new();
    let mut random = Random(1);
    for round in 0..2000 {
        let bytes: Vec<u8> = (0..16 + random.below(200)).map(|_| random.next() as u8).collect();
        // Some few bytes may happen to be a program: what matters is that nothing breaks.
        let outcome = lua.load(bytes).set_name("=bad").into_function();
        assert!(round != 0 || outcome.is_err());
    }
    let large: Vec<u8> = (0..10 << 20).map(|_| random.next() as u8).collect();
    let start = Instant::now();
    refused(&lua, large, "10 MB of garbage");
    refused(&lua, vec![0; 10 << 20], "10 MB of NUL");
    refused(&lua, vec![b'('; 10 << 20], "10 MB of parentheses");
    refused(&lua, vec![b'['; 10 << 20], "10 MB of brackets");
    refused(&lua, vec![b'"'; 10 << 20], "10 MB of quotes");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    still_works(&lua, "garbage");
}

#[test]
fn odd_bytes_in_sources() {
    let lua = Lua::new();
    for (source, what) in [
        (&b"x = \xff"[..], "a lone byte"),
        (b"x\0 = 1", "NUL in code"),
        (b"\xef\xbb\xbf\xef\xbb\xbfx = 1", "two byte order marks"),
        (b"x\xc3\xa9 = 1", "a letter that is none"),
        (b"return 1 \x1b", "escape"),
        (b"x = \"a\nb\"", "a line end in a string"),
        (b"\x1bLua", "a signature without a chunk"),
    ] {
        let message = refused(&lua, source.to_vec(), what);
        assert!(message.len() < 300, "{what}: {message}");
    }
    let accepted = b"-- \xff\xfe comment\nlocal s = \"\xff\0\x80\" return #s, s:byte(1, -1)";
    let bytes: (i64, i64, i64, i64) = lua.load(&accepted[..]).eval().unwrap();
    assert_eq!(bytes, (3, 255, 0, 128));
}

#[test]
fn huge_literals() {
    let lua = Lua::new();
    let digits = "9".repeat(100_000);
    let text = "y".repeat(1 << 20);
    let name = "n".repeat(100_000);
    let cases = [
        (format!("return {digits} == math.huge"), true),
        (format!("return 0x{} == -1", "f".repeat(100_000)), true),
        (format!("return 0.{digits} == 1.0"), true),
        (format!("return 1e{digits} == math.huge"), true),
        (format!("return 1e-{digits} == 0.0"), true),
        (format!("return #'{text}' == {}", 1 << 20), true),
        (format!("return #[==[{text}]==] == {}", 1 << 20), true),
        (format!("local {name} = 5 return {name} == 5"), true),
        (format!("return #{{{}}} == 50000", "1,".repeat(50_000)), true),
        (format!("return #{{{}}} == 70000", "'s',".repeat(70_000)), true),
        (format!("local s = 0 {} return s == 30000", "s = s + 1 ".repeat(30_000)), true),
        (format!("return '{}' == ''", "\\z \n".repeat(10_000)), true),
    ];
    for (source, expected) in cases {
        let outcome: Result<bool> = lua.load(&source).set_name("=huge").eval();
        let head: String = source.chars().take(40).collect();
        assert_eq!(
            outcome.unwrap_or_else(|error| panic!("{head}: {error:.200}")),
            expected,
            "{head}"
        );
    }
    for (source, part) in [
        (
            (0..300).map(|i| format!("local v{i} = {i} ")).collect::<String>(),
            "too many local variables",
        ),
        (
            format!(
                "return function({}) end",
                (0..300).map(|i| format!("p{i},")).collect::<String>() + "q"
            ),
            "too many",
        ),
        (format!("local t = {{}} return {}", "t(".repeat(250) + &")".repeat(250)), ""),
    ] {
        match lua.load(&source).set_name("=many").into_function() {
            Err(error) => assert!(error.to_string().contains(part), "{error}"),
            Ok(_) => assert!(part.is_empty(), "{part}: accepted"),
        }
    }
}

/// About 3 KB with every kind of syntax.
const PROGRAM: &str = include_str!("conformance/assignment.lua");

#[test]
fn every_prefix_of_a_program_compiles_or_is_refused() {
    let lua = Lua::new();
    let source = &PROGRAM.as_bytes()[..3000];
    let mut refused = 0;
    for end in 0..source.len() {
        match lua.load(&source[..end]).set_name("=prefix").into_function() {
            Ok(_) => {}
            Err(Error::Syntax { message, .. }) => {
                assert!(message.starts_with("prefix:"), "{end}: {message}");
                refused += 1;
            }
            Err(other) => panic!("{end}: {other}"),
        }
    }
    assert!(refused > 1000, "{refused}");
}

#[test]
fn a_program_with_bytes_deleted_or_changed_does_no_harm() {
    let lua = Lua::new();
    let mut random = Random(2);
    for _ in 0..3000 {
        let mut source = PROGRAM.as_bytes().to_vec();
        for _ in 0..1 + random.below(3) {
            let at = random.below(source.len());
            match random.below(3) {
                0 => source[at] = random.next() as u8,
                1 => drop(source.remove(at)),
                _ => source.truncate(at.max(1)),
            }
        }
        if let Err(error) = lua.load(source).set_name("=mutant").into_function() {
            assert!(matches!(error, Error::Syntax { .. }), "{error}");
        }
    }
    still_works(&lua, "mutants");
}

// --- binary chunks

#[test]
fn mutated_binary_chunks_are_refused_or_run_safely() {
    let lua = Lua::with_libs(Libs::Full);
    lua.set_print(|_| {});
    let script = "
        return string.dump(function(a, ...)
            local t, s = { a, ..., n = 1.5, [2 ^ 40] = true }, 'text'
            for i = 1, #t do t[i] = (t[i] or 0) * 2 + i end
            for k, v in pairs(t) do s = s .. tostring(k) .. tostring(v) end
            local function inner(x) if x > 0 then return inner(x - 1) end a = x return s end
            local c <close> = setmetatable({}, { __close = function() t.n = nil end })
            while #s < 5 do s = s .. s end
            return inner(3), t.n, s:len(), a and s or t, not a, -t.n, a ~= s, t[1] // 3 & 7
        end)";
    let chunk: interlune::LuaString = lua.load(script).eval().unwrap();
    let bytes = chunk.to_bytes();
    let run = |bytes: Vec<u8>| -> Result<Value> {
        lua.set_time_limit(Some(Duration::from_millis(20)));
        lua.set_memory_limit(Some(64 << 20));
        let function =
            lua.load(bytes).set_name("=mutant").set_mode(Mode::Binary).into_function()?;
        let result = function.call::<Value>((1, 2, 3));
        lua.set_time_limit(None);
        result
    };
    run(bytes.clone()).expect("the chunk itself runs");
    let (mut refused, mut ran) = (0, 0);
    for end in 0..bytes.len() {
        assert!(run(bytes[..end].to_vec()).is_err(), "cut at {end}");
    }
    let mut random = Random(3);
    for round in 0..4000 {
        let mut mutant = bytes.clone();
        for _ in 0..1 + round % 3 {
            let at = random.below(mutant.len());
            mutant[at] ^= 1 << random.below(8);
        }
        match run(mutant) {
            Err(Error::Syntax { .. }) => refused += 1,
            _ => ran += 1,
        }
    }
    assert!(refused > 100, "{refused} refused, {ran} ran");
    lua.set_memory_limit(None);
    still_works(&lua, "mutated chunks");
}

#[test]
fn a_chunk_that_stores_a_list_in_a_number_is_told_so() {
    let lua = Lua::with_libs(Libs::Sandbox);
    // Each place at which an instruction may stand becomes `load_int r0`, with the checksum made right again.
    let script = r#"
        local function checksum(text)
            local hash = 0xcbf29ce484222325
            for at = 1, #text do hash = (hash ~ text:byte(at)) * 0x100000001b3 end
            return string.pack("<i8", hash)
        end
        local dump = string.dump(load("return {1, 2}"), true)
        local head, body = dump:sub(1, 5), dump:sub(14)
        assert(head .. checksum(body) .. body == dump)
        local messages = {}
        for at = 1, #body - 7 do
            local changed = body:sub(1, at - 1) .. string.pack("<BBHi4", 1, 0, 0, 0x41414141) .. body:sub(at + 8)
            local chunk = load(head .. checksum(changed) .. changed, "x", "b")
            if chunk then messages[select(2, pcall(chunk)) or 0] = true end
        end
        return messages["?:-1: a list is stored in what is no table"]"#;
    assert_eq!(lua.load(script).eval::<Option<bool>>().expect("it runs"), Some(true));
    still_works(&lua, "the chunks");
}

#[test]
fn binary_chunks_need_to_be_asked_for() {
    let lua = Lua::with_libs(Libs::Full);
    let chunk: interlune::LuaString =
        lua.load("return string.dump(function() return 5 end)").eval().unwrap();
    let message = refused(&lua, chunk.to_bytes(), "a binary chunk in text mode");
    assert!(message.contains("attempt to load a binary chunk"), "{message}");
    let text = lua.load("return 1").set_mode(Mode::Binary).into_function();
    assert!(text.is_err_and(|error| error.to_string().contains("attempt to load a text chunk")));
    let five: i64 = lua.load(chunk.to_bytes()).set_mode(Mode::Both).call(()).unwrap();
    assert_eq!(five, 5);
}
