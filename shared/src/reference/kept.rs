//! What is kept of a reference table while it is read.

use arrow_array::{Array, ArrayRef, new_empty_array};
use arrow_schema::ArrowError;
use arrow_select::concat::concat;

use super::{KEY_BYTES, ReferenceError, ReferenceTable, RowNumbers, Wanted};
use crate::contract::Resource;

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
        }
    }

    /// Takes rows of those numbers, by one array for each field of the schema.
    pub(super) fn push(
        &mut self,
        columns: &[ArrayRef],
        row_numbers: impl IntoIterator<Item = u64>,
    ) -> Result<(), ReferenceError> {
        let row_count = columns.first().map_or(0, Array::len);
        self.byte_len += self.row_len * row_count as u64;
        for (batches, column) in self.batches.iter_mut().zip(columns) {
            if let Some(batches) = batches {
                self.byte_len += column.to_data().get_slice_memory_size()? as u64;
                batches.push(column.clone());
            }
        }
        self.row_numbers.extend(row_numbers);
        if self.byte_len > self.room { Err(ReferenceError::TooLarge) } else { Ok(()) }
    }

    /// The table. Of one column after the other the batches go, so that no more than one is there twice.
    pub(super) fn finish(self) -> Result<ReferenceTable, ReferenceError> {
        let Kept { resource, batches, byte_len, row_numbers, .. } = self;
        let fields = resource.schema.fields.iter().zip(batches);
        let columns = fields.map(|(field, batches)| match batches.unwrap_or_default().as_slice() {
            [] => Ok(new_empty_array(&field.field_type.data_type())),
            batches => concat(&batches.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>()),
        });
        let columns = columns.collect::<Result<_, ArrowError>>()?;
        Ok(ReferenceTable { columns, byte_len, row_numbers })
    }
}
