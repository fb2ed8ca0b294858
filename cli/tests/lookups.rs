//! Reference tables, through the whole dry run: the same at every chunk size.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

#[path = "lookups/keys.rs"]
mod keys;
#[path = "lookups/memory.rs"]
mod memory;

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

/// Orders of products by country and number, in a currency; `countries` is a Parquet file.
fn package(on_missing: &Value) -> Value {
    let key = |fields: Value, table: &str, names: Value| json!({ "fields": fields, "reference": { "resource": table, "fields": names } });
    json!({ "resources": [
        {
            "name": "orders", "path": "orders.csv",
            "schema": {
                "fields": [
                    { "name": "country" }, { "name": "number", "type": "integer" },
                    { "name": "day", "type": "date" }
                ],
                "foreignKeys": [
                    key(json!(["country", "number"]), "products", json!(["land", "no"])),
                    key(json!("country"), "countries", json!("code")),
                    key(json!("day"), "holidays", json!("day"))
                ]
            },
            "sluice": {
                "tolerance": { "rejectedFraction": 1 },
                "enrich": { "lookups": [
                    {
                        "foreignKey": ["country", "number"],
                        "columns": { "product": "name", "price": "price" },
                        "onMissing": on_missing
                    },
                    { "foreignKey": "country", "columns": { "people": "people" } },
                    { "foreignKey": "day", "columns": { "holiday": "name" }, "onMissing": "null" }
                ] },
                "aggregates": [{
                    "name": "rows",
                    "groupBy": ["country", "number", "day", "product", "price", "people", "holiday"],
                    "measures": { "n": "count(*)" }
                }]
            }
        },
        {
            "name": "products", "path": "products.csv", "dialect": { "delimiter": ";" },
            "schema": { "fields": [
                { "name": "land" }, { "name": "no", "type": "integer" }, { "name": "name" },
                { "name": "price", "type": "number", "decimal": { "precision": 9, "scale": 2 }, "decimalChar": "," }
            ] }
        },
        {
            "name": "countries", "path": "countries.parquet", "format": "parquet",
            "schema": { "fields": [{ "name": "code" }, { "name": "people", "type": "integer" }] }
        },
        {
            "name": "holidays", "path": "holidays.csv",
            "schema": { "fields": [{ "name": "day", "type": "date", "format": "%d.%m.%Y" }, { "name": "name" }] }
        }
    ] })
}

fn write_tables(folder: &Path) {
    let text = "land;no;name;price\nde;1;Hut;9,50\nde;2;Uhr;\nfr;1;chapeau;12,00\n";
    std::fs::write(folder.join("products.csv"), text).unwrap();
    std::fs::write(folder.join("holidays.csv"), "day,name\n01.05.2026,May Day\n").unwrap();
    let columns: [(&str, ArrayRef); 3] = [
        ("other", Arc::new(Int32Array::from(vec![0, 0]))),
        ("code", Arc::new(StringArray::from(vec!["de", "fr"]))),
        ("people", Arc::new(Int32Array::from(vec![84, 68]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = std::fs::File::create(folder.join("countries.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn run(folder: &Path, chunk_bytes: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sluice"))
        .args(["check", "--json", "--chunk-bytes", chunk_bytes])
        .arg(folder.join("orders.csv"))
        .arg("--contract")
        .arg(folder.join("datapackage.json"))
        .arg("--output")
        .arg(folder.join("output"))
        .arg("--rejects")
        .arg(folder.join("rejects.csv"))
        .output()
        .unwrap()
}

/// The published rows, as an aggregate of groups of one, and the faults (row and code), which the chunk size must not change.
fn check(on_missing: &Value) -> (String, Vec<(u64, String)>, Value) {
    let folder = tempfile::tempdir().unwrap();
    write_tables(folder.path());
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("datapackage.json"), package(on_missing).to_string()).unwrap();
    let text = "country,number,day\nde,1,2026-05-01\nde,2,2026-05-02\nde,7,2026-05-01\nfr,,2026-05-01\n\
                ,1,\nit,1,2026-05-01\nfr,1,\n";
    std::fs::write(path("orders.csv"), text).unwrap();
    let results = ["1", "20", "4096"].map(|chunk_bytes| {
        let output = run(folder.path(), chunk_bytes);
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let mut rejects = csv::Reader::from_path(path("rejects.csv")).unwrap();
        let faults = rejects.records().map(|record| {
            let record = record.unwrap();
            (record[0].parse().unwrap(), record[2].to_owned())
        });
        let rows = report["outputs"]["aggregates"][0].as_str().unwrap();
        (std::fs::read_to_string(path("output").join(rows)).unwrap(), faults.collect(), report)
    });
    let [first, others @ ..] = results;
    assert!(others.iter().all(|other| *other == first), "the chunk size shows");
    first
}

const HEADER: &str = "country,number,day,product,price,people,holiday,n\n";

#[test]
fn a_row_of_each_table_is_found_by_its_key() {
    let (accepted, faults, report) = check(&json!("reject"));
    let rows = ",1,,,,,,1\nde,1,2026-05-01,Hut,9.50,84,May Day,1\nde,2,2026-05-02,Uhr,,84,,1\n\
                fr,,2026-05-01,,,68,May Day,1\nfr,1,,chapeau,12.00,68,,1\n";
    assert_eq!(accepted, format!("{HEADER}{rows}"));
    let code = || "foreign-key".to_owned();
    assert_eq!(faults, [(4, code()), (7, code()), (7, code())]);
    let used = report["references"].as_object().unwrap();
    let keys: Vec<&str> = used.values().map(|table| table["key"].as_str().unwrap()).collect();
    assert_eq!(keys.len(), 3);
    assert!(keys[0].ends_with("countries.parquet"), "{keys:?}");
    assert!(used.values().all(|table| !table["etag"].as_str().unwrap().is_empty()));
}

#[test]
fn rows_that_name_nothing_have_the_defaults() {
    let (accepted, faults, _) =
        check(&json!({ "default": { "product": "unknown", "price": 0.5 } }));
    let rows = ",1,,,,,,1\nde,1,2026-05-01,Hut,9.50,84,May Day,1\nde,2,2026-05-02,Uhr,,84,,1\n\
                de,7,2026-05-01,unknown,0.50,84,May Day,1\nfr,,2026-05-01,,,68,May Day,1\n\
                fr,1,,chapeau,12.00,68,,1\n";
    assert_eq!(accepted, format!("{HEADER}{rows}"));
    assert_eq!(faults, [(7, "foreign-key".to_owned())], "its country is unknown too");
}

#[test]
fn what_is_wrong_with_a_default_or_a_table_is_told() {
    let folder = tempfile::tempdir().unwrap();
    write_tables(folder.path());
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("orders.csv"), "country,number,day\n").unwrap();
    let fails = |package: Value, expected: &str| {
        std::fs::write(path("datapackage.json"), package.to_string()).unwrap();
        let output = run(folder.path(), "4096");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(expected), "{told}");
    };
    let place = "/resources/0/sluice/enrich/lookups/0/onMissing/default";
    fails(package(&json!({ "default": { "prices": 1 } })), &format!("`{place}/prices`"));
    fails(package(&json!({ "default": { "price": "1.5" } })), &format!("`{place}/price`"));
    fails(package(&json!({ "default": { "price": 1e30 } })), &format!("`{place}/price`"));
    let reject = json!("reject");
    let mut typed = package(&reject);
    typed["resources"][2]["schema"]["fields"][1]["type"] = json!("date");
    fails(typed, "its column `people` is Int32, and the schema's type `date` takes dates");
    let mut free = package(&reject);
    free["resources"][2]["schema"]["fields"][1]["constraints"] = json!({ "minimum": 1 });
    fails(free, "/resources/2/schema/fields/1");
    std::fs::write(path("countries.parquet"), "PAR1").unwrap();
    fails(package(&reject), "it is not a Parquet file that can be read");
}

#[test]
fn an_empty_table_finds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    write_tables(folder.path());
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("products.csv"), "land;no;name;price\n").unwrap();
    std::fs::write(path("orders.csv"), "country,number,day\nde,1,\nde,,\n").unwrap();
    for (on_missing, accepted) in
        [(json!("reject"), 1), (json!("null"), 2), (json!({ "default": { "product": "-" } }), 2)]
    {
        std::fs::write(path("datapackage.json"), package(&on_missing).to_string()).unwrap();
        let output = run(folder.path(), "4096");
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(report["counts"]["acceptedCount"], accepted, "{on_missing}");
    }
}
