//! S3 event notifications from a queue in, one execution started per dropped version of a file out.
//!
//! Events arrive at least once and in any order. The name of an execution follows from what was
//! dropped, and Step Functions takes a name once: this is what makes one execution of many events.
//!
//! A manifest starts nothing: it is read with the file that it stands beside.
//!
//! Invariant: the same object version has the same execution name, in whatever message it comes.
//! Invariant: a message leaves the queue only when each of its files has an execution.
//! Invariant: one message that fails does not send its neighbours back.

pub mod error;
pub mod event;
pub mod execution;
pub mod handler;
pub mod identity;
pub mod key;
pub mod name;

pub use error::StartError;
pub use execution::StateMachine;
pub use handler::handle;
