//! Gzip (RFC 1952): members, one after the other.

use flate2::{Crc, Decompress, FlushDecompress, Status};
use memchr::memchr;

use super::error::{Compression, TextError};
use super::inflate::Step;

/// Bytes that a header may have: an extra field of 64 KiB, and as much for its name and comment.
const HEADER_LIMIT: usize = 128 << 10;

/// Bytes that are looked at for a header at once; hardly any is longer.
const HEADER_STEP: usize = 512;

const TRAILER_LEN: usize = 8;

/// Inflates members.
#[derive(Debug)]
pub(super) struct Gzip {
    part: Part,
    inflater: Decompress,
    /// Checksum and length of what the member has come to.
    sum: Crc,
    /// The bytes of a header or a trailer, until they are all there.
    kept: Vec<u8>,
    /// Whether a member has ended and nothing but zeros has come since.
    is_between: bool,
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Header,
    Data,
    Trailer,
}

impl Default for Gzip {
    fn default() -> Self {
        Gzip {
            part: Part::Header,
            inflater: Decompress::new(false),
            sum: Crc::new(),
            kept: Vec::new(),
            is_between: false,
        }
    }
}

impl Gzip {
    /// Reads some of `bytes`, and writes to `out`. Neither happens only when all is done.
    pub(super) fn step(&mut self, bytes: &[u8], out: &mut [u8]) -> Result<Step, TextError> {
        match self.part {
            Part::Header => self.header(bytes),
            Part::Data => self.data(bytes, out),
            Part::Trailer => self.trailer(bytes),
        }
    }

    pub(super) fn is_whole(&self) -> bool {
        self.is_between
    }

    fn header(&mut self, bytes: &[u8]) -> Result<Step, TextError> {
        // Behind the last member, tapes and the like leave zeros.
        let padding = bytes.iter().take_while(|&&byte| byte == 0).count();
        if self.is_between && padding > 0 {
            return Ok(Step { read: padding, written: 0 });
        }
        self.is_between &= bytes.is_empty();
        let before = self.kept.len();
        let (taken, _) = bytes.split_at(bytes.len().min(HEADER_STEP));
        self.kept.extend_from_slice(taken);
        let read = match header_len(&self.kept)? {
            None if self.kept.len() > HEADER_LIMIT => {
                return Err(corrupt("its header is too long"));
            }
            None => taken.len(),
            Some(len) => {
                self.kept.clear();
                self.part = Part::Data;
                len - before
            }
        };
        Ok(Step { read, written: 0 })
    }

    fn data(&mut self, bytes: &[u8], out: &mut [u8]) -> Result<Step, TextError> {
        let (read, written) = (self.inflater.total_in(), self.inflater.total_out());
        let status = self
            .inflater
            .decompress(bytes, out, FlushDecompress::None)
            .map_err(|_| corrupt("its data cannot be inflated"))?;
        let (read, written) =
            (self.inflater.total_in() - read, self.inflater.total_out() - written);
        let (read, written) = (
            usize::try_from(read).unwrap_or_default(),
            usize::try_from(written).unwrap_or_default(),
        );
        self.sum.update(out.get(..written).unwrap_or_default());
        if status == Status::StreamEnd {
            self.part = Part::Trailer;
            if read == 0 && written == 0 {
                return self.trailer(bytes);
            }
        }
        Ok(Step { read, written })
    }

    fn trailer(&mut self, bytes: &[u8]) -> Result<Step, TextError> {
        let read = bytes.len().min(TRAILER_LEN - self.kept.len());
        self.kept.extend_from_slice(bytes.get(..read).unwrap_or_default());
        if let &[s0, s1, s2, s3, l0, l1, l2, l3] = self.kept.as_slice() {
            if u32::from_le_bytes([s0, s1, s2, s3]) != self.sum.sum() {
                return Err(corrupt("its checksum is another"));
            }
            if u32::from_le_bytes([l0, l1, l2, l3]) != self.sum.amount() {
                return Err(corrupt("its length is another"));
            }
            self.inflater.reset(false);
            self.sum.reset();
            self.kept.clear();
            self.part = Part::Header;
            self.is_between = true;
        }
        Ok(Step { read, written: 0 })
    }
}

const CHECKED: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// Length of the header that `bytes` start with; None while it is not whole.
fn header_len(bytes: &[u8]) -> Result<Option<usize>, TextError> {
    let signature = [0x1f, 0x8b, 8];
    if !signature.iter().zip(bytes).all(|(expected, byte)| expected == byte) {
        return Err(corrupt("a member does not start as it must"));
    }
    let flags = bytes.get(3).copied().unwrap_or_default();
    if flags & RESERVED != 0 {
        return Err(corrupt("its header has unknown flags"));
    }
    let Some(len) = behind_comment(flags, bytes).map(|rest| bytes.len() - rest.len()) else {
        return Ok(None);
    };
    if flags & CHECKED == 0 {
        return Ok(Some(len));
    }
    let (checked, rest) = bytes.split_at(len);
    let Some((&sum, _)) = rest.split_first_chunk::<2>() else { return Ok(None) };
    let mut crc = Crc::new();
    crc.update(checked);
    if crc.sum() & 0xffff == u32::from(u16::from_le_bytes(sum)) {
        Ok(Some(len + sum.len()))
    } else {
        Err(corrupt("its header has another checksum"))
    }
}

/// The bytes behind the parts of a header that are not its checksum.
fn behind_comment(flags: u8, bytes: &[u8]) -> Option<&[u8]> {
    let (_, mut rest) = bytes.split_first_chunk::<10>()?;
    if flags & EXTRA != 0 {
        let (&len, extra) = rest.split_first_chunk::<2>()?;
        rest = extra.get(usize::from(u16::from_le_bytes(len))..)?;
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            rest = rest.get(memchr(0, rest)? + 1..)?;
        }
    }
    Some(rest)
}

fn corrupt(reason: &str) -> TextError {
    TextError::Corrupt { compression: Compression::Gzip, reason: reason.to_owned() }
}
