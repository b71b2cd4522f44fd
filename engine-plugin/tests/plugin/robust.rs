//! Scripts as nobody should write them, and files that are no scripts: an error each, and the game goes on.

use crate::bench::Bench;
use bevy::prelude::*;
use bevy_interlune::ScriptState;
use bevy_interlune::prelude::*;
use std::time::{Duration, Instant};

/// What the overlay can show.
const LONGEST_MESSAGE: usize = 1000;

const GOOD: &str = "return { on_update = function() note('good') end }";

/// A version of a script that says "good" until something else is put in its place.
struct Victim {
    bench: Bench,
    script: Handle<ScriptAsset>,
}

impl Victim {
    fn new() -> Self {
        let settings = ScriptSettings {
            callback_time_limit: Duration::from_millis(50),
            load_time_limit: Duration::from_millis(500),
            memory_limit: Some(32 << 20),
            ..default()
        };
        let mut bench = Bench::with_settings(settings);
        let script = bench.global("victim.lua", GOOD);
        bench.frames(1);
        assert_eq!(bench.notes.take(), ["good"]);
        Self { bench, script }
    }

    /// Loads `source`, runs a frame and gives the errors; then the good version must run again.
    #[track_caller]
    fn suffer(&mut self, source: &[u8]) -> Vec<String> {
        let asset = ScriptAsset::new("victim.lua", source);
        let mut assets = self.bench.app.world_mut().resource_mut::<Assets<ScriptAsset>>();
        assets.insert(self.script.id(), asset).expect("the handle is alive");
        let begun = Instant::now();
        self.bench.frames(1);
        let taken = begun.elapsed();
        let shown = String::from_utf8_lossy(&source[..source.len().min(80)]).into_owned();
        assert!(taken < Duration::from_secs(5), "{shown} took {taken:?}");
        let errors = self.bench.errors().into_iter().map(|error| error.message).collect();
        self.bench.replace(&self.script, "victim.lua", GOOD);
        self.bench.notes.take();
        self.bench.frames(1);
        assert_eq!(self.bench.errors(), [], "after {shown}");
        assert_eq!(self.bench.notes.take(), ["good"], "after {shown}");
        assert_eq!(self.bench.state(), Some(ScriptState::Running), "after {shown}");
        errors
    }
}

/// Numbers that look random, the same in every run.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn files_that_are_no_scripts_are_named_in_one_line() {
    let mut victim = Victim::new();
    const LETTERS: &[u8] = b"abcdefghij ({[=,.;]}) \"'\n0123456789";
    let mut text_like = noise(10 << 20);
    for byte in &mut text_like {
        *byte = LETTERS[usize::from(*byte) % LETTERS.len()];
    }
    let sources: [(&str, Vec<u8>); 10] = [
        ("noise of 10 MB", noise(10 << 20)),
        ("printable noise of 10 MB", text_like),
        ("zeros", vec![0; 10 << 20]),
        ("spaces and then nonsense", [vec![b' '; 10 << 20], b"x".to_vec()].concat()),
        ("one long name", vec![b'x'; 10 << 20]),
        ("an open string", [b"return '".to_vec(), vec![b'x'; 10 << 20]].concat()),
        ("an open comment", [b"--[[".to_vec(), vec![b'x'; 10 << 20]].concat()),
        ("a long line of operators", [b"return 1".to_vec(), b" .. 1".repeat(1 << 20)].concat()),
        ("a picture", [b"\x89PNG\r\n\x1a\n".to_vec(), noise(1000)].concat()),
        ("a precompiled chunk", [b"\x1bLua\x54".to_vec(), noise(1000)].concat()),
    ];
    for (what, source) in sources {
        let errors = victim.suffer(&source);
        assert_eq!(errors.len(), 1, "{what}: {errors:?}");
        assert!(errors[0].len() <= LONGEST_MESSAGE, "{what}: {} bytes of message", errors[0].len());
    }
}

#[test]
fn a_script_cut_off_anywhere_leaves_the_last_good_version_running() {
    let source: &[u8] = include_bytes!("../../../assets/scripts/ball_pit.lua");
    let mut victim = Victim::new();
    for end in (1..source.len()).step_by(101) {
        let errors = victim.suffer(&source[..end]);
        assert_eq!(errors.len(), 1, "cut at {end}: {errors:?}");
    }
}

#[test]
fn sources_are_bytes() {
    let mut victim = Victim::new();
    let latin = b"return { on_update = function() note('' .. #'\xe9\xff') print('\xff') log.info('\xe9') end }";
    assert_eq!(victim.suffer(latin), [""; 0]);
    // What takes text says so when it gets something else.
    let errors = victim.suffer(b"return { on_update = function() note('\xff') end }");
    assert!(errors[0].contains("UTF-8"), "{errors:?}");
    let errors = victim.suffer(b"return { \xff = 1 }");
    assert!(errors[0].contains("near"), "{errors:?}");
}

#[test]
fn memory_without_end() {
    let mut victim = Victim::new();
    for body in [
        "local t = {} while true do t[#t + 1] = {} end",
        "local s = 'x' while true do s = s .. s end",
        "return ('x'):rep(1 << 40)",
        "return ('x'):rep(1 << 30, ('y'):rep(1000))",
        "return ('%99d'):rep(1 << 20):format(1)",
        "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(100) end return table.concat(t)",
        "return (('x'):rep(1 << 16):gsub('x', ('y'):rep(1 << 16)))",
        "self.t = self.t or {} while true do table.insert(self.t, { self }) end",
        "while true do self[#self + 1] = coroutine.create(function() end) end",
        "while true do self[#self + 1] = self.entity or vec3(1) self[{}] = 1 end",
        "while true do hoard = { hoard } end",
        "return table.unpack({}, 1, 1e7)",
        "return select('#', table.unpack({}, 1, 1e8))",
        "return ('x'):rep(1 << 20):byte(1, -1)",
        "return table.concat({}, ('x'):rep(1 << 16), 1, 1 << 30)",
        "return utf8.char(table.unpack({}, 1, 1e6))",
    ] {
        let errors =
            victim.suffer(format!("return {{ on_update = function(self) {body} end }}").as_bytes());
        assert!(!errors.is_empty() && errors[0].len() <= LONGEST_MESSAGE, "{body}: {errors:?}");
    }
}

#[test]
fn depth_without_end() {
    let nested = |open: &str, close: &str, levels: usize| {
        format!(
            "return {{ on_update = function(self) {}{} end }}",
            open.repeat(levels),
            close.repeat(levels)
        )
    };
    let mut sources: Vec<String> = [
        "local function f() return 1 + f() end f()",
        "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end return t.x",
        "local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x",
        "local t = setmetatable({}, {}) getmetatable(t).__newindex = function(t, k, v) t[k] = v end t.x = 1",
        "local t = setmetatable({}, {}) getmetatable(t).__call = t t()",
        "local t = setmetatable({}, {}) getmetatable(t).__tostring = function(t) return tostring(t) end return tostring(t)",
        "local t = setmetatable({}, {}) getmetatable(t).__eq = function(a, b) return a == b end return t == setmetatable({}, getmetatable(t))",
        "local t = setmetatable({}, {}) getmetatable(t).__concat = function(a, b) return a .. b end return t .. t",
        "local t = setmetatable({}, {}) getmetatable(t).__lt = function(a, b) return a < b end return t < t",
        "local t = setmetatable({}, {}) getmetatable(t).__close = function() local u <close> = t end local u <close> = t",
        "local function f() return (('x'):gsub('x', f)) end f()",
        "local function f(a, b) table.sort({ 1, 2, 3 }, f) return true end f()",
        "local function f() return coroutine.wrap(f)() end f()",
        "local function f() return pcall(f) end f() error('end')",
        "local function f() return 1 + select(2, xpcall(f, f)) end f() error('end')",
        "local function f() return load('return ...')(f()) end f()",
        "local function f() return error(setmetatable({}, { __tostring = f })) end f()",
        "return (('a'):rep(300000)):find(('(a'):rep(40) .. (')'):rep(40))",
        "return (('a'):rep(300000)):match(('.-'):rep(100) .. 'b')",
        "return load(('('):rep(1e6))() ",
        "return load('return ' .. ('{'):rep(1e6))()",
        "local t = setmetatable({}, { __tostring = function(t) log.info(t) return 'x' end }) log.info(t) error('end')",
        "local t = setmetatable({}, { __tostring = function(t) print(t) return 'x' end }) print(t) error('end')",
        "local t = setmetatable({}, { __tostring = function(t) note(t) end }) note(t)",
        "local t = setmetatable({}, { __pairs = function(t) return pairs(t) end }) for _ in pairs(t) do end",
        "local t = setmetatable({}, { __len = function(t) return #t end }) return table.unpack(t)",
        "local t = setmetatable({}, { __index = function(t, k) return world[k] or t[k] end }) setmetatable(_G, { __index = t }) return nowhere",
        "local t = {} t.t = t world.spawn { Name = t }",
        "local t = {} t.t = t self.entity = nil world.resource(t)",
    ]
    .iter()
    .map(|body| format!("return {{ on_update = function(self) {body} end }}"))
    .collect();
    sources.push(nested("(", ")", 100_000));
    sources.push(nested("do ", " end", 100_000));
    sources.push(nested("local t = {", "}", 100_000));
    sources.push(nested("f(", ")", 100_000));
    sources.push(nested("while x do ", " end", 100_000));
    sources.push(nested("local function f() ", " end", 100_000));
    sources.push(nested("x = - not # ~", "", 100_000));
    sources.push(nested("if x then else", "", 100_000));
    sources.push(nested("a.b", "", 100_000));
    let mut victim = Victim::new();
    for source in sources {
        let errors = victim.suffer(source.as_bytes());
        assert!(
            !errors.is_empty() && errors[0].len() <= LONGEST_MESSAGE,
            "{}: {errors:?}",
            &source[..source.len().min(200)]
        );
    }
}

#[test]
fn loops_without_end_keep_the_frame() {
    let mut victim = Victim::new();
    for body in [
        "while true do end",
        "while true do pcall(error) end",
        "for i = 1, math.huge do end",
        "::again:: goto again",
        "while true do coroutine.wrap(function() while true do end end)() end",
        "while true do log.info('x') end",
        "while true do world.entities('Name') end",
        "while true do self.x = world.resource('NoSuch') end",
        "while true do input.pressed('W') end",
        "while true do world.spawn { Name = 'x' } end",
        "local s = ('a'):rep(40000) return s:find(('.-'):rep(20) .. 'b')",
    ] {
        let errors = victim
            .suffer(format!("return {{ on_update = function(self)\n{body}\nend }}").as_bytes());
        assert_eq!(errors.len(), 1, "{body}: {errors:?}");
        if !body.contains("NoSuch") {
            assert!(
                errors[0].contains("time budget") || errors[0].contains("memory"),
                "{body}: {errors:?}"
            );
        }
    }
}

#[test]
fn names_that_do_not_exist_are_answered_with_those_that_do() {
    let mut bench = Bench::new();
    for (index, (body, part)) in [
        ("return self.entity.Transfrom", "did you mean 'Transform'?"),
        ("return self.entity.Inventory", "component 'Inventory' is not registered; this entity has: GlobalTransform, Name, Script, Transform"),
        ("world.spawn { Inventory = {} }", "component 'Inventory' is not registered; registered components: "),
        ("return world.resource('Inventory')", "resource 'Inventory' is not registered; registered resources: "),
        ("self.entity.Transform.translation = 'x'", "field 'translation' of Transform wants a vec3, got string"),
        ("self.entity.Transform.translation = vec2(1)", "wants a vec3, got vec2"),
        ("self.entity.Transform.translation = nil", "wants a vec3, got nil"),
        ("self.entity.Transform.position = vec3(1)", "field 'position' of Transform does not exist; fields: translation, rotation, scale"),
        ("self.entity.Transform = 5", "wants a table"),
        ("self.entity.Name = {}", "wants a string"),
        ("self.entity.Name = function() end", "wants a string, got function"),
        ("self.entity.Transform.translation.x = 1", "a vec3 is a value and cannot be changed in place (field 'translation'); assign a new one, e.g. self.entity.Transform.translation = vec3(1, self.entity.Transform.translation.y, self.entity.Transform.translation.z)"),
        ("self.entity[1] = 5", "component '1' is not registered"),
        ("self.entity[{}] = 5", "String"),
        ("return self.entity['']", "component '' is not registered"),
        ("return self.entity['.']", "component '' is not registered"),
        ("return self.entity['Transform..x']", "field '' of Transform does not exist"),
        ("return self.entity['Transform.translation.99999999999999999999']", "does not exist"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("names{index}.lua");
        let script = bench.script(&name, &format!("return {{ on_load = function(self)\n{body}\nend }}"));
        let entity = bench.app.world_mut().spawn((Transform::default(), Name::new("n"), Script::new(script))).id();
        bench.frames(1);
        let error = bench.only_error();
        assert!(error.starts_with(&format!("{name}:2: ")) && error.contains(part), "{body}: {error}");
        bench.app.world_mut().despawn(entity);
        bench.frames(1);
    }
}
