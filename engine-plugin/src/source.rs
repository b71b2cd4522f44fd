//! The asset folder, watched closely enough that a saved script runs within a tenth of a second.
//!
//! Bevy's own watcher waits 300 ms before it believes in a change, does nothing when a file is renamed over another
//! (as many editors save), and tells nobody that a file was deleted. This plugin registers the default asset source
//! with a short wait, and passes the events through a filter that mends the other two.

use bevy::app::{App, Plugin};
use bevy::asset::AssetApp;
use bevy::asset::io::AssetSourceBuilder;
use bevy::ecs::resource::Resource;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Registers the default asset source. Add it before `AssetPlugin` (so before `DefaultPlugins`), which must not be
/// given a `file_path` of its own.
#[derive(Clone, Debug)]
pub struct ScriptSourcePlugin {
    /// The asset folder. A relative path starts where Bevy starts it: at `BEVY_ASSET_ROOT`, the crate's folder under
    /// `cargo run`, or the executable's folder.
    pub folder: String,
    /// How long a file must be left alone before it counts as saved.
    pub debounce: Duration,
}

impl Default for ScriptSourcePlugin {
    fn default() -> Self {
        Self { folder: "assets".to_owned(), debounce: Duration::from_millis(30) }
    }
}

/// Asset paths of scripts that were deleted since the plugin last looked.
#[derive(Clone, Default, Resource)]
pub(crate) struct DeletedScripts(Arc<Mutex<Vec<PathBuf>>>);

impl DeletedScripts {
    pub(crate) fn take(&self) -> Vec<PathBuf> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Plugin for ScriptSourcePlugin {
    fn build(&self, app: &mut App) {
        let deleted = DeletedScripts::default();
        app.insert_resource(deleted.clone());
        app.register_asset_source(bevy::asset::io::AssetSourceId::Default, self.builder(deleted));
    }
}

impl ScriptSourcePlugin {
    #[cfg(not(feature = "hot_reload"))]
    fn builder(&self, _deleted: DeletedScripts) -> AssetSourceBuilder {
        AssetSourceBuilder::platform_default(&self.folder, None)
    }

    #[cfg(feature = "hot_reload")]
    fn builder(&self, deleted: DeletedScripts) -> AssetSourceBuilder {
        use bevy::asset::io::{AssetSource, AssetSourceEvent};

        let mut watch = AssetSource::get_default_watcher(self.folder.clone(), self.debounce);
        AssetSourceBuilder::new(AssetSource::get_default_reader(self.folder.clone())).with_watcher(
            move |to_server| {
                let (sender, receiver) = async_channel::unbounded::<AssetSourceEvent>();
                let watcher = watch(sender)?;
                let deleted = deleted.clone();
                let filter = async move {
                    while let Ok(event) = receiver.recv().await {
                        for event in mend(event, &deleted) {
                            if to_server.send(event).await.is_err() {
                                return;
                            }
                        }
                    }
                };
                bevy::tasks::IoTaskPool::get().spawn(filter).detach();
                Some(watcher)
            },
        )
    }
}

/// What the asset server should hear instead of `event`.
#[cfg(feature = "hot_reload")]
fn mend(
    event: bevy::asset::io::AssetSourceEvent,
    deleted: &DeletedScripts,
) -> impl Iterator<Item = bevy::asset::io::AssetSourceEvent> {
    use bevy::asset::io::AssetSourceEvent::{
        AddedAsset, RemovedAsset, RemovedUnknown, RenamedAsset,
    };
    let note = |path: &PathBuf| {
        if path.extension().is_some_and(|extension| extension == "lua") {
            deleted.0.lock().unwrap_or_else(PoisonError::into_inner).push(path.clone());
        }
    };
    let events = match event {
        // The server ignores renames. For it, one file went and another came.
        RenamedAsset { old, new } => {
            note(&old);
            [Some(RemovedAsset(old)), Some(AddedAsset(new))]
        }
        RemovedAsset(path) => {
            note(&path);
            [Some(RemovedAsset(path)), None]
        }
        RemovedUnknown { path, is_meta } => {
            note(&path);
            [Some(RemovedUnknown { path, is_meta }), None]
        }
        other => [Some(other), None],
    };
    events.into_iter().flatten()
}
