//! The results of an aggregate as files.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use crate::error::AggregateError;

/// The rows as CSV (RFC 4180, UTF-8) with a header: nulls are empty, doubles the shortest text that
/// reads as the same double.
pub(crate) fn to_csv(rows: &RecordBatch) -> Result<Vec<u8>, AggregateError> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(rows.schema().fields().iter().map(|field| field.name()))?;
    let options = FormatOptions::default();
    let columns = rows.columns().iter();
    let texts: Vec<ArrayFormatter<'_>> = columns
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
        .collect::<Result<_, ArrowError>>()?;
    let mut record = csv::StringRecord::new();
    for row in 0..rows.num_rows() {
        record.clear();
        for (column, text) in rows.columns().iter().zip(&texts) {
            match column.as_primitive_opt::<Float64Type>() {
                Some(numbers) if column.is_valid(row) => {
                    record.push_field(&format!("{:?}", numbers.value(row)));
                }
                _ => record.push_field(&text.value(row).to_string()),
            }
        }
        writer.write_record(&record)?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()).into())
}

/// The rows as a Parquet file.
pub(crate) fn to_parquet(rows: &RecordBatch) -> Result<Vec<u8>, ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), rows.schema(), Some(properties))?;
    writer.write(rows)?;
    writer.into_inner()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray,
        TimestampMicrosecondArray,
    };
    use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

    use super::*;

    fn rows() -> RecordBatch {
        let instants = TimestampMicrosecondArray::from(vec![Some(1_500_000), None]);
        let columns: [(&str, ArrayRef); 6] = [
            ("a,b", Arc::new(StringArray::from(vec![Some("x\"y\nz"), None]))),
            ("i", Arc::new(Int64Array::from(vec![Some(-1), None]))),
            ("n", Arc::new(Float64Array::from(vec![Some(0.1), Some(2001.0)]))),
            ("b", Arc::new(BooleanArray::from(vec![Some(true), None]))),
            ("d", Arc::new(Date32Array::from(vec![Some(0), None]))),
            ("t", Arc::new(instants.with_timezone("UTC"))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    #[test]
    fn csv_is_rfc_4180_with_empty_nulls() {
        let text = String::from_utf8(to_csv(&rows()).unwrap()).unwrap();
        let expected = "\"a,b\",i,n,b,d,t\n\
            \"x\"\"y\nz\",-1,0.1,true,1970-01-01,1970-01-01T00:00:01.500Z\n\
            ,,2001.0,,,\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn parquet_keeps_the_rows() {
        let bytes = to_parquet(&rows()).unwrap();
        let reader = ParquetRecordBatchReader::try_new(bytes::Bytes::from(bytes), 100).unwrap();
        let read: Vec<_> = reader.collect::<Result<_, _>>().unwrap();
        assert_eq!(read[0].columns(), rows().columns());
    }
}
