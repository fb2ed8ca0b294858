//! What is kept of groups for measures.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{ArrowError, DataType};
use serde::{Deserialize, Serialize};

use super::distinct::Distinct;
use super::ends::Ends;
use super::exact_sum::ExactSum;
use super::extremes::Extremes;
use super::groups::Rows;
use super::keeping::Keeping;
use super::kept::{Kept, Longest, PerGroup};
use super::keys::Id;
use super::moments::Moments;
use super::quantiles::Quantiles;
use super::sum::Sum;
use super::values::{each, each_double, each_ordinal, each_text, no_number};
use super::wide_sum::WideSum;
use crate::contract::Column;
use crate::keys::{hashes, row_converter};

/// What is kept of each group, for one measure or several.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum States {
    /// Rows or values.
    Counts(PerGroup<u64>),
    /// 128 bits hold the sum of 2^64 integers of 64 bits.
    Integers(PerGroup<Sum<i128>>),
    Numbers(PerGroup<Sum<ExactSum>>),
    /// In units of the last place.
    Decimals(PerGroup<Sum<WideSum>>),
    NumberMoments(PerGroup<Moments<ExactSum>>),
    /// Of integers and decimals, in units of the last place.
    WholeMoments(PerGroup<Moments<WideSum>>),
    Distinct(PerGroup<Distinct>),
    Quantiles(PerGroup<Quantiles>),
    /// The extremes of all but texts, as integers.
    Ordinals(Extremes<i128>),
    Texts(Extremes<String>, PerGroup<Longest>),
    OrdinalEnds(Ends<i128>),
    TextEnds(Ends<String>, PerGroup<Longest>),
}

impl States {
    /// No groups.
    pub(super) fn new(keeping: Keeping, columns: &[Column]) -> States {
        let type_of = |at: usize| columns.get(at).map(|column| &column.data_type);
        let is_text = |at| type_of(at) == Some(&DataType::Utf8);
        match keeping {
            Keeping::Rows | Keeping::Values(_) => States::Counts(PerGroup::default()),
            Keeping::Distinct(_) => States::Distinct(PerGroup::default()),
            Keeping::Quantiles(_) => States::Quantiles(PerGroup::default()),
            Keeping::Sum(at) => match type_of(at) {
                Some(DataType::Float64) => States::Numbers(PerGroup::default()),
                Some(DataType::Decimal128(..)) => States::Decimals(PerGroup::default()),
                _ => States::Integers(PerGroup::default()),
            },
            Keeping::Moments(at) => match type_of(at) {
                Some(DataType::Float64) => States::NumberMoments(PerGroup::default()),
                _ => States::WholeMoments(PerGroup::default()),
            },
            Keeping::Extreme { at, is_greatest } if is_text(at) => {
                States::Texts(Extremes::new(is_greatest), PerGroup::default())
            }
            Keeping::Extreme { is_greatest, .. } => States::Ordinals(Extremes::new(is_greatest)),
            Keeping::End { at, is_last } if is_text(at) => {
                States::TextEnds(Ends::new(is_last), PerGroup::default())
            }
            Keeping::End { is_last, .. } => States::OrdinalEnds(Ends::new(is_last)),
        }
    }

    /// Makes room for new groups, without rows.
    pub(super) fn grow(&mut self, group_count: usize) {
        match self {
            States::Counts(counts) => counts.grow(group_count),
            States::Integers(sums) => sums.grow(group_count),
            States::Numbers(sums) => sums.grow(group_count),
            States::Decimals(sums) => sums.grow(group_count),
            States::NumberMoments(moments) => moments.grow(group_count),
            States::WholeMoments(moments) => moments.grow(group_count),
            States::Distinct(distinct) => distinct.grow(group_count),
            States::Quantiles(quantiles) => quantiles.grow(group_count),
            States::Ordinals(extremes) => extremes.grow(group_count),
            States::Texts(extremes, longest) => {
                extremes.grow(group_count);
                longest.grow(group_count);
            }
            States::OrdinalEnds(ends) => ends.grow(group_count),
            States::TextEnds(ends, longest) => {
                ends.grow(group_count);
                longest.grow(group_count);
            }
        }
    }

    /// Adds the values of a column in some rows, to the group of each.
    pub(super) fn update(
        &mut self,
        column: Option<&ArrayRef>,
        rows: Rows<'_>,
    ) -> Result<(), ArrowError> {
        match (self, column) {
            (States::Counts(counts), None) => count(counts, rows.ids.iter()),
            (States::Counts(counts), Some(column)) => count_values(counts, column, rows.ids),
            (states, Some(column)) => states.update_values(column, rows)?,
            // Only counts go without a column.
            (_, None) => {}
        }
        Ok(())
    }

    fn update_values(&mut self, column: &ArrayRef, rows: Rows<'_>) -> Result<(), ArrowError> {
        let ids = rows.ids;
        match self {
            States::Counts(counts) => count_values(counts, column, ids),
            States::Integers(sums) => {
                let array = column.as_primitive_opt::<Int64Type>().ok_or_else(no_number)?;
                each(array, ids, |id, value| sums.add(id, |sum| *sum += i128::from(value)));
            }
            States::Numbers(sums) => {
                let array = column.as_primitive_opt::<Float64Type>().ok_or_else(no_number)?;
                each(array, ids, |id, value| sums.add(id, |sum| sum.add(value)));
            }
            States::Decimals(sums) => {
                let array = column.as_primitive_opt::<Decimal128Type>().ok_or_else(no_number)?;
                each(array, ids, |id, value| sums.add(id, |sum| sum.add(value)));
            }
            States::NumberMoments(moments) => {
                each_double(column, ids, |id, value| moments.change(id, |kept| kept.add(value)))?;
            }
            States::WholeMoments(moments) => {
                each_ordinal(column, ids, |id, value| moments.change(id, |kept| kept.add(value)))?;
            }
            States::Quantiles(quantiles) => {
                each_double(column, ids, |id, value| quantiles.change(id, |kept| kept.add(value)))?;
            }
            States::Distinct(distinct) => count_distinct(distinct, column, ids)?,
            States::Ordinals(extremes) => {
                each_ordinal(column, ids, |id, value| extremes.add(id, &value))?;
            }
            States::Texts(extremes, longest) => each_text(column, ids, |id, text| {
                longest.change(id, |longest| longest.see(text));
                extremes.add(id, text);
            })?,
            States::OrdinalEnds(ends) => {
                ends.update(column, rows, |column, ids, add| each_ordinal(column, ids, add))?;
            }
            States::TextEnds(ends, longest) => {
                each_text(column, ids, |id, text| {
                    longest.change(id, |longest| longest.see(text));
                })?;
                ends.update(column, rows, |column, ids, add| {
                    each_text(column, ids, |id, text| add(id, text.to_owned()))
                })?;
            }
        }
        Ok(())
    }

    /// Adds what is kept of other groups: of each, in their order, to the group of that number.
    pub(super) fn merge(&mut self, other: States, ids: &[Id]) {
        match (self, other) {
            (States::Counts(mine), States::Counts(other)) => {
                mine.merge(other, ids, |mine, other| *mine += other);
            }
            (States::Integers(mine), States::Integers(other)) => {
                mine.merge_sums(other, ids, |mine, other| *mine += other);
            }
            (States::Numbers(mine), States::Numbers(other)) => {
                mine.merge_sums(other, ids, ExactSum::merge);
            }
            (States::Decimals(mine), States::Decimals(other)) => {
                mine.merge_sums(other, ids, |mine, other| mine.merge(*other));
            }
            (States::NumberMoments(mine), States::NumberMoments(other)) => {
                mine.merge(other, ids, |mine, other| mine.merge(&other));
            }
            (States::WholeMoments(mine), States::WholeMoments(other)) => {
                mine.merge(other, ids, |mine, other| mine.merge(&other));
            }
            (States::Distinct(mine), States::Distinct(other)) => {
                mine.merge(other, ids, Distinct::merge);
            }
            (States::Quantiles(mine), States::Quantiles(other)) => {
                mine.merge(other, ids, Quantiles::merge);
            }
            (States::Ordinals(mine), States::Ordinals(other)) => mine.merge(other, ids),
            (States::Texts(mine, longest), States::Texts(other, theirs)) => {
                mine.merge(other, ids);
                longest.merge(theirs, ids, Longest::merge);
            }
            (States::OrdinalEnds(mine), States::OrdinalEnds(other)) => mine.merge(other, ids),
            (States::TextEnds(mine, longest), States::TextEnds(other, theirs)) => {
                mine.merge(other, ids);
                longest.merge(theirs, ids, Longest::merge);
            }
            // Other pairs come from no contract.
            _ => {}
        }
    }

    /// Estimated bytes of all groups.
    pub(super) fn memory_size(&self) -> u64 {
        match self {
            States::Counts(counts) => counts.memory_size(),
            States::Integers(sums) => sums.memory_size(),
            States::Numbers(sums) => sums.memory_size(),
            States::Decimals(sums) => sums.memory_size(),
            States::NumberMoments(moments) => moments.memory_size(),
            States::WholeMoments(moments) => moments.memory_size(),
            States::Distinct(distinct) => distinct.memory_size(),
            States::Quantiles(quantiles) => quantiles.memory_size(),
            States::Ordinals(extremes) => extremes.memory_size(),
            States::Texts(extremes, longest) => extremes.memory_size() + longest.memory_size(),
            States::OrdinalEnds(ends) => ends.memory_size(),
            States::TextEnds(ends, longest) => ends.memory_size() + longest.memory_size(),
        }
    }
}

impl<T: Kept> PerGroup<Sum<T>> {
    #[inline]
    fn add(&mut self, id: Id, add: impl FnOnce(&mut T)) {
        self.change(id, |state| state.add(add));
    }

    fn merge_sums(&mut self, other: Self, ids: &[Id], add: impl Fn(&mut T, &T)) {
        self.merge(other, ids, |mine, other| mine.merge(&other, &add));
    }
}

fn count<'i>(counts: &mut PerGroup<u64>, ids: impl Iterator<Item = &'i Id>) {
    for &id in ids {
        counts.change(id, |count| *count += 1);
    }
}

fn count_values(counts: &mut PerGroup<u64>, column: &ArrayRef, ids: &[Id]) {
    match column.nulls() {
        None => count(counts, ids.iter()),
        Some(nulls) => {
            let rows = ids.iter().zip(nulls);
            count(counts, rows.filter(|(_, is_valid)| *is_valid).map(|(id, _)| id));
        }
    }
}

fn count_distinct(
    distinct: &mut PerGroup<Distinct>,
    column: &ArrayRef,
    ids: &[Id],
) -> Result<(), ArrowError> {
    let converter = row_converter(std::iter::once(column.data_type().clone()))?;
    // To SQL, zero is one value, whatever its sign.
    let doubles = column.as_primitive_opt::<Float64Type>();
    let column = doubles.map_or_else(
        || Arc::clone(column),
        |doubles| Arc::new(doubles.unary::<_, Float64Type>(|value| value + 0.0)),
    );
    for (&id, hash) in ids.iter().zip(hashes(&[column], &converter)?) {
        if let Some(hash) = hash {
            distinct.change(id, |kept| kept.add(u128::from_be_bytes(hash)));
        }
    }
    Ok(())
}
