//! Bytes that are no UTF-8: what else they may be.

use std::borrow::Cow;

use encoding_rs::{
    BIG5, DecoderResult, EUC_JP, EUC_KR, Encoding, GB18030, ISO_8859_2, ISO_8859_15, MACINTOSH,
    SHIFT_JIS, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252,
};

/// Places that are shown.
const SAMPLES: usize = 3;

/// Bytes that are shown of each, on either side of the first.
const AROUND: usize = 16;

/// Encodings of more than one byte: those of them that the bytes are not valid in drop out.
const MULTI_BYTE: [&Encoding; 5] = [SHIFT_JIS, GB18030, EUC_KR, BIG5, EUC_JP];

/// Encodings of single bytes, the commoner first.
const SINGLE_BYTE: [&Encoding; 6] =
    [WINDOWS_1252, ISO_8859_15, WINDOWS_1250, ISO_8859_2, WINDOWS_1251, MACINTOSH];

/// Bytes that windows-1252 leaves undefined.
const UNDEFINED_IN_1252: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

/// Bytes beyond ASCII with a few around them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sample(Vec<u8>);

/// Sees all bytes from the first that is no UTF-8.
pub(in super::super) struct Witness {
    /// Bytes that were taken for the start of a character.
    cut: Vec<u8>,
    /// Whether there were characters beyond ASCII in UTF-8 before.
    follows_utf8: bool,
    seen: [bool; 256],
    samples: Vec<Sample>,
    multi_byte: Vec<(&'static Encoding, encoding_rs::Decoder)>,
}

impl Witness {
    /// A witness of all bytes of a file, of which the first were UTF-8 beyond ASCII or not.
    pub(super) fn of_all(follows_utf8: bool) -> Self {
        Witness { follows_utf8, ..Witness::new(Vec::new(), false) }
    }

    /// A witness of the bytes behind others that were UTF-8, beyond ASCII or not, and behind `cut`.
    pub(super) fn new(cut: Vec<u8>, follows_utf8: bool) -> Self {
        let decoder =
            |encoding: &'static Encoding| (encoding, encoding.new_decoder_without_bom_handling());
        let multi_byte = if follows_utf8 { Vec::new() } else { MULTI_BYTE.map(decoder).into() };
        Witness { cut, follows_utf8, seen: [false; 256], samples: Vec::new(), multi_byte }
    }

    /// Whether what came before was read as UTF-8 and not as ASCII.
    pub(in super::super) fn follows_utf8(&self) -> bool {
        self.follows_utf8
    }

    /// Takes a sample where it starts.
    pub(super) fn start(&mut self, piece: &[u8], at: usize) {
        if self.cut.is_empty() {
            self.sample(piece, at);
        } else {
            let mut bytes = self.cut.clone();
            bytes.extend_from_slice(piece.get(at..).unwrap_or_default());
            self.sample(&bytes, 0);
        }
        let first = self.cut.first().or(piece.get(at)).copied().unwrap_or_default();
        self.see(first);
    }

    fn see(&mut self, byte: u8) {
        if let Some(seen) = self.seen.get_mut(usize::from(byte)) {
            *seen = true;
        }
    }

    /// Decodes all of `bytes` as windows-1252.
    pub(super) fn take(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        let cut = std::mem::take(&mut self.cut);
        self.decode(&cut, text);
        self.decode(bytes, text);
    }

    fn decode(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        self.multi_byte.retain_mut(|(_, decoder)| is_valid(decoder, bytes));
        let high = bytes.iter().enumerate().filter(|(_, byte)| !byte.is_ascii());
        for (at, &byte) in high {
            if self.samples.len() < SAMPLES && !self.seen_at(byte) {
                self.sample(bytes, at);
            }
            self.see(byte);
        }
        text.extend_from_slice(unknown(bytes).as_bytes());
    }

    fn seen_at(&self, byte: u8) -> bool {
        self.seen.get(usize::from(byte)).copied().unwrap_or_default()
    }

    /// Keeps the word around a byte.
    fn sample(&mut self, bytes: &[u8], at: usize) {
        let is_end = |byte: &u8| byte.is_ascii_control() || b",;|\"".contains(byte);
        let (before, after) = bytes.split_at(at.min(bytes.len()));
        let before = before.iter().rev().take(AROUND).take_while(|byte| !is_end(byte)).count();
        let after = after.iter().take(AROUND).take_while(|byte| !is_end(byte)).count();
        let sample = bytes.get(at - before.min(at)..at + after).unwrap_or_default();
        let sample = Sample(sample.to_vec());
        if !self.samples.contains(&sample) && self.samples.len() < SAMPLES {
            self.samples.push(sample);
        }
    }

    /// The encodings that the bytes can be in, by their names, and how the samples read in each.
    pub(in super::super) fn candidates(&self) -> Vec<(&'static str, Vec<String>)> {
        let has_controls = (0x80..=0x9f).any(|byte| self.seen_at(byte));
        let is_1252 = !UNDEFINED_IN_1252.iter().any(|&byte| self.seen_at(byte));
        let single = SINGLE_BYTE.into_iter().filter(|encoding| match encoding.name() {
            "windows-1252" => is_1252,
            name => !name.starts_with("ISO-8859") || !has_controls,
        });
        let mut found = Vec::new();
        for encoding in single.chain(self.multi_byte.iter().map(|(encoding, _)| *encoding)) {
            found.push((encoding.name(), self.read(|bytes| decoded(encoding, bytes))));
            if encoding == WINDOWS_1252 && !has_controls {
                found.push(("ISO-8859-1", self.read(latin1)));
            }
        }
        found
    }

    fn read(&self, decode: impl Fn(&[u8]) -> String) -> Vec<String> {
        self.samples.iter().map(|Sample(bytes)| decode(bytes)).collect()
    }
}

/// Bytes of an unknown encoding as text.
pub(super) fn unknown(bytes: &[u8]) -> Cow<'_, str> {
    WINDOWS_1252.decode_without_bom_handling(bytes).0
}

fn decoded(encoding: &'static Encoding, bytes: &[u8]) -> String {
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

fn latin1(bytes: &[u8]) -> String {
    encoding_rs::mem::decode_latin1(bytes).into_owned()
}

/// Whether a decoder takes the bytes, whatever comes next.
fn is_valid(decoder: &mut encoding_rs::Decoder, mut bytes: &[u8]) -> bool {
    let mut room = [0; 4096];
    loop {
        let (end, read, _) = decoder.decode_to_utf8_without_replacement(bytes, &mut room, false);
        bytes = bytes.get(read..).unwrap_or_default();
        match end {
            DecoderResult::InputEmpty => return true,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => return false,
        }
    }
}
