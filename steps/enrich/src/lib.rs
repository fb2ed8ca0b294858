//! Typed columns and reference tables in, a Parquet part, rejects and partial aggregates out.
//!
//! Invariant: every row that `Parse` accepted is either in the part or has a reject.
//! Invariant: memory does not grow with the chunk.
//! Invariant: no data makes this step fail; what it cannot enrich it rejects.

mod asked;
mod compute;
mod enricher;
mod error;
mod handler;
mod lookup;
mod output;
mod part;
mod prepared;

pub use enricher::{EnrichedBatch, Enricher, Source};
pub use error::EnrichError;
pub use handler::handle;
pub use lookup::Lookup;
pub use part::PartWriter;
pub use prepared::Kept;
