//! Compressed bytes to what they stand for, in steps of bounded length.

use super::error::{Compression, TextError};
use super::gzip::Gzip;
use super::zstd::Zstd;

/// A file may inflate to this many times its bytes, once it is beyond [`INFLATION_ALLOWANCE`]. A table
/// of few different rows comes to a hundred; what is made to do harm, to a thousand and more.
pub const INFLATION_RATIO: u64 = 250;

/// Bytes that any file may inflate to: 256 MiB.
pub const INFLATION_ALLOWANCE: u64 = 256 << 20;

/// Bytes that no file may inflate beyond: 32 GiB, which one function can read and write in
/// the time that it has.
pub const INFLATED_LIMIT: u64 = 32 << 30;

/// Inflated bytes that are handed on at once, at most.
const BUFFER_LEN: usize = 64 << 10;

/// An inflater that arrives at an end.
#[derive(Debug)]
pub(crate) struct Inflate {
    format: Format,
    buffer: Vec<u8>,
    read: u64,
    written: u64,
    limits: Limits,
}

#[derive(Debug)]
enum Format {
    Gzip(Box<Gzip>),
    Zstd(Zstd),
}

/// Bounds on what comes out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) ratio: u64,
    pub(super) allowance: u64,
    pub(super) total: u64,
}

impl Limits {
    const DEFAULT: Limits =
        Limits { ratio: INFLATION_RATIO, allowance: INFLATION_ALLOWANCE, total: INFLATED_LIMIT };

    fn check(&self, read: u64, written: u64) -> Result<(), TextError> {
        if written > self.total {
            return Err(TextError::TooLong);
        }
        if written > self.allowance && written > read.saturating_mul(self.ratio) {
            return Err(TextError::Ratio);
        }
        Ok(())
    }
}

/// What a step has read and written, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) read: usize,
    pub(super) written: usize,
}

impl Inflate {
    pub(crate) fn new(compression: Compression) -> Result<Self, TextError> {
        Inflate::with_limits(compression, Limits::DEFAULT)
    }

    pub(super) fn with_limits(compression: Compression, limits: Limits) -> Result<Self, TextError> {
        let format = match compression {
            Compression::Gzip => Format::Gzip(Box::default()),
            Compression::Zstd => Format::Zstd(Zstd::new()?),
        };
        Ok(Inflate { format, buffer: vec![0; BUFFER_LEN], read: 0, written: 0, limits })
    }

    /// Takes the next compressed bytes, and hands on what they inflate to.
    pub(crate) fn push<E: From<TextError>>(
        &mut self,
        piece: &[u8],
        mut on_bytes: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = piece;
        loop {
            let step = match &mut self.format {
                Format::Gzip(gzip) => gzip.step(rest, &mut self.buffer)?,
                Format::Zstd(zstd) => zstd.step(rest, &mut self.buffer)?,
            };
            if step.read == 0 && step.written == 0 {
                return Ok(());
            }
            rest = rest.get(step.read..).unwrap_or_default();
            self.read += step.read as u64;
            self.written += step.written as u64;
            on_bytes(self.buffer.get(..step.written).unwrap_or_default())?;
            self.limits.check(self.read, self.written)?;
        }
    }

    /// The end of the compressed bytes.
    pub(crate) fn finish(&self) -> Result<(), TextError> {
        let (is_whole, compression) = match &self.format {
            Format::Gzip(gzip) => (gzip.is_whole(), Compression::Gzip),
            Format::Zstd(zstd) => (zstd.is_whole(), Compression::Zstd),
        };
        if is_whole { Ok(()) } else { Err(TextError::Truncated(compression)) }
    }
}
