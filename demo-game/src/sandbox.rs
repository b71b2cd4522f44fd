//! What the game and its script share: the sandbox's settings, the pointer, and the list of what to draw.
//!
//! The two resources are reflected, so the script reads and writes them by name (`world.resource("Sandbox")`). The
//! bodies come out through [`Balls`], an object the script calls once per body and frame: that is the game's data
//! path, and it is deliberately narrower and quicker than reflection.

use bevy::prelude::*;
use bevy_interlune::ScriptFunctionsExt;
use interlune::{Error, Lua};
use std::cell::RefCell;
use std::rc::Rc;

/// The rules the player can change.
#[derive(Resource, Reflect, Clone, Debug)]
#[reflect(Resource)]
pub struct Sandbox {
    /// Width and height in pixels. The script's origin is the lower left corner.
    pub arena: Vec2,
    /// Pixels per second squared.
    pub gravity: Vec2,
    /// How many bodies there should be.
    pub bodies: u32,
    /// The number that pouring and adding stop at.
    pub most_bodies: u32,
    pub seed: u32,
    /// Counts up when everything should start again.
    pub resets: u32,
}

impl Sandbox {
    /// The arena is what a window of the default size shows.
    pub const ARENA: Vec2 = Vec2::new(1280.0, 720.0);
    /// The script's fixed steps.
    pub const STEPS_PER_SECOND: f64 = 60.0;
    /// How strong gravity is when it is on.
    pub const GRAVITY: f32 = 600.0;

    pub fn new(bodies: u32, seed: u32) -> Self {
        Self {
            arena: Self::ARENA,
            gravity: Vec2::new(0.0, -Self::GRAVITY),
            bodies,
            most_bodies: bodies.max(5000),
            seed,
            resets: 0,
        }
    }
}

/// The mouse, in the arena's coordinates.
#[derive(Resource, Reflect, Clone, Debug, Default)]
#[reflect(Resource)]
pub struct Pointer {
    pub position: Vec2,
    /// False while the mouse is elsewhere, or over the overlay.
    pub inside: bool,
    /// The button that drags is down.
    pub pull: bool,
    /// The button, or the key, that spawns is down.
    pub pour: bool,
    /// Explosions asked for since the script last took them.
    pub blasts: u32,
}

/// One body as it should be drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ball {
    pub x: f64,
    pub y: f64,
    pub radius: f64,
}

/// What the script wants drawn. The script's side and the drawing system's side share it on the main thread, which is
/// why it is not `Send`.
#[derive(Clone, Default)]
pub struct Balls {
    list: Rc<RefCell<Vec<Ball>>>,
}

impl Balls {
    /// Makes room for exactly `count` bodies.
    pub fn resize(&self, count: usize) {
        self.list.borrow_mut().resize(count, Ball::default());
    }

    /// Sets body `index`, from 1. False: there is no such body.
    pub fn set(&self, index: usize, ball: Ball) -> bool {
        let mut list = self.list.borrow_mut();
        match index.checked_sub(1).and_then(|index| list.get_mut(index)) {
            Some(place) => {
                *place = ball;
                true
            }
            None => false,
        }
    }

    /// Calls `look` with all of them.
    pub fn look<R>(&self, look: impl FnOnce(&[Ball]) -> R) -> R {
        look(&self.list.borrow())
    }

    /// FNV-1a over the bits of every position, in order: equal for two runs only if they agree to the last bit.
    pub fn hash(&self) -> u64 {
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        self.look(|balls| {
            let bytes = balls
                .iter()
                .flat_map(|ball| [ball.x.to_bits(), ball.y.to_bits()])
                .flat_map(u64::to_le_bytes);
            bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
        })
    }
}

/// The shared state and the scene's script.
pub struct SandboxPlugin {
    pub sandbox: Sandbox,
}

impl Plugin for SandboxPlugin {
    fn build(&self, app: &mut App) {
        app.register_type::<Sandbox>()
            .register_type::<Pointer>()
            .insert_resource(self.sandbox.clone())
            .init_resource::<Pointer>()
            .insert_resource(Time::<Fixed>::from_hz(Sandbox::STEPS_PER_SECOND))
            .insert_non_send(Balls::default());
        let balls = app.world().non_send::<Balls>().clone();
        app.add_script_functions(move |lua, _| register(lua, &balls));
    }
}

/// `balls.resize(count)` and `balls.set(index, x, y, radius)`. Plain functions of a table: they are called for every
/// body in every frame, and a method would have to find its object first.
fn register(lua: &Lua, balls: &Balls) -> interlune::Result<()> {
    let table = lua.create_table()?;
    let list = balls.clone();
    let resize = lua.create_function(move |_, count: usize| {
        list.resize(count);
        Ok(())
    })?;
    table.raw_set("resize", resize)?;
    let list = balls.clone();
    let set = lua.create_function(move |_, (index, x, y, radius): (usize, f64, f64, f64)| {
        let known = list.set(index, Ball { x, y, radius });
        if known {
            Ok(())
        } else {
            Err(Error::runtime(format!("there is no ball {index}; balls.resize makes more")))
        }
    })?;
    table.raw_set("set", set)?;
    lua.globals().set("balls", table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_sees_every_bit_and_the_order() {
        let balls = Balls::default();
        balls.resize(2);
        let empty = balls.hash();
        assert!(balls.set(2, Ball { x: 1.0, y: 2.0, radius: 3.0 }));
        let second = balls.hash();
        assert!(balls.set(1, Ball { x: 1.0, y: 2.0, radius: 3.0 }));
        assert!(balls.set(2, Ball::default()));
        assert!(empty != second && second != balls.hash());
        assert!(!balls.set(0, Ball::default()) && !balls.set(3, Ball::default()));
    }
}
