//! Text that arrives in pieces to records.

use crate::csv::{Boundaries, Grammar, Record, Records, Unclosed};

/// Cuts a text into records and numbers them.
///
/// Invariant: it holds no more than the last, unfinished record and the piece at hand.
#[derive(Debug)]
pub(super) struct RecordStream {
    grammar: Grammar,
    boundaries: Boundaries,
    /// The bytes from `base` on.
    rest: Vec<u8>,
    base: u64,
    record: Record,
    row: u64,
}

impl RecordStream {
    pub(super) fn new(grammar: Grammar) -> Self {
        RecordStream {
            grammar,
            boundaries: Boundaries::new(grammar),
            rest: Vec::new(),
            base: 0,
            record: Record::default(),
            row: 0,
        }
    }

    /// Takes the next piece, and tells each record that is complete, with its row number.
    pub(super) fn push(&mut self, text: &[u8], on_record: &mut impl FnMut(u64, &Record)) {
        let mut last = None;
        self.boundaries.push(text, |start| last = Some(start));
        self.rest.extend_from_slice(text);
        if let Some(start) = last {
            let len = usize::try_from(start - self.base).unwrap_or(usize::MAX).min(self.rest.len());
            self.read(len, on_record);
            self.rest.drain(..len);
            self.base = start;
        }
    }

    /// Tells the last record.
    ///
    /// # Errors
    /// [`Unclosed`] if the text ends inside a quoted field; the record is told all the same.
    pub(super) fn finish(
        &mut self,
        on_record: &mut impl FnMut(u64, &Record),
    ) -> Result<(), Unclosed> {
        self.read(self.rest.len(), on_record);
        self.rest.clear();
        self.boundaries.finish().map(|_| ())
    }

    /// The row that the next byte belongs to, unless it is the LF of a CRLF.
    pub(super) fn row(&self) -> u64 {
        let is_behind_record = self.boundaries.is_between_records() && !self.rest.is_empty();
        self.row + 1 + u64::from(is_behind_record)
    }

    /// Length of the unfinished record in bytes.
    pub(super) fn unfinished_len(&self) -> usize {
        self.rest.len()
    }

    fn read(&mut self, len: usize, on_record: &mut impl FnMut(u64, &Record)) {
        let mut records = Records::new(self.grammar, self.rest.get(..len).unwrap_or_default());
        while records.read(&mut self.record) {
            self.row += 1;
            on_record(self.row, &self.record);
        }
    }
}
