//! The least or the greatest values of groups.

use std::borrow::Borrow;
use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::kept::PerGroup;
use super::keys::Id;

/// The least or the greatest value of each group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Extremes<T> {
    is_greatest: bool,
    kept: PerGroup<Option<T>>,
}

impl<T> Extremes<T> {
    pub(super) fn new(is_greatest: bool) -> Self {
        Extremes { is_greatest, kept: PerGroup::default() }
    }

    pub(super) fn grow(&mut self, group_count: usize) {
        self.kept.grow(group_count);
    }

    #[inline]
    pub(super) fn add<B: Ord + ToOwned<Owned = T> + ?Sized>(&mut self, id: Id, value: &B)
    where
        T: Borrow<B>,
    {
        let wanted = if self.is_greatest { Ordering::Greater } else { Ordering::Less };
        self.kept.change(id, |kept| match kept {
            Some(kept) if value.cmp((*kept).borrow()) == wanted => value.clone_into(kept),
            Some(_) => {}
            None => *kept = Some(value.to_owned()),
        });
    }

    pub(super) fn merge(&mut self, other: Self, ids: &[Id])
    where
        T: Ord,
    {
        let wanted = if self.is_greatest { Ordering::Greater } else { Ordering::Less };
        self.kept.merge(other.kept, ids, |mine, other| {
            let is_wanted =
                |kept: &T| other.as_ref().is_some_and(|value| value.cmp(kept) == wanted);
            if mine.as_ref().is_none_or(is_wanted) {
                *mine = other;
            }
        });
    }

    pub(super) fn picked<'a>(
        &'a self,
        order: &'a [Id],
    ) -> impl Iterator<Item = &'a Option<T>> + Clone {
        self.kept.picked(order)
    }

    pub(super) fn memory_size(&self) -> u64 {
        self.kept.memory_size()
    }
}
