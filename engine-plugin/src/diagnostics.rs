//! The scripts' entries in Bevy's `DiagnosticsStore`.

use crate::frame::ScriptFrameStats;
use bevy::app::{App, Plugin};
use bevy::diagnostic::{Diagnostic, DiagnosticPath, Diagnostics, RegisterDiagnostic};
use bevy::ecs::system::Res;

/// Registers the diagnostics. Part of [`ScriptPlugin`](crate::ScriptPlugin), which also fills them.
pub struct ScriptDiagnosticsPlugin;

impl ScriptDiagnosticsPlugin {
    /// Milliseconds a frame in callbacks.
    pub const SCRIPT_TIME: DiagnosticPath = DiagnosticPath::const_new("scripts/time");
    /// Milliseconds a frame in the collector.
    pub const GC_TIME: DiagnosticPath = DiagnosticPath::const_new("scripts/collection");
    /// Bytes on the heap.
    pub const HEAP: DiagnosticPath = DiagnosticPath::const_new("scripts/heap");
    /// Milliseconds a frame that the compilers took of the main thread.
    pub const JIT_TIME: DiagnosticPath = DiagnosticPath::const_new("scripts/jit");
    /// Milliseconds of CPU time a frame that the compile workers used.
    pub const COMPILE_TIME: DiagnosticPath = DiagnosticPath::const_new("scripts/compile");
    /// Milliseconds of work a frame on the main thread, waits not counted.
    pub const MAIN_TIME: DiagnosticPath = DiagnosticPath::const_new("scripts/main_thread");
}

impl Plugin for ScriptDiagnosticsPlugin {
    fn build(&self, app: &mut App) {
        app.register_diagnostic(Diagnostic::new(Self::SCRIPT_TIME).with_suffix(" ms"))
            .register_diagnostic(Diagnostic::new(Self::GC_TIME).with_suffix(" ms"))
            .register_diagnostic(Diagnostic::new(Self::JIT_TIME).with_suffix(" ms"))
            .register_diagnostic(Diagnostic::new(Self::COMPILE_TIME).with_suffix(" ms"))
            .register_diagnostic(Diagnostic::new(Self::HEAP).with_suffix(" bytes"))
            .register_diagnostic(Diagnostic::new(Self::MAIN_TIME).with_suffix(" ms"));
    }
}

/// Adds this frame's measurements.
pub(crate) fn publish_diagnostics(stats: Res<ScriptFrameStats>, mut diagnostics: Diagnostics) {
    let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
    diagnostics
        .add_measurement(&ScriptDiagnosticsPlugin::SCRIPT_TIME, || milliseconds(stats.script));
    diagnostics.add_measurement(&ScriptDiagnosticsPlugin::GC_TIME, || milliseconds(stats.gc));
    diagnostics.add_measurement(&ScriptDiagnosticsPlugin::JIT_TIME, || milliseconds(stats.jit));
    diagnostics
        .add_measurement(&ScriptDiagnosticsPlugin::COMPILE_TIME, || milliseconds(stats.compile));
    diagnostics.add_measurement(&ScriptDiagnosticsPlugin::HEAP, || stats.heap_bytes as f64);
    diagnostics.add_measurement(&ScriptDiagnosticsPlugin::MAIN_TIME, || milliseconds(stats.main));
}
