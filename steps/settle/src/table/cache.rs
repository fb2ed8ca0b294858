//! A store that reads each version of a table's log once.
//!
//! The kernel reads the log since the last checkpoint for each question that it is asked, of which a commit
//! has several, and several more for each round that it loses. This remembers what it read, between commits too.
//!
//! Invariant: what is remembered is what is there. A version is written once and never changed. Should somebody
//! delete a table and begin another in its place, the list of its log tells: it precedes every reading, is never
//! remembered, and what it shows to be another object is forgotten.
//! Invariant: only what was read to its end is remembered, and nothing but versions.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, Error, Extensions, GetOptions, GetResult, GetResultPayload,
    ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions,
    PutPayload, PutResult, RenameOptions, Result,
};

/// Bytes of versions that are remembered: tens of thousands of files of one part, or two of ten thousand.
const LIMIT: u64 = 32 << 20;

/// The store of a table, around the one that asks.
///
/// Two who ask for the same at once both read it: the kernel may leave a read half done while it waits for
/// another, so nobody may ever wait for somebody else's.
#[derive(Debug)]
pub(super) struct Cache<S> {
    objects: S,
    versions: Arc<Mutex<Versions>>,
}

impl<S> Cache<S> {
    /// Remembers nothing yet.
    pub(super) fn new(objects: S) -> Self {
        Cache { objects, versions: Arc::new(Mutex::new(Versions::new(LIMIT))) }
    }

    /// Holds what is remembered to what a list tells.
    fn compare(
        &self,
        listed: BoxStream<'static, Result<ObjectMeta>>,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let versions = Arc::clone(&self.versions);
        listed.inspect_ok(move |meta| lock(&versions).compare(meta)).boxed()
    }
}

fn lock(versions: &Mutex<Versions>) -> MutexGuard<'_, Versions> {
    versions.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: ObjectStore> fmt::Display for Cache<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, with a log that is read once", self.objects)
    }
}

// What has a default of its own may have a better one in the store around which this is.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: ObjectStore> ObjectStore for Cache<S> {
    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        if !is_version(path) || !wants_all(&options) {
            return self.objects.get_opts(path, options).await;
        }
        let known = lock(&self.versions).get(path);
        if let Some(version) = known {
            return Ok(version.answer());
        }
        let found = self.objects.get_opts(path, options).await?;
        if found.meta.size > LIMIT {
            return Ok(found);
        }
        let version = Version::read(found).await?;
        lock(&self.versions).put(path.clone(), version.clone());
        Ok(version.answer())
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.objects.get_ranges(path, ranges).await
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.compare(self.objects.list(prefix))
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.compare(self.objects.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.objects.list_with_delimiter(prefix).await
    }

    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.objects.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.objects.put_multipart_opts(path, options).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.objects.delete_stream(paths)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.objects.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.objects.rename_opts(from, to, options).await
    }
}

/// Whether that is `_delta_log/<version>.json`.
fn is_version(path: &Path) -> bool {
    let name = path.as_ref().strip_prefix("_delta_log/");
    let version = name.and_then(|name| name.strip_suffix(".json"));
    version.is_some_and(|it| it.len() == 20 && it.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether all bytes are asked for, on no condition.
fn wants_all(options: &GetOptions) -> bool {
    let GetOptions {
        if_match: None,
        if_none_match: None,
        if_modified_since: None,
        if_unmodified_since: None,
        range: None,
        version: None,
        head: false,
        extensions: _,
    } = options
    else {
        return false;
    };
    true
}

/// One version of the log.
#[derive(Debug, Clone)]
struct Version {
    meta: ObjectMeta,
    body: Bytes,
}

impl Version {
    /// Reads it to its end, which is where its length says.
    async fn read(found: GetResult) -> Result<Self> {
        let meta = found.meta.clone();
        let body = found.bytes().await?;
        if body.len() as u64 != meta.size {
            let source = io::Error::from(io::ErrorKind::UnexpectedEof).into();
            return Err(Error::Generic { store: "log", source });
        }
        // What comes from the network is a piece of a larger buffer, which it would keep alive.
        Ok(Version { meta, body: Bytes::copy_from_slice(&body) })
    }

    fn answer(self) -> GetResult {
        let Version { meta, body } = self;
        GetResult {
            range: 0..meta.size,
            meta,
            payload: GetResultPayload::Stream(stream::iter([Ok(body)]).boxed()),
            attributes: Attributes::default(),
            extensions: Extensions::default(),
        }
    }
}

/// The latest versions that were read, as far as there is room for them.
#[derive(Debug)]
struct Versions {
    /// By paths, whose order is that of the versions.
    by_path: BTreeMap<Path, Version>,
    byte_len: u64,
    limit: u64,
}

impl Versions {
    fn new(limit: u64) -> Self {
        Versions { by_path: BTreeMap::new(), byte_len: 0, limit }
    }

    fn get(&self, path: &Path) -> Option<Version> {
        self.by_path.get(path).cloned()
    }

    /// Forgets the oldest versions until there is room: the log is read from its end.
    fn put(&mut self, path: Path, version: Version) {
        self.forget(&path);
        self.byte_len += version.meta.size;
        self.by_path.insert(path, version);
        while self.byte_len > self.limit
            && let Some((_, oldest)) = self.by_path.pop_first()
        {
            self.byte_len -= oldest.meta.size;
        }
    }

    /// Forgets what is not any more what it was.
    fn compare(&mut self, listed: &ObjectMeta) {
        // A list tells the time of a change more exactly than a read does.
        let identity = |meta: &ObjectMeta| (meta.size, meta.e_tag.clone());
        let known = self.by_path.get(&listed.location);
        if known.is_some_and(|known| identity(&known.meta) != identity(listed)) {
            self.forget(&listed.location);
        }
    }

    fn forget(&mut self, path: &Path) {
        if let Some(version) = self.by_path.remove(path) {
            self.byte_len -= version.meta.size;
        }
    }
}

#[cfg(test)]
mod tests;
