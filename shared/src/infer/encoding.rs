//! Bytes to text, where nobody has said which encoding they are in.
//!
//! Invariant: UTF-8 and UTF-16 are recognised, since hardly anything else can be mistaken for them;
//! single-byte encodings cannot be told apart, and are never guessed.

mod candidates;

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::InferError;
use candidates::Witness;

/// Bytes that tell the encoding.
pub(super) const LEAD_LEN: usize = 4096;

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF16_MARKS: [(&[u8], &Encoding); 2] = [(b"\xff\xfe", UTF_16LE), (b"\xfe\xff", UTF_16BE)];

/// Room for the text of a piece.
const TEXT_LEN: usize = 64 << 10;

/// How the bytes are read.
enum Mode {
    /// As UTF-8, until a byte is none.
    Utf8 {
        /// The first bytes of a character whose rest is still to come, at most 3.
        cut: Vec<u8>,
        /// Whether there was anything besides ASCII.
        is_beyond_ascii: bool,
    },
    /// As ISO-8859-1: every byte is a character, the same number.
    Latin1,
    /// By a table or an algorithm.
    Table(encoding_rs::Decoder),
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
    /// Bytes to skip at the start.
    mark_len: usize,
    /// Offset of the next byte.
    at: u64,
}

impl TextReader {
    /// A reader of a file that starts with `lead`, in the encoding `chosen` if somebody chose.
    ///
    /// # Errors
    /// [`InferError::NotText`] if it is something else than a text.
    pub(super) fn new(lead: &[u8], chosen: Option<&str>) -> Result<Self, InferError> {
        if let Some(found) = foreign(lead) {
            return Err(InferError::NotText { found });
        }
        let reader = |mode, name: &str, reason, mark_len| {
            Ok(TextReader { mode, name: name.to_owned(), reason, mark_len, at: 0 })
        };
        if let Some(label) = chosen {
            let mode = named(label).ok_or(InferError::UnknownEncoding)?;
            return reader(mode, label, "chosen", mark_len(lead));
        }
        if lead.starts_with(UTF8_MARK) {
            return reader(utf8_mode(), "utf-8", "by its byte order mark", UTF8_MARK.len());
        }
        if let Some((mark, encoding)) = UTF16_MARKS.iter().find(|(mark, _)| lead.starts_with(mark))
        {
            return reader(table(encoding), "utf-16", "by its byte order mark", mark.len());
        }
        match null_pattern(lead) {
            Some(encoding) => {
                let name = encoding.name().to_ascii_lowercase();
                reader(table(encoding), &name, "by its null bytes", 0)
            }
            None => reader(utf8_mode(), "utf-8", "", 0),
        }
    }

    /// Decodes the start of `piece` to UTF-8 and tells how many bytes it took: all of them, save where
    /// they stop being UTF-8.
    ///
    /// # Errors
    /// [`InferError::NotDecodable`] where bytes are not of an encoding that is known for sure.
    pub(super) fn take(&mut self, piece: &[u8], text: &mut Vec<u8>) -> Result<usize, InferError> {
        let skipped = self.mark_len.min(piece.len());
        self.mark_len -= skipped;
        let bytes = piece.get(skipped..).unwrap_or_default();
        let taken = match &mut self.mode {
            Mode::Utf8 { cut, is_beyond_ascii } => utf8(cut, is_beyond_ascii, bytes, text),
            Mode::Latin1 => {
                text.extend_from_slice(encoding_rs::mem::decode_latin1(bytes).as_bytes());
                Ok(bytes.len())
            }
            Mode::Table(decoder) => decode(decoder, bytes, text).map(|()| bytes.len()),
            Mode::Unknown(witness) => Ok(witness.take(bytes, text)),
        };
        match taken {
            Ok(taken) => {
                self.at += (skipped + taken) as u64;
                Ok(skipped + taken)
            }
            Err(Broken { valid }) => self.broken(skipped + valid, piece),
        }
    }

    /// The encoding turns out not to be UTF-8.
    fn broken(&mut self, valid: usize, piece: &[u8]) -> Result<usize, InferError> {
        self.at += valid as u64;
        let Mode::Utf8 { cut, is_beyond_ascii } = &mut self.mode else {
            return Err(InferError::NotDecodable { encoding: self.name.clone(), offset: self.at });
        };
        if !self.reason.is_empty() {
            let offset = self.at - cut.len() as u64;
            return Err(InferError::NotDecodable { encoding: self.name.clone(), offset });
        }
        let mut witness = Witness::new(std::mem::take(cut), *is_beyond_ascii);
        witness.start(piece, valid);
        self.mode = Mode::Unknown(Box::new(witness));
        WINDOWS_1252.name().clone_into(&mut self.name);
        Ok(valid)
    }

    /// Whether bytes have shown that the encoding is not UTF-8, and nobody knows which it is.
    pub(super) fn unknown(&self) -> Option<&Witness> {
        match &self.mode {
            Mode::Unknown(witness) => Some(witness),
            Mode::Utf8 { .. } | Mode::Latin1 | Mode::Table(_) => None,
        }
    }

    /// Decodes what only the end of the file tells.
    ///
    /// # Errors
    /// [`InferError::NotDecodable`] if the file ends inside a character.
    pub(super) fn finish(&mut self, text: &mut Vec<u8>) -> Result<(), InferError> {
        let is_cut = match &mut self.mode {
            Mode::Utf8 { cut, .. } => !cut.is_empty(),
            Mode::Table(decoder) => {
                let mut room = [0; 16];
                let (end, _, len) =
                    decoder.decode_to_utf8_without_replacement(&[], &mut room, true);
                text.extend_from_slice(room.get(..len).unwrap_or_default());
                end != DecoderResult::InputEmpty
            }
            Mode::Latin1 | Mode::Unknown(_) => false,
        };
        if !is_cut {
            return Ok(());
        }
        self.broken(0, &[])?;
        self.take(&[], text).map(|_| ())
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

/// Bytes that are not of the encoding, after some that are.
struct Broken {
    valid: usize,
}

/// Copies whole characters; the first bytes of one that is cut wait for the next piece.
fn utf8(
    cut: &mut Vec<u8>,
    is_beyond_ascii: &mut bool,
    bytes: &[u8],
    text: &mut Vec<u8>,
) -> Result<usize, Broken> {
    let mut taken = 0;
    while let Some(&byte) = bytes.get(taken).filter(|_| !cut.is_empty()) {
        cut.push(byte);
        match std::str::from_utf8(cut) {
            Ok(_) => {
                text.append(cut);
                *is_beyond_ascii = true;
            }
            Err(error) if error.error_len().is_some() => {
                cut.pop();
                return Err(Broken { valid: taken });
            }
            Err(_) => {}
        }
        taken += 1;
    }
    let rest = bytes.get(taken..).unwrap_or_default();
    let (valid, is_wrong) = match std::str::from_utf8(rest) {
        Ok(_) => (rest.len(), false),
        Err(error) => (error.valid_up_to(), error.error_len().is_some()),
    };
    let (valid, cut_short) = rest.split_at(valid);
    *is_beyond_ascii |= !valid.is_ascii();
    text.extend_from_slice(valid);
    if is_wrong {
        return Err(Broken { valid: taken + valid.len() });
    }
    cut.extend_from_slice(cut_short);
    Ok(bytes.len())
}

fn decode(
    decoder: &mut encoding_rs::Decoder,
    bytes: &[u8],
    text: &mut Vec<u8>,
) -> Result<(), Broken> {
    let mut room = vec![0; TEXT_LEN];
    let mut taken = 0;
    loop {
        let rest = bytes.get(taken..).unwrap_or_default();
        let (end, read, len) = decoder.decode_to_utf8_without_replacement(rest, &mut room, false);
        taken += read;
        text.extend_from_slice(room.get(..len).unwrap_or_default());
        match end {
            DecoderResult::InputEmpty => return Ok(()),
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(bad, after) => {
                let back = usize::from(bad) + usize::from(after);
                return Err(Broken { valid: taken.saturating_sub(back) });
            }
        }
    }
}

fn table(encoding: &'static Encoding) -> Mode {
    Mode::Table(encoding.new_decoder_without_bom_handling())
}

fn utf8_mode() -> Mode {
    Mode::Utf8 { cut: Vec::new(), is_beyond_ascii: false }
}

/// The mode of an encoding by its name.
fn named(label: &str) -> Option<Mode> {
    if ["iso-8859-1", "latin-1", "latin1"].iter().any(|name| name.eq_ignore_ascii_case(label)) {
        return Some(Mode::Latin1);
    }
    let encoding = Encoding::for_label(label.as_bytes())?;
    Some(if encoding == UTF_8 { utf8_mode() } else { table(encoding) })
}

fn mark_len(lead: &[u8]) -> usize {
    let marks = [UTF8_MARK, b"\xff\xfe", b"\xfe\xff"];
    marks.iter().find(|mark| lead.starts_with(mark)).map_or(0, |mark| mark.len())
}

/// UTF-16 without a mark: every other byte of mostly ASCII text is null.
fn null_pattern(lead: &[u8]) -> Option<&'static Encoding> {
    let nulls = |odd| lead.iter().skip(odd).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (nulls(0), nulls(1));
    let many = lead.len() / 4;
    match (even > many, odd > many) {
        (false, true) => Some(UTF_16LE),
        (true, false) => Some(UTF_16BE),
        _ => None,
    }
}

/// What the first bytes show the file to be, if no text.
fn foreign(lead: &[u8]) -> Option<&'static str> {
    match lead {
        [0x1f, 0x8b, ..] => Some("compressed with gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("compressed with zstd"),
        [b'P', b'K', 3, 4, ..] => Some("a zip archive (or a spreadsheet)"),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Some("a spreadsheet of an old kind"),
        [b'%', b'P', b'D', b'F', ..] => Some("a PDF"),
        [b'P', b'A', b'R', b'1', ..] => Some("a Parquet file"),
        _ => None,
    }
}
