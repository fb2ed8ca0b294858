//! Group-by: partial results per chunk, merged into results that do not depend on the cut.
//!
//! Invariant: pushing a table in any pieces, into any partial results, merged in any order, gives
//! the same bytes in the end.

mod exact_sum;
mod extremes;
mod keys;
mod moments;
mod state;
mod wide_sum;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, UInt32Array};
use arrow_schema::{ArrowError, Field, Schema};
use arrow_select::filter::FilterBuilder;

pub use state::Overflow;

use crate::contract::{Aggregate, Column, Measure};
use keys::{GroupKeys, Id, Keys};
use state::States;

/// A group-by that could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// A sum that its type does not hold.
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
    /// More groups than are numbered.
    #[error("there are more than 4,294,967,295 groups")]
    TooManyGroups,
    /// Partial results that cannot be read: a bug.
    #[error("partial results are unreadable")]
    Partial(#[from] postcard::Error),
}

/// One aggregate of a contract over some rows of the published table.
///
/// Groups are told apart, and ordered, by arrow's row format of their key: ascending, nulls first.
/// Each is known by a number, and each measure keeps its states in the order of these.
#[derive(Debug)]
pub struct GroupBy<'a> {
    aggregate: &'a Aggregate,
    columns: &'a [Column],
    keys: GroupKeys,
    /// One for each measure.
    states: Vec<States>,
}

impl<'a> GroupBy<'a> {
    /// No rows yet. `columns` are [`Contract::measured_columns`](crate::contract::Contract::measured_columns).
    ///
    /// # Errors
    /// A column type without an order; none of ours.
    pub fn new(aggregate: &'a Aggregate, columns: &'a [Column]) -> Result<Self, GroupError> {
        let measures = aggregate.measures.iter();
        let states = measures.map(|measure| States::new(measure.function, columns)).collect();
        Ok(GroupBy { aggregate, columns, keys: GroupKeys::new(aggregate, columns)?, states })
    }

    /// Takes more rows, by those columns.
    ///
    /// # Errors
    /// Arrays of other types than the columns have.
    pub fn push(&mut self, columns: &[ArrayRef], row_count: usize) -> Result<(), GroupError> {
        let Some(filter) = self.aggregate.filter else { return self.add(columns, row_count) };
        let mask = truth(columns, filter)?;
        let rows = FilterBuilder::new(mask).optimize().build();
        let kept = columns.iter().enumerate().map(|(at, column)| {
            if self.needs(at) { rows.filter(column) } else { Ok(Arc::clone(column)) }
        });
        let kept: Vec<ArrayRef> = kept.collect::<Result<_, _>>()?;
        self.add(&kept, rows.count())
    }

    /// Whether something is made of that column, the filter of all rows aside.
    fn needs(&self, at: usize) -> bool {
        let measures = &self.aggregate.measures;
        self.aggregate.group_by.contains(&at)
            || measures
                .iter()
                .any(|measure| measure.function.column() == Some(at) || measure.filter == Some(at))
    }

    fn add(&mut self, columns: &[ArrayRef], row_count: usize) -> Result<(), GroupError> {
        let ids = self.keys.of_rows(columns, row_count)?;
        self.grow();
        for (states, measure) in self.states.iter_mut().zip(&self.aggregate.measures) {
            let column = measure.function.column().map(|at| column(columns, at)).transpose()?;
            let Some(filter) = measure.filter else {
                states.update(column, &ids)?;
                continue;
            };
            let rows = FilterBuilder::new(truth(columns, filter)?).optimize().build();
            let column = column.map(|column| rows.filter(column)).transpose()?;
            let ids = rows.filter(&UInt32Array::from(ids.clone()))?;
            states.update(column.as_ref(), ids.as_primitive::<UInt32Type>().values())?;
        }
        Ok(())
    }

    /// The partial results as bytes, for [`merge`](Self::merge) in another process of this version.
    ///
    /// # Errors
    /// Never for what [`push`](Self::push) took.
    pub fn to_partial(&self) -> Result<Vec<u8>, GroupError> {
        Ok(postcard::to_stdvec(&(self.keys.keys(), &self.states))?)
    }

    /// Adds the partial results of other rows.
    ///
    /// # Errors
    /// Bytes that are no partial results.
    pub fn merge(&mut self, partial: &[u8]) -> Result<(), GroupError> {
        let (keys, states): (Keys, Vec<States>) = postcard::from_bytes(partial)?;
        let ids = keys.iter().map(|key| self.keys.of_key(key)).collect::<Result<Vec<_>, _>>()?;
        self.grow();
        for (mine, other) in self.states.iter_mut().zip(states) {
            mine.merge(other, &ids);
        }
        Ok(())
    }

    /// Makes room for the groups that are new.
    fn grow(&mut self) {
        for states in &mut self.states {
            states.grow(self.keys.len());
        }
    }

    /// The results: grouping columns, then measures; a row for each group, in the order of the
    /// keys.
    ///
    /// # Errors
    /// [`GroupError::Overflow`].
    pub fn finish(mut self) -> Result<RecordBatch, GroupError> {
        if self.aggregate.group_by.is_empty() {
            // As in SQL, no rows at all are one group too.
            self.keys.of_key(&[])?;
            self.grow();
        }
        let order = self.keys.in_order();
        let mut arrays = self.keys.columns(&order)?;
        for (states, measure) in self.states.iter().zip(&self.aggregate.measures) {
            arrays.push(self.measure_array(states, measure, &order)?);
        }
        Ok(RecordBatch::try_new(Arc::new(self.schema(&arrays)), arrays)?)
    }

    fn measure_array(
        &self,
        states: &States,
        measure: &Measure,
        order: &[Id],
    ) -> Result<ArrayRef, GroupError> {
        let array = states.array(order, measure.function, self.columns)?;
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

fn column(columns: &[ArrayRef], at: usize) -> Result<&ArrayRef, ArrowError> {
    let column = columns.get(at);
    column.ok_or_else(|| ArrowError::InvalidArgumentError(format!("no column {at}")))
}

fn truth(columns: &[ArrayRef], at: usize) -> Result<&BooleanArray, ArrowError> {
    let truth = column(columns, at)?.as_boolean_opt();
    truth.ok_or_else(|| ArrowError::InvalidArgumentError("a filter is no truth value".to_owned()))
}

#[cfg(test)]
mod tests;
