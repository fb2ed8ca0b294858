//! The one door to stored bytes: S3 on AWS, folders in the dry run, memory in tests.
//!
//! Invariant: a step never learns which of them it serves.
//! Invariant: the input and the reference area are only read.

mod body;
mod folder;
mod memory;
mod s3;

use std::collections::BTreeSet;
use std::future::{Future, ready};
use std::ops::Range;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

pub use body::Body;
pub use folder::{FolderStore, FolderUpload};
pub use memory::{MemoryStore, MemoryUpload};
pub use s3::{S3Store, S3Upload};

use crate::error_name::ErrorName;

/// The three places where objects lie: one bucket each on AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Area {
    /// What users drop.
    Input,
    /// Contracts and reference tables.
    Reference,
    /// All that Sluice writes.
    Output,
}

/// An object, or one version of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    /// The area.
    pub area: Area,
    /// The key inside it.
    pub key: String,
    /// The version, or the newest.
    pub version: Option<String>,
    /// The entity tag (without quotes) of the only bytes that will do, where no version tells them: S3 gives
    /// no others, as if there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

impl Object {
    /// The newest version of a contract or reference table.
    pub fn reference(key: impl Into<String>) -> Self {
        Object { area: Area::Reference, key: key.into(), version: None, etag: None }
    }

    /// An object that Sluice writes.
    pub fn output(key: impl Into<String>) -> Self {
        Object { area: Area::Output, key: key.into(), version: None, etag: None }
    }
}

/// What is known of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Size in bytes.
    pub byte_len: u64,
    /// The version, where versions are kept.
    pub version: Option<String>,
    /// Entity tag without quotes: another tag means other bytes.
    pub etag: String,
}

/// An object as a list of them tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The key.
    pub key: String,
    /// Size in bytes.
    pub byte_len: u64,
    /// When it was written, in milliseconds since 1970-01-01T00:00:00Z.
    pub modified_ms: i64,
}

/// A read or write that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such object, or no such version of it.
    #[error("there is no object `{key}`")]
    NotFound {
        /// The key.
        key: String,
    },
    /// More bytes than the caller allows.
    #[error("`{key}` is larger than the {limit} bytes allowed here")]
    TooLarge {
        /// The key.
        key: String,
        /// The bound, in bytes.
        limit: u64,
    },
    /// The store failed: worth another try.
    #[error("cannot {verb} `{key}`")]
    Unavailable {
        /// What was tried.
        verb: &'static str,
        /// The key.
        key: String,
        /// What the store said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// The name under which a missing or failing object of our own making is known.
    pub fn name(&self) -> ErrorName {
        match self {
            StoreError::NotFound { .. } | StoreError::TooLarge { .. } => ErrorName::WorkUnreadable,
            StoreError::Unavailable { .. } => ErrorName::StoreUnavailable,
        }
    }

    /// Fewer bytes than there must be.
    pub fn cut_off(key: &str) -> Self {
        Self::unavailable("read to its end", key, "it ends early")
    }

    fn unavailable(
        verb: &'static str,
        key: &str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        StoreError::Unavailable { verb, key: key.to_owned(), source: source.into() }
    }
}

/// Reads and writes of whole objects and of byte ranges.
pub trait Store: Send + Sync {
    /// Looks an object up.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] and [`StoreError::Unavailable`].
    fn head(&self, object: &Object) -> impl Future<Output = Result<Head, StoreError>> + Send;

    /// Opens an object, or a range of it (0-based, half-open).
    ///
    /// A range that goes beyond the end of the object is cut there. An empty range has no bytes and
    /// asks nobody.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] and [`StoreError::Unavailable`].
    fn open(
        &self,
        object: &Object,
        range: Option<Range<u64>>,
    ) -> impl Future<Output = Result<Body, StoreError>> + Send;

    /// The bytes of an object, or of a range of it (0-based, half-open), as they arrive. What comes
    /// next is fetched while the caller works, of one and the same version of the object.
    ///
    /// # Errors
    /// Those of [`open`](Self::open), as the last item of the stream.
    fn read(
        &self,
        object: &Object,
        range: Option<Range<u64>>,
    ) -> impl Stream<Item = Result<Bytes, StoreError>> + Send {
        stream::once(self.open(object, range)).map_ok(|body| body.pieces).try_flatten()
    }

    /// Writes an object of the output area, in place of any earlier one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn write(&self, key: &str, body: Bytes) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes an object of the output area if nobody has since the caller looked: it has the entity tag
    /// `seen`, or is not there (`None`). Says whether it was written.
    ///
    /// A request whose answer was lost may be sent again and then be refused because of itself: who is
    /// refused has to look who was first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn write_if(
        &self,
        key: &str,
        seen: Option<&str>,
        body: Bytes,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The objects of the output area whose keys start so, by their keys.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], as the last item of the stream.
    fn list(&self, prefix: &str) -> impl Stream<Item = Result<Listed, StoreError>> + Send;

    /// The names of the folders right below such keys of the output area: what stands before the next `/`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn folders(
        &self,
        prefix: &str,
    ) -> impl Future<Output = Result<BTreeSet<String>, StoreError>> + Send {
        let skipped = prefix.len();
        let folder = move |listed: Listed| {
            let (folder, _) = listed.key.get(skipped..)?.split_once('/')?;
            Some(folder.to_owned())
        };
        self.list(prefix).try_filter_map(move |listed| ready(Ok(folder(listed)))).try_collect()
    }

    /// Deletes an object of the output area, if it is there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn delete(&self, key: &str) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What writes an object of the output area piece by piece.
    type Upload: Upload;

    /// Starts an object of the output area that may be larger than memory.
    fn upload(&self, key: &str) -> Self::Upload;
}

/// An object that is written piece by piece: there once it is finished, in place of any earlier one,
/// and not before.
///
/// Pieces are written while the caller works, so that an error may be that of an earlier piece.
pub trait Upload: Send {
    /// Appends a piece.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; the object cannot be finished then.
    fn write(&mut self, piece: Bytes) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Ends the object.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn finish(self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// All bytes of an object of the output area, at most `limit` of them, and an entity tag for
/// [`write_if`](Store::write_if); nothing if it is not there.
///
/// The tag is never newer than the bytes: if others write in between, what is written with it is refused.
///
/// # Errors
/// Those of [`Store::head`] and [`read_whole`].
pub async fn find_tagged(
    store: &impl Store,
    key: &str,
    limit: u64,
) -> Result<Option<(Bytes, String)>, StoreError> {
    let object = Object::output(key);
    let found = async {
        let head = store.head(&object).await?;
        Ok((read_whole(store, &object, None, limit).await?, head.etag))
    };
    match found.await {
        Err(StoreError::NotFound { .. }) => Ok(None),
        found => found.map(Some),
    }
}

/// All bytes of an object or of a range of it, at most `limit` of them.
///
/// # Errors
/// Those of [`Store::read`], and [`StoreError::TooLarge`].
pub async fn read_whole(
    store: &impl Store,
    object: &Object,
    range: Option<Range<u64>>,
    limit: u64,
) -> Result<Bytes, StoreError> {
    let too_large = || StoreError::TooLarge { key: object.key.clone(), limit };
    let Body { byte_len, mut pieces } = store.open(object, range).await?;
    if byte_len > limit {
        return Err(too_large());
    }
    let mut whole = Vec::with_capacity(usize::try_from(byte_len).unwrap_or_default());
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        if piece.len() as u64 == byte_len {
            // The whole, as it is: nothing can follow.
            return Ok(piece);
        }
        whole.extend_from_slice(&piece);
        if whole.len() as u64 > limit {
            return Err(too_large());
        }
    }
    Ok(whole.into())
}

#[cfg(test)]
mod tests;
