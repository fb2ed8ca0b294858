//! Readers of the published table that are not of this project: Polars, `deltalake` and `DuckDB`, from
//! the Python package index.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Holds the table, as Polars reads it, against the CSV file that it was made from.
#[track_caller]
pub(crate) fn assert_same_rows(table: &Path, contract: &Path, file: &Path) {
    let script = here().join("same_rows.py");
    run(Command::new(python()).arg("-I").arg(script).args([table, contract, file]));
}

/// The columns and the rows of the table, as Polars reads it; the rows by the first column.
#[track_caller]
pub(crate) fn rows(table: &Path) -> Value {
    let script = here().join("rows.py");
    serde_json::from_slice(&run(Command::new(python()).arg("-I").arg(script).arg(table))).unwrap()
}

/// The sorted ids of the versions of the table from a first one on, lists by reader.
#[track_caller]
pub(crate) fn versions(table: &Path, first: usize) -> Value {
    let mut command = Command::new(python());
    command.arg("-I").arg(here().join("versions.py")).arg(table).arg(first.to_string());
    serde_json::from_slice(&run(&mut command)).unwrap()
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reader")
}

/// The interpreter of a virtual environment that has the readers. It is kept between runs, and made by
/// the first who asks, in this process or another: the others wait.
fn python() -> PathBuf {
    let requirements = std::fs::read_to_string(here().join("requirements.txt")).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readers");
    let lock = File::create(folder.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let (python, stamp) = (folder.join("bin/python"), folder.join("installed"));
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == requirements) {
        return python;
    }
    run(Command::new("python3").args(["-I", "-m", "venv", "--clear"]).arg(&folder));
    run(Command::new(&python)
        .args(["-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(["--only-binary", ":all:", "--requirement"])
        .arg(here().join("requirements.txt")));
    std::fs::write(stamp, requirements).unwrap();
    python
}

#[track_caller]
fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said));
    output.stdout
}
