//! The starts of records to the plan.

use shared::message::Chunk;

/// Turns the starts of records into chunks. Offsets are those behind the byte order mark.
#[derive(Debug, Clone)]
pub(crate) struct Planner {
    chunk_bytes: u64,
    /// The row before the first data record.
    header_rows: u64,
    /// Number of records seen, so the row of the newest.
    pub(crate) row: u64,
    /// Where each chunk starts, and the row of its first record.
    starts: Vec<(u64, u64)>,
}

impl Planner {
    pub(crate) fn new(header: bool, chunk_bytes: u64) -> Self {
        Planner { chunk_bytes, header_rows: u64::from(header), row: 0, starts: Vec::new() }
    }

    pub(crate) fn record_at(&mut self, start: u64) {
        self.row += 1;
        if self.row <= self.header_rows {
            return;
        }
        let full = |&(first, _): &(u64, u64)| start - first >= self.chunk_bytes;
        if self.starts.last().is_none_or(full) {
            self.starts.push((start, self.row));
        }
    }

    pub(crate) fn finish(self, byte_len: u64, mark_len: u64) -> Vec<Chunk> {
        let mut starts = self.starts;
        if starts.is_empty() {
            starts.push((byte_len, self.row + 1));
        }
        let ends = starts.iter().skip(1).copied().chain([(byte_len, self.row + 1)]);
        let cut = starts.iter().zip(ends).enumerate();
        cut.map(|(index, (&(start, first_row), (end, next_row)))| Chunk {
            index,
            start: mark_len + start,
            end: mark_len + end,
            first_row,
            record_count: next_row - first_row,
        })
        .collect()
    }
}
