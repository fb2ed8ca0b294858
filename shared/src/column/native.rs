//! A column of numbers, days or instants.

use std::sync::Arc;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{ArrowError, DataType};

use super::nulls::Nulls;

/// Values of one size.
#[derive(Debug)]
pub(super) struct NativeBuilder<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    nulls: Nulls,
}

impl<T: ArrowPrimitiveType> NativeBuilder<T> {
    /// A builder for as many values.
    pub(super) fn with_capacity(len: usize) -> Self {
        NativeBuilder { values: Vec::with_capacity(len), nulls: Nulls::with_capacity(len) }
    }

    /// Appends values, None for nulls.
    ///
    /// All in one call of `extend`, which asks for room once.
    #[inline]
    pub(super) fn extend(&mut self, values: impl ExactSizeIterator<Item = Option<T::Native>>) {
        let NativeBuilder { values: all, nulls } = self;
        let count = values.len();
        all.extend(values.enumerate().map(|(at, value)| {
            value.unwrap_or_else(|| {
                nulls.tell(at);
                T::Native::default()
            })
        }));
        nulls.add(count);
    }

    /// Appends one.
    pub(super) fn append(&mut self, value: Option<T::Native>) {
        self.extend(std::iter::once(value));
    }

    /// The values as an array.
    pub(super) fn finish(self, data_type: DataType) -> Result<ArrayRef, ArrowError> {
        let array =
            PrimitiveArray::<T>::try_new(ScalarBuffer::from(self.values), self.nulls.finish())?;
        Ok(Arc::new(array.with_data_type(data_type)))
    }
}
