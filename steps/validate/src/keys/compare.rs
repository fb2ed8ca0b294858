//! The keys of all rows, sorted, to what is wrong with them.

use shared::fault::KeyFault;

use super::occurrence::Occurrence;
use super::watch::Watch;

/// Compares each key with the one before it.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// The first row of the key that came last.
    first: Option<Occurrence>,
}

/// What a row is among those with its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    First,
    /// Another, behind that row.
    Behind(u64),
}

impl Comparison {
    /// Takes the next occurrence in their order.
    pub(crate) fn push(&mut self, next: Occurrence) -> Place {
        let same = |first: &Occurrence| (first.watch, first.hash) == (next.watch, next.hash);
        if let Some(first) = self.first.filter(same) {
            return Place::Behind(first.row_number);
        }
        self.first = Some(next);
        Place::First
    }
}

impl Watch<'_> {
    /// The faults of a row that repeats the values of `first_row`.
    pub(crate) fn faults(&self, row_number: u64, first_row: u64) -> impl Iterator<Item = KeyFault> {
        let first_row = Some(first_row);
        self.keys.iter().map(move |&key| KeyFault { row_number, key, first_row })
    }
}
