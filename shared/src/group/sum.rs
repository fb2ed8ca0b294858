//! Sums of values.

use serde::{Deserialize, Serialize};

use super::kept::Kept;

/// A sum of values and how many they are.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Sum<T> {
    pub(super) sum: T,
    pub(super) count: u64,
}

impl<T> Sum<T> {
    /// Adds a value.
    #[inline]
    pub(super) fn add(&mut self, add: impl FnOnce(&mut T)) {
        add(&mut self.sum);
        self.count += 1;
    }

    pub(super) fn merge(&mut self, other: &Self, add: impl FnOnce(&mut T, &T)) {
        add(&mut self.sum, &other.sum);
        self.count += other.count;
    }

    /// What is read of the sum; None of no values.
    pub(super) fn read<R>(&self, read: impl FnOnce(&T) -> R) -> Option<R> {
        (self.count > 0).then(|| read(&self.sum))
    }
}

impl<T: Kept> Kept for Sum<T> {
    fn heap_size(&self) -> u64 {
        self.sum.heap_size()
    }
}
