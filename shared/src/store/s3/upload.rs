//! Objects in parts: what is larger than memory.
//!
//! Parts of an object that is never finished stay invisible; a lifecycle rule of the bucket removes
//! them.

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use futures_util::FutureExt;

use super::super::{Store, StoreError, Upload};
use super::{S3Store, failure};

/// Bytes of a part: with the 10,000 parts that S3 allows, an object may have 160 GB.
const PART_LEN: usize = 16 << 20;

/// An object of the output bucket, written in parts; in one request if it is small.
#[derive(Debug)]
pub struct S3Upload {
    store: S3Store,
    key: String,
    rest: Vec<u8>,
    started: Option<Started>,
}

#[derive(Debug)]
struct Started {
    id: String,
    parts: Vec<CompletedPart>,
}

impl S3Upload {
    pub(super) fn new(store: S3Store, key: &str) -> Self {
        S3Upload { store, key: key.to_owned(), rest: Vec::new(), started: None }
    }

    async fn start(&self) -> Result<Started, StoreError> {
        let request = self.store.client.create_multipart_upload();
        let request = request.bucket(&self.store.output).key(&self.key);
        let started = request.send().boxed().await;
        let started = started.map_err(|error| failure("write", &self.key, error))?;
        Ok(Started { id: started.upload_id.unwrap_or_default(), parts: Vec::new() })
    }

    /// Sends what is left as the next part.
    async fn send_part(&mut self) -> Result<(), StoreError> {
        let mut started = match self.started.take() {
            Some(started) => started,
            None => self.start().await?,
        };
        let number = i32::try_from(started.parts.len() + 1).unwrap_or(i32::MAX);
        let request = self.store.client.upload_part();
        let request = request.bucket(&self.store.output).key(&self.key).upload_id(&started.id);
        let body = Bytes::from(std::mem::take(&mut self.rest));
        let sent = request.part_number(number).body(body.into()).send().boxed().await;
        let sent = sent.map_err(|error| failure("write", &self.key, error))?;
        let part = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build();
        started.parts.push(part);
        self.started = Some(started);
        Ok(())
    }
}

impl Upload for S3Upload {
    async fn write(&mut self, piece: Bytes) -> Result<(), StoreError> {
        for part in piece.chunks(PART_LEN) {
            self.rest.extend_from_slice(part);
            if self.rest.len() >= PART_LEN {
                self.send_part().await?;
            }
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<(), StoreError> {
        if self.started.is_none() {
            return self.store.write(&self.key, self.rest.into()).await;
        }
        if !self.rest.is_empty() {
            self.send_part().await?;
        }
        let Some(Started { id, parts }) = self.started else { return Ok(()) };
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = self.store.client.complete_multipart_upload();
        let request = request.bucket(&self.store.output).key(&self.key).upload_id(id);
        let finished = request.multipart_upload(parts).send().boxed().await;
        finished.map(|_| ()).map_err(|error| failure("write", &self.key, error))
    }
}
