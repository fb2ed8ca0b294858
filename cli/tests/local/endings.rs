//! How files end on the stack that the tests share.

use std::time::Duration;

use cli::local::console::Console;
use cli::local::executions::file_of;
use cli::local::follow::Ending;
use cli::local::stack::{Dropped, Stack};
use shared::report::Report;

use super::bench::said;

const LIMIT: Duration = Duration::from_mins(2);

/// A file that has gone through, and a copy of all outputs.
pub(crate) struct Loaded {
    pub(crate) report: Report,
    pub(crate) outputs: tempfile::TempDir,
}

/// Waits until a file has ended as files are meant to.
pub(crate) async fn finish(stack: &Stack, dropped: Dropped) -> Loaded {
    let Dropped { key, version } = dropped;
    let ending = end_of(stack, &key, version).await;
    let report = ending.report().unwrap_or_else(|| panic!("{ending:?}")).clone();
    let outputs = tempfile::tempdir().unwrap();
    said(stack.copy_outputs("", outputs.path()).await);
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
