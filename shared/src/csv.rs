//! The grammar of records, from bytes to fields.
//!
//! It is that of the `csv` crate (RFC 4180, made total: every byte string is some sequence of
//! records), with one difference: a blank line is a record without fields, so that row numbers are
//! those that a spreadsheet shows.
//!
//! - [`Grammar`]: the bytes that mean something
//! - [`Records`]: cuts whole records into fields
//! - [`Boundaries`]: finds where records start, in any pieces of a file
//!
//! Invariant: both find the same records (a property test compares them, and the `csv` crate).

mod boundaries;
mod records;

pub use boundaries::{Boundaries, Unclosed};
pub use records::{Record, Records};

/// The bytes that mean something to the grammar. CR, LF and CRLF all end a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grammar {
    /// Separates the fields of a record.
    pub delimiter: u8,
    /// Opens a quoted field at its start, and closes it. None: no field is ever quoted.
    pub quote: Option<u8>,
    /// Whether two quotes inside a quoted field stand for one.
    pub double_quote: bool,
}

impl Default for Grammar {
    fn default() -> Self {
        Grammar { delimiter: b',', quote: Some(b'"'), double_quote: true }
    }
}

#[cfg(test)]
mod tests;
