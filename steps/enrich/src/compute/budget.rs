//! How much text a batch may hold at a time, so that no contract exhausts the memory.
//!
//! Invariant: whether a row has a fault for its texts hangs on that row alone. A batch of several rows that
//! would hold too much is cut and taken again; only a row that is too much by itself has a fault.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, new_null_array};
use arrow_schema::{ArrowError, DataType};
use shared::contract::Literal;
use shared::fault::Arithmetic;

use super::{Evaluation, literal};

/// Bytes that the texts of a batch may have, those of its columns and those on the way to the next: 64 MiB.
pub(crate) const BATCH_TEXT: u64 = 64 << 20;

/// What asks for the batch to be cut.
pub(crate) fn too_much_text() -> ArrowError {
    ArrowError::MemoryError("the texts of the rows are too long together".to_owned())
}

/// Whether the texts of columns are no more than a batch may hold; one row always may.
pub(crate) fn check_text(columns: &[ArrayRef], row_count: usize) -> Result<(), ArrowError> {
    let is_too_much = row_count > 1 && texts_len(columns) > BATCH_TEXT;
    if is_too_much { Err(too_much_text()) } else { Ok(()) }
}

/// What the texts of columns leave for others.
pub(super) fn left_beside(columns: &[ArrayRef]) -> u64 {
    BATCH_TEXT.saturating_sub(texts_len(columns))
}

fn texts_len(columns: &[ArrayRef]) -> u64 {
    columns.iter().map(text_len).sum()
}

impl Evaluation<'_> {
    /// Counts the texts of what was made. A single row that has too much of them has none.
    pub(super) fn hold(&mut self, found: ArrayRef) -> Result<ArrayRef, ArrowError> {
        let len = text_len(&found);
        self.check_room(len)?;
        let Some(left) = self.text_left.checked_sub(len) else {
            self.fault(0, Arithmetic::Overflow);
            return Ok(new_null_array(found.data_type(), found.len()));
        };
        self.text_left = left;
        Ok(found)
    }

    /// Whether there is room for texts of so many bytes, if there are several rows to be parted.
    pub(super) fn check_room(&self, len: u64) -> Result<(), ArrowError> {
        if len > self.text_left && self.row_count > 1 { Err(too_much_text()) } else { Ok(()) }
    }

    /// Whether there is room for a literal in every row.
    pub(super) fn check_spread(&self, value: &Literal) -> Result<(), ArrowError> {
        let Literal::Text(text) = value else { return Ok(()) };
        self.check_room((text.len() as u64).saturating_mul(self.row_count as u64))
    }

    /// A literal in every row.
    pub(super) fn literal(
        &self,
        value: &Literal,
        data_type: &DataType,
    ) -> Result<ArrayRef, ArrowError> {
        self.check_spread(value)?;
        Ok(literal(value, data_type, self.row_count))
    }
}

/// Bytes of the texts of a column, if it has any.
fn text_len(values: &ArrayRef) -> u64 {
    let Some(texts) = values.as_string_opt::<i32>() else { return 0 };
    let offsets = texts.value_offsets();
    match (offsets.first(), offsets.last()) {
        (Some(start), Some(end)) => u64::from((end - start).unsigned_abs()),
        _ => 0,
    }
}
