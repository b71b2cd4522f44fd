//! The compilers' place in the schedules: commands before scripts are loaded, the end of the frame in `Last`.

use super::status::{ScriptJitMessage, ScriptJitStatus};
use crate::frame::ScriptFrameStats;
use crate::lua::with_runtime;
use bevy::ecs::message::{MessageCursor, Messages};
use bevy::ecs::system::Local;
use bevy::ecs::world::{Mut, World};

/// Carries out what was commanded since the last frame.
pub(crate) fn obey(world: &mut World, mut cursor: Local<MessageCursor<ScriptJitMessage>>) {
    let messages = world.resource::<Messages<ScriptJitMessage>>();
    let news: Vec<ScriptJitMessage> = cursor.read(messages).copied().collect();
    if news.is_empty() {
        return;
    }
    with_runtime(world, |runtime, world| {
        for message in news {
            runtime.obey(message);
        }
        runtime.compiler().publish(&mut world.resource_mut::<ScriptJitStatus>());
    });
}

/// The scripts' work of this frame is done.
pub(crate) fn end_frame(world: &mut World) {
    with_runtime(world, |runtime, world| {
        world.resource_scope(|world, mut stats: Mut<ScriptFrameStats>| {
            runtime.compiler_mut().end_frame(world, &mut stats);
        });
        runtime.compiler().publish(&mut world.resource_mut::<ScriptJitStatus>());
    });
}
