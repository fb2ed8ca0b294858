//! A key of a row, as it is sorted.

use shared::fault::KeyFault;
use shared::keys::{HASH_LEN, KeyHash};

/// Bytes of an [`Occurrence`].
pub(crate) const OCCURRENCE_LEN: usize = 4 + HASH_LEN + 8;

/// A key of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Occurrence {
    /// Position among the watches of the contract.
    pub(crate) watch: u32,
    pub(crate) hash: KeyHash,
    pub(crate) row_number: u64,
}

impl Occurrence {
    /// The same as bytes, whose order brings equal keys together, the first row of them first.
    pub(crate) fn to_bytes(self) -> [u8; OCCURRENCE_LEN] {
        let mut bytes = [0; OCCURRENCE_LEN];
        let (watch, rest) = bytes.split_at_mut(4);
        let (hash, row) = rest.split_at_mut(HASH_LEN);
        watch.copy_from_slice(&self.watch.to_be_bytes());
        hash.copy_from_slice(&self.hash);
        row.copy_from_slice(&self.row_number.to_be_bytes());
        bytes
    }

    /// The occurrence that [`to_bytes`](Self::to_bytes) made bytes of.
    pub(crate) fn from_bytes(bytes: [u8; OCCURRENCE_LEN]) -> Self {
        let (watch, rest) = bytes.split_first_chunk().unwrap_or((&[0; 4], &[]));
        let (hash, row) = rest.split_first_chunk().unwrap_or((&[0; HASH_LEN], &[]));
        let row = row.first_chunk().unwrap_or(&[0; 8]);
        Occurrence {
            watch: u32::from_be_bytes(*watch),
            hash: *hash,
            row_number: u64::from_be_bytes(*row),
        }
    }
}

/// What the keys of some rows are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyRows {
    /// The [`Occurrence`]s, as bytes.
    pub(crate) occurrences: Vec<[u8; OCCURRENCE_LEN]>,
    /// The primary keys with a null in them.
    pub(crate) nulls: Vec<KeyFault>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occurrences_are_in_the_order_of_key_and_row() {
        let make = |watch, first, last, row_number| {
            let mut hash = [7; HASH_LEN];
            (hash[0], hash[HASH_LEN - 1]) = (first, last);
            Occurrence { watch, hash, row_number }
        };
        let ordered = [
            make(0, 1, 0, 3),
            make(0, 1, 0, 1 << 40),
            make(0, 1, 9, 2),
            make(0, 2, 0, 255),
            make(0, 2, 0, 256),
            make(1, 0, 0, 0),
            make(256, 0, 0, 0),
        ];
        assert!(ordered.map(Occurrence::to_bytes).is_sorted());
        assert_eq!(ordered.map(|one| Occurrence::from_bytes(one.to_bytes())), ordered);
    }
}
