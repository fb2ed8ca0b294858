//! Bytes to text, where nobody has said which encoding they are in.
//!
//! Invariant: UTF-8 and UTF-16 are recognised, since hardly anything else can be mistaken for them;
//! single-byte encodings cannot be told apart, and are never guessed.

mod candidates;

use super::InferError;
use crate::text::{Encoding, TextDecoder, TextError, encoding_of};
use candidates::Witness;

/// Bytes that tell the encoding.
pub(super) const LEAD_LEN: usize = 4096;

/// What an unknown encoding is read as: every byte is some character of it.
const UNKNOWN: &str = "windows-1252";

/// Bytes that a decoder may keep to itself.
const KEPT_LEN: usize = 4;

/// How the bytes are read.
enum Mode {
    /// As UTF-8, until a byte is none.
    Utf8 {
        decoder: TextDecoder,
        /// Whether there was anything besides ASCII.
        is_beyond_ascii: bool,
    },
    /// In an encoding that is known for sure.
    Known(TextDecoder),
    /// As windows-1252, for lack of knowledge.
    Unknown(Box<Witness>),
}

/// Decodes bytes that arrive in pieces.
pub(super) struct TextReader {
    mode: Mode,
    /// The name in the descriptor.
    name: String,
    /// How it is known.
    reason: &'static str,
    /// Offset of the next byte.
    at: u64,
    /// The last few bytes before it.
    tail: Vec<u8>,
    /// Offset of the first byte that is no UTF-8.
    broken_at: Option<u64>,
}

impl TextReader {
    /// A reader of a file that starts with `lead`, in the encoding `chosen` if somebody chose.
    ///
    /// # Errors
    /// [`InferError::NotText`] if it is something else than a text.
    pub(super) fn new(lead: &[u8], chosen: Option<&str>) -> Result<Self, InferError> {
        let reader = |mode, name: &str, reason| Ok(TextReader::in_mode(mode, name, reason));
        let known = |encoding| Mode::Known(TextDecoder::new(Some(encoding)));
        if let Some(label) = chosen {
            let encoding = Encoding::for_label(label).ok_or(InferError::UnknownEncoding)?;
            return reader(known(encoding), label, "chosen");
        }
        if let Some(encoding) = null_pattern(lead) {
            let name = encoding.name().to_ascii_lowercase();
            return reader(known(encoding), &name, "by its null bytes");
        }
        match encoding_of(lead, None) {
            Err(TextError::Foreign { found, .. }) => Err(InferError::NotText { found }),
            Err(error) => Err(error.into()),
            Ok((encoding, 0)) => {
                let decoder = TextDecoder::new(Some(encoding));
                reader(Mode::Utf8 { decoder, is_beyond_ascii: false }, "utf-8", "")
            }
            Ok((Encoding::Utf8, _)) => {
                reader(known(Encoding::Utf8), "utf-8", "by its byte order mark")
            }
            Ok(_) => reader(known(Encoding::Utf16), "utf-16", "by its byte order mark"),
        }
    }

    /// A reader from the start of a file whose first bytes `earlier` has found not to be UTF-8.
    pub(super) fn of_unknown(earlier: &TextReader) -> Self {
        let follows_utf8 = earlier.unknown().is_some_and(Witness::follows_utf8);
        let mode = Mode::Unknown(Box::new(Witness::of_all(follows_utf8)));
        TextReader::in_mode(mode, UNKNOWN, "")
    }

    fn in_mode(mode: Mode, name: &str, reason: &'static str) -> Self {
        let name = name.to_owned();
        TextReader { mode, name, reason, at: 0, tail: Vec::new(), broken_at: None }
    }

    /// Decodes the start of `piece` to UTF-8 and tells how many bytes it took: all of them, save where
    /// they stop being UTF-8.
    ///
    /// # Errors
    /// [`InferError::Text`] where bytes are not of an encoding that is known for sure.
    pub(super) fn take(&mut self, piece: &[u8], text: &mut Vec<u8>) -> Result<usize, InferError> {
        let text_len = text.len();
        let decoded = match &mut self.mode {
            Mode::Utf8 { decoder, .. } | Mode::Known(decoder) => {
                decoder.push(piece, |more| extend(text, more))
            }
            Mode::Unknown(witness) => {
                witness.take(piece, text);
                Ok(())
            }
        };
        let taken = self.settle(decoded, piece, text.get(text_len..).unwrap_or_default())?;
        self.at += taken as u64;
        self.tail.extend_from_slice(piece.get(..taken).unwrap_or_default());
        self.tail.drain(..self.tail.len().saturating_sub(KEPT_LEN));
        Ok(taken)
    }

    /// Decodes what only the end of the file tells.
    ///
    /// # Errors
    /// [`InferError::Text`] if the file ends inside a character.
    pub(super) fn finish(&mut self, text: &mut Vec<u8>) -> Result<(), InferError> {
        let decoded = match &mut self.mode {
            Mode::Utf8 { decoder, .. } | Mode::Known(decoder) => {
                decoder.finish(|more| extend(text, more))
            }
            Mode::Unknown(_) => return Ok(()),
        };
        self.settle(decoded, &[], &[])?;
        if let Mode::Unknown(witness) = &mut self.mode {
            witness.take(&[], text);
        }
        Ok(())
    }

    /// The number of bytes of `piece` that were taken; where they turn out not to be UTF-8, and nobody
    /// said that they are, all that follows is of an unknown encoding.
    fn settle(
        &mut self,
        decoded: Result<(), TextError>,
        piece: &[u8],
        text: &[u8],
    ) -> Result<usize, InferError> {
        if let Mode::Utf8 { is_beyond_ascii, .. } = &mut self.mode {
            *is_beyond_ascii |= !text.is_ascii();
        }
        match (decoded, &self.mode) {
            (Ok(()), _) => Ok(piece.len()),
            (Err(TextError::Invalid { offset, .. }), Mode::Utf8 { is_beyond_ascii, .. }) => {
                let valid = usize::try_from(offset.saturating_sub(self.at)).unwrap_or(usize::MAX);
                let kept = usize::try_from(self.at.saturating_sub(offset)).unwrap_or(usize::MAX);
                let cut = self.tail.get(self.tail.len().saturating_sub(kept)..).unwrap_or_default();
                let mut witness = Witness::new(cut.to_vec(), *is_beyond_ascii);
                witness.start(piece, valid);
                self.mode = Mode::Unknown(Box::new(witness));
                UNKNOWN.clone_into(&mut self.name);
                self.broken_at = Some(offset);
                Ok(valid)
            }
            (Err(error), _) => Err(error.into()),
        }
    }

    /// Whether bytes have shown that the encoding is not UTF-8, and nobody knows which it is.
    pub(super) fn unknown(&self) -> Option<&Witness> {
        match &self.mode {
            Mode::Unknown(witness) => Some(witness),
            Mode::Utf8 { .. } | Mode::Known(_) => None,
        }
    }

    /// What text that was read as UTF-8 is in the encoding that all the rest is read in; None if
    /// nothing beyond ASCII was read as UTF-8.
    pub(super) fn reread(&self) -> Option<impl Fn(&str) -> String> {
        let is_mixed = self.broken_at.is_some() && self.unknown()?.follows_utf8();
        is_mixed.then_some(|text: &str| candidates::unknown(text.as_bytes()).into_owned())
    }

    /// Offset of the first byte that is no UTF-8 (0-based), if it was tried.
    pub(super) fn broken_at(&self) -> Option<u64> {
        self.broken_at
    }

    /// The name for the descriptor, and how it is known.
    pub(super) fn name(&self) -> (&str, &'static str) {
        let is_ascii = matches!(self.mode, Mode::Utf8 { is_beyond_ascii: false, .. });
        let reason = match (self.reason, is_ascii) {
            ("", true) => "every byte is ASCII, which UTF-8 includes",
            ("", false) => "every byte sequence is valid UTF-8",
            (reason, _) => reason,
        };
        (&self.name, reason)
    }
}

#[allow(clippy::unnecessary_wraps, reason = "a decoder asks whether to go on")]
fn extend(text: &mut Vec<u8>, more: &[u8]) -> Result<(), TextError> {
    text.extend_from_slice(more);
    Ok(())
}

/// UTF-16 without a mark: every other byte of mostly ASCII text is null.
fn null_pattern(lead: &[u8]) -> Option<Encoding> {
    if lead.starts_with(b"\xff\xfe") || lead.starts_with(b"\xfe\xff") {
        return None;
    }
    let nulls = |odd| lead.iter().skip(odd).step_by(2).filter(|&&byte| byte == 0).count();
    let many = lead.len() / 4;
    match (nulls(0) > many, nulls(1) > many) {
        (false, true) => Some(Encoding::Utf16Le),
        (true, false) => Some(Encoding::Utf16Be),
        _ => None,
    }
}
