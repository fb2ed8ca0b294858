//! The records of the ledger, as commands read them: listed first, then fetched, some at once.

use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use shared::ledger::Record;
use shared::store::{Listed, Object, Store, StoreError, read_whole};

/// Records that are fetched at once.
const CONCURRENCY: usize = 16;

/// Bytes that a record may have: a hundred times what it has.
const RECORD_LIMIT: u64 = 256 << 10;

/// A record that cannot be read; others may be.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the record `{key}`")]
pub struct Unreadable {
    /// Its key in the output bucket.
    pub key: String,
    /// Why not.
    #[source]
    pub source: RecordError,
}

/// What is wrong with a record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The store does not give it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is another thing.
    #[error("it is not what a record is")]
    Json(#[from] serde_json::Error),
}

/// Why there is no list of records.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// There is no such bucket.
    #[error("there is no bucket `{bucket}`")]
    NoBucket {
        /// Its name.
        bucket: String,
    },
    /// The store failed.
    #[error("cannot list the records in the bucket `{bucket}`")]
    Store {
        /// Name of the bucket.
        bucket: String,
        /// What it said.
        #[source]
        source: StoreError,
    },
}

impl ListError {
    fn of(bucket: &str, source: StoreError) -> Self {
        let bucket = bucket.to_owned();
        match source {
            StoreError::NotFound { .. } => ListError::NoBucket { bucket },
            source @ (StoreError::TooLarge { .. } | StoreError::Unavailable { .. }) => {
                ListError::Store { bucket, source }
            }
        }
    }
}

/// The records whose keys start so, by their keys: those of one file by revision.
///
/// # Errors
/// [`ListError`]; the bucket is only named there.
pub(crate) async fn list(
    store: &impl Store,
    bucket: &str,
    prefix: &str,
) -> Result<Vec<Listed>, ListError> {
    store.list(prefix).try_collect().await.map_err(|source| ListError::of(bucket, source))
}

/// The records of some keys, in the order of these.
pub(crate) fn read(
    store: &impl Store,
    keys: impl IntoIterator<Item = String>,
) -> impl Stream<Item = Result<Record, Unreadable>> {
    let one = async move |key: String| {
        read_one(store, &key).await.map_err(|source| Unreadable { key, source })
    };
    stream::iter(keys).map(one).buffered(CONCURRENCY)
}

async fn read_one(store: &impl Store, key: &str) -> Result<Record, RecordError> {
    let body = read_whole(store, &Object::output(key), None, RECORD_LIMIT).await?;
    Ok(serde_json::from_slice(&body)?)
}

#[cfg(test)]
pub(crate) mod tests {
    use shared::ledger::{Publication, State};
    use shared::message::Dropped;
    use shared::store::{Area, MemoryStore};

    use super::*;

    pub(crate) const NOW: i64 = 1_700_000_000_000;

    /// The record of a version of `orders/<file>.csv`, quarantined by the execution `e<revision>`.
    pub(crate) fn record(file: &str, revision: i64) -> Record {
        let dropped = Dropped {
            dataset: "orders".to_owned(),
            bucket: "in".to_owned(),
            key: format!("orders/{file}.csv"),
            version: Some(format!("v{revision}")),
            etag: "e1".to_owned(),
            byte_len: 1234,
            sequencer: None,
            event_time_ms: revision,
            file_id: start::identity::file_id("in", &format!("orders/{file}.csv")),
            attempt: 0,
        };
        let state = State::Quarantined { error: "FileRefused".to_owned() };
        Record { state, ..Record::claim(dropped, &format!("e{revision}"), None, NOW) }
    }

    /// The same, published.
    pub(crate) fn published(file: &str, revision: i64) -> Record {
        let publication =
            Publication { execution: format!("e{revision}"), table_version: Some(12) };
        let record = record(file, revision);
        Record { state: State::Published, publication: Some(publication), ..record }
    }

    /// A store with these records.
    pub(crate) fn store(records: &[Record]) -> MemoryStore {
        let store = MemoryStore::new(7);
        for record in records {
            put(&store, record);
        }
        store
    }

    pub(crate) fn put(store: &MemoryStore, record: &Record) {
        store.put(Area::Output, &record.key(), serde_json::to_vec(record).unwrap());
    }

    #[tokio::test]
    async fn records_come_in_the_order_of_their_keys_and_one_that_cannot_be_read_names_its_own() {
        let records: Vec<_> = (0..40).map(|revision| record("a", revision)).collect();
        let store = store(&records);
        let broken = records[7].key();
        store.put(Area::Output, &broken, "{");
        let keys = records.iter().rev().map(Record::key);
        let found: Vec<_> = read(&store, keys).collect().await;
        for (expected, found) in records.iter().rev().zip(&found) {
            match found {
                Ok(found) => assert_eq!(found, expected),
                Err(unreadable) => assert_eq!(unreadable.key, broken),
            }
        }
        assert_eq!(found.iter().filter(|found| found.is_err()).count(), 1);
        assert_eq!(found.len(), 40);
    }

    #[tokio::test]
    async fn only_what_starts_so_is_listed() {
        let store = store(&[record("a", 2), record("a", 10), record("b", 1)]);
        let prefix = shared::ledger::file_prefix("orders", &record("a", 0).file.file_id);
        let keys = list(&store, "out", &prefix).await.unwrap().into_iter().map(|found| found.key);
        assert_eq!(keys.collect::<Vec<_>>(), [record("a", 2).key(), record("a", 10).key()]);
    }
}
