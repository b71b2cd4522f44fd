//! Reading by formats: lines, numbers, blocks, all.

use super::handle::File;
use super::ret_failure;
use super::stream::{Stream, bad_descriptor};
use crate::native::{Cx, Raised};
use crate::number;
use crate::stdlib::Outcome;
use crate::value::Value;

/// Longest numeral, in bytes.
const MAX_NUMERAL: usize = 200;

/// What a format asks for.
#[derive(Clone, Copy)]
enum Format {
    Number,
    Line { keep_end: bool },
    All,
    Block(usize),
}

/// Why nothing was read: the system's reason, or one that is raised.
type Attempt<T> = Result<std::io::Result<T>, Raised>;

/// Reads as the arguments from `first` on say and returns the values, nil for the first that failed.
pub(super) fn read_arguments(cx: &mut Cx<'_>, file: &File, first: usize) -> Outcome {
    match read_values(cx, file, first)? {
        Ok(values) => cx.ret(&values),
        Err(error) => ret_failure(cx, &error, None),
    }
}

/// As [`read_arguments`], for callers that look at the values.
pub(super) fn read_values(cx: &mut Cx<'_>, file: &File, first: usize) -> Attempt<Vec<Value>> {
    let (File::Open(stream) | File::Standard(stream)) = file else {
        // Where the host's output goes nothing can be read from.
        return Ok(Err(bad_descriptor()));
    };
    let mut values = Vec::new();
    for index in first..cx.nargs().max(first + 1) {
        let format = if index < cx.nargs() {
            format_argument(cx, index)?
        } else {
            Format::Line { keep_end: false }
        };
        let value = match read_format(&mut stream.borrow_mut(), format) {
            Ok(value) => value,
            Err(error) => return Ok(Err(error)),
        };
        let value = match value {
            None => Value::NIL,
            Some(Item::Number(number)) => number,
            Some(Item::Text(text)) => cx.new_str(&text)?,
        };
        values.push(value);
        cx.charge(1)?;
        // Rooted, since charging may collect.
        cx.push(value)?;
        if value.is_nil() {
            break;
        }
    }
    Ok(Ok(values))
}

fn format_argument(cx: &mut Cx<'_>, index: usize) -> Result<Format, Raised> {
    if cx.arg(index).is_number() {
        let size = cx.check_int(index)?;
        return Ok(Format::Block(usize::try_from(size).unwrap_or(usize::MAX)));
    }
    let text = cx.check_str(index)?;
    let letters = text.as_bytes();
    match letters.strip_prefix(b"*").unwrap_or(letters).first() {
        Some(b'n') => Ok(Format::Number),
        Some(b'l') => Ok(Format::Line { keep_end: false }),
        Some(b'L') => Ok(Format::Line { keep_end: true }),
        Some(b'a') => Ok(Format::All),
        _ => Err(cx.arg_error(index, "invalid format")),
    }
}

/// What was read.
enum Item {
    Text(Vec<u8>),
    Number(Value),
}

/// Reads one item; nothing if there is none.
fn read_format(stream: &mut Stream, format: Format) -> std::io::Result<Option<Item>> {
    Ok(match format {
        Format::Number => read_number(stream)?.map(Item::Number),
        Format::Line { keep_end } => read_line(stream, keep_end)?.map(Item::Text),
        Format::All => Some(Item::Text(read_block(stream, usize::MAX)?)),
        Format::Block(0) => stream.peek()?.map(|_| Item::Text(Vec::new())),
        Format::Block(size) => {
            Some(read_block(stream, size)?).filter(|block| !block.is_empty()).map(Item::Text)
        }
    })
}

fn read_line(stream: &mut Stream, keep_end: bool) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    loop {
        let ahead = stream.fill()?;
        if ahead.is_empty() {
            return Ok((!line.is_empty()).then_some(line));
        }
        match memchr::memchr(b'\n', ahead) {
            Some(end) => {
                line.extend_from_slice(&ahead[..end + usize::from(keep_end)]);
                stream.consume(end + 1);
                return Ok(Some(line));
            }
            None => {
                line.extend_from_slice(ahead);
                let count = ahead.len();
                stream.consume(count);
            }
        }
    }
}

/// Up to `size` bytes.
fn read_block(stream: &mut Stream, size: usize) -> std::io::Result<Vec<u8>> {
    let mut block = Vec::new();
    while block.len() < size {
        let ahead = stream.fill()?;
        if ahead.is_empty() {
            break;
        }
        let count = ahead.len().min(size - block.len());
        block.extend_from_slice(&ahead[..count]);
        stream.consume(count);
    }
    Ok(block)
}

/// Takes what looks like a numeral, character by character, as PUC Lua does.
struct Numeral<'a> {
    stream: &'a mut Stream,
    text: Vec<u8>,
    too_long: bool,
}

impl Numeral<'_> {
    /// Takes the next byte if `accepts` says so.
    fn take(&mut self, accepts: impl Fn(u8) -> bool) -> std::io::Result<bool> {
        match self.stream.peek()? {
            Some(byte) if accepts(byte) && !self.too_long => {
                if self.text.len() >= MAX_NUMERAL {
                    self.too_long = true;
                    return Ok(false);
                }
                self.text.push(byte);
                self.stream.consume(1);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Takes digits; how many.
    fn digits(&mut self, hexadecimal: bool) -> std::io::Result<usize> {
        let mut count = 0;
        while self.take(|byte| {
            if hexadecimal { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() }
        })? {
            count += 1;
        }
        Ok(count)
    }
}

fn read_number(stream: &mut Stream) -> std::io::Result<Option<Value>> {
    while stream.peek()?.is_some_and(|byte| matches!(byte, b' ' | b'\t'..=b'\r')) {
        stream.consume(1);
    }
    let mut numeral = Numeral { stream, text: Vec::new(), too_long: false };
    numeral.take(|byte| matches!(byte, b'+' | b'-'))?;
    let mut count = 0;
    let mut hexadecimal = false;
    if numeral.take(|byte| byte == b'0')? {
        hexadecimal = numeral.take(|byte| matches!(byte, b'x' | b'X'))?;
        count = usize::from(!hexadecimal);
    }
    count += numeral.digits(hexadecimal)?;
    if numeral.take(|byte| byte == b'.')? {
        count += numeral.digits(hexadecimal)?;
    }
    let exponent = if hexadecimal { b'p' } else { b'e' };
    if count > 0 && numeral.take(|byte| byte.to_ascii_lowercase() == exponent)? {
        numeral.take(|byte| matches!(byte, b'+' | b'-'))?;
        numeral.digits(false)?;
    }
    Ok(if numeral.too_long { None } else { number::parse(&numeral.text) })
}
