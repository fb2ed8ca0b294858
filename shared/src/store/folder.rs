//! The store of the dry run: folders and files of this machine.

mod listing;
mod pieces;
mod upload;

use std::fs::Metadata;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use tokio::fs;
use tokio::task::spawn_blocking;

pub use upload::FolderUpload;

use super::{Area, Body, Head, Listed, Object, Store, StoreError};
use pieces::Pieces;

/// Objects in folders. Files are mounted at keys; the output area is one folder.
#[derive(Debug, Clone)]
pub struct FolderStore {
    output: PathBuf,
    mounts: Vec<Mount>,
}

#[derive(Debug, Clone)]
struct Mount {
    area: Area,
    key: String,
    path: PathBuf,
}

impl FolderStore {
    /// A store that writes below the folder `output` and has nothing to read yet.
    pub fn new(output: impl Into<PathBuf>) -> Self {
        FolderStore { output: output.into(), mounts: Vec::new() }
    }

    /// Makes the file or folder `path` known under `key`; keys that start with `<key>/` are the
    /// files below it. Of two mounts that match, the earlier counts.
    #[must_use]
    pub fn mount(mut self, area: Area, key: &str, path: impl Into<PathBuf>) -> Self {
        self.mounts.push(Mount { area, key: key.to_owned(), path: path.into() });
        self
    }

    /// Where an object of the output area lies.
    pub fn output_path(&self, key: &str) -> PathBuf {
        self.output.join(key)
    }

    fn path(&self, object: &Object) -> Result<PathBuf, StoreError> {
        if object.area == Area::Output {
            return Ok(self.output_path(&object.key));
        }
        self.mounts
            .iter()
            .filter(|mount| mount.area == object.area)
            .find_map(|mount| match object.key.strip_prefix(&mount.key)? {
                "" => Some(mount.path.clone()),
                rest => Some(mount.path.join(rest.strip_prefix('/')?)),
            })
            .ok_or_else(|| StoreError::NotFound { key: object.key.clone() })
    }
}

impl Store for FolderStore {
    async fn head(&self, object: &Object) -> Result<Head, StoreError> {
        let path = self.path(object)?;
        let found =
            fs::metadata(path).await.map_err(|error| failure("look up", &object.key, error))?;
        Ok(Head { byte_len: found.len(), version: None, etag: etag(&found) })
    }

    async fn open(&self, object: &Object, range: Option<Range<u64>>) -> Result<Body, StoreError> {
        if range.as_ref().is_some_and(Range::is_empty) {
            return Ok(Body::empty());
        }
        let path = self.path(object)?;
        let opened = background(move || Pieces::open(&path, range)).await;
        let file = opened.map_err(|error| failure("read", &object.key, error))?;
        let key = object.key.clone();
        let byte_len = file.byte_len();
        let pieces = file.stream().map_err(move |error| failure("read", &key, error));
        Ok(Body::new(&object.key, byte_len, pieces))
    }

    async fn write(&self, key: &str, body: Bytes) -> Result<(), StoreError> {
        let path = self.output_path(key);
        let written = background(move || write_file(&path, &body)).await;
        written.map_err(|error| failure("write", key, error))
    }

    async fn write_if(
        &self,
        key: &str,
        seen: Option<&str>,
        body: Bytes,
    ) -> Result<bool, StoreError> {
        let (path, seen) = (self.output_path(key), seen.map(str::to_owned));
        let written = background(move || write_file_if(&path, seen.as_deref(), &body)).await;
        written.map_err(|error| failure("write", key, error))
    }

    fn list(&self, prefix: &str) -> impl Stream<Item = Result<Listed, StoreError>> + Send {
        let (root, prefix, key) = (self.output.clone(), prefix.to_owned(), prefix.to_owned());
        let listed = background(move || listing::files(&root, &prefix));
        stream::once(listed)
            .map_ok(|files| stream::iter(files).map(Ok))
            .try_flatten()
            .map_err(move |error| failure("list", &key, error))
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let deleted = fs::remove_file(self.output_path(key)).await;
        match deleted.map_err(|error| failure("delete", key, error)) {
            Err(StoreError::NotFound { .. }) => Ok(()),
            deleted => deleted,
        }
    }

    type Upload = FolderUpload;

    fn upload(&self, key: &str) -> FolderUpload {
        FolderUpload::new(key, self.output_path(key))
    }
}

/// Runs what blocks on a thread for that.
async fn background<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}

fn write_file(path: &Path, body: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, body)
}

/// One at a time, so that nobody writes between the look and the write. Others than this process are not
/// kept out: a folder has one dry run at a time.
fn write_file_if(path: &Path, seen: Option<&str>, body: &[u8]) -> io::Result<bool> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let found = match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        found => Some(etag(&found?)),
    };
    let is_seen = found.as_deref() == seen;
    if is_seen {
        write_file(path, body)?;
    }
    Ok(is_seen)
}

/// Another one for other bytes, as far as the clock of the file system tells.
fn etag(file: &Metadata) -> String {
    format!("{:x}-{:x}", file.len(), listing::modified(file).as_nanos())
}

fn failure(verb: &'static str, key: &str, error: io::Error) -> StoreError {
    let is_missing = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    if is_missing && verb != "write" {
        return StoreError::NotFound { key: key.to_owned() };
    }
    StoreError::unavailable(verb, key, error)
}
