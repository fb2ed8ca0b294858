//! Over folders, whose files can be made as old as a test wants them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use arrow_schema::{DataType, Field, Schema};
use serde_json::json;
use shared::contract::{Duplicates, Revisions};
use shared::job::{Digest, Part};
use shared::stats::Stats;
use shared::store::{FolderStore, Listed};
use tempfile::TempDir;

use super::*;
use crate::table::{Commit, publish};

const DAY_MS: i64 = 86_400_000;
const NOW_MS: i64 = 1_700_000_000_000;
const EVERYTHING: Settings = Settings { retention_days: 0 };

/// The output area.
struct Output {
    folder: TempDir,
    store: FolderStore,
}

impl Output {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Output { store: FolderStore::new(folder.path()), folder }
    }

    fn path(&self, dataset: &str) -> PathBuf {
        self.folder.path().join(table_prefix(dataset))
    }

    fn table(&self, dataset: &str) -> TableStore {
        TableStore::folder(&self.path(dataset)).unwrap()
    }

    /// Puts an object there that was written so many days ago.
    async fn put(&self, key: &str, age_days: i64) {
        self.store.write(key, "bytes".into()).await.unwrap();
        let written = u64::try_from(NOW_MS - age_days * DAY_MS).unwrap();
        let file = File::options().write(true).open(self.store.output_path(key)).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_millis(written)).unwrap();
    }

    /// Puts a part of a file there that is so old, and gives its path.
    async fn part(&self, dataset: &str, file_id: &str, revision: i64, age_days: i64) -> String {
        let path = format!("data/{file_id}/{revision}/{revision}/part-00000.parquet");
        self.put(&format!("{}/{path}", table_prefix(dataset)), age_days).await;
        path
    }

    /// Publishes a file of one such part.
    async fn publish(&self, dataset: &str, file_id: &str, revision: i64, age_days: i64) {
        let path = self.part(dataset, file_id, revision, age_days).await;
        let stats = Stats {
            record_count: 1,
            null_count: BTreeMap::new(),
            min_values: BTreeMap::new(),
            max_values: BTreeMap::new(),
        };
        let commit = Commit {
            schema: Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, true)])),
            file_id: file_id.to_owned(),
            revision,
            attempt: 0,
            digest: Digest::Sha256(revision.to_string()),
            parts: vec![Part { path, byte_len: 5, stats }],
            modified_ms: NOW_MS,
            execution: "execution".to_owned(),
            revisions: Revisions::Replace,
            duplicates: Duplicates::Load,
        };
        publish(&self.table(dataset), commit).await.unwrap();
    }

    /// The parts that are there, as `<dataset> <file> <revision>`.
    async fn parts(&self) -> Vec<String> {
        let listed: Vec<Listed> = self.store.list(PUBLISHED).try_collect().await.unwrap();
        let keys = listed.iter().map(|listed| listed.key.split('/').collect::<Vec<_>>());
        keys.filter(|key| key[2] == "data")
            .map(|key| format!("{} {} {}", key[1], key[3], key[4]))
            .collect()
    }

    async fn handle(
        &self,
        action: Action,
        dataset: Option<&str>,
        settings: &Settings,
    ) -> Result<Upkept, UpkeepError> {
        let task = UpkeepTask { action, dataset: dataset.map(str::to_owned) };
        let open = |dataset: &str| {
            if dataset == "broken" {
                let (place, source) = (dataset.to_owned(), "closed".into());
                return Err(TableError::Place { place, source });
            }
            TableStore::folder(&self.path(dataset))
        };
        handle(task, settings, NOW_MS, &self.store, open).await
    }
}

/// Two published datasets, and one of which all was refused; half of it old.
async fn three_datasets() -> Output {
    let output = Output::new();
    output.publish("flights", "f1", 1, 100).await;
    output.publish("flights", "f1", 2, 90).await;
    output.publish("flights", "f2", 1, 100).await;
    output.publish("flights", "f2", 2, 90).await;
    output.publish("orders", "f1", 1, 100).await;
    output.publish("orders", "f1", 2, 1).await;
    output.part("refused", "f1", 1, 31).await;
    output.part("refused", "f1", 2, 29).await;
    output.put(&ledger::key("flights", "f1", 2), 29).await;
    output.put(&ledger::key("flights", "f2", 1), 100).await;
    output.put(&ledger::key("flights", "f2", 2), 31).await;
    output
}

#[tokio::test]
async fn what_nobody_needs_is_deleted_and_counted() {
    let output = three_datasets().await;
    let upkept = output.handle(Action::CleanUp, None, &Settings::default()).await.unwrap();
    let expected =
        Upkept { dataset_count: 3, checkpoint_count: 0, deleted_count: 3, deleted_bytes: 15 };
    assert_eq!(upkept, expected);
    let left = ["flights f1 1", "flights f1 2", "flights f2 2", "orders f1 2", "refused f1 2"];
    assert_eq!(output.parts().await, left);
    let again = output.handle(Action::CleanUp, None, &Settings::default()).await.unwrap();
    assert_eq!(again, Upkept { dataset_count: 3, ..Upkept::default() });
    assert_eq!(output.parts().await, left);
}

#[tokio::test]
async fn one_dataset_may_be_named() {
    let output = three_datasets().await;
    let upkept = output.handle(Action::CleanUp, Some("flights"), &EVERYTHING).await.unwrap();
    assert_eq!((upkept.dataset_count, upkept.deleted_count), (1, 2));
    let left = ["flights f1 2", "flights f2 2", "orders f1 1", "orders f1 2"];
    assert_eq!(output.parts().await, [&left[..], &["refused f1 1", "refused f1 2"]].concat());
}

#[tokio::test]
async fn a_fault_in_one_dataset_is_told_when_all_others_are_done() {
    let output = three_datasets().await;
    output.part("broken", "f1", 1, 100).await;
    let error = output.handle(Action::CleanUp, None, &Settings::default()).await.unwrap_err();
    let told = chain(&error);
    assert!(told.starts_with("1 datasets are not kept up, the first of them `broken`: "), "{told}");
    let left = ["flights f1 1", "flights f1 2", "flights f2 2", "orders f1 2", "refused f1 2"];
    assert_eq!(output.parts().await, [&["broken f1 1"], &left[..]].concat());
}

#[tokio::test]
async fn tables_that_are_due_get_a_checkpoint_and_lose_nothing() {
    let output = three_datasets().await;
    let table = output.path("flights").join("_delta_log");
    for version in 5..=20 {
        let info = json!({ "commitInfo": { "timestamp": 1, "operation": "WRITE" } });
        std::fs::write(table.join(format!("{version:020}.json")), info.to_string()).unwrap();
    }
    let parts = output.parts().await;
    let upkept = output.handle(Action::Checkpoint, None, &EVERYTHING).await.unwrap();
    let expected = Upkept { dataset_count: 3, checkpoint_count: 1, ..Upkept::default() };
    assert_eq!(upkept, expected);
    assert!(table.join("00000000000000000020.checkpoint.parquet").is_file());
    assert_eq!(output.parts().await, parts);
    // What is live is now read from there.
    let upkept = output.handle(Action::CleanUp, Some("flights"), &EVERYTHING).await.unwrap();
    assert_eq!(upkept.deleted_count, 2);
    assert!(output.parts().await.starts_with(&["flights f1 2", "flights f2 2"].map(str::to_owned)));
}

#[test]
fn a_task_is_what_the_template_says() {
    for (text, action) in [
        (r#"{"action": "checkpoint"}"#, Action::Checkpoint),
        (r#"{"action": "cleanUp"}"#, Action::CleanUp),
    ] {
        let template = include_str!("../../../../template.yaml");
        assert!(template.contains(&format!("Input: '{text}'")), "{text}");
        let task: UpkeepTask = serde_json::from_str(text).unwrap();
        assert_eq!(task, UpkeepTask { action, dataset: None });
    }
}
