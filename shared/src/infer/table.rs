//! The records of a file, cell by cell to their columns.

use std::collections::BTreeMap;

use super::column::{Budget, Column, is_missing_text};
use super::report::Rows;
use crate::csv::Record;

/// Combinations of texts that stand for nothing which are told apart.
const COMBINATIONS: usize = 64;

/// All columns, and the records that are none of theirs.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// The first record of the table, which may be the header.
    pub(super) first: Option<Vec<String>>,
    /// Whether it has text behind a closing quote.
    is_first_stray: bool,
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
    blank: Rows,
    /// Records of nothing but texts that may stand for nothing.
    vacant: BTreeMap<Vec<String>, Rows>,
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
        // The text was decoded, and the grammar cuts it between characters.
        let cell = |at| std::str::from_utf8(record.get(at)?).ok();
        let cells = (0..record.len()).map(|at| cell(at).unwrap_or_default());
        if self.first.is_none() {
            self.start(row, cells.map(str::to_owned).collect(), record.stray_quote().is_some());
        } else {
            self.count(row, record.len(), cells, record.stray_quote().is_some());
        }
    }

    fn start(&mut self, row: u64, first: Vec<String>, is_stray: bool) {
        if row < self.first_row || first.is_empty() {
            self.preamble_count += 1;
            return;
        }
        self.columns.resize_with(first.len(), Column::default);
        (self.first_row, self.first, self.is_first_stray) = (row, Some(first), is_stray);
    }

    /// The row of the first record.
    pub(super) fn first_row(&self) -> u64 {
        self.first_row
    }

    /// Takes the first record for values too.
    pub(super) fn count_first_record(&mut self) {
        let first = self.first.clone().unwrap_or_default();
        let cells = first.iter().map(String::as_str);
        self.count(self.first_row, first.len(), cells, self.is_first_stray);
    }

    fn count<'a>(
        &mut self,
        row: u64,
        len: usize,
        cells: impl Iterator<Item = &'a str> + Clone,
        is_stray: bool,
    ) {
        if cells.clone().all(str::is_empty) {
            self.blank.push(row);
        } else if is_stray {
            self.stray.push(row);
        } else if len == self.columns.len() {
            if cells.clone().all(|cell| cell.is_empty() || is_missing_text(cell)) {
                self.note_vacant(row, cells.clone());
            }
            for (column, cell) in self.columns.iter_mut().zip(cells) {
                column.push(row, cell, &mut self.budget);
            }
        } else {
            self.ragged.push(row);
        }
    }

    fn note_vacant<'a>(&mut self, row: u64, cells: impl Iterator<Item = &'a str>) {
        let cells: Vec<String> = cells.map(str::to_owned).collect();
        if self.vacant.len() < COMBINATIONS || self.vacant.contains_key(&cells) {
            self.vacant.entry(cells).or_default().push(row);
        }
    }

    /// Corrects what was read as UTF-8 before the file turned out to be in another encoding.
    pub(super) fn distrust_utf8(&mut self, reread: impl Fn(&str) -> String) {
        self.columns.iter_mut().for_each(Column::distrust_beyond_ascii);
        for label in self.first.iter_mut().flatten() {
            *label = reread(label);
        }
    }

    /// Records without any value, where `is_missing` says of a text in a column (0-based) whether it
    /// stands for nothing.
    pub(super) fn blank(&self, is_missing: impl Fn(usize, &str) -> bool) -> Rows {
        let mut blank = self.blank.clone();
        for (cells, rows) in &self.vacant {
            let mut cells = cells.iter().enumerate();
            if cells.all(|(at, cell)| cell.is_empty() || is_missing(at, cell)) {
                blank.merge(rows);
            }
        }
        blank
    }
}
