//! Readers of the published table that are not of this project: Polars, `deltalake` and `DuckDB`, from
//! the Python package index.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::venv::{python, run};

/// Holds the table, as Polars reads it, against the CSV file that it was made from.
#[track_caller]
pub(crate) fn assert_same_rows(table: &Path, contract: &Path, file: &Path) {
    let script = here().join("same_rows.py");
    run(Command::new(python("readers", &requirements()))
        .arg("-I")
        .arg(script)
        .args([table, contract, file]));
}

/// The columns and the rows of the table, as Polars reads it; the rows by the first column.
#[track_caller]
pub(crate) fn rows(table: &Path) -> Value {
    let script = here().join("rows.py");
    serde_json::from_slice(&run(Command::new(python("readers", &requirements()))
        .arg("-I")
        .arg(script)
        .arg(table)))
    .unwrap()
}

/// Holds what the readers find by filters against what is in the table.
#[track_caller]
pub(crate) fn assert_filters(table: &Path, columns: &[&str]) {
    let mut command = Command::new(python("readers", &requirements()));
    run(command.arg("-I").arg(here().join("filters.py")).arg(table).args(columns));
}

fn requirements() -> PathBuf {
    here().join("requirements.txt")
}

/// The sorted ids of the versions of the table from a first one on, lists by reader.
#[track_caller]
pub(crate) fn versions(table: &Path, first: usize) -> Value {
    let mut command = Command::new(python("readers", &requirements()));
    command.arg("-I").arg(here().join("versions.py")).arg(table).arg(first.to_string());
    serde_json::from_slice(&run(&mut command)).unwrap()
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reader")
}
