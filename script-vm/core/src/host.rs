//! What the embedding program gives the VM: where output goes.

/// Takes what a script prints.
pub type PrintSink = Box<dyn FnMut(&[u8])>;
/// Takes a warning.
pub type WarnSink = Box<dyn FnMut(&str)>;

/// Sinks for what scripts print; the defaults write to the process's standard streams.
pub struct Host {
    /// Gets what `print` writes, line end included.
    pub print: PrintSink,
    /// Gets warnings: `warn`, and errors in finalizers.
    pub warn: WarnSink,
}

impl Default for Host {
    fn default() -> Host {
        use std::io::Write;
        Host {
            // A closed pipe is nothing a script can do anything about.
            print: Box::new(|bytes| drop(std::io::stdout().write_all(bytes))),
            warn: Box::new(|text| eprintln!("Lua warning: {text}")),
        }
    }
}
