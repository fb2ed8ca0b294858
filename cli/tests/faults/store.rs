//! A store of which operations fail.

use std::future::pending;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use serde_json::Value;
use shared::store::{
    Area, Body, Head, Listed, MemoryStore, MemoryUpload, Object, Store, StoreError, Upload,
};

use super::harm::{Act, Harm};
use super::process::{Process, TIMEOUT, UNKNOWN};

/// The store as one process sees it.
#[derive(Debug, Clone)]
pub(crate) struct FaultyStore {
    pub(crate) objects: Arc<MemoryStore>,
    pub(crate) process: Process,
}

impl FaultyStore {
    /// Records a record of the ledger under what it says, since it is written over.
    fn record_state(&self, key: &str) {
        let body = self.objects.get(Area::Output, key).unwrap();
        let record: Value = serde_json::from_slice(&body).unwrap();
        let state = record["state"].as_str().unwrap();
        self.process.injector().record(&format!("{key} {state}"), body);
    }

    fn record(&self, key: &str) {
        let body = self.objects.get(Area::Output, key).unwrap();
        self.process.injector().record(key, body);
    }
}

/// Carries an operation out, or what goes wrong with it.
async fn suffer<T>(
    process: &Process,
    harm: Option<Harm>,
    key: &str,
    operation: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    // Others may be at work at the same time.
    tokio::task::yield_now().await;
    if process.is_dead() {
        return pending().await;
    }
    match harm {
        None | Some(Harm::BreakOff | Harm::EndEarly | Harm::DieWithin | Harm::Overtake) => {
            operation.await
        }
        Some(Harm::FailBefore | Harm::Throttle | Harm::Outage) => Err(unavailable(key)),
        Some(Harm::FailAfter) => operation.await.and(Err(unavailable(key))),
        Some(Harm::Slow) => {
            yield_often().await;
            operation.await
        }
        Some(Harm::DieBefore | Harm::DieThrice) => process.die(UNKNOWN).await,
        Some(Harm::DieAfter) => {
            operation.await?;
            process.die(TIMEOUT).await
        }
        Some(Harm::Twice) => unreachable!("not of a store"),
    }
}

/// Lets everything else go first.
pub(crate) async fn yield_often() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

fn unavailable(key: &str) -> StoreError {
    let source = io::Error::other("injected").into();
    StoreError::Unavailable { verb: "use", key: key.to_owned(), source }
}

impl Store for FaultyStore {
    async fn head(&self, object: &Object) -> Result<Head, StoreError> {
        let harm = self.process.strike(Act::Head, &object.key);
        suffer(&self.process, harm, &object.key, self.objects.head(object)).await
    }

    async fn open(&self, object: &Object, range: Option<Range<u64>>) -> Result<Body, StoreError> {
        let start = range.as_ref().map_or(0, |range| range.start);
        let harm = self.process.strike(Act::Open, &format!("{}:{start}", object.key));
        let opened = self.objects.open(object, range);
        let body = suffer(&self.process, harm, &object.key, opened).await?;
        Ok(match harm {
            Some(harm @ (Harm::BreakOff | Harm::EndEarly | Harm::DieWithin)) => {
                cut(body, harm, &object.key, self.process.clone())
            }
            _ => body,
        })
    }

    async fn write(&self, key: &str, body: Bytes) -> Result<(), StoreError> {
        let harm = self.process.strike(Act::Write, key);
        let write = async {
            self.objects.write(key, body).await?;
            self.record(key);
            Ok(())
        };
        suffer(&self.process, harm, key, write).await
    }

    async fn write_if(
        &self,
        key: &str,
        seen: Option<&str>,
        body: Bytes,
    ) -> Result<bool, StoreError> {
        let harm = self.process.strike(Act::WriteIf, key);
        let write = async {
            let is_written = self.objects.write_if(key, seen, body).await?;
            if is_written {
                self.record_state(key);
            }
            Ok(is_written && harm != Some(Harm::Overtake))
        };
        suffer(&self.process, harm, key, write).await
    }

    /// No step lists what is in the store, or deletes any of it.
    fn list(&self, prefix: &str) -> impl Stream<Item = Result<Listed, StoreError>> + Send {
        self.objects.list(prefix)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.objects.delete(key).await
    }

    type Upload = FaultyUpload;

    fn upload(&self, key: &str) -> FaultyUpload {
        let upload = self.objects.upload(key);
        FaultyUpload { key: key.to_owned(), store: self.clone(), upload }
    }
}

/// The first half of a body, as if the object ended there, and what comes then.
fn cut(body: Body, harm: Harm, key: &str, process: Process) -> Body {
    let mut left = usize::try_from(body.byte_len / 2).unwrap();
    let half = body.pieces.map(move |piece| {
        piece.map(|piece| {
            let piece = piece.slice(..piece.len().min(left));
            left -= piece.len();
            piece
        })
    });
    let half = half.take_while(|piece| {
        let is_there = piece.as_ref().is_ok_and(|piece| !piece.is_empty());
        async move { is_there }
    });
    let key_of_error = key.to_owned();
    let end = stream::once(async move {
        if harm == Harm::DieWithin {
            return process.die(UNKNOWN).await;
        }
        (harm == Harm::BreakOff).then(|| Err(unavailable(&key_of_error)))
    });
    Body::new(key, body.byte_len, half.chain(end.filter_map(async |end| end)))
}

/// An upload of which operations fail.
#[derive(Debug)]
pub(crate) struct FaultyUpload {
    key: String,
    store: FaultyStore,
    upload: MemoryUpload,
}

impl Upload for FaultyUpload {
    async fn write(&mut self, piece: Bytes) -> Result<(), StoreError> {
        let process = &self.store.process;
        let harm = process.strike(Act::Append, &self.key);
        suffer(process, harm, &self.key, self.upload.write(piece)).await
    }

    async fn finish(self) -> Result<(), StoreError> {
        let FaultyUpload { key, store, upload } = self;
        let harm = store.process.strike(Act::Finish, &key);
        let finish = async {
            upload.finish().await?;
            store.record(&key);
            Ok(())
        };
        suffer(&store.process, harm, &key, finish).await
    }
}
