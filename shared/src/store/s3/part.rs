//! One request for a part of an object, and its bytes on their way to who reads them.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::{Object, StoreError};
use super::{S3Store, read_failure};

/// Bytes of a part that may wait to be read: all of it.
const ROOM: usize = 8 << 20;

/// The end that fetches.
#[derive(Debug)]
pub(super) struct Part {
    key: String,
    /// Its bytes in the object: 0-based, half-open.
    range: Range<u64>,
    /// Bytes that may still come before some are read; a server that ignores ranges sends more than a part.
    room: Arc<Semaphore>,
    pieces: UnboundedSender<Piece>,
}

/// The end that reads.
#[derive(Debug)]
pub(super) struct Receiver {
    key: String,
    left: u64,
    pieces: UnboundedReceiver<Piece>,
}

/// Some bytes with the room that they take, or why there are none.
type Piece = Result<(Bytes, OwnedSemaphorePermit), StoreError>;

impl Part {
    /// Both ends of a part.
    pub(super) fn new(key: &str, range: Range<u64>) -> (Self, Receiver) {
        let (sender, receiver) = unbounded_channel();
        let left = range.end - range.start;
        let room = Arc::new(Semaphore::new(ROOM));
        (
            Part { key: key.to_owned(), range, room, pieces: sender },
            Receiver { key: key.to_owned(), left, pieces: receiver },
        )
    }

    /// Fetches the part of the version of `object` with that tag.
    pub(super) async fn fetch(self, store: S3Store, object: Object, etag: Option<String>) {
        match store.get(&object, self.range.clone(), etag).await {
            Ok(found) => self.receive(found).await,
            Err(error) => self.fail(read_failure(&object, error)),
        }
    }

    /// Passes the bytes of an answer on.
    pub(super) async fn receive(self, found: GetObjectOutput) {
        if let Err(error) = self.pass_on(found).await {
            self.fail(error);
        }
    }

    async fn pass_on(&self, found: GetObjectOutput) -> Result<(), StoreError> {
        let mut at = Extent::of(&found, &self.key)?.start;
        let mut body = found.body;
        while at < self.range.end {
            let Some(piece) = body.next().await else { break };
            let piece = piece.map_err(|error| StoreError::unavailable("read", &self.key, error))?;
            let cut = within(&piece, at, &self.range);
            at += piece.len() as u64;
            if !cut.is_empty() && !self.send(cut).await {
                break;
            }
        }
        Ok(())
    }

    fn fail(&self, error: StoreError) {
        // Whoever does not listen any more needs no error.
        drop(self.pieces.send(Err(error)));
    }

    /// Passes bytes on once there is room; false if nobody wants them any more.
    async fn send(&self, piece: Bytes) -> bool {
        let len = u32::try_from(piece.len().min(ROOM)).unwrap_or(u32::MAX);
        let Ok(room) = Arc::clone(&self.room).acquire_many_owned(len).await else { return false };
        self.pieces.send(Ok((piece, room))).is_ok()
    }
}

impl Receiver {
    /// The next bytes; none at the end of the part.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        if self.left == 0 {
            return Ok(None);
        }
        let piece = self.pieces.recv().await.unwrap_or_else(|| Err(self.ended()))?.0;
        self.left = self.left.saturating_sub(piece.len() as u64);
        Ok(Some(piece))
    }

    fn ended(&self) -> StoreError {
        StoreError::unavailable("read", &self.key, io::Error::from(io::ErrorKind::UnexpectedEof))
    }
}

/// What an answer holds.
#[derive(Debug)]
pub(super) struct Extent {
    /// Offset of its first byte in the object, 0-based.
    start: u64,
    /// Size of the whole object in bytes.
    pub(super) object_len: u64,
}

impl Extent {
    /// A server may answer a range with the whole object (RFC 9110, section 14.2).
    pub(super) fn of(found: &GetObjectOutput, key: &str) -> Result<Self, StoreError> {
        let whole =
            || Some(Extent { start: 0, object_len: found.content_length()?.try_into().ok()? });
        found
            .content_range()
            .map_or_else(whole, Extent::parse)
            .ok_or_else(|| StoreError::unavailable("read", key, "the answer is of unknown length"))
    }

    /// Reads `bytes 0-9/100`.
    fn parse(text: &str) -> Option<Self> {
        let (range, object_len) = text.strip_prefix("bytes ")?.split_once('/')?;
        let (start, _) = range.split_once('-')?;
        Some(Extent { start: start.parse().ok()?, object_len: object_len.parse().ok()? })
    }
}

/// What a piece that stands at offset `at` has of `range` (0-based, half-open).
fn within(piece: &Bytes, at: u64, range: &Range<u64>) -> Bytes {
    let inside = |offset: u64| {
        usize::try_from(offset.saturating_sub(at)).map_or(piece.len(), |at| at.min(piece.len()))
    };
    piece.slice(inside(range.start)..inside(range.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_out_of_the_whole() {
        let whole = Bytes::from_static(b"0123456789");
        for piece_len in [1, 2, 3, 7, 4096] {
            for (range, expected) in [
                (0..10, "0123456789"),
                (3..5, "34"),
                (9..10, "9"),
                (0..1, "0"),
                (0..u64::MAX, "0123456789"),
            ] {
                let pieces = whole.chunks(piece_len).map(|piece| whole.slice_ref(piece));
                let cut = (0..).step_by(piece_len).zip(pieces);
                let cut: Vec<Bytes> = cut.map(|(at, piece)| within(&piece, at, &range)).collect();
                assert_eq!(cut.concat(), expected.as_bytes());
            }
        }
    }
}
