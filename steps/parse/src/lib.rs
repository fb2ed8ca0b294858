//! A chunk of records in, typed columns and rejects out.
//!
//! Invariant: every record of the chunk is either a row of the columns or has a reject.
//! Invariant: no data makes this step fail; what it cannot read it rejects.

mod chunk;
mod error;
mod foreign_keys;
mod handler;
mod key_texts;
mod keys;
mod prepared;
mod totals;

pub use chunk::{ChunkError, ChunkParser, ParsedRows};
pub use error::ParseError;
pub use foreign_keys::ForeignKeys;
pub use handler::handle;
pub use prepared::Prepared;
