//! The sample events tell of one and the same file, in the words of the messages.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy.toml allows them in test functions, but not in the helpers of a test file"
)]

use std::fs;
use std::path::Path;

use aws_lambda_events::event::sqs::SqsEvent;
use serde::de::DeserializeOwned;
use shared::message::{AggregateTask, ChunkTask, Dropped, Moment, SettleTask, ValidateTask};
use start::event::{Found, read, records};
use start::name::ExecutionName;

fn event<T: DeserializeOwned>(name: &str) -> T {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-data/events");
    serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap()
}

fn dropped() -> Dropped {
    let batch: SqsEvent = event("start.json");
    let body = batch.records[0].body.as_deref().unwrap();
    match read(records(body).unwrap().remove(0)).unwrap() {
        Found::File(dropped) => dropped,
        Found::Ignored { key, why } => panic!("{key}: {why}"),
    }
}

#[test]
fn the_later_steps_are_asked_about_what_start_has_started() {
    let file = dropped();
    let execution = ExecutionName::of(&file).to_string();
    let validate = ValidateTask::Plan { execution: execution.clone(), file: file.clone() };
    assert_eq!(event::<ValidateTask>("validate.json"), validate);
    assert_eq!(
        event::<AggregateTask>("aggregate.json"),
        AggregateTask { execution: execution.clone() }
    );
    let entered = Moment { ms: file.event_time_ms + 60_000 };
    let publish = SettleTask::Publish { execution, file, entered };
    assert_eq!(event::<SettleTask>("settle.json"), publish);
}

#[test]
fn parse_and_enrich_are_asked_the_same() {
    let parse: ChunkTask = event("parse.json");
    assert_eq!(parse.execution, ExecutionName::of(&dropped()).as_str());
    assert!(parse.chunk.start < parse.chunk.end);
    assert_eq!(event::<ChunkTask>("enrich.json"), parse);
}
