//! Scripts as assets: the `.lua` loader. It only reads bytes; compiling needs the VM and happens on its thread.

use bevy::asset::io::Reader;
use bevy::asset::{Asset, AssetLoader, LoadContext};
use bevy::reflect::TypePath;
use std::sync::atomic::{AtomicU64, Ordering};
use thiserror::Error;

/// The source of one script.
#[derive(Asset, TypePath, Clone, Debug)]
pub struct ScriptAsset {
    /// The file's bytes. Lua sources need not be UTF-8 everywhere (strings may hold any byte).
    pub source: Vec<u8>,
    /// What errors and log lines call the script: its path below the asset folder.
    pub name: String,
    /// Different for every load, so that a changed file is told from an unchanged one without comparing text.
    pub(crate) revision: u64,
}

impl ScriptAsset {
    /// A script that does not come from a file, for tests and for sources made by the game.
    pub fn new(name: impl Into<String>, source: impl Into<Vec<u8>>) -> Self {
        static NEXT_REVISION: AtomicU64 = AtomicU64::new(1);
        Self {
            source: source.into(),
            name: name.into(),
            revision: NEXT_REVISION.fetch_add(1, Ordering::Relaxed),
        }
    }
}

/// Why a file could not become a [`ScriptAsset`].
#[derive(Debug, Error)]
pub enum ScriptLoadError {
    /// The file could not be read.
    #[error("cannot read the script: {0}")]
    Io(#[from] std::io::Error),
    /// A file of this size is not a script somebody wrote.
    #[error("a script of {size} bytes is over the limit of {limit}")]
    TooLarge {
        /// The file's size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
}

/// Loads `.lua` files.
#[derive(Default, TypePath)]
pub struct ScriptLoader;

impl ScriptLoader {
    /// The largest file that is loaded, in bytes.
    pub const SIZE_LIMIT: usize = 64 << 20;
}

impl AssetLoader for ScriptLoader {
    type Asset = ScriptAsset;
    type Settings = ();
    type Error = ScriptLoadError;

    async fn load(
        &self,
        reader: &mut dyn Reader,
        _settings: &(),
        load_context: &mut LoadContext<'_>,
    ) -> Result<ScriptAsset, ScriptLoadError> {
        let mut source = Vec::new();
        reader.read_to_end(&mut source).await?;
        if source.len() > Self::SIZE_LIMIT {
            return Err(ScriptLoadError::TooLarge { size: source.len(), limit: Self::SIZE_LIMIT });
        }
        Ok(ScriptAsset::new(load_context.path().to_string(), source))
    }

    fn extensions(&self) -> &[&str] {
        &["lua"]
    }
}
