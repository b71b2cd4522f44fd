//! What stands between a `%` and its conversion letter.
//!
//! Reading is split as in PUC's `lstrlib.c`, because the order of its checks can be seen in error messages: first the extent of
//! the specification ([`Conversion::read`]), then the argument, then whether this letter accepts these flags
//! ([`Conversion::check`]).

use crate::stdlib::lib_error::LibError;

/// `MAX_FORMAT - 10` of `lstrlib.c`: specifications of this many bytes or more are refused.
const MAX_LENGTH: usize = 22;

/// A conversion specification whose extent is known and whose contents were not looked at yet.
#[derive(Clone, Copy, Debug)]
pub struct Conversion<'a> {
    /// Flags, width and precision as written.
    modifiers: &'a [u8],
    /// The conversion letter; 0 where the format ends.
    pub letter: u8,
}

/// Flags, width and precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    /// `-`: pad on the right.
    pub left: bool,
    /// `+`: a sign also for positive numbers.
    pub plus: bool,
    /// ` `: a space where a plus sign would be.
    pub space: bool,
    /// `#`: the alternate form.
    pub alternate: bool,
    /// `0`: pad with zeros.
    pub zero: bool,
    /// Least number of bytes to write.
    pub width: u8,
    /// Digits or bytes, by conversion; 0 for a lone point.
    pub precision: Option<u8>,
}

/// Which flags a conversion accepts; one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagSet(u8);

impl FlagSet {
    const LEFT: u8 = 1;
    const PLUS: u8 = 2;
    const SPACE: u8 = 4;
    const ALTERNATE: u8 = 8;
    const ZERO: u8 = 16;
    /// `%a`, `%A`, `%e`, `%E`, `%f`, `%g`, `%G`
    pub const FLOAT: FlagSet = FlagSet(31);
    /// `%o`, `%x`, `%X`
    pub const HEXADECIMAL: FlagSet = FlagSet(Self::LEFT | Self::ALTERNATE | Self::ZERO);
    /// `%d`, `%i`
    pub const DECIMAL: FlagSet = FlagSet(Self::LEFT | Self::PLUS | Self::ZERO | Self::SPACE);
    /// `%u`
    pub const UNSIGNED: FlagSet = FlagSet(Self::LEFT | Self::ZERO);
    /// `%c`, `%p`, `%s`
    pub const TEXT: FlagSet = FlagSet(Self::LEFT);

    /// The bit of a flag; 0 for what is none.
    #[inline]
    fn bit(byte: u8) -> u8 {
        match byte {
            b'-' => Self::LEFT,
            b'+' => Self::PLUS,
            b' ' => Self::SPACE,
            b'#' => Self::ALTERNATE,
            b'0' => Self::ZERO,
            _ => 0,
        }
    }
}

impl<'a> Conversion<'a> {
    /// Reads the specification that begins at `at`, just behind the `%`. Returns it with the offset behind it.
    #[inline]
    pub fn read(format: &'a [u8], at: usize) -> Result<(Conversion<'a>, usize), LibError> {
        let rest = format.get(at..).unwrap_or_default();
        let is_modifier = |byte: u8| matches!(byte, b'-' | b'+' | b'#' | b' ' | b'.' | b'0'..=b'9');
        let mut length = 0;
        while rest.get(length).copied().is_some_and(is_modifier) {
            length += 1;
        }
        if length + 1 >= MAX_LENGTH {
            return Err(LibError::new("invalid format (too long)"));
        }
        let letter = rest.get(length).copied().unwrap_or(0);
        Ok((Conversion { modifiers: &rest[..length], letter }, at + length + 1))
    }

    /// Whether there is nothing between `%` and the letter.
    pub fn is_plain(&self) -> bool {
        self.modifiers.is_empty()
    }

    /// Whether the specification gives a precision.
    pub fn has_point(&self) -> bool {
        self.modifiers.contains(&b'.')
    }

    /// Checks the modifiers against the `flags` that the letter accepts and takes them apart.
    #[inline]
    pub fn check(&self, flags: FlagSet, accepts_precision: bool) -> Result<Spec, LibError> {
        let mut given = 0;
        let mut rest = self.modifiers;
        while let [flag, tail @ ..] = rest
            && FlagSet::bit(*flag) & flags.0 != 0
        {
            given |= FlagSet::bit(*flag);
            rest = tail;
        }
        let mut spec = Spec::of_flags(given);
        // A width cannot begin with 0 where 0 is no flag.
        if rest.first() != Some(&b'0') {
            (spec.width, rest) = two_digits(rest);
            if let [b'.', tail @ ..] = rest
                && accepts_precision
            {
                let (precision, tail) = two_digits(tail);
                (spec.precision, rest) = (Some(precision), tail);
            }
        }
        if rest.is_empty() {
            Ok(spec)
        } else {
            Err(self.error("invalid conversion specification: '%", "'"))
        }
    }

    /// The error for a letter that is no conversion.
    pub fn unknown(&self) -> LibError {
        self.error("invalid conversion '%", "' to 'format'")
    }

    fn error(&self, before: &str, after: &str) -> LibError {
        let mut message = before.as_bytes().to_vec();
        message.extend_from_slice(self.modifiers);
        message.extend(Some(self.letter).filter(|letter| *letter != 0));
        message.extend_from_slice(after.as_bytes());
        LibError::with_text(message)
    }
}

impl Spec {
    fn of_flags(given: u8) -> Spec {
        Spec {
            left: given & FlagSet::LEFT != 0,
            plus: given & FlagSet::PLUS != 0,
            space: given & FlagSet::SPACE != 0,
            alternate: given & FlagSet::ALTERNATE != 0,
            zero: given & FlagSet::ZERO != 0,
            width: 0,
            precision: None,
        }
    }

    /// Whether zeros fill the width: a `-` overrides `0`.
    pub(super) fn pads_with_zeros(&self) -> bool {
        self.zero && !self.left
    }
}

/// Reads at most two digits.
#[inline]
fn two_digits(text: &[u8]) -> (u8, &[u8]) {
    match text {
        [a @ b'0'..=b'9', b @ b'0'..=b'9', rest @ ..] => ((a - b'0') * 10 + (b - b'0'), rest),
        [a @ b'0'..=b'9', rest @ ..] => (a - b'0', rest),
        _ => (0, text),
    }
}
