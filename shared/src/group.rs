//! Group-by: partial results per chunk, merged into results that do not depend on the cut.
//!
//! Invariant: pushing a table in any pieces, into any partial results, merged in any order, gives
//! the same bytes in the end, or the same refusal of what takes too much memory.

mod bins;
mod distinct;
mod ends;
mod exact_sum;
mod extremes;
mod groups;
mod keeping;
mod kept;
mod keys;
mod magnitude;
mod moments;
mod quantiles;
mod result;
mod state;
mod sum;
mod values;
mod wide_sum;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{ArrowError, Field, Schema};

pub use result::Overflow;
pub use wide_sum::WideSum;

use crate::contract::{Aggregate, Column, Measure};
use groups::{Groups, predicate};
use keeping::shared;
use keys::{Id, Keys};
use state::States;

/// Bytes that the groups of all aggregates of a contract may take together, by our estimate: 512 MiB. So many are
/// kept at once by the step that reads a chunk.
pub const GROUP_MEMORY: u64 = 512 << 20;

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
    /// Groups, and what is measured of them, that take too much memory.
    #[error(
        "the groups of all aggregates take more than {} MiB: group by what has fewer values, filter rows, or measure \
         less",
        GROUP_MEMORY >> 20
    )]
    TooLarge,
    /// Partial results that cannot be read: a bug.
    #[error("partial results are unreadable")]
    Partial(#[from] postcard::Error),
}

/// One aggregate of a contract over some rows of the published table.
///
/// Invariant: what takes more memory than it may is given up, and so is all that it is merged into. The memory of
/// some rows is never more than that of these and others, so that no cut shows.
#[derive(Debug)]
pub struct GroupBy<'a> {
    aggregate: &'a Aggregate,
    columns: &'a [Column],
    memory_limit: u64,
    /// None once it was given up.
    groups: Option<Groups>,
}

/// Partial results as they are sent; None of what was given up.
type Partial<K, S> = Option<(K, S)>;

impl<'a> GroupBy<'a> {
    /// No rows yet. `columns` are [`Contract::measured_columns`](crate::contract::Contract::measured_columns);
    /// `memory_limit` is in bytes: of [`GROUP_MEMORY`] what other aggregates leave.
    ///
    /// # Errors
    /// A column type without an order; none of ours.
    pub fn new(
        aggregate: &'a Aggregate,
        columns: &'a [Column],
        memory_limit: u64,
    ) -> Result<Self, GroupError> {
        let groups = Some(Groups::new(aggregate, columns)?);
        Ok(GroupBy { aggregate, columns, memory_limit, groups })
    }

    /// Takes more rows, by those columns and by their numbers in the file, which ascend.
    ///
    /// # Errors
    /// Arrays of other types than the columns have.
    pub fn push(
        &mut self,
        columns: &[ArrayRef],
        row_numbers: &Int64Array,
    ) -> Result<(), GroupError> {
        let Some(groups) = &mut self.groups else { return Ok(()) };
        match self.aggregate.filter {
            None => groups.add(columns, row_numbers)?,
            Some(filter) => {
                let rows = predicate(columns, filter)?;
                let kept = columns.iter().enumerate().map(|(at, column)| {
                    let is_needed = self.aggregate.needs(at);
                    if is_needed { rows.filter(column) } else { Ok(Arc::clone(column)) }
                });
                let kept: Vec<ArrayRef> = kept.collect::<Result<_, _>>()?;
                let row_numbers = rows.filter(row_numbers)?;
                groups.add(&kept, row_numbers.as_primitive())?;
            }
        }
        self.give_up_if_large();
        Ok(())
    }

    /// The partial results as bytes, for [`merge`](Self::merge) in another process of this version.
    ///
    /// # Errors
    /// Never for what [`push`](Self::push) took.
    pub fn to_partial(&self) -> Result<Vec<u8>, GroupError> {
        let partial: Partial<&Keys, Vec<&States>> = self.groups.as_ref().map(Groups::parts);
        Ok(postcard::to_stdvec(&partial)?)
    }

    /// Adds the partial results of other rows.
    ///
    /// # Errors
    /// Bytes that are no partial results.
    pub fn merge(&mut self, partial: &[u8]) -> Result<(), GroupError> {
        let partial: Partial<Keys, Vec<States>> = postcard::from_bytes(partial)?;
        match (&mut self.groups, partial) {
            (Some(groups), Some((keys, states))) => groups.merge(&keys, states),
            (groups, _) => *groups = None,
        }
        self.give_up_if_large();
        Ok(())
    }

    fn give_up_if_large(&mut self) {
        if self.memory_size() > self.memory_limit {
            self.give_up();
        }
    }

    /// Gives the groups up, since they and those of other aggregates take too much memory.
    pub fn give_up(&mut self) {
        self.groups = None;
    }

    /// Bytes of all that is kept, by our estimate; 0 once it was given up.
    pub fn memory_size(&self) -> u64 {
        self.groups.as_ref().map_or(0, Groups::memory_size)
    }

    /// The results: grouping columns, then measures; a row for each group, in the order of the
    /// keys.
    ///
    /// # Errors
    /// [`GroupError::TooLarge`] and [`GroupError::Overflow`].
    pub fn finish(mut self) -> Result<RecordBatch, GroupError> {
        let mut groups = self.groups.take().ok_or(GroupError::TooLarge)?;
        if self.aggregate.group_by.is_empty() {
            // As in SQL, no rows at all are one group too.
            groups.add_whole();
        }
        let order = groups.in_order();
        let mut arrays = groups.key_columns(&order)?;
        for measure in &self.aggregate.measures {
            arrays.push(self.measure_array(&groups, measure, &order)?);
        }
        Ok(RecordBatch::try_new(Arc::new(self.schema(&arrays)), arrays)?)
    }

    fn measure_array(
        &self,
        groups: &Groups,
        measure: &Measure,
        order: &[Id],
    ) -> Result<ArrayRef, GroupError> {
        let states = groups.states(shared(measure, self.aggregate))?;
        let array = result::array(states, order, measure.function, self.columns)?;
        array.map_err(|source| GroupError::Overflow {
            aggregate: self.aggregate.name.clone(),
            measure: measure.name.clone(),
            source,
        })
    }

    fn schema(&self, arrays: &[ArrayRef]) -> Schema {
        let keys = self.aggregate.group_by.iter().map(|key| &key.name);
        let names = keys.chain(self.aggregate.measures.iter().map(|measure| &measure.name));
        Schema::new(
            names
                .zip(arrays)
                .map(|(name, array)| Field::new(name, array.data_type().clone(), true))
                .collect::<Vec<_>>(),
        )
    }
}

#[cfg(test)]
mod tests;
