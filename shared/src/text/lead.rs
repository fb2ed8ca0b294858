//! What the first bytes tell.

use std::borrow::Cow;

use super::encoding::Encoding;
use super::error::{Compression, TextError};

/// Bytes at the start of a file that tell what it is.
pub const LEAD_LEN: usize = 5;

/// The first bytes, until there are enough of them.
#[derive(Debug, Default)]
pub(super) struct Lead(Vec<u8>);

impl Lead {
    /// Takes a piece; all bytes so far once they are enough.
    pub(super) fn push<'a>(&mut self, piece: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        if self.0.is_empty() && piece.len() >= LEAD_LEN {
            return Some(Cow::Borrowed(piece));
        }
        self.0.extend_from_slice(piece);
        (self.0.len() >= LEAD_LEN).then(|| Cow::Owned(self.take()))
    }

    /// All bytes so far.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

impl Compression {
    /// What a file that starts with `lead` is compressed with. A zstd file may begin with a frame to
    /// be skipped.
    pub(crate) fn of(lead: &[u8]) -> Option<Self> {
        match lead {
            [0x1f, 0x8b, ..] => Some(Compression::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                Some(Compression::Zstd)
            }
            _ => None,
        }
    }
}

/// The encoding of a text that starts with `lead`, and the length of its byte order mark.
///
/// # Errors
/// [`TextError::Foreign`] if that is not what `declared` says, or no text at all.
pub(crate) fn encoding(
    lead: &[u8],
    declared: Option<Encoding>,
) -> Result<(Encoding, usize), TextError> {
    if lead.starts_with(b"\xef\xbb\xbf") {
        return Ok((Encoding::Utf8, 3));
    }
    let is_utf16 = match declared {
        Some(Encoding::Utf16 | Encoding::Utf16Le | Encoding::Utf16Be) => true,
        None | Some(Encoding::Utf8 | Encoding::Latin1 | Encoding::Ascii | Encoding::Other(_)) => {
            false
        }
    };
    let obeys_mark = is_utf16 || declared.is_none();
    let found = match lead {
        [0xff, 0xfe, 0, 0, ..] => "UTF-32LE (by its byte order mark)",
        [0, 0, 0xfe, 0xff, ..] => "UTF-32BE (by its byte order mark)",
        [0xff, 0xfe, ..] if obeys_mark => return Ok((Encoding::Utf16Le, 2)),
        [0xfe, 0xff, ..] if obeys_mark => return Ok((Encoding::Utf16Be, 2)),
        [0xff, 0xfe, ..] => "UTF-16LE (by its byte order mark)",
        [0xfe, 0xff, ..] => "UTF-16BE (by its byte order mark)",
        [1..=255, 0, 1..=255, 0, ..] if !is_utf16 => "UTF-16LE (by its null bytes)",
        [0, 1..=255, 0, 1..=255, ..] if !is_utf16 => "UTF-16BE (by its null bytes)",
        [b'P', b'K', 3, 4, ..] => "a zip archive (or a spreadsheet)",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "a spreadsheet (by its signature)",
        [b'P', b'A', b'R', b'1', 0x15, ..] => "a Parquet file",
        [0xfd, b'7', b'z', b'X', ..] => "compressed with xz",
        _ if Compression::of(lead).is_some() => "compressed twice",
        _ => return Ok((declared.unwrap_or(Encoding::Utf8), 0)),
    };
    let declared = declared.unwrap_or(Encoding::Utf8).name();
    Err(TextError::Foreign { found, declared })
}
