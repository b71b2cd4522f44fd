//! A buffered file for reading and writing, as C's `FILE`: one position, one buffer that is either read from or
//! written to.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Bytes of a buffer.
const CAPACITY: usize = 8192;

/// When written bytes reach the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Buffering {
    None,
    Full,
    Line,
}

/// How a file may be used, from the mode it was opened with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Mode {
    pub readable: bool,
    pub writable: bool,
    pub append: bool,
    pub truncate: bool,
    pub create: bool,
}

impl Mode {
    /// Reads `[rwa]%+?b*`; nothing if it is something else.
    pub fn parse(text: &[u8]) -> Option<Mode> {
        let (&letter, rest) = text.split_first()?;
        let (updates, rest) = match rest.strip_prefix(b"+") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        if !matches!(rest, b"" | b"b") {
            return None;
        }
        Some(Mode {
            readable: letter == b'r' || updates,
            writable: letter != b'r' || updates,
            append: letter == b'a',
            truncate: letter == b'w',
            create: letter != b'r',
        })
        .filter(|_| matches!(letter, b'r' | b'w' | b'a'))
    }
}

/// What bytes come from and go to.
enum Device {
    File(File),
    Stdin,
    Stderr,
}

/// An open file. Bytes not yet written are written when it is dropped.
pub(super) struct Stream {
    device: Device,
    mode: Mode,
    buffering: Buffering,
    /// Bytes read ahead, from `at` on.
    ahead: Vec<u8>,
    at: usize,
    /// Bytes to be written.
    pending: Vec<u8>,
}

impl Stream {
    /// An open file.
    pub fn of_file(file: File, mode: Mode) -> Stream {
        Stream::new(Device::File(file), mode, Buffering::Full)
    }

    pub fn stdin() -> Stream {
        let mode =
            Mode { readable: true, writable: false, append: false, truncate: false, create: false };
        Stream::new(Device::Stdin, mode, Buffering::Full)
    }

    pub fn stderr() -> Stream {
        let mode =
            Mode { readable: false, writable: true, append: true, truncate: false, create: false };
        Stream::new(Device::Stderr, mode, Buffering::None)
    }

    fn new(device: Device, mode: Mode, buffering: Buffering) -> Stream {
        Stream { device, mode, buffering, ahead: Vec::new(), at: 0, pending: Vec::new() }
    }

    pub fn set_buffering(&mut self, buffering: Buffering) -> io::Result<()> {
        self.buffering = buffering;
        if buffering == Buffering::None { self.flush() } else { Ok(()) }
    }

    /// Bytes read ahead; reads more if there are none. Empty at the end of the file.
    pub fn fill(&mut self) -> io::Result<&[u8]> {
        if !self.mode.readable {
            return Err(bad_descriptor());
        }
        if self.at == self.ahead.len() {
            self.flush()?;
            self.ahead.resize(CAPACITY, 0);
            self.at = 0;
            let read = match &mut self.device {
                Device::File(file) => file.read(&mut self.ahead),
                Device::Stdin => io::stdin().read(&mut self.ahead),
                Device::Stderr => Err(bad_descriptor()),
            };
            self.ahead.truncate(*read.as_ref().unwrap_or(&0));
            read?;
        }
        Ok(&self.ahead[self.at..])
    }

    /// Takes bytes that [`Stream::fill`] showed.
    pub fn consume(&mut self, count: usize) {
        self.at = (self.at + count).min(self.ahead.len());
    }

    /// The next byte, without taking it.
    pub fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.fill()?.first().copied())
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.mode.writable {
            return Err(bad_descriptor());
        }
        self.forget_ahead()?;
        self.pending.extend_from_slice(bytes);
        let due = match self.buffering {
            Buffering::None => true,
            Buffering::Full => self.pending.len() >= CAPACITY,
            Buffering::Line => self.pending.len() >= CAPACITY || bytes.contains(&b'\n'),
        };
        if due { self.flush() } else { Ok(()) }
    }

    /// Writes what is pending.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let written = match &mut self.device {
            Device::File(file) => file.write_all(&self.pending),
            Device::Stderr => io::stderr().write_all(&self.pending),
            Device::Stdin => Err(bad_descriptor()),
        };
        // What could not be written is lost, as in C.
        self.pending.clear();
        written
    }

    /// Puts the file's position where the reader is, so that writing goes on there.
    fn forget_ahead(&mut self) -> io::Result<()> {
        let unread = self.ahead.len() - self.at;
        self.ahead.clear();
        self.at = 0;
        match &mut self.device {
            Device::File(file) if unread > 0 => {
                file.seek(SeekFrom::Current(-(unread as i64))).map(|_| ())
            }
            _ => Ok(()),
        }
    }

    pub fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.flush()?;
        self.forget_ahead()?;
        match &mut self.device {
            Device::File(file) => file.seek(to),
            Device::Stdin | Device::Stderr => Err(illegal_seek()),
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Nobody is left to hear of a failure.
        drop(self.flush());
    }
}

/// "Bad file descriptor"
pub(super) fn bad_descriptor() -> io::Error {
    const EBADF: i32 = 9;
    io::Error::from_raw_os_error(EBADF)
}

/// "Illegal seek"
pub(super) fn illegal_seek() -> io::Error {
    const ESPIPE: i32 = 29;
    io::Error::from_raw_os_error(ESPIPE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes() {
        let parsed = |text: &str| Mode::parse(text.as_bytes());
        assert!(parsed("r").is_some_and(|mode| mode.readable && !mode.writable && !mode.create));
        assert!(parsed("w+b").is_some_and(|mode| mode.readable && mode.writable && mode.truncate));
        assert!(parsed("a").is_some_and(|mode| mode.append && !mode.readable));
        for text in ["", "x", "rw", "r+x", "rb+", "+"] {
            assert!(parsed(text).is_none(), "{text}");
        }
    }
}
