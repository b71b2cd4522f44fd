//! What calling scripts costs: printed, not judged, since it depends on the machine. Run with
//! `cargo test --release -p bevy_interlune --test plugin -- --ignored --nocapture`.

use crate::bench::Bench;
use bevy::prelude::*;
use bevy_interlune::ScriptFrameStats;
use bevy_interlune::prelude::*;

const ENTITIES: u32 = 10_000;

/// Nanoseconds an entity and frame, the best of many frames.
fn per_entity(body: &str) -> f64 {
    let mut bench = Bench::new();
    let source = format!("return {{ on_update = function(self, dt) {body} end }}");
    let script = bench.script("cost.lua", &source);
    for _ in 0..ENTITIES {
        bench.app.world_mut().spawn((Transform::default(), Script::new(script.clone())));
    }
    bench.frames(3);
    assert_eq!(bench.errors(), []);
    let frame = |bench: &mut Bench| {
        bench.frames(1);
        bench.app.world().resource::<ScriptFrameStats>().script.as_secs_f64()
    };
    let best = (0..50).map(|_| frame(&mut bench)).fold(f64::INFINITY, f64::min);
    best * 1e9 / f64::from(ENTITIES)
}

#[test]
#[ignore = "measures"]
fn callbacks_and_accesses() {
    let nothing = per_entity("");
    let read = per_entity("local t = self.entity.Transform.translation");
    let write = per_entity("self.entity.Transform.translation = vec3(1, 2, 3)");
    println!("an empty callback: {nothing:.0} ns an entity");
    println!("reading a component's field: {:.0} ns", read - nothing);
    println!("writing one: {:.0} ns", write - nothing);
}
