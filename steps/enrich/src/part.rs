//! Rows of the published table to one Parquet part and its statistics, row group by row group.
//!
//! Invariant: the same batches give the same bytes.
//! Invariant: no more than a row group is held, however many rows there are.

mod encoding;
mod statistics;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_schema::SchemaRef;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use shared::stats::Stats;

use statistics::statistics;

/// Columns that have statistics in the log: as many as Delta's writers give by default, so that a
/// commit of ten thousand parts stays readable.
const STATS_COLUMNS: usize = 32;

/// Rows of a row group, of columns that are not wide.
const GROUP_ROWS: usize = 1 << 17;

/// Bytes of a row group, about.
const GROUP_BYTES: usize = 16 << 20;

/// A Parquet file that is being written.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::{ArrayRef, Int64Array, RecordBatch};
/// use enrich::PartWriter;
/// let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
/// let rows = RecordBatch::try_from_iter([("n", numbers)]).unwrap();
/// let mut part = PartWriter::new(rows.schema());
/// assert!(part.write(&rows).unwrap().is_empty());
/// let (bytes, stats) = part.finish().unwrap().unwrap();
/// assert!(bytes.starts_with(b"PAR1"));
/// assert_eq!(stats.record_count, 2);
/// ```
#[derive(Debug)]
pub struct PartWriter {
    schema: SchemaRef,
    /// There once there are rows.
    writer: Option<ArrowWriter<Vec<u8>>>,
    row_count: u64,
    /// For each column, whether it holds a NaN, which has no place between two bounds.
    has_nan: Vec<bool>,
}

impl PartWriter {
    /// A file of rows of `schema`, without rows yet.
    pub fn new(schema: SchemaRef) -> Self {
        let has_nan = vec![false; schema.fields().len()];
        PartWriter { schema, writer: None, row_count: 0, has_nan }
    }

    /// Takes rows, and gives the bytes of the file that are ready: none before a row group is full.
    ///
    /// # Errors
    /// Rows of another schema; a [`ParquetError`] would be a bug.
    pub fn write(&mut self, rows: &RecordBatch) -> Result<Bytes, ParquetError> {
        if rows.num_rows() == 0 {
            return Ok(Bytes::new());
        }
        for (has_nan, column) in self.has_nan.iter_mut().zip(rows.columns()) {
            if let Some(numbers) = column.as_primitive_opt::<Float64Type>() {
                *has_nan |= numbers.iter().flatten().any(f64::is_nan);
            }
        }
        self.row_count += rows.num_rows() as u64;
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => none.insert(start(rows)?),
        };
        writer.write(rows)?;
        if writer.in_progress_rows() < GROUP_ROWS && writer.in_progress_size() < GROUP_BYTES {
            return Ok(Bytes::new());
        }
        writer.flush()?;
        writer.sync()?;
        Ok(std::mem::take(writer.inner_mut()).into())
    }

    /// The last bytes of the file, and its statistics; None if there are no rows, and so no file.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn finish(self) -> Result<Option<(Bytes, Stats)>, ParquetError> {
        let Some(mut writer) = self.writer else { return Ok(None) };
        let metadata = writer.finish()?;
        let stats = statistics(&self.schema, &metadata, self.row_count, &self.has_nan);
        Ok(Some((std::mem::take(writer.inner_mut()).into(), stats)))
    }
}

/// The writer of a file whose first rows are those.
fn start(rows: &RecordBatch) -> Result<ArrowWriter<Vec<u8>>, ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        // Each page is compressed by itself, from a new start: nothing is gained by pages that are
        // smaller than the writer's limit in bytes, since only row groups have bounds.
        .set_data_page_row_count_limit(GROUP_ROWS)
        .set_created_by(concat!("sluice ", env!("CARGO_PKG_VERSION")).to_owned());
    let properties = encoding::choose(properties, rows).build();
    ArrowWriter::try_new(Vec::new(), rows.schema(), Some(properties))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array,
        StringArray, TimestampMicrosecondArray, UInt32Array,
    };
    use arrow_select::concat::concat_batches;
    use arrow_select::take::take_record_batch;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
    use serde_json::json;
    use shared::contract::instant_type;

    use super::*;

    fn batch() -> RecordBatch {
        let instants = TimestampMicrosecondArray::from(vec![Some(-1), None, Some(1)]);
        let decimals = |values: Vec<Option<i128>>| Decimal128Array::from(values);
        let long = decimals(vec![Some(-12_345_678_901_234_567), None, Some(10_i128.pow(20))]);
        let columns: [(&str, ArrayRef); 10] = [
            ("i", Arc::new(Int64Array::from(vec![Some(3), None, Some(-3)]))),
            ("n", Arc::new(Float64Array::from(vec![0.5, 1.5, -1.5]))),
            ("s", Arc::new(StringArray::from(vec!["b", "a", &"é".repeat(40)]))),
            ("b", Arc::new(BooleanArray::from(vec![true, false, true]))),
            ("d", Arc::new(Date32Array::from(vec![0, 1, -1]))),
            ("t", Arc::new(instants.with_timezone("UTC"))),
            (
                "price",
                Arc::new(
                    decimals(vec![Some(150), Some(-5), None])
                        .with_precision_and_scale(9, 2)
                        .unwrap(),
                ),
            ),
            (
                "sum",
                Arc::new(
                    decimals(vec![Some(1), None, Some(-1)])
                        .with_precision_and_scale(18, 0)
                        .unwrap(),
                ),
            ),
            ("long", Arc::new(long.with_precision_and_scale(38, 2).unwrap())),
            ("none", Arc::new(StringArray::new_null(3))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    /// Writes batches and gives the bytes as they came, and the statistics.
    fn write(batches: impl IntoIterator<Item = RecordBatch>) -> (Vec<Bytes>, Option<Stats>) {
        let mut writer = PartWriter::new(batch().schema());
        let mut pieces = Vec::new();
        for batch in batches {
            pieces.push(writer.write(&batch).unwrap());
        }
        let Some((rest, stats)) = writer.finish().unwrap() else { return (pieces, None) };
        pieces.push(rest);
        (pieces, Some(stats))
    }

    fn read(pieces: &[Bytes]) -> Vec<RecordBatch> {
        let whole = Bytes::from(pieces.concat());
        let reader = ParquetRecordBatchReader::try_new(whole, 1 << 30).unwrap();
        reader.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn the_part_holds_the_rows_and_the_bounds_hold_the_values() {
        let batch = batch();
        assert_eq!(batch.schema().field(5).data_type(), &instant_type());
        let (pieces, stats) = write([batch.clone()]);
        assert_eq!(read(&pieces)[0].columns(), batch.columns());
        let expected = json!({
            "recordCount": 3,
            "nullCount": {
                "i": 1, "n": 0, "s": 0, "b": 0, "d": 0, "t": 1, "price": 1, "sum": 1, "long": 1, "none": 3
            },
            "minValues": {
                "i": -3, "n": -1.5, "s": "a", "b": false, "d": "1969-12-31",
                "t": "1969-12-31T23:59:59.999Z", "price": "-0.05", "sum": "-1", "long": "-123456789012346.00"
            },
            "maxValues": {
                "i": 3, "n": 1.5, "s": format!("{}ê", "é".repeat(31)), "b": true, "d": "1970-01-02",
                "t": "1970-01-01T00:00:00.001Z", "price": "1.50", "sum": "1", "long": "1000000000000000000.00"
            },
        });
        assert_eq!(serde_json::to_value(stats.unwrap()).unwrap(), expected);
    }

    #[test]
    fn one_value_without_a_bound_takes_those_of_all_columns() {
        let last: ArrayRef = Arc::new(StringArray::from(vec!["\u{10ffff}".repeat(33)]));
        let micros = TimestampMicrosecondArray::from(vec![253_402_300_799_999_999]);
        let largest = Decimal128Array::from(vec![10_i128.pow(38) - 1]);
        let columns: [ArrayRef; 5] = [
            Arc::new(Float64Array::from(vec![f64::NAN])),
            Arc::new(Float64Array::from(vec![f64::NEG_INFINITY])),
            last,
            Arc::new(micros.with_timezone("UTC")),
            Arc::new(largest.with_precision_and_scale(38, 0).unwrap()),
        ];
        for column in columns {
            let id: ArrayRef = Arc::new(Int64Array::from(vec![1]));
            let rows = RecordBatch::try_from_iter([("id", id), ("x", column)]).unwrap();
            let mut part = PartWriter::new(rows.schema());
            part.write(&rows).unwrap();
            let (_, stats) = part.finish().unwrap().unwrap();
            assert_eq!(stats, Stats { record_count: 1, ..Stats::default() });
        }
    }

    #[test]
    fn row_groups_leave_as_they_are_full_and_have_common_bounds() {
        let small = batch();
        let at = UInt32Array::from_iter_values((0..1 << 15).map(|at| 2 - at % 2));
        let large = take_record_batch(&small, &at).unwrap();
        let group_count = 3;
        let batch_count = group_count * GROUP_ROWS / large.num_rows();
        let batches = std::iter::once(small.clone()).chain(std::iter::repeat_n(large, batch_count));
        let (pieces, stats) = write(batches.clone());
        assert_eq!(pieces.iter().filter(|piece| !piece.is_empty()).count(), group_count + 1);
        let expected = concat_batches(&small.schema(), &batches.collect::<Vec<_>>()).unwrap();
        let found = concat_batches(&small.schema(), &read(&pieces)).unwrap();
        assert_eq!(found.columns(), expected.columns());
        let stats = stats.unwrap();
        assert_eq!((&stats.min_values["i"], &stats.max_values["i"]), (&json!(-3), &json!(3)));
        assert_eq!(stats.record_count, expected.num_rows() as u64);
        assert_eq!(stats.null_count["t"], expected["t"].null_count() as u64);
    }

    #[test]
    fn no_rows_are_no_part() {
        assert_eq!(write([]), (Vec::new(), None));
        assert_eq!(write([batch().slice(0, 0)]), (vec![Bytes::new()], None));
    }
}
