//! Types of Parquet files, and their values as those of a field.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Float64Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray, new_null_array};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, TimeUnit};

use crate::cell::{is_day, is_instant};
use crate::contract::FieldType;

const MILLIS_PER_DAY: i64 = 86_400_000;

/// As what a column is read: each text points into what was unpacked, however often it is there.
pub(super) fn plain(column: &DataType) -> DataType {
    if let DataType::Dictionary(_, values) = column {
        return plain(values);
    }
    if column.is_string() { DataType::Utf8View } else { column.clone() }
}

/// Whether values of the type of a column are values of the type of a field: those of them that are not,
/// for they are too large or too fine, are told row by row.
pub(super) fn is_same(column: &DataType, field: &DataType) -> bool {
    if let DataType::Dictionary(_, values) = column {
        return is_same(values, field);
    }
    if let DataType::Decimal128(_, scale) = field {
        let fits = scale_of(column).is_some_and(|own| own <= *scale);
        return fits || column.is_integer() || column.is_null();
    }
    if matches!(field, DataType::Timestamp(..)) {
        return matches!(column, DataType::Timestamp(..) | DataType::Null);
    }
    let is_day = *field == DataType::Date32 && *column == DataType::Date64;
    let kinds = [DataType::is_string, DataType::is_floating, DataType::is_integer];
    let is_kind = kinds.iter().any(|is_kind| is_kind(column) && is_kind(field));
    column == field || is_day || is_kind || column.is_null()
}

/// What columns have values of the type of a field.
#[allow(clippy::wildcard_enum_match_arm, reason = "arrow has far more types than a field")]
pub(super) fn expected(field: &DataType) -> &'static str {
    match field {
        DataType::Boolean => "truth values",
        DataType::Int64 => "whole numbers",
        DataType::Float64 => "floats and doubles",
        DataType::Decimal128(..) => "whole numbers, and decimals of no more places",
        DataType::Date32 => "dates",
        DataType::Timestamp(..) => "timestamps",
        _ => "texts",
    }
}

/// Whether all values of the type of a column, which is the same, are values of a field.
pub(super) fn is_always(column: &DataType, field: &FieldType) -> bool {
    if let DataType::Dictionary(_, values) = column {
        return is_always(values, field);
    }
    let is_integer = matches!(field, FieldType::Integer(_)) && *column != DataType::UInt64;
    let is_free = matches!(column, DataType::Boolean | DataType::Null);
    is_integer || is_free || column.is_string() || column.is_floating()
}

/// Digits behind the point.
fn scale_of(decimal: &DataType) -> Option<i8> {
    if let DataType::Decimal32(_, scale)
    | DataType::Decimal64(_, scale)
    | DataType::Decimal128(_, scale) = decimal
    {
        Some(*scale)
    } else {
        None
    }
}

/// The same values in the type of the field; null for what it does not hold.
pub(super) fn typed(column: &ArrayRef, field_type: &FieldType) -> Result<ArrayRef, ArrowError> {
    let data_type = field_type.data_type();
    if column.data_type().is_null() {
        return Ok(new_null_array(&data_type, column.len()));
    }
    if let Some(texts) = column.as_string_view_opt() {
        // Not every writer says that a text is one, and what it does not say is not checked.
        let texts = texts.clone().to_binary_view().to_string_view()?;
        return cast(&texts, &data_type);
    }
    if let (DataType::Timestamp(..), DataType::Timestamp(unit, _)) =
        (&data_type, column.data_type())
    {
        let instants = instants(column, *unit);
        return Ok(Arc::new(
            instants
                .unary_opt::<_, TimestampMicrosecondType>(|at| is_instant(at).then_some(at))
                .with_data_type(data_type),
        ));
    }
    if let Some(instants) = column.as_primitive_opt::<Date64Type>() {
        return Ok(Arc::new(instants.unary_opt::<_, Date32Type>(whole_days)));
    }
    let values = cast(column, &data_type)?;
    if data_type == DataType::Date32 {
        let days = values.as_primitive::<Date32Type>();
        let kept = days.unary_opt::<_, Date32Type>(|day| is_day(day).then_some(day));
        return Ok(Arc::new(kept));
    }
    if *field_type == FieldType::Year {
        let years = values.as_primitive::<Int64Type>();
        let kept =
            years.unary_opt::<_, Int64Type>(|year| (0..=9999).contains(&year).then_some(year));
        return Ok(Arc::new(kept));
    }
    let Some(numbers) = values.as_primitive_opt::<Float64Type>() else { return Ok(values) };
    // One zero and one NaN, as the readers of texts give them.
    let normal = |number: f64| if number.is_nan() { f64::NAN } else { number + 0.0 };
    Ok(Arc::new(numbers.unary::<_, Float64Type>(normal)))
}

/// Days since 1970-01-01 of a midnight, in milliseconds.
fn whole_days(millis: i64) -> Option<i32> {
    let days = i32::try_from(millis / MILLIS_PER_DAY).ok()?;
    (millis % MILLIS_PER_DAY == 0 && is_day(days)).then_some(days)
}

/// Microseconds. Of a column without a zone too these are taken as instants of UTC, as in a text without one.
fn instants(column: &ArrayRef, unit: TimeUnit) -> PrimitiveArray<TimestampMicrosecondType> {
    match unit {
        TimeUnit::Second => micros::<TimestampSecondType>(column, |at| at.checked_mul(1_000_000)),
        TimeUnit::Millisecond => {
            micros::<TimestampMillisecondType>(column, |at| at.checked_mul(1000))
        }
        TimeUnit::Microsecond => micros::<TimestampMicrosecondType>(column, Some),
        TimeUnit::Nanosecond => {
            micros::<TimestampNanosecondType>(column, |at| (at % 1000 == 0).then_some(at / 1000))
        }
    }
}

fn micros<T: ArrowPrimitiveType<Native = i64>>(
    column: &ArrayRef,
    to_micros: impl Fn(i64) -> Option<i64>,
) -> PrimitiveArray<TimestampMicrosecondType> {
    column.as_primitive::<T>().unary_opt(to_micros)
}
