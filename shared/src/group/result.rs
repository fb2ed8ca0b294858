//! What is kept of groups as columns of results.

use std::sync::Arc;

use arrow_array::{ArrayRef, Decimal128Array, Float64Array, Int64Array, StringArray};
use arrow_schema::{ArrowError, DataType};

use super::exact_sum::ExactSum;
use super::kept::{Kept, PerGroup};
use super::keys::Id;
use super::moments::{Exact, Moments};
use super::state::States;
use super::sum::Sum;
use super::values::{array_of_ordinals, powers_of_ten};
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

/// The results of a function for those groups, in that order; null for a group without values.
pub(super) fn array(
    states: &States,
    order: &[Id],
    function: Function,
    columns: &[Column],
) -> Result<Result<ArrayRef, Overflow>, ArrowError> {
    let read = Read { function, columns };
    let data_type = &function.data_type(columns);
    Ok(match states {
        States::Counts(counts) => integers(counts.picked(order).map(|&n| Some(n.into()))),
        States::Distinct(distinct) => {
            integers(distinct.picked(order).map(|kept| Some(kept.count().into())))
        }
        States::Integers(sums) => read.wholes(sums.picked(order), |&sum| sum.into()),
        States::Decimals(sums) => read.wholes(sums.picked(order), |&sum| sum),
        States::Numbers(sums) => Ok(read.numbers(sums.picked(order))),
        States::NumberMoments(moments) => Ok(read
            .spreads(moments, order)
            .unwrap_or_else(|| read.numbers(moments.picked(order).map(|kept| &kept.sum)))),
        States::WholeMoments(moments) => read.spreads(moments, order).map_or_else(
            || read.wholes(moments.picked(order).map(|kept| &kept.sum), |&sum| sum),
            Ok,
        ),
        States::Quantiles(quantiles) => {
            let share = if let Function::Quantile(_, share) = function { share } else { 0.0 };
            Ok(doubles(quantiles.picked(order).map(|kept| kept.quantile(share))))
        }
        States::Ordinals(extremes) => {
            Ok(array_of_ordinals(extremes.picked(order).copied(), data_type)?)
        }
        States::OrdinalEnds(ends) => Ok(array_of_ordinals(ends.picked(order).copied(), data_type)?),
        States::Texts(extremes, _) => Ok(texts(extremes.picked(order))),
        States::TextEnds(ends, _) => Ok(texts(ends.picked(order))),
    })
}

/// A function that is read of sums.
#[derive(Clone, Copy)]
struct Read<'a> {
    function: Function,
    columns: &'a [Column],
}

impl Read<'_> {
    /// Sums or means of integers or decimals.
    #[allow(clippy::cast_precision_loss, reason = "no file has 2^53 rows")]
    fn wholes<'s, T: 's>(
        self,
        sums: impl Iterator<Item = &'s Sum<T>>,
        wide: impl Fn(&T) -> WideSum,
    ) -> Result<ArrayRef, Overflow> {
        let unit = self.unit();
        if let Function::Mean(_) = self.function {
            let mean = |sum: &Sum<T>| sum.read(|total| wide(total).by(&unit) / sum.count as f64);
            return Ok(doubles(sums.map(mean)));
        }
        let sums = sums.map(|sum| sum.read(&wide));
        let data_type = self.function.data_type(self.columns);
        if matches!(data_type, DataType::Decimal128(..)) {
            return decimals(sums, data_type);
        }
        // No file has rows enough for integers of 64 bits to need more than 128.
        integers(sums.map(|sum| sum.map(|sum| sum.value().unwrap_or(i128::MAX))))
    }

    /// Sums or means of doubles.
    fn numbers<'s>(self, sums: impl Iterator<Item = &'s Sum<ExactSum>>) -> ArrayRef {
        let is_mean = matches!(self.function, Function::Mean(_));
        doubles(sums.map(|sum| {
            sum.read(|total| if is_mean { total.mean(sum.count) } else { total.value() })
        }))
    }

    /// Variances or deviations; None for another function.
    fn spreads<T: Exact>(self, moments: &PerGroup<Moments<T>>, order: &[Id]) -> Option<ArrayRef>
    where
        Moments<T>: Kept,
    {
        let Function::Spread(_, Spread { is_sample, is_deviation }) = self.function else {
            return None;
        };
        let unit = self.unit();
        Some(doubles(moments.picked(order).map(|moments| {
            if is_deviation {
                moments.deviation(is_sample, &unit)
            } else {
                moments.variance(is_sample, &unit)
            }
        })))
    }

    /// What to divide by, since sums of decimals are in units of their last place.
    fn unit(self) -> Vec<u64> {
        let column = self.function.column().and_then(|at| self.columns.get(at));
        let Some(DataType::Decimal128(_, scale)) = column.map(|column| &column.data_type) else {
            return Vec::new();
        };
        powers_of_ten(*scale)
    }
}

fn doubles(values: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.collect::<Float64Array>())
}

fn texts<'a>(values: impl Iterator<Item = &'a Option<String>>) -> ArrayRef {
    Arc::new(values.map(Option::as_deref).collect::<StringArray>())
}

fn integers(values: impl Iterator<Item = Option<i128>>) -> Result<ArrayRef, Overflow> {
    let fit = |value: i128| i64::try_from(value).map_err(|_| Overflow::Integer(value));
    let array: Int64Array =
        values.map(|value| value.map(fit).transpose()).collect::<Result<_, _>>()?;
    Ok(Arc::new(array))
}

fn decimals(
    sums: impl Iterator<Item = Option<WideSum>>,
    data_type: DataType,
) -> Result<ArrayRef, Overflow> {
    const LIMIT: u128 = 10_u128.pow(DECIMAL_DIGITS as u32);
    let fit = |sum: WideSum| {
        sum.value().filter(|value| value.unsigned_abs() < LIMIT).ok_or(Overflow::Decimal)
    };
    let array: Decimal128Array =
        sums.map(|sum| sum.map(fit).transpose()).collect::<Result<_, _>>()?;
    Ok(Arc::new(array.with_data_type(data_type)))
}
