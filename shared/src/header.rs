//! The header of a file: which column holds which field.
//!
//! Invariant: a [`Layout`] gives no two columns of a file to one field.

mod labels;
mod layout;
mod matching;
mod reader;

pub use labels::MARKERS;
use labels::{HeaderRow, Label, labels, lead};
pub use layout::{Layout, Place};
pub use matching::HeaderError;
use matching::layout;
pub use reader::{HeaderReader, Read};

/// Bytes that may stand before the data, a header included: 4 MiB.
pub const PREAMBLE_LIMIT: usize = 4 << 20;
