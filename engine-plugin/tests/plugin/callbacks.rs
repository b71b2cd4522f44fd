//! Which callbacks are called, when, and with what.

use crate::bench::Bench;
use bevy::prelude::*;
use bevy_interlune::prelude::*;

const TALKATIVE: &str = r#"
    local M = {}
    function M.on_load(self) self.count = 0; note("load") end
    function M.on_fixed_update(self, dt) note(("fixed %.4f"):format(dt)) end
    function M.on_update(self, dt) self.count = self.count + 1; note("update " .. self.count) end
    function M.on_unload(self) note("unload after " .. self.count) end
    return M
"#;

#[test]
fn a_global_script_lives_through_its_callbacks() {
    let mut bench = Bench::new();
    bench.global("talk.lua", TALKATIVE);
    bench.frames(2);
    assert_eq!(
        bench.notes.take(),
        ["load", "fixed 0.0167", "update 1", "fixed 0.0167", "update 2"]
    );
    bench.app.world_mut().resource_mut::<GlobalScripts>().handles.clear();
    bench.frames(2);
    assert_eq!(bench.notes.take(), ["unload after 2"]);
    assert!(bench.errors().is_empty());
}

#[test]
fn each_entity_has_a_self_of_its_own() {
    let mut bench = Bench::new();
    let script = bench.script(
        "own.lua",
        r#"
            local M = {}
            function M.on_load(self) self.steps = 0 end
            function M.on_update(self) self.steps = self.steps + 1; note(self.entity.Name .. self.steps) end
            function M.on_unload(self) note("gone " .. self.steps) end
            return M
        "#,
    );
    let first = bench.app.world_mut().spawn((Name::new("a"), Script::new(script.clone()))).id();
    bench.frames(1);
    bench.app.world_mut().spawn((Name::new("b"), Script::new(script)));
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["a1", "a2", "b1"]);
    bench.app.world_mut().despawn(first);
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["gone 2", "b2"]);
}

#[test]
fn another_script_on_an_entity_unloads_the_first() {
    let mut bench = Bench::new();
    let talk = bench.script("talk.lua", TALKATIVE);
    let other = bench.script("other.lua", "return { on_load = function() note('other') end }");
    let entity = bench.app.world_mut().spawn(Script::new(talk)).id();
    bench.frames(1);
    bench.notes.take();
    bench.app.world_mut().entity_mut(entity).insert(Script::new(other));
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["unload after 1", "other"]);
}

#[test]
fn globals_belong_to_a_script_unless_shared() {
    let mut bench = Bench::new();
    bench.global("one.lua", "secret = 1; _G.shared = 2; return {}");
    bench.global(
        "two.lua",
        "return { on_update = function() note(tostring(secret) .. tostring(shared)) end }",
    );
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["nil2"]);
}

#[test]
fn a_script_may_define_its_callbacks_as_globals() {
    let mut bench = Bench::new();
    bench.global("plain.lua", "function on_update(self, dt) note('plain') end");
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["plain"]);
}

#[test]
fn self_finds_the_scripts_own_functions() {
    let mut bench = Bench::new();
    let source = "local M = {}; function M:greet() note('hi') end; function M:on_update() self:greet() end; return M";
    bench.global("method.lua", source);
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["hi"]);
}

#[test]
fn the_dead_are_not_called() {
    let mut bench = Bench::new();
    let source = "
        local M = {}
        function M.on_load(self)
            note('load ' .. self.entity.Name)
            if self.entity.Name == 'first' then for _, other in ipairs(world.entities('Name')) do
                if other ~= self.entity and other.Name == 'second' then other:despawn() end end
            end
        end
        function M.on_update(self) note(self.entity.Name) end
        return M";
    let script = bench.script("mortal.lua", source);
    let spawn = |bench: &mut Bench, name: &'static str| {
        let script = Script::new(script.clone());
        bench.app.world_mut().spawn((Name::new(name), script)).id()
    };
    for name in ["first", "second", "third"] {
        spawn(&mut bench, name);
    }
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["load first", "load third", "first", "third"]);
    // By a system that runs before the scripts do.
    let fourth = spawn(&mut bench, "fourth");
    bench.frames(1);
    assert!(bench.notes.take().contains(&"load fourth".to_owned()));
    let mut despawned = false;
    bench.app.add_systems(First, move |mut commands: Commands| {
        if !std::mem::replace(&mut despawned, true) {
            commands.entity(fourth).despawn();
        }
    });
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["first", "third"]);
    assert!(bench.errors().is_empty());
}
