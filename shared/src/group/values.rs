//! Values of any column as integers of the same order, and back; texts as they are.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float64Type, Int64Type,
    TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, PrimitiveArray};
use arrow_schema::{ArrowError, DataType};

use super::keys::Id;
use super::wide_sum::WideSum;

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

/// The same, with the nearest doubles of numbers.
#[allow(clippy::cast_precision_loss, reason = "the nearest doubles")]
pub(super) fn each_double(
    column: &ArrayRef,
    ids: &[Id],
    mut add: impl FnMut(Id, f64),
) -> Result<(), ArrowError> {
    if let Some(array) = column.as_primitive_opt::<Float64Type>() {
        each(array, ids, add);
    } else if let Some(array) = column.as_primitive_opt::<Int64Type>() {
        each(array, ids, |id, value| add(id, value as f64));
    } else {
        let array = column.as_primitive_opt::<Decimal128Type>().ok_or_else(no_number)?;
        let (scale, divisors) = (array.scale().into(), powers_of_ten(array.scale()));
        each(array, ids, |id, value| {
            // Where both are exact as doubles, their quotient is the nearest (Clinger 1990).
            let is_small = value.unsigned_abs() < 1 << f64::MANTISSA_DIGITS && scale <= 22;
            let nearest = || WideSum::from(value).by(&divisors);
            add(id, if is_small { value as f64 / 10_f64.powi(scale) } else { nearest() });
        });
    }
    Ok(())
}

/// The numbers of 64 bits whose product is 10^`scale`.
pub(super) fn powers_of_ten(scale: i8) -> Vec<u64> {
    let (scale, most) = (scale.unsigned_abs().into(), u64::MAX.ilog10());
    let places = (0..scale).step_by(most as usize).map(|done| most.min(scale - done));
    places.map(|places| 10_u64.pow(places)).collect()
}

/// The same, with texts.
pub(super) fn each_text(
    column: &ArrayRef,
    ids: &[Id],
    mut add: impl FnMut(Id, &str),
) -> Result<(), ArrowError> {
    let array = column.as_string_opt::<i32>().ok_or_else(|| unordered(column.data_type()))?;
    for (&id, value) in ids.iter().zip(array) {
        if let Some(value) = value {
            add(id, value);
        }
    }
    Ok(())
}

/// The same, with integers in the order of the values, which are of any type but text.
pub(super) fn each_ordinal(
    column: &ArrayRef,
    ids: &[Id],
    mut add: impl FnMut(Id, i128),
) -> Result<(), ArrowError> {
    if let Some(array) = column.as_primitive_opt::<Int64Type>() {
        each(array, ids, |id, value| add(id, value.into()));
    } else if let Some(array) = column.as_primitive_opt::<Float64Type>() {
        each(array, ids, |id, value| add(id, ordinal(value.to_bits()).into()));
    } else if let Some(array) = column.as_primitive_opt::<Decimal128Type>() {
        each(array, ids, add);
    } else if let Some(array) = column.as_primitive_opt::<Date32Type>() {
        each(array, ids, |id, value| add(id, value.into()));
    } else if let Some(array) = column.as_primitive_opt::<TimestampMicrosecondType>() {
        each(array, ids, |id, value| add(id, value.into()));
    } else if let Some(array) = column.as_boolean_opt() {
        for (&id, value) in ids.iter().zip(array) {
            if let Some(value) = value {
                add(id, value.into());
            }
        }
    } else {
        return Err(unordered(column.data_type()));
    }
    Ok(())
}

/// The values of integers as [`each_ordinal`] gave them, as an array of that type.
pub(super) fn array_of_ordinals(
    values: impl Iterator<Item = Option<i128>> + Clone,
    data_type: &DataType,
) -> Result<ArrayRef, ArrowError> {
    let small = values.clone().map(|value| i64::try_from(value?).ok());
    match Some(data_type) {
        Some(DataType::Int64) => Ok(primitive::<Int64Type>(small, data_type)),
        Some(DataType::Float64) => Ok(Arc::new(small.map(double).collect::<Float64Array>())),
        Some(DataType::Decimal128(..)) => Ok(primitive::<Decimal128Type>(values, data_type)),
        Some(DataType::Date32) => {
            let days = small.map(|value| i32::try_from(value?).ok());
            Ok(primitive::<Date32Type>(days, data_type))
        }
        Some(DataType::Timestamp(..)) => {
            Ok(primitive::<TimestampMicrosecondType>(small, data_type))
        }
        Some(DataType::Boolean) => {
            let values = values.map(|value| value.map(|value| value != 0));
            Ok(Arc::new(values.collect::<BooleanArray>()))
        }
        _ => Err(unordered(data_type)),
    }
}

/// The bits of a double as an integer, in the total order of IEEE 754, or back.
fn ordinal(bits: u64) -> i64 {
    let bits = bits.cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

fn double(value: Option<i64>) -> Option<f64> {
    value.map(|value| f64::from_bits(ordinal(value.cast_unsigned()).cast_unsigned()))
}

fn primitive<T: ArrowPrimitiveType>(
    values: impl Iterator<Item = Option<T::Native>>,
    data_type: &DataType,
) -> ArrayRef {
    Arc::new(values.collect::<PrimitiveArray<T>>().with_data_type(data_type.clone()))
}

fn unordered(data_type: &DataType) -> ArrowError {
    ArrowError::InvalidArgumentError(format!("no value is the least of {data_type}"))
}

pub(super) fn no_number() -> ArrowError {
    ArrowError::InvalidArgumentError("a column to be summed is no number".to_owned())
}

#[cfg(test)]
mod tests {
    use arrow_array::Decimal128Array;

    use super::*;

    #[test]
    fn decimals_are_read_as_the_nearest_doubles() {
        for (value, scale, expected) in [
            (-12_345, 3, -12.345),
            (1, 38, 1e-38),
            (690_456_645_300_709_650, 8, 6_904_566_453.007_096),
            (10_i128.pow(38) - 1, 0, 1e38),
            (9_007_199_254_740_993, 1, 900_719_925_474_099.3),
            (1 - 10_i128.pow(38), 30, -1e8),
        ] {
            let array = Decimal128Array::from(vec![value]).with_precision_and_scale(38, scale);
            let column: ArrayRef = Arc::new(array.unwrap());
            let mut found = Vec::new();
            each_double(&column, &[0], |_, value| found.push(value)).unwrap();
            assert_eq!(found, [expected], "{value} {scale}");
        }
    }
}
