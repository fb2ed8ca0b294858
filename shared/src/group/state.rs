//! What is kept of groups for each measure.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Decimal128Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Decimal128Array, Float64Array, Int64Array, PrimitiveArray};
use arrow_schema::{ArrowError, DataType};
use serde::{Deserialize, Serialize};

use super::exact_sum::ExactSum;
use super::extremes::Extremes;
use super::keys::Id;
use super::moments::Moments;
use super::wide_sum::WideSum;
use crate::contract::{Column, DECIMAL_DIGITS, Function, Spread};

/// A sum that its type does not hold.
#[derive(Debug, thiserror::Error)]
pub enum Overflow {
    /// Of whole numbers.
    #[error("{0} does not fit into 64 bits")]
    Integer(i128),
    /// Of decimals.
    #[error("a sum of decimals has more than 38 digits")]
    Decimal,
}

/// What is kept of each group for one measure.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum States {
    /// Rows or values.
    Counts(Vec<u64>),
    /// 128 bits hold the sum of 2^64 integers of 64 bits.
    Integers(Vec<Sum<i128>>),
    Numbers(Vec<Sum<ExactSum>>),
    /// In units of the last place.
    Decimals(Vec<Sum<WideSum>>),
    Moments(Vec<Moments>),
    /// The extremes of all but strings, as integers.
    Ordinals(Extremes<i128>),
    Texts(Extremes<String>),
}

/// A sum of values and how many they are.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Sum<T> {
    sum: T,
    count: u64,
}

impl States {
    /// No groups.
    pub(super) fn new(function: Function, columns: &[Column]) -> States {
        let type_of = |at: usize| columns.get(at).map(|column| &column.data_type);
        let extremes = |at, is_greatest| match type_of(at) {
            Some(DataType::Utf8) => States::Texts(Extremes::new(is_greatest)),
            _ => States::Ordinals(Extremes::new(is_greatest)),
        };
        match function {
            Function::CountRows | Function::Count(_) => States::Counts(Vec::new()),
            Function::Spread(..) => States::Moments(Vec::new()),
            Function::Min(at) => extremes(at, false),
            Function::Max(at) => extremes(at, true),
            Function::Sum(at) | Function::Mean(at) => match type_of(at) {
                Some(DataType::Float64) => States::Numbers(Vec::new()),
                Some(DataType::Decimal128(..)) => States::Decimals(Vec::new()),
                _ => States::Integers(Vec::new()),
            },
        }
    }

    /// Makes room for new groups, without rows.
    pub(super) fn grow(&mut self, group_count: usize) {
        match self {
            States::Counts(counts) => counts.resize(group_count, 0),
            States::Integers(sums) => sums.resize_with(group_count, Default::default),
            States::Numbers(sums) => sums.resize_with(group_count, Default::default),
            States::Decimals(sums) => sums.resize_with(group_count, Default::default),
            States::Moments(moments) => moments.resize_with(group_count, Default::default),
            States::Ordinals(extremes) => extremes.grow(group_count),
            States::Texts(extremes) => extremes.grow(group_count),
        }
    }

    /// Adds the values of the column of the function in some rows, to the group of each.
    pub(super) fn update(
        &mut self,
        column: Option<&ArrayRef>,
        ids: &[Id],
    ) -> Result<(), ArrowError> {
        match (self, column) {
            (States::Counts(counts), None) => count(counts, ids.iter()),
            (States::Counts(counts), Some(column)) => count_values(counts, column, ids),
            (States::Integers(sums), Some(column)) => {
                let array = column.as_primitive_opt::<Int64Type>().ok_or_else(no_number)?;
                each(array, ids, |id, value| {
                    if let Some(Sum { sum, count }) = sums.get_mut(id as usize) {
                        *sum += i128::from(value);
                        *count += 1;
                    }
                });
            }
            (States::Numbers(sums), Some(column)) => {
                let array = column.as_primitive_opt::<Float64Type>().ok_or_else(no_number)?;
                each(array, ids, |id, value| {
                    if let Some(Sum { sum, count }) = sums.get_mut(id as usize) {
                        sum.add(value);
                        *count += 1;
                    }
                });
            }
            (States::Decimals(sums), Some(column)) => {
                let array = column.as_primitive_opt::<Decimal128Type>().ok_or_else(no_number)?;
                each(array, ids, |id, value| {
                    if let Some(Sum { sum, count }) = sums.get_mut(id as usize) {
                        sum.add(value);
                        *count += 1;
                    }
                });
            }
            (States::Moments(moments), Some(column)) => {
                doubles(column, ids, |id, value| {
                    if let Some(moments) = moments.get_mut(id as usize) {
                        moments.add(value);
                    }
                })?;
            }
            (States::Ordinals(extremes), Some(column)) => extremes.update(column, ids)?,
            (States::Texts(extremes), Some(column)) => extremes.update(column, ids)?,
            // Only counts go without a column.
            (_, None) => {}
        }
        Ok(())
    }

    /// Adds what is kept of other groups: of each, in their order, to the group of that number.
    pub(super) fn merge(&mut self, other: States, ids: &[Id]) {
        match (self, other) {
            (States::Counts(mine), States::Counts(other)) => {
                merge(mine, other, ids, |mine, other| *mine += other);
            }
            (States::Integers(mine), States::Integers(other)) => {
                merge(mine, other, ids, |mine, other| {
                    mine.sum += other.sum;
                    mine.count += other.count;
                });
            }
            (States::Numbers(mine), States::Numbers(other)) => {
                merge(mine, other, ids, |mine, other| {
                    mine.sum.merge(&other.sum);
                    mine.count += other.count;
                });
            }
            (States::Decimals(mine), States::Decimals(other)) => {
                merge(mine, other, ids, |mine, other| {
                    mine.sum.merge(other.sum);
                    mine.count += other.count;
                });
            }
            (States::Moments(mine), States::Moments(other)) => {
                merge(mine, other, ids, |mine, other| mine.merge(&other));
            }
            (States::Ordinals(mine), States::Ordinals(other)) => mine.merge(other, ids),
            (States::Texts(mine), States::Texts(other)) => mine.merge::<str>(other, ids),
            // Other pairs come from no contract.
            _ => {}
        }
    }

    /// The results of those groups, in that order; null for a group without values.
    pub(super) fn array(
        &self,
        order: &[Id],
        function: Function,
        columns: &[Column],
    ) -> Result<Result<ArrayRef, Overflow>, ArrowError> {
        let data_type = &function.data_type(columns);
        let is_mean = matches!(function, Function::Mean(_));
        Ok(match self {
            States::Counts(counts) => integers(picked(counts, order).map(|&n| Some(n.into()))),
            States::Integers(sums) if is_mean => Ok(means(sums, order, |&sum| nearest(sum))),
            States::Numbers(sums) if is_mean => Ok(means(sums, order, ExactSum::value)),
            States::Decimals(sums) if is_mean => {
                let unit = unit(function, columns);
                Ok(means(sums, order, |sum| sum.nearest() / unit))
            }
            States::Moments(moments) => Ok(spreads(moments, order, function)),
            States::Decimals(sums) => decimals(picked(sums, order), data_type),
            States::Integers(sums) => {
                integers(picked(sums, order).map(|state| (state.count > 0).then_some(state.sum)))
            }
            States::Numbers(sums) => {
                let values = picked(sums, order);
                let values = values.map(|state| (state.count > 0).then(|| state.sum.value()));
                Ok(Arc::new(values.collect::<Float64Array>()))
            }
            States::Ordinals(extremes) => Ok(extremes.array(order, data_type)?),
            States::Texts(extremes) => Ok(extremes.array(order)),
        })
    }
}

/// Calls `add` with the values that are no nulls, and their groups.
pub(super) fn each<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    ids: &[Id],
    mut add: impl FnMut(Id, T::Native),
) {
    let rows = ids.iter().zip(array.values());
    match array.nulls() {
        None => rows.for_each(|(&id, &value)| add(id, value)),
        Some(nulls) => {
            rows.zip(nulls).filter(|(_, is_valid)| *is_valid).for_each(|((&id, &v), _)| add(id, v));
        }
    }
}

/// Calls `add` with the nearest doubles of the numbers that are no nulls, and their groups.
#[allow(clippy::cast_precision_loss, reason = "the nearest doubles")]
fn doubles(column: &ArrayRef, ids: &[Id], mut add: impl FnMut(Id, f64)) -> Result<(), ArrowError> {
    if let Some(array) = column.as_primitive_opt::<Float64Type>() {
        each(array, ids, add);
    } else if let Some(array) = column.as_primitive_opt::<Int64Type>() {
        each(array, ids, |id, value| add(id, value as f64));
    } else {
        let array = column.as_primitive_opt::<Decimal128Type>().ok_or_else(no_number)?;
        let unit = 10_f64.powi(array.scale().into());
        each(array, ids, |id, value| add(id, value as f64 / unit));
    }
    Ok(())
}

fn spreads(moments: &[Moments], order: &[Id], function: Function) -> ArrayRef {
    let Function::Spread(_, Spread { is_sample, is_deviation }) = function else {
        return Arc::new(Float64Array::new_null(order.len()));
    };
    let spread = |moments: &Moments| {
        let variance = moments.variance(is_sample)?;
        Some(if is_deviation { variance.sqrt() } else { variance })
    };
    Arc::new(picked(moments, order).map(spread).collect::<Float64Array>())
}

fn count<'i>(counts: &mut [u64], ids: impl Iterator<Item = &'i Id>) {
    for &id in ids {
        if let Some(count) = counts.get_mut(id as usize) {
            *count += 1;
        }
    }
}

fn count_values(counts: &mut [u64], column: &ArrayRef, ids: &[Id]) {
    match column.nulls() {
        None => count(counts, ids.iter()),
        Some(nulls) => {
            let rows = ids.iter().zip(nulls);
            count(counts, rows.filter(|(_, is_valid)| *is_valid).map(|(id, _)| id));
        }
    }
}

fn merge<T>(mine: &mut [T], other: Vec<T>, ids: &[Id], mut add: impl FnMut(&mut T, T)) {
    for (&id, other) in ids.iter().zip(other) {
        if let Some(mine) = mine.get_mut(id as usize) {
            add(mine, other);
        }
    }
}

/// What is kept of those groups, in that order.
pub(super) fn picked<'a, T>(
    states: &'a [T],
    order: &'a [Id],
) -> impl Iterator<Item = &'a T> + Clone {
    order.iter().filter_map(|&id| states.get(id as usize))
}

fn integers(values: impl Iterator<Item = Option<i128>>) -> Result<ArrayRef, Overflow> {
    let fit = |value: i128| i64::try_from(value).map_err(|_| Overflow::Integer(value));
    let array: Int64Array =
        values.map(|value| value.map(fit).transpose()).collect::<Result<_, _>>()?;
    Ok(Arc::new(array))
}

fn decimals<'a>(
    sums: impl Iterator<Item = &'a Sum<WideSum>>,
    data_type: &DataType,
) -> Result<ArrayRef, Overflow> {
    const LIMIT: u128 = 10_u128.pow(DECIMAL_DIGITS as u32);
    let fit = |sum: WideSum| {
        sum.value().filter(|value| value.unsigned_abs() < LIMIT).ok_or(Overflow::Decimal)
    };
    let values = sums.map(|state| (state.count > 0).then(|| fit(state.sum)).transpose());
    let array: Decimal128Array = values.collect::<Result<_, _>>()?;
    Ok(Arc::new(array.with_data_type(data_type.clone())))
}

/// What one of the decimals that are averaged is made of units of its last place.
fn unit(function: Function, columns: &[Column]) -> f64 {
    let Function::Mean(at) = function else { return 1.0 };
    match columns.get(at).map(|column| &column.data_type) {
        Some(DataType::Decimal128(_, scale)) => 10_f64.powi((*scale).into()),
        _ => 1.0,
    }
}

#[allow(clippy::cast_precision_loss, reason = "a mean is a double, near what is exact")]
fn means<T>(sums: &[Sum<T>], order: &[Id], value: impl Fn(&T) -> f64) -> ArrayRef {
    let mean = |state: &Sum<T>| (state.count > 0).then(|| value(&state.sum) / state.count as f64);
    Arc::new(picked(sums, order).map(mean).collect::<Float64Array>())
}

#[allow(clippy::cast_precision_loss, reason = "a mean is a double, near what is exact")]
fn nearest(sum: i128) -> f64 {
    sum as f64
}

fn no_number() -> ArrowError {
    ArrowError::InvalidArgumentError("a column to be summed is no number".to_owned())
}
