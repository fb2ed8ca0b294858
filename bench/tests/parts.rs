//! The program, over a small file.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

const CONTRACT: &str = r#"{"resources": [{"name": "t", "path": "t.csv", "schema": {"fields": [
    {"name": "n", "type": "integer"},
    {"name": "money", "type": "number", "decimal": {"precision": 15, "scale": 2}},
    {"name": "day", "type": "date"},
    {"name": "text", "type": "string"}]}}]}"#;

const FILE: &str = "n,money,day,text\n1,0.05,1970-01-02,a\n2,-1.10,1969-12-31,\"b,\nc\"\n\
    x,1.00,2000-01-01,rejected\n3,,1970-01-01,\n";

/// What `sha256sum` prints for it.
const SHA256: &str = "d1e6a9123cb8660413c096cdeb796ea76cf240adedde893082d3ea74a8a36eb0";

/// Runs a part in that folder.
fn run(part: &str, folder: &Path) -> Value {
    std::fs::write(folder.join("contract.json"), CONTRACT).unwrap();
    std::fs::write(folder.join("t.csv"), FILE).unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_bench"))
        .current_dir(folder)
        .args([
            part,
            "t.csv",
            "--contract",
            "contract.json",
            "--chunk-bytes",
            "30",
            "--output",
            ".",
        ])
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let mut found: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let seconds = found.as_object_mut().unwrap().remove("seconds").unwrap();
    assert!(seconds["cpu"].as_f64().unwrap() > 0.0 && seconds["wall"].as_f64().unwrap() > 0.0);
    found
}

#[test]
fn each_part_tells_what_it_found() {
    let folder = tempfile::tempdir().unwrap();
    let columns = json!({
        "n": {"count": 3, "sum": "6"},
        "money": {"count": 2, "sum": "-1.05"},
        "day": {"count": 3, "bounds": [-1, 1]},
        "text": {"count": 2, "text_len": 5},
    });
    let bytes = FILE.len();
    for part in ["scan", "scan-alone"] {
        let expected = json!({"part": part, "bytes": bytes, "rows": 4, "rejected": 0,
            "sha256": SHA256, "columns": {}});
        assert_eq!(run(part, folder.path()), expected);
    }
    for part in ["parse", "parquet"] {
        let expected = json!({"part": part, "bytes": bytes, "rows": 3, "rejected": 1,
            "columns": columns});
        assert_eq!(run(part, folder.path()), expected);
    }
    let written = std::fs::read_dir(folder.path()).unwrap();
    let names = written.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.filter(|name| name.ends_with(".parquet")).count() > 1, "a file for each chunk");
}
