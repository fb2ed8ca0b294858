//! Records to chunks.

use shared::message::Chunk;
use shared::table::Position;

/// Puts whole records into chunks, one after the other. Offsets are in bytes of the text, without a
/// byte order mark.
#[derive(Debug, Clone)]
pub(crate) struct Planner {
    chunk_bytes: u64,
    chunks: Vec<Chunk>,
}

impl Planner {
    pub(crate) fn new(chunk_bytes: u64) -> Self {
        Planner { chunk_bytes, chunks: Vec::new() }
    }

    /// Takes the record, or the comment, from `start` to `end`; gives the position of its chunk.
    pub(crate) fn push(
        &mut self,
        start: u64,
        end: u64,
        position: Position,
        is_comment: bool,
    ) -> usize {
        let full = |chunk: &Chunk| chunk.end - chunk.start >= self.chunk_bytes;
        if self.chunks.last().is_none_or(full) {
            self.chunks.push(empty(self.chunks.len(), start, position));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.end = end;
            chunk.record_count += u64::from(!is_comment);
        }
        self.chunks.len() - 1
    }

    /// The plan of a text that ends at `end`, where the next row would stand: at least one chunk.
    /// `mark_len` bytes stand before the text.
    pub(crate) fn finish(mut self, end: u64, next: Position, mark_len: u64) -> Vec<Chunk> {
        if self.chunks.is_empty() {
            self.chunks.push(empty(0, end, next));
        }
        for chunk in &mut self.chunks {
            chunk.start += mark_len;
            chunk.end += mark_len;
        }
        self.chunks
    }
}

fn empty(index: usize, start: u64, position: Position) -> Chunk {
    Chunk {
        index,
        start,
        end: start,
        first_row: position.row_number,
        first_line: position.line_number,
        record_count: 0,
    }
}
