//! The expected results of the sample files, which were made without this code.

mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use table::read_table;

/// How a file must end.
#[derive(Debug, Deserialize)]
pub(crate) struct Expected {
    pub(crate) outcome: String,
    pub(crate) error: Option<String>,
    pub(crate) read: Option<u64>,
    pub(crate) accepted: Option<u64>,
    pub(crate) rejected: Option<u64>,
    pub(crate) rejects: Vec<Rejected>,
}

/// A fault, without its reason.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Rejected {
    pub(crate) row_number: u64,
    pub(crate) column: String,
    pub(crate) code: String,
}

pub(crate) fn sample_data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-data")
}

/// What is expected of `<dataset>/<file>`.
pub(crate) fn expected(file: &str) -> Expected {
    let path = sample_data().join("expected").join(format!("{file}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The aggregates that are expected of `<dataset>/<file>`, by name.
pub(crate) fn expected_aggregates(file: &str) -> BTreeMap<String, PathBuf> {
    let Ok(folder) = sample_data().join("expected").join(file).read_dir() else {
        return BTreeMap::new();
    };
    let paths = folder.map(|entry| entry.unwrap().path());
    let csv = paths.filter(|path| path.extension().is_some_and(|extension| extension == "csv"));
    csv.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

/// Rejects as they stand in a reject file.
pub(crate) fn read_rejects(path: &Path) -> Vec<Rejected> {
    csv::Reader::from_path(path).unwrap().deserialize().map(|reject| reject.unwrap()).collect()
}

/// Two CSV files whose cells are equal: numbers as the same double or integer, else as text.
#[track_caller]
pub(crate) fn assert_same_cells(found: &Path, expected: &Path) {
    let read = |path: &Path| -> Vec<csv::StringRecord> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
        reader.records().map(|record| record.unwrap()).collect()
    };
    let (found_records, expected_records) = (read(found), read(expected));
    let path = found.display();
    assert_eq!(found_records.len(), expected_records.len(), "{path}");
    for (found, expected) in found_records.iter().zip(&expected_records) {
        assert_eq!(found.len(), expected.len(), "{path}: {found:?} {expected:?}");
        for (found, expected) in found.iter().zip(expected) {
            let same_double = match (found.parse::<f64>(), expected.parse::<f64>()) {
                (Ok(found), Ok(expected)) => found.to_bits() == expected.to_bits(),
                _ => false,
            };
            assert!(same_double || found == expected, "{path}: {found} {expected}");
        }
    }
}

/// The rows against the per-column checks in `expected/<file>/table.json`.
#[track_caller]
pub(crate) fn assert_table(file: &str, rows: Option<&RecordBatch>) {
    let path = sample_data().join("expected").join(file).join("table.json");
    let expected: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let rows = rows.unwrap();
    assert_eq!(rows.num_rows(), expected["rows"], "{file}");
    let columns = expected["columns"].as_array().unwrap();
    let names: Vec<_> = columns.iter().map(|column| column["name"].as_str().unwrap()).collect();
    let schema = rows.schema();
    let found: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(found, names, "{file}");
    for (column, array) in columns.iter().zip(rows.columns()) {
        assert_eq!(&facts(column, array), column, "{file}");
    }
}

/// The same facts of a column as `column` states.
fn facts(column: &Value, array: &ArrayRef) -> Value {
    let mut facts = match column["type"].as_str().unwrap() {
        "integer" => {
            let values: Vec<i64> = array.as_primitive::<Int64Type>().iter().flatten().collect();
            json!({ "distinct": distinct(values.clone()), "min": values.iter().min(),
                    "max": values.iter().max(), "sum": values.iter().sum::<i64>() })
        }
        "number" => {
            let mut values: Vec<f64> =
                array.as_primitive::<Float64Type>().iter().flatten().collect();
            values.sort_by(f64::total_cmp);
            let distinct = distinct(values.iter().map(|value| value.to_bits()).collect());
            json!({ "distinct": distinct, "min": values.first(), "max": values.last(),
                    "sum": exact_sum(&values) })
        }
        "string" => {
            let values: Vec<&str> = array.as_string::<i32>().iter().flatten().collect();
            let byte_len: usize = values.iter().map(|value| value.len()).sum();
            json!({ "distinct": distinct(values.clone()), "min": values.iter().min(),
                    "max": values.iter().max(), "byte_len": byte_len })
        }
        "datetime" => {
            let values: Vec<i64> =
                array.as_primitive::<TimestampMicrosecondType>().iter().flatten().collect();
            let text = |micros: Option<&i64>| {
                let time = chrono::DateTime::from_timestamp_micros(*micros.unwrap()).unwrap();
                time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
            };
            json!({ "distinct": distinct(values.clone()), "min": text(values.iter().min()),
                    "max": text(values.iter().max()) })
        }
        other => panic!("{other}"),
    };
    facts["name"] = column["name"].clone();
    facts["type"] = column["type"].clone();
    facts["count"] = (array.len() - array.null_count()).into();
    facts["nulls"] = array.null_count().into();
    facts
}

/// The correctly rounded sum of doubles of moderate size, through integers: each of the sample is a
/// multiple of 2^-60, and their sum has fewer than 127 bits.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the assertion sees to the one, and the nearest double is wanted of the other"
)]
fn exact_sum(values: &[f64]) -> f64 {
    const SCALE: i32 = 60;
    let sum: i128 = values
        .iter()
        .map(|value| {
            let scaled = value * 2_f64.powi(SCALE);
            assert!(scaled.fract() == 0.0 && scaled.abs() < 2_f64.powi(100), "{value}");
            scaled as i128
        })
        .sum();
    sum as f64 / 2_f64.powi(SCALE)
}

fn distinct<T: Ord>(mut values: Vec<T>) -> usize {
    values.sort();
    values.dedup();
    values.len()
}
