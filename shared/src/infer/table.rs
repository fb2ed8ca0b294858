//! The records of a file, cell by cell to their columns.

use super::column::{Budget, Column};
use super::report::Rows;
use crate::csv::Record;

/// All columns, and the records that are none of theirs.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// The first record of the table, which may be the header.
    pub(super) first: Option<Vec<String>>,
    /// Its row.
    first_row: u64,
    /// Records above it that are no comments.
    pub(super) preamble_count: u64,
    pub(super) columns: Vec<Column>,
    /// Records, the first included.
    pub(super) record_count: u64,
    /// Records of another length than the first.
    pub(super) ragged: Rows,
    /// Records without any value.
    pub(super) blank: Rows,
    /// Records with text behind a closing quote.
    pub(super) stray: Rows,
    budget: Budget,
}

impl Table {
    /// A table that starts at this row, or at the next that is no comment.
    pub(super) fn new(first_row: u64) -> Self {
        Table { first_row, ..Table::default() }
    }

    /// Takes the next record.
    pub(super) fn push(&mut self, row: u64, record: &Record) {
        self.record_count += 1;
        if record.is_comment() {
            return;
        }
        let Some(first) = &self.first else { return self.start(row, record) };
        if record.iter().all(<[u8]>::is_empty) {
            self.blank.push(row);
        } else if record.stray_quote().is_some() {
            self.stray.push(row);
        } else if record.len() == first.len() {
            self.push_cells(row, record.iter());
        } else {
            self.ragged.push(row);
        }
    }

    fn start(&mut self, row: u64, record: &Record) {
        if row < self.first_row {
            self.preamble_count += 1;
            return;
        }
        self.first_row = row;
        self.columns.resize_with(record.len(), Column::default);
        let text = |cell| String::from_utf8_lossy(cell).into_owned();
        self.first = Some(record.iter().map(text).collect());
    }

    /// The row of the first record.
    pub(super) fn first_row(&self) -> u64 {
        self.first_row
    }

    /// Takes the first record for values too.
    pub(super) fn count_first_record(&mut self) {
        let first = self.first.clone().unwrap_or_default();
        self.push_cells(self.first_row, first.iter().map(String::as_bytes));
    }

    fn push_cells<'a>(&mut self, row: u64, cells: impl Iterator<Item = &'a [u8]>) {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            // The text was decoded, and the grammar cuts it between characters.
            let cell = std::str::from_utf8(cell).unwrap_or_default();
            column.push(row, cell, &mut self.budget);
        }
    }
}
