//! Errors on their way out: put together per frame, logged at a bearable rate.
//!
//! A script that fails for each of a thousand entities, sixty times a second, must neither fill the disk with log
//! lines nor the game with messages, and must not be silent either.

use crate::message::ScriptErrorMessage;
use bevy::platform::collections::HashMap;
use std::time::{Duration, Instant};
use tracing::error;

/// What makes two errors the same one.
#[derive(Clone, PartialEq, Eq, Hash)]
struct ErrorKey {
    script: String,
    callback: &'static str,
    line: Option<u32>,
    message: String,
}

impl From<&ScriptErrorMessage> for ErrorKey {
    fn from(error: &ScriptErrorMessage) -> Self {
        Self {
            script: error.script.clone(),
            callback: error.callback,
            line: error.line,
            message: error.message.clone(),
        }
    }
}

struct LoggedError {
    last_logged: Instant,
    /// Happened since then, unlogged.
    held_back: u64,
}

/// Collects the frame's errors and decides which are worth a log line.
#[derive(Default)]
pub(crate) struct ErrorLog {
    frame: Vec<ScriptErrorMessage>,
    logged: HashMap<ErrorKey, LoggedError>,
}

impl ErrorLog {
    /// Different errors remembered for rate limiting: messages with changing numbers in them would grow it for ever.
    const KEYS_KEPT: usize = 256;

    /// Notes an error of this frame.
    pub(crate) fn push(&mut self, error: ScriptErrorMessage) {
        let same = self.frame.iter_mut().find(|known| {
            known.script == error.script
                && known.callback == error.callback
                && known.line == error.line
                && known.message == error.message
        });
        match same {
            Some(known) => {
                known.count += error.count;
                if known.entity != error.entity {
                    known.entity = None;
                }
            }
            None => self.frame.push(error),
        }
    }

    /// Logs what is due and hands out the frame's messages.
    pub(crate) fn take(&mut self, now: Instant, interval: Duration) -> Vec<ScriptErrorMessage> {
        let errors = std::mem::take(&mut self.frame);
        for error in &errors {
            self.log(error, now, interval);
        }
        errors
    }

    fn log(&mut self, error: &ScriptErrorMessage, now: Instant, interval: Duration) {
        if self.logged.len() >= Self::KEYS_KEPT {
            self.logged.retain(|_, known| now.duration_since(known.last_logged) < interval);
            if self.logged.len() >= Self::KEYS_KEPT {
                return;
            }
        }
        let count = u64::from(error.count);
        match self.logged.get_mut(&ErrorKey::from(error)) {
            Some(known) if now.duration_since(known.last_logged) < interval => {
                known.held_back += count
            }
            Some(known) => {
                let times = known.held_back + count;
                *known = LoggedError { last_logged: now, held_back: 0 };
                error!(target: "lua", "{} ({times} times more)", headline(error));
            }
            None => {
                self.logged.insert(
                    ErrorKey::from(error),
                    LoggedError { last_logged: now, held_back: count - 1 },
                );
                let traceback = if error.traceback.is_empty() { "" } else { "\n" };
                error!(target: "lua", "{}{traceback}{}", headline(error), error.traceback);
            }
        }
    }

    /// Forgets what was logged of a script, so that a new version's errors show at once.
    pub(crate) fn forget(&mut self, script: &str) {
        self.logged.retain(|key, _| key.script != script);
    }
}

/// `scripts/door.lua:12: attempt to … (in on_update)`
fn headline(error: &ScriptErrorMessage) -> String {
    let line = error.line.map_or_else(String::new, |line| format!(":{line}"));
    format!("{}{line}: {} (in {})", error.script, error.message, error.callback)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(message: &str) -> ScriptErrorMessage {
        ScriptErrorMessage {
            script: "a.lua".to_owned(),
            line: Some(3),
            message: message.to_owned(),
            traceback: String::new(),
            callback: "on_update",
            entity: None,
            count: 1,
        }
    }

    #[test]
    fn equal_errors_of_a_frame_become_one_message() {
        let mut log = ErrorLog::default();
        for _ in 0..1000 {
            log.push(failure("boom"));
        }
        log.push(failure("bang"));
        let messages = log.take(Instant::now(), Duration::from_secs(1));
        assert_eq!(messages.len(), 2);
        assert_eq!((messages[0].count, messages[1].count), (1000, 1));
        assert!(log.take(Instant::now(), Duration::from_secs(1)).is_empty());
    }

    #[test]
    fn repeated_errors_are_held_back() {
        let mut log = ErrorLog::default();
        let start = Instant::now();
        for _ in 0..10 {
            log.push(failure("boom"));
            log.take(start, Duration::from_secs(1));
        }
        let key = ErrorKey::from(&failure("boom"));
        assert_eq!(log.logged[&key].held_back, 9);
        log.push(failure("boom"));
        log.take(start + Duration::from_secs(2), Duration::from_secs(1));
        assert_eq!(log.logged[&key].held_back, 0);
    }
}
