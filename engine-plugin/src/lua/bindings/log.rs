//! `print` and `log`: script output through `tracing`, under the target `lua` and with the script's name.

use crate::lua::host::Host;
use interlune::{Lua, MultiValue, Result};
use std::rc::Rc;
use tracing::Level;

pub(super) fn install(lua: &Lua, host: &Rc<Host>) -> Result<()> {
    let globals = lua.globals();
    let log = lua.create_table()?;
    let levels = [
        ("debug", Level::DEBUG),
        ("info", Level::INFO),
        ("warn", Level::WARN),
        ("error", Level::ERROR),
    ];
    for (name, level) in levels {
        log.raw_set(name, writer(lua, host, level, " ")?)?;
    }
    globals.raw_set("log", log)?;
    let shared = host.clone();
    lua.set_warn(move |text| write(Level::WARN, &shared.running(), text));
    // `print` separates with tabs, as the manual says.
    globals.raw_set("print", writer(lua, host, Level::INFO, "\t")?)
}

fn writer(
    lua: &Lua,
    host: &Rc<Host>,
    level: Level,
    separator: &'static str,
) -> Result<interlune::Function> {
    let host = host.clone();
    lua.create_function(move |_, values: MultiValue| {
        let mut text = String::new();
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                text.push_str(separator);
            }
            text.push_str(&value.to_text()?);
        }
        write(level, &host.running(), &text);
        Ok(())
    })
}

/// The level of a `tracing` event is part of its static description, hence one call for each.
fn write(level: Level, script: &str, text: &str) {
    match level {
        Level::ERROR => tracing::error!(target: "lua", "{script}: {text}"),
        Level::WARN => tracing::warn!(target: "lua", "{script}: {text}"),
        Level::INFO => tracing::info!(target: "lua", "{script}: {text}"),
        _ => tracing::debug!(target: "lua", "{script}: {text}"),
    }
}
