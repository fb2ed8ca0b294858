//! What a measure keeps, group by group, and the memory that it takes.

use serde::{Deserialize, Serialize};

use super::keys::Id;

/// What is kept of one group.
pub(super) trait Kept: Default {
    /// Bytes behind pointers, as an estimate that depends on the rows alone and not on their order, and
    /// that no further row makes less.
    fn heap_size(&self) -> u64 {
        0
    }
}

impl Kept for u64 {}
impl Kept for i128 {}

/// The texts among these are counted by [`Longest`].
impl<T> Kept for Option<T> {}

/// Bytes of the longest text of a group: more than any of its texts takes, whichever is kept.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Longest(u64);

impl Longest {
    #[inline]
    pub(super) fn see(&mut self, text: &str) {
        self.merge(Longest(text.len() as u64));
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.0 = self.0.max(other.0);
    }
}

impl Kept for Longest {
    fn heap_size(&self) -> u64 {
        self.0
    }
}

/// What is kept of each group, by its number.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct PerGroup<T> {
    kept: Vec<T>,
    /// The sum of the sizes on the heap; unknown to results that come from another process.
    #[serde(skip)]
    heap_size: u64,
}

impl<T> Default for PerGroup<T> {
    fn default() -> Self {
        PerGroup { kept: Vec::new(), heap_size: 0 }
    }
}

impl<T: Kept> PerGroup<T> {
    /// Makes room for new groups, without rows.
    pub(super) fn grow(&mut self, group_count: usize) {
        self.kept.resize_with(group_count, T::default);
    }

    /// Changes what is kept of a group.
    #[inline]
    pub(super) fn change(&mut self, id: Id, change: impl FnOnce(&mut T)) {
        if let Some(kept) = self.kept.get_mut(id as usize) {
            let before = kept.heap_size();
            change(kept);
            self.heap_size += kept.heap_size().saturating_sub(before);
        }
    }

    /// Takes what is kept of other groups: of each, in their order, for the group of that number.
    pub(super) fn merge(&mut self, other: Self, ids: &[Id], mut add: impl FnMut(&mut T, T)) {
        for (&id, other) in ids.iter().zip(other.kept) {
            self.change(id, |mine| add(mine, other));
        }
    }

    /// What is kept of those groups, in that order.
    pub(super) fn picked<'a>(&'a self, order: &'a [Id]) -> impl Iterator<Item = &'a T> + Clone {
        order.iter().filter_map(|&id| self.kept.get(id as usize))
    }

    /// Estimated bytes of all groups.
    pub(super) fn memory_size(&self) -> u64 {
        (self.kept.len() * size_of::<T>()) as u64 + self.heap_size
    }
}

/// What an entry of 16 bytes takes in a B-tree, whose nodes are some two thirds full.
pub(super) const ENTRY_SIZE: u64 = 32;

/// Entries that there is room for as soon as there is one.
pub(super) const LEAF_LEN: usize = 6;
