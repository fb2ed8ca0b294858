//! What goes wrong around the functions, on the emulator, with real processes: they are killed, events come
//! twice, late and broken, and
//! another engine runs the state machine.
//!
//! The tests of a process share one stack, and have it one after the other.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

#[path = "local/aws.rs"]
mod aws;
#[path = "local/bench.rs"]
mod bench;
#[path = "proof/dataset.rs"]
mod dataset;
#[path = "local/endings.rs"]
mod endings;
#[path = "proof/events.rs"]
mod events;
#[path = "proof/functions.rs"]
mod functions;
#[path = "proof/gate.rs"]
mod gate;
#[path = "proof/history.rs"]
mod history;
#[path = "proof/killed.rs"]
mod killed;
#[path = "proof/leftovers.rs"]
mod leftovers;
#[path = "proof/opinion.rs"]
mod opinion;
#[path = "proof/post.rs"]
mod post;
#[path = "local/processes.rs"]
mod processes;
#[path = "golden/table.rs"]
mod table;
#[path = "local/venv.rs"]
mod venv;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bench::with_stack;
use cli::local::stack::{Settings, Stack};

/// Who has the stack.
static ALONE: Mutex<()> = Mutex::new(());

fn settings() -> Settings {
    Settings { port: None, state: None, chunk_bytes: 128 << 10, survey_bytes: None }
}

async fn prepare(_: &Stack) {}

/// Does something with the stack while nobody else does.
#[track_caller]
fn alone<T>(work: impl AsyncFnOnce(&Stack) -> T) -> T {
    // A test that failed is over.
    let _lock = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    with_stack(work)
}

fn sample_data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-data")
}
