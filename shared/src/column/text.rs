//! A column of texts.

use std::sync::Arc;

use arrow_array::builder::NullBufferBuilder;
use arrow_array::{ArrayRef, StringArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::ArrowError;

use crate::csv::Cell;

/// Bytes of a short text, and of one that is not quite so short.
const SHORT: usize = 16;
const LONG: usize = 48;

/// Texts end to end.
///
/// A call of `memcpy` takes longer than the copy of a short text. So as many bytes as a register or
/// two hold are copied from where it starts, and those behind its end are dropped again.
#[derive(Debug)]
pub(super) struct TextBuilder {
    bytes: Vec<u8>,
    /// Where each text ends, behind a zero.
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl TextBuilder {
    /// A builder for as many texts, of as many bytes in all.
    pub(super) fn with_capacity(len: usize, byte_len: usize) -> Self {
        let mut offsets = Vec::with_capacity(len + 1);
        offsets.push(0);
        // What is copied too far needs room as well.
        let bytes = Vec::with_capacity(byte_len + byte_len / 8 + LONG);
        TextBuilder { bytes, offsets, nulls: NullBufferBuilder::new(len) }
    }

    /// Bytes of all texts.
    pub(super) fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    #[inline]
    pub(super) fn append(&mut self, cell: Option<Cell<'_>>) {
        match cell {
            None => self.nulls.append_null(),
            Some(cell) => {
                let end = self.bytes.len() + cell.byte_len();
                if let Some(lead) = cell.lead::<SHORT>().filter(|_| cell.byte_len() <= SHORT) {
                    self.bytes.extend_from_slice(lead);
                    self.bytes.truncate(end);
                } else if let Some(lead) = cell.lead::<LONG>().filter(|_| cell.byte_len() <= LONG) {
                    self.bytes.extend_from_slice(lead);
                    self.bytes.truncate(end);
                } else {
                    self.bytes.extend_from_slice(cell.bytes());
                }
                self.nulls.append_non_null();
            }
        }
        self.end();
    }

    pub(super) fn append_text(&mut self, text: Option<&str>) {
        self.append(text.map(Cell::new));
    }

    #[inline]
    fn end(&mut self) {
        // Texts of more than 2 GiB make no array.
        self.offsets.push(i32::try_from(self.bytes.len()).unwrap_or(i32::MAX));
    }

    /// The texts as an array.
    pub(super) fn finish(mut self) -> Result<ArrayRef, ArrowError> {
        let len = self.bytes.len();
        if i32::try_from(len).is_err() {
            return Err(ArrowError::OffsetOverflowError(len));
        }
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        let (bytes, nulls) = (Buffer::from_vec(self.bytes), self.nulls.finish());
        Ok(Arc::new(StringArray::try_new(offsets, bytes, nulls)?))
    }
}
