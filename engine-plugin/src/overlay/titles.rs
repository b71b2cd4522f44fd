//! What to call a function: Lua's have no names, but the line on which one is defined mostly says one.

use crate::asset::ScriptAsset;
use bevy::asset::Assets;
use bevy::platform::collections::HashMap;
use interlune::jit::FunctionInfo;
use std::sync::Arc;

/// A version of a source, and a line in it.
type Place = (u64, u32);

/// Titles that were made up already: a source is not searched for the same line again.
#[derive(Default)]
pub(super) struct Titles(HashMap<Place, Arc<str>>);

/// Reloads bring new versions for as long as the game runs.
const TITLES_KEPT: usize = 4096;

impl Titles {
    /// The title of a function, for which the source of its script is looked at.
    pub(super) fn of(
        &mut self,
        info: &FunctionInfo,
        assets: Option<&Assets<ScriptAsset>>,
    ) -> Arc<str> {
        if info.line == 0 {
            return "(top level)".into();
        }
        let found = |asset: &&ScriptAsset| *asset.name == *info.source;
        let asset = assets.and_then(|assets| assets.iter().map(|(_, asset)| asset).find(found));
        let Some(asset) = asset else { return info.name.clone() };
        if self.0.len() >= TITLES_KEPT {
            self.0.clear();
        }
        let place = (asset.revision, info.line);
        self.0.entry(place).or_insert_with(|| title(&asset.source, info.line).into()).clone()
    }
}

/// `file.lua:12`, without the folders.
pub(super) fn place(info: &FunctionInfo) -> String {
    line_of(&info.source, info.line)
}

/// The same of any line of a source.
pub(super) fn line_of(source: &str, line: u32) -> String {
    let file = source.rsplit('/').next().unwrap_or(source);
    format!("{file}:{line}")
}

fn title(source: &[u8], line: u32) -> String {
    let text = source.split(|&byte| byte == b'\n').nth(line as usize - 1).unwrap_or_default();
    let text = String::from_utf8_lossy(text);
    name_in(&text).unwrap_or("(function)").to_owned()
}

/// The name that a line of source gives to the function that it begins.
fn name_in(line: &str) -> Option<&str> {
    let at = line.find("function")?;
    let (before, after) = (line[..at].trim_end(), line[at + "function".len()..].trim_start());
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':');
    let declared = after.split(|c| !is_part(c)).next().filter(|name| !name.is_empty());
    let assigned = || {
        let target = before.strip_suffix('=')?.trim_end();
        target.rsplit(|c| !is_part(c)).next().filter(|name| !name.is_empty())
    };
    declared.or_else(assigned)
}

#[cfg(test)]
mod tests {
    use super::name_in;

    #[test]
    fn names_are_found_where_functions_are_defined() {
        for (line, name) in [
            ("local function solve(contact)", Some("solve")),
            ("function Door.on_update(self, dt)", Some("Door.on_update")),
            ("function Door:slam()", Some("Door:slam")),
            ("  on_update = function(self)", Some("on_update")),
            ("local f = function() end", Some("f")),
            ("t.x.y = function()", Some("t.x.y")),
            ("table.sort(list, function(a, b)", None),
            ("return 1", None),
        ] {
            assert_eq!(name_in(line), name, "{line}");
        }
    }
}
