//! `string.pack`, `string.packsize` and `string.unpack`: reading formats and laying out integers.
//!
//! [`Layout`] walks a format and says for each option its size and the padding in front of it, as `getdetails` of PUC's
//! `lstrlib.c`; the binding fetches or pushes the values. "Native" means x86-64 Linux everywhere (little endian, `int` of 4
//! bytes, `long` and `size_t` of 8, alignment 8), so that packed data does not depend on the machine.

use super::lib_error::LibError;

/// The most bytes an integer can have (`MAXINTSIZE`).
const MAX_INTEGER_SIZE: u32 = 16;
/// The alignment of a lone `!`: that of the most strictly aligned C type that PUC considers.
const NATIVE_ALIGNMENT: u32 = 8;
/// Formats and their results are limited to what fits in a C `int`.
const MAX_SIZE: usize = i32::MAX as usize;
/// Bytes of a Lua integer.
const INTEGER_BYTES: usize = 8;

/// What an option stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `b h l j i[n]`
    Signed,
    /// `B H L J T I[n]`
    Unsigned,
    /// `f`
    Float32,
    /// `d n`
    Float64,
    /// `c[n]`: bytes of fixed number.
    FixedBytes,
    /// `s[n]`: bytes behind their number.
    CountedBytes,
    /// `z`: bytes ended by a zero.
    ZeroEnded,
    /// `x`: one byte of padding.
    Padding,
    /// `X`, white space, and what sets endianness or alignment: nothing is read or written.
    Nothing,
}

/// An option of a format, laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it stands for.
    pub kind: Kind,
    /// Bytes it takes; for counted bytes those of the count.
    pub size: usize,
    /// Padding bytes in front of it.
    pub padding: usize,
    /// Byte order at this point of the format.
    pub little_endian: bool,
}

/// Walks over a format.
#[derive(Clone, Debug)]
pub struct Layout<'a> {
    format: &'a [u8],
    at: usize,
    little_endian: bool,
    max_alignment: u32,
}

impl<'a> Layout<'a> {
    /// A walk from the beginning of `format`. A NUL ends the format, as in C.
    pub fn new(format: &'a [u8]) -> Self {
        let end = format.iter().position(|byte| *byte == 0).unwrap_or(format.len());
        Layout { format: &format[..end], at: 0, little_endian: true, max_alignment: 1 }
    }

    /// The next option, which is to be laid out behind `offset` bytes; nothing at the end of the format.
    pub fn next_field(&mut self, offset: usize) -> Result<Option<Field>, LibError> {
        let Some(letter) = self.take() else {
            return Ok(None);
        };
        let (kind, size) = self.option(letter)?;
        let alignment = if letter == b'X' { self.alignment_of_next()? } else { size };
        let aligns = alignment > 1 && kind != Kind::FixedBytes;
        let padding = if aligns { self.padding(alignment, offset)? } else { 0 };
        Ok(Some(Field { kind, size: size as usize, padding, little_endian: self.little_endian }))
    }

    /// The alignment that an `X` takes from the option behind it.
    fn alignment_of_next(&mut self) -> Result<u32, LibError> {
        let invalid = LibError::argument(1, "invalid next option for option 'X'");
        let letter = self.take().ok_or(invalid.clone())?;
        let (kind, size) = self.option(letter)?;
        if kind == Kind::FixedBytes || size == 0 { Err(invalid) } else { Ok(size) }
    }

    fn padding(&self, alignment: u32, offset: usize) -> Result<usize, LibError> {
        let alignment = alignment.min(self.max_alignment) as usize;
        if !alignment.is_power_of_two() {
            return Err(LibError::argument(1, "format asks for alignment not power of 2"));
        }
        Ok(offset.wrapping_neg() & (alignment - 1))
    }

    fn take(&mut self) -> Option<u8> {
        let letter = self.format.get(self.at).copied();
        self.at += usize::from(letter.is_some());
        letter
    }

    /// What `letter` stands for, with its size.
    fn option(&mut self, letter: u8) -> Result<(Kind, u32), LibError> {
        Ok(match letter {
            b'b' => (Kind::Signed, 1),
            b'B' => (Kind::Unsigned, 1),
            b'h' => (Kind::Signed, 2),
            b'H' => (Kind::Unsigned, 2),
            b'l' | b'j' => (Kind::Signed, 8),
            b'L' | b'J' | b'T' => (Kind::Unsigned, 8),
            b'f' => (Kind::Float32, 4),
            b'n' | b'd' => (Kind::Float64, 8),
            b'i' => (Kind::Signed, self.limited_number(4)?),
            b'I' => (Kind::Unsigned, self.limited_number(4)?),
            b's' => (Kind::CountedBytes, self.limited_number(8)?),
            b'c' => match self.number() {
                Some(size) => (Kind::FixedBytes, size),
                None => return Err(LibError::new("missing size for format option 'c'")),
            },
            b'z' => (Kind::ZeroEnded, 0),
            b'x' => (Kind::Padding, 1),
            b'X' | b' ' => (Kind::Nothing, 0),
            b'<' | b'=' => self.set_endianness(true),
            b'>' => self.set_endianness(false),
            b'!' => {
                self.max_alignment = self.limited_number(NATIVE_ALIGNMENT)?;
                (Kind::Nothing, 0)
            }
            _ => {
                let text = [b"invalid format option '", &[letter][..], b"'"].concat();
                return Err(LibError::with_text(text));
            }
        })
    }

    fn set_endianness(&mut self, little: bool) -> (Kind, u32) {
        self.little_endian = little;
        (Kind::Nothing, 0)
    }

    /// Reads a number, as far as it surely fits in a C `int`.
    fn number(&mut self) -> Option<u32> {
        let is_digit = |byte: Option<&u8>| {
            byte.filter(|byte| byte.is_ascii_digit()).map(|byte| u32::from(byte - b'0'))
        };
        let mut value = is_digit(self.format.get(self.at))?;
        self.at += 1;
        while let Some(digit) =
            is_digit(self.format.get(self.at)).filter(|_| value as usize <= (MAX_SIZE - 9) / 10)
        {
            value = value * 10 + digit;
            self.at += 1;
        }
        Some(value)
    }

    fn limited_number(&mut self, default: u32) -> Result<u32, LibError> {
        let size = self.number().unwrap_or(default);
        if (1..=MAX_INTEGER_SIZE).contains(&size) {
            return Ok(size);
        }
        Err(LibError::with_text(format!(
            "integral size ({size}) out of limits [1,{MAX_INTEGER_SIZE}]"
        )))
    }
}

/// What `string.packsize` returns.
pub fn packed_size(format: &[u8]) -> Result<usize, LibError> {
    let mut layout = Layout::new(format);
    let mut total = 0usize;
    while let Some(field) = layout.next_field(total)? {
        if matches!(field.kind, Kind::CountedBytes | Kind::ZeroEnded) {
            return Err(LibError::argument(1, "variable-length format"));
        }
        let size = field.size + field.padding;
        total = total
            .checked_add(size)
            .filter(|total| *total <= MAX_SIZE)
            .ok_or(LibError::argument(1, "format result too large"))?;
    }
    Ok(total)
}

/// Whether a signed field of `size` bytes can hold `number`.
pub fn fits_signed(number: i64, size: usize) -> bool {
    size >= INTEGER_BYTES || number >> (size * 8 - 1) == if number < 0 { -1 } else { 0 }
}

/// Whether an unsigned field of `size` bytes can hold `number`; one of 8 bytes or more holds any bits.
pub fn fits_unsigned(number: u64, size: usize) -> bool {
    size >= INTEGER_BYTES || number >> (size * 8) == 0
}

/// Appends the low `field.size` bytes of `number`, extended by its sign if `is_negative`.
pub fn pack_integer(out: &mut Vec<u8>, field: &Field, number: u64, is_negative: bool) {
    let start = out.len();
    let bytes = number.to_le_bytes();
    let extension = if is_negative { 0xff } else { 0 };
    out.extend((0..field.size).map(|index| bytes.get(index).copied().unwrap_or(extension)));
    if !field.little_endian {
        out[start..].reverse();
    }
}

/// Appends the bytes of a float, given little-endian.
pub fn pack_float<const N: usize>(out: &mut Vec<u8>, field: &Field, mut bytes: [u8; N]) {
    if !field.little_endian {
        bytes.reverse();
    }
    out.extend_from_slice(&bytes);
}

/// The integer in `bytes`, which are as many as the field has.
pub fn unpack_integer(field: &Field, bytes: &[u8], is_signed: bool) -> Result<i64, LibError> {
    let at = |index: usize| {
        if field.little_endian { bytes[index] } else { bytes[bytes.len() - 1 - index] }
    };
    let size = bytes.len();
    let mut value = 0u64;
    for index in (0..size.min(INTEGER_BYTES)).rev() {
        value = value << 8 | u64::from(at(index));
    }
    if size < INTEGER_BYTES {
        let unused = 64 - 8 * size as u32;
        let widened = (value << unused).cast_signed();
        return Ok(if is_signed { widened >> unused } else { value.cast_signed() });
    }
    let extension = if is_signed && value.cast_signed() < 0 { 0xff } else { 0 };
    if (INTEGER_BYTES..size).any(|index| at(index) != extension) {
        return Err(LibError::with_text(format!(
            "{size}-byte integer does not fit into Lua Integer"
        )));
    }
    Ok(value.cast_signed())
}

/// The bytes of a float in little-endian order; `bytes` must be `N` long.
pub fn unpack_float<const N: usize>(field: &Field, bytes: &[u8]) -> [u8; N] {
    let mut ordered = [0; N];
    ordered.copy_from_slice(bytes);
    if !field.little_endian {
        ordered.reverse();
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_alignment() {
        for (format, size) in [
            ("b", 1),
            ("i3", 3),
            ("!bi8", 16),
            ("!4 bd", 12),
            ("c10", 10),
            ("!8 b Xi8", 8),
            ("<>=", 0),
        ] {
            assert_eq!(packed_size(format.as_bytes()), Ok(size), "{format}");
        }
        for (format, message) in [
            ("s", "variable-length format"),
            ("i17", "integral size (17) out of limits [1,16]"),
            ("c", "missing size for format option 'c'"),
            ("r", "invalid format option 'r'"),
            ("X", "invalid next option for option 'X'"),
            ("!4 bi3", "format asks for alignment not power of 2"),
            (
                "c214748364c214748364c214748364c214748364c214748364c214748364c214748364c214748364c214748364c214748364c214748364",
                "format result too large",
            ),
        ] {
            assert_eq!(packed_size(format.as_bytes()).expect_err(format).to_string(), message);
        }
    }

    #[test]
    fn integers_round_trip() {
        for little_endian in [true, false] {
            for size in 1..=16 {
                let field = Field { kind: Kind::Signed, size, padding: 0, little_endian };
                for number in [0i64, 1, -1, 100, -128, i64::MAX, i64::MIN] {
                    if !fits_signed(number, size) {
                        continue;
                    }
                    let mut bytes = Vec::new();
                    pack_integer(&mut bytes, &field, number.cast_unsigned(), number < 0);
                    assert_eq!(unpack_integer(&field, &bytes, true), Ok(number), "{size} {number}");
                }
            }
        }
    }

    #[test]
    fn integers_that_do_not_fit() {
        assert!(
            fits_signed(-128, 1)
                && !fits_signed(128, 1)
                && fits_unsigned(255, 1)
                && !fits_unsigned(256, 1)
        );
        let field = Field { kind: Kind::Unsigned, size: 9, padding: 0, little_endian: true };
        assert!(unpack_integer(&field, &[1; 9], false).is_err());
    }
}
