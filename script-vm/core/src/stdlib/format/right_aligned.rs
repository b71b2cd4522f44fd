//! A number's text, built from its last character to its first in a buffer on the stack.
//!
//! Digits come out last first, and so does padding: building from the right needs no moving, and the result goes to the
//! output in one piece.

use super::Spec;

/// Room for a width or precision of 99 with sign and `0x`.
const CAPACITY: usize = 104;

/// Pairs of decimal digits, so that two are made by one division.
const DIGIT_PAIRS: [[u8; 2]; 100] = digit_pairs();

const fn digit_pairs() -> [[u8; 2]; 100] {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
}

/// Text that grows to the left.
pub(super) struct RightAligned {
    buffer: [u8; CAPACITY],
    start: usize,
}

impl RightAligned {
    pub(super) fn new() -> Self {
        RightAligned { buffer: [0; CAPACITY], start: CAPACITY }
    }

    pub(super) fn len(&self) -> usize {
        CAPACITY - self.start
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    #[inline(always)]
    pub(super) fn push(&mut self, byte: u8) {
        self.start -= 1;
        self.buffer[self.start] = byte;
    }

    #[inline(always)]
    fn push_pair(&mut self, number: u64) {
        self.start -= 2;
        self.buffer[self.start..self.start + 2].copy_from_slice(&DIGIT_PAIRS[number as usize]);
    }

    /// The decimal digits of `number`.
    #[inline]
    pub(super) fn push_decimal(&mut self, mut number: u64) {
        while number >= 100 {
            self.push_pair(number % 100);
            number /= 100;
        }
        if number >= 10 {
            self.push_pair(number);
        } else {
            self.push(b'0' + number as u8);
        }
    }

    /// The last `count` decimal digits of `number`; returns the number less these digits.
    #[inline]
    pub(super) fn push_last_digits(&mut self, mut number: u64, count: usize) -> u64 {
        for _ in 0..count / 2 {
            self.push_pair(number % 100);
            number /= 100;
        }
        if count % 2 == 1 {
            self.push(b'0' + (number % 10) as u8);
            number /= 10;
        }
        number
    }

    /// Digits to the base `1 << shift`, in capital letters or not.
    #[inline]
    pub(super) fn push_power_of_two(&mut self, mut number: u64, shift: u32, capital: bool) {
        let alphabet: &[u8; 16] = if capital { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
        loop {
            self.push(alphabet[(number & ((1 << shift) - 1)) as usize]);
            number >>= shift;
            if number == 0 {
                return;
            }
        }
    }

    /// The sign of a number that is negative or not, as the flags want it.
    #[inline]
    pub(super) fn push_sign(&mut self, spec: &Spec, negative: bool) {
        if negative {
            self.push(b'-');
        } else if spec.plus {
            self.push(b'+');
        } else if spec.space {
            self.push(b' ');
        }
    }

    /// Fills up to `length` bytes in all.
    #[inline]
    pub(super) fn fill_to(&mut self, length: usize, byte: u8) {
        while self.len() < length {
            self.push(byte);
        }
    }

    /// Appends the text, padded with spaces to the width.
    #[inline]
    pub(super) fn finish(mut self, out: &mut Vec<u8>, spec: &Spec) {
        let width = usize::from(spec.width);
        if spec.left {
            let missing = width.saturating_sub(self.len());
            out.extend_from_slice(self.as_bytes());
            out.resize(out.len() + missing, b' ');
        } else {
            self.fill_to(width, b' ');
            out.extend_from_slice(self.as_bytes());
        }
    }
}
