//! The asset folder, watched closely enough that a saved script runs within a tenth of a second.
//!
//! Bevy's own watcher waits 300 ms before it believes in a change, does nothing when a file is renamed over another
//! (as many editors save), and tells nobody that a file was deleted. This plugin registers the default asset source
//! with a short wait, and passes the events through a filter that mends the other two.
//!
//! A changed script is also read here, and taken in by the next frame. The asset server would read it after its next
//! frame and hand it on in a later one, which at a low frame rate is what a reload takes most of its time for.

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
        Self { folder: "assets".to_owned(), debounce: Duration::from_millis(15) }
    }
}

/// What happened to a script's file.
#[derive(Clone, Debug)]
pub(crate) enum FileNews {
    /// It was written; this is what it holds now.
    Saved(Vec<u8>),
    Deleted,
}

/// What happened to scripts' files since the plugin last looked, by asset path.
#[derive(Clone, Default, Resource)]
pub(crate) struct ScriptNews(Arc<Mutex<Vec<(PathBuf, FileNews)>>>);

impl ScriptNews {
    pub(crate) fn take(&self) -> Vec<(PathBuf, FileNews)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    #[cfg(feature = "hot_reload")]
    fn push(&self, path: &std::path::Path, news: FileNews) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((path.to_owned(), news));
    }
}

impl Plugin for ScriptSourcePlugin {
    fn build(&self, app: &mut App) {
        let news = ScriptNews::default();
        app.insert_resource(news.clone());
        app.register_asset_source(bevy::asset::io::AssetSourceId::Default, self.builder(news));
    }
}

impl ScriptSourcePlugin {
    #[cfg(not(feature = "hot_reload"))]
    fn builder(&self, _news: ScriptNews) -> AssetSourceBuilder {
        AssetSourceBuilder::platform_default(&self.folder, None)
    }

    #[cfg(feature = "hot_reload")]
    fn builder(&self, news: ScriptNews) -> AssetSourceBuilder {
        use bevy::asset::io::file::FileAssetReader;
        use bevy::asset::io::{AssetSource, AssetSourceEvent};

        let root = FileAssetReader::get_base_path().join(&self.folder);
        let mut watch = AssetSource::get_default_watcher(self.folder.clone(), self.debounce);
        AssetSourceBuilder::new(AssetSource::get_default_reader(self.folder.clone())).with_watcher(
            move |to_server| {
                let (sender, receiver) = async_channel::unbounded::<AssetSourceEvent>();
                let watcher = watch(sender)?;
                let (news, root) = (news.clone(), root.clone());
                let filter = async move {
                    while let Ok(event) = receiver.recv().await {
                        for event in mend(event, &news) {
                            read_script(&event, &root, &news);
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
    news: &ScriptNews,
) -> impl Iterator<Item = bevy::asset::io::AssetSourceEvent> {
    use bevy::asset::io::AssetSourceEvent::{
        AddedAsset, RemovedAsset, RemovedUnknown, RenamedAsset,
    };
    let note = |path: &PathBuf| {
        if is_script(path) {
            news.push(path, FileNews::Deleted);
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

#[cfg(feature = "hot_reload")]
fn is_script(path: &std::path::Path) -> bool {
    path.extension().is_some_and(|extension| extension == "lua")
}

/// Reads the script that `event` says was written. If that fails the asset server will fail too, and report it.
#[cfg(feature = "hot_reload")]
fn read_script(
    event: &bevy::asset::io::AssetSourceEvent,
    root: &std::path::Path,
    news: &ScriptNews,
) {
    use crate::asset::ScriptLoader;
    use bevy::asset::io::AssetSourceEvent::{AddedAsset, ModifiedAsset};

    let (AddedAsset(path) | ModifiedAsset(path)) = event else {
        return;
    };
    let file = root.join(path);
    let fits = |size| size <= ScriptLoader::SIZE_LIMIT as u64;
    if is_script(path)
        && std::fs::metadata(&file).is_ok_and(|metadata| fits(metadata.len()))
        && let Ok(source) = std::fs::read(&file)
    {
        news.push(path, FileNews::Saved(source));
    }
}
