//! The results of an aggregate as files.

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

/// The rows as CSV (RFC 4180, UTF-8) with a header: a null is empty, an empty text `""`, and doubles are the shortest
/// text that reads as the same double. A null that is all of a row is `""` too, since most readers pass over blank
/// lines.
pub(crate) fn to_csv(rows: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let mut out = Vec::new();
    write_record(rows.schema().fields().iter().map(|field| Some(field.name().as_str())), &mut out);
    let options = FormatOptions::default();
    let columns = rows.columns().iter();
    let formatters: Vec<ArrayFormatter<'_>> = columns
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
        .collect::<Result<_, _>>()?;
    for row in 0..rows.num_rows() {
        let columns = rows.columns().iter().zip(&formatters);
        let texts: Vec<Option<String>> =
            columns.map(|(column, formatter)| text(column, formatter, row)).collect();
        write_record(texts.iter().map(Option::as_deref), &mut out);
    }
    Ok(out)
}

/// A value as text; None of a null.
fn text(column: &ArrayRef, formatter: &ArrayFormatter<'_>, row: usize) -> Option<String> {
    let numbers = column.as_primitive_opt::<Float64Type>();
    let text = || match numbers {
        Some(numbers) => format!("{:?}", numbers.value(row)),
        None => formatter.value(row).to_string(),
    };
    column.is_valid(row).then(text)
}

/// Appends a record.
fn write_record<'a>(cells: impl ExactSizeIterator<Item = Option<&'a str>>, out: &mut Vec<u8>) {
    let is_lone = cells.len() == 1;
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        match cell {
            None if is_lone => out.extend_from_slice(b"\"\""),
            None => {}
            Some(cell) => write_cell(cell, out),
        }
    }
    out.push(b'\n');
}

fn write_cell(cell: &str, out: &mut Vec<u8>) {
    if !cell.is_empty() && !cell.contains([',', '"', '\n', '\r']) {
        out.extend_from_slice(cell.as_bytes());
        return;
    }
    out.push(b'"');
    out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
    out.push(b'"');
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
        BooleanArray, Date32Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
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

    #[track_caller]
    fn check(rows: &RecordBatch, expected: &str) {
        let bytes = to_csv(rows).unwrap();
        assert_eq!(std::str::from_utf8(&bytes).unwrap(), expected);
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), rows.num_rows(), "no reader passes over a row");
    }

    #[test]
    fn csv_is_rfc_4180_with_empty_nulls() {
        let expected = "\"a,b\",i,n,b,d,t\n\
            \"x\"\"y\nz\",-1,0.1,true,1970-01-01,1970-01-01T00:00:01.500Z\n\
            ,,2001.0,,,\n";
        check(&rows(), expected);
    }

    #[test]
    fn csv_tells_nulls_from_empty_texts() {
        let texts =
            |texts: &[Option<&str>]| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
        let values = texts(&[Some(""), None, Some("\r"), Some(" a")]);
        let two = [("", texts(&[None, Some(""), Some("\""), None])), ("b", Arc::clone(&values))];
        let two = RecordBatch::try_from_iter(two).unwrap();
        check(&two, "\"\",b\n,\"\"\n\"\",\n\"\"\"\",\"\r\"\n, a\n");
        let one = RecordBatch::try_from_iter([("b", values)]).unwrap();
        check(&one, "b\n\"\"\n\"\"\n\"\r\"\n a\n");
    }

    #[test]
    fn parquet_keeps_the_rows() {
        let bytes = to_parquet(&rows()).unwrap();
        let reader = ParquetRecordBatchReader::try_new(bytes::Bytes::from(bytes), 100).unwrap();
        let read: Vec<_> = reader.collect::<Result<_, _>>().unwrap();
        assert_eq!(read[0].columns(), rows().columns());
    }
}
