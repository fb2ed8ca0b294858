//! What an open object gives.

use std::fmt;
use std::future::ready;
use std::io;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::{self, BoxStream, StreamExt};

use super::StoreError;

/// An open object, or a range of one.
///
/// Invariant: it never ends early in silence, whatever store it comes from: fewer bytes than it says
/// would be a shorter file, or a table without some of its rows, to all who read it.
#[non_exhaustive]
pub struct Body {
    /// Number of bytes that the pieces have in all, unless one of them is an error.
    pub byte_len: u64,
    /// The bytes as they arrive; nothing follows an error.
    pub pieces: BoxStream<'static, Result<Bytes, StoreError>>,
}

impl Body {
    /// An object of that key, or a range of it, of `byte_len` bytes. Where the pieces have fewer, an
    /// error follows them.
    pub fn new(
        key: &str,
        byte_len: u64,
        pieces: impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static,
    ) -> Self {
        let ended =
            StoreError::unavailable("read", key, io::Error::from(io::ErrorKind::UnexpectedEof));
        let (mut left, mut ended) = (byte_len, Some(ended));
        let checked = pieces.map(Some).chain(stream::once(ready(None))).filter_map(move |piece| {
            if let Some(Ok(piece)) = &piece {
                left = left.saturating_sub(piece.len() as u64);
            } else if left == 0 || piece.is_some() {
                ended = None;
            }
            ready(piece.or_else(|| ended.take().map(Err)))
        });
        Body { byte_len, pieces: checked.boxed() }
    }

    /// No bytes.
    pub(super) fn empty() -> Self {
        Body { byte_len: 0, pieces: stream::empty().boxed() }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("byte_len", &self.byte_len).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lengths of the pieces that arrive, `None` for an error.
    async fn lens(byte_len: u64, pieces: &[Option<usize>]) -> Vec<Option<usize>> {
        let broken = || StoreError::unavailable("read", "k", "broken");
        let given = pieces.iter().map(|len| len.map(|len| vec![0; len].into()).ok_or_else(broken));
        let body = Body::new("k", byte_len, stream::iter(given.collect::<Vec<_>>()));
        body.pieces.map(|piece| piece.ok().map(|piece| piece.len())).collect().await
    }

    #[tokio::test]
    async fn a_body_that_ends_early_ends_in_an_error() {
        for (byte_len, pieces, expected) in [
            (0, &[][..], &[][..]),
            (5, &[Some(2), Some(3)], &[Some(2), Some(3)]),
            (5, &[Some(2), Some(2)], &[Some(2), Some(2), None]),
            (5, &[], &[None]),
            // One error is enough.
            (5, &[Some(2), None], &[Some(2), None]),
            (5, &[Some(5), None], &[Some(5), None]),
        ] {
            assert_eq!(lens(byte_len, pieces).await, expected, "{byte_len} {pieces:?}");
        }
    }
}
