//! Rows of which there is only one thing to tell.

use std::collections::BTreeMap;

use crate::contract::{Missing, Schema};
use crate::fault::Kind;
use crate::header::{Layout, Place};
use crate::rows::Rows;

/// Finds the rows whose cells are not looked at: blank ones, and those of which nobody can tell where a
/// cell ends.
#[derive(Debug)]
pub struct LoneFaults<'a> {
    /// The columns of the file that hold a field (0-based), with the texts that stand for null there.
    fields: Vec<(usize, Missing<'a>)>,
}

impl<'a> LoneFaults<'a> {
    /// Those of rows of `schema`, in a file of that layout.
    pub fn new(schema: &'a Schema, layout: &Layout) -> Self {
        let fields = layout.columns.iter().enumerate().filter_map(|(column, place)| match place {
            Place::Field(field) => Some((column, Missing::new(schema.fields.get(*field)?))),
            Place::Kept(_) | Place::Ignored => None,
        });
        LoneFaults { fields: fields.collect() }
    }

    /// The rows (by their position among these, 0-based) of which nothing is to be told but that fault.
    pub fn find(&self, rows: &Rows<'_>) -> BTreeMap<usize, Kind> {
        let stray = rows.records().iter().enumerate().filter_map(|(row, record)| {
            // Where a cell ends nobody can tell.
            Some((row, Kind::StrayQuote { column: record.stray_quote? }))
        });
        let mut alone: BTreeMap<usize, Kind> = stray.collect();
        let is_blank = |row: &usize| {
            self.fields.iter().all(|(column, missing)| {
                rows.cell(*row, *column).is_none_or(|cell| missing.contains(cell))
            })
        };
        let blank: Vec<usize> = match self.fields.first() {
            None => (0..rows.len()).collect(),
            // Most rows have a value in their first column, and are not blank.
            Some((column, missing)) => rows
                .column(*column)
                .enumerate()
                .filter(|(_, cell)| cell.is_none_or(|cell| missing.contains(cell)))
                .map(|(row, _)| row)
                .filter(is_blank)
                .collect(),
        };
        alone.extend(blank.into_iter().map(|row| (row, Kind::BlankRow)));
        alone
    }
}
