//! From source to running callbacks: the first version of a script, and every later one over it.

use super::fault;
use super::phase::Machine;
use super::script::{LoadedScript, Module};
use crate::settings::ScriptSettings;
use crate::status::ScriptState;
use interlune::{Result, Value};

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
            let text = "the file is empty; the last good version goes on running";
            self.errors.push(fault::plain(&script.name, "load", text));
            script.state = ScriptState::Outdated;
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
                self.errors.push(fault::describe(&script.name, "load", None, &error));
                let has_older = script.module.is_some();
                script.state = if has_older { ScriptState::Outdated } else { ScriptState::Failed };
                false
            }
        }
    }

    fn try_load(&self, script: &mut LoadedScript, source: &[u8]) -> Result<Vec<String>> {
        let chunk = self
            .lua
            .load(source)
            .set_name(format!("@{}", script.name))
            .set_environment(script.environment.clone())
            .into_function()?;
        let returned = chunk.call::<Value>(())?;
        let (module, complaints) = Module::new(returned, &script.environment)?;
        if let Some(old) = &script.module {
            // New functions, old data: module variables that are state keep their values.
            self.lua.carry_over(
                &Value::Table(old.table.clone()),
                &Value::Table(module.table.clone()),
            )?;
        }
        script.adopt(module)?;
        Ok(complaints)
    }
}
