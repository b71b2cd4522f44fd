//! Source texts before they are parsed: what to skip at their start, and what to call them.

/// Room for a chunk's display name in PUC Lua, its closing zero included.
const ID_SIZE: usize = 60;
const ELLIPSIS: &[u8] = b"...";
const PREFIX: &[u8] = b"[string \"";
const SUFFIX: &[u8] = b"\"]";

/// The source without a UTF-8 byte order mark and without a first line that starts with `#`. The line's end stays, so
/// that line numbers are right.
///
/// ```
/// assert_eq!(interlune_syntax::strip_shebang(b"#!/usr/bin/lua\nreturn 1"), b"\nreturn 1");
/// ```
pub fn strip_shebang(source: &[u8]) -> &[u8] {
    let source = source.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(source);
    if source.first() != Some(&b'#') {
        return source;
    }
    let end = source.iter().position(|&byte| byte == b'\n').unwrap_or(source.len());
    &source[end..]
}

/// The display name of a chunk, from the name it was loaded under: `@file` and `=text` stand for themselves, anything
/// else is source text and becomes `[string "first line..."]`. Shortened as PUC Lua's `luaO_chunkid` does it.
///
/// ```
/// assert_eq!(interlune_syntax::chunk_id("@scripts/door.lua"), "scripts/door.lua");
/// assert_eq!(interlune_syntax::chunk_id("x = 1\ny = 2"), "[string \"x = 1...\"]");
/// ```
pub fn chunk_id(name: &str) -> String {
    String::from_utf8_lossy(&chunk_id_bytes(name.as_bytes())).into_owned()
}

/// [`chunk_id`] of a name that need not be UTF-8. As a C string the name ends at its first zero byte.
pub fn chunk_id_bytes(name: &[u8]) -> Vec<u8> {
    let name = name.split(|&byte| byte == 0).next().unwrap_or(name);
    // One byte of room for the closing zero; the marker at the start of the name makes up for it.
    match name {
        [b'=', text @ ..] => text[..text.len().min(ID_SIZE - 1)].to_vec(),
        [b'@', text @ ..] if text.len() < ID_SIZE => text.to_vec(),
        [b'@', text @ ..] => {
            let kept = ID_SIZE - ELLIPSIS.len() - 1;
            [ELLIPSIS, &text[text.len() - kept..]].concat()
        }
        _ => source_id(name),
    }
}

fn source_id(source: &[u8]) -> Vec<u8> {
    let room = ID_SIZE - PREFIX.len() - ELLIPSIS.len() - SUFFIX.len() - 1;
    let line_end = source.iter().position(|&byte| byte == b'\n');
    if line_end.is_none() && source.len() < room {
        return [PREFIX, source, SUFFIX].concat();
    }
    let length = line_end.unwrap_or(source.len()).min(room);
    [PREFIX, &source[..length], ELLIPSIS, SUFFIX].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shebang_and_byte_order_mark_are_skipped() {
        assert_eq!(strip_shebang(b"\xEF\xBB\xBFreturn 1"), b"return 1");
        assert_eq!(strip_shebang(b"\xEF\xBB\xBF# a\r\nx"), b"\nx");
        assert_eq!(strip_shebang(b"#"), b"");
        assert_eq!(strip_shebang(b"x #"), b"x #");
    }

    #[test]
    fn names_are_shortened_at_their_limits() {
        let long = "a".repeat(59);
        assert_eq!(chunk_id(&format!("={long}b")), long);
        assert_eq!(chunk_id(&format!("@{long}")), long);
        assert_eq!(chunk_id(&format!("@{long}b")), format!("...{}b", "a".repeat(55)));
        assert_eq!(chunk_id(&"b".repeat(44)), format!("[string \"{}\"]", "b".repeat(44)));
        assert_eq!(chunk_id(&"b".repeat(45)), format!("[string \"{}...\"]", "b".repeat(45)));
        assert_eq!(chunk_id(&"b".repeat(99)), format!("[string \"{}...\"]", "b".repeat(45)));
        assert_eq!(chunk_id("\nx"), "[string \"...\"]");
    }
}
