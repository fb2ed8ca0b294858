//! One pass over a file: is it a text, where do its records start, has it the right header?

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use shared::contract::{Dialect, Schema};
use shared::csv::{Boundaries, Record, Records};
use shared::header::{self, HeaderError};
use shared::message::Chunk;

use crate::planner::{Planner, RECORD_LIMIT};
use crate::utf8::Utf8Check;

/// Bytes that tell the encoding.
const LEAD_LEN: usize = 4;

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file that cannot be loaded, whoever tries. Offsets are in bytes from the start of the file,
/// 0-based; rows as a spreadsheet counts them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No records at all.
    #[error("the file is empty")]
    Empty,
    /// A byte order mark, or a signature, of something else.
    #[error("the file is {found}, where the contract says utf-8")]
    Encoding {
        /// What it seems to be.
        found: &'static str,
    },
    /// Bytes that are no UTF-8.
    #[error("the bytes at offset {offset} (row {row}) are not valid UTF-8")]
    NotUtf8 {
        /// Where the first of them stands.
        offset: u64,
        /// The record that holds them.
        row: u64,
    },
    /// Labels other than the contract's.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A quote that is never closed.
    #[error("the quote at offset {offset} (row {row}) is never closed")]
    UnclosedQuote {
        /// Where it stands.
        offset: u64,
        /// The record that it opens a field of.
        row: u64,
    },
    /// A record too long to be held in memory; most often a quote that is never closed.
    #[error(
        "the record at offset {offset} (row {row}) is longer than {RECORD_LIMIT} bytes: \
         is a quote in it never closed?"
    )]
    RecordTooLong {
        /// Where the record starts.
        offset: u64,
        /// Its row.
        row: u64,
    },
}

/// What the pass found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// Size of the file in bytes.
    pub byte_len: u64,
    /// SHA-256 of all bytes, in hexadecimal.
    pub sha256: String,
    /// Number of data records, blank lines included.
    pub record_count: u64,
    /// The plan, at least one chunk.
    pub chunks: Vec<Chunk>,
}

/// The pass; bytes may arrive in any pieces.
///
/// ```
/// use shared::contract::{Dialect, Schema};
/// use validate::Scan;
/// let dialect = Dialect { header: false, ..Dialect::default() };
/// let schema = Schema { fields: Vec::new(), missing_values: Vec::new() };
/// let mut scan = Scan::new(dialect, &schema, 4);
/// scan.push(b"a,\"\n").unwrap();
/// scan.push(b"\"\nb\nc").unwrap();
/// let found = scan.finish().unwrap();
/// assert_eq!(found.record_count, 3);
/// let cut: Vec<_> = found.chunks.iter().map(|chunk| (chunk.start, chunk.end)).collect();
/// assert_eq!(cut, [(0, 6), (6, 9)]);
/// ```
#[derive(Debug, Clone)]
pub struct Scan<'a> {
    dialect: Dialect,
    schema: &'a Schema,
    sha256: Sha256,
    utf8: Utf8Check,
    /// The first bytes, until there are enough of them to tell the encoding.
    lead: Option<Vec<u8>>,
    /// Length of the byte order mark.
    mark_len: u64,
    boundaries: Boundaries,
    /// Bytes behind the mark.
    byte_len: u64,
    /// The bytes of the header, until they are checked.
    header: Option<Vec<u8>>,
    planner: Planner,
}

impl<'a> Scan<'a> {
    /// A pass over a file of `schema`, to be cut into chunks of about `chunk_bytes`.
    pub fn new(dialect: Dialect, schema: &'a Schema, chunk_bytes: u64) -> Self {
        Scan {
            dialect,
            schema,
            sha256: Sha256::new(),
            utf8: Utf8Check::default(),
            lead: Some(Vec::new()),
            mark_len: 0,
            boundaries: Boundaries::new(dialect.grammar),
            byte_len: 0,
            header: dialect.header.then(Vec::new),
            planner: Planner::new(dialect.header, chunk_bytes),
        }
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// The [`Refusal`] that they give reason for; the pass is over then.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        self.sha256.update(piece);
        let Some(lead) = &mut self.lead else { return self.text(piece) };
        lead.extend_from_slice(piece);
        if lead.len() < LEAD_LEN { Ok(()) } else { self.start() }
    }

    /// The end of the file.
    ///
    /// # Errors
    /// The [`Refusal`] that only the end gives reason for.
    pub fn finish(mut self) -> Result<Scanned, Refusal> {
        self.start()?;
        if let Err(at) = self.utf8.finish() {
            return Err(self.not_utf8(at));
        }
        if let Err(unclosed) = self.boundaries.finish() {
            let offset = self.mark_len + unclosed.quote_at;
            return Err(Refusal::UnclosedQuote { offset, row: self.planner.row });
        }
        if self.planner.row == 0 {
            return Err(Refusal::Empty);
        }
        if let Some(header) = self.header.take() {
            self.check_header(&header)?;
        }
        let byte_len = self.mark_len + self.byte_len;
        let record_count = self.planner.row - u64::from(self.dialect.header);
        Ok(Scanned {
            byte_len,
            sha256: hexadecimal(&self.sha256.finalize()),
            record_count,
            chunks: self.planner.finish(self.byte_len, self.mark_len),
        })
    }

    /// Tells the encoding by the first bytes, and takes them.
    fn start(&mut self) -> Result<(), Refusal> {
        let Some(lead) = self.lead.take() else { return Ok(()) };
        if let Some(found) = foreign_encoding(&lead) {
            return Err(Refusal::Encoding { found });
        }
        let text = lead.strip_prefix(UTF8_MARK).unwrap_or(&lead);
        self.mark_len = (lead.len() - text.len()) as u64;
        self.text(text)
    }

    fn text(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        let valid = self.utf8.push(piece);
        let valid_len = valid.map_or_else(|at| at.saturating_sub(self.byte_len), |()| u64::MAX);
        let valid_len = usize::try_from(valid_len).unwrap_or(usize::MAX).min(piece.len());
        let planner = &mut self.planner;
        let valid_piece = piece.get(..valid_len).unwrap_or_default();
        self.boundaries.push(valid_piece, |start| planner.record_at(start));
        if let Err(at) = valid {
            return Err(self.not_utf8(at));
        }
        self.collect_header(piece)?;
        self.byte_len += piece.len() as u64;
        let too_long = self.planner.first_too_long(self.byte_len);
        match too_long {
            Some((offset, row)) => {
                Err(Refusal::RecordTooLong { offset: self.mark_len + offset, row })
            }
            None => Ok(()),
        }
    }

    fn not_utf8(&self, at: u64) -> Refusal {
        // The first bytes of a cut character may have begun the record; else these do.
        let starts_row = at >= self.byte_len && self.boundaries.is_between_records();
        let row = self.planner.row + u64::from(starts_row);
        Refusal::NotUtf8 { offset: self.mark_len + at, row }
    }

    /// Keeps the bytes of the first record, and checks it as soon as the second has started.
    fn collect_header(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        let Some(mut header) = self.header.take() else { return Ok(()) };
        header.extend_from_slice(piece);
        match self.planner.data_start {
            None => self.header = Some(header),
            Some(end) => {
                header.truncate(usize::try_from(end).unwrap_or(usize::MAX));
                self.check_header(&header)?;
            }
        }
        Ok(())
    }

    fn check_header(&self, header: &[u8]) -> Result<(), Refusal> {
        let mut labels = Record::default();
        Records::new(self.dialect.grammar, header).read(&mut labels);
        Ok(header::check(&labels, self.schema, self.dialect)?)
    }
}

/// What the first bytes show the file to be, if not UTF-8.
fn foreign_encoding(lead: &[u8]) -> Option<&'static str> {
    match lead {
        [0xff, 0xfe, ..] => Some("UTF-16LE (by its byte order mark)"),
        [0xfe, 0xff, ..] => Some("UTF-16BE (by its byte order mark)"),
        [_, 0, _, 0, ..] => Some("UTF-16LE (by its null bytes)"),
        [0, _, 0, _, ..] => Some("UTF-16BE (by its null bytes)"),
        [0x1f, 0x8b, ..] => Some("compressed with gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("compressed with zstd"),
        [b'P', b'K', 3, 4, ..] => Some("a zip archive (or a spreadsheet)"),
        _ => None,
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::contract::{Field, FieldType};

    use super::*;

    fn schema(names: &[&str]) -> Schema {
        let field = |name: &&str| Field::new(name, FieldType::STRING);
        Schema { fields: names.iter().map(field).collect(), missing_values: Vec::new() }
    }

    fn scan(bytes: &[u8], piece_len: usize, chunk_bytes: u64) -> Result<Scanned, Refusal> {
        let schema = schema(&["a", "b"]);
        let mut scan = Scan::new(Dialect::default(), &schema, chunk_bytes);
        for piece in bytes.chunks(piece_len) {
            scan.push(piece)?;
        }
        scan.finish()
    }

    #[track_caller]
    fn check(bytes: &[u8], expected: &Result<(u64, Vec<[u64; 4]>), Refusal>) {
        for piece_len in [1, 2, 3, 7, 4096] {
            let found = scan(bytes, piece_len, 8).map(|found| {
                assert_eq!(found.byte_len, bytes.len() as u64);
                let chunks = found.chunks.iter();
                let chunks = chunks.map(|c| [c.start, c.end, c.first_row, c.record_count]);
                (found.record_count, chunks.collect())
            });
            assert_eq!(&found, expected, "pieces of {piece_len}");
        }
    }

    #[test]
    fn chunks_are_whole_records() {
        check(b"a,b\n1,2\n3,4\n5,6\n", &Ok((3, vec![[4, 12, 2, 2], [12, 16, 4, 1]])));
        check(b"a,b\r\n\"1\r\n\",2\r\n3,4", &Ok((2, vec![[5, 14, 2, 1], [14, 17, 3, 1]])));
        check(b"a,b", &Ok((0, vec![[3, 3, 2, 0]])));
        check(b"a,b\n", &Ok((0, vec![[4, 4, 2, 0]])));
        check(b"a,b\n\n\n1,2", &Ok((3, vec![[4, 9, 2, 3]])));
        check(b"\xef\xbb\xbfa,b\n1,2", &Ok((1, vec![[7, 10, 2, 1]])));
    }

    #[test]
    fn every_refusal_says_where() {
        let encoding = |found| Err(Refusal::Encoding { found });
        check(b"", &Err(Refusal::Empty));
        check(b"\xef\xbb\xbf", &Err(Refusal::Empty));
        check(b"\xff\xfea\0", &encoding("UTF-16LE (by its byte order mark)"));
        check(b"a\0,\0b\0", &encoding("UTF-16LE (by its null bytes)"));
        check(b"\x1f\x8b\x08", &encoding("compressed with gzip"));
        check(b"a,b\n1,\xff\n", &Err(Refusal::NotUtf8 { offset: 6, row: 2 }));
        check(b"a,b\n1,\xe2\x82", &Err(Refusal::NotUtf8 { offset: 6, row: 2 }));
        check(b"a,b\n1,\xe2\x82x", &Err(Refusal::NotUtf8 { offset: 6, row: 2 }));
        check(b"a,b\n1,2\n\xff,3\n", &Err(Refusal::NotUtf8 { offset: 8, row: 3 }));
        check(b"a,b\r\n\xe2\x82,3\n", &Err(Refusal::NotUtf8 { offset: 5, row: 2 }));
        check(b"a,b\n1,2\n3,\"4\n", &Err(Refusal::UnclosedQuote { offset: 10, row: 3 }));
        let missing = HeaderError::Columns { missing: vec!["b".to_owned()], extra: Vec::new() };
        check(b"a\n1\n", &Err(missing.clone().into()));
        check(b"a", &Err(missing.into()));
    }

    #[test]
    fn a_record_beyond_the_limit_is_refused_wherever_it_ends() {
        let long = vec![b'x'; usize::try_from(RECORD_LIMIT).unwrap() + 1];
        let expected = Refusal::RecordTooLong { offset: 4, row: 2 };
        for tail in [&b""[..], b"\n1,2\n"] {
            let bytes = [b"a,b\n", long.as_slice(), tail].concat();
            assert_eq!(scan(&bytes, 1 << 20, 8), Err(expected.clone()));
            assert_eq!(scan(&bytes, bytes.len(), 8), Err(expected.clone()));
        }
    }

    #[test]
    fn the_digest_is_that_of_all_bytes() {
        let found = scan(b"\xef\xbb\xbfa,b\n", 2, 8).unwrap();
        // As `sha256sum` prints it.
        let expected = "a229c873df024e747f06d68bc5245c43da26c74cb92b1faa416405a9ebce593f";
        assert_eq!(found.sha256, expected);
    }

    proptest! {
        #[test]
        fn chunks_end_to_end_are_the_data(
            rows in prop::collection::vec("[x\n\",]{0,6}", 0..30),
            chunk_bytes in 1..40_u64,
        ) {
            let quoted = rows.iter().map(|row| format!("\"{}\",1\n", row.replace('"', "\"\"")));
            let bytes = format!("a,b\n{}", quoted.collect::<String>());
            let found = scan(bytes.as_bytes(), 5, chunk_bytes).unwrap();
            prop_assert_eq!(found.record_count, rows.len() as u64);
            let (mut end, mut row) = (4, 2);
            for chunk in &found.chunks {
                prop_assert_eq!((chunk.start, chunk.first_row), (end, row));
                let start = usize::try_from(chunk.start).unwrap();
                let stop = usize::try_from(chunk.end).unwrap();
                let text = &bytes.as_bytes()[start..stop];
                let mut records = Records::new(Dialect::default().grammar, text);
                let mut record = Record::default();
                let mut count = 0;
                while records.read(&mut record) {
                    count += 1;
                }
                prop_assert_eq!(count, chunk.record_count);
                (end, row) = (chunk.end, chunk.first_row + chunk.record_count);
            }
            prop_assert_eq!(end, bytes.len() as u64);
        }
    }
}
