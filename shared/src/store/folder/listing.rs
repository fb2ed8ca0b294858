//! The files below a folder, as the keys of objects.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use super::super::Listed;

/// The files below `root` whose keys start with `prefix`, by their keys.
pub(super) fn files(root: &Path, prefix: &str) -> io::Result<Vec<Listed>> {
    // No other folder can have any of them.
    let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = Vec::new();
    collect(&root.join(folder), folder, &mut found)?;
    found.retain(|file| file.key.starts_with(prefix));
    found.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(found)
}

fn collect(folder: &Path, key: &str, found: &mut Vec<Listed>) -> io::Result<()> {
    let entries = match folder.read_dir() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        // Keys are text; nobody has written a file of another name.
        let name = entry.file_name().to_string_lossy().into_owned();
        let key = if key.is_empty() { name } else { format!("{key}/{name}") };
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            collect(&entry.path(), &key, found)?;
        } else {
            found.push(listed(key, &metadata));
        }
    }
    Ok(())
}

fn listed(key: String, file: &Metadata) -> Listed {
    let modified_ms = i64::try_from(modified(file).as_millis()).unwrap_or(i64::MAX);
    Listed { key, byte_len: file.len(), modified_ms }
}

/// When a file was written, since 1970; zero where the file system does not tell.
pub(super) fn modified(file: &Metadata) -> Duration {
    let time = file.modified().ok();
    time.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default()
}
