//! Chunks from a store in memory that counts what is read.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use bytes::Bytes;
use futures_util::Stream;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use serde_json::json;
use shared::error_name::ErrorName;
use shared::fault::{Fault, Faults, Kind};
use shared::message::Chunk;
use shared::reference::Pinned;
use shared::salt::Salts;
use shared::store::{Area, Body, Head, Listed, MemoryStore, MemoryUpload, StoreError};

use super::*;

/// A store that lets others run before it reads, and counts how often a reference table is read.
struct Counted {
    store: MemoryStore,
    table_reads: AtomicU32,
}

impl Store for Counted {
    async fn head(&self, object: &Object) -> Result<Head, StoreError> {
        self.store.head(object).await
    }

    async fn open(&self, object: &Object, range: Option<Range<u64>>) -> Result<Body, StoreError> {
        if object.area == Area::Reference {
            self.table_reads.fetch_add(1, Ordering::Relaxed);
        }
        tokio::task::yield_now().await;
        self.store.open(object, range).await
    }

    async fn write(&self, key: &str, body: Bytes) -> Result<(), StoreError> {
        self.store.write(key, body).await
    }

    async fn write_if(
        &self,
        key: &str,
        seen: Option<&str>,
        body: Bytes,
    ) -> Result<bool, StoreError> {
        self.store.write_if(key, seen, body).await
    }

    fn list(&self, prefix: &str) -> impl Stream<Item = Result<Listed, StoreError>> + Send {
        self.store.list(prefix)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.store.delete(key).await
    }

    type Upload = MemoryUpload;

    fn upload(&self, key: &str) -> MemoryUpload {
        self.store.upload(key)
    }
}

impl Counted {
    fn new() -> Self {
        Counted { store: MemoryStore::new(100), table_reads: AtomicU32::new(0) }
    }

    /// Puts the job of `execution` there, with the version of its table that says `text` for 1.
    fn put_job(&self, execution: &str, text: &str) {
        let table_key = format!("t-{}.csv", text.get(..9).unwrap_or(text));
        let mut object = Object::reference(&table_key);
        object.version = Some("1".to_owned());
        self.store.put(Area::Reference, &table_key, format!("k,v\n1,{text}\n"));
        let fields = json!([{ "name": "k", "type": "integer" }, { "name": "v" }]);
        let reference = json!({ "resource": "t", "fields": "k" });
        let job = json!({
            "file": {
                "dataset": "d", "bucket": "b", "key": "d/f.csv", "version": null, "etag": "e",
                "byteLen": 0, "sequencer": null, "eventTimeMs": 0, "fileId": "f"
            },
            "descriptor": { "resources": [
                {
                    "name": "r", "path": "r.csv",
                    "schema": {
                        "fields": [{ "name": "a", "type": "integer" }],
                        "foreignKeys": [{ "fields": "a", "reference": reference }]
                    },
                    "sluice": {
                        "enrich": {
                            "lookups": [{ "foreignKey": "a", "columns": { "v": "v" } }],
                            "columns": [{ "name": "c", "expression": "1 / (a - 7)" }]
                        },
                        "aggregates": [{ "name": "n", "groupBy": [], "measures": { "n": "count(*)" } }]
                    }
                },
                { "name": "t", "path": "t.csv", "schema": { "fields": fields } }
            ] },
            "resource": null,
            "references": { "t": Pinned { object, etag: "e".to_owned() } },
            "byteLen": 0, "digest": { "sha256": "" }, "chunkCount": 1, "recordCount": 0,
            "layout": { "lead": 0, "columns": [], "headerRows": [] },
            "isVerbatim": true, "preamble": ""
        });
        self.put(&Work { execution }.job(), job.to_string());
    }

    /// Puts a chunk there, in batches; its books say `said`.
    fn put_chunk(&self, execution: &str, batches: &[&[i64]], said: usize) {
        self.put_compressed_chunk(execution, batches, said, None);
    }

    fn put_compressed_chunk(
        &self,
        execution: &str,
        batches: &[&[i64]],
        said: usize,
        compression: Option<CompressionType>,
    ) {
        let rows = |values: &[i64]| {
            let numbers = Int64Array::from_iter_values(values.iter().copied());
            let columns: [(&str, ArrayRef); 3] = [
                ("row_number", Arc::new(numbers.clone())),
                ("line_number", Arc::new(numbers.clone())),
                ("a", Arc::new(numbers)),
            ];
            RecordBatch::try_from_iter(columns).unwrap()
        };
        let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
        let schema = rows(&[]).schema();
        let mut writer = StreamWriter::try_new_with_options(Vec::new(), &schema, options).unwrap();
        for values in batches {
            writer.write(&rows(values)).unwrap();
        }
        let work = Work { execution };
        self.put(&work.parsed_rows(0), writer.into_inner().unwrap());
        let counts = json!({ "readCount": said, "acceptedCount": said, "rejectedCount": 0 });
        self.put(&work.parsed(0), counts.to_string());
    }

    fn put(&self, key: &str, body: impl Into<Bytes>) {
        self.store.put(Area::Output, key, body);
    }

    fn get(&self, key: &str) -> Option<Bytes> {
        self.store.get(Area::Output, key)
    }

    async fn enrich(&self, execution: &str, warm: &Kept) -> Result<Enriched, EnrichError> {
        let chunk =
            Chunk { index: 0, start: 0, end: 0, first_row: 0, first_line: 0, record_count: 0 };
        let task = ChunkTask { execution: execution.to_owned(), chunk };
        handle(task, self, &Salts::default(), warm).await?;
        Ok(read_json(self, Work { execution }.enriched(0)).await?)
    }

    /// The texts that the rows of a part have from the table.
    fn texts(&self, enriched: &Enriched) -> Vec<String> {
        let part = enriched.part.as_ref().unwrap();
        let bytes = self.get(&format!("published/d/{}", part.path)).unwrap();
        assert_eq!(bytes.len() as u64, part.byte_len);
        let batches = ParquetRecordBatchReader::try_new(bytes, 1000).unwrap();
        let texts = batches.flat_map(|batch| {
            let texts = batch.unwrap()["v"].to_data();
            StringArray::from(texts).iter().map(|v| v.unwrap_or("-").to_owned()).collect::<Vec<_>>()
        });
        texts.collect()
    }

    #[track_caller]
    fn check_table_reads(&self, expected: u32) {
        assert_eq!(self.table_reads.load(Ordering::Relaxed), expected);
    }
}

#[tokio::test]
async fn rows_of_several_batches_end_in_the_part_or_among_the_faults() {
    let store = Counted::new();
    store.put_job("e", "one");
    store.put_chunk("e", &[&[1, 2], &[7], &[], &[1, 7, 1]], 6);
    let enriched = store.enrich("e", &Kept::default()).await.unwrap();
    assert_eq!(enriched.counts, Counts { read_count: 6, accepted_count: 4, rejected_count: 2 });
    assert_eq!(store.texts(&enriched), ["one", "-", "one", "one"]);
    let log = store.get(&Work { execution: "e" }.enrich_faults(0)).unwrap();
    let faults: Vec<Fault<'_>> = Faults::new(&log).map(Result::unwrap).collect();
    assert!(matches!(faults[..], [Fault { row_number: 7, kind: Kind::Computation { .. }, .. }, _]));
    assert_eq!(faults.len(), 2);
    assert!(store.get(&Work { execution: "e" }.partial(0, "n")).is_some());
}

#[tokio::test]
async fn compressed_rows_are_read_too() {
    let store = Counted::new();
    store.put_job("e", "one");
    store.put_compressed_chunk("e", &[&[1; 1000], &[2]], 1001, Some(CompressionType::ZSTD));
    let enriched = store.enrich("e", &Kept::default()).await.unwrap();
    assert_eq!(enriched.counts.accepted_count, 1001);
    assert_eq!(store.texts(&enriched)[999..], ["one", "-"]);
}

#[tokio::test]
async fn a_chunk_without_rows_leaves_neither_part_nor_faults() {
    let store = Counted::new();
    store.put_job("e", "one");
    store.put_chunk("e", &[], 0);
    let enriched = store.enrich("e", &Kept::default()).await.unwrap();
    assert_eq!((enriched.part, enriched.counts), (None, Counts::default()));
    assert_eq!(store.get(&Work { execution: "e" }.enrich_faults(0)), None);
}

#[tokio::test]
async fn a_chunk_all_of_whose_rows_are_rejected_has_no_part() {
    let store = Counted::new();
    store.put_job("e", "one");
    store.put_chunk("e", &[&[7, 7]], 2);
    let enriched = store.enrich("e", &Kept::default()).await.unwrap();
    assert_eq!((enriched.part, enriched.counts.rejected_count), (None, 2));
}

#[tokio::test]
async fn rows_that_are_cut_short_or_missing_are_named() {
    let store = Counted::new();
    store.put_job("e", "one");
    store.put_chunk("e", &[&[1], &[2]], 3);
    let error = store.enrich("e", &Kept::default()).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::BooksUnbalanced);

    let key = Work { execution: "e" }.parsed_rows(0);
    let whole = store.get(&key).unwrap();
    store.put(&key, whole.slice(..whole.len() / 2));
    let error = store.enrich("e", &Kept::default()).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::WorkUnreadable);
}

#[tokio::test]
async fn chunks_at_the_same_time_and_after_read_a_table_once() {
    let (store, warm) = (Counted::new(), Kept::default());
    store.put_job("e", "one");
    store.put_chunk("e", &[&[1]], 1);
    let (first, second) = tokio::join!(store.enrich("e", &warm), store.enrich("e", &warm));
    assert_eq!(first.unwrap(), second.unwrap());
    store.check_table_reads(1);
    store.enrich("e", &warm).await.unwrap();
    store.check_table_reads(1);
}

#[tokio::test]
async fn an_execution_sees_its_own_version_of_a_table() {
    let (store, warm) = (Counted::new(), Kept::default());
    for execution in ["one", "two"] {
        store.put_job(execution, execution);
        store.put_chunk(execution, &[&[1]], 1);
    }
    let (one, two) = tokio::join!(store.enrich("one", &warm), store.enrich("two", &warm));
    assert_eq!(store.texts(&one.unwrap()), ["one"]);
    assert_eq!(store.texts(&two.unwrap()), ["two"]);
    store.check_table_reads(2);
    for (execution, reads) in [("one", 2), ("two", 3), ("one", 4)] {
        let enriched = store.enrich(execution, &warm).await.unwrap();
        assert_eq!(store.texts(&enriched), [execution]);
        store.check_table_reads(reads);
    }
}

#[tokio::test]
async fn a_table_that_could_not_be_read_is_asked_for_again() {
    let (store, warm) = (Counted::new(), Kept::default());
    store.put_job("e", "one");
    store.put_chunk("e", &[&[1]], 1);
    let job = store.get(&Work { execution: "e" }.job()).unwrap();
    store.put(&Work { execution: "e" }.job(), "{");
    assert_eq!(store.enrich("e", &warm).await.unwrap_err().name(), ErrorName::WorkUnreadable);
    store.put(&Work { execution: "e" }.job(), job);
    assert!(store.enrich("e", &warm).await.is_ok());
}

#[tokio::test]
async fn rows_that_become_too_much_text_are_taken_in_halves() {
    let store = Counted::new();
    store.put_job("e", &"x".repeat(140_000));
    store.put_chunk("e", &[&[1; 600]], 600);
    let enriched = store.enrich("e", &Kept::default()).await.unwrap();
    assert_eq!(enriched.counts.accepted_count, 600);
    let texts = store.texts(&enriched);
    assert!(texts.len() == 600 && texts.iter().all(|text| text.len() == 140_000));
}
