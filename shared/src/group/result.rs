//! What is kept of groups as columns of results.

use std::sync::Arc;

use arrow_array::{ArrayRef, Decimal128Array, Float64Array, Int64Array, StringArray};
use arrow_schema::{ArrowError, DataType};

use super::exact_sum::ExactSum;
use super::kept::PerGroup;
use super::keys::Id;
use super::moments::Moments;
use super::state::{States, Sum};
use super::values::array_of_ordinals;
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
    let data_type = &function.data_type(columns);
    let is_mean = matches!(function, Function::Mean(_));
    Ok(match states {
        States::Counts(counts) => integers(counts.picked(order).map(|&n| Some(n.into()))),
        States::Distinct(distinct) => {
            integers(distinct.picked(order).map(|kept| Some(kept.count().into())))
        }
        States::Integers(sums) if is_mean => Ok(means(sums, order, |&sum| nearest(sum))),
        States::Numbers(sums) if is_mean => Ok(means(sums, order, ExactSum::value)),
        States::Decimals(sums) if is_mean => {
            let unit = unit(function, columns);
            Ok(means(sums, order, |sum| sum.nearest() / unit))
        }
        States::Moments(moments) => Ok(spreads(moments, order, function)),
        States::Quantiles(quantiles) => {
            let share = if let Function::Quantile(_, share) = function { share } else { 0.0 };
            let values = quantiles.picked(order).map(|kept| kept.quantile(share));
            Ok(Arc::new(values.collect::<Float64Array>()))
        }
        States::Decimals(sums) => decimals(sums.picked(order), data_type),
        States::Integers(sums) => {
            integers(sums.picked(order).map(|state| (state.count > 0).then_some(state.sum)))
        }
        States::Numbers(sums) => {
            let values = sums.picked(order);
            let values = values.map(|state| (state.count > 0).then(|| state.sum.value()));
            Ok(Arc::new(values.collect::<Float64Array>()))
        }
        States::Ordinals(extremes) => {
            Ok(array_of_ordinals(extremes.picked(order).copied(), data_type)?)
        }
        States::OrdinalEnds(ends) => Ok(array_of_ordinals(ends.picked(order).copied(), data_type)?),
        States::Texts(extremes, _) => Ok(texts(extremes.picked(order))),
        States::TextEnds(ends, _) => Ok(texts(ends.picked(order))),
    })
}

fn spreads(moments: &PerGroup<Moments>, order: &[Id], function: Function) -> ArrayRef {
    let Function::Spread(_, Spread { is_sample, is_deviation }) = function else {
        return Arc::new(Float64Array::new_null(order.len()));
    };
    let spread = |moments: &Moments| {
        let variance = moments.variance(is_sample)?;
        Some(if is_deviation { variance.sqrt() } else { variance })
    };
    Arc::new(moments.picked(order).map(spread).collect::<Float64Array>())
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
fn means<T>(sums: &PerGroup<Sum<T>>, order: &[Id], value: impl Fn(&T) -> f64) -> ArrayRef
where
    Sum<T>: super::kept::Kept,
{
    let mean = |state: &Sum<T>| (state.count > 0).then(|| value(&state.sum) / state.count as f64);
    Arc::new(sums.picked(order).map(mean).collect::<Float64Array>())
}

#[allow(clippy::cast_precision_loss, reason = "a mean is a double, near what is exact")]
fn nearest(sum: i128) -> f64 {
    sum as f64
}
