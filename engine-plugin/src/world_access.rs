//! The world, lent to scripts while they run.
//!
//! Functions registered with the VM live as long as the VM and cannot borrow the world. So for the length of a
//! callback phase the world is moved into a slot they share, with an empty one in its place: the way Bevy lends the
//! main world to the render world's extract schedule. Outside of a callback the slot is empty and an access is an
//! error, not a crash.

use bevy::ecs::entity::Entity;
use bevy::ecs::system::{Command, Commands};
use bevy::ecs::world::{CommandQueue, World};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use thiserror::Error;

/// Why the world could not be reached.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum WorldAccessError {
    /// The function was called from outside of a callback, for example by a closure the game kept.
    #[error("the world can only be reached while a script callback runs")]
    NotRunning,
    /// A function given to [`WorldAccess::with`] called a script that reached for the world again.
    #[error("the world is being used by the function that called this script")]
    InUse,
}

#[derive(Default)]
struct Slot {
    world: RefCell<Option<World>>,
    queue: RefCell<CommandQueue>,
    queued: Cell<bool>,
}

/// A handle to the world for functions registered with the scripts' VM. Cheap to clone.
#[derive(Clone, Default)]
pub struct WorldAccess {
    slot: Rc<Slot>,
}

impl WorldAccess {
    /// Calls `use_world` with the world. Structural changes (spawning, inserting, removing) should go through
    /// [`commands`](Self::commands), as scripts themselves do.
    ///
    /// # Errors
    /// When no script callback is running, or when the world is in use further up the stack.
    pub fn with<R>(&self, use_world: impl FnOnce(&mut World) -> R) -> Result<R, WorldAccessError> {
        let mut world = self.slot.world.try_borrow_mut().map_err(|_| WorldAccessError::InUse)?;
        world.as_mut().map(use_world).ok_or(WorldAccessError::NotRunning)
    }

    /// Queues commands. They are applied when the running callback returns.
    ///
    /// # Errors
    /// As [`with`](Self::with).
    pub fn commands<R>(
        &self,
        use_commands: impl FnOnce(&mut Commands) -> R,
    ) -> Result<R, WorldAccessError> {
        self.with(|world| {
            self.slot.queued.set(true);
            use_commands(&mut Commands::new(&mut self.slot.queue.borrow_mut(), world))
        })
    }

    /// Queues one command.
    pub(crate) fn queue(&self, command: impl Command<Out = ()>) {
        self.slot.queued.set(true);
        self.slot.queue.borrow_mut().push(command);
    }

    /// Applies what was queued; true if there was something.
    pub(crate) fn apply_queue(&self) -> bool {
        if !self.slot.queued.replace(false) {
            return false;
        }
        // Taken out first: hooks and observers run by the commands may come back to this slot.
        let mut queue = std::mem::take(&mut *self.slot.queue.borrow_mut());
        self.with(|world| queue.apply(world)).is_ok()
    }

    /// Forgets what was queued.
    pub(crate) fn drop_queue(&self) {
        self.slot.queued.set(false);
        drop(std::mem::take(&mut *self.slot.queue.borrow_mut()));
    }

    /// Whether an entity still lives. False outside of a callback.
    pub(crate) fn is_alive(&self, entity: Entity) -> bool {
        self.with(|world| world.get_entity(entity).is_ok()).unwrap_or(false)
    }

    /// Lends `world` for the length of `phase`, and takes it back even if `phase` panics.
    pub(crate) fn lend<R>(
        &self,
        world: &mut World,
        stand_in: World,
        phase: impl FnOnce() -> R,
    ) -> (R, World) {
        let loan = Loan { access: self, place: world, stand_in: None };
        *self.slot.world.borrow_mut() = Some(std::mem::replace(loan.place, stand_in));
        let result = phase();
        self.apply_queue();
        let stand_in = loan.end();
        (result, stand_in)
    }
}

/// Brings the world home.
struct Loan<'a> {
    access: &'a WorldAccess,
    place: &'a mut World,
    stand_in: Option<World>,
}

impl Loan<'_> {
    fn bring_home(&mut self) {
        let lent = self.access.slot.world.try_borrow_mut().ok().and_then(|mut world| world.take());
        if let Some(world) = lent {
            self.stand_in = Some(std::mem::replace(self.place, world));
        }
    }

    fn end(mut self) -> World {
        self.bring_home();
        self.stand_in.take().unwrap_or_default()
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        self.bring_home();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bevy::ecs::component::Component;

    #[derive(Component)]
    struct Marker;

    #[test]
    fn the_world_comes_back_with_its_changes() {
        let access = WorldAccess::default();
        let mut world = World::new();
        assert_eq!(access.with(|_| ()), Err(WorldAccessError::NotRunning));
        let (entity, _) = access.lend(&mut world, World::new(), || {
            assert_eq!(access.with(|_| access.with(|_| ())), Ok(Err(WorldAccessError::InUse)));
            access.commands(|commands| commands.spawn(Marker).id()).expect("the world is lent")
        });
        assert!(world.get::<Marker>(entity).is_some());
        assert_eq!(access.with(|_| ()), Err(WorldAccessError::NotRunning));
    }

    #[test]
    fn a_panic_does_not_lose_the_world() {
        let access = WorldAccess::default();
        let mut world = World::new();
        let entity = world.spawn(Marker).id();
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            access.lend(&mut world, World::new(), || panic!("a registered function panics"));
        }));
        assert!(outcome.is_err());
        assert!(world.get::<Marker>(entity).is_some());
    }
}
