//! What the log of the table says of a part, from what its Parquet writer has noted anyway.

use arrow_schema::{DataType, SchemaRef};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;
use serde_json::Value;
use shared::stats::{self, Stats};

use super::STATS_COLUMNS;

/// A value of a column as the writer's statistics hold it.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Bound<'a> {
    Boolean(bool),
    Integer(i128),
    Number(f64),
    Text(&'a [u8]),
}

/// The statistics that the Parquet writer has made anyway, for all row groups at once: those of every
/// column, or the number of rows alone.
pub(super) fn statistics(
    schema: &SchemaRef,
    metadata: &ParquetMetaData,
    row_count: u64,
    has_nan: &[bool],
) -> Stats {
    let row_count_alone = Stats { record_count: row_count, ..Stats::default() };
    let mut found = row_count_alone.clone();
    let columns = schema.fields().iter().zip(has_nan).enumerate().take(STATS_COLUMNS);
    for (at, (field, has_nan)) in columns {
        let Some(groups) = groups(metadata, at) else { return row_count_alone };
        let nulls = groups.iter().map(|group| group.nulls).sum();
        found.null_count.insert(field.name().clone(), nulls);
        if nulls == row_count {
            continue;
        }
        let bound = |side: Side| {
            // One that has values and no bound could hold any.
            let holding = groups.iter().filter(|group| group.nulls < group.row_count);
            let bounds: Vec<_> =
                holding.map(|group| side.bound(group.column)).collect::<Option<_>>()?;
            let bound = bounds.into_iter().reduce(|a, b| side.wider(a, b))?;
            to_json(field.data_type(), bound, side)
        };
        let (Some(min), Some(max), false) = (bound(Side::Min), bound(Side::Max), has_nan) else {
            return row_count_alone;
        };
        found.min_values.insert(field.name().clone(), min);
        found.max_values.insert(field.name().clone(), max);
    }
    found
}

/// What is known of a column in one row group.
struct Group<'m> {
    column: &'m Statistics,
    row_count: u64,
    nulls: u64,
}

/// Those of the column at that position; None where one of them tells nothing.
fn groups(metadata: &ParquetMetaData, at: usize) -> Option<Vec<Group<'_>>> {
    let groups = metadata.row_groups().iter().map(|group| {
        let column = group.columns().get(at)?.statistics()?;
        let row_count = u64::try_from(group.num_rows()).ok()?;
        Some(Group { column, row_count, nulls: column.null_count_opt()? })
    });
    groups.collect()
}

/// Which of the two bounds of a column.
#[derive(Debug, Clone, Copy)]
enum Side {
    Min,
    Max,
}

impl Side {
    fn of<T>(self, min: T, max: T) -> T {
        match self {
            Side::Min => min,
            Side::Max => max,
        }
    }

    /// Of the bounds of two row groups the one that holds for both.
    fn wider<'a>(self, a: Bound<'a>, b: Bound<'a>) -> Bound<'a> {
        if self.of(b < a, b > a) { b } else { a }
    }

    /// The bound in the statistics of one row group.
    fn bound(self, column: &Statistics) -> Option<Bound<'_>> {
        match column {
            Statistics::Boolean(values) => {
                Some(Bound::Boolean(*self.of(values.min_opt(), values.max_opt())?))
            }
            Statistics::Int32(values) => {
                Some(Bound::Integer((*self.of(values.min_opt(), values.max_opt())?).into()))
            }
            Statistics::Int64(values) => {
                Some(Bound::Integer((*self.of(values.min_opt(), values.max_opt())?).into()))
            }
            Statistics::Double(values) => {
                Some(Bound::Number(*self.of(values.min_opt(), values.max_opt())?))
            }
            Statistics::ByteArray(values) => {
                Some(Bound::Text(self.of(values.min_opt(), values.max_opt())?.data()))
            }
            Statistics::FixedLenByteArray(values) => {
                let bytes = self.of(values.min_opt(), values.max_opt())?.data();
                Some(Bound::Integer(big_endian(bytes)?))
            }
            Statistics::Int96(_) | Statistics::Float(_) => None,
        }
    }
}

/// A whole number in two's complement, the first byte the highest, as decimals of many digits are.
fn big_endian(bytes: &[u8]) -> Option<i128> {
    let negative = bytes.first()? >> 7 == 1;
    let mut whole = [if negative { 0xff } else { 0 }; 16];
    let start = whole.len().checked_sub(bytes.len())?;
    whole.get_mut(start..)?.copy_from_slice(bytes);
    Some(i128::from_be_bytes(whole))
}

/// The bound as the Delta protocol writes it.
fn to_json(data_type: &DataType, bound: Bound<'_>, side: Side) -> Option<Value> {
    match (data_type, bound) {
        (DataType::Boolean, Bound::Boolean(value)) => Some(value.into()),
        (DataType::Int64, Bound::Integer(value)) => Some(i64::try_from(value).ok()?.into()),
        (DataType::Float64, Bound::Number(value)) => stats::double(value).map(Value::from),
        (DataType::Decimal128(precision, scale), Bound::Integer(value)) => {
            let digits = (*precision, *scale);
            side.of(stats::decimal_min(value, digits), stats::decimal_max(value, digits))
                .map(Value::from)
        }
        (DataType::Date32, Bound::Integer(value)) => {
            stats::date(i32::try_from(value).ok()?).map(Value::from)
        }
        (DataType::Timestamp(..), Bound::Integer(value)) => {
            let value = i64::try_from(value).ok()?;
            side.of(stats::timestamp_min(value), stats::timestamp_max(value)).map(Value::from)
        }
        (DataType::Utf8, Bound::Text(text)) => {
            let text = std::str::from_utf8(text).ok()?;
            side.of(Some(stats::string_min(text)), stats::string_max(text)).map(Value::from)
        }
        _ => None,
    }
}
