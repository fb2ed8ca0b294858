//! Records to chunks.

use std::collections::BTreeSet;

use shared::csv::{Place, State, Survey};
use shared::message::Chunk;
use shared::table::Position;

use crate::settings::CHUNK_COUNT_LIMIT;

/// Puts whole records into chunks: those that start in one range of the text, of a fixed length, are one.
/// Offsets are in bytes of the text, without a byte order mark.
#[derive(Debug, Clone)]
pub(crate) struct Planner {
    chunk_bytes: u64,
    chunks: Vec<Chunk>,
}

impl Planner {
    pub(crate) fn new(chunk_bytes: u64) -> Self {
        Planner { chunk_bytes, chunks: Vec::new() }
    }

    /// Takes the next records, or comments, that start in one range: the first of them at `start` and
    /// `position`, and `record_count` that are no comments. Gives the position of their chunk.
    pub(crate) fn push(&mut self, start: u64, position: Position, record_count: u64) -> usize {
        let range = start / self.chunk_bytes;
        // What a file inflates to nobody knows beforehand.
        let is_last = self.chunks.len() as u64 >= CHUNK_COUNT_LIMIT;
        match self.chunks.last_mut() {
            Some(chunk) if is_last || chunk.start / self.chunk_bytes == range => {
                chunk.record_count += record_count;
            }
            last => {
                if let Some(last) = last {
                    last.end = start;
                }
                let index = self.chunks.len();
                self.chunks.push(Chunk { record_count, ..empty(index, start, position) });
            }
        }
        self.chunks.len() - 1
    }

    /// Takes the records that start in `range`, which stands behind `before` and within one range of the
    /// text. The data start at `data`; `comment_rows` are no records.
    pub(crate) fn push_range(
        &mut self,
        before: &Survey,
        range: &Survey,
        data: Place,
        comment_rows: Option<&BTreeSet<u64>>,
    ) {
        let rows_before = before.from(State::Record).rows;
        let found = range.from(before.from(State::Record).end);
        let rows = rows_before + found.rows;
        let Some(first) = found.first.filter(|_| rows > data.rows) else { return };
        let first = if rows_before < data.rows { data } else { before.place(range, first) };
        let comments = comment_rows.map_or(0, |all| all.range(first.rows + 1..=rows).count());
        self.push(first.offset, position_of(first), rows - first.rows - comments as u64);
    }

    /// The plan of a text that ends at `end`, where the next row would stand: at least one chunk.
    /// `mark_len` bytes stand before the text.
    pub(crate) fn finish(mut self, end: u64, next: Position, mark_len: u64) -> Vec<Chunk> {
        match self.chunks.last_mut() {
            Some(last) => last.end = end,
            None => self.chunks.push(empty(0, end, next)),
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

/// The row and the line of the record that starts there.
pub(crate) fn position_of(place: Place) -> Position {
    Position { row_number: place.rows + 1, line_number: place.lines + 1 }
}

/// Where the text that was surveyed breaks off: in the record that it leaves unfinished, or in the next.
pub(crate) fn position(text: &Survey) -> Position {
    let found = text.from(State::Record);
    match found.last.filter(|_| !found.end.is_between_records()) {
        Some(open) => position_of(open),
        None => {
            position_of(Place { offset: text.byte_len, rows: found.rows, lines: text.line_breaks })
        }
    }
}
