//! What is wrong with a row: data, never an error of a step.
//!
//! The steps keep a [`Fault`] in a few bytes, without the texts that the contract can give; a
//! [`Reject`] is the same for people, in words.
//!
//! Invariant: the faults of a chunk take at most some ten times the bytes of the chunk, whatever is
//! wrong with it: one for each cell that is there, and a few for each row.

mod code;
mod file;
mod key;
mod log;
mod reject;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use code::{Code, Scope};
pub use file::{FileFault, Refused};
pub use key::{KEY_FAULT_LEN, KeyFault, KeyFaultReader};
pub use log::{CodeCounts, FaultLog, FaultReader, Faults, LogError, merge};
pub use reject::{HEADER, Reject, Wording};

use crate::column::CellFault;

/// One fault of one row. A row has as many as are wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault<'a> {
    /// Row number in the file; its first record, the header or not, is row 1.
    pub row_number: u64,
    /// Number of the line on which the row starts, as an editor shows it, 1-based.
    pub line_number: u64,
    /// What is wrong.
    pub kind: Kind,
    /// The text of the cell, clipped; empty where the fault is none of a cell.
    #[serde(borrow)]
    pub found: Cow<'a, str>,
}

/// What is wrong, and where. Positions are 0-based.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// No cell has a value.
    BlankRow,
    /// Text behind a closing quote, in the cell of that column of the file.
    StrayQuote {
        /// Position of the column in the file.
        column: u32,
    },
    /// The row has fewer cells than the file has columns: all behind them are missing.
    MissingCells {
        /// Number of cells that the row has.
        cells: u32,
    },
    /// The row has more cells than the file has columns.
    ExtraCells {
        /// Number of cells that the row has.
        cells: u32,
    },
    /// A cell that is not what its field says.
    Cell {
        /// Position of the field in the schema.
        field: u32,
        /// What is wrong with the cell.
        fault: CellFault,
    },
    /// A key that an earlier row has.
    Repeated {
        /// Position of the key among the keys of the schema.
        key: u32,
        /// Whether it is the primary key.
        primary: bool,
        /// That row.
        first_row: u64,
    },
    /// A primary key with a null in it.
    NullKey {
        /// Position of the key among the keys of the schema.
        key: u32,
    },
    /// A foreign key that names no row.
    ForeignKey {
        /// Position of the foreign key in the contract.
        foreign_key: u32,
    },
    /// A computed value that does not exist.
    Computation {
        /// Position among what the contract computes.
        computed: u32,
        /// Why not.
        cause: Arithmetic,
    },
}

/// Why a computed value does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Arithmetic {
    /// The result is beyond its type.
    Overflow,
    /// A division by zero.
    DivisionByZero,
    /// A value without a counterpart in the type that it is cast to.
    Cast,
}

/// Characters of a cell that a fault repeats.
const CLIP: usize = 100;

/// The text of a cell as a fault keeps it: of bounded length.
///
/// ```
/// assert_eq!(shared::fault::clipped(b"12,5"), "12,5");
/// assert_eq!(shared::fault::clipped("é".repeat(101).as_bytes()), "é".repeat(100) + "...");
/// ```
pub fn clipped(cell: &[u8]) -> Cow<'_, str> {
    // A character has at most 4 bytes: what follows is never looked at.
    let lead = cell.get(..CLIP * 4 + 4).unwrap_or(cell);
    let text = String::from_utf8_lossy(lead);
    match text.char_indices().nth(CLIP) {
        None => text,
        Some((at, _)) => Cow::Owned(format!("{}...", text.get(..at).unwrap_or_default())),
    }
}
