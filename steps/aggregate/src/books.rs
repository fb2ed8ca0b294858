//! Row conservation: what each step read is what the step before it passed on.

use shared::message::{Chunk, Counts};

/// The books of one chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkBooks {
    /// The chunk, with the number of records that `Validate` counted.
    pub chunk: Chunk,
    /// The books of `Parse`.
    pub parsed: Counts,
    /// The books of `Enrich`.
    pub enriched: Counts,
    /// Rows of the chunk with a reject, as they stand in the reject files.
    pub rejected_rows: u64,
    /// Rows of the part, as its statistics say.
    pub part_rows: u64,
}

impl ChunkBooks {
    /// Rows that a step has rejected.
    pub fn rejected_count(&self) -> u64 {
        self.parsed.rejected_count + self.enriched.rejected_count
    }
}

/// Rows that were lost or made up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Imbalance {
    /// Two counts of a chunk that must be equal are not.
    #[error("chunk {index}: {left_name} is {left}, but {right_name} is {right}")]
    Chunk {
        /// Position of the chunk in the plan, 0-based.
        index: usize,
        /// What was counted.
        left_name: &'static str,
        /// How many.
        left: u64,
        /// What it must equal.
        right_name: &'static str,
        /// How many.
        right: u64,
    },
    /// The chunks together are not the file.
    #[error("the chunks hold {found} records, but the file has {planned}")]
    File {
        /// Records of all chunks.
        found: u64,
        /// Records that `Validate` counted.
        planned: u64,
    },
}

/// The books of a file of `record_count` records, from those of its chunks.
///
/// # Errors
/// The first [`Imbalance`].
///
/// ```
/// use aggregate::{Imbalance, balance};
/// assert_eq!(balance(1, &[]), Err(Imbalance::File { found: 0, planned: 1 }));
/// ```
pub fn balance(record_count: u64, chunks: &[ChunkBooks]) -> Result<Counts, Imbalance> {
    let mut total = Counts::default();
    for books in chunks {
        check_chunk(books)?;
        total.read_count += books.parsed.read_count;
        total.accepted_count += books.enriched.accepted_count;
        total.rejected_count += books.parsed.rejected_count + books.enriched.rejected_count;
    }
    if total.read_count != record_count {
        return Err(Imbalance::File { found: total.read_count, planned: record_count });
    }
    Ok(total)
}

fn check_chunk(books: &ChunkBooks) -> Result<(), Imbalance> {
    let ChunkBooks { chunk, parsed, enriched, rejected_rows, part_rows } = books;
    let checks = [
        ("what Parse read", parsed.read_count, "the plan", chunk.record_count),
        (
            "what Parse read",
            parsed.read_count,
            "what it accepted and rejected",
            parsed.accepted_count + parsed.rejected_count,
        ),
        ("what Enrich read", enriched.read_count, "what Parse accepted", parsed.accepted_count),
        (
            "what Enrich read",
            enriched.read_count,
            "what it accepted and rejected",
            enriched.accepted_count + enriched.rejected_count,
        ),
        (
            "rows in the reject files",
            *rejected_rows,
            "what was rejected",
            parsed.rejected_count + enriched.rejected_count,
        ),
        ("rows in the part", *part_rows, "what Enrich accepted", enriched.accepted_count),
    ];
    let uneven = checks.into_iter().find(|(_, left, _, right)| left != right);
    uneven.map_or(Ok(()), |(left_name, left, right_name, right)| {
        Err(Imbalance::Chunk { index: chunk.index, left_name, left, right_name, right })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(read_count: u64, accepted_count: u64, rejected_count: u64) -> Counts {
        Counts { read_count, accepted_count, rejected_count }
    }

    fn books() -> ChunkBooks {
        ChunkBooks {
            chunk: Chunk {
                index: 7,
                start: 0,
                end: 9,
                first_row: 2,
                first_line: 2,
                record_count: 10,
            },
            parsed: counts(10, 8, 2),
            enriched: counts(8, 5, 3),
            rejected_rows: 5,
            part_rows: 5,
        }
    }

    #[test]
    fn balanced_books_add_up() {
        assert_eq!(balance(20, &[books(), books()]), Ok(counts(20, 10, 10)));
        assert_eq!(balance(0, &[]), Ok(Counts::default()));
    }

    #[test]
    fn one_row_more_or_less_anywhere_is_found() {
        let change: [fn(&mut ChunkBooks) -> &mut u64; 9] = [
            |books| &mut books.chunk.record_count,
            |books| &mut books.parsed.read_count,
            |books| &mut books.parsed.accepted_count,
            |books| &mut books.parsed.rejected_count,
            |books| &mut books.enriched.read_count,
            |books| &mut books.enriched.accepted_count,
            |books| &mut books.enriched.rejected_count,
            |books| &mut books.rejected_rows,
            |books| &mut books.part_rows,
        ];
        for (at, field) in change.iter().enumerate() {
            for step in [1, u64::MAX] {
                let mut books = books();
                let value = field(&mut books);
                *value = value.wrapping_add(step);
                let found = balance(10, &[books]).unwrap_err();
                assert!(matches!(found, Imbalance::Chunk { index: 7, .. }), "{at}: {found}");
            }
        }
        assert_eq!(balance(11, &[books()]), Err(Imbalance::File { found: 10, planned: 11 }));
    }
}
