//! Files of this machine on their way into buckets, and back.

use std::io;
use std::path::{Path, PathBuf};

use shared::completeness::is_manifest;

use super::error::LocalError;

/// Says of a folder that its files are ours to remove.
const MARK: &str = ".made-by-sluice-local";

/// A file and where it stands, relative to the folder that was searched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The relative path, with `/` between its parts.
    pub name: String,
    /// The file.
    pub path: PathBuf,
}

/// A file to drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drop {
    /// The file.
    pub path: PathBuf,
    /// The key that it gets: `<dataset>/<file>`.
    pub key: String,
}

/// All files below a folder, in the order of their names; hidden ones are passed over.
///
/// # Errors
/// [`LocalError::File`].
pub fn walk(folder: &Path) -> Result<Vec<Found>, LocalError> {
    let mut found = Vec::new();
    visit(folder, "", &mut found).map_err(LocalError::file("read", folder))?;
    found.sort();
    Ok(found)
}

fn visit(folder: &Path, prefix: &str, found: &mut Vec<Found>) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            visit(&path, &format!("{name}/"), found)?;
        } else {
            found.push(Found { name, path });
        }
    }
    Ok(())
}

/// The files that were named, or lie below folders that were named, and their keys. Manifests are none of
/// them: they are dropped with their files.
///
/// # Errors
/// [`LocalError::File`], [`LocalError::NoFiles`] and [`LocalError::NoDataset`].
pub fn drops(paths: &[PathBuf], dataset: Option<&str>) -> Result<Vec<Drop>, LocalError> {
    let mut files = Vec::new();
    for path in paths {
        let path = path.canonicalize().map_err(LocalError::file("find", path))?;
        if path.is_file() {
            files.extend(Some(path).filter(|path| !is_manifest(&path.to_string_lossy())));
            continue;
        }
        let mut found = walk(&path)?;
        found.retain(|found| !is_manifest(&found.name));
        if found.is_empty() {
            return Err(LocalError::NoFiles { path });
        }
        files.extend(found.into_iter().map(|found| found.path));
    }
    files.into_iter().map(|path| drop_of(path, dataset)).collect()
}

fn drop_of(path: PathBuf, dataset: Option<&str>) -> Result<Drop, LocalError> {
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let name = path.file_name().and_then(|name| name.to_str());
    let dataset = dataset.or(folder).filter(|name| !name.is_empty() && !name.contains('/'));
    match dataset.zip(name) {
        Some((dataset, name)) => Ok(Drop { key: format!("{dataset}/{name}"), path }),
        None => Err(LocalError::NoDataset { path }),
    }
}

/// Makes a folder that is ours, and removes what an earlier run left in it.
///
/// # Errors
/// [`LocalError::NotOurs`] for a folder with files of somebody else; [`LocalError::File`].
pub fn make_empty(folder: &Path) -> Result<(), LocalError> {
    std::fs::create_dir_all(folder).map_err(LocalError::file("make", folder))?;
    let mut entries = folder.read_dir().map_err(LocalError::file("read", folder))?;
    let mark = folder.join(MARK);
    if entries.next().is_some() {
        if !mark.is_file() {
            return Err(LocalError::NotOurs { path: folder.to_owned() });
        }
        std::fs::remove_dir_all(folder).map_err(LocalError::file("empty", folder))?;
        std::fs::create_dir(folder).map_err(LocalError::file("make", folder))?;
    }
    std::fs::write(&mark, "").map_err(LocalError::file("write", &mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dataset_is_the_folder_unless_somebody_says_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("flights");
        std::fs::create_dir(&inner).unwrap();
        for name in ["b.csv", "a b+c.csv", "b.csv.manifest.json", ".hidden"] {
            std::fs::write(inner.join(name), "x").unwrap();
        }
        let keys = |paths: &[PathBuf], dataset| {
            let drops = drops(paths, dataset).unwrap();
            drops.into_iter().map(|drop| drop.key).collect::<Vec<_>>()
        };
        let all = folder.path().to_owned();
        assert_eq!(keys(&[all], None), ["flights/a b+c.csv", "flights/b.csv"]);
        let named = ["b.csv", "b.csv.manifest.json"].map(|name| inner.join(name));
        assert_eq!(keys(&named, Some("tides")), ["tides/b.csv"]);
    }

    #[test]
    fn nothing_to_drop_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [folder.path().to_owned()];
        assert!(matches!(drops(&paths, None), Err(LocalError::NoFiles { .. })));
        let file = folder.path().join("a.csv");
        std::fs::write(&file, "x").unwrap();
        for dataset in ["", "a/b"] {
            let drops = drops(std::slice::from_ref(&file), Some(dataset));
            assert!(matches!(drops, Err(LocalError::NoDataset { .. })), "{dataset:?}");
        }
        let paths = [folder.path().join("missing.csv")];
        assert!(matches!(drops(&paths, None), Err(LocalError::File { .. })));
    }

    #[test]
    fn a_folder_of_somebody_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
        std::fs::create_dir(&theirs).unwrap();
        std::fs::write(theirs.join("thesis.txt"), "x").unwrap();
        assert!(matches!(make_empty(&theirs), Err(LocalError::NotOurs { .. })));
        assert!(theirs.join("thesis.txt").exists());
        make_empty(&ours).unwrap();
        std::fs::write(ours.join("old.csv"), "x").unwrap();
        make_empty(&ours).unwrap();
        assert!(!ours.join("old.csv").exists());
    }
}
