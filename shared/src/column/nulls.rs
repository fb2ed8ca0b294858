//! Which values of a column are null.

use arrow_array::builder::NullBufferBuilder;
use arrow_buffer::NullBuffer;

/// Which values of a column are null.
///
/// Most values are none: so many are taken for values at once, and the nulls among them are told.
#[derive(Debug)]
pub(super) struct Nulls {
    builder: NullBufferBuilder,
    /// The nulls of the values that are being appended, by their positions among these.
    told: Vec<usize>,
}

impl Nulls {
    /// Room for as many values.
    pub(super) fn with_capacity(len: usize) -> Self {
        Nulls { builder: NullBufferBuilder::new(len), told: Vec::new() }
    }

    /// Says that the value at `at` (0-based) of those that are to be [added](Self::add) next is null.
    #[cold]
    pub(super) fn tell(&mut self, at: usize) {
        self.told.push(at);
    }

    /// Adds as many values.
    pub(super) fn add(&mut self, count: usize) {
        let first = self.builder.len();
        self.builder.append_n_non_nulls(count);
        for at in self.told.drain(..) {
            self.builder.set_bit(first + at, false);
        }
    }

    /// The nulls, if there is any.
    pub(super) fn finish(mut self) -> Option<NullBuffer> {
        self.builder.finish()
    }
}
