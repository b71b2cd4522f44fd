//! Sets of bytes as 256-bit maps, and the character classes of Lua patterns.
//!
//! Every single-character item of a pattern (`x`, `.`, `%a`, `[...]`) denotes a set of bytes; the matcher tests membership
//! with one load and one shift. The classes are those of the C locale (`ctype.h`), so they do not depend on the machine.

/// A set of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteSet {
    words: [u64; 4],
}

impl ByteSet {
    /// The set without members.
    pub const EMPTY: ByteSet = ByteSet { words: [0; 4] };
    /// The set of all bytes.
    pub const ALL: ByteSet = ByteSet { words: [u64::MAX; 4] };

    /// The set of one byte.
    pub const fn of(byte: u8) -> Self {
        Self::EMPTY.with_range(byte, byte)
    }

    /// Whether `byte` is a member.
    #[inline(always)]
    pub const fn contains(&self, byte: u8) -> bool {
        (self.words[(byte >> 6) as usize] >> (byte & 63)) & 1 != 0
    }

    /// This set and every byte from `low` to `high`; nothing is added when `low > high`.
    pub const fn with_range(mut self, low: u8, high: u8) -> Self {
        let mut byte = low as usize;
        while byte <= high as usize {
            self.words[byte >> 6] |= 1 << (byte & 63);
            byte += 1;
        }
        self
    }

    /// The members of either set.
    pub const fn union(self, other: ByteSet) -> Self {
        let (a, b) = (self.words, other.words);
        ByteSet { words: [a[0] | b[0], a[1] | b[1], a[2] | b[2], a[3] | b[3]] }
    }

    /// The bytes that are not members.
    pub const fn complement(self) -> Self {
        let a = self.words;
        ByteSet { words: [!a[0], !a[1], !a[2], !a[3]] }
    }

    /// Whether no byte is in both sets.
    pub const fn is_disjoint(&self, other: &ByteSet) -> bool {
        let (a, b) = (self.words, other.words);
        (a[0] & b[0]) | (a[1] & b[1]) | (a[2] & b[2]) | (a[3] & b[3]) == 0
    }
}

const LOWER: ByteSet = ByteSet::EMPTY.with_range(b'a', b'z');
const UPPER: ByteSet = ByteSet::EMPTY.with_range(b'A', b'Z');
const DIGIT: ByteSet = ByteSet::EMPTY.with_range(b'0', b'9');
const ALPHA: ByteSet = LOWER.union(UPPER);
const ALNUM: ByteSet = ALPHA.union(DIGIT);
const GRAPH: ByteSet = ByteSet::EMPTY.with_range(0x21, 0x7e);
const CONTROL: ByteSet = ByteSet::of(0x7f).with_range(0, 0x1f);
const SPACE: ByteSet = ByteSet::of(b' ').with_range(9, 13);
const HEX_DIGIT: ByteSet = DIGIT.with_range(b'a', b'f').with_range(b'A', b'F');
const PUNCTUATION: ByteSet = ByteSet::EMPTY
    .with_range(0x21, 0x2f)
    .with_range(0x3a, 0x40)
    .with_range(0x5b, 0x60)
    .with_range(0x7b, 0x7e);

/// The set that `%letter` denotes: a class, its complement for a capital letter, and otherwise the byte itself.
pub const fn class(letter: u8) -> ByteSet {
    let set = match letter.to_ascii_lowercase() {
        b'a' => ALPHA,
        b'c' => CONTROL,
        b'd' => DIGIT,
        b'g' => GRAPH,
        b'l' => LOWER,
        b'p' => PUNCTUATION,
        b's' => SPACE,
        b'u' => UPPER,
        b'w' => ALNUM,
        b'x' => HEX_DIGIT,
        b'z' => ByteSet::of(0),
        _ => return ByteSet::of(letter),
    };
    if letter.is_ascii_uppercase() { set.complement() } else { set }
}

/// The set of `[...]`, where `inner` is what stands between the brackets (a leading `^` included).
///
/// Follows `matchbracketclass` of PUC's lstrlib.c to the letter, its treatment of odd ranges such as `[a-]`, `[%a-z]` and
/// `[a-%]` included.
pub fn bracket_set(inner: &[u8]) -> ByteSet {
    let (negated, inner) = match inner.split_first() {
        Some((b'^', rest)) => (true, rest),
        _ => (false, inner),
    };
    let mut set = ByteSet::EMPTY;
    let mut at = 0;
    while at < inner.len() {
        if inner[at] == b'%' {
            at += 1;
            // A lone '%' can only end the set when it escaped the ']' that the caller took for the end: PUC reads that one.
            set = set.union(class(inner.get(at).copied().unwrap_or(b']')));
        } else if at + 2 < inner.len() && inner[at + 1] == b'-' {
            set = set.with_range(inner[at], inner[at + 2]);
            at += 2;
        } else {
            set = set.union(ByteSet::of(inner[at]));
        }
        at += 1;
    }
    if negated { set.complement() } else { set }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_agree_with_ascii_predicates() {
        for byte in 0..=255u8 {
            assert_eq!(class(b'a').contains(byte), byte.is_ascii_alphabetic());
            assert_eq!(class(b'd').contains(byte), byte.is_ascii_digit());
            assert_eq!(class(b'W').contains(byte), !byte.is_ascii_alphanumeric());
            assert_eq!(class(b'p').contains(byte), byte.is_ascii_punctuation());
            assert_eq!(class(b'g').contains(byte), byte.is_ascii_graphic());
            assert_eq!(class(b'c').contains(byte), byte.is_ascii_control());
            assert_eq!(class(b'x').contains(byte), byte.is_ascii_hexdigit());
            assert_eq!(class(b'.').contains(byte), byte == b'.');
        }
    }

    #[test]
    fn odd_ranges() {
        assert_eq!(bracket_set(b"a-"), ByteSet::of(b'a').union(ByteSet::of(b'-')));
        assert_eq!(bracket_set(b"^a-c"), ByteSet::EMPTY.with_range(b'a', b'c').complement());
        assert_eq!(bracket_set(b"z-a"), ByteSet::EMPTY);
        assert_eq!(
            bracket_set(b"%d-z"),
            class(b'd').union(ByteSet::of(b'-')).union(ByteSet::of(b'z'))
        );
    }
}
