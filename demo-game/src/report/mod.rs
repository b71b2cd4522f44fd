//! What a run measured: collected frame by frame by [`record`], laid out as [`json`] says, drawn by [`plots`].

mod json;
mod plots;
mod record;

pub use record::{Recorder, ReportPlugin, write_report};
