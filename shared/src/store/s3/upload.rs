//! Objects in parts: what is larger than memory.
//!
//! Parts of an object that is never finished stay invisible; a lifecycle rule of the bucket removes
//! them.

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use futures_util::FutureExt;
use tokio::task::JoinSet;

use super::super::{Store, StoreError, Upload};
use super::{S3Store, failure};

/// Bytes of a part: with the 10,000 parts that S3 allows, an object may have 160 GB.
const PART_LEN: usize = 16 << 20;

/// Parts on the way: two connections take 180 MB/s, more than one core makes, and with the part that
/// is being filled an upload holds at most 3 x 16 MiB.
const PART_COUNT: usize = 2;

/// An object of the output bucket, written in parts; in one request if it is small.
#[derive(Debug)]
pub struct S3Upload {
    store: S3Store,
    key: String,
    /// What is in no part yet: less than one.
    rest: Vec<u8>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// No part was sent.
    New,
    Sending(Parts),
    /// Bytes are lost.
    Failed,
}

/// The parts of an object that is not finished.
#[derive(Debug)]
struct Parts {
    id: String,
    /// Number of parts, sent or on their way.
    count: i32,
    sent: Vec<CompletedPart>,
    sending: JoinSet<Result<CompletedPart, StoreError>>,
}

impl S3Upload {
    pub(super) fn new(store: S3Store, key: &str) -> Self {
        S3Upload { store, key: key.to_owned(), rest: Vec::new(), state: State::New }
    }

    /// Adds to the rest what makes it a part of `piece`, at most.
    fn fill(&mut self, piece: &mut Bytes) {
        let room = PART_LEN.saturating_sub(self.rest.len());
        self.rest.extend_from_slice(&piece.split_to(room.min(piece.len())));
    }

    /// The parts so far, fewer of them on their way than there may be. They are lost on an error.
    async fn parts(&mut self) -> Result<Parts, StoreError> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::New => self.store.start(&self.key).await,
            State::Sending(parts) => self.store.wait(&self.key, parts, PART_COUNT - 1).await,
            State::Failed => Err(lost(&self.key)),
        }
    }

    /// Sends the rest as the next part.
    async fn send_part(&mut self) -> Result<(), StoreError> {
        let mut parts = self.parts().await?;
        parts.count += 1;
        let body = Bytes::from(std::mem::take(&mut self.rest));
        let (store, key, id) = (self.store.clone(), self.key.clone(), parts.id.clone());
        let number = parts.count;
        parts.sending.spawn(async move { store.send_part(&key, id, number, body).await });
        self.state = State::Sending(parts);
        Ok(())
    }
}

impl S3Store {
    async fn start(&self, key: &str) -> Result<Parts, StoreError> {
        let request = self.client.create_multipart_upload().bucket(&self.output).key(key);
        let started = request.send().boxed().await;
        let started = started.map_err(|error| failure("write", key, error))?;
        let id = started.upload_id.unwrap_or_default();
        Ok(Parts { id, count: 0, sent: Vec::new(), sending: JoinSet::new() })
    }

    async fn send_part(
        &self,
        key: &str,
        id: String,
        number: i32,
        body: Bytes,
    ) -> Result<CompletedPart, StoreError> {
        let request = self.client.upload_part().bucket(&self.output).key(key).upload_id(id);
        let sent = request.part_number(number).body(body.into()).send().boxed().await;
        let sent = sent.map_err(|error| failure("write", key, error))?;
        Ok(CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build())
    }

    /// Waits until at most `count` parts are on their way; gives the upload up if one has failed.
    async fn wait(&self, key: &str, mut parts: Parts, count: usize) -> Result<Parts, StoreError> {
        while parts.sending.len() > count {
            let Some(sent) = parts.sending.join_next().await else { break };
            match sent.unwrap_or_else(|error| Err(StoreError::unavailable("write", key, error))) {
                Ok(part) => parts.sent.push(part),
                Err(error) => {
                    self.abort(key, parts).await;
                    return Err(error);
                }
            }
        }
        Ok(parts)
    }

    /// Removes the parts, as well as that can be done.
    async fn abort(&self, key: &str, mut parts: Parts) {
        // What is on its way would be stored after it.
        parts.sending.shutdown().await;
        let request = self.client.abort_multipart_upload().bucket(&self.output).key(key);
        // The lifecycle rule does what this cannot.
        drop(request.upload_id(parts.id).send().boxed().await);
    }

    async fn complete(&self, key: &str, parts: Parts) -> Result<(), StoreError> {
        let Parts { id, mut sent, .. } = self.wait(key, parts, 0).await?;
        sent.sort_by_key(|part| part.part_number);
        let sent = CompletedMultipartUpload::builder().set_parts(Some(sent)).build();
        let request = self.client.complete_multipart_upload().bucket(&self.output).key(key);
        let finished = request.upload_id(id).multipart_upload(sent).send().boxed().await;
        finished.map(|_| ()).map_err(|error| failure("write", key, error))
    }
}

impl Upload for S3Upload {
    async fn write(&mut self, mut piece: Bytes) -> Result<(), StoreError> {
        if matches!(self.state, State::Failed) {
            return Err(lost(&self.key));
        }
        while !piece.is_empty() {
            self.fill(&mut piece);
            if self.rest.len() == PART_LEN {
                self.send_part().await?;
            }
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<(), StoreError> {
        if matches!(self.state, State::New) {
            return self.store.write(&self.key, self.rest.into()).await;
        }
        if !self.rest.is_empty() {
            self.send_part().await?;
        }
        let parts = self.parts().await?;
        self.store.complete(&self.key, parts).await
    }
}

/// What is told once bytes are lost.
fn lost(key: &str) -> StoreError {
    StoreError::unavailable("write", key, "an earlier part was not written")
}
