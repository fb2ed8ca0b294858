//! A file that is written behind the back of who gives the pieces.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};

use super::super::{StoreError, Upload};
use super::{background, failure};

/// Bytes that are gathered before they are written: see [`super::pieces`].
const BATCH_LEN: usize = 1 << 20;

/// A file that has another name until it is finished.
#[derive(Debug)]
pub struct FolderUpload {
    key: String,
    path: PathBuf,
    gathered: Vec<u8>,
    state: State,
}

/// What has become of the bytes before the gathered ones.
#[derive(Debug)]
enum State {
    /// There are none.
    New,
    /// They are being written.
    Writing(JoinHandle<io::Result<Unfinished>>),
    /// They are lost.
    Failed,
}

/// The file under its other name.
#[derive(Debug)]
struct Unfinished {
    file: File,
    path: PathBuf,
    /// An empty buffer.
    spare: Vec<u8>,
}

impl FolderUpload {
    pub(super) fn new(key: &str, path: PathBuf) -> Self {
        FolderUpload { key: key.to_owned(), path, gathered: Vec::new(), state: State::New }
    }

    /// The file, when all before is written.
    async fn unfinished(&mut self) -> io::Result<Unfinished> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::New => {
                let path = self.path.clone();
                background(move || Unfinished::create(&path)).await
            }
            State::Writing(writing) => writing.await.map_err(io::Error::other)?,
            State::Failed => Err(io::Error::other("an earlier piece was not written")),
        }
    }

    /// Starts to write what is gathered and then `piece`.
    async fn start(&mut self, piece: Bytes) -> io::Result<()> {
        let mut file = self.unfinished().await?;
        let gathered = std::mem::replace(&mut self.gathered, std::mem::take(&mut file.spare));
        self.state = State::Writing(spawn_blocking(move || file.append(gathered, &piece)));
        Ok(())
    }

    async fn rename(mut self) -> io::Result<()> {
        self.start(Bytes::new()).await?;
        let Unfinished { path: unfinished, .. } = self.unfinished().await?;
        tokio::fs::rename(unfinished, self.path).await
    }
}

impl Unfinished {
    fn create(path: &Path) -> io::Result<Self> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".unfinished");
        let path = path.with_file_name(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(Unfinished { file: File::create(&path)?, path, spare: Vec::new() })
    }

    fn append(mut self, mut gathered: Vec<u8>, piece: &[u8]) -> io::Result<Self> {
        self.file.write_all(&gathered)?;
        self.file.write_all(piece)?;
        gathered.clear();
        self.spare = gathered;
        Ok(self)
    }
}

impl Upload for FolderUpload {
    async fn write(&mut self, piece: Bytes) -> Result<(), StoreError> {
        if self.gathered.len() + piece.len() < BATCH_LEN {
            self.gathered.extend_from_slice(&piece);
            return Ok(());
        }
        let started = self.start(piece).await;
        started.map_err(|error| failure("write", &self.key, error))
    }

    async fn finish(self) -> Result<(), StoreError> {
        let key = self.key.clone();
        self.rename().await.map_err(|error| failure("write", &key, error))
    }
}
