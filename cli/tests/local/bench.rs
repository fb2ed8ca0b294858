//! The stack that the tests of this process share.

use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use cli::local::console::Console;
use cli::local::error::LocalError;
use cli::local::executions::file_of;
use cli::local::files::Drop;
use cli::local::follow::Ending;
use cli::local::host::Host;
use cli::local::stack::{Dropped, Settings, Stack};
use shared::error_name::chain;
use shared::report::Report;
use tokio::runtime::Runtime;

use super::golden::sample_data;
use super::inbox::Inbox;

/// Small enough for the good month to be ten chunks.
const CHUNK_BYTES: u64 = 256 << 10;

/// Beyond the samples, so that a test says so that takes the other road.
pub(crate) const SURVEY_BYTES: u64 = 4 << 20;
const LIMIT: Duration = Duration::from_mins(2);

/// One runtime for all tests: connections do not outlive the runtime that made them.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static STACK: LazyLock<(Stack, Inbox)> = LazyLock::new(|| RUNTIME.block_on(start()));

/// A file that has gone through, and a copy of all outputs.
pub(crate) struct Loaded {
    pub(crate) report: Report,
    pub(crate) outputs: tempfile::TempDir,
}

/// Does something with the stack.
#[track_caller]
pub(crate) fn with_stack<T>(work: impl AsyncFnOnce(&Stack) -> T) -> T {
    let (stack, _) = &*STACK;
    RUNTIME.block_on(work(stack))
}

/// Who is told of the files of the stack.
pub(crate) fn inbox() -> &'static Inbox {
    &STACK.1
}

async fn start() -> (Stack, Inbox) {
    let host = said(Host::find().await);
    let (chunk_bytes, survey_bytes) = (CHUNK_BYTES, Some(SURVEY_BYTES));
    let settings = Settings { port: None, state: None, chunk_bytes, survey_bytes };
    let stack = said(Stack::start(&settings, &host, &Console::silent()).await);
    said(stack.upload_contracts(&sample_data().join("contracts")).await);
    let inbox = Inbox::subscribe(&stack);
    (stack, inbox)
}

/// Drops a file under a key and waits until it has ended as files are meant to.
pub(crate) async fn load(stack: &Stack, path: &Path, key: &str) -> Loaded {
    let file = Drop { path: path.to_owned(), key: key.to_owned() };
    let Dropped { key, version } = said(stack.drop_file(&file).await);
    let ending = end_of(stack, &key, version).await;
    let report = ending.report().unwrap_or_else(|| panic!("{ending:?}")).clone();
    let outputs = tempfile::tempdir().unwrap();
    said(stack.copy_outputs(outputs.path()).await);
    Loaded { report, outputs }
}

/// How a version of a file ends.
pub(crate) async fn end_of(stack: &Stack, key: &str, version: Option<String>) -> Ending {
    let dropped = Dropped { key: key.to_owned(), version };
    said(stack.wait(&[dropped], LIMIT, &Console::silent()).await).pop().unwrap()
}

/// The names of all executions about a key.
pub(crate) async fn executions_of(stack: &Stack, key: &str) -> Vec<String> {
    let mut names = Vec::new();
    for execution in said(stack.executions().all().await) {
        let described = said(stack.executions().describe(execution.execution_arn()).await);
        if file_of(&described).is_some_and(|file| file.key == key) {
            names.push(execution.name().to_owned());
        }
    }
    names
}

/// Waits until all events have been taken.
pub(crate) async fn until_no_event_waits(stack: &Stack) {
    let deadline = Instant::now() + LIMIT;
    while said(stack.waiting_events().await) > 0 {
        assert!(Instant::now() < deadline, "events are not taken");
    }
}

/// What came of it; a failure is said as the command says it.
#[track_caller]
fn said<T>(result: Result<T, LocalError>) -> T {
    result.unwrap_or_else(|error| panic!("{}\n\n{}", chain(&error), error.advice()))
}
