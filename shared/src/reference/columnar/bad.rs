//! Rows that are not of the schema, as they are found column by column.

use std::collections::BTreeMap;

use crate::fault::Code;
use crate::reference::error::{BadRow, Listed, ReferenceError};

/// The first rows with a fault, and how many there are.
#[derive(Debug, Default)]
pub(super) struct BadRows {
    /// Those that are told, by their numbers.
    first: BTreeMap<u64, BadRow>,
    /// One bit for each row up to the last with a fault.
    seen: Vec<u64>,
    count: usize,
}

impl BadRows {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Takes what is wrong with a row (1-based); of a row the first column with a fault is told.
    pub(super) fn push(&mut self, row: u64, column: &str, code: Code) {
        let (word, bit) = (usize::try_from(row / 64).unwrap_or(usize::MAX), 1 << (row % 64));
        if self.seen.len() <= word {
            self.seen.resize(word + 1, 0);
        }
        let Some(seen) = self.seen.get_mut(word).filter(|seen| **seen & bit == 0) else { return };
        *seen |= bit;
        self.count += 1;
        if self.first.len() < Listed::<BadRow>::SHOWN || self.first.range(row..).next().is_some() {
            self.first.insert(row, BadRow { row, column: column.to_owned(), code });
        }
        if self.first.len() > Listed::<BadRow>::SHOWN {
            self.first.pop_last();
        }
    }

    /// The error that they are, if there are any.
    pub(super) fn check(self) -> Result<(), ReferenceError> {
        if self.is_empty() {
            return Ok(());
        }
        let first = self.first.into_values().collect();
        Err(ReferenceError::BadRows(Listed::new(first, self.count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rows_are_told_and_all_are_counted_once() {
        let mut bad = BadRows::default();
        assert!(bad.is_empty());
        for (column, rows) in [("a", 50..100), ("b", 1..4), ("c", 2..60)] {
            rows.for_each(|row| bad.push(row, column, Code::TypeError));
        }
        let told = bad.check().unwrap_err().to_string();
        let columns: Vec<&str> = told.split('`').skip(1).step_by(2).collect();
        assert_eq!(columns, ["b", "b", "b", "c", "c", "c", "c", "c", "c", "c"]);
        assert!(told.starts_with("row 1 is not of the schema: type-error in column `b`; row 2 "));
        assert!(
            told.ends_with("row 10 is not of the schema: type-error in column `c`; and 89 more")
        );
    }
}
