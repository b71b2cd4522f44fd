//! Golden files: what small functions become, after each pass and for each kind of bet.

use interlune::jit::ir::Op;
use interlune::jit::{Aids, DeoptReason, IrLog, Options};

use super::lost_bets::LOST;
use super::{interpreted, optimized, options};

/// What became of the function in a line whenever a script has had it optimized, from the beginning or from a loop: after
/// each step, its name and the representation.
fn all_steps(script: &str, line: u32) -> Vec<(String, String)> {
    let log = IrLog::default();
    optimized(
        script,
        Options { aids: Aids { ir_log: Some(log.clone()), ..Aids::default() }, ..options() },
    );
    let text = log.lock().expect("nobody panicked").clone();
    let scope = format!("scope s0 \"t\":{line}\n");
    let steps = text.split("; after ").filter_map(|step| step.split_once('\n'));
    let steps = steps.filter(|(_, function)| function.starts_with(&scope));
    steps.map(|(name, function)| (name.to_string(), function.to_string())).collect()
}

/// The same of the last time.
fn steps(script: &str, line: u32) -> Vec<(String, String)> {
    let mut steps = all_steps(script, line);
    let begun = steps.iter().rposition(|(name, _)| name == "building").expect("it was optimized");
    steps.split_off(begun)
}

/// The last representation of the function in a line that a script has had optimized.
fn representation(script: &str, line: u32) -> String {
    steps(script, line).pop().expect("there are passes").1
}

#[test]
fn vectors_are_no_objects() {
    let script = "local list = {}
         for i = 1, 50 do list[i] = {at = vec2(i, -i), speed = vec3(0.5, 0.25, i)} end
         local function move(list, dt)
           for i = 1, #list do
             local o = list[i]
             o.at = (o.at + o.speed.xy * dt):max(vec2(-5, -5)):min(vec2(5, 5))
             o.speed = vec3(-o.speed.x, o.speed.y, o.at:length())
           end
         end
         for i = 1, 40 do move(list, 0.1) end
         collectgarbage('stop')
         local before = collectgarbage('count')
         for i = 1, 200 do move(list, 0.1) end
         return tostring(collectgarbage('count') - before)";
    let (found, jit) = optimized(script, options());
    assert!(jit.counters().optimized > 0);
    assert_eq!(found, "0.0");
}

#[test]
fn every_pass_does_what_it_should() {
    let script = "local square = function(x) return x * x end
                  local function f(t, o) local s = 0 for i = 1, #t do s = s + square(t[i]) * o.k + o.k end return s end
                  local t, o, s = {}, {k = 2.0}
                  for i = 1, 30 do t[i] = i + 0.5 end
                  for i = 1, 60 do s = f(t, o) end return tostring(s)";
    for (number, (name, function)) in steps(script, 2).into_iter().enumerate() {
        insta::assert_snapshot!(format!("pass_{number}_{}", name.replace(' ', "_")), function);
    }
}

#[test]
fn every_reason_to_leave_is_met() {
    let mut met = Vec::new();
    for (_, script) in LOST {
        let (_, jit) = optimized(script, options());
        met.extend(jit.deopts().into_iter().map(|deopt| deopt.place.reason));
    }
    for reason in DeoptReason::ALL {
        assert!(met.contains(reason), "nothing is left because of {reason}");
    }
}

/// For each reason a function in line 1 that makes the bet, and loses it in its last call.
const BETS: &[(DeoptReason, &str)] = &[
    (
        DeoptReason::Type,
        "local function f(x) return x * 2 end
         local s = 0 for i = 1, 80 do s = s + f(i < 80 and i or 0.5) end return tostring(s)",
    ),
    (
        DeoptReason::Shape,
        "local function f(o) return o.x + o.y end
         local s = 0 for i = 1, 80 do s = s + f(i < 80 and {x = i, y = 1} or {y = 1, x = 2}) end
         return tostring(s)",
    ),
    (
        DeoptReason::Metatable,
        "local function f(o, v) o.x = v end
         local log = 0
         for i = 1, 80 do
           local o = {}
           if i == 80 then setmetatable(o, {__newindex = function(_, k) log = log + #k end}) end
           f(o, i)
         end
         return tostring(log)",
    ),
    (
        DeoptReason::ArrayKind,
        "local function f(t) return t[1] + t[2] end
         local s = 0 for i = 1, 80 do s = s + f(i < 80 and {i, 2} or {0.5, 0.25}) end return tostring(s)",
    ),
    (
        DeoptReason::Bounds,
        "local function f(t, i) return t[i] end
         local t, out = {1.5, 2.5}, {}
         for i = 1, 80 do out[i] = tostring(f(t, i < 80 and i % 2 + 1 or 3)) end
         return table.concat(out, ' ')",
    ),
    (
        DeoptReason::Callee,
        "local function f(g, x) return (g(x)) + 1 end
         local function one(x) return x * 2 end
         local function other(x) return x * 3 end
         local s = 0 for i = 1, 80 do s = s + f(i < 80 and one or other, i) end return tostring(s)",
    ),
    (
        DeoptReason::Range,
        "local function f(a, b) return a // b end
         local s = 0 for i = 1, 80 do s = s + f(i, i < 80 and 3 or -1) end return tostring(s)",
    ),
    (
        DeoptReason::Loop,
        "local function f(t, x, n) for i = 1, n do if t[i] == x then return i end end return 0 end
         local t, s = {}, 0
         for i = 1, 30 do t[i] = i * 2 end
         for i = 1, 80 do s = s + f(t, i % 20, i < 80 and 30 or 50) end return tostring(s)",
    ),
    (
        DeoptReason::NeverRun,
        "local function f(x) if x == 80 then return x * 100 end return x end
         local s = 0 for i = 1, 80 do s = s + f(i) end return tostring(s)",
    ),
];

/// Whether a representation has a guard, with its state, that is left for a reason.
fn guards_against(reason: DeoptReason, text: &str) -> bool {
    text.lines().any(|line| {
        let Some((operation, state)) = line.trim().split_once(" ? ") else { return false };
        let op = operation.split(" = ").last().and_then(|it| it.split(' ').next());
        let Some(made_by) = op.and_then(Op::from_mnemonic).and_then(DeoptReason::of) else {
            return false;
        };
        let begins = format!("state {state} ");
        let state = text.lines().find(|line| line.starts_with(&begins));
        let state = state.unwrap_or_else(|| panic!("no {begins}in\n{text}"));
        // What is made sure of before a loop has the loop's state, whatever it is.
        let found = if state.contains(" loop [") { DeoptReason::Loop } else { made_by };
        found == reason
    })
}

#[test]
fn every_kind_of_bet_has_its_guard_and_its_state() {
    for reason in DeoptReason::ALL {
        let script = BETS.iter().find(|(of, _)| of == reason).map(|(_, script)| *script);
        let script = script.unwrap_or_else(|| panic!("no script for {reason}"));
        let (found, jit) = optimized(script, options());
        assert_eq!(found, interpreted(script), "{reason}");
        let places = jit.deopts().into_iter().map(|deopt| (deopt.place.line, deopt.place.reason));
        let places: Vec<_> = places.collect();
        assert!(places.contains(&(1, *reason)), "{reason}: {places:?}");
        let mut steps = all_steps(script, 1).into_iter();
        let (_, text) = steps
            .rfind(|(step, text)| step == "fuel" && guards_against(*reason, text))
            .unwrap_or_else(|| panic!("nothing guards against {reason}"));
        let name = format!("deopt_{reason:?}").to_lowercase();
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn small_functions_become_what_they_should() {
    let golden = [
        ("sum", 0, "local s = 0.0 for i = 1, 200 do s = s + i * 0.5 end return tostring(s)"),
        (
            "array",
            2,
            "local t = {} for i = 1, 100 do t[i] = i * 0.5 end
             local function sum(t) local s = 0.0 for i = 1, #t do s = s + t[i] end return s end
             local s for i = 1, 30 do s = sum(t) end return tostring(s)",
        ),
        (
            "numbers",
            1,
            "local function sum(t) local s = 0.0 for i = 1, #t do s = s + t[i] end return s end
             local a, b, s = {1, 2, 3, 4}, {0.5, 1.5, 2.5}
             for i = 1, 90 do s = sum(i % 2 == 0 and a or b) end return tostring(s)",
        ),
        (
            "fields",
            2,
            "local o = {x = 1.0, v = 0.5}
             local function move(o, n) for i = 1, n do o.x = o.x + o.v end end
             for i = 1, 30 do move(o, 20) end return tostring(o.x)",
        ),
        (
            "inlined",
            2,
            "local function square(x) return x * x end
             local function f(n) local s = 0.0 for i = 1, n do s = s + square(i + 0.5) end return s end
             local s for i = 1, 30 do s = f(20) end return tostring(s)",
        ),
        (
            "direct",
            1,
            "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
             local s for i = 1, 10 do s = fib(8) end return tostring(s)",
        ),
        (
            "several_receivers",
            4,
            "local A = {} A.__index = A function A:get() return self.x end
             local B = {} B.__index = B function B:get() return self.x + 1 end
             local list = {} for i = 1, 20 do list[i] = setmetatable(i % 2 == 0 and {x = i} or {y = 0, x = i}, i % 2 == 0 and A or B) end
             local function sum(t) local s = 0 for i = 1, #t do s = s + t[i]:get() end return s end
             local s for i = 1, 60 do s = sum(list) end return tostring(s)",
        ),
        (
            "constructor",
            2,
            "local kept
             local function new(x, y) local p = {x = x} p.y = y return p end
             local list = {} for i = 1, 200 do list[#list + 1] = new(i, i + 0.5) end
             return tostring(#list)",
        ),
        (
            "vectors",
            2,
            "local o = {at = vec2(1, 2), speed = vec2(0.5, 0.25)}
             local function move(o, n, dt)
               local last = o.at
               for i = 1, n do
                 local at = o.at + o.speed * dt
                 if at.x > 10 then at = vec2(-at.x, at.y) end
                 o.at = at
                 last = last:lerp(at, 0.5)
               end
               return last:length()
             end
             local s for i = 1, 60 do s = move(o, 20, 0.1) end return tostring(s)",
        ),
    ];
    for (name, line, script) in golden {
        insta::assert_snapshot!(name, representation(script, line));
    }
}
