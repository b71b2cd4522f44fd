//! What scripts reach of the world.

use crate::bench::Bench;
use bevy::prelude::*;
use bevy_interlune::prelude::*;

#[derive(Component, Reflect, Default)]
#[reflect(Component, Default)]
struct Health {
    points: i32,
    scars: Vec<String>,
}

#[derive(Resource, Reflect, Default)]
#[reflect(Resource)]
struct Score {
    points: u32,
}

fn update(body: &str) -> String {
    format!("return {{ on_update = function(self, dt)\n{body}\nend }}")
}

/// Runs `body` once as the `on_update` of an entity with a transform and health.
fn run(body: &str) -> (Bench, Entity) {
    let mut bench = Bench::new();
    bench
        .app
        .register_type::<Health>()
        .register_type::<Score>()
        .insert_resource(Score { points: 3 });
    let script = bench.script("access.lua", &update(body));
    let entity = bench
        .app
        .world_mut()
        .spawn((Transform::default(), Health::default(), Script::new(script)))
        .id();
    bench.frames(1);
    (bench, entity)
}

#[test]
fn components_are_read_and_written_by_name() {
    let (mut bench, entity) = run(r#"
        local transform = self.entity.Transform
        transform.translation = transform.translation + vec3(1, 2, 3)
        self.entity:get("Health").points = 7
        self.entity.Health.scars = { "left arm", "nose" }
        note(self.entity.Health.scars[2] .. #self.entity.Health.scars)
        for name, value in pairs(self.entity.Health) do note(name) end
    "#);
    assert_eq!(bench.errors(), []);
    assert_eq!(bench.notes.take(), ["nose2", "points", "scars"]);
    let world = bench.app.world();
    assert_eq!(
        world.get::<Transform>(entity).map(|t| t.translation),
        Some(Vec3::new(1.0, 2.0, 3.0))
    );
    assert_eq!(world.get::<Health>(entity).map(|health| health.points), Some(7));
}

#[test]
fn resources_are_read_and_written_by_name() {
    let (mut bench, _) = run(r#"
        local score = world.resource("Score")
        score.points = score.points + 1
        note(tostring(world.resource("Time").delta ~= 0))
    "#);
    assert_eq!(bench.errors(), []);
    assert_eq!(bench.app.world().resource::<Score>().points, 4);
}

#[test]
fn entities_come_and_go_when_the_callback_returns() {
    let (mut bench, entity) = run(r#"
        if not self.child then
            self.child = world.spawn { Name = "child", Health = { points = 5 }, "Transform" }
            note(tostring(self.child:is_alive()))
        else
            note(self.child.Name .. " " .. self.child.Health.points .. " " .. #world.entities("Health"))
            self.child:despawn()
            self.entity:remove("Health")
        end
    "#);
    bench.frames(1);
    assert_eq!(bench.errors(), []);
    assert_eq!(bench.notes.take(), ["false", "child 5 2"]);
    let mut named = bench.app.world_mut().query::<&Name>();
    assert_eq!(named.iter(bench.app.world()).count(), 0);
    assert!(bench.app.world().get::<Health>(entity).is_none());
}

#[test]
fn refusals_say_what_exists_and_where() {
    let error = |body: &str| run(body).0.only_error();
    assert_eq!(
        error("local t = self.entity.Transfrom"),
        "access.lua:2: component 'Transfrom' is not registered; did you mean 'Transform'?"
    );
    assert_eq!(
        error("\nself.entity.Transform.translatoin = vec3(0, 0, 0)"),
        "access.lua:3: field 'translatoin' of Transform does not exist; fields: translation, rotation, scale; did \
         you mean 'translation'?"
    );
    assert_eq!(
        error("self.entity.Health.points = 'many'"),
        "access.lua:2: field 'points' of Health wants an integer of 32 bits, got string"
    );
    assert_eq!(
        error("world.resource('Scorre')"),
        "access.lua:2: resource 'Scorre' is not registered; did you mean 'Score'?"
    );
    assert_eq!(
        error("input.pressed('Spaec')"),
        "access.lua:2: there is no key called 'Spaec'; did you mean 'Space'?"
    );
}

#[test]
fn a_dead_entity_is_an_error_and_not_a_crash() {
    let (mut bench, _) = run(r#"
        if not self.other then
            self.other = world.spawn { "Health" }
        elseif not self.dead then
            self.dead = true
            self.other:despawn()
        else
            note(tostring(self.other:is_alive()))
            self.other.Health.points = 1
        end
    "#);
    bench.frames(2);
    assert_eq!(bench.notes.take(), ["false"]);
    assert!(bench.only_error().contains("does not exist: it was despawned"));
}

#[test]
fn keys_and_buttons_are_seen() {
    let mut bench = Bench::new();
    bench.global(
        "keys.lua",
        &update("note(tostring(input.pressed('W')) .. tostring(input.mouse_pressed('Left')))"),
    );
    bench.app.world_mut().resource_mut::<ButtonInput<KeyCode>>().press(KeyCode::KeyW);
    bench.frames(1);
    assert_eq!(bench.errors(), []);
    assert_eq!(bench.notes.take(), ["truefalse"]);
}

#[test]
fn entities_that_hold_resources_are_out_of_reach() {
    let mut bench = Bench::new();
    let mine = bench.app.world_mut().spawn(Name::new("mine")).id();
    bench.global(
        "clear.lua",
        "function on_update()
            note(#world.entities('Name') .. ' ' .. tostring(pcall(world.entities, 'Time')))
            for _, entity in ipairs(world.entities()) do entity:despawn() end
        end",
    );
    bench.frames(3);
    let notes = bench.notes.take();
    assert_eq!(notes, ["1 false", "0 false", "0 false"]);
    assert!(bench.app.world().get_entity(mine).is_err());
    assert!(bench.errors().is_empty());
}

#[test]
fn a_mistake_in_what_is_spawned_leaves_nothing_behind() {
    let mut bench = Bench::new();
    bench.global("spawn.lua", "function on_update() world.spawn { Name = 'a', Nmae = 'b' } end");
    bench.frames(3);
    assert_eq!(bench.errors().len(), 3);
    let mut named = bench.app.world_mut().query::<&Name>();
    assert_eq!(named.iter(bench.app.world()).count(), 0);
}
