//! The steps one by one, as the state machine may run them: again, late, or over damaged work.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

use std::path::{Path, PathBuf};

use enrich::Kept;
use settle::table::TableStore;
use shared::error_name::ErrorName;
use shared::fault::{Fault, FaultLog, Faults};
use shared::group::GroupBy;
use shared::job::{Job, Work, table_prefix};
use shared::message::{
    AggregateTask, Aggregated, CaughtError, Chunk, ChunkTask, Dropped, Moment, SettleTask, Settled,
    ValidateAnswer, ValidateTask, Verdict,
};
use shared::report::Report;
use shared::salt::Salts;
use shared::store::{Area, FolderStore};
use shared::warm::Warm;
use validate::{Settings, ValidateError, VerifiedTables};

const KEY: &str = "flights/ragged.csv";

/// A folder store with the sample contract and one dropped file.
struct Bench {
    folder: tempfile::TempDir,
    store: FolderStore,
    execution: String,
    file: Dropped,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-data");
        let store = FolderStore::new(folder.path().join("output"))
            .mount(Area::Input, KEY, folder.path().join("input"))
            .mount(Area::Reference, "contracts", samples.join("contracts"));
        let bench = Bench { folder, store, execution: String::new(), file: dropped(0) };
        bench.at(1)
    }

    /// The same bench for the revision `event_time_ms` of the file: the same rows, in another order.
    fn at(self, event_time_ms: i64) -> Self {
        let file = dropped(event_time_ms);
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-data/input").join(KEY);
        let sample = std::fs::read_to_string(sample).unwrap();
        let mut lines: Vec<&str> = sample.split_inclusive('\n').collect();
        lines[1..].rotate_left(usize::try_from(event_time_ms - 1).unwrap());
        std::fs::write(self.folder.path().join("input"), lines.concat()).unwrap();
        Bench { execution: format!("run-{event_time_ms}"), file, ..self }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join("output").join(key)
    }

    async fn validate(&self) -> Result<Vec<Chunk>, ValidateError> {
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

    async fn process(&self, chunk: Chunk) {
        let task = ChunkTask { execution: self.execution.clone(), chunk };
        parse::handle(task.clone(), &self.store, &Warm::default()).await.unwrap();
        enrich::handle(task, &self.store, &Salts::default(), &Kept::default()).await.unwrap();
    }

    async fn aggregate(&self) -> Result<Aggregated, ErrorName> {
        let task = AggregateTask { execution: self.execution.clone() };
        aggregate::handle(task, &self.store).await.map_err(|error| error.name())
    }

    async fn publish(&self) -> Result<u64, ErrorName> {
        let (execution, file) = (self.execution.clone(), self.file.clone());
        let task = SettleTask::Publish { execution, file, entered: ENTERED };
        match self.settle(task).await? {
            Settled::Published { table_version, .. } => Ok(table_version),
            other @ (Settled::Claimed { .. }
            | Settled::Duplicate { .. }
            | Settled::Quarantined { .. }) => panic!("{other:?}"),
        }
    }

    async fn settle(&self, task: SettleTask) -> Result<Settled, ErrorName> {
        let open = |dataset: &str| TableStore::folder(&self.path(&table_prefix(dataset)));
        settle::handle(task, &self.store, open).await.map_err(|error| error.name())
    }

    /// All steps before `Aggregate`.
    async fn prepare(&self) -> Vec<Chunk> {
        let plan = self.validate().await.unwrap();
        for &chunk in &plan {
            self.process(chunk).await;
        }
        plan
    }

    /// Every output file and its bytes, in the order of their names.
    fn outputs(&self) -> Vec<(PathBuf, Vec<u8>)> {
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
const ENTERED: Moment = Moment { ms: 1_795_248_000_000 };

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

#[tokio::test]
async fn a_step_that_runs_again_writes_the_same_again() {
    let bench = Bench::new();
    for chunk in bench.prepare().await {
        bench.process(chunk).await;
    }
    let aggregated = bench.aggregate().await.unwrap();
    assert_eq!(aggregated.verdict, Verdict::Publish);
    let version = bench.publish().await.unwrap();
    let outputs = bench.outputs();

    for chunk in bench.prepare().await {
        bench.process(chunk).await;
    }
    assert_eq!(bench.aggregate().await.unwrap(), aggregated);
    assert_eq!(bench.publish().await.unwrap(), version);
    assert!(bench.outputs() == outputs, "the second run left a trace");
}

#[tokio::test]
async fn a_later_revision_replaces_the_rows_and_an_earlier_one_never_returns() {
    let mut bench = Bench::new();
    for (event_time_ms, expected) in
        [(2, Ok(1)), (3, Ok(2)), (1, Err(ErrorName::FileRefused)), (3, Ok(2))]
    {
        bench = bench.at(event_time_ms);
        bench.prepare().await;
        bench.aggregate().await.unwrap();
        assert_eq!(bench.publish().await, expected, "revision {event_time_ms}");
    }
    let log = bench.path("published/flights/_delta_log/00000000000000000002.json");
    let log = std::fs::read_to_string(log).unwrap();
    let count = |action: &str| log.lines().filter(|line| line.starts_with(action)).count();
    assert_eq!(count("{\"add\""), count("{\"remove\""), "each part of the earlier is removed");
    assert!(count("{\"add\"") > 1);
}

#[tokio::test]
async fn a_second_execution_over_a_version_touches_nothing_that_is_published() {
    let mut bench = Bench::new();
    bench.prepare().await;
    bench.aggregate().await.unwrap();
    bench.publish().await.unwrap();
    let table = |bench: &Bench| {
        let outputs = bench.outputs().into_iter();
        outputs.filter(|(path, _)| path.to_str().unwrap().contains("run-1")).collect::<Vec<_>>()
    };
    let before = table(&bench);
    assert!(before.iter().any(|(path, _)| path.to_str().unwrap().contains("part-")));

    bench.execution = "by-hand".to_owned();
    bench.prepare().await;
    bench.aggregate().await.unwrap();
    assert_eq!(bench.publish().await, Err(ErrorName::FileRefused));
    assert!(table(&bench) == before, "what was published has changed");

    bench.execution = "run-1".to_owned();
    assert_eq!(bench.publish().await, Ok(1), "the first may still be told again");
}

#[tokio::test]
async fn a_file_refused_after_its_rows_were_read_keeps_its_books() {
    let bench = Bench::new();
    bench.prepare().await;
    bench.aggregate().await.unwrap();
    let error = CaughtError { error: "FileRefused".to_owned(), cause: "late".to_owned() };
    let task = SettleTask::Quarantine {
        execution: bench.execution.clone(),
        file: bench.file.clone(),
        entered: ENTERED,
        error: Some(error),
        aggregated: None,
    };
    let Settled::Quarantined { report, .. } = bench.settle(task).await.unwrap() else { panic!() };
    let report: Report =
        serde_json::from_slice(&std::fs::read(bench.path(&report)).unwrap()).unwrap();
    assert_eq!(report.counts.map(|counts| counts.rejected_count), Some(7));
    assert!(bench.path(&report.outputs.rejects.unwrap()).exists());
    assert_eq!(report.outputs.table, None);
}

#[tokio::test]
async fn a_row_lost_between_steps_stops_the_file() {
    let bench = Bench::new();
    let plan = bench.prepare().await;
    let work = Work { execution: &bench.execution };
    let logs = plan.iter().map(|chunk| bench.path(&work.parse_faults(chunk.index)));
    let path = logs.into_iter().find(|path| path.exists()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let faults: Vec<Fault<'_>> = Faults::new(&bytes).map(Result::unwrap).collect();
    let last_row = faults.last().unwrap().row_number;
    let mut kept = FaultLog::default();
    faults.iter().filter(|fault| fault.row_number != last_row).for_each(|fault| kept.push(fault));
    std::fs::write(&path, kept.into_bytes()).unwrap();
    assert_eq!(bench.aggregate().await, Err(ErrorName::BooksUnbalanced));
}

#[tokio::test]
async fn a_chunk_other_than_the_plan_says_stops_the_file() {
    let bench = Bench::new();
    let plan = bench.validate().await.unwrap();
    let chunk = Chunk { record_count: plan[0].record_count + 1, ..plan[0] };
    let task = ChunkTask { execution: bench.execution.clone(), chunk };
    let error = parse::handle(task, &bench.store, &Warm::default()).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::BooksUnbalanced);
}

#[tokio::test]
async fn work_that_is_gone_or_damaged_is_named() {
    let bench = Bench::new();
    bench.prepare().await;
    let work = Work { execution: &bench.execution };
    for key in [work.enriched(0), work.partial(0, "delays_by_airline"), work.job()] {
        let path = bench.path(&key);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert_eq!(bench.aggregate().await, Err(ErrorName::WorkUnreadable), "{key} cut short");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(bench.aggregate().await, Err(ErrorName::WorkUnreadable), "{key} gone");
        std::fs::write(&path, whole).unwrap();
    }
    assert!(bench.aggregate().await.is_ok());
}

#[tokio::test]
async fn groups_that_were_too_large_for_a_chunk_refuse_the_file() {
    let bench = Bench::new();
    bench.prepare().await;
    let work = Work { execution: &bench.execution };
    let job: Job =
        serde_json::from_slice(&std::fs::read(bench.path(&work.job())).unwrap()).unwrap();
    let contract = job.contract().unwrap();
    let path = bench.path(&work.partial(1, &contract.aggregates[0].name));
    let columns = contract.measured_columns();
    let mut groups = GroupBy::new(&contract.aggregates[0], &columns, 0).unwrap();
    groups.merge(&std::fs::read(&path).unwrap()).unwrap();
    std::fs::write(path, groups.to_partial().unwrap()).unwrap();
    assert_eq!(bench.aggregate().await, Err(ErrorName::FileRefused));
}

#[tokio::test]
async fn a_file_that_is_gone_and_a_dataset_that_cannot_be_are_refused() {
    let mut bench = Bench::new();
    bench.file.key = "flights/gone.csv".to_owned();
    assert_eq!(bench.validate().await.unwrap_err().name(), ErrorName::FileRefused);
    for dataset in ["tides", "", "..", "a b", "a/b", "é"] {
        bench.file.dataset = dataset.to_owned();
        let error = bench.validate().await.unwrap_err();
        assert_eq!(error.name(), ErrorName::ContractRefused, "{dataset}");
    }
}

/// As a person does with `sam local invoke`, one function after the other.
#[tokio::test]
async fn the_sample_events_load_the_good_month() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-data");
    let event = |name: &str| std::fs::read(samples.join("events").join(name)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::new(folder.path())
        .mount(Area::Input, "flights", samples.join("input/flights"))
        .mount(Area::Reference, "contracts", samples.join("contracts"));
    let settings = Settings::new(64 << 20);

    let task = serde_json::from_slice(&event("validate.json")).unwrap();
    validate::handle(task, &settings, &VerifiedTables::default(), &store).await.unwrap();
    parse::handle(serde_json::from_slice(&event("parse.json")).unwrap(), &store, &Warm::default())
        .await
        .unwrap();
    let task = serde_json::from_slice(&event("enrich.json")).unwrap();
    enrich::handle(task, &store, &Salts::default(), &Kept::default()).await.unwrap();
    let task = serde_json::from_slice(&event("aggregate.json")).unwrap();
    let aggregated = aggregate::handle(task, &store).await.unwrap();
    assert_eq!((aggregated.verdict, aggregated.counts.accepted_count), (Verdict::Publish, 27_004));
    let open = |dataset: &str| TableStore::folder(&folder.path().join(table_prefix(dataset)));
    let task = serde_json::from_slice(&event("settle.json")).unwrap();
    let settled = settle::handle(task, &store, open).await.unwrap();
    assert!(matches!(settled, Settled::Published { table_version: 1, .. }), "{settled:?}");
}
