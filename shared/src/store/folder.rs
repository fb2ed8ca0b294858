//! The store of the dry run: folders and files of this machine.

use std::io::{self, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, Take};

use super::{Area, Head, Object, Store, StoreError, Upload};

/// Bytes asked of the file system at a time.
const READ_LEN: usize = 256 * 1024;

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

    async fn open(
        &self,
        object: Object,
        range: Option<Range<u64>>,
    ) -> Result<Take<File>, StoreError> {
        let path = self.path(&object)?;
        let failed = |error| failure("read", &object.key, error);
        let mut file = File::open(path).await.map_err(failed)?;
        let Some(range) = range else { return Ok(file.take(u64::MAX)) };
        file.seek(SeekFrom::Start(range.start)).await.map_err(failed)?;
        Ok(file.take(range.end.saturating_sub(range.start)))
    }
}

impl Store for FolderStore {
    async fn head(&self, object: &Object) -> Result<Head, StoreError> {
        let path = self.path(object)?;
        let found =
            fs::metadata(path).await.map_err(|error| failure("look up", &object.key, error))?;
        let changed = found
            .modified()
            .ok()
            .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
            .map_or(0, |age| age.as_nanos());
        Ok(Head {
            byte_len: found.len(),
            version: None,
            etag: format!("{:x}-{changed:x}", found.len()),
        })
    }

    fn read(
        &self,
        object: &Object,
        range: Option<Range<u64>>,
    ) -> impl Stream<Item = Result<Bytes, StoreError>> + Send {
        let key = object.key.clone();
        stream::once(self.open(object.clone(), range))
            .map_ok(move |file| pieces(file, key.clone()))
            .try_flatten()
    }

    async fn write(&self, key: &str, body: Bytes) -> Result<(), StoreError> {
        let path = self.output_path(key);
        write_file(&path, &body).await.map_err(|error| failure("write", key, error))
    }

    type Upload = FolderUpload;

    fn upload(&self, key: &str) -> FolderUpload {
        FolderUpload { key: key.to_owned(), path: self.output_path(key), file: None }
    }
}

/// A file that has another name until it is finished.
#[derive(Debug)]
pub struct FolderUpload {
    key: String,
    path: PathBuf,
    file: Option<File>,
}

impl FolderUpload {
    fn unfinished(&self) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".unfinished");
        self.path.with_file_name(name)
    }

    async fn file(&mut self) -> io::Result<&mut File> {
        if self.file.is_none() {
            let path = self.unfinished();
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).await?;
            }
            self.file = Some(File::create(path).await?);
        }
        self.file.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    async fn append(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file().await?.write_all(piece).await
    }

    async fn rename(&mut self) -> io::Result<()> {
        self.file().await?.flush().await?;
        fs::rename(self.unfinished(), &self.path).await
    }
}

impl Upload for FolderUpload {
    async fn write(&mut self, piece: Bytes) -> Result<(), StoreError> {
        let written = self.append(&piece).await;
        written.map_err(|error| failure("write", &self.key, error))
    }

    async fn finish(mut self) -> Result<(), StoreError> {
        let renamed = self.rename().await;
        renamed.map_err(|error| failure("write", &self.key, error))
    }
}

async fn write_file(path: &Path, body: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).await?;
    }
    fs::write(path, body).await
}

fn pieces(file: Take<File>, key: String) -> impl Stream<Item = Result<Bytes, StoreError>> + Send {
    stream::try_unfold(file, |mut file| async move {
        let mut piece = BytesMut::with_capacity(READ_LEN);
        let len = file.read_buf(&mut piece).await?;
        Ok((len > 0).then(|| (piece.freeze(), file)))
    })
    .map(move |piece| piece.map_err(|error| failure("read", &key, error)))
}

fn failure(verb: &'static str, key: &str, error: io::Error) -> StoreError {
    let is_missing = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    if is_missing && verb != "write" {
        return StoreError::NotFound { key: key.to_owned() };
    }
    StoreError::unavailable(verb, key, error)
}
