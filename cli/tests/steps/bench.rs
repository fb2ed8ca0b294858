//! A file on its way through the steps, each of which is called by hand.

use std::path::{Path, PathBuf};

use enrich::Kept;
use settle::table::TableStore;
use shared::error_name::ErrorName;
use shared::job::table_prefix;
use shared::message::{
    AggregateTask, Aggregated, Chunk, ChunkTask, Dropped, Moment, SettleTask, Settled,
    ValidateAnswer, ValidateTask,
};
use shared::salt::Salts;
use shared::store::{Area, FolderStore};
use shared::warm::Warm;
use validate::{Settings, ValidateError, VerifiedTables};

/// The file that is dropped.
const KEY: &str = "flights/ragged.csv";

/// A folder store with the sample contract and one dropped file.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
    pub(crate) store: FolderStore,
    pub(crate) execution: String,
    pub(crate) file: Dropped,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-data");
        let store = FolderStore::new(folder.path().join("output"))
            .mount(Area::Input, KEY, folder.path().join("input"))
            .mount(Area::Reference, "contracts", samples.join("contracts"));
        let bench = Bench { folder, store, execution: String::new(), file: dropped(0) };
        bench.at(1)
    }

    /// The same bench for the revision `event_time_ms` of the file: the same rows, in another order.
    pub(crate) fn at(self, event_time_ms: i64) -> Self {
        let file = dropped(event_time_ms);
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-data/input").join(KEY);
        let sample = std::fs::read_to_string(sample).unwrap();
        let mut lines: Vec<&str> = sample.split_inclusive('\n').collect();
        lines[1..].rotate_left(usize::try_from(event_time_ms - 1).unwrap());
        std::fs::write(self.folder.path().join("input"), lines.concat()).unwrap();
        Bench { execution: format!("run-{event_time_ms}"), file, ..self }
    }

    pub(crate) fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join("output").join(key)
    }

    pub(crate) async fn validate(&self) -> Result<Vec<Chunk>, ValidateError> {
        let settings = Settings::new(4096);
        let (execution, file) = (self.execution.clone(), self.file.clone());
        let task = ValidateTask::Plan { execution, file };
        let ValidateAnswer::Planned(validated) =
            validate::handle(task, &settings, &VerifiedTables::default(), &self.store).await?
        else {
            panic!("not planned");
        };
        let plan = std::fs::read(self.path(&validated.plan)).unwrap();
        let plan: Vec<Chunk> = serde_json::from_slice(&plan).unwrap();
        assert_eq!(plan.len(), validated.chunk_count);
        assert!(plan.len() > 1, "several chunks");
        Ok(plan)
    }

    pub(crate) async fn process(&self, chunk: Chunk) {
        let task = ChunkTask { execution: self.execution.clone(), chunk };
        parse::handle(task.clone(), &self.store, &Warm::default()).await.unwrap();
        enrich::handle(task, &self.store, &Salts::default(), &Kept::default()).await.unwrap();
    }

    pub(crate) async fn aggregate(&self) -> Result<Aggregated, ErrorName> {
        let task = AggregateTask { execution: self.execution.clone() };
        aggregate::handle(task, &self.store).await.map_err(|error| error.name())
    }

    pub(crate) async fn publish(&self) -> Result<u64, ErrorName> {
        let (execution, file) = (self.execution.clone(), self.file.clone());
        let task = SettleTask::Publish { execution, file, entered: ENTERED };
        match self.settle(task).await? {
            Settled::Published { table_version, .. } => Ok(table_version.unwrap()),
            other @ (Settled::Claimed { .. }
            | Settled::Duplicate { .. }
            | Settled::Quarantined { .. }) => panic!("{other:?}"),
        }
    }

    pub(crate) async fn settle(&self, task: SettleTask) -> Result<Settled, ErrorName> {
        let open = |dataset: &str| TableStore::folder(&self.path(&table_prefix(dataset)));
        settle::handle(task, &self.store, open).await.map_err(|error| error.name())
    }

    /// All steps before `Aggregate`.
    pub(crate) async fn prepare(&self) -> Vec<Chunk> {
        let plan = self.validate().await.unwrap();
        for &chunk in &plan {
            self.process(chunk).await;
        }
        plan
    }

    /// Every output file and its bytes, in the order of their names.
    pub(crate) fn outputs(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().join("output")];
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir().unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push((path.clone(), std::fs::read(&path).unwrap()));
                }
            }
        }
        found.sort();
        found
    }
}

/// When each state is entered.
pub(crate) const ENTERED: Moment = Moment { ms: 1_795_248_000_000 };

fn dropped(event_time_ms: i64) -> Dropped {
    Dropped {
        dataset: "flights".to_owned(),
        bucket: "input".to_owned(),
        key: KEY.to_owned(),
        version: None,
        etag: "tag".to_owned(),
        // As the sample is long.
        byte_len: 17_617,
        sequencer: None,
        event_time_ms,
        file_id: "0123456789abcdef0123456789abcdef".to_owned(),
        attempt: 0,
    }
}
