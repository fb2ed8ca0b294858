//! Readers that pass over parts by what the log says of them find every row that they are asked for.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a helper of tests may fail like a test")]

#[path = "local/reader.rs"]
#[expect(dead_code, reason = "shared with tests that use more of it")]
mod reader;
#[path = "local/venv.rs"]
mod venv;

use std::fmt::Write as _;
use std::process::Command;

use serde_json::json;

/// One of each type that is published; each value stands beside a null, and parts hold few of them. What
/// has no bounds that JSON can tell (the infinities, the last moment of all, the highest texts) stands in
/// parts of its own and in common ones.
const VALUES: [[&str; 8]; 8] = [
    [
        "-9223372036854775808",
        "-99999999999999999999.99",
        "-1.50",
        "-INF",
        "false",
        "0001-01-01",
        "0001-01-01T00:00:00Z",
        "a",
    ],
    [
        "-9007199254740993",
        "-12345678901234567.89",
        "-0.05",
        "-1e308",
        "true",
        "1969-12-31",
        "1969-12-31T23:59:59.999999Z",
        "\u{e9}",
    ],
    ["-1", "-0.01", "0.00", "-0.5", "false", "1970-01-01", "1970-01-01T00:00:00.000001Z", "zebra"],
    [
        "0",
        "0.00",
        "0.01",
        "0",
        "true",
        "2000-02-29",
        "2000-02-29T12:00:00.5Z",
        "a long text of which no more than a beginning is in the log",
    ],
    ["1", "0.01", "2.50", "0.1", "false", "2013-01-01", "2013-01-01T05:00:00Z", "\u{10ffff}"],
    [
        "9007199254740992",
        "12345678901234567.88",
        "3.50",
        "5e-324",
        "true",
        "2038-01-20",
        "2038-01-19T03:14:08Z",
        "{last}",
    ],
    [
        "9007199254740993",
        "12345678901234567.89",
        "1234567.89",
        "1e308",
        "true",
        "9999-12-30",
        "9999-12-31T23:59:59.999Z",
        "{last}x",
    ],
    [
        "9223372036854775807",
        "99999999999999999999.99",
        "9999999.99",
        "INF",
        "true",
        "9999-12-31",
        "9999-12-31T23:59:59.999999Z",
        "Z",
    ],
];

const COLUMNS: [&str; 8] = ["whole", "long", "price", "number", "flag", "day", "at", "text"];

#[test]
fn filters_find_the_rows_of_every_type() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let decimal = |precision, scale| json!({ "precision": precision, "scale": scale });
    let fields = json!([
        { "name": "id", "type": "integer", "constraints": { "required": true } },
        { "name": "whole", "type": "integer" },
        { "name": "long", "type": "number", "decimal": decimal(22, 2) },
        { "name": "price", "type": "number", "decimal": decimal(9, 2) },
        { "name": "number", "type": "number" },
        { "name": "flag", "type": "boolean" },
        { "name": "day", "type": "date" },
        { "name": "at", "type": "datetime" },
        { "name": "text", "type": "string" },
    ]);
    let contract =
        json!({ "resources": [{ "name": "r", "path": "r.csv", "schema": { "fields": fields } }] });
    std::fs::write(path("datapackage.json"), contract.to_string()).unwrap();
    std::fs::write(path("r.csv"), rows()).unwrap();

    let output = Command::new(env!("CARGO_BIN_EXE_sluice"))
        .arg("check")
        .arg(path("r.csv"))
        .arg("--contract")
        .arg(path("datapackage.json"))
        .args(["--chunk-bytes", "500", "--output"])
        .arg(path("out"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    reader::assert_filters(&path("out/published/r"), &COLUMNS);
}

/// Each value in a part that others of its column share, then each among nulls alone.
fn rows() -> String {
    let mut text = format!("id,{}\n", COLUMNS.join(","));
    let mut id = 0;
    let mut row = |cells: &[String]| {
        id += 1;
        writeln!(text, "{id},{}", cells.join(",")).unwrap();
    };
    let value = |row: usize, column: usize| {
        let value = VALUES.get(row % VALUES.len()).and_then(|row| row.get(column)).unwrap();
        value.replace("{last}", &"\u{10ffff}".repeat(33))
    };
    for start in 0..VALUES.len() {
        for at in 0..6 {
            row(&(0..COLUMNS.len())
                .map(|column| value(start + at / 2, column))
                .collect::<Vec<_>>());
        }
    }
    for column in 0..COLUMNS.len() {
        for at in 0..VALUES.len() {
            for _ in 0..3 {
                let mut cells = vec![String::new(); COLUMNS.len()];
                *cells.get_mut(column).unwrap() = value(at, column);
                row(&cells);
            }
        }
    }
    text
}
