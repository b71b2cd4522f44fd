//! Protos as bytes, for `string.dump` and `load`.
//!
//! ```text
//! signature (4) | version (1) | FNV-1a of all that follows (8) | source name, display name | strings | function
//! ```
//!
//! All numbers are little endian, all lists begin with their length as a `u32`. A file that was changed in any one
//! byte has another checksum and is refused. The checksum is no protection against intent, so what a file claims is
//! never believed: lengths are compared with what is left before anything is allocated, nesting is limited, and the
//! result goes through [`super::verify`].

mod read;
mod write;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use thiserror::Error;

use super::proto::Proto;
use super::verify::{VerifyError, verify};

/// The first bytes of a dumped function. PUC Lua's begin with the same escape character, which tells text and binary
/// chunks apart.
pub const SIGNATURE: [u8; 4] = *b"\x1bIlu";

/// Changes whenever the format, the opcodes or their operands change.
const VERSION: u8 = 2;

/// Functions may be nested this deep; the parser allows less.
const MAX_DEPTH: u32 = 220;

const HEADER_LEN: usize = SIGNATURE.len() + 1 + 8;

/// Why some bytes are no function.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum BinaryError {
    #[error("bad binary format (not a binary chunk)")]
    Signature,
    #[error("bad binary format (version mismatch)")]
    Version,
    #[error("bad binary format (checksum mismatch)")]
    Checksum,
    #[error("bad binary format (truncated chunk)")]
    Truncated,
    #[error("bad binary format ({0})")]
    Malformed(&'static str),
    #[error("bad binary format ({0})")]
    Invalid(#[from] VerifyError),
}

/// The bytes of a function and all functions inside it. `strip` leaves out lines and names.
pub fn dump(proto: &Proto, strip: bool) -> Vec<u8> {
    let payload = write::payload(proto, strip);
    let mut bytes = Vec::with_capacity(HEADER_LEN + payload.len());
    bytes.extend_from_slice(&SIGNATURE);
    bytes.push(VERSION);
    bytes.extend_from_slice(&checksum(&payload).to_le_bytes());
    bytes.extend_from_slice(&payload);
    bytes
}

/// The function that [`dump`] wrote.
///
/// # Errors
///
/// The bytes are of another format or version, damaged, or describe something that is no valid function.
pub fn load(bytes: &[u8]) -> Result<Arc<Proto>, BinaryError> {
    let rest = bytes.strip_prefix(&SIGNATURE).ok_or(BinaryError::Signature)?;
    let (version, rest) = rest.split_first().ok_or(BinaryError::Truncated)?;
    if *version != VERSION {
        return Err(BinaryError::Version);
    }
    let (expected, payload) = rest.split_first_chunk().ok_or(BinaryError::Truncated)?;
    if u64::from_le_bytes(*expected) != checksum(payload) {
        return Err(BinaryError::Checksum);
    }
    load_payload(payload)
}

fn load_payload(payload: &[u8]) -> Result<Arc<Proto>, BinaryError> {
    let proto = read::payload(payload)?;
    verify(&proto)?;
    Ok(proto)
}

/// FNV-1a: each step is a bijection of the state, so a change of one byte cannot get lost.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
