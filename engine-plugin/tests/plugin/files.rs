//! Scripts as files: missing, saved, saved by renaming, deleted.

use crate::bench::Bench;
use bevy::asset::AssetServer;
use bevy_interlune::ScriptState;
use bevy_interlune::prelude::*;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A folder of its own for each test, gone at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("interlune-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join("scripts")).expect("a temporary folder");
        Self(path)
    }

    fn write(&self, name: &str, source: &str) {
        std::fs::write(self.0.join("scripts").join(name), source).expect("the folder is there");
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn says(text: &str) -> String {
    format!("return {{ on_update = function() note('{text}') end }}")
}

fn load(bench: &mut Bench, path: &str) {
    let handle = bench.app.world().resource::<AssetServer>().load(path.to_owned());
    bench.app.world_mut().resource_mut::<GlobalScripts>().handles.push(handle);
}

#[test]
fn a_saved_script_runs_within_a_tenth_of_a_second() {
    let folder = Folder::new("saved");
    folder.write("a.lua", &says("one"));
    let mut bench = Bench::with_folder(folder.path());
    load(&mut bench, "scripts/a.lua");
    bench.until(|bench| bench.notes.take().contains(&"one".to_owned()));
    // The watcher's thread may be a moment behind the first load.
    bench.until(|bench| bench.state() == Some(ScriptState::Running));
    folder.write("a.lua", &says("two"));
    let took = bench.until(|bench| bench.notes.take().contains(&"two".to_owned()));
    println!("save to new code: {took:?}");
    // The goal is 100 ms on a free machine; tests run beside each other.
    assert!(took < Duration::from_millis(1000), "{took:?}");
    assert_eq!(bench.errors(), []);
}

#[test]
fn a_file_renamed_over_the_script_counts_as_saved() {
    let folder = Folder::new("renamed");
    folder.write("a.lua", &says("one"));
    let mut bench = Bench::with_folder(folder.path());
    load(&mut bench, "scripts/a.lua");
    bench.until(|bench| bench.notes.take().contains(&"one".to_owned()));
    folder.write("a.lua.tmp", &says("two"));
    std::fs::rename(folder.path().join("scripts/a.lua.tmp"), folder.path().join("scripts/a.lua"))
        .expect("same folder");
    bench.until(|bench| bench.notes.take().contains(&"two".to_owned()));
    assert_eq!(bench.errors(), []);
}

#[test]
fn a_missing_script_is_named_and_may_come_later() {
    let folder = Folder::new("missing");
    let mut bench = Bench::with_folder(folder.path());
    load(&mut bench, "scripts/late.lua");
    bench.until(|bench| bench.state() == Some(ScriptState::Failed));
    let error = bench.only_error();
    assert!(error.starts_with("scripts/late.lua:?: ") && error.contains("not found"), "{error}");
    folder.write("late.lua", &says("here"));
    bench.until(|bench| bench.notes.take().contains(&"here".to_owned()));
}

#[test]
fn a_deleted_script_runs_on() {
    let folder = Folder::new("deleted");
    folder.write("a.lua", &says("one"));
    let mut bench = Bench::with_folder(folder.path());
    load(&mut bench, "scripts/a.lua");
    bench.until(|bench| bench.state() == Some(ScriptState::Running));
    std::fs::remove_file(folder.path().join("scripts/a.lua")).expect("it is there");
    bench.until(|bench| bench.state() == Some(ScriptState::Outdated));
    assert!(bench.only_error().contains("was deleted"));
    bench.notes.take();
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["one"]);
    folder.write("a.lua", &says("two"));
    bench.until(|bench| bench.notes.take().contains(&"two".to_owned()));
    assert_eq!(bench.state(), Some(ScriptState::Running));
}
