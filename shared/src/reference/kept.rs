//! What is kept of a reference table while it is read.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, new_empty_array};
use arrow_schema::ArrowError;
use arrow_select::concat::concat;

use super::error::{BadRow, Listed};
use super::{KEY_BYTES, ReferenceError, ReferenceTable, RowNumbers, Wanted};
use crate::contract::Resource;
use crate::fault::Code;

/// The wanted columns of the rows so far.
///
/// Invariant: it holds no more than it has room for.
#[derive(Debug)]
pub(super) struct Kept<'r> {
    resource: &'r Resource,
    /// The batches of each field; None if it is not wanted.
    batches: Vec<Option<Vec<ArrayRef>>>,
    /// Bytes for each row, its values aside.
    row_len: u64,
    byte_len: u64,
    room: u64,
    row_numbers: RowNumbers,
    /// Rows that are not of the schema.
    bad: Listed<BadRow>,
    last_bad: u64,
}

impl<'r> Kept<'r> {
    pub(super) fn new(resource: &'r Resource, wanted: &Wanted, room: u64) -> Self {
        let fields = 0..resource.schema.fields.len();
        Kept {
            resource,
            batches: fields.map(|at| wanted.fields.contains(&at).then(Vec::new)).collect(),
            row_len: KEY_BYTES * wanted.keys.len() as u64,
            byte_len: 0,
            room,
            row_numbers: RowNumbers::default(),
            bad: Listed::default(),
            last_bad: 0,
        }
    }

    /// Notes what is first found wrong with a row; nothing is kept any more.
    pub(super) fn refuse(&mut self, row: BadRow) {
        if row.row != self.last_bad {
            self.last_bad = row.row;
            self.bad.push(row);
        }
    }

    /// Whether the values of the field at that position are kept.
    pub(super) fn is_wanted(&self, field: usize) -> bool {
        self.batches.get(field).is_some_and(Option::is_some)
    }

    /// Whether so many rows have room, whatever they hold.
    pub(super) fn check_count(&self, row_count: u64) -> Result<(), ReferenceError> {
        let fits = self.row_len.saturating_mul(row_count) <= self.room;
        if fits { Ok(()) } else { Err(ReferenceError::TooLarge) }
    }

    /// Whether one column of so many bytes has room.
    pub(super) fn check_len(&self, byte_len: u64) -> Result<(), ReferenceError> {
        if byte_len <= self.room { Ok(()) } else { Err(ReferenceError::TooLarge) }
    }

    /// Counts bytes that are to be kept.
    pub(super) fn take(&mut self, byte_len: u64) -> Result<(), ReferenceError> {
        self.byte_len = self.byte_len.saturating_add(byte_len);
        if self.byte_len > self.room { Err(ReferenceError::TooLarge) } else { Ok(()) }
    }

    /// Takes rows of those numbers, each of which has a value in every column that is pushed.
    pub(super) fn push_rows(
        &mut self,
        row_numbers: impl ExactSizeIterator<Item = u64>,
    ) -> Result<(), ReferenceError> {
        self.take(self.row_len * row_numbers.len() as u64)?;
        self.row_numbers.extend(row_numbers);
        Ok(())
    }

    /// Takes the values of a field in rows that are taken, and were counted.
    pub(super) fn push_column(&mut self, field: usize, values: ArrayRef) {
        if let Some(Some(batches)) = self.batches.get_mut(field) {
            batches.push(values);
        }
    }

    /// Takes rows of those numbers, by one array for each field of the schema.
    pub(super) fn push(
        &mut self,
        columns: &[ArrayRef],
        row_numbers: &[u64],
    ) -> Result<(), ReferenceError> {
        self.check_primary(columns, row_numbers);
        if !self.bad.is_empty() {
            return Ok(());
        }
        self.push_rows(row_numbers.iter().copied())?;
        for (at, column) in columns.iter().enumerate() {
            if self.is_wanted(at) {
                self.take(column.to_data().get_slice_memory_size()? as u64)?;
                self.push_column(at, Arc::clone(column));
            }
        }
        Ok(())
    }

    /// Refuses rows with a null in their primary key.
    fn check_primary(&mut self, columns: &[ArrayRef], row_numbers: &[u64]) {
        let resource = self.resource;
        for (at, (field, column)) in resource.schema.fields.iter().zip(columns).enumerate() {
            let Some(nulls) = column.nulls().filter(|_| resource.schema.is_primary(at)) else {
                continue;
            };
            for (&row, _) in row_numbers.iter().zip(nulls).filter(|(_, is_valid)| !is_valid) {
                self.refuse(BadRow { row, column: field.name.clone(), code: Code::PrimaryKey });
            }
        }
    }

    /// The table. Of one column after the other the batches go, so that no more than one is there twice.
    pub(super) fn finish(self) -> Result<ReferenceTable, ReferenceError> {
        let Kept { resource, batches, byte_len, row_numbers, bad, .. } = self;
        if !bad.is_empty() {
            return Err(ReferenceError::BadRows(bad));
        }
        let fields = resource.schema.fields.iter().zip(batches);
        let columns = fields.map(|(field, batches)| match batches.unwrap_or_default().as_slice() {
            [] => Ok(new_empty_array(&field.field_type.data_type())),
            batches => concat(&batches.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>()),
        });
        let columns = columns.collect::<Result<_, ArrowError>>()?;
        let names = resource.schema.fields.iter().map(|field| field.name.clone()).collect();
        Ok(ReferenceTable { columns, byte_len, row_numbers, names })
    }
}
