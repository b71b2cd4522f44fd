//! From a VM error to the message the game gets.

use crate::message::ScriptErrorMessage;
use bevy::ecs::entity::Entity;
use interlune::Error;

/// Describes a failure of `script` in `callback`.
pub(crate) fn describe(
    script: &str,
    callback: &'static str,
    entity: Option<Entity>,
    error: &Error,
) -> ScriptErrorMessage {
    let (line, message) = split_position(script, &error.to_string());
    let message = shortened(message);
    ScriptErrorMessage {
        script: script.to_owned(),
        line,
        message,
        traceback: error.traceback().to_owned(),
        callback,
        entity,
        count: 1,
    }
}

/// Whether the call ran out of the time it was given.
pub(crate) fn is_timeout(error: &Error) -> bool {
    matches!(error, Error::Runtime { message, .. } if message.ends_with("time budget exceeded"))
}

/// Whether the call ran out of memory.
pub(crate) fn is_out_of_memory(error: &Error) -> bool {
    match error {
        Error::Memory => true,
        Error::Runtime { message, .. } => message.ends_with("not enough memory"),
        _ => false,
    }
}

/// The same for a failure that has no VM error: a file that is missing, a callback that is no function.
pub(crate) fn plain(
    script: &str,
    callback: &'static str,
    message: impl Into<String>,
) -> ScriptErrorMessage {
    ScriptErrorMessage {
        script: script.to_owned(),
        line: None,
        message: message.into(),
        traceback: String::new(),
        callback,
        entity: None,
        count: 1,
    }
}

/// The longest message, in bytes.
const LONGEST: usize = 1000;

/// A message of a length that can be shown: the middle of a longer one is left out.
fn shortened(message: String) -> String {
    const MARK: &str = " … ";
    if message.len() <= LONGEST {
        return message;
    }
    let half = (LONGEST - MARK.len()) / 2;
    let head = message.floor_char_boundary(half);
    let tail = message.ceil_char_boundary(message.len() - half);
    [&message[..head], MARK, &message[tail..]].concat()
}

/// Takes `scripts/door.lua:12: ` off a message. A position in another script stays in the text: the line would be
/// looked for in the wrong file otherwise.
fn split_position(script: &str, text: &str) -> (Option<u32>, String) {
    // Of a long name, positions have the end.
    let named = text.strip_prefix(script).or_else(|| {
        let (tail, rest) = text.strip_prefix("...")?.split_at_checked(text.find(':')? - 3)?;
        script.ends_with(tail).then_some(rest)
    });
    let position = named.and_then(|rest| rest.strip_prefix(':'));
    let split = position.and_then(|rest| rest.split_once(": "));
    match split.and_then(|(line, message)| line.parse().ok().map(|line| (line, message))) {
        Some((line, message)) => (Some(line), message.to_owned()),
        None => (None, text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, shortened, split_position};

    #[test]
    fn long_messages_are_cut_between_characters() {
        for length in 995..1010 {
            let text = "ä".repeat(length);
            let short = shortened(format!("{text}."));
            assert!(short.len() <= LONGEST && short.ends_with("ä."), "{length}");
        }
        assert_eq!(shortened("short".to_owned()), "short");
    }

    #[test]
    fn positions_are_taken_off() {
        let split = |text| split_position("a/b.lua", text);
        assert_eq!(split("a/b.lua:12: boom"), (Some(12), "boom".to_owned()));
        assert_eq!(split("a/c.lua:12: boom"), (None, "a/c.lua:12: boom".to_owned()));
        assert_eq!(split("boom"), (None, "boom".to_owned()));
        assert_eq!(split("...b.lua:12: boom"), (Some(12), "boom".to_owned()));
        assert_eq!(split("...c.lua:12: boom"), (None, "...c.lua:12: boom".to_owned()));
        assert_eq!(split("...: boom"), (None, "...: boom".to_owned()));
        assert_eq!(split("..."), (None, "...".to_owned()));
    }
}
