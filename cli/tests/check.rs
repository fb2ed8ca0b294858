//! `sluice check`, as its users run it, on the sample files.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

mod golden;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use golden::{
    assert_same_cells, assert_table, expected, expected_aggregates, read_rejects, read_table,
    sample_data,
};
use serde_json::Value;

/// Chunk sizes that must make no difference. The good month in the smallest would be 2,500 chunks.
const CHUNK_BYTES: [&str; 3] = ["65536", "16777216", "1000"];

/// One run of the command, and what it left behind.
struct Run {
    folder: tempfile::TempDir,
    output: Output,
}

impl Run {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    fn report(&self) -> Value {
        serde_json::from_slice(&self.output.stdout).unwrap_or_else(|_| panic!("{}", self.stderr()))
    }
}

fn check(file: &Path, contract: &Path, chunk_bytes: &str) -> Run {
    check_with(file, contract, chunk_bytes, &[])
}

/// The same with these variables in the environment.
fn check_with(file: &Path, contract: &Path, chunk_bytes: &str, variables: &[(&str, &str)]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_sluice"))
        .arg("check")
        .arg(file)
        .arg("--contract")
        .arg(contract)
        .args(["--json", "--chunk-bytes", chunk_bytes])
        .arg("--accepted")
        .arg(folder.path().join("accepted.csv"))
        .arg("--rejects")
        .arg(folder.path().join("rejects.csv"))
        .arg("--output")
        .arg(folder.path().join("output"))
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    Run { folder, output }
}

fn check_sample(name: &str, chunk_bytes: &str) -> Run {
    let input = sample_data().join("input/flights").join(name);
    check(&input, &sample_data().join("contracts/flights/datapackage.json"), chunk_bytes)
}

/// Runs the sample at every chunk size, against its goldens and against each other.
#[track_caller]
fn check_golden(name: &str) {
    let file = format!("flights/{name}");
    let expected = expected(&file);
    let is_large = name == "2013-01.csv";
    let sizes = CHUNK_BYTES.iter().take(if is_large { 2 } else { 3 });
    let runs: Vec<Run> = sizes.map(|chunk_bytes| check_sample(name, chunk_bytes)).collect();
    for run in &runs {
        let report = run.report();
        assert_eq!(run.code(), Some(i32::from(expected.outcome == "quarantined")), "{report}");
        assert_eq!(report["outcome"], expected.outcome.as_str());
        assert_eq!(report["error"].as_str(), expected.error.as_deref());
        let count = |name: &str| report["counts"][name].as_u64();
        assert_eq!(count("readCount"), expected.read);
        assert_eq!(count("acceptedCount"), expected.accepted);
        assert_eq!(count("rejectedCount"), expected.rejected);
        if expected.read.is_some() {
            assert_eq!(read_rejects(&run.path("rejects.csv")), expected.rejects);
        }
        assert_accepted(name, run);
        assert_published(&file, run, &report);
    }
    for pair in runs.windows(2) {
        for output in ["accepted.csv", "rejects.csv"] {
            let read = |run: &Run| std::fs::read(run.path(output)).unwrap();
            assert!(read(&pair[0]) == read(&pair[1]), "{output} shows the chunk size");
        }
        let rows = |run: &Run| read_table(&run.path("output/published/flights"), None);
        assert_eq!(rows(&pair[0]), rows(&pair[1]), "the tables show the chunk size");
    }
}

/// A refused file says why, in its report and among the rejects.
#[track_caller]
fn check_fault(name: &str, code: &str) {
    let run = check_sample(name, "1000");
    assert_eq!(run.report()["faults"][0]["code"], code);
    assert_eq!(read_rejects(&run.path("rejects.csv"))[0].code, code);
}

/// The accepted records are those of the file whose row has no reject, as the `csv` crate reads it.
fn assert_accepted(name: &str, run: &Run) {
    let read = |path: &Path| -> Vec<(u64, csv::ByteRecord)> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).unwrap();
        let records = reader.byte_records();
        records.map(|r| r.unwrap()).map(|r| (r.position().unwrap().line(), r)).collect()
    };
    let accepted: Vec<_> =
        read(&run.path("accepted.csv")).into_iter().map(|(_, record)| record).collect();
    if run.report()["counts"].is_null() {
        assert_eq!(accepted.len(), 0, "of a refused file nothing is accepted");
        return;
    }
    let rejected: Vec<u64> =
        read_rejects(&run.path("rejects.csv")).iter().map(|reject| reject.row_number).collect();
    let source = read(&sample_data().join("input/flights").join(name));
    // Where rows are rejected, no sample has a line break inside a field: the line is the row.
    let kept: Vec<_> = source
        .into_iter()
        .filter(|(line, _)| !rejected.contains(line))
        .map(|(_, record)| record)
        .collect();
    assert_eq!(accepted.len(), kept.len());
    for (accepted, kept) in accepted.iter().zip(&kept) {
        assert!(accepted.iter().eq(kept.iter()), "{accepted:?} {kept:?}");
    }
}

fn assert_published(file: &str, run: &Run, report: &Value) {
    let table = run.path("output/published/flights");
    let left = run.path("output").read_dir().unwrap();
    let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    left.retain(|name| {
        !["published", "aggregates", "rejects", "quarantine", "reports"]
            .map(Into::into)
            .contains(name)
    });
    assert!(left.is_empty(), "the work of the steps is removed: {left:?}");
    if report["outcome"] == "quarantined" {
        assert!(!table.join("_delta_log").exists(), "nothing is visible");
        return;
    }
    assert_table(file, read_table(&table, None).as_ref());
    let keys = report["outputs"]["aggregates"].as_array().unwrap();
    let expected = expected_aggregates(file);
    assert_eq!(keys.len(), 2 * expected.len(), "CSV and Parquet of each");
    for (name, golden) in expected {
        let execution = report["execution"].as_str().unwrap();
        let key = format!("output/aggregates/flights/{name}/{execution}.csv");
        assert_same_cells(&run.path(&key), &golden);
    }
}

#[test]
fn the_good_month_is_published() {
    check_golden("2013-01.csv");
}

#[test]
fn quoted_text_is_published_as_it_is() {
    check_golden("quoted.csv");
}

#[test]
fn ragged_rows_are_rejected_and_the_rest_published() {
    check_golden("ragged.csv");
}

#[test]
fn too_many_bad_values_are_quarantined() {
    check_golden("bad-values.csv");
}

#[test]
fn a_missing_column_is_refused() {
    check_golden("missing-column.csv");
    check_fault("missing-column.csv", "missing-label");
}

#[test]
fn another_delimiter_is_refused() {
    check_golden("semicolon.csv");
    check_fault("semicolon.csv", "wrong-delimiter");
}

#[test]
fn an_empty_file_is_refused() {
    check_golden("empty.csv");
    check_fault("empty.csv", "empty-file");
}

#[test]
fn an_unclosed_quote_is_refused() {
    check_golden("unclosed-quote.csv");
    check_fault("unclosed-quote.csv", "unclosed-quote");
}

#[test]
fn utf_16_is_refused() {
    check_golden("utf-16.csv");
    check_fault("utf-16.csv", "encoding-error");
}

/// Writes a contract and a file of one's own into a folder.
fn own(descriptor: &Value, text: &[u8]) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let contract = folder.path().join("datapackage.json");
    let file = folder.path().join("Orders 2026.csv");
    std::fs::write(&contract, descriptor.to_string()).unwrap();
    std::fs::write(&file, text).unwrap();
    (folder, contract, file)
}

fn orders() -> Value {
    serde_json::json!({ "resources": [{
        "name": "Orders, all", "path": "orders.csv",
        "dialect": { "delimiter": ";" },
        "schema": { "fields": [
            { "name": "order id", "type": "integer", "constraints": { "required": true } },
            { "name": "paid", "type": "boolean" },
            { "name": "day", "type": "date" },
            { "name": "at", "type": "time" },
            { "name": "price", "type": "number" }
        ] }
    }] })
}

#[test]
fn every_type_and_an_awkward_name_are_published() {
    let text = b"\xef\xbb\xbforder id;paid;day;at;price\r\n\
        1;true;2026-02-28;09:30:00;0.1\r\n2;0;;23:59:59.5;NaN\r\n";
    let (_folder, contract, file) = own(&orders(), text);
    let run = check(&file, &contract, "10");
    assert_eq!(run.code(), Some(0), "{}", run.stderr());
    let rows = read_table(&run.path("output/published/Orders--all"), None).unwrap();
    assert_eq!(rows.num_rows(), 2);
    assert_eq!(rows.schema().field(0).name(), "order_id");
}

#[test]
fn a_header_alone_is_published_as_no_rows() {
    let (_folder, contract, file) = own(&orders(), b"order id;paid;day;at;price\n");
    let run = check(&file, &contract, "1000");
    assert_eq!(run.code(), Some(0), "{}", run.stderr());
    assert_eq!(run.report()["counts"]["readCount"], 0);
    assert!(run.path("output/published/Orders--all/_delta_log").exists());
}

#[test]
fn without_a_tolerance_one_reject_is_too_many() {
    let text = b"order id;paid;day;at;price\n1;;;;\nx;;;;\n";
    let (_folder, contract, file) = own(&orders(), text);
    let run = check(&file, &contract, "1000");
    assert_eq!(run.code(), Some(1), "{}", run.stderr());
    assert_eq!(run.report()["counts"]["acceptedCount"], 1);
    let accepted = std::fs::read_to_string(run.path("accepted.csv")).unwrap();
    assert_eq!(accepted, "order id,paid,day,at,price\n1,,,,\n");
}

/// A check that cannot be made says so in one line that holds `message`.
#[track_caller]
fn check_fails(file: &Path, contract: &Path, message: &str) {
    let run = check(file, contract, "1000");
    assert_eq!(run.code(), Some(2), "{}", run.stderr());
    assert!(run.stderr().contains(message), "{}", run.stderr());
}

#[test]
fn what_cannot_be_checked_is_an_error() {
    let (folder, contract, file) = own(&orders(), b"");
    let missing = folder.path().join("none");
    check_fails(&missing, &contract, "cannot read");
    check_fails(folder.path(), &contract, "not a file");
    check_fails(&file, &missing, "cannot read");
    check_fails(&file, &file, "not JSON");

    let mut wrong = orders();
    wrong["resources"][0]["schema"]["fields"][1]["type"] = "bool".into();
    std::fs::write(&contract, wrong.to_string()).unwrap();
    check_fails(&file, &contract, "/resources/0/schema/fields/1/type");
}

#[test]
fn a_reference_table_that_cannot_be_used_is_an_error() {
    let mut descriptor = orders();
    descriptor["resources"][0]["schema"]["foreignKeys"] = serde_json::json!([
        { "fields": "order id", "reference": { "resource": "known", "fields": "id" } }
    ]);
    let known = serde_json::json!({ "name": "known", "path": "known.csv",
        "schema": { "fields": [{ "name": "id", "type": "integer" }], "primaryKey": "id" } });
    descriptor["resources"].as_array_mut().unwrap().push(known);
    let (folder, contract, file) = own(&descriptor, b"order id;paid;day;at;price\n1;;;;\n");
    check_fails(&file, &contract, "does not exist");
    for (text, message) in [
        ("id\n1\n1\n", "its key `id` is not unique: rows 2 and 3"),
        ("id\nx\n", "row 2 is not of the schema: type-error in column `id`"),
        ("no\n1\n", "incorrect-label in column 1, expected `id`"),
    ] {
        std::fs::write(folder.path().join("known.csv"), text).unwrap();
        check_fails(&file, &contract, message);
    }
    std::fs::write(folder.path().join("known.csv"), "id\n1\n").unwrap();
    assert_eq!(check(&file, &contract, "1000").code(), Some(0));
}

#[test]
fn a_quarantined_file_leaves_no_table_and_can_be_checked_again() {
    let text = b"order id;paid;day;at;price\n1;;;;\nx;;;;\n";
    let (folder, contract, file) = own(&orders(), text);
    let output = folder.path().join("out");
    for _ in 0..2 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
        command.arg("check").arg(&file).arg("--contract").arg(&contract);
        let checked = command.arg("--output").arg(&output).output().unwrap();
        let told = String::from_utf8_lossy(&checked.stderr);
        assert_eq!(checked.status.code(), Some(1), "{told}");
        assert!(output.join("rejects").is_dir() && !output.join("published").exists());
    }
}

#[test]
fn no_output_overwrites_what_a_check_did_not_make() {
    let text = b"order id;paid;day;at;price\n1;;;;\n";
    let (folder, contract, file) = own(&orders(), text);
    let sluice = |arguments: &[&Path]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
        command.arg("check").arg(&file).arg("--contract").arg(&contract);
        command.args(arguments).output().unwrap()
    };
    let (accepted, rejects) = (Path::new("--accepted"), Path::new("--rejects"));
    let new = folder.path().join("new.csv");
    let linked = folder.path().join("./Orders 2026.csv");
    for arguments in [
        [accepted, &linked, rejects, &new],
        [accepted, &new, rejects, &new],
        [accepted, &new, rejects, &contract],
    ] {
        let output = sluice(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("named twice"));
        assert!(!new.exists());
    }
    assert_eq!(std::fs::read(&file).unwrap(), text);

    let theirs = folder.path().join("out/work/mine.txt");
    std::fs::create_dir_all(theirs.parent().unwrap()).unwrap();
    std::fs::write(&theirs, "x").unwrap();
    let out = folder.path().join("out");
    for _ in 0..2 {
        assert_eq!(sluice(&[Path::new("--output"), &out]).status.code(), Some(0));
        assert_eq!(read_table(&out.join("published/Orders--all"), None).unwrap().num_rows(), 1);
    }
    std::fs::write(&file, b"order id;paid;day;at;price\nx;;;;\n").unwrap();
    assert_eq!(sluice(&[Path::new("--output"), &out]).status.code(), Some(1));
    assert!(!out.join("published/Orders--all").exists(), "nothing of it would be published");
    std::fs::create_dir_all(out.join("published/Orders--all/precious")).unwrap();
    assert_eq!(sluice(&[Path::new("--output"), &out]).status.code(), Some(2));
    assert!(out.join("published/Orders--all/precious").exists() && theirs.exists());
}

#[test]
fn a_check_does_not_depend_on_earlier_ones() {
    let (folder, contract, file) = own(&orders(), b"order id;paid;day;at;price\n1;;;;\n");
    let out = folder.path().join("out");
    let sluice = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
        command.arg("check").arg(&file).arg("--contract").arg(&contract);
        command.arg("--output").arg(&out).output().unwrap()
    };
    assert_eq!(sluice().status.code(), Some(0));
    // The contract changes, and the file is older than before.
    let mut changed = orders();
    changed["resources"][0]["schema"]["fields"][0]["type"] = "string".into();
    std::fs::write(&contract, changed.to_string()).unwrap();
    let earlier = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(earlier).unwrap();
    let output = sluice();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_cell_that_may_have_swallowed_rows_is_rejected() {
    let text = b"order id;paid;day;at;price\n1;;;;\n2;\"x\n3;\"y\";;;\n4;;;;\n";
    let (_folder, contract, file) = own(&orders(), text);
    let run = check(&file, &contract, "1000");
    assert_eq!(run.code(), Some(1), "{}", run.stderr());
    let rejects = read_rejects(&run.path("rejects.csv"));
    assert_eq!(
        (rejects.len(), rejects[0].row_number, rejects[0].code.as_str()),
        (1, 3, "stray-quote")
    );
}

/// A contract that hashes what it does not publish.
fn personal() -> Value {
    serde_json::json!({ "resources": [{
        "name": "clients", "path": "clients.csv",
        "schema": { "fields": [
            { "name": "email" }, { "name": "born", "type": "date" }, { "name": "spent", "type": "integer" }
        ] },
        "sluice": {
            "enrich": {
                "columns": [
                    { "name": "clean", "expression": "lower(trim(email))" },
                    { "name": "client", "expression": "sha256(clean, 'CLIENTS')" },
                    { "name": "of_age", "expression": "born + INTERVAL '18' YEAR" }
                ],
                "drop": ["email", "born", "clean"],
                "lineage": { "row": "rowNumber" }
            },
            "aggregates": [{ "name": "by_client", "groupBy": ["client"],
                             "measures": { "known": "count(email)", "spent": "sum(spent)" } }]
        }
    }] })
}

const CLIENTS: &[u8] =
    b"email,born,spent\nann@example.org,2000-02-29,3\nbob@example.org,1999-01-01,4\n Ann@Example.org,2000-02-29,5\n,,1\n";

#[test]
fn personal_data_is_hashed_and_not_published() {
    let (_folder, contract, file) = own(&personal(), CLIENTS);
    let salt = ("SLUICE_SALT_CLIENTS", "a salt for tests only");
    // By Python's hmac.
    let ann = "f6c2ede1a2a48570474ef9456877f74c2c74ac7821371251573e4cd06a6acc3c";
    let bob = "e78da047b8b4da940288da94309f902a6b452114cfc7a6d2378bf7cf389267f3";
    for chunk_bytes in ["1", "4096"] {
        let run = check_with(&file, &contract, chunk_bytes, &[salt]);
        assert_eq!(run.code(), Some(0), "{}", run.report());
        let dataset = run.report()["dataset"].as_str().unwrap().to_owned();
        let rows = read_table(&run.path("output/published").join(&dataset), None).unwrap();
        let names: Vec<String> =
            rows.schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(names, ["spent", "client", "of_age", "row"]);
        let clients = arrow_array::cast::AsArray::as_string::<i32>(&rows["client"]).iter();
        assert_eq!(clients.collect::<Vec<_>>(), [Some(ann), Some(bob), Some(ann), None]);
        let report = run.report();
        let aggregate = report["outputs"]["aggregates"][0].as_str().unwrap();
        let aggregate = std::fs::read_to_string(run.path("output").join(aggregate)).unwrap();
        assert_eq!(aggregate, format!("client,known,spent\n,0,1\n{bob},1,4\n{ann},2,8\n"));
    }
}

#[test]
fn a_salt_that_is_not_there_refuses_the_contract_before_any_row_is_read() {
    let (_folder, contract, file) = own(&personal(), CLIENTS);
    for (variables, message) in [
        (&[][..], "`SLUICE_SALT_CLIENTS` is missing"),
        (&[("SLUICE_SALT_DEFAULT", "a salt for tests only")], "`SLUICE_SALT_CLIENTS` is missing"),
        (&[("SLUICE_SALT_CLIENTS", "pepper and salt")], "`SLUICE_SALT_CLIENTS` has fewer than 16"),
    ] {
        let run = check_with(&file, &contract, "4096", variables);
        assert_eq!(run.code(), Some(2));
        assert!(run.stderr().contains(message), "{}", run.stderr());
        assert!(!run.stderr().contains("pepper") && run.output.stdout.is_empty());
    }
}
