//! The stack that the tests of this process share.

use std::sync::LazyLock;

use cli::local::console::Console;
use cli::local::error::LocalError;
use cli::local::host::Host;
use cli::local::stack::Stack;
use shared::error_name::chain;
use tokio::runtime::Runtime;

use super::{prepare, settings};

/// One runtime for all tests: connections do not outlive the runtime that made them.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static STACK: LazyLock<Stack> = LazyLock::new(|| RUNTIME.block_on(start()));

/// Does something with the stack.
#[track_caller]
pub(crate) fn with_stack<T>(work: impl AsyncFnOnce(&Stack) -> T) -> T {
    RUNTIME.block_on(work(&STACK))
}

async fn start() -> Stack {
    let host = said(Host::find().await);
    let stack = said(Stack::start(&settings(), &host, &Console::silent()).await);
    prepare(&stack).await;
    stack
}

/// What came of it; a failure is said as the command says it.
#[track_caller]
pub(crate) fn said<T>(result: Result<T, LocalError>) -> T {
    result.unwrap_or_else(|error| panic!("{}\n\n{}", chain(&error), error.advice()))
}
