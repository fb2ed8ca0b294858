//! A column of texts.

use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::ArrowError;

use super::nulls::Nulls;
use crate::csv::Cell;

/// Bytes of a short text, and of one that is not quite so short.
const SHORT: usize = 16;
const LONG: usize = 48;

/// Bytes of room that are made ready at a time: they stay in the nearest cache until they are used.
const ROOM: usize = 4096;

/// Texts end to end.
#[derive(Debug)]
pub(super) struct TextBuilder {
    texts: Texts,
    /// Where each text ends, behind a zero.
    offsets: Vec<i32>,
    nulls: Nulls,
}

/// The bytes of texts.
///
/// A call of `memcpy` takes longer than the copy of a short text. So as many bytes as a register or
/// two hold are copied from where it starts, and the next text overwrites those behind its end.
#[derive(Debug)]
struct Texts {
    /// The texts, and zeros behind them.
    bytes: Vec<u8>,
    /// Bytes of the texts.
    len: usize,
}

impl TextBuilder {
    /// A builder for as many texts, of as many bytes in all.
    pub(super) fn with_capacity(len: usize, byte_len: usize) -> Self {
        let mut offsets = Vec::with_capacity(len + 1);
        offsets.push(0);
        // What is copied too far needs room as well.
        let bytes = Vec::with_capacity(byte_len + byte_len / 8 + ROOM);
        TextBuilder { texts: Texts { bytes, len: 0 }, offsets, nulls: Nulls::with_capacity(len) }
    }

    /// Bytes of all texts.
    pub(super) fn byte_len(&self) -> usize {
        self.texts.len
    }

    /// Appends texts, None for nulls.
    #[inline]
    pub(super) fn extend<'c>(&mut self, cells: impl ExactSizeIterator<Item = Option<Cell<'c>>>) {
        let TextBuilder { texts, offsets, nulls } = self;
        let count = cells.len();
        offsets.extend(cells.enumerate().map(|(at, cell)| {
            match cell {
                Some(cell) => texts.append(cell),
                None => nulls.tell(at),
            }
            // Texts of more than 2 GiB make no array.
            i32::try_from(texts.len).unwrap_or(i32::MAX)
        }));
        nulls.add(count);
    }

    /// Appends one.
    pub(super) fn append(&mut self, text: Option<&str>) {
        self.extend(std::iter::once(text.map(Cell::new)));
    }

    /// The texts as an array.
    pub(super) fn finish(self) -> Result<ArrayRef, ArrowError> {
        let Texts { mut bytes, len } = self.texts;
        if i32::try_from(len).is_err() {
            return Err(ArrowError::OffsetOverflowError(len));
        }
        bytes.truncate(len);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        Ok(Arc::new(StringArray::try_new(offsets, Buffer::from_vec(bytes), self.nulls.finish())?))
    }
}

impl Texts {
    #[inline]
    fn append(&mut self, cell: Cell<'_>) {
        let is_copied = if cell.byte_len() <= SHORT {
            self.copy::<SHORT>(cell)
        } else {
            cell.byte_len() <= LONG && self.copy::<LONG>(cell)
        };
        if !is_copied {
            self.append_any(cell.bytes());
        }
        self.len += cell.byte_len();
    }

    /// Copies so many bytes from where a text starts; false where there are not as many, or no room.
    #[inline]
    fn copy<const N: usize>(&mut self, cell: Cell<'_>) -> bool {
        let room = self.bytes.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut::<N>);
        match (cell.lead::<N>(), room) {
            (Some(lead), Some(room)) => *room = *lead,
            _ => return false,
        }
        true
    }

    /// Copies a text, and makes room for it and the next.
    #[cold]
    fn append_any(&mut self, text: &[u8]) {
        let end = self.len + text.len();
        if end + LONG > self.bytes.len() {
            self.bytes.resize(end + ROOM, 0);
        }
        if let Some(room) = self.bytes.get_mut(self.len..end) {
            room.copy_from_slice(text);
        }
    }
}
