//! What is kept of a group for each measure.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array};
use arrow_row::{RowConverter, Rows, SortField};
use arrow_schema::{ArrowError, DataType};
use serde::{Deserialize, Serialize};

use super::exact_sum::ExactSum;
use crate::contract::{Column, Function};

/// A sum of integers that 64 bits do not hold.
#[derive(Debug, thiserror::Error)]
#[error("{0} does not fit into 64 bits")]
pub struct Overflow(i128);

/// What is kept of a group for one measure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum State {
    /// Rows or values.
    Count(u64),
    /// 128 bits hold the sum of 2^64 integers of 64 bits.
    Integers {
        sum: i128,
        count: u64,
    },
    Numbers {
        sum: ExactSum,
        count: u64,
    },
    /// The least value in arrow's row format, whose bytes order as the values do.
    Least(Option<Vec<u8>>),
    /// The greatest.
    Greatest(Option<Vec<u8>>),
}

impl State {
    /// No rows.
    pub(super) fn initial(function: Function, columns: &[Column]) -> State {
        match function {
            Function::CountRows | Function::Count(_) => State::Count(0),
            Function::Min(_) => State::Least(None),
            Function::Max(_) => State::Greatest(None),
            Function::Sum(at) | Function::Mean(at) => {
                match columns.get(at).map(|column| &column.data_type) {
                    Some(DataType::Float64) => {
                        State::Numbers { sum: ExactSum::default(), count: 0 }
                    }
                    _ => State::Integers { sum: 0, count: 0 },
                }
            }
        }
    }

    pub(super) fn merge(&mut self, other: State) {
        match (self, other) {
            (State::Count(mine), State::Count(other)) => *mine += other,
            (State::Integers { sum, count }, State::Integers { sum: other, count: more }) => {
                *sum += other;
                *count += more;
            }
            (State::Numbers { sum, count }, State::Numbers { sum: other, count: more }) => {
                sum.merge(&other);
                *count += more;
            }
            (State::Least(mine), State::Least(Some(other))) => keep_least(mine, &other),
            (State::Greatest(mine), State::Greatest(Some(other))) => keep_greatest(mine, &other),
            // An empty side of a minimum or maximum; other pairs come from no contract.
            _ => {}
        }
    }
}

fn keep_least(kept: &mut Option<Vec<u8>>, value: &[u8]) {
    if kept.as_deref().is_none_or(|kept| value < kept) {
        replace(kept, value);
    }
}

fn keep_greatest(kept: &mut Option<Vec<u8>>, value: &[u8]) {
    if kept.as_deref().is_none_or(|kept| value > kept) {
        replace(kept, value);
    }
}

fn replace(kept: &mut Option<Vec<u8>>, value: &[u8]) {
    let kept = kept.get_or_insert_default();
    kept.clear();
    kept.extend_from_slice(value);
}

/// The values of one measure in some rows.
#[derive(Debug)]
pub(super) enum Values<'a> {
    /// Each row counts.
    Rows,
    /// Each value counts.
    Present(&'a ArrayRef),
    Integers(&'a Int64Array),
    Numbers(&'a Float64Array),
    /// Values and their bytes in arrow's row format, for the least or the greatest of them.
    Ordered {
        array: &'a ArrayRef,
        rows: Rows,
    },
}

impl<'a> Values<'a> {
    pub(super) fn new(function: Function, columns: &'a [ArrayRef]) -> Result<Self, ArrowError> {
        let column = |at: usize| {
            columns
                .get(at)
                .ok_or_else(|| ArrowError::InvalidArgumentError(format!("no column {at}")))
        };
        let ordered = |at: usize| -> Result<Self, ArrowError> {
            let array = column(at)?;
            let converter = RowConverter::new(vec![SortField::new(array.data_type().clone())])?;
            let rows = converter.convert_columns(std::slice::from_ref(array))?;
            Ok(Values::Ordered { array, rows })
        };
        match function {
            Function::CountRows => Ok(Values::Rows),
            Function::Count(at) => Ok(Values::Present(column(at)?)),
            Function::Min(at) | Function::Max(at) => ordered(at),
            Function::Sum(at) | Function::Mean(at) => {
                let array = column(at)?;
                let integers = array.as_primitive_opt::<Int64Type>().map(Values::Integers);
                let numbers = array.as_primitive_opt::<Float64Type>().map(Values::Numbers);
                integers.or(numbers).ok_or_else(|| {
                    ArrowError::InvalidArgumentError(format!("column {at} is no number"))
                })
            }
        }
    }

    pub(super) fn add(&self, row: usize, state: &mut State) {
        match (self, state) {
            (Values::Rows, State::Count(count)) => *count += 1,
            (Values::Present(array), State::Count(count)) if array.is_valid(row) => *count += 1,
            (Values::Integers(array), State::Integers { sum, count }) if array.is_valid(row) => {
                *sum += i128::from(array.value(row));
                *count += 1;
            }
            (Values::Numbers(array), State::Numbers { sum, count }) if array.is_valid(row) => {
                sum.add(array.value(row));
                *count += 1;
            }
            (Values::Ordered { array, rows }, State::Least(kept)) if array.is_valid(row) => {
                keep_least(kept, rows.row(row).data());
            }
            (Values::Ordered { array, rows }, State::Greatest(kept)) if array.is_valid(row) => {
                keep_greatest(kept, rows.row(row).data());
            }
            // A null.
            _ => {}
        }
    }
}

/// States to an array of results.
#[derive(Debug)]
pub(super) struct Decoder {
    function: Function,
    data_type: DataType,
    converter: RowConverter,
}

impl Decoder {
    pub(super) fn new(function: Function, columns: &[Column]) -> Result<Self, ArrowError> {
        let data_type = function.data_type(columns);
        let converter = RowConverter::new(vec![SortField::new(data_type.clone())])?;
        Ok(Decoder { function, data_type, converter })
    }

    /// The results, one for each state; null for a group without values.
    pub(super) fn array<'s>(
        &self,
        states: impl Iterator<Item = &'s State>,
    ) -> Result<Result<ArrayRef, Overflow>, ArrowError> {
        match (self.function, &self.data_type) {
            (Function::Min(_) | Function::Max(_), _) => self.extremes(states).map(Ok),
            (Function::Mean(_), _) => Ok(Ok(Arc::new(states.map(mean).collect::<Float64Array>()))),
            (_, DataType::Float64) => {
                Ok(Ok(Arc::new(states.map(sum_of_numbers).collect::<Float64Array>())))
            }
            _ => Ok(states
                .map(integer)
                .collect::<Result<Int64Array, Overflow>>()
                .map(|array| Arc::new(array) as ArrayRef)),
        }
    }

    fn extremes<'s>(
        &self,
        states: impl Iterator<Item = &'s State>,
    ) -> Result<ArrayRef, ArrowError> {
        let null = arrow_array::new_null_array(&self.data_type, 1);
        let null = self.converter.convert_columns(&[null])?;
        let parser = self.converter.parser();
        let rows = states.map(|state| match state {
            State::Least(Some(value)) | State::Greatest(Some(value)) => parser.parse(value),
            State::Least(None)
            | State::Greatest(None)
            | State::Count(_)
            | State::Integers { .. }
            | State::Numbers { .. } => null.row(0),
        });
        let arrays = self.converter.convert_rows(rows)?;
        arrays
            .into_iter()
            .next()
            .ok_or_else(|| ArrowError::ComputeError("one column makes one array".to_owned()))
    }
}

#[allow(clippy::cast_precision_loss, reason = "a mean is a double, near what is exact")]
fn mean(state: &State) -> Option<f64> {
    let (sum, count) = match state {
        State::Integers { sum, count } => (*sum as f64, *count),
        State::Numbers { sum, count } => (sum.value(), *count),
        State::Count(_) | State::Least(_) | State::Greatest(_) => return None,
    };
    (count > 0).then(|| sum / count as f64)
}

fn sum_of_numbers(state: &State) -> Option<f64> {
    if let State::Numbers { sum, count } = state {
        return (*count > 0).then(|| sum.value());
    }
    None
}

/// A count, or a sum of integers.
fn integer(state: &State) -> Result<Option<i64>, Overflow> {
    let exact = match state {
        State::Count(count) => i128::from(*count),
        State::Integers { sum, count: 1.. } => *sum,
        State::Integers { .. } | State::Numbers { .. } | State::Least(_) | State::Greatest(_) => {
            return Ok(None);
        }
    };
    i64::try_from(exact).map(Some).map_err(|_| Overflow(exact))
}
