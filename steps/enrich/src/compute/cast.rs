//! Values of one type as values of another.
//!
//! - Decimals and doubles are rounded where the other type has fewer places: decimals halves away from
//!   zero, doubles to whole numbers halves to the even one.
//! - A text is read as a cell of that type in its default format would be, but that a decimal is rounded.
//! - A number becomes the shortest text that reads as the same number, a decimal one with all its places.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float64Type, Int64Type,
    TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, StringArray, new_null_array};
use arrow_schema::{ArrowError, DataType};
use shared::cell::{self, NumberFormat};
use shared::fault::Arithmetic;

use super::Evaluation;
use super::arithmetic::{normal, power, round, scale_of, unexpected};
use super::moment::{MICROS_PER_DAY, date_text, instant_text};

impl Evaluation<'_> {
    /// The values as values of `to`; what has no counterpart is null if `or_null`, else a fault.
    pub(super) fn cast(
        &mut self,
        from: &ArrayRef,
        to: &DataType,
        or_null: bool,
    ) -> Result<ArrayRef, ArrowError> {
        if from.data_type() == to {
            return Ok(Arc::clone(from));
        }
        if *from.data_type() == DataType::Null {
            return Ok(new_null_array(to, from.len()));
        }
        let cast = match to {
            DataType::Utf8 => return texts(from),
            DataType::Boolean => truths(from)?,
            DataType::Int64 => integers(from)?,
            DataType::Float64 => numbers(from)?,
            DataType::Decimal128(precision, scale) => decimals(from, (*precision, *scale))?,
            DataType::Date32 => dates(from)?,
            DataType::Timestamp(..) => instants(from)?,
            other => return Err(unexpected(other)),
        };
        if !or_null && cast.null_count() > from.null_count() {
            let lost = (0..from.len()).filter(|&row| from.is_valid(row) && cast.is_null(row));
            let is_text = *from.data_type() == DataType::Utf8;
            let cause = if is_text { Arithmetic::Cast } else { Arithmetic::Overflow };
            lost.for_each(|row| self.fault(row, cause));
        }
        Ok(cast)
    }
}

/// The values that have a counterpart.
fn each<F: ArrowPrimitiveType, T: ArrowPrimitiveType>(
    from: &ArrayRef,
    to: impl Fn(F::Native) -> Option<T::Native>,
) -> PrimitiveArray<T> {
    from.as_primitive::<F>().unary_opt(to)
}

/// The texts that have a counterpart.
fn read<T: ArrowPrimitiveType>(
    from: &ArrayRef,
    read: impl Fn(&str) -> Option<T::Native>,
) -> PrimitiveArray<T> {
    from.as_string::<i32>().iter().map(|text| read(text?)).collect()
}

fn truths(from: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let Some(texts) = from.as_string_opt::<i32>() else {
        return Err(unexpected(from.data_type()));
    };
    let read = |text: &str| match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    };
    Ok(Arc::new(texts.iter().map(|text| read(text?)).collect::<BooleanArray>()))
}

fn integers(from: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let found: PrimitiveArray<Int64Type> = match from.data_type() {
        DataType::Boolean => from.as_boolean().iter().map(|truth| truth.map(i64::from)).collect(),
        DataType::Float64 => each::<Float64Type, _>(from, whole),
        DataType::Decimal128(_, scale) => {
            let unit = power(scale.unsigned_abs());
            each::<Decimal128Type, _>(from, |value| i64::try_from(round(value, unit)).ok())
        }
        DataType::Utf8 => read(from, |text| NumberFormat::DEFAULT.integer(text.as_bytes())),
        other => return Err(unexpected(other)),
    };
    Ok(Arc::new(found))
}

/// The nearest whole number; of two the even one.
#[allow(clippy::cast_possible_truncation, reason = "its range is looked at")]
fn whole(number: f64) -> Option<i64> {
    let limit = 2_f64.powi(63);
    let number = number.round_ties_even();
    (-limit..limit).contains(&number).then_some(number as i64)
}

#[allow(clippy::cast_precision_loss, reason = "the nearest double")]
fn numbers(from: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let found: PrimitiveArray<Float64Type> = match from.data_type() {
        DataType::Int64 => each::<Int64Type, _>(from, |value| Some(value as f64)),
        DataType::Decimal128(_, scale) => {
            let scale = *scale;
            each::<Decimal128Type, _>(from, move |value| Some(nearest(value, scale)))
        }
        DataType::Utf8 => {
            let scratch = std::cell::RefCell::new(String::new());
            read(from, |text| {
                NumberFormat::DEFAULT.number(text.as_bytes(), &mut scratch.borrow_mut())
            })
        }
        other => return Err(unexpected(other)),
    };
    Ok(Arc::new(found))
}

/// The nearest double of a decimal.
#[allow(clippy::cast_precision_loss, reason = "exact where it is used, or text is read instead")]
pub(super) fn nearest(value: i128, scale: i8) -> f64 {
    // Both are exact as doubles, so that their quotient is the nearest (Clinger 1990).
    if value.unsigned_abs() < 1 << 53 && scale <= 22 {
        return normal(value as f64 / 10_f64.powi(scale.into()));
    }
    decimal_text(value, scale).parse().map_or(f64::NAN, normal)
}

fn decimals(from: &ArrayRef, (precision, scale): (u8, i8)) -> Result<ArrayRef, ArrowError> {
    let limit = power(precision);
    let fitting =
        |value: Option<i128>| value.filter(|value| value.unsigned_abs() < limit.unsigned_abs());
    let found: PrimitiveArray<Decimal128Type> = match from.data_type() {
        DataType::Int64 => {
            each::<Int64Type, _>(from, |value| fitting(rescaled(value.into(), 0, scale)))
        }
        DataType::Decimal128(..) => {
            let own = scale_of(from);
            each::<Decimal128Type, _>(from, |value| fitting(rescaled(value, own, scale)))
        }
        DataType::Float64 => each::<Float64Type, _>(from, |value| {
            // The digits that tell the double from all others are those that a person has written.
            let text = format!("{value}");
            fitting(value.is_finite().then(|| parsed(&text, scale)).flatten())
        }),
        DataType::Utf8 => read(from, |text| fitting(parsed(text.trim(), scale))),
        other => return Err(unexpected(other)),
    };
    Ok(Arc::new(found.with_data_type(DataType::Decimal128(precision, scale))))
}

/// A decimal with other places.
fn rescaled(value: i128, from: i8, to: i8) -> Option<i128> {
    if to >= from {
        return value.checked_mul(power((to - from).unsigned_abs()));
    }
    Some(round(value, power((from - to).unsigned_abs())))
}

/// A number in digits, with an exponent or without, rounded to that many places.
fn parsed(text: &str, scale: i8) -> Option<i128> {
    let (negative, text) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if digits().next().is_none() || !digits().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let places = i64::try_from(whole.len()).ok()?.checked_add(exponent)?;
    let count = places.checked_add(scale.into())?;
    if count < 0 {
        return Some(0);
    }
    let count = usize::try_from(count).ok().filter(|&count| count <= TEXT_DIGITS)?;
    let mut padded = digits().map(|digit| i128::from(digit - b'0')).chain(std::iter::repeat(0));
    let mut kept = padded.by_ref().take(count);
    let value = kept.try_fold(0_i128, |value, digit| value.checked_mul(10)?.checked_add(digit))?;
    // The first digit that is not kept says how to round.
    let value = value.checked_add(i128::from(padded.next() >= Some(5)))?;
    Some(if negative { -value } else { value })
}

/// Digits that are looked at: zeros in front, and as many as fit.
const TEXT_DIGITS: usize = 2048;

fn dates(from: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let found: PrimitiveArray<Date32Type> = match from.data_type() {
        DataType::Timestamp(..) => each::<TimestampMicrosecondType, _>(from, |micros| {
            i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok()
        }),
        DataType::Utf8 => read(from, |text| cell::date(text.as_bytes())),
        other => return Err(unexpected(other)),
    };
    Ok(Arc::new(found))
}

fn instants(from: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let midnight = |days: i32| Some(i64::from(days) * MICROS_PER_DAY);
    let found: PrimitiveArray<TimestampMicrosecondType> = match from.data_type() {
        DataType::Date32 => each::<Date32Type, _>(from, midnight),
        DataType::Utf8 => read(from, |text| {
            let iso = text.replacen(' ', "T", 1);
            cell::datetime(iso.as_bytes()).or_else(|| midnight(cell::date(text.as_bytes())?))
        }),
        other => return Err(unexpected(other)),
    };
    Ok(Arc::new(found.with_data_type(shared::contract::instant_type())))
}

fn texts(from: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let found: StringArray = match from.data_type() {
        DataType::Boolean => {
            from.as_boolean().iter().map(|truth| truth.map(|truth| truth.to_string())).collect()
        }
        DataType::Int64 => written::<Int64Type>(from, |value| value.to_string()),
        DataType::Float64 => written::<Float64Type>(from, |value| format!("{value:?}")),
        DataType::Decimal128(_, scale) => {
            let scale = *scale;
            written::<Decimal128Type>(from, move |value| decimal_text(value, scale))
        }
        DataType::Date32 => written::<Date32Type>(from, date_text),
        DataType::Timestamp(..) => written::<TimestampMicrosecondType>(from, instant_text),
        other => return Err(unexpected(other)),
    };
    Ok(Arc::new(found))
}

fn written<T: ArrowPrimitiveType>(
    from: &ArrayRef,
    text: impl Fn(T::Native) -> String,
) -> StringArray {
    from.as_primitive::<T>().iter().map(|value| value.map(&text)).collect()
}

/// A decimal with all its places.
fn decimal_text(value: i128, scale: i8) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let (digits, places) = (value.unsigned_abs(), usize::from(scale.unsigned_abs()));
    let text = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = text.split_at(text.len() - places);
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}
