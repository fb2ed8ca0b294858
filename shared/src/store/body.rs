//! What an open object gives.

use std::fmt;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};

use super::StoreError;

/// An open object, or a range of one.
pub struct Body {
    /// Number of bytes that the pieces have in all, unless one of them is an error.
    pub byte_len: u64,
    /// The bytes as they arrive; nothing follows an error.
    pub pieces: BoxStream<'static, Result<Bytes, StoreError>>,
}

impl Body {
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
