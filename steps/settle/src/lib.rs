//! A file whose rows have all been seen in, a published or quarantined file out.
//!
//! Invariant: the commit to the table is the one moment at which rows become visible; what is
//! written before it is found by nobody, and what is written after it can be written again.

pub mod athena;
mod claim;
mod error;
mod handler;
mod ledger;
mod publish;
mod quarantine;
pub mod table;
mod tables;
pub mod upkeep;

pub use error::SettleError;
pub use handler::handle;
pub use tables::Tables;
