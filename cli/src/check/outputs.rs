//! Where a check works, and what it leaves behind.
//!
//! Invariant: nothing is removed or overwritten that no check has made.

use std::path::{Path, PathBuf};

use shared::completeness::manifest_path;
use tempfile::TempDir;

use super::{Arguments, CheckError};

/// The areas of the output bucket that are kept; the work of the steps is not.
const KEPT: [&str; 5] = [PUBLISHED, "aggregates", "rejects", "quarantine", "reports"];

/// That of the tables.
const PUBLISHED: &str = "published";

/// What makes a folder a table.
const LOG: &str = "_delta_log";

/// A folder of its own for the steps, removed in the end whatever happens; on the file system of
/// the outputs, so that these are moved and not copied.
pub(super) fn scratch(output: Option<&Path>) -> Result<TempDir, CheckError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".sluice-check-");
    let Some(folder) = output else { return builder.tempdir().map_err(CheckError::Scratch) };
    let write = |source| CheckError::Write { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(write)?;
    builder.tempdir_in(folder).map_err(write)
}

/// Moves the outputs to `folder`, in place of what an earlier check of the dataset has left there.
pub(super) fn keep(scratch: &Path, folder: &Path, dataset: &str) -> Result<(), CheckError> {
    let table = folder.join(PUBLISHED).join(dataset);
    if table.exists() {
        if !table.join(LOG).is_dir() {
            return Err(CheckError::NotATable { path: table });
        }
        std::fs::remove_dir_all(&table)
            .map_err(|source| CheckError::Write { path: table, source })?;
    }
    // Parts that no commit names are no table: nobody finds them.
    let is_table = scratch.join(PUBLISHED).join(dataset).join(LOG).is_dir();
    for area in KEPT.into_iter().filter(|&area| is_table || area != PUBLISHED) {
        let (from, to) = (scratch.join(area), folder.join(area));
        if from.exists() {
            move_into(&from, &to)?;
        }
    }
    Ok(())
}

fn move_into(from: &Path, to: &Path) -> Result<(), CheckError> {
    let write = |source| CheckError::Write { path: to.to_owned(), source };
    if !(from.is_dir() && to.is_dir()) {
        return std::fs::rename(from, to).map_err(write);
    }
    for entry in from.read_dir().map_err(write)? {
        let entry = entry.map_err(write)?;
        move_into(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Refuses a check whose outputs would overwrite its inputs or each other.
pub(super) fn check_paths(arguments: &Arguments) -> Result<(), CheckError> {
    let inputs = [&arguments.file, &arguments.contract, &manifest_path(&arguments.file)];
    let mut taken: Vec<PathBuf> = inputs.into_iter().map(|path| whereabouts(path)).collect();
    for path in
        [&arguments.accepted, &arguments.rejects, &arguments.corrections].into_iter().flatten()
    {
        let place = whereabouts(path);
        if taken.contains(&place) {
            return Err(CheckError::SamePath { path: path.clone() });
        }
        taken.push(place);
    }
    Ok(())
}

/// The path without links, as far as it exists.
fn whereabouts(path: &Path) -> PathBuf {
    if let Ok(found) = path.canonicalize() {
        return found;
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new(".")).canonicalize();
    match (parent, path.file_name()) {
        (Ok(parent), Some(name)) => parent.join(name),
        _ => path.to_owned(),
    }
}
