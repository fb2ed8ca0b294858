//! Which encoding suits a column, by its first rows.
//!
//! A dictionary of what hardly repeats costs the writer more than all else, and gains nothing.
//! Integers that do not repeat, or lie close together, are packed as differences
//! (`DELTA_BINARY_PACKED`), which is faster than any dictionary and smaller than plain values. All
//! readers know it: Trino since 2019, and with it Athena; Spark since 3.3; arrow, `DuckDB` and Polars.
//! Text without a dictionary is plain: `DELTA_LENGTH_BYTE_ARRAY` saves a tenth of the time and of
//! the bytes of such a column, but Spark 3.3.0 (AWS Glue 4.0) refuses it, and Iceberg's reader did until
//! 2026. `BYTE_STREAM_SPLIT` is refused by more.
//!
//! Invariant: the choice depends on nothing but the rows, and only time and size depend on the choice.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use parquet::basic::Encoding;
use parquet::file::properties::WriterPropertiesBuilder;
use parquet::schema::types::ColumnPath;

/// Rows that the choice is made by.
const SAMPLE_ROWS: usize = 1024;

/// Values that the writer packs as differences with one width for all, about.
const DELTA_BLOCK: usize = 128;

/// Bits of a difference up to which packing is as small as a dictionary after compression.
const SMALL_DELTA_BITS: u32 = 8;

/// The digits of a decimal that Parquet keeps as an integer.
const INTEGER_DIGITS: u8 = 18;

/// Chooses an encoding for each column by the first of its rows.
pub(super) fn choose(
    mut properties: WriterPropertiesBuilder,
    rows: &RecordBatch,
) -> WriterPropertiesBuilder {
    let sample = rows.slice(0, rows.num_rows().min(SAMPLE_ROWS));
    for (field, column) in rows.schema_ref().fields().iter().zip(sample.columns()) {
        let path = || ColumnPath::new(vec![field.name().clone()]);
        let has_dictionary = suits_dictionary(column);
        properties = properties.set_column_dictionary_enabled(path(), has_dictionary);
        if is_integer(column.data_type()) {
            properties = properties.set_column_encoding(path(), Encoding::DELTA_BINARY_PACKED);
        }
    }
    properties
}

/// Whether Parquet keeps values of the type as integers.
fn is_integer(data_type: &DataType) -> bool {
    if let DataType::Decimal128(precision, _) = data_type {
        return *precision <= INTEGER_DIGITS;
    }
    matches!(data_type, DataType::Int64 | DataType::Date32 | DataType::Timestamp(..))
}

fn suits_dictionary(sample: &ArrayRef) -> bool {
    if let Some(text) = sample.as_string_opt::<i32>() {
        let values: Vec<&str> = text.iter().flatten().collect();
        return distinct_if_repeated(values).is_some();
    }
    let Some(values) = numbers(sample) else { return false };
    let delta_bits = is_integer(sample.data_type()).then(|| delta_bits(&values));
    match (distinct_if_repeated(values), delta_bits) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(distinct), Some(delta)) => delta > SMALL_DELTA_BITS && 2 * bits(distinct) <= delta,
    }
}

/// The values of a column of numbers, nulls aside, each as some number of its own.
fn numbers(column: &ArrayRef) -> Option<Vec<i128>> {
    if let Some(values) = column.as_primitive_opt::<Int64Type>() {
        return Some(values.iter().flatten().map(i128::from).collect());
    }
    if let Some(values) = column.as_primitive_opt::<TimestampMicrosecondType>() {
        return Some(values.iter().flatten().map(i128::from).collect());
    }
    if let Some(values) = column.as_primitive_opt::<Date32Type>() {
        return Some(values.iter().flatten().map(i128::from).collect());
    }
    if let Some(values) = column.as_primitive_opt::<Decimal128Type>() {
        return Some(values.iter().flatten().collect());
    }
    let values = column.as_primitive_opt::<Float64Type>()?;
    Some(values.iter().flatten().map(|value| i128::from(value.to_bits())).collect())
}

/// Number of distinct values; None if hardly one of them comes twice. In a column of 4,000 values at
/// random, seven of eight in a sample are distinct.
fn distinct_if_repeated<T: Ord>(mut values: Vec<T>) -> Option<usize> {
    let count = values.len();
    values.sort_unstable();
    values.dedup();
    (values.len() <= count / 8 * 7).then_some(values.len())
}

/// Bits that a difference between neighbours takes, on average over blocks.
fn delta_bits(values: &[i128]) -> u32 {
    let blocks = values.chunks(DELTA_BLOCK);
    let (count, sum) = blocks.filter_map(block_bits).fold((0, 0), |(n, sum), b| (n + 1, sum + b));
    sum / u32::max(count, 1)
}

fn block_bits(block: &[i128]) -> Option<u32> {
    let deltas = || block.iter().zip(block.iter().skip(1)).map(|(a, b)| b - a);
    let range = deltas().max()?.abs_diff(deltas().min()?);
    Some(u128::BITS - range.leading_zeros())
}

/// Bits that tell so many values apart.
fn bits(distinct: usize) -> u32 {
    usize::BITS - distinct.saturating_sub(1).leading_zeros()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
        TimestampMicrosecondArray,
    };
    use parquet::file::properties::WriterProperties;

    use super::*;

    /// What is chosen for a column: whether a dictionary, and what where there is none.
    #[track_caller]
    fn check(column: ArrayRef, has_dictionary: bool, encoding: Option<Encoding>) {
        let rows = RecordBatch::try_from_iter([("c.d", column)]).unwrap();
        let properties = choose(WriterProperties::builder(), &rows).build();
        let path = ColumnPath::new(vec!["c.d".to_owned()]);
        let found = (properties.dictionary_enabled(&path), properties.encoding(&path));
        assert_eq!(found, (has_dictionary, encoding), "{:?}", rows.schema().field(0));
    }

    /// Numbers below `bound` that look like chance.
    fn mixed(bound: i64) -> impl Iterator<Item = i64> + Clone {
        (1..=2000).scan(7_i64, move |state, _| {
            *state = (*state * 48_271) % 2_147_483_647;
            Some(*state % bound)
        })
    }

    #[test]
    fn a_dictionary_is_for_what_repeats() {
        let packed = Some(Encoding::DELTA_BINARY_PACKED);
        let integers = |values: &mut dyn Iterator<Item = i64>| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(values))
        };
        check(integers(&mut (0..2000)), false, packed);
        check(integers(&mut mixed(7)), false, packed);
        check(integers(&mut mixed(1 << 40)), false, packed);
        check(integers(&mut mixed(7).map(|value| value << 40)), true, packed);
        check(integers(&mut std::iter::empty()), false, packed);
        check(
            Arc::new(Int64Array::from(vec![None, Some(i64::MIN), Some(i64::MAX)])),
            false,
            packed,
        );
        let days = mixed(2500).map(|day| i32::try_from(day).unwrap());
        check(Arc::new(Date32Array::from_iter_values(days)), false, packed);
        let midnights = mixed(2500).map(|day| day * 86_400_000_000);
        check(Arc::new(TimestampMicrosecondArray::from_iter_values(midnights)), true, packed);

        let texts = |bound| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(mixed(bound).map(|value| value.to_string())))
        };
        check(texts(300), true, None);
        check(texts(1 << 30), false, None);
        check(Arc::new(StringArray::from(vec![None::<&str>; 9])), true, None);

        let doubles = |bound| -> ArrayRef {
            let values = mixed(bound).map(|value| f64::from(i32::try_from(value).unwrap()));
            Arc::new(Float64Array::from_iter_values(values))
        };
        check(doubles(300), true, None);
        check(doubles(1 << 30), false, None);
        check(Arc::new(BooleanArray::from(vec![true; 9])), false, None);
    }

    #[test]
    fn a_decimal_is_packed_where_parquet_keeps_it_as_an_integer() {
        let decimals = |precision, bound| -> ArrayRef {
            let values = Decimal128Array::from_iter_values(mixed(bound).map(i128::from));
            Arc::new(values.with_precision_and_scale(precision, 2).unwrap())
        };
        check(decimals(18, 1 << 30), false, Some(Encoding::DELTA_BINARY_PACKED));
        check(decimals(19, 1 << 30), false, None);
        check(decimals(19, 300), true, None);
    }
}
