//! The steps one by one, as the state machine may run them: again, late, or over damaged work.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

#[path = "steps/bench.rs"]
mod bench;
#[path = "steps/ledger.rs"]
mod ledger;

use std::path::Path;

use bench::{Bench, ENTERED};
use enrich::Kept;
use settle::table::TableStore;
use shared::error_name::ErrorName;
use shared::fault::{Fault, FaultLog, Faults};
use shared::group::GroupBy;
use shared::job::{Job, Work, table_prefix};
use shared::message::{CaughtError, Chunk, ChunkTask, SettleTask, Settled, Verdict};
use shared::report::Report;
use shared::salt::Salts;
use shared::store::{Area, FolderStore};
use shared::warm::Warm;
use validate::{Settings, VerifiedTables};

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
    assert!(matches!(settled, Settled::Published { table_version: Some(1), .. }), "{settled:?}");
}
