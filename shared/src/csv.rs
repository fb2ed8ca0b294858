//! The grammar of records, from bytes to fields and back.
//!
//! It is that of the `csv` crate (RFC 4180, made total: every byte string is some sequence of
//! records), with a blank line as a record without fields, so that row numbers are those that a
//! spreadsheet shows. What that crate lacks (escapes outside quotes, spaces to skip, marks of more
//! than one byte) is as in Python's `csv` module.
//!
//! - [`Grammar`]: the characters that mean something
//! - [`Records`]: cuts whole records into fields
//! - [`BlockReader`]: the same for many records at a time, without copying their fields
//! - [`Boundaries`]: finds whole records, in any pieces of a file
//! - [`Surveyor`]: sums up a range of a file that starts anywhere; sums of neighbours combine
//! - [`write_record`]: cells to a record that reads back as the same cells
//!
//! Invariant: all of them find the same records: one tokenizer reads for them, save for blocks of the
//! grammar of nearly every file, which tests hold against it on any bytes.

mod block;
mod boundaries;
pub(crate) mod carry;
mod cursor;
mod marks;
mod records;
mod survey;
mod syntax;
mod tokenizer;
mod writer;

pub use block::{Block, BlockReader, Cell, Entry};
pub use boundaries::{Boundaries, RECORD_LIMIT, RecordTooLong, Span, Unclosed};
pub use records::{Record, Records};
pub use survey::{Characters, Outcome, Place, State, Survey, Surveyor};
pub use writer::{Inexpressible, write_record};

/// The characters that mean something.
///
/// Every value is some grammar. For records not to depend on how a file is cut, no two of its marks
/// may have a character in common, as a contract makes sure.
///
/// ```
/// use shared::csv::{Grammar, Record, Records, Terminator};
/// let terminator = Terminator::Exact(";".to_owned());
/// let grammar = Grammar { delimiter: "::".to_owned(), terminator, ..Grammar::default() };
/// let mut records = Records::new(&grammar, b"a::b;c");
/// let mut record = Record::default();
/// assert!(records.read(&mut record));
/// assert_eq!(record.iter().collect::<Vec<_>>(), [b"a", b"b"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grammar {
    /// Separates the fields of a record; at least one character.
    pub delimiter: String,
    /// Opens a quoted field at its start, and closes it. None: no field is ever quoted.
    pub quote: Option<char>,
    /// Whether two quotes inside a quoted field stand for one.
    pub double_quote: bool,
    /// Makes the character behind it a part of the field, whatever that means otherwise.
    pub escape: Option<char>,
    /// Ends a record.
    pub terminator: Terminator,
    /// Whether spaces (U+0020) in front of a field are no part of it.
    pub skip_initial_space: bool,
    /// What starts a record that is a comment, up to its terminator; at least one character.
    pub comment: Option<String>,
}

/// What ends a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Terminator {
    /// Any of CR, LF and CRLF, in any mixture.
    Conventional,
    /// Exactly these characters, at least one; CR and LF are text save as part of them.
    Exact(String),
}

impl Default for Grammar {
    /// RFC 4180.
    fn default() -> Self {
        Grammar {
            delimiter: ",".to_owned(),
            quote: Some('"'),
            double_quote: true,
            escape: None,
            terminator: Terminator::Conventional,
            skip_initial_space: false,
            comment: None,
        }
    }
}

#[cfg(test)]
mod tests;
