//! The bytes of a file to its text: inflated, decoded to UTF-8, without a byte order mark.
//!
//! - [`TextDecoder`]: bytes in any pieces in, valid UTF-8 out
//! - [`Encoding`]: what the bytes of a text mean, by the names that people give it
//! - [`TextError`]: why bytes are no text
//!
//! Invariant: nothing is guessed and nothing is replaced. Compression is told by the bytes, an
//! encoding by the contract or a byte order mark, and a byte that is no part of a character is an
//! error that says where it stands.

mod content;
mod encoding;
mod error;
mod gzip;
mod inflate;
mod lead;
mod utf8;
mod zstd;

use content::Content;
pub use encoding::Encoding;
pub use error::{Compression, TextError};
pub(crate) use inflate::Inflate;
pub use inflate::{INFLATED_LIMIT, INFLATION_ALLOWANCE, INFLATION_RATIO};
pub use lead::LEAD_LEN;
use lead::Lead;
pub(crate) use lead::encoding as encoding_of;

/// Decodes a file that arrives in pieces.
///
/// Gzip (of several members too) and zstd (of several frames too) are inflated wherever the first
/// bytes show them. A byte order mark is taken off: that of UTF-8 always means UTF-8, whatever is
/// declared, since spreadsheets write it; that of UTF-16 counts where a UTF-16 or nothing is declared.
///
/// Invariant: it holds a few buffers of fixed length and the state of an inflater, whatever comes.
///
/// ```
/// use shared::text::{Encoding, TextDecoder, TextError};
/// let mut decoder = TextDecoder::new(Encoding::for_label("latin-1"));
/// let mut text = Vec::new();
/// let mut on_text = |more: &[u8]| -> Result<(), TextError> {
///     text.extend_from_slice(more);
///     Ok(())
/// };
/// decoder.push(b"caf\xe9", &mut on_text)?;
/// decoder.finish(&mut on_text)?;
/// assert_eq!(text, "café".as_bytes());
/// assert!(!decoder.is_verbatim());
/// # Ok::<(), TextError>(())
/// ```
#[derive(Debug)]
pub struct TextDecoder {
    packing: Packing,
    content: Content,
}

/// What the bytes of the file are.
#[derive(Debug)]
enum Packing {
    Unknown(Lead),
    Plain,
    Packed(Box<Inflate>),
}

impl TextDecoder {
    /// A decoder of a file that is said to be in the encoding `declared`; UTF-8 if nothing is said.
    pub fn new(declared: Option<Encoding>) -> Self {
        TextDecoder { packing: Packing::Unknown(Lead::default()), content: Content::new(declared) }
    }

    /// Takes the next bytes of the file and hands on the text that they make known, in slices of
    /// whole characters: a part of `bytes` itself where the text is that.
    ///
    /// # Errors
    /// [`TextError`], when all text in front of the fault has been handed on (of compressed data that
    /// are corrupt, some of it); and what `on_text` returns. The pass is over then.
    pub fn push<E: From<TextError>>(
        &mut self,
        bytes: &[u8],
        mut on_text: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        match &mut self.packing {
            Packing::Plain => self.content.push(bytes, &mut on_text),
            Packing::Packed(inflate) => {
                inflate.push(bytes, |bytes| self.content.push(bytes, &mut on_text))
            }
            Packing::Unknown(lead) => match lead.push(bytes) {
                None => Ok(()),
                Some(bytes) => self.start(&bytes, on_text),
            },
        }
    }

    /// The end of the file.
    ///
    /// # Errors
    /// [`TextError`] if it is not the end of the text; and what `on_text` returns.
    pub fn finish<E: From<TextError>>(
        &mut self,
        mut on_text: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Packing::Unknown(lead) = &mut self.packing {
            let bytes = lead.take();
            self.start(&bytes, &mut on_text)?;
        }
        if let Packing::Packed(inflate) = &self.packing {
            inflate.finish()?;
        }
        self.content.finish(&mut on_text)
    }

    /// Whether the text is the bytes of the file behind [`TextDecoder::mark_len`], so that a range of
    /// the text is a range of the file. Known as soon as text has been handed on, false until then.
    pub fn is_verbatim(&self) -> bool {
        matches!(self.packing, Packing::Plain) && self.content.is_verbatim()
    }

    /// Whether the file is compressed. Known as [`TextDecoder::is_verbatim`] is.
    pub fn is_compressed(&self) -> bool {
        matches!(self.packing, Packing::Packed(_))
    }

    /// Length of the byte order mark in bytes, 0 without one. Known as soon as text has been handed
    /// on.
    pub fn mark_len(&self) -> u64 {
        self.content.mark_len()
    }

    /// Takes the first bytes, which tell how the file is packed.
    fn start<E: From<TextError>>(
        &mut self,
        bytes: &[u8],
        on_text: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.packing = match Compression::of(bytes) {
            None => Packing::Plain,
            Some(compression) => {
                self.content.is_inflated = true;
                Packing::Packed(Box::new(Inflate::new(compression)?))
            }
        };
        self.push(bytes, on_text)
    }
}

#[cfg(test)]
mod tests;
