//! The groups of an aggregate and what is kept of them.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt32Type};
use arrow_array::{ArrayRef, BooleanArray, Int64Array, UInt32Array};
use arrow_schema::ArrowError;
use arrow_select::filter::{FilterBuilder, FilterPredicate};

use super::keeping::{Shared, all_shared};
use super::keys::{GroupKeys, Id, Keys};
use super::state::States;
use crate::contract::{Aggregate, Column};

/// The groups of an aggregate and what is kept of them.
///
/// Groups are told apart, and ordered, by arrow's row format of their key: ascending, nulls first.
/// Each is known by a number, and all states are in the order of these.
#[derive(Debug)]
pub(super) struct Groups {
    keys: GroupKeys,
    /// Those of one filter side by side.
    kept: Vec<(Shared, States)>,
}

/// The rows of a column: the group of each, and its number in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) ids: &'a [Id],
    pub(super) numbers: &'a [i64],
}

impl Groups {
    /// No groups.
    pub(super) fn new(aggregate: &Aggregate, columns: &[Column]) -> Result<Self, ArrowError> {
        let all = all_shared(aggregate).into_iter();
        let kept = all.map(|shared| (shared, States::new(shared.keeping, columns))).collect();
        Ok(Groups { keys: GroupKeys::new(aggregate, columns)?, kept })
    }

    /// Adds rows by those columns and by their numbers in the file, which ascend.
    pub(super) fn add(
        &mut self,
        columns: &[ArrayRef],
        row_numbers: &Int64Array,
    ) -> Result<(), ArrowError> {
        let ids = UInt32Array::from(self.keys.of_rows(columns, row_numbers.len())?);
        self.grow();
        for kept in self.kept.chunk_by_mut(|(one, _), (other, _)| one.filter == other.filter) {
            let filter = kept.first().and_then(|(shared, _)| shared.filter);
            let Some(filter) = filter else {
                let rows = Rows { ids: ids.values(), numbers: row_numbers.values() };
                update(kept, columns, rows, |column| Ok(column.clone()))?;
                continue;
            };
            let filter = predicate(columns, filter)?;
            let ids = filter.filter(&ids)?;
            let row_numbers = filter.filter(row_numbers)?;
            let ids = ids.as_primitive::<UInt32Type>().values();
            let numbers = row_numbers.as_primitive::<Int64Type>().values();
            update(kept, columns, Rows { ids, numbers }, |column| filter.filter(column))?;
        }
        Ok(())
    }

    /// The group of rows that are not grouped.
    pub(super) fn add_whole(&mut self) {
        self.keys.of_key(&[]);
        self.grow();
    }

    pub(super) fn merge(&mut self, keys: &Keys, states: Vec<States>) {
        let ids: Vec<Id> = keys.iter().map(|key| self.keys.of_key(key)).collect();
        self.grow();
        for ((_, mine), other) in self.kept.iter_mut().zip(states) {
            mine.merge(other, &ids);
        }
    }

    /// Makes room for the groups that are new.
    fn grow(&mut self) {
        for (_, states) in &mut self.kept {
            states.grow(self.keys.len());
        }
    }

    /// Keys and states, as [`merge`](Self::merge) takes them.
    pub(super) fn parts(&self) -> (&Keys, Vec<&States>) {
        (self.keys.keys(), self.kept.iter().map(|(_, states)| states).collect())
    }

    /// The groups in the order of their keys.
    pub(super) fn in_order(&self) -> Vec<Id> {
        self.keys.in_order()
    }

    /// The grouping columns of those groups.
    pub(super) fn key_columns(&self, order: &[Id]) -> Result<Vec<ArrayRef>, ArrowError> {
        self.keys.columns(order)
    }

    /// What is kept for a measure.
    pub(super) fn states(&self, wanted: Shared) -> Result<&States, ArrowError> {
        let found = self.kept.iter().find(|(shared, _)| *shared == wanted);
        let states = found.map(|(_, states)| states);
        states.ok_or_else(|| ArrowError::InvalidArgumentError("no such measure".to_owned()))
    }

    /// Estimated bytes of all that is kept.
    pub(super) fn memory_size(&self) -> u64 {
        let states = self.kept.iter().map(|(_, states)| states.memory_size());
        self.keys.memory_size() + states.sum::<u64>()
    }
}

/// Adds the rows that a filter leaves to all that is kept of them.
fn update(
    kept: &mut [(Shared, States)],
    columns: &[ArrayRef],
    rows: Rows<'_>,
    filtered: impl Fn(&ArrayRef) -> Result<ArrayRef, ArrowError>,
) -> Result<(), ArrowError> {
    for (shared, states) in kept {
        let column =
            shared.keeping.column().map(|at| filtered(column(columns, at)?)).transpose()?;
        states.update(column.as_ref(), rows)?;
    }
    Ok(())
}

/// The rows for which the truth value at that position is true.
pub(super) fn predicate(columns: &[ArrayRef], at: usize) -> Result<FilterPredicate, ArrowError> {
    Ok(FilterBuilder::new(truth(columns, at)?).optimize().build())
}

fn column(columns: &[ArrayRef], at: usize) -> Result<&ArrayRef, ArrowError> {
    let column = columns.get(at);
    column.ok_or_else(|| ArrowError::InvalidArgumentError(format!("no column {at}")))
}

fn truth(columns: &[ArrayRef], at: usize) -> Result<&BooleanArray, ArrowError> {
    let truth = column(columns, at)?.as_boolean_opt();
    truth.ok_or_else(|| ArrowError::InvalidArgumentError("a filter is no truth value".to_owned()))
}
