//! Virtual environments with what is not of this project, from the Python package index.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The interpreter of the virtual environment of that name, which has what the file requires. It is kept
/// between runs, and made by the first who asks, in this process or another: the others wait.
pub(crate) fn python(name: &str, required: &Path) -> PathBuf {
    let requirements = std::fs::read_to_string(required).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
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
        .arg(required));
    std::fs::write(stamp, requirements).unwrap();
    python
}

/// What a program prints that succeeds.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said));
    output.stdout
}
