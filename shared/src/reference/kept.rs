//! What is kept of a reference table while it is read.

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
        let row_count = columns.first().map_or(0, Array::len);
        self.byte_len += self.row_len * row_count as u64;
        for (batches, column) in self.batches.iter_mut().zip(columns) {
            if let Some(batches) = batches {
                self.byte_len += column.to_data().get_slice_memory_size()? as u64;
                batches.push(column.clone());
            }
        }
        self.row_numbers.extend(row_numbers.iter().copied());
        if self.byte_len > self.room { Err(ReferenceError::TooLarge) } else { Ok(()) }
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
        Ok(ReferenceTable { columns, byte_len, row_numbers })
    }
}
