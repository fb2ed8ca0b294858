//! What a file takes on AWS, and whether the quotas of AWS allow it.
//!
//! The model is in `capacity/model.rs`, what it is held to in `capacity/quotas.rs`; its numbers are those of
//! the template and the state machine, and come out in `docs/capacity.md`.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

#[path = "capacity/deployed.rs"]
mod deployed;
#[path = "capacity/model.rs"]
mod model;
#[path = "capacity/page.rs"]
mod page;
#[path = "capacity/quotas.rs"]
mod quotas;

use std::path::Path;

use serde_json::Value;
use validate::{KeyLimits, Obstacle};

use deployed::{Deployed, parameter};
use model::{
    CALL_SECONDS, ENRICH, File, NETWORK, PARSE, PART_JSON, PUT_BYTES, ROWS_RATIO, SCAN, key_bytes,
    number, one_pass, scaled,
};
use page::{FILES, page};
use quotas::{
    CHUNKS, HISTORY_EVENTS, LAMBDA_CONCURRENCY, LAMBDA_MB_PER_PROCESSOR, LAMBDA_SECONDS,
    MAP_CONCURRENCY, MB, MULTIPART_PART_BYTES, MULTIPART_PARTS, OBJECT_BYTES,
};

/// Times that a step must be done within its time-out.
const HEADROOM: f64 = 4.0;

/// MB that a step takes, whatever the length of the file and of its chunks.
const FLAT_MB: f64 = 400.0;

/// Bytes of a key that `Parse` holds, and what finds it.
const HELD_KEY_BYTES: f64 = 18.0;

/// `UPDATE_DOCS=1 cargo test -p cli --test capacity` writes it anew.
#[test]
fn the_page_is_the_model() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/capacity.md");
    let page = page(&Deployed::by_default());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), page);
}

#[test]
fn the_readme_says_the_same() {
    let readme = include_str!("../../README.md");
    for line in page::lines_of_the_readme(&Deployed::by_default()) {
        assert!(readme.contains(&line), "{line}");
    }
}

/// Whether each step of a file can be done so many times within its time-out.
#[track_caller]
fn check_time(byte_len: u64, deployed: &Deployed, headroom: f64) {
    for step in File::new(byte_len, deployed).steps {
        let timeout = Deployed::function_of(&step.name).timeout;
        let seconds = step.call.seconds;
        assert!(seconds * headroom <= number(timeout), "{byte_len}: {} {seconds}", step.name);
    }
}

#[test]
fn each_step_has_time_to_spare() {
    let deployed = Deployed::by_default();
    for (_, byte_len) in FILES {
        check_time(byte_len, &deployed, HEADROOM);
    }
    // The longest pass, and the largest chunks that are to be had.
    check_time(deployed.survey_bytes, &deployed, HEADROOM);
    let chunk_bytes = parameter("ChunkBytes", "MaxValue");
    check_time(FILES[2].1, &Deployed { chunk_bytes, ..deployed.clone() }, 10.0);
    check_time(OBJECT_BYTES, &deployed, 2.0);
}

#[test]
fn a_time_out_is_that_of_the_function() {
    let deployed = Deployed::by_default();
    for (name, state) in deployed.calls() {
        let limit = state["TimeoutSeconds"].as_u64().unwrap();
        let timeout = Deployed::function_of(name).timeout;
        assert!(timeout <= LAMBDA_SECONDS && timeout < limit, "{name}");
    }
    for (name, byte_len) in FILES {
        let seconds = File::new(byte_len, &deployed).seconds;
        assert!(seconds * HEADROOM <= number(deployed.execution_timeout()), "{name}: {seconds}");
    }
}

#[test]
fn what_one_pass_must_read_it_can_read() {
    let processors = Deployed::function_of("Validate").memory_mb;
    let processors = (processors / LAMBDA_MB_PER_PROCESSOR).min(2.0);
    // Text that is written again goes through the network twice.
    for bytes in [
        Obstacle::Hash.limit(),
        Obstacle::Keys.limit() + key_bytes(),
        2 * Obstacle::Compressed.limit(),
        parameter("SurveyBytes", "MaxValue"),
    ] {
        let seconds = one_pass(bytes, processors).seconds + CALL_SECONDS;
        assert!(seconds * 1.25 <= number(LAMBDA_SECONDS), "{bytes}: {seconds}");
    }
}

#[test]
fn memory_buys_what_a_step_needs_and_no_idle_processor() {
    for (step, speed) in [("Validate", SCAN), ("Parse", PARSE), ("Enrich", ENRICH)] {
        let memory_mb = Deployed::function_of(step).memory_mb;
        assert!(memory_mb > FLAT_MB, "{step}");
        let processors = memory_mb / LAMBDA_MB_PER_PROCESSOR;
        assert!(speed * processors > NETWORK, "{step} waits for its processor");
        let threads = if step == "Validate" { 2.0 } else { 1.0 };
        assert!(processors <= threads, "{step} cannot use {processors} processors");
    }
    let KeyLimits { sort_bytes, set_len, .. } = KeyLimits::default();
    let sorted = 2.0 * number(sort_bytes as u64) / MB;
    assert!(Deployed::function_of("Validate").memory_mb > sorted + FLAT_MB);
    let named = number(set_len) * HELD_KEY_BYTES / MB;
    assert!(Deployed::function_of("Parse").memory_mb > named + FLAT_MB);
}

#[test]
fn no_file_has_more_chunks_than_a_map_may_have() {
    let deployed = Deployed::by_default();
    for byte_len in FILES.map(|(_, byte_len)| byte_len).into_iter().chain([OBJECT_BYTES]) {
        let file = File::new(byte_len, &deployed);
        assert!((1..=CHUNKS).contains(&file.chunks.len()), "{byte_len}");
        assert_eq!(file.chunks.last().unwrap().end, byte_len);
    }
}

#[test]
fn several_files_fit_into_the_account() {
    let deployed = Deployed::by_default();
    assert!(deployed.concurrency <= MAP_CONCURRENCY);
    assert!(parameter("MaxConcurrency", "MaxValue") <= MAP_CONCURRENCY);
    let starts = parameter("Start", "MaximumConcurrency");
    assert!(10 * deployed.concurrency + starts <= LAMBDA_CONCURRENCY);
}

/// Events of a state: it is entered and left, and each attempt is scheduled, begun and ended.
fn events(state: &Value) -> u64 {
    let retriers = state["Retry"].as_array().into_iter().flatten();
    let attempts = 1 + retriers.filter_map(|rule| rule["MaxAttempts"].as_u64()).sum::<u64>();
    2 + 4 * attempts
}

#[test]
fn the_history_of_an_execution_does_not_grow_with_its_file() {
    // A Distributed Map keeps its children in executions of their own.
    let deployed = Deployed::by_default();
    let all: u64 = deployed.states().values().map(|state| events(state)).sum();
    assert!(all + 2 <= HISTORY_EVENTS / 10, "{all}");
}

#[test]
fn uploads_have_no_more_parts_than_s3_takes() {
    assert!(MULTIPART_PART_BYTES.contains(&PUT_BYTES));
    let chunk_bytes = File::new(OBJECT_BYTES, &Deployed::by_default()).chunk_bytes;
    let told = u64::try_from(CHUNKS).unwrap() * PART_JSON;
    for bytes in [scaled(chunk_bytes, ROWS_RATIO), told] {
        assert!(bytes.div_ceil(PUT_BYTES) * 10 <= MULTIPART_PARTS, "{bytes}");
    }
    assert!(FILES.iter().all(|&(_, byte_len)| byte_len <= OBJECT_BYTES));
}
