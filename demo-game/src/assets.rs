//! Finding the asset folder, so that the game starts from `cargo run`, from the workspace and from anywhere else.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

/// The absolute path of the asset folder: the one given, `BEVY_ASSET_ROOT`'s, the current folder's, one beside or
/// above the executable, or the one this game was built with.
pub fn find(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(folder) = given {
        if !is_ours(folder) {
            bail!("there are no scripts in {}", folder.display());
        }
        return absolute(folder);
    }
    let root = std::env::var_os("BEVY_ASSET_ROOT").map(|root| PathBuf::from(root).join("assets"));
    let beside = std::env::current_exe().ok();
    let above = beside
        .iter()
        .flat_map(|program| program.ancestors().skip(1))
        .map(|folder| folder.join("assets"));
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets");
    root.into_iter()
        .chain([PathBuf::from("assets")])
        .chain(above)
        .chain([built])
        .find(|folder| is_ours(folder))
        .context("the asset folder was not found; say where it is with --assets")
        .and_then(|folder| absolute(&folder))
}

/// Many programs have a folder called assets.
fn is_ours(folder: &Path) -> bool {
    folder.join("scripts").is_dir()
}

fn absolute(folder: &Path) -> anyhow::Result<PathBuf> {
    folder.canonicalize().with_context(|| format!("cannot open {}", folder.display()))
}

/// Says which scenes there are if `scene` is not one of them.
pub fn check_scene(assets: &Path, scene: &str) -> anyhow::Result<()> {
    let scripts = assets.join("scripts");
    if scripts.join(scene).with_extension("lua").is_file() {
        return Ok(());
    }
    let entries = std::fs::read_dir(&scripts)
        .with_context(|| format!("cannot read {}", scripts.display()))?;
    let mut scenes: Vec<String> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "lua"))
        .filter_map(|path| path.file_stem().map(|name| name.to_string_lossy().into_owned()))
        .collect();
    scenes.sort();
    bail!("there is no scene '{scene}'; there is: {}", scenes.join(", "))
}
