//! The text of values, as `tostring` and concatenation give it.

use interlune_syntax::number::format_float;

use crate::value::{Value, tag};

/// Longest text of a number, in bytes.
pub const MAX_NUMBER_TEXT: usize = 32;

/// Writes the text of a number; returns its length.
pub fn write_number(buffer: &mut [u8; MAX_NUMBER_TEXT], number: Value) -> usize {
    match number.as_int() {
        Some(int) => write_int(buffer, int),
        None => {
            let text = format_float(number.raw_float());
            let bytes: &[u8] = text.as_bytes();
            buffer[..bytes.len()].copy_from_slice(bytes);
            bytes.len()
        }
    }
}

/// Two digits at a time.
const PAIRS: &[u8; 200] = b"00010203040506070809101112131415161718192021222324252627282930313233343536373839\
4041424344454647484950515253545556575859606162636465666768697071727374757677787980818283848586878889\
90919293949596979899";

/// Writes an integer in decimal; returns the length.
fn write_int(buffer: &mut [u8; MAX_NUMBER_TEXT], int: i64) -> usize {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = int.unsigned_abs();
    while rest >= 100 {
        let pair = (rest % 100) as usize * 2;
        rest /= 100;
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    }
    if rest >= 10 {
        let pair = rest as usize * 2;
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    } else {
        at -= 1;
        digits[at] = b'0' + rest as u8;
    }
    let sign = usize::from(int < 0);
    buffer[0] = b'-';
    let len = digits.len() - at;
    buffer[sign..sign + len].copy_from_slice(&digits[at..]);
    sign + len
}

/// The text of a value without metamethods; objects show their type and address.
pub fn raw_text(value: Value) -> Vec<u8> {
    match value.tag() {
        tag::NIL => b"nil".to_vec(),
        tag::FALSE => b"false".to_vec(),
        tag::TRUE => b"true".to_vec(),
        tag::INT | tag::FLOAT => {
            let mut buffer = [0; MAX_NUMBER_TEXT];
            let len = write_number(&mut buffer, value);
            buffer[..len].to_vec()
        }
        tag::STRING => value.as_string().map_or(Vec::new(), |string| string.as_bytes().to_vec()),
        tag::VEC2 => vector_text("vec2", &value.as_vec2().unwrap_or_default()),
        tag::VEC3 => vector_text("vec3", &value.as_vec3().unwrap_or_default()),
        _ => object_text(value.type_name(), value),
    }
}

/// `vec2(1, 0.5)`: each component as short as a 32-bit float can be told apart.
fn vector_text(name: &str, lanes: &[f32]) -> Vec<u8> {
    let lane_text = |lane: &f32| if lane.is_nan() { "nan".to_string() } else { lane.to_string() };
    let lanes: Vec<String> = lanes.iter().map(lane_text).collect();
    format!("{name}({})", lanes.join(", ")).into_bytes()
}

/// `name: 0x…`, the address as it is.
pub fn object_text(name: &str, value: Value) -> Vec<u8> {
    format!("{name}: {:#x}", value.payload).into_bytes()
}
