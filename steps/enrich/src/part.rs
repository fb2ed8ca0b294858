//! Rows of the published table to one Parquet part and its statistics.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_schema::{DataType, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::statistics::Statistics;
use serde_json::Value;
use shared::stats::{self, Stats};

/// Columns that have statistics in the log: as many as Delta's writers give by default, so that a
/// commit of ten thousand parts stays readable.
const STATS_COLUMNS: usize = 32;

/// A Parquet file that is being written.
#[derive(Debug)]
pub struct PartWriter {
    schema: SchemaRef,
    writer: ArrowWriter<Vec<u8>>,
    row_count: u64,
    /// For each column, whether it holds a NaN, which has no place between two bounds.
    has_nan: Vec<bool>,
}

impl PartWriter {
    /// A file in memory for rows of `schema`.
    ///
    /// # Errors
    /// A type that Parquet does not have; none of ours.
    pub fn new(schema: SchemaRef) -> Result<Self, ParquetError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_created_by(concat!("sluice ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties))?;
        let has_nan = vec![false; schema.fields().len()];
        Ok(PartWriter { schema, writer, row_count: 0, has_nan })
    }

    /// Appends rows.
    ///
    /// # Errors
    /// Rows of another schema.
    pub fn write(&mut self, rows: &RecordBatch) -> Result<(), ParquetError> {
        for (has_nan, column) in self.has_nan.iter_mut().zip(rows.columns()) {
            if let Some(numbers) = column.as_primitive_opt::<Float64Type>() {
                *has_nan |= numbers.iter().flatten().any(f64::is_nan);
            }
        }
        self.row_count += rows.num_rows() as u64;
        self.writer.write(rows)
    }

    /// The file and its statistics; None if it has no rows.
    ///
    /// # Errors
    /// Those of [`write`](Self::write), which may come late.
    pub fn finish(mut self) -> Result<Option<(Bytes, Stats)>, ParquetError> {
        let metadata = self.writer.finish()?;
        let bytes = std::mem::take(self.writer.inner_mut());
        let stats = statistics(&self.schema, &metadata, self.row_count, &self.has_nan);
        Ok((self.row_count > 0).then(|| (Bytes::from(bytes), stats)))
    }
}

/// A value of a column as the writer's statistics hold it.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Bound<'a> {
    Integer(i64),
    Number(f64),
    Text(&'a [u8]),
}

/// The statistics that the Parquet writer has made anyway, for all row groups at once.
fn statistics(
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray,
        TimestampMicrosecondArray,
    };
    use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
    use serde_json::json;
    use shared::contract::instant_type;

    use super::*;

    fn batch() -> RecordBatch {
        let instants = TimestampMicrosecondArray::from(vec![Some(-1), None, Some(1)]);
        let columns: [(&str, ArrayRef); 7] = [
            ("i", Arc::new(Int64Array::from(vec![Some(3), None, Some(-3)]))),
            ("n", Arc::new(Float64Array::from(vec![0.5, 1.5, -1.5]))),
            ("nan", Arc::new(Float64Array::from(vec![0.5, f64::NAN, -1.5]))),
            ("s", Arc::new(StringArray::from(vec!["b", "a", &"é".repeat(40)]))),
            ("b", Arc::new(BooleanArray::from(vec![true, false, true]))),
            ("d", Arc::new(Date32Array::from(vec![0, 1, -1]))),
            ("t", Arc::new(instants.with_timezone("UTC"))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    #[test]
    fn the_part_holds_the_rows_and_the_bounds_hold_the_values() {
        let batch = batch();
        assert_eq!(batch.schema().field(6).data_type(), &instant_type());
        let mut writer = PartWriter::new(batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        let (bytes, stats) = writer.finish().unwrap().unwrap();
        let reader = ParquetRecordBatchReader::try_new(bytes, 100).unwrap();
        let read: Vec<_> = reader.collect::<Result<_, _>>().unwrap();
        assert_eq!(read[0].columns(), batch.columns());
        let expected = json!({
            "recordCount": 3,
            "nullCount": { "i": 1, "n": 0, "nan": 0, "s": 0, "b": 0, "d": 0, "t": 1 },
            "minValues": {
                "i": -3, "n": -1.5, "s": "a", "d": "1969-12-31", "t": "1969-12-31T23:59:59.999Z"
            },
            "maxValues": {
                "i": 3, "n": 1.5, "s": format!("{}ê", "é".repeat(31)), "d": "1970-01-02",
                "t": "1970-01-01T00:00:00.001Z"
            },
        });
        assert_eq!(serde_json::to_value(stats).unwrap(), expected);
    }

    #[test]
    fn several_row_groups_have_common_bounds() {
        let schema = batch().schema();
        let mut writer = PartWriter::new(schema).unwrap();
        writer.write(&batch().slice(0, 1)).unwrap();
        writer.writer.flush().unwrap();
        writer.write(&batch().slice(1, 2)).unwrap();
        let (_, stats) = writer.finish().unwrap().unwrap();
        assert_eq!((&stats.min_values["i"], &stats.max_values["i"]), (&json!(-3), &json!(3)));
        assert_eq!((stats.record_count, stats.null_count["t"]), (3, 1));
    }

    #[test]
    fn no_rows_are_no_part() {
        assert!(PartWriter::new(batch().schema()).unwrap().finish().unwrap().is_none());
    }
}
