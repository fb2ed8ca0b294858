//! What every step of Sluice agrees on.
//!
//! - [`message`]: what the states of the state machine say to each other
//! - [`error_name`]: the closed set of errors that the state machine acts on
//! - [`store`]: the one door to stored bytes
//! - [`contract`]: what a dataset's files must be, and what is made of them
//! - [`csv`], [`header`], [`cell`], [`table`]: bytes to records, labels, values and typed columns
//! - [`reject`]: why a row is not among them
//! - [`reference`]: tables that foreign keys point into
//! - [`group`]: aggregates, partial and merged
//! - [`stats`]: what a reader may know of a Parquet part without opening it
//! - [`infer`]: the draft of a contract, from a file
//! - [`job`]: what one execution keeps in `work/`, and under which keys
//! - [`report`]: how a file ended, and where everything lies
//!
//! Invariant: only [`store`] does I/O; everything else is bytes and values in, values out.

pub mod cell;
mod column;
pub mod contract;
pub mod csv;
pub mod error_name;
pub mod group;
pub mod header;
pub mod infer;
pub mod job;
pub mod message;
pub mod reference;
pub mod reject;
pub mod report;
pub mod stats;
pub mod store;
pub mod table;
