//! Parquet files: what is taken, what is not, and how much is unpacked.

use arrow_array::types::{Date32Type, Decimal128Type, TimestampMicrosecondType};
use arrow_array::{
    Date32Array, Date64Array, Decimal128Array, DictionaryArray, Float64Array, Int32Array,
    Int64Array, NullArray, RecordBatch, StringArray, TimestampNanosecondArray, UInt64Array,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::*;

pub(super) fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, column)| (name, column, true)),
    )
    .unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn columns_of_parquet_become_those_of_the_schema() {
    let bytes = parquet(vec![
        ("other", Arc::new(Int16Array::from(vec![9, 9]))),
        ("at", Arc::new(TimestampNanosecondArray::from(vec![Some(5_000), None]))),
        ("d", Arc::new(Date32Array::from(vec![1, 2]))),
        (
            "m",
            Arc::new(Decimal128Array::from(vec![150, -7]).with_precision_and_scale(9, 1).unwrap()),
        ),
        ("k", Arc::new(LargeStringArray::from(vec!["a", "b"]))),
        ("i", Arc::new(Int16Array::from(vec![Some(1), None]))),
        (
            "t",
            Arc::new(
                vec!["x", "y"]
                    .into_iter()
                    .collect::<DictionaryArray<arrow_array::types::Int32Type>>(),
            ),
        ),
    ]);
    let fields = r#"{"name": "k"}, {"name": "i", "type": "integer"}, {"name": "at", "type": "datetime"},
        {"name": "d", "type": "date"}, {"name": "t"},
        {"name": "m", "type": "number", "decimal": {"precision": 12, "scale": 2}}"#;
    let resource = resource("parquet", fields);
    let mut wanted = wanted(&[0]);
    wanted.fields.extend(1..6);
    let table = ReferenceTable::read(&resource, &wanted, 1 << 20, &bytes.into()).unwrap();
    let [key, int, at, day, text, money] = table.columns.as_slice() else { panic!() };
    assert_eq!((key.as_string::<i32>().value(1), text.as_string::<i32>().value(1)), ("b", "y"));
    assert_eq!((int.as_primitive::<Int64Type>().value(0), int.null_count()), (1, 1));
    assert_eq!(at.as_primitive::<TimestampMicrosecondType>().value(0), 5);
    assert_eq!(at.data_type(), &crate::contract::instant_type());
    assert_eq!(day.as_primitive::<Date32Type>().values(), &[1, 2]);
    assert_eq!(money.as_primitive::<Decimal128Type>().values(), &[1500, -70]);
}

#[test]
fn what_parquet_holds_beyond_the_schema_names_its_rows() {
    let read = |fields: &str, name: &str, column: ArrayRef| {
        let key: ArrayRef = Arc::new(LargeStringArray::from(vec!["a", "b"]));
        let bytes = parquet(vec![("k", key), (name, column)]);
        error(&resource("parquet", &format!(r#"{{"name": "k"}}, {fields}"#)), &[0], &bytes)
    };
    let integer = r#"{"name": "i", "type": "integer", "constraints": {"required": true}}"#;
    for (name, column, expected) in [
        (
            "i",
            Arc::new(UInt64Array::from(vec![1, u64::MAX])) as ArrayRef,
            "row 2 is not of the schema: type-error in column `i`",
        ),
        (
            "i",
            Arc::new(Int16Array::from(vec![None, Some(1)])),
            "row 1 is not of the schema: constraint-error in column `i`",
        ),
        (
            "i",
            Arc::new(LargeStringArray::from(vec!["1", "2"])),
            "its column `i` is LargeUtf8, and the schema's type `integer` takes whole numbers",
        ),
        ("j", Arc::new(Int16Array::from(vec![1, 2])), "it has no column `i`"),
    ] {
        assert_eq!(read(integer, name, column), expected);
    }
    let instant = r#"{"name": "i", "type": "datetime"}"#;
    let nanos = Arc::new(TimestampNanosecondArray::from(vec![1000, 1001]));
    let expected = "row 2 is not of the schema: type-error in column `i`";
    assert_eq!(read(instant, "i", nanos), expected);
    let date = r#"{"name": "i", "type": "date"}"#;
    // The year 10000, and what DuckDB takes for no end.
    for far in [2_932_897, i32::MAX, i32::MIN] {
        let days = Arc::new(Date32Array::from(vec![2_932_896, far]));
        assert_eq!(read(date, "i", days), expected, "{far}");
    }
    let noon = Arc::new(Date64Array::from(vec![86_400_000, 43_200_000]));
    assert_eq!(read(date, "i", noon), expected);
    let years = Arc::new(Int16Array::from(vec![0, 10_000]));
    assert_eq!(read(r#"{"name": "i", "type": "year"}"#, "i", years), expected);
    let packed = TimestampNanosecondArray::from(vec![1000, 1001]);
    let packed = DictionaryArray::new(Int32Array::from(vec![0, 1]), Arc::new(packed));
    assert_eq!(read(instant, "i", Arc::new(packed)), expected);
    let same = parquet(vec![("k", Arc::new(LargeStringArray::from(vec!["a", "a"])))]);
    let expected = "its key `k` is not unique: rows 1 and 2";
    assert_eq!(error(&resource("parquet", r#"{"name": "k"}"#), &[0], &same), expected);
    let told = error(&resource("parquet", r#"{"name": "k"}"#), &[0], b"k\na\n");
    assert_eq!(told, "it is not a Parquet file that can be read");
}

#[test]
fn there_is_one_zero_and_one_nan() {
    let values = Float64Array::from(vec![0.0, -0.0, f64::NAN, -f64::NAN]);
    let keys = LargeStringArray::from(vec!["a", "b", "c", "d"]);
    let bytes = parquet(vec![("k", Arc::new(keys)), ("n", Arc::new(values))]);
    let resource = resource("parquet", r#"{"name": "k"}, {"name": "n", "type": "number"}"#);
    let expected = "its key `n` is not unique: rows 1 and 2; rows 3 and 4";
    assert_eq!(error(&resource, &[1], &bytes), expected);
}

#[test]
fn a_codec_that_is_not_read_is_named() {
    let batch = RecordBatch::try_from_iter([(
        "k",
        Arc::new(LargeStringArray::from(vec!["a", "a"])) as ArrayRef,
    )])
    .unwrap();
    let read = |codec| {
        let mut bytes = Vec::new();
        let properties = WriterProperties::builder().set_compression(codec).build();
        let mut writer =
            ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        error(&resource("parquet", r#"{"name": "k"}"#), &[0], &bytes)
    };
    for codec in
        [Compression::SNAPPY, Compression::LZ4_RAW, Compression::ZSTD(ZstdLevel::default())]
    {
        assert_eq!(read(codec), "its key `k` is not unique: rows 1 and 2");
    }
}

#[test]
fn dates_of_64_bits_and_columns_of_nulls_are_taken() {
    let bytes = parquet(vec![
        ("k", Arc::new(LargeStringArray::from(vec!["a", "b"]))),
        ("d", Arc::new(Date64Array::from(vec![-86_400_000, 86_400_000]))),
        ("i", Arc::new(NullArray::new(2))),
    ]);
    let types = [
        (r#""type": "integer""#, ""),
        (r#""type": "date""#, ""),
        (r#""type": "string""#, ""),
        (r#""type": "number", "decimal": {"precision": 9, "scale": 2}"#, ""),
        (
            r#""type": "integer", "constraints": {"required": true}"#,
            "row 1 is not of the schema: constraint-error in column `i`; \
             row 2 is not of the schema: constraint-error in column `i`",
        ),
    ];
    for (field_type, expected) in types {
        let fields = format!(
            r#"{{"name": "k"}}, {{"name": "d", "type": "date"}}, {{"name": "i", {field_type}}}"#
        );
        let mut wanted = wanted(&[0]);
        wanted.fields.extend([1, 2]);
        let resource = resource("parquet", &fields);
        let read = ReferenceTable::read(&resource, &wanted, 1 << 20, &bytes.clone().into());
        match read {
            Ok(table) => {
                assert_eq!(table.columns[1].as_primitive::<Date32Type>().values(), &[-1, 1]);
                let values = &table.columns[2];
                assert_eq!(values.data_type(), &resource.schema.fields[2].field_type.data_type());
                assert_eq!((values.null_count(), expected), (2, ""), "{field_type}");
            }
            Err(error) => assert_eq!(error.to_string(), expected, "{field_type}"),
        }
    }
}

#[test]
fn a_type_that_is_not_the_schema_s_is_told_with_what_is_expected() {
    let bytes = parquet(vec![
        ("k", Arc::new(LargeStringArray::from(vec!["a"]))),
        ("i", Arc::new(TimestampNanosecondArray::from(vec![0]))),
    ]);
    for (field_type, expected) in [
        (r#""type": "integer""#, "`integer` takes whole numbers"),
        (r#""type": "number""#, "`number` takes floats and doubles"),
        (
            r#""type": "number", "decimal": {"precision": 9, "scale": 2}"#,
            "`number` takes whole numbers, and decimals of no more places",
        ),
        (r#""type": "boolean""#, "`boolean` takes truth values"),
        (r#""type": "date""#, "`date` takes dates"),
        (r#""type": "string""#, "`string` takes texts"),
    ] {
        let resource =
            resource("parquet", &format!(r#"{{"name": "k"}}, {{"name": "i", {field_type}}}"#));
        let expected = format!("its column `i` is Timestamp(ns), and the schema's type {expected}");
        assert_eq!(error(&resource, &[0], &bytes), expected);
    }
}

/// A file of numbers and texts in row groups of that length, which are packed in that way.
fn packed(rows: &[(i64, Option<String>)], group_len: usize, packing: WriterProperties) -> Vec<u8> {
    let numbers: ArrayRef = Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>());
    let texts: ArrayRef =
        Arc::new(rows.iter().map(|row| row.1.as_deref()).collect::<StringArray>());
    let columns = [("i", numbers, true), ("k", texts, true)];
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let properties = packing.into_builder().set_max_row_group_row_count(Some(group_len)).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn plain_or_delta(encoding: Encoding) -> WriterProperties {
    let properties = WriterProperties::builder().set_dictionary_enabled(false);
    properties.set_column_encoding("k".into(), encoding).build()
}

fn packings() -> [WriterProperties; 3] {
    let dictionary = WriterProperties::builder().build();
    let [plain, delta] = [Encoding::PLAIN, Encoding::DELTA_BYTE_ARRAY].map(plain_or_delta);
    [dictionary, plain, delta]
}

/// Batches of some columns are shorter than those of others, and row groups end within both.
#[test]
fn rows_stay_together_however_they_are_packed() {
    let text = |at: usize| (!at.is_multiple_of(5)).then(|| format!("{at}").repeat(at % 700));
    let rows: Vec<(i64, Option<String>)> = (0..).zip((0..20_000).map(text)).collect();
    let fields = r#"{"name": "k"}, {"name": "i", "type": "integer"}"#;
    let resource = resource("parquet", fields);
    let mut wanted = wanted(&[1]);
    wanted.fields.insert(0);
    for packing in packings() {
        for group_len in [999, 16_384, 30_000] {
            let bytes = packed(&rows, group_len, packing.clone());
            let table = ReferenceTable::read(&resource, &wanted, 1 << 30, &bytes.into()).unwrap();
            let texts = table.columns[0].as_string::<i32>();
            assert!(texts.iter().eq(rows.iter().map(|row| row.1.as_deref())), "{group_len}");
            let numbers = table.columns[1].as_primitive::<Int64Type>().values();
            assert!(numbers.iter().eq(rows.iter().map(|row| &row.0)), "{group_len}");
            let text_len: usize = rows.iter().filter_map(|row| Some(row.1.as_ref()?.len())).sum();
            assert_eq!(table.byte_len, text_len as u64 + 20_000 * (4 + 8 + KEY_BYTES));
        }
    }
}
