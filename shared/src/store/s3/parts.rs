//! An object fetched by several requests at a time, handed on in order.

use std::collections::VecDeque;
use std::ops::Range;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::task::JoinSet;

use super::super::{Body, Object, StoreError};
use super::part::{Extent, Part, Receiver};
use super::{PART_LEN, S3Store, read_failure};

/// Parts that are on the way or wait to be handed on: four connections give 360 MB/s, about what one
/// core reads, and hold at most 4 x 8 MiB.
const PART_COUNT: usize = 4;

/// What is left of an object.
#[derive(Debug)]
pub(super) struct Parts {
    store: S3Store,
    object: Object,
    /// The entity tag that every part must have.
    etag: Option<String>,
    /// What nobody has asked for yet.
    left: Range<u64>,
    ahead: VecDeque<Receiver>,
    /// Whoever drops them ends them.
    tasks: JoinSet<()>,
}

impl S3Store {
    /// Opens a range (0-based, half-open) that is not empty, or the whole object.
    pub(super) async fn open_parts(
        &self,
        object: &Object,
        range: Option<Range<u64>>,
    ) -> Result<Body, StoreError> {
        let wanted = range.clone().unwrap_or(0..u64::MAX);
        let first = wanted.start..wanted.end.min(wanted.start.saturating_add(PART_LEN));
        let found = match self.get(object, first.clone(), None).await {
            // No byte of an empty object can be asked for.
            Err(error) if range.is_none() && is_unsatisfiable(&error) => return Ok(Body::empty()),
            found => found.map_err(|error| read_failure(object, error))?,
        };
        let object_len = Extent::of(&found, &object.key)?.object_len;
        let end = wanted.end.min(object_len);
        let first = first.start.min(end)..first.end.min(end);
        let byte_len = end - first.start;
        let mut parts = Parts {
            store: self.clone(),
            object: object.clone(),
            etag: found.e_tag.clone(),
            left: first.end..end,
            ahead: VecDeque::new(),
            tasks: JoinSet::new(),
        };
        parts.begin(found, first);
        Ok(Body::new(&object.key, byte_len, parts.stream()))
    }
}

impl Parts {
    /// Takes the answer to the first request. One that holds the whole object is the only one.
    fn begin(&mut self, found: GetObjectOutput, mut range: Range<u64>) {
        if found.content_range().is_none() {
            range.end = self.left.end;
            self.left.start = self.left.end;
        }
        let (part, receiver) = Part::new(&self.object.key, range);
        self.ahead.push_back(receiver);
        self.tasks.spawn(part.receive(found));
        self.fetch();
    }

    /// Asks for as many parts as there may be.
    fn fetch(&mut self) {
        while self.ahead.len() < PART_COUNT && !self.left.is_empty() {
            let end = self.left.end.min(self.left.start.saturating_add(PART_LEN));
            let range = self.left.start..end;
            self.left.start = end;
            let (part, receiver) = Part::new(&self.object.key, range);
            self.ahead.push_back(receiver);
            let (store, object) = (self.store.clone(), self.object.clone());
            self.tasks.spawn(part.fetch(store, object, self.etag.clone()));
        }
    }

    fn stream(self) -> impl Stream<Item = Result<Bytes, StoreError>> + Send {
        stream::try_unfold(self, |mut parts| async move {
            Ok(parts.next().await?.map(|piece| (piece, parts)))
        })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        while let Some(part) = self.ahead.front_mut() {
            if let Some(piece) = part.next().await? {
                return Ok(Some(piece));
            }
            self.ahead.pop_front();
            while self.tasks.try_join_next().is_some() {}
            self.fetch();
        }
        Ok(None)
    }
}

/// Whether a server has said that there are no bytes in the range.
fn is_unsatisfiable<E>(error: &aws_sdk_s3::error::SdkError<E>) -> bool {
    error.raw_response().is_some_and(|response| response.status().as_u16() == 416)
}
