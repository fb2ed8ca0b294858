//! Group-by: partial results per chunk, merged into results that do not depend on the cut.
//!
//! Invariant: pushing a table in any pieces, into any partial results, merged in any order, gives
//! the same bytes in the end.

mod exact_sum;
mod state;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_row::{RowConverter, Rows, SortField};
use arrow_schema::{ArrowError, Field, Schema};
use serde::{Deserialize, Serialize};

pub use state::Overflow;

use crate::contract::{Aggregate, Column, Measure};
use state::{Decoder, State, Values};

/// A group-by that could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// A sum of integers that 64 bits do not hold.
    #[error("the measure `{measure}` of the aggregate `{aggregate}` is too large")]
    Overflow {
        /// The aggregate.
        aggregate: String,
        /// The measure.
        measure: String,
        /// What did not fit.
        #[source]
        source: Overflow,
    },
    /// Arrays of other types than the contract says: a bug.
    #[error("the columns are not those of the contract")]
    Arrow(#[from] ArrowError),
    /// Partial results that cannot be read: a bug.
    #[error("partial results are unreadable")]
    Partial(#[from] postcard::Error),
}

/// One aggregate of a contract over some rows of the published table.
///
/// Groups are told apart, and ordered, by arrow's row format of their key: ascending, nulls first.
#[derive(Debug)]
pub struct GroupBy<'a> {
    aggregate: &'a Aggregate,
    columns: &'a [Column],
    keys: RowConverter,
    groups: Groups,
}

/// The measures of each group, by its key.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Groups(BTreeMap<Vec<u8>, Vec<State>>);

impl<'a> GroupBy<'a> {
    /// No rows yet. `columns` are those of the published table.
    ///
    /// # Errors
    /// A column type without an order; none of ours.
    pub fn new(aggregate: &'a Aggregate, columns: &'a [Column]) -> Result<Self, GroupError> {
        let keys = aggregate.group_by.iter().filter_map(|&at| columns.get(at));
        let keys = keys.map(|column| SortField::new(column.data_type.clone())).collect();
        Ok(GroupBy {
            aggregate,
            columns,
            keys: RowConverter::new(keys)?,
            groups: Groups::default(),
        })
    }

    /// Takes more rows, as columns of the published table.
    ///
    /// # Errors
    /// Arrays of other types than the columns have.
    pub fn push(&mut self, columns: &[ArrayRef], row_count: usize) -> Result<(), GroupError> {
        let keys = self.key_rows(columns)?;
        let values = self
            .aggregate
            .measures
            .iter()
            .map(|measure| Values::new(measure.function, columns))
            .collect::<Result<Vec<_>, _>>()?;
        let (measures, types) = (&self.aggregate.measures, self.columns);
        for row in 0..row_count {
            let key = keys.as_ref().map(|keys| keys.row(row));
            let key = key.as_ref().map_or(&[][..], |key| key.data());
            let states = self.groups.of(key, || initial(measures, types));
            for (state, values) in states.into_iter().flatten().zip(&values) {
                values.add(row, state);
            }
        }
        Ok(())
    }

    /// The keys of the rows, or None where all rows are one group.
    fn key_rows(&self, columns: &[ArrayRef]) -> Result<Option<Rows>, GroupError> {
        if self.aggregate.group_by.is_empty() {
            return Ok(None);
        }
        let keys: Vec<ArrayRef> =
            self.aggregate.group_by.iter().filter_map(|&at| columns.get(at)).cloned().collect();
        Ok(Some(self.keys.convert_columns(&keys)?))
    }

    /// The partial results as bytes, for [`merge`](Self::merge) in another process of this version.
    ///
    /// # Errors
    /// Never for what [`push`](Self::push) took.
    pub fn to_partial(&self) -> Result<Vec<u8>, GroupError> {
        Ok(postcard::to_stdvec(&self.groups)?)
    }

    /// Adds the partial results of other rows.
    ///
    /// # Errors
    /// Bytes that are no partial results.
    pub fn merge(&mut self, partial: &[u8]) -> Result<(), GroupError> {
        let other: Groups = postcard::from_bytes(partial)?;
        for (key, states) in other.0 {
            match self.groups.0.get_mut(&key) {
                Some(mine) => {
                    mine.iter_mut().zip(states).for_each(|(mine, other)| mine.merge(other));
                }
                None => {
                    self.groups.0.insert(key, states);
                }
            }
        }
        Ok(())
    }

    /// The results: grouping columns, then measures; a row for each group, in the order of the
    /// keys.
    ///
    /// # Errors
    /// [`GroupError::Overflow`].
    pub fn finish(mut self) -> Result<RecordBatch, GroupError> {
        if self.aggregate.group_by.is_empty() {
            // As in SQL, no rows at all are one group too.
            let (measures, types) = (&self.aggregate.measures, self.columns);
            self.groups.of(&[], || initial(measures, types));
        }
        let mut arrays = self.key_arrays()?;
        for (at, measure) in self.aggregate.measures.iter().enumerate() {
            let states = self.groups.0.values().filter_map(|states| states.get(at));
            arrays.push(self.measure_array(measure, states)?);
        }
        Ok(RecordBatch::try_new(Arc::new(self.schema(&arrays)), arrays)?)
    }

    fn key_arrays(&self) -> Result<Vec<ArrayRef>, GroupError> {
        if self.aggregate.group_by.is_empty() {
            return Ok(Vec::new());
        }
        let parser = self.keys.parser();
        Ok(self.keys.convert_rows(self.groups.0.keys().map(|key| parser.parse(key)))?)
    }

    fn measure_array<'s>(
        &self,
        measure: &Measure,
        states: impl Iterator<Item = &'s State>,
    ) -> Result<ArrayRef, GroupError> {
        let array = Decoder::new(measure.function, self.columns)?.array(states)?;
        array.map_err(|source| GroupError::Overflow {
            aggregate: self.aggregate.name.clone(),
            measure: measure.name.clone(),
            source,
        })
    }

    fn schema(&self, arrays: &[ArrayRef]) -> Schema {
        let keys = self.aggregate.group_by.iter().filter_map(|&at| self.columns.get(at));
        let names = keys
            .map(|column| &column.name)
            .chain(self.aggregate.measures.iter().map(|measure| &measure.name));
        Schema::new(
            names
                .zip(arrays)
                .map(|(name, array)| Field::new(name, array.data_type().clone(), true))
                .collect::<Vec<_>>(),
        )
    }
}

impl Groups {
    /// The states of the group `key`; only a new group allocates.
    fn of(&mut self, key: &[u8], initial: impl FnOnce() -> Vec<State>) -> Option<&mut Vec<State>> {
        if !self.0.contains_key(key) {
            self.0.insert(key.to_vec(), initial());
        }
        self.0.get_mut(key)
    }
}

/// The states of a group without rows.
fn initial(measures: &[Measure], columns: &[Column]) -> Vec<State> {
    measures.iter().map(|measure| State::initial(measure.function, columns)).collect()
}

#[cfg(test)]
mod tests;
