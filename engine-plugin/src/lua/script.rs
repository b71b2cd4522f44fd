//! One script: its environment, its callbacks, the entities it runs for.

use super::host::Host;
use super::instance::Instance;
use crate::asset::ScriptAsset;
use crate::status::{ScriptEntry, ScriptState};
use bevy::asset::AssetId;
use interlune::{Function, Lua, Result, ScriptVersion, Table, Value};
use std::rc::Rc;
use std::time::Duration;

/// What the host calls. The order is that of [`Callback::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callback {
    Load,
    Update,
    FixedUpdate,
    Reload,
    Unload,
}

impl Callback {
    pub(crate) const ALL: [Callback; 5] = [
        Callback::Load,
        Callback::Update,
        Callback::FixedUpdate,
        Callback::Reload,
        Callback::Unload,
    ];

    /// The field of the script's table that holds it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Callback::Load => "on_load",
            Callback::Update => "on_update",
            Callback::FixedUpdate => "on_fixed_update",
            Callback::Reload => "on_reload",
            Callback::Unload => "on_unload",
        }
    }
}

/// A loaded version of a script: its table of callbacks, these taken out of it, and what the next version has to know.
pub(crate) struct Module {
    pub(crate) table: Table,
    callbacks: [Option<Function>; Callback::ALL.len()],
    chunk: Function,
    returned: Value,
    /// What its top level put into the table that it returned.
    pub(crate) functions: OwnFunctions,
    /// What its top level put into the script's globals.
    pub(crate) global_functions: OwnFunctions,
}

impl Module {
    /// Takes the callbacks out of what the script returned. A script that returns nothing has them as globals. Fields
    /// with a callback's name that are no functions come back as complaints, for the rest of the script is sound.
    /// `before` holds the globals as they were before the script ran.
    pub(crate) fn new(
        chunk: Function,
        returned: Value,
        environment: &Table,
        before: &Table,
    ) -> Result<(Self, Vec<String>)> {
        let (table, functions) = match &returned {
            Value::Table(table) => (table.clone(), OwnFunctions::of(table, None)?),
            Value::Nil => (environment.clone(), OwnFunctions::default()),
            other => {
                let kind = other.type_name();
                return Err(interlune::Error::runtime(format!(
                    "a script returns a table of callbacks (on_load, on_update, …) or nothing, not a {kind}"
                )));
            }
        };
        let mut callbacks = [const { None }; Callback::ALL.len()];
        let mut complaints = Vec::new();
        for callback in Callback::ALL {
            match table.raw_get(callback.name())? {
                Value::Nil => {}
                Value::Function(function) => callbacks[callback as usize] = Some(function),
                other => complaints.push(format!(
                    "{} is a {}, not a function",
                    callback.name(),
                    other.type_name()
                )),
            }
        }
        let global_functions = OwnFunctions::of(environment, Some(before))?;
        Ok((Self { table, callbacks, chunk, returned, functions, global_functions }, complaints))
    }

    /// Whether the script returned nothing and has no callback.
    pub(crate) fn is_idle(&self) -> bool {
        self.returned == Value::Nil && self.callbacks.iter().all(Option::is_none)
    }

    /// What the VM needs for a reload.
    pub(crate) fn version<'a>(&'a self, globals: Option<&'a Table>) -> ScriptVersion<'a> {
        ScriptVersion { chunk: &self.chunk, returned: &self.returned, globals }
    }

    /// Takes over the older version's table, if the reload kept that.
    pub(crate) fn take_place_of(&mut self, merged: Value, environment: &Table) {
        self.table = match &merged {
            Value::Table(table) => table.clone(),
            _ => environment.clone(),
        };
        self.returned = merged;
    }

    pub(crate) fn callback(&self, callback: Callback) -> Option<&Function> {
        self.callbacks[callback as usize].as_ref()
    }
}

/// The functions that the top level of a version put into a table, so that those which the next version lacks can be
/// taken out again.
#[derive(Default)]
pub(crate) struct OwnFunctions(Vec<(Value, Function)>);

impl OwnFunctions {
    /// The functions in `table` that were not in `before`.
    fn of(table: &Table, before: Option<&Table>) -> Result<Self> {
        let mut own = Vec::new();
        for pair in table.pairs::<Value, Value>() {
            let (key, value) = pair?;
            let Value::Function(function) = &value else {
                continue;
            };
            let is_older = match before {
                Some(before) => before.raw_get::<Value>(&key)? == value,
                None => false,
            };
            if !is_older {
                own.push((key, function.clone()));
            }
        }
        Ok(Self(own))
    }

    /// Takes them out, unless something else was put in their place since.
    pub(crate) fn remove_from(&self, table: &Table) -> Result<()> {
        self.remove_missing(table, &Self::default())
    }

    /// The same, but for those that `newer` has too.
    pub(crate) fn remove_missing(&self, table: &Table, newer: &Self) -> Result<()> {
        for (key, function) in &self.0 {
            let goes = newer.0.iter().all(|(other, _)| other != key)
                && table.raw_get::<Value>(key)? == Value::Function(function.clone());
            if goes {
                table.raw_set(key, Value::Nil)?;
            }
        }
        Ok(())
    }
}

/// A script and everything that runs it.
pub(crate) struct LoadedScript {
    pub(crate) id: AssetId<ScriptAsset>,
    pub(crate) name: Rc<str>,
    /// The script's globals; what is not in there is looked up in the shared ones.
    pub(crate) environment: Table,
    /// Of every `self`: leads to the module's table, whichever version that is.
    pub(crate) self_metatable: Table,
    /// The newest version that loaded.
    pub(crate) module: Option<Module>,
    pub(crate) state: ScriptState,
    /// The revision of the asset that was looked at last, good or bad.
    pub(crate) revision: Option<u64>,
    /// What was read from its file and taken in, and is still to arrive as an asset; the oldest first.
    pub(crate) saved: Vec<Box<[u8]>>,
    pub(crate) version: u32,
    /// A callback ran out of memory since the last load.
    pub(crate) filled_memory: bool,
    /// For each callback: phases in a row in which it ran out of time.
    pub(crate) timeouts: [u32; Callback::ALL.len()],
    /// In callbacks, this frame.
    pub(crate) time: Duration,
    pub(crate) instances: Vec<Instance>,
}

impl LoadedScript {
    pub(crate) fn new(lua: &Lua, id: AssetId<ScriptAsset>, name: &str) -> Result<Self> {
        Ok(Self {
            id,
            name: name.into(),
            environment: new_environment(lua)?,
            self_metatable: lua.create_table_with_capacity(0, 1)?,
            module: None,
            state: ScriptState::Loading,
            revision: None,
            saved: Vec::new(),
            version: 0,
            filled_memory: false,
            timeouts: [0; Callback::ALL.len()],
            time: Duration::ZERO,
            instances: Vec::new(),
        })
    }

    /// Forgets all state: globals, module and every `self`.
    pub(crate) fn start_anew(&mut self, lua: &Lua, host: &Rc<Host>) -> Result<()> {
        self.module = None;
        self.environment = new_environment(lua)?;
        for instance in &mut self.instances {
            *instance = Instance::new(lua, host, instance.entity, &self.self_metatable)?;
        }
        Ok(())
    }

    /// Makes `module` the one that runs.
    pub(crate) fn adopt(&mut self, module: Module) -> Result<()> {
        self.self_metatable.raw_set("__index", &module.table)?;
        self.module = Some(module);
        self.version += 1;
        self.timeouts = [0; Callback::ALL.len()];
        self.state = ScriptState::Running;
        Ok(())
    }

    /// A new version cannot be had: what ran before goes on. What became of it, for messages.
    pub(crate) fn fall_back(&mut self) -> &'static str {
        match (&self.module, self.state) {
            (None, _) => {
                self.state = ScriptState::Failed;
                ""
            }
            (Some(_), ScriptState::Suspended) => "; the last good version stays suspended",
            (Some(_), _) => {
                self.state = ScriptState::Outdated;
                "; the last good version goes on running"
            }
        }
    }

    /// Whether its callbacks are called at all.
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.state, ScriptState::Running | ScriptState::Outdated)
    }

    pub(crate) fn entry(&self) -> ScriptEntry {
        ScriptEntry {
            name: self.name.to_string(),
            state: self.state,
            version: self.version,
            instances: self.instances.len(),
            time: self.time,
        }
    }
}

/// A table of globals, behind which the shared ones lie.
fn new_environment(lua: &Lua) -> Result<Table> {
    let environment = lua.create_table_with_capacity(0, 8)?;
    let shared = lua.create_table_with_capacity(0, 1)?;
    shared.raw_set("__index", lua.globals())?;
    environment.set_metatable(Some(shared))?;
    Ok(environment)
}
