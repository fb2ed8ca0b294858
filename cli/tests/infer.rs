//! `sluice infer`, as its users run it, on the sample files and on awkward ones.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-data")
}

fn sluice(command: &str, file: &Path, arguments: &[&str]) -> Output {
    let mut sluice = Command::new(env!("CARGO_BIN_EXE_sluice"));
    sluice.arg(command).arg(file).args(arguments).output().unwrap()
}

/// The report of a file, which ends with `code`.
#[track_caller]
fn infer(file: &Path, arguments: &[&str], code: i32) -> Value {
    let output = sluice("infer", file, &[&["--json"], arguments].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert_eq!(stderr, "", "with --json everything is in the JSON");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The types of the fields, in order.
fn types(report: &Value) -> Vec<String> {
    let fields = &report["descriptor"]["resources"][0]["schema"]["fields"];
    let types = fields.as_array().unwrap().iter().map(|field| field["type"].as_str().unwrap());
    types.map(str::to_owned).collect()
}

const FLIGHTS: [&str; 19] = [
    "year", "integer", "integer", "integer", "integer", "integer", "integer", "integer", "integer",
    "string", "integer", "string", "string", "string", "integer", "integer", "integer", "integer",
    "datetime",
];

#[test]
fn the_samples_are_of_their_types() {
    for (name, delimiter, encoding, code) in [
        ("2013-01.csv", ",", "utf-8", 0),
        ("quoted.csv", ",", "utf-8", 0),
        ("ragged.csv", ",", "utf-8", 0),
        ("semicolon.csv", ";", "utf-8", 0),
        ("utf-16.csv", ",", "utf-16", 0),
        ("unclosed-quote.csv", ",", "utf-8", 1),
    ] {
        let report = infer(&samples().join("input/flights").join(name), &[], code);
        let resource = &report["descriptor"]["resources"][0];
        assert_eq!(types(&report), FLIGHTS, "{name}");
        assert_eq!(resource["dialect"]["delimiter"], delimiter, "{name}");
        assert_eq!(resource["encoding"], encoding, "{name}");
        assert_eq!(resource["path"], name);
        assert_eq!(report["questions"].as_array().unwrap().len(), usize::try_from(code).unwrap());
    }
}

#[test]
fn an_empty_file_has_no_draft() {
    let file = samples().join("input/flights/empty.csv");
    let output = sluice("infer", &file, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("the file is empty"));
}

/// Writes a file of one's own into a folder.
fn own(text: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Orders 2026.csv");
    std::fs::write(&file, text).unwrap();
    (folder, file)
}

/// Checks the file against its own draft, with that exit code.
#[track_caller]
fn check_draft(file: &Path, arguments: &[&str], code: i32) {
    let folder = tempfile::tempdir().unwrap();
    let contract = folder.path().join("datapackage.json");
    let output = ["--output", contract.to_str().unwrap()];
    let drafted = sluice("infer", file, &[&output, arguments].concat());
    assert!(drafted.stdout.is_empty(), "the descriptor went elsewhere");
    let checked = sluice("check", file, &["--contract", contract.to_str().unwrap()]);
    let told = String::from_utf8_lossy(&checked.stdout);
    let told = format!("{told}{}", String::from_utf8_lossy(&checked.stderr));
    assert_eq!(checked.status.code(), Some(code), "{} {told}", file.display());
}

#[test]
fn the_samples_pass_their_own_drafts() {
    for (name, code) in [
        ("flights/2013-01.csv", 0),
        ("flights/bad-values.csv", 0),
        ("flights/missing-column.csv", 0),
        ("flights/quoted.csv", 0),
        ("flights/ragged.csv", 1),
        ("flights/semicolon.csv", 0),
        ("flights/unclosed-quote.csv", 0),
        ("flights/utf-16.csv", 0),
        ("tides/2013-01.csv", 0),
    ] {
        check_draft(&samples().join("input").join(name), &[], code);
    }
}

#[test]
fn awkward_files_pass_their_own_drafts() {
    let numbered: Vec<String> = (1..40).map(|n| format!("{n};{n},5;Zürich\n")).collect();
    let numbered = numbered.concat();
    for bytes in [
        b"# made by hand\nid,n\n1,NA\n2,7\n".to_vec(),
        b"Report of 2013\n\nid,day\n1,31/12/2013\n2,1/2/2013\n".to_vec(),
        b",a,a\n0,1,yes\n1,3,no\n".to_vec(),
        b"a, b\n1, \"x, y\"\n4, z\n".to_vec(),
        b"a,b\n1,\"x \\\"y\\\", z\"\n2,w\n".to_vec(),
        b"name,n\n\xc5se,1\nx\x80,2\n".to_vec(),
        b"\xfe\xff\0a\0,\0b\0\n\x001\0,\x002".to_vec(),
        format!("id;price;town\n{numbered}").into_bytes(),
        format!("id;price;town\n{numbered}").replace(',', "'").into_bytes(),
    ] {
        let (_folder, file) = own(&bytes);
        check_draft(&file, &[], 0);
    }
}

#[test]
fn a_file_passes_its_own_draft_before_and_after_the_answer() {
    let (_folder, file) = own(b"id;day;at;ok\n1;01/02/2013;2013-01-01T00:00:00Z;true\n2;;;\n");
    check_draft(&file, &[], 0);
    let report = infer(&file, &[], 1);
    assert_eq!(types(&report), ["integer", "string", "datetime", "boolean"]);
    let question = &report["questions"][0];
    assert_eq!(question["target"], "fields/day");
    assert_eq!(question["pointer"], "/resources/0/schema/fields/1");
    let choice = format!("fields/day={}", question["candidates"][0]["value"].as_str().unwrap());
    let chosen = infer(&file, &["--choose", &choice], 0);
    assert_eq!(types(&chosen), ["integer", "date", "datetime", "boolean"]);
    check_draft(&file, &["--choose", &choice], 0);
}

#[test]
fn the_descriptor_is_printed_and_the_rest_beside_it() {
    let (_folder, file) = own(b"id,day\n1,01/02/2013\n");
    let output = sluice("infer", &file, &["--name", "orders"]);
    assert_eq!(output.status.code(), Some(1));
    let descriptor: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(descriptor["name"], "orders");
    assert_eq!(descriptor["resources"][0]["path"], "Orders 2026.csv");
    let told = String::from_utf8(output.stderr).unwrap();
    for line in ["--choose 'fields/day=date:%d/%m/%Y'", "`01/02/2013` is 2013-02-01"] {
        assert!(told.contains(line), "{told}");
    }
}

#[test]
fn what_cannot_be_drafted_is_an_error() {
    let (folder, file) = own(b"id,day\n1,2013-01-01\n");
    let missing = folder.path().join("none");
    let path = file.to_str().unwrap();
    for (file, arguments, message) in [
        (&missing, &[][..], "cannot read"),
        (&file, &["--output", path], "is the file itself"),
        (&file, &["--output", "/nowhere/x.json"], "cannot write"),
        (&file, &["--choose", "fields/none=string"], "names no column"),
        (&file, &["--choose", "fields/day=integer"], "all its cells fit `date`"),
        (&file, &["--choose", "day"], "is no choice"),
    ] {
        let output = sluice("infer", file, arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(message), "{told}");
    }
    assert_eq!(std::fs::read(&file).unwrap(), b"id,day\n1,2013-01-01\n");
}
