//! Keys over the whole file: which rows repeat one, and what a foreign key into the file may name.
//!
//! Only what no chunk can know alone is looked at here. Keys are compared by typed values; a row
//! that is rejected for another reason has its key all the same, as for Frictionless.
//!
//! The pass gives each key of each row as an [`Occurrence`]; they are sorted in bounded memory, and
//! each is compared with the one before it.
//!
//! Invariant: what comes out depends on the rows alone, not on the chunks nor on the memory for sorting.

mod compare;
mod occurrence;
mod scan;
mod sort;
mod watch;

use arrow_schema::ArrowError;
use shared::keys::KEY_SET_LIMIT;
use shared::rows::DecodeError;

pub(crate) use compare::{Comparison, Place};
pub use occurrence::KeyRows;
pub(crate) use occurrence::{OCCURRENCE_LEN, Occurrence};
pub(crate) use scan::KeyScan;
pub(crate) use sort::{Sorted, Sorter};
pub(crate) use watch::{Watch, watches};

/// What comparing keys may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyLimits {
    /// Bytes in which keys are sorted, and as many again for what is found of them; what is more is
    /// sorted in runs, which are written and merged.
    pub sort_bytes: usize,
    /// Keys that are compared: those of all rows, over all keys of a contract.
    pub key_count: u64,
    /// Different keys that foreign keys into the file may name.
    pub set_len: u64,
}

impl Default for KeyLimits {
    /// 256 MiB; 200 million keys, which take a Lambda some 4 minutes if all of them are repeated: of each 28
    /// bytes go through its network there and back, and 20 more three times; and what `Parse` can hold.
    fn default() -> Self {
        KeyLimits { sort_bytes: 256 << 20, key_count: 200_000_000, set_len: KEY_SET_LIMIT }
    }
}

/// Keys that cannot be compared: a bug.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A column of a type without an order; none of ours.
    #[error("the keys have no order")]
    Arrow(#[from] ArrowError),
    /// The pass has let through what is no text.
    #[error("the rows cannot be read")]
    Rows(#[from] DecodeError),
}
