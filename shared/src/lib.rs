//! What every step of Sluice agrees on.
//!
//! - [`message`]: what the states of the state machine say to each other
//! - [`error_name`]: the closed set of errors that the state machine acts on
//! - [`store`]: the one door to stored bytes
//! - [`contract`]: what a dataset's files must be, and what is made of them
//! - [`text`], [`csv`], [`header`], [`cell`], [`mod@column`], [`table`]: bytes to text, records, labels,
//!   values and typed columns
//! - [`fault`]: what can be wrong with a file or a row
//! - [`completeness`]: whether a file is all that its sender sent
//! - [`corrections`]: rejected records that go back to their sender
//! - [`keys`], [`mod@reference`]: what tells rows apart, and tables that foreign keys point into
//! - [`salt`]: what makes pseudonyms of texts
//! - [`group`]: aggregates, partial and merged
//! - [`stats`]: what a reader may know of a Parquet part without opening it
//! - [`job`]: what one execution keeps in `work/`, and under which keys
//! - [`rows`]: the data rows of a text
//! - [`ledger`]: whose each version of a file is, and what became of it
//! - [`report`]: how a file ended, and where everything lies
//! - [`announcement`]: what is told of that
//! - [`warm`]: what a process keeps from one chunk to the next
//!
//! Invariant: only [`store`] does I/O; everything else is bytes and values in, values out.

pub mod announcement;
pub mod cell;
pub mod column;
pub mod completeness;
pub mod contract;
pub mod corrections;
pub mod csv;
pub mod error_name;
pub mod fault;
pub mod group;
pub mod header;
pub mod hexadecimal;
pub mod infer;
pub mod job;
pub mod keys;
pub mod ledger;
pub mod message;
pub mod reference;
pub mod report;
pub mod rows;
pub mod salt;
pub mod stats;
pub mod store;
pub mod table;
pub mod text;
pub mod warm;

/// Columns of a few hundred kilobytes come and go all the time. The allocator of glibc gives their pages
/// back to the kernel and asks for them again, which took a third of the time of a parse.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
