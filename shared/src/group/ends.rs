//! The values of the first or the last rows of groups.

use arrow_array::{ArrayRef, UInt32Array};
use arrow_schema::ArrowError;
use arrow_select::take::take;
use serde::{Deserialize, Serialize};

use super::groups::Rows;
use super::kept::{Kept, PerGroup};
use super::keys::Id;

/// The value of the first or the last row of each group, be it null.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Ends<T> {
    is_last: bool,
    kept: PerGroup<End<T>>,
}

/// A row by its number in the file, none as long as there is none, and its value.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct End<T> {
    row_number: Option<i64>,
    value: Option<T>,
}

impl<T> Default for End<T> {
    fn default() -> Self {
        End { row_number: None, value: None }
    }
}

impl<T> Kept for End<T> {}

impl<T> Ends<T> {
    pub(super) fn new(is_last: bool) -> Self {
        Ends { is_last, kept: PerGroup::default() }
    }

    pub(super) fn grow(&mut self, group_count: usize) {
        self.kept.grow(group_count);
    }

    /// Adds rows in the order of their numbers. `each` is what reads the column.
    pub(super) fn update(
        &mut self,
        column: &ArrayRef,
        rows: Rows<'_>,
        each: impl FnOnce(&ArrayRef, &[Id], &mut dyn FnMut(Id, T)) -> Result<(), ArrowError>,
    ) -> Result<(), ArrowError> {
        let (ids, places) = self.ahead(rows);
        let column = take(column, &UInt32Array::from(places), None)?;
        each(&column, &ids, &mut |id, value| {
            self.kept.change(id, |end| end.value = Some(value));
        })
    }

    /// The groups that come by another end, still without its value, and the places of these ends.
    fn ahead(&mut self, rows: Rows<'_>) -> (Vec<Id>, Vec<u32>) {
        let is_last = self.is_last;
        let mut found = (Vec::new(), Vec::new());
        let mut see = |((&id, &number), place): ((&Id, &i64), u32)| {
            self.kept.change(id, |end| {
                if is_ahead(is_last, Some(number), end.row_number) {
                    *end = End { row_number: Some(number), value: None };
                    found.0.push(id);
                    found.1.push(place);
                }
            });
        };
        let rows = rows.ids.iter().zip(rows.numbers).zip(0..);
        // From the wanted end on, so that a group comes once.
        if is_last {
            rows.collect::<Vec<_>>().into_iter().rev().for_each(&mut see);
        } else {
            rows.for_each(see);
        }
        found
    }

    pub(super) fn merge(&mut self, other: Self, ids: &[Id]) {
        let is_last = self.is_last;
        self.kept.merge(other.kept, ids, |mine, other| {
            if is_ahead(is_last, other.row_number, mine.row_number) {
                *mine = other;
            }
        });
    }

    pub(super) fn picked<'a>(
        &'a self,
        order: &'a [Id],
    ) -> impl Iterator<Item = &'a Option<T>> + Clone {
        self.kept.picked(order).map(|end| &end.value)
    }

    pub(super) fn memory_size(&self) -> u64 {
        self.kept.memory_size()
    }
}

fn is_ahead(is_last: bool, number: Option<i64>, other: Option<i64>) -> bool {
    match (number, other) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(number), Some(other)) => {
            if is_last {
                number > other
            } else {
                number < other
            }
        }
    }
}
