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
    Integer(i64),
    Number(f64),
    Text(&'a [u8]),
}

/// The statistics that the Parquet writer has made anyway, for all row groups at once.
pub(super) fn statistics(
    schema: &SchemaRef,
    metadata: &ParquetMetaData,
    row_count: u64,
    has_nan: &[bool],
) -> Stats {
    let mut found = Stats { record_count: row_count, ..Stats::default() };
    let columns = schema.fields().iter().zip(has_nan).enumerate().take(STATS_COLUMNS);
    for (at, (field, has_nan)) in columns {
        let groups = metadata.row_groups().iter();
        let columns: Vec<Option<&Statistics>> =
            groups.map(|group| group.columns().get(at).and_then(|c| c.statistics())).collect();
        let nulls = columns.iter().flatten().filter_map(|column| column.null_count_opt()).sum();
        found.null_count.insert(field.name().clone(), nulls);
        if *has_nan {
            continue;
        }
        for (side, values) in
            [(Side::Min, &mut found.min_values), (Side::Max, &mut found.max_values)]
        {
            let bounds = columns.iter().flatten().filter_map(|column| side.bound(column));
            let bound = bounds.reduce(|a, b| side.wider(a, b));
            if let Some(value) = bound.and_then(|bound| to_json(field.data_type(), bound, side)) {
                values.insert(field.name().clone(), value);
            }
        }
    }
    found
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
            Statistics::Int32(values) => {
                let value = *self.of(values.min_opt(), values.max_opt())?;
                Some(Bound::Integer(i64::from(value)))
            }
            Statistics::Int64(values) => {
                Some(Bound::Integer(*self.of(values.min_opt(), values.max_opt())?))
            }
            Statistics::Double(values) => {
                Some(Bound::Number(*self.of(values.min_opt(), values.max_opt())?))
            }
            Statistics::ByteArray(values) => {
                Some(Bound::Text(self.of(values.min_opt(), values.max_opt())?.data()))
            }
            Statistics::Boolean(_)
            | Statistics::Int96(_)
            | Statistics::Float(_)
            | Statistics::FixedLenByteArray(_) => None,
        }
    }
}

/// The bound as the Delta protocol writes it.
fn to_json(data_type: &DataType, bound: Bound<'_>, side: Side) -> Option<Value> {
    match (data_type, bound, side) {
        (DataType::Int64, Bound::Integer(value), _) => Some(value.into()),
        (DataType::Float64, Bound::Number(value), _) => stats::double(value).map(Value::from),
        (DataType::Date32, Bound::Integer(value), _) => {
            stats::date(i32::try_from(value).ok()?).map(Value::from)
        }
        (DataType::Timestamp(..), Bound::Integer(value), Side::Min) => {
            stats::timestamp_min(value).map(Value::from)
        }
        (DataType::Timestamp(..), Bound::Integer(value), Side::Max) => {
            stats::timestamp_max(value).map(Value::from)
        }
        (DataType::Utf8, Bound::Text(text), Side::Min) => {
            Some(stats::string_min(std::str::from_utf8(text).ok()?).into())
        }
        (DataType::Utf8, Bound::Text(text), Side::Max) => {
            stats::string_max(std::str::from_utf8(text).ok()?).map(Value::from)
        }
        _ => None,
    }
}
