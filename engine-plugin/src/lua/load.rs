//! From source to running callbacks: the first version of a script, and every later one over it.

use super::fault;
use super::phase::Machine;
use super::script::{LoadedScript, Module};
use crate::settings::ScriptSettings;
use interlune::{Error, Function, Lua, Result, Table, Value};

impl Machine {
    /// Compiles `source`, runs it once, and makes what it returned the version that runs. True if that went well; if
    /// not, the error is noted and the version before goes on.
    pub(crate) fn load(
        &mut self,
        script: &mut LoadedScript,
        source: &[u8],
        settings: &ScriptSettings,
    ) -> bool {
        // Editors empty a file before they write it: what ran before is better than nothing at all.
        if source.is_empty() && script.module.is_some() {
            let text = format!("the file is empty{}", script.fall_back());
            self.errors.push(fault::plain(&script.name, "load", text));
            return false;
        }
        self.host.set_running(&script.name);
        self.lua.set_time_limit(Some(settings.load_time_limit));
        match self.try_load(script, source) {
            Ok(complaints) => {
                for complaint in complaints {
                    self.errors.push(fault::plain(&script.name, "load", complaint));
                }
                self.host.world.apply_queue();
                true
            }
            Err(error) => {
                // What a version that does not run wanted of the world does not happen.
                self.host.world.drop_queue();
                self.errors.push(fault::describe(&script.name, "load", None, &error));
                script.fall_back();
                false
            }
        }
    }

    /// A script that has filled the memory and still holds on to it would fail again whatever its new version does, so
    /// it starts without its state.
    pub(crate) fn make_room(
        &mut self,
        script: &mut LoadedScript,
        source: &[u8],
        settings: &ScriptSettings,
    ) {
        if !script.filled_memory || source.is_empty() {
            return;
        }
        self.lua.gc_collect();
        // A version that will not run is not worth the state of the one that does.
        if matches!(self.compile(script, source), Err(Error::Syntax { .. })) {
            return;
        }
        script.filled_memory = false;
        let full = |limit: usize| self.lua.used_memory() > limit / 4 * 3;
        if settings.memory_limit.is_some_and(full) {
            if let Err(error) = script.start_anew(&self.lua, &self.host) {
                self.errors.push(fault::describe(&script.name, "load", None, &error));
            }
            self.lua.gc_collect();
        }
    }

    fn compile(&self, script: &LoadedScript, source: &[u8]) -> Result<Function> {
        let chunk = self.lua.load(source).set_name(format!("@{}", script.name));
        chunk.set_environment(script.environment.clone()).into_function()
    }

    fn try_load(&self, script: &mut LoadedScript, source: &[u8]) -> Result<Vec<String>> {
        let saved = SavedGlobals::of(&self.lua, &script.environment)?;
        let outcome = self.run_version(script, source, &saved.entries);
        if outcome.is_err() {
            saved.restore(&script.environment)?;
        }
        outcome
    }

    /// Compiles and runs a version, carries the state of the one before over to it, and makes it the one that runs.
    /// `before` holds the script's globals as they were.
    fn run_version(
        &self,
        script: &mut LoadedScript,
        source: &[u8],
        before: &Table,
    ) -> Result<Vec<String>> {
        let chunk = self.compile(script, source)?;
        if let Some(old) = &script.module {
            // The new version's own are there after it ran; what is not was deleted from the source.
            old.global_functions.remove_from(&script.environment)?;
        }
        let returned = chunk.call::<Value>(())?;
        let is_returned = |(_, table): &&(String, Table)| returned == Value::Table(table.clone());
        if let Some((name, _)) = self.shared.iter().find(is_returned) {
            return Err(Error::runtime(format!(
                "the script returned '{name}', which all scripts share; return a table of its own"
            )));
        }
        let (mut module, complaints) = Module::new(chunk, returned, &script.environment, before)?;
        if script.module.is_some() && module.is_idle() {
            // Most likely the file was not written to its end.
            return Err(Error::runtime(
                "the script returned nothing and has no callbacks; the last good version goes on running",
            ));
        }
        if let Some(old) = &script.module {
            let versions = (old.version(Some(before)), module.version(Some(&script.environment)));
            let merged = self.lua.carry_over(versions.0, versions.1)?;
            self.compiler.reloaded(&self.lua, versions.0, versions.1);
            if let Value::Table(table) = &merged {
                old.functions.remove_missing(table, &module.functions)?;
            }
            module.take_place_of(merged, &script.environment);
        }
        script.adopt(module)?;
        Ok(complaints)
    }
}

/// The globals of a VM that has not run a script yet, and the tables in them: functions that a version no longer has are
/// taken out of what it returned, so these must not be it.
pub(crate) fn shared_tables(lua: &Lua) -> Result<Vec<(String, Table)>> {
    let mut shared = Vec::new();
    for pair in lua.globals().pairs::<String, Value>() {
        if let (name, Value::Table(table)) = pair? {
            shared.push((name, table));
        }
    }
    Ok(shared)
}

/// A script's globals before a new version ran. The tables in them are not copied.
struct SavedGlobals {
    entries: Table,
}

impl SavedGlobals {
    fn of(lua: &Lua, environment: &Table) -> Result<Self> {
        let entries = lua.create_table()?;
        for pair in environment.pairs::<Value, Value>() {
            let (name, value) = pair?;
            entries.raw_set(name, value)?;
        }
        Ok(Self { entries })
    }

    fn restore(&self, environment: &Table) -> Result<()> {
        let names: Vec<Value> =
            environment.pairs::<Value, Value>().map(|pair| Ok(pair?.0)).collect::<Result<_>>()?;
        for name in names {
            environment.raw_set(&name, self.entries.raw_get::<Value>(&name)?)?;
        }
        for pair in self.entries.pairs::<Value, Value>() {
            let (name, value) = pair?;
            environment.raw_set(name, value)?;
        }
        Ok(())
    }
}
