//! Text that arrives in pieces to records.

use crate::csv::{Boundaries, Grammar, Record, RecordTooLong, Records, Span};

/// Cuts a text into records and numbers them.
///
/// Invariant: it holds no more than a piece of text and an unfinished record.
#[derive(Debug)]
pub(super) struct RecordStream {
    grammar: Grammar,
    boundaries: Boundaries,
    /// The whole records at hand.
    whole: Vec<u8>,
    record: Record,
    /// The last row that was told.
    row: u64,
    /// Bytes that were pushed.
    len: u64,
    mark: Mark,
}

/// A place in the text whose row is wanted.
#[derive(Debug, Default)]
struct Mark {
    /// Offset in bytes, 0-based.
    at: Option<u64>,
    row: Option<u64>,
    /// Records found so far.
    found: u64,
}

impl Mark {
    fn see(&mut self, span: Span) {
        self.found += 1;
        if self.at.is_some_and(|at| (span.start..span.end).contains(&at)) {
            self.row = Some(self.found);
        }
    }
}

impl RecordStream {
    pub(super) fn new(grammar: Grammar) -> Self {
        RecordStream {
            boundaries: Boundaries::new(&grammar),
            grammar,
            whole: Vec::new(),
            record: Record::default(),
            row: 0,
            len: 0,
            mark: Mark::default(),
        }
    }

    /// Takes the next piece, and tells the records that are complete, each with its row number.
    ///
    /// # Errors
    /// [`RecordTooLong`], behind the records in front of it.
    pub(super) fn push(
        &mut self,
        text: &[u8],
        on_record: &mut impl FnMut(u64, &Record),
    ) -> Result<(), RecordTooLong> {
        self.len += text.len() as u64;
        let (whole, mark) = (&mut self.whole, &mut self.mark);
        let pushed = self.boundaries.push(text, |span, raw| {
            whole.extend_from_slice(raw);
            mark.see(span);
        });
        self.read(on_record);
        pushed
    }

    /// Tells the last records; whether the text ends inside a quoted field, of which nothing is told.
    pub(super) fn finish(&mut self, on_record: &mut impl FnMut(u64, &Record)) -> bool {
        let (whole, mark) = (&mut self.whole, &mut self.mark);
        let finished = self.boundaries.finish(|span, raw| {
            whole.extend_from_slice(raw);
            mark.see(span);
        });
        self.read(on_record);
        finished.is_err()
    }

    /// Marks the place that many bytes behind the start of the next piece.
    pub(super) fn set_mark(&mut self, ahead: u64) {
        self.mark.at = Some(self.len + ahead);
    }

    /// The row of the marked place, when all records have been told.
    pub(super) fn marked_row(&self) -> u64 {
        self.mark.row.unwrap_or(self.row + 1)
    }

    /// The row behind the last that was told.
    pub(super) fn next_row(&self) -> u64 {
        self.row + 1
    }

    fn read(&mut self, on_record: &mut impl FnMut(u64, &Record)) {
        let mut records = Records::new(&self.grammar, &self.whole);
        while records.read(&mut self.record) {
            self.row += 1;
            on_record(self.row, &self.record);
        }
        self.whole.clear();
    }
}
