//! A file, read one piece ahead of who takes the pieces.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::task::{JoinHandle, spawn_blocking};

/// Bytes of a piece: a change of threads costs some 10 µs, and that is how long the kernel takes to
/// copy 100 KiB, so that pieces of 1 MiB make it a tenth of all.
const PIECE_LEN: u64 = 1 << 20;

/// A range of a file from which nothing more was read yet.
#[derive(Debug)]
pub(super) struct Pieces {
    file: File,
    left: u64,
}

/// A piece, and what comes after it.
type Next = JoinHandle<io::Result<(Vec<u8>, Pieces)>>;

impl Pieces {
    /// Opens a file, or a range of it (0-based, half-open), which is cut at the end of the file.
    pub(super) fn open(path: &Path, range: Option<Range<u64>>) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let file_len = file.metadata()?.len();
        let range = range.unwrap_or(0..file_len);
        if range.start > 0 {
            file.seek(SeekFrom::Start(range.start))?;
        }
        Ok(Pieces { file, left: range.end.min(file_len).saturating_sub(range.start) })
    }

    /// Bytes that are left.
    pub(super) fn byte_len(&self) -> u64 {
        self.left
    }

    /// The pieces; the next one is being read while the last one is worked on.
    pub(super) fn stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send {
        stream::try_unfold(self.start(), |next| async move {
            let Some(next) = next else { return Ok(None) };
            let (piece, rest) = next.await.map_err(io::Error::other)??;
            Ok(Some((piece.into(), rest.start())))
        })
    }

    /// Starts to read the next piece, if there is one.
    fn start(self) -> Option<Next> {
        (self.left > 0).then(|| spawn_blocking(|| self.read()))
    }

    fn read(mut self) -> io::Result<(Vec<u8>, Pieces)> {
        let len = self.left.min(PIECE_LEN);
        let mut piece = Vec::with_capacity(usize::try_from(len).unwrap_or_default());
        (&mut self.file).take(len).read_to_end(&mut piece)?;
        if (piece.len() as u64) < len {
            // The file was cut while it was read.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= len;
        Ok((piece, self))
    }
}
