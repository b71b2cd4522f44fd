//! Compiled code: that it is entered, left and thrown away as it should be, whatever scripts do.

#![cfg(feature = "jit")]

use interlune::Lua;
use interlune::jit::{Jit, Options, Tier, Timing, Tunables};

/// A VM in which every function is compiled when it is first called.
fn eager(options: Options) -> (Lua, Jit) {
    let lua = Lua::new();
    let options = Options { timing: Timing::Sync { threshold: 0 }, ..options };
    let jit = Jit::attach(&lua, options).expect("this machine is supported");
    (lua, jit)
}

#[track_caller]
fn check(what: &str, script: &str, expected: &str) {
    let (lua, jit) = eager(Options::default());
    let result: String = lua.load(script).eval().unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(result, expected, "{what}");
    assert!(jit.counters().compiles > 0, "{what}: nothing was compiled");
}

#[test]
fn control_leaves_and_enters_compiled_code() {
    for (what, script, expected) in [
        (
            "an error through many frames",
            "local function f(n) if n == 0 then error('deep') end return f(n - 1) + 1 end
             local ok, message = pcall(f, 5000) return tostring(ok) .. message:match(':1: .*')",
            "false:1: deep",
        ),
        (
            "a yield through compiled frames and pcall",
            "local function g(x) return coroutine.yield(x) + 1 end
             local function f(x) local ok, y = pcall(g, x) return y * 10 end
             local co = coroutine.wrap(f) local a = co(3) return a .. ' ' .. co(4)",
            "3 50",
        ),
        (
            "a metamethod that yields",
            "local mt = {__add = function(a, b) return coroutine.yield('in') end,
                         __lt = function() return coroutine.yield('lt') end}
             local co = coroutine.wrap(function()
               local x = setmetatable({}, mt)
               local sum = x + x
               if x < x then return sum .. ' less' end
               return sum .. ' not less'
             end)
             return co() .. ' ' .. co(7) .. ' ' .. co(true)",
            "in lt 7 less",
        ),
        (
            "booleans at the end of an array",
            "local t = {} for i = 1, 40 do t[i] = i % 3 == 0 end
             local s = '' for i = 1, 40 do s = s .. (t[i] and 1 or t[i] == false and 0 or '?') end
             return #t .. ' ' .. s",
            "40 0010010010010010010010010010010010010010",
        ),
        (
            "tail calls without end",
            "local function f(n, s) if n == 0 then return s end return f(n - 1, s + n) end
             return tostring(f(300000, 0))",
            "45000150000",
        ),
        (
            "recursion deeper than the native stack",
            "local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end return tostring(f(150000))",
            "150000",
        ),
        (
            "recursion without end",
            "local function f(n) return 1 + f(n + 1) end
             local ok, message = pcall(f, 1) return tostring(message:find('stack overflow') ~= nil)",
            "true",
        ),
        (
            "callbacks of library functions",
            "local t = {5, 2, 8, 1} table.sort(t, function(a, b) return a > b end)
             local s = ('a-b'):gsub('%a', function(c) return c:upper() end)
             return table.concat(t, ',') .. s",
            "8,5,2,1A-B",
        ),
        (
            "an error in a callback",
            "local ok = pcall(table.sort, {3, 2, 1}, function() error('no') end) return tostring(ok)",
            "false",
        ),
        (
            "closing variables on the way out",
            "local log = {}
             local function f(n)
               local c <close> = setmetatable({}, {__close = function() log[#log + 1] = n end})
               if n == 0 then error('x') end
               return f(n - 1)
             end
             pcall(f, 3) return table.concat(log, ' ')",
            "0 1 2 3",
        ),
        (
            "varargs and many results",
            "local function f(...) return select('#', ...), ... end
             local function g(...) return (f(...)) + select(-1, f(...)) end
             return tostring(g(1, 2, 3))",
            "6",
        ),
        (
            "a class that changes after its method was remembered",
            "local A = {} A.__index = A function A.f() return 1 end
             local B = setmetatable({}, {__index = A}) B.__index = B
             local o, sum = setmetatable({}, B), ''
             for i = 1, 6 do
               sum = sum .. o:f()
               if i == 2 then function B.f() return 2 end end
               if i == 4 then B.f = nil function A.f() return 3 end end
             end
             return sum",
            "112233",
        ),
        (
            "a metatable that is replaced",
            "local o = setmetatable({}, {__index = {f = function() return 'a' end}})
             local out = ''
             for i = 1, 4 do
               out = out .. o:f()
               if i == 2 then setmetatable(o, {__index = {f = function() return 'b' end}}) end
             end
             return out",
            "aabb",
        ),
    ] {
        check(what, script, expected);
    }
}

#[test]
fn code_is_thrown_away_while_it_runs() {
    let (lua, jit) = eager(Options { max_code_bytes: 4096, ..Options::default() });
    lua.set_test_quantum(Some(3));
    let script = "
        local fs = {}
        for i = 1, 30 do fs[i] = load('local n = ... local s = 0 for i = 1, 5 do s = s + i * n end return s') end
        local sum = 0
        for round = 1, 20 do for i = 1, 30 do sum = sum + fs[i](round) end end
        return sum";
    let sum: i64 = lua.load(script).eval().expect("it runs");
    assert_eq!(sum, 30 * 15 * 210);
    let counters = jit.counters();
    assert!(counters.evictions > 20, "{counters:?}");
    assert!(counters.code_bytes < 16 * 1024, "{counters:?}");
}

#[test]
fn functions_that_are_too_long_stay_interpreted() {
    // Each access keeps values of its own in the native frame, where the quick register allocator is used.
    for (accesses, fits) in [(50, true), (500, true), (1500, false), (12_000, false)] {
        let (lua, jit) = eager(Options::default());
        let script = format!("return function(o) {} return o.a end", "o.a = o.b ".repeat(accesses));
        let long: interlune::Function = lua.load(script).eval().expect("it runs");
        let object: interlune::Table = lua.load("return {a = 1, b = 2}").eval().expect("it runs");
        for _ in 0..3 {
            assert_eq!(long.call::<i64>(&object).expect("it runs"), 2);
        }
        assert_eq!(jit.counters().failures, u64::from(!fits), "{accesses}: {:?}", jit.counters());
    }
}

#[test]
fn functions_that_die_take_their_code_along() {
    let (lua, jit) = eager(Options::default());
    let script = "for i = 1, 200 do load('local x = ' .. i .. ' return x + 1')() end collectgarbage() collectgarbage()";
    lua.load(script).exec().expect("it runs");
    assert!(jit.counters().compiles > 200);
    assert!(jit.functions().len() < 50, "{}", jit.functions().len());
}

#[test]
fn the_tier_cap_sends_everything_back_to_the_interpreter() {
    let (lua, jit) = eager(Options::default());
    lua.load("function f(x) return x * 2 end for i = 1, 10 do f(i) end").exec().expect("it runs");
    assert!(jit.counters().code_bytes > 0);
    jit.set_tier_cap(Tier::Interpreter);
    assert_eq!(jit.counters().code_bytes, 0);
    assert_eq!(lua.load("return f(21)").eval::<i64>().expect("it runs"), 42);
}

#[test]
fn workers_compile_in_the_background() {
    let lua = Lua::new();
    let jit = Jit::attach(&lua, Options::default()).expect("this machine is supported");
    let script = "local s = 0 for i = 1, 200000 do s = s + i % 3 end return s";
    lua.load("function run() local s = 0 for i = 1, 200000 do s = s + i % 3 end return s end")
        .exec()
        .expect("it runs");
    let expected: i64 = Lua::new().load(script).eval().expect("it runs");
    let run: interlune::Function = lua.globals().get("run").expect("it is there");
    // A machine that does something else may take its time.
    for _ in 0..2000 {
        assert_eq!(run.call::<i64>(()).expect("it runs"), expected);
        if jit.counters().compiles > 0 {
            return;
        }
    }
    panic!("nothing was compiled: {:?}", jit.counters());
}

#[test]
fn instructions_are_counted_alike_in_every_tier() {
    for script in [
        "local s = 0 for i = 1, 5000 do s = s + i end while s > 0 do s = s - 1000 end",
        "local function f(n) if n < 2 then return n end return f(n - 1) + f(n - 2) end f(15)",
        "local function f(x) return setmetatable({ x }, {}) end for i = 1, 300 do f(i) end",
        "local t = {} for i = 1, 100 do t[i] = -i end for r = 1, 9 do for _, v in ipairs(t) do end for k in pairs(t) do end end",
        "local t = {} for i = 1, 100 do t[i] = i * 7 % 31 end table.sort(t, function(a, b) return a < b end)",
        "local co = coroutine.wrap(function() for i = 1, 200 do coroutine.yield(i) end end) for i = 1, 200 do co() end",
        "local m = setmetatable({}, { __add = function(a, b) return 1 end, __index = function() return 2 end }) for i = 1, 200 do local x = m + m, m.y end",
        "for i = 1, 200 do pcall(error, i) pcall(function() return i end) end",
        // Many results are charged for.
        "local t = {} for i = 1, 200 do t[i] = i end local function f() return table.unpack(t) end for i = 1, 99 do f() end",
        "local t = {} for i = 1, 200 do t[i] = i end local function f(...) return ... end for i = 1, 99 do f(table.unpack(t)) end",
    ] {
        let interpreted = Lua::new();
        interpreted.load(script).exec().expect("it runs");
        let (compiled, _) = eager(Options::default());
        compiled.load(script).exec().expect("it runs");
        let counts = (interpreted.stats().instructions, compiled.stats().instructions);
        assert_eq!(counts.0, counts.1, "{script}");
        assert!(counts.0 > 100, "{script}");
    }
}

/// A script with `count` functions that each do something else, and `run`, which calls them all.
fn many_functions(count: usize) -> String {
    format!(
        "local fs = {{}}
         for i = 1, {count} do
           fs[i] = load('local n = ... local s = ' .. i .. ' for i = 1, 200 do s = (s * 31 + i * n) % 65521 end return s')
         end
         function run(n)
           local sum = 0
           for i = 1, #fs do sum = sum + fs[i](n) end
           return sum
         end"
    )
}

/// Runs many hot functions with workers in the background until `is_enough`, and compares results with what the
/// interpreter says. `look` is called now and then.
fn storm(max_code_bytes: usize, is_enough: impl Fn(&Jit) -> bool, mut look: impl FnMut()) -> Jit {
    // Many compilations are under way at once, and no worker waits for its share of a busy machine between two of them.
    let tunables = Tunables {
        min_bucket_us: 1e5,
        in_flight_frames: 100.0,
        wall_batch_hold_us: 1e6,
        ..Tunables::default()
    };
    let options = Options { tunables, max_code_bytes, ..Options::default() };
    let (lua, interpreted) = (Lua::new(), Lua::new());
    let jit = Jit::attach(&lua, options).expect("this machine is supported");
    let run = |lua: &Lua| -> interlune::Function {
        lua.load(many_functions(30)).exec().expect("it runs");
        lua.globals().get("run").expect("it is there")
    };
    let (run, reference) = (run(&lua), run(&interpreted));
    let begun = std::time::Instant::now();
    for round in 0_i64.. {
        // Both take their turns with few arguments, so that the reference need not run as often.
        let n = round % 8;
        let result: i64 = run.call(n).expect("it runs");
        if round < 8 || round % 50 == 0 {
            assert_eq!(result, reference.call::<i64>(n).expect("it runs"));
            look();
        }
        if is_enough(&jit) {
            break;
        }
        // Far more than a sanitizer on a busy machine needs.
        assert!(begun.elapsed().as_secs() < 300, "it takes too long: {:?}", jit.counters());
    }
    jit
}

/// Room for the code of some of these functions; two share a page.
const LITTLE_ROOM: usize = 24 << 10;

#[test]
fn functions_that_workers_finish_together_share_pages() {
    let jit = storm(1 << 20, |jit| jit.counters().compiles >= 20, || {});
    let counters = jit.counters();
    // Each takes a page at least, alone.
    assert!(counters.page_bytes < counters.compiles as usize * 4096, "{counters:?}");
    assert!(counters.page_bytes >= counters.code_bytes, "{counters:?}");
}

#[test]
fn pages_are_given_back_when_there_is_little_room() {
    let jit = storm(LITTLE_ROOM, |jit| jit.counters().evictions >= 12, || {});
    let counters = jit.counters();
    assert!(counters.page_bytes <= LITTLE_ROOM, "{counters:?}");
    assert!(counters.code_bytes <= counters.page_bytes, "{counters:?}");
}

/// Both are hot, and there is room for the code of one: without a pause they would be compiled every few milliseconds.
#[test]
fn two_functions_do_not_throw_each_other_out_for_ever() {
    let lua = Lua::new();
    let options = Options { max_code_bytes: 1, ..Options::default() };
    let jit = Jit::attach(&lua, options).expect("this machine is supported");
    let script = "local function f(n) local s = 0 for i = 1, 3000 do s = s + i % n end return s end
        local function g(n) local s = 1 for i = 1, 3000 do s = s * n % 1021 end return s end
        function run() return f(7) + g(3) end";
    lua.load(script).exec().expect("it runs");
    let run: interlune::Function = lua.globals().get("run").expect("it is there");
    let begun = std::time::Instant::now();
    while jit.counters().evictions == 0 || begun.elapsed().as_secs_f64() < 1.5 {
        run.call::<i64>(()).expect("it runs");
        assert!(begun.elapsed().as_secs() < 60, "{:?}", jit.counters());
    }
    // They wait for a second each, then for two, and so on.
    let seconds = begun.elapsed().as_secs_f64();
    let counters = jit.counters();
    assert!((counters.compiles as f64) < 8.0 + 3.0 * seconds, "{seconds} s, {counters:?}");
}

/// A page of this process that may be written and executed, as the system describes it.
#[cfg(target_os = "linux")]
fn writable_and_executable() -> Option<String> {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("the process has a map");
    let bad = maps.lines().find(|line| {
        let rights = line.split_whitespace().nth(1).unwrap_or_default();
        rights.contains('w') && rights.contains('x')
    });
    bad.map(ToString::to_string)
}

#[cfg(target_os = "linux")]
#[test]
fn no_page_is_writable_and_executable() {
    let (lua, jit) = eager(Options::default());
    let look = lua.create_function(|_, ()| Ok(writable_and_executable())).expect("a function");
    lua.globals().set("look", look).expect("it is set");
    let found: Option<String> = lua
        .load("local function f(n) return n > 0 and f(n - 1) or look() end return f(10)")
        .eval()
        .expect("it runs");
    assert_eq!(found, None);
    assert!(jit.counters().compiles > 1);
}

/// The same while workers write batches, at any moment: a thread of its own looks.
#[cfg(target_os = "linux")]
#[test]
fn no_page_is_writable_and_executable_while_workers_write() {
    use std::sync::atomic::{AtomicBool, Ordering};
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // However it ends, the watcher does too.
        let over = Over(&is_over);
        let watcher = scope.spawn(|| {
            let mut looks = 0u64;
            while !is_over.load(Ordering::Relaxed) {
                assert_eq!(writable_and_executable(), None);
                looks += 1;
                std::thread::sleep(std::time::Duration::from_micros(100));
            }
            looks
        });
        let jit = storm(
            LITTLE_ROOM,
            |jit| jit.counters().evictions >= 12,
            || {
                assert_eq!(writable_and_executable(), None);
            },
        );
        drop(over);
        assert!(watcher.join().expect("no page is both") > 0);
        assert!(jit.counters().compiles >= 12);
    });
}

#[test]
fn scripts_are_interpreted_where_there_is_no_compiler() {
    let lua = Lua::new();
    let machine = Some("wasm32-unknown-unknown".to_owned());
    let Err(error) = Jit::attach(&lua, Options { machine, ..Options::default() }) else {
        panic!("there is no compiler for it")
    };
    assert_eq!(error.to_string(), "this machine is not supported: there is no compiler for wasm32");
    let sum: i64 = lua
        .load("local s = 0 for i = 1, 100000 do s = s + i end return s")
        .eval()
        .expect("it runs without");
    assert_eq!(sum, 5_000_050_000);
}

/// The first lines of the functions that have optimized code.
fn optimized(jit: &Jit) -> Vec<u32> {
    let functions = jit.functions();
    let optimized = functions.iter().filter(|it| it.tier == Tier::Optimizing);
    let mut lines: Vec<u32> = optimized.map(|it| it.info.line).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_rewritten_assumption_takes_its_dependants_out_of_use_and_nothing_else() {
    let (lua, jit) = eager(Options {
        timing: Timing::Sync { threshold: 20 },
        optimize_after: 20,
        tier_cap: Tier::Optimizing,
        ..Options::default()
    });
    let run = |source: &str| lua.load(source).exec().expect("the script is right");
    run("Class = {} Class.__index = Class
         function Class:get() return 1 end
         function Class:other() return 2 end
         object = setmetatable({}, Class)
         function helper(x) return x + 1 end
         function floors(n) local s = 0 for i = 1, n do s = s + math.floor(i / 2) end return s end
         function helps(n) local s = 0 for i = 1, n do s = s + helper(i) end return s end
         function gets(n) local s, o = 0, object for i = 1, n do s = s + o:get() end return s end
         function plain(n) local s = 0 for i = 1, n do s = s + i end return s end
         function all() return floors(10), helps(10), gets(10), plain(10) end
         for i = 1, 2000 do all() end");
    let [main, floors, helps, gets, plain, all] = [0, 6, 7, 8, 9, 10];
    assert_eq!(optimized(&jit), [main, floors, helps, gets, plain, all]);
    // What nobody relies on.
    run("math.ceil = function() end newcomer = 1 function Class:other() return 3 end");
    assert_eq!(optimized(&jit), [main, floors, helps, gets, plain, all]);
    run("function helper(x) return x + 2 end");
    assert_eq!(optimized(&jit), [main, floors, gets, plain, all]);
    run("local floor = math.floor math.floor = function(x) return floor(x) + 1 end");
    assert_eq!(optimized(&jit), [main, gets, plain, all]);
    run("function Class:get() return 10 end");
    assert_eq!(optimized(&jit), [main, plain, all]);
    let results: (i64, i64, i64, i64) = lua.load("return all()").eval().expect("all are functions");
    assert_eq!(results, (35, 75, 100, 55));
}
