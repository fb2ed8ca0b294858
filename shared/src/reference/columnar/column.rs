//! One column of a Parquet file, some rows at a time.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{ArrowError, DataType};
use arrow_select::concat::concat;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

use super::STRIPE_LEN;
use super::bad::BadRows;
use super::file::File;
use super::types::typed;
use crate::contract::Field;
use crate::fault::Code;
use crate::reference::error::ReferenceError;
use crate::reference::kept::Kept;

/// The values of a field.
pub(super) struct Column<'r> {
    /// Position of the field in the schema.
    pub(super) at: usize,
    pub(super) field: &'r Field,
    pub(super) is_primary: bool,
}

impl Column<'_> {
    /// Reads all of its values, and gives how many there are. Rows without a value that they should have go to
    /// `bad`.
    pub(super) fn read(
        &self,
        file: &File,
        kept: &mut Kept<'_>,
        bad: &mut BadRows,
    ) -> Result<usize, ReferenceError> {
        let mut batches = file.column(&self.field.name)?;
        let mut row_count = 0;
        loop {
            let before = row_count;
            let values = self.stripe(&mut batches, &mut row_count, kept, bad)?;
            let values: Vec<&dyn Array> = values.iter().map(AsRef::as_ref).collect();
            if !values.is_empty() {
                kept.push_column(self.at, concat(&values)?);
            }
            if row_count < before + STRIPE_LEN {
                return Ok(row_count);
            }
        }
    }

    /// The values of the next rows that are to be kept, batch by batch.
    fn stripe(
        &self,
        batches: &mut ParquetRecordBatchReader,
        row_count: &mut usize,
        kept: &mut Kept<'_>,
        bad: &mut BadRows,
    ) -> Result<Vec<ArrayRef>, ReferenceError> {
        let (end, mut values) = (*row_count + STRIPE_LEN, Vec::new());
        while *row_count < end {
            let Some(batch) = batches.next() else { break };
            let batch = batch.map_err(|error| self.unreadable(error))?;
            let Some(found) = batch.columns().first() else { break };
            values.extend(self.checked(found, *row_count as u64 + 1, kept, bad)?);
            *row_count += found.len();
        }
        Ok(values)
    }

    /// The values to be kept, which are counted first; the first of them stands in that row.
    fn checked(
        &self,
        found: &ArrayRef,
        first_row: u64,
        kept: &mut Kept<'_>,
        bad: &mut BadRows,
    ) -> Result<Option<ArrayRef>, ReferenceError> {
        let is_kept = kept.is_wanted(self.at) && bad.is_empty();
        if *found.data_type() == DataType::Utf8View && !is_kept {
            self.check_nulls(found, found, first_row, bad);
            return Ok(None);
        }
        if is_kept {
            kept.take(byte_len(found, &self.field.field_type.data_type()))?;
        }
        let values =
            typed(found, &self.field.field_type).map_err(|error| self.unreadable(error))?;
        self.check_nulls(found, &values, first_row, bad);
        Ok(is_kept.then_some(values))
    }

    /// Tells the rows that should have a value: all of them, or those whose value is none of the field's.
    fn check_nulls(&self, found: &ArrayRef, values: &ArrayRef, first_row: u64, bad: &mut BadRows) {
        let Some(nulls) = values.logical_nulls() else { return };
        let was_null = found.logical_nulls();
        let was_null = |at: usize| was_null.as_ref().is_some_and(|nulls| nulls.is_null(at));
        for (at, row) in (first_row..).take(nulls.len()).enumerate() {
            let code = match (nulls.is_null(at), was_null(at)) {
                (true, false) => Code::TypeError,
                (true, true) if self.field.constraints.required => Code::ConstraintError,
                (true, true) if self.is_primary => Code::PrimaryKey,
                (false, _) | (true, true) => continue,
            };
            bad.push(row, &self.field.name, code);
        }
    }

    fn unreadable(&self, source: ArrowError) -> ReferenceError {
        ReferenceError::Column { column: self.field.name.clone(), source }
    }
}

/// Bytes of memory that values take in the type of their field.
fn byte_len(found: &ArrayRef, data_type: &DataType) -> u64 {
    let texts = found.as_string_view_opt();
    let texts = texts.map_or(0, |texts| {
        // Where there is no value, anything may be left.
        texts.iter().flatten().map(|text| text.len() as u64).sum()
    });
    let width = data_type.primitive_width().unwrap_or(4);
    (found.len() * width) as u64 + texts
}
