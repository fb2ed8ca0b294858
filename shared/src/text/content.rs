//! Bytes of a text, in whatever encoding, to UTF-8.

use std::fmt;

use encoding_rs::{Decoder, DecoderResult};

use super::encoding::Encoding;
use super::error::TextError;
use super::lead::{self, Lead};
use super::utf8::Utf8;

/// Bytes of decoded text that are handed on at once, at most.
const BUFFER_LEN: usize = 32 << 10;

/// The bytes of a text, which arrive in pieces.
#[derive(Debug)]
pub(super) struct Content {
    declared: Option<Encoding>,
    /// Whether they came out of compressed bytes.
    pub(super) is_inflated: bool,
    lead: Option<Lead>,
    encoding: Encoding,
    form: Form,
    mark_len: u64,
    /// Offset of the first byte that is not decoded, 0-based.
    at: u64,
}

enum Form {
    Utf8(Utf8),
    Ascii,
    Latin1(Vec<u8>),
    Other(Box<Decoder>, Vec<u8>),
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Form::Utf8(_) => "Utf8",
            Form::Ascii => "Ascii",
            Form::Latin1(_) => "Latin1",
            Form::Other(..) => "Other",
        })
    }
}

/// Why decoding stopped.
#[derive(Debug)]
pub(super) enum Fault<E> {
    /// The bytes at this offset are no character.
    Invalid(u64),
    /// Nobody wants more.
    Sink(E),
}

impl Content {
    pub(super) fn new(declared: Option<Encoding>) -> Self {
        Content {
            declared,
            is_inflated: false,
            lead: Some(Lead::default()),
            encoding: Encoding::Utf8,
            form: Form::Utf8(Utf8::default()),
            mark_len: 0,
            at: 0,
        }
    }

    pub(super) fn is_verbatim(&self) -> bool {
        self.lead.is_none() && matches!(self.form, Form::Utf8(_) | Form::Ascii)
    }

    pub(super) fn mark_len(&self) -> u64 {
        self.mark_len
    }

    /// Takes the next bytes.
    pub(super) fn push<E: From<TextError>>(
        &mut self,
        piece: &[u8],
        on_text: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(lead) = &mut self.lead else { return self.decode(piece, false, on_text) };
        let Some(bytes) = lead.push(piece) else { return Ok(()) };
        let text = self.start(&bytes)?;
        self.decode(text, false, on_text)
    }

    /// The end of the text.
    pub(super) fn finish<E: From<TextError>>(
        &mut self,
        on_text: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let bytes = self.lead.as_mut().map(Lead::take).unwrap_or_default();
        let text = if self.lead.is_some() { self.start(&bytes)? } else { &[] };
        self.decode(text, true, on_text)
    }

    /// Tells the encoding by the first bytes; the bytes behind the byte order mark.
    fn start<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], TextError> {
        let (encoding, mark_len) = lead::encoding(bytes, self.declared)?;
        self.lead = None;
        self.encoding = encoding;
        self.form = Form::new(encoding);
        self.mark_len = mark_len as u64;
        self.at = self.mark_len;
        Ok(bytes.get(mark_len..).unwrap_or_default())
    }

    fn decode<E: From<TextError>>(
        &mut self,
        piece: &[u8],
        is_last: bool,
        on_text: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let decoded = self.form.decode(piece, is_last, &mut self.at, on_text);
        decoded.map_err(|fault| match fault {
            Fault::Sink(error) => error,
            Fault::Invalid(offset) => {
                let (encoding, is_inflated) = (self.encoding.name(), self.is_inflated);
                TextError::Invalid { offset, encoding, is_inflated }.into()
            }
        })
    }
}

impl Form {
    fn new(encoding: Encoding) -> Self {
        let other = |encoding: &'static encoding_rs::Encoding| {
            let decoder = Box::new(encoding.new_decoder_without_bom_handling());
            Form::Other(decoder, vec![0; BUFFER_LEN])
        };
        match encoding {
            Encoding::Utf8 => Form::Utf8(Utf8::default()),
            Encoding::Ascii => Form::Ascii,
            Encoding::Latin1 => Form::Latin1(vec![0; BUFFER_LEN]),
            Encoding::Utf16 | Encoding::Utf16Le => other(encoding_rs::UTF_16LE),
            Encoding::Utf16Be => other(encoding_rs::UTF_16BE),
            Encoding::Other(encoding) => other(encoding),
        }
    }

    fn decode<E>(
        &mut self,
        piece: &[u8],
        is_last: bool,
        at: &mut u64,
        on_text: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), Fault<E>> {
        match self {
            Form::Utf8(utf8) => {
                utf8.push(piece, at, on_text)?;
                if is_last && !utf8.is_whole() { Err(Fault::Invalid(*at)) } else { Ok(()) }
            }
            Form::Ascii => ascii(piece, at, on_text),
            Form::Latin1(buffer) => latin1(piece, buffer, at, on_text),
            Form::Other(decoder, buffer) => other(decoder, piece, is_last, buffer, at, on_text),
        }
    }
}

fn ascii<E>(
    piece: &[u8],
    at: &mut u64,
    on_text: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), Fault<E>> {
    let (valid, rest) = piece.split_at(encoding_rs::Encoding::ascii_valid_up_to(piece));
    hand_on(valid, on_text)?;
    *at += valid.len() as u64;
    if rest.is_empty() { Ok(()) } else { Err(Fault::Invalid(*at)) }
}

fn latin1<E>(
    piece: &[u8],
    buffer: &mut [u8],
    at: &mut u64,
    on_text: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), Fault<E>> {
    let mut rest = piece;
    while !rest.is_empty() {
        let (read, written) = encoding_rs::mem::convert_latin1_to_utf8_partial(rest, buffer);
        hand_on(buffer.get(..written).unwrap_or_default(), on_text)?;
        rest = rest.get(read..).unwrap_or_default();
    }
    *at += piece.len() as u64;
    Ok(())
}

fn other<E>(
    decoder: &mut Decoder,
    piece: &[u8],
    is_last: bool,
    buffer: &mut [u8],
    at: &mut u64,
    on_text: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), Fault<E>> {
    let mut rest = piece;
    loop {
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(rest, buffer, is_last);
        hand_on(buffer.get(..written).unwrap_or_default(), on_text)?;
        rest = rest.get(read..).unwrap_or_default();
        *at += read as u64;
        match result {
            DecoderResult::InputEmpty => return Ok(()),
            DecoderResult::OutputFull => {}
            // The bytes may have been part of an earlier piece.
            DecoderResult::Malformed(len, behind) => {
                return Err(Fault::Invalid(*at - u64::from(len) - u64::from(behind)));
            }
        }
    }
}

/// Hands on text, if there is any.
pub(super) fn hand_on<E>(
    text: &[u8],
    on_text: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), Fault<E>> {
    if text.is_empty() { Ok(()) } else { on_text(text).map_err(Fault::Sink) }
}
