//! The store of tests: a map, read in pieces as small as a test wants them.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{Stream, stream};

use super::{Area, Body, Head, Listed, Object, Store, StoreError, Upload};

type Objects = Mutex<BTreeMap<(Area, String), Bytes>>;

/// Objects in memory.
#[derive(Debug)]
pub struct MemoryStore {
    objects: Arc<Objects>,
    piece_len: usize,
}

impl MemoryStore {
    /// An empty store whose reads arrive in pieces of at most `piece_len` bytes.
    pub fn new(piece_len: usize) -> Self {
        MemoryStore { objects: Arc::default(), piece_len: piece_len.max(1) }
    }

    /// Puts an object anywhere.
    pub fn put(&self, area: Area, key: &str, body: impl Into<Bytes>) {
        self.lock().insert((area, key.to_owned()), body.into());
    }

    /// The object of that key, if there is one.
    pub fn get(&self, area: Area, key: &str) -> Option<Bytes> {
        self.lock().get(&(area, key.to_owned())).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(Area, String), Bytes>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, object: &Object) -> Result<Bytes, StoreError> {
        self.get(object.area, &object.key)
            .ok_or_else(|| StoreError::NotFound { key: object.key.clone() })
    }

    fn cut(&self, object: &Object, range: Option<Range<u64>>) -> Result<Bytes, StoreError> {
        let whole = self.find(object)?;
        let len = whole.len();
        let bound = |at: u64| usize::try_from(at).unwrap_or(len).min(len);
        let range = range.map_or(0..len, |range| bound(range.start)..bound(range.end));
        Ok(whole.slice(range))
    }
}

impl Store for MemoryStore {
    async fn head(&self, object: &Object) -> Result<Head, StoreError> {
        let body = self.find(object)?;
        Ok(Head { byte_len: body.len() as u64, version: None, etag: etag(&body) })
    }

    async fn open(&self, object: &Object, range: Option<Range<u64>>) -> Result<Body, StoreError> {
        if range.as_ref().is_some_and(Range::is_empty) {
            return Ok(Body::empty());
        }
        let found = self.cut(object, range)?;
        let pieces: Vec<_> =
            found.chunks(self.piece_len).map(|piece| Ok(found.slice_ref(piece))).collect();
        Ok(Body::new(&object.key, found.len() as u64, stream::iter(pieces)))
    }

    async fn write(&self, key: &str, body: Bytes) -> Result<(), StoreError> {
        self.put(Area::Output, key, body);
        Ok(())
    }

    async fn write_if(
        &self,
        key: &str,
        seen: Option<&str>,
        body: Bytes,
    ) -> Result<bool, StoreError> {
        let mut objects = self.lock();
        let at = (Area::Output, key.to_owned());
        let is_seen = objects.get(&at).map(etag).as_deref() == seen;
        if is_seen {
            objects.insert(at, body);
        }
        Ok(is_seen)
    }

    fn list(&self, prefix: &str) -> impl Stream<Item = Result<Listed, StoreError>> + Send {
        let found: Vec<_> = self
            .lock()
            .iter()
            .filter(|((area, key), _)| *area == Area::Output && key.starts_with(prefix))
            .map(|((_, key), body)| {
                Ok(Listed { key: key.clone(), byte_len: body.len() as u64, modified_ms: 0 })
            })
            .collect();
        stream::iter(found)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.lock().remove(&(Area::Output, key.to_owned()));
        Ok(())
    }

    type Upload = MemoryUpload;

    fn upload(&self, key: &str) -> MemoryUpload {
        MemoryUpload { objects: Arc::clone(&self.objects), key: key.to_owned(), body: Vec::new() }
    }
}

/// Equal for equal bytes, as that of S3 is.
fn etag(body: &Bytes) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    format!("{:x}-{:x}", body.len(), hasher.finish())
}

/// An object that is to be in memory.
#[derive(Debug)]
pub struct MemoryUpload {
    objects: Arc<Objects>,
    key: String,
    body: Vec<u8>,
}

impl Upload for MemoryUpload {
    async fn write(&mut self, piece: Bytes) -> Result<(), StoreError> {
        self.body.extend_from_slice(&piece);
        Ok(())
    }

    async fn finish(self) -> Result<(), StoreError> {
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        objects.insert((Area::Output, self.key), self.body.into());
        Ok(())
    }
}
