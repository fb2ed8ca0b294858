//! Zstandard (RFC 8878): frames, one after the other.

use std::fmt;

use zstd::stream::raw::{DParameter, Decoder, Operation};

use super::error::{Compression, TextError};
use super::inflate::Step;

/// A frame may look back at this power of two of its bytes: 128 MiB, as far as `zstd` goes unless it
/// is told otherwise.
const WINDOW_LOG: u32 = 27;

/// Inflates frames.
pub(super) struct Zstd {
    decoder: Decoder<'static>,
    /// Whether a frame has ended and nothing has come since.
    is_between: bool,
    /// Whether the next byte starts a frame.
    is_at_start: bool,
}

impl fmt::Debug for Zstd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zstd").field("is_between", &self.is_between).finish_non_exhaustive()
    }
}

impl Zstd {
    pub(super) fn new() -> Result<Self, TextError> {
        let mut decoder = Decoder::new().map_err(corrupt)?;
        decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG)).map_err(corrupt)?;
        Ok(Zstd { decoder, is_between: false, is_at_start: true })
    }

    /// Reads some of `bytes`, and writes to `out`. Neither happens only when all is done.
    pub(super) fn step(&mut self, bytes: &[u8], out: &mut [u8]) -> Result<Step, TextError> {
        if self.is_between && bytes.is_empty() {
            return Ok(Step { read: 0, written: 0 });
        }
        // A frame that is there as a whole is held to its declared length more strictly than one that
        // is not: its first byte goes in alone, so that the pieces make no difference.
        let len = if self.is_at_start { bytes.len().min(1) } else { bytes.len() };
        let bytes = bytes.get(..len).unwrap_or_default();
        let status = self.decoder.run_on_buffers(bytes, out).map_err(corrupt)?;
        self.is_between = status.remaining == 0;
        self.is_at_start = self.is_between || (self.is_at_start && status.bytes_read == 0);
        Ok(Step { read: status.bytes_read, written: status.bytes_written })
    }

    pub(super) fn is_whole(&self) -> bool {
        self.is_between
    }
}

fn corrupt(error: impl fmt::Display) -> TextError {
    TextError::Corrupt { compression: Compression::Zstd, reason: error.to_string() }
}
