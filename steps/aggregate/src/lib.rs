//! The results of all chunks in, balanced books, aggregates, the reject file and a verdict out.
//!
//! Invariant: no file goes on whose books do not balance, chunk by chunk and step by step.
//! Invariant: nothing that is written here shows how the file was cut.

mod books;
mod error;
mod faults;
mod handler;
mod output;
mod rejects;
mod summary;
mod totals;
mod verdict;
mod windows;

pub use books::{ChunkBooks, Imbalance, balance};
pub use error::AggregateError;
pub use handler::handle;
pub use rejects::REJECTED_LIMIT;
pub use totals::{Doubt, doubts};
pub use verdict::verdict;
pub use windows::WindowError;
