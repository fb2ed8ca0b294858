//! A dropped file in, the plan for loading it out.
//!
//! One pass over the bytes finds what no later step could mend: a wrong encoding, a wrong header, a
//! quote that is never closed. What is wrong with single rows is left to the steps that read them.
//!
//! A file that is too large for one pass is divided into ranges, which are surveyed by many at once; the
//! plan that follows from their surveys is the one that a pass would have made.
//!
//! Invariant: chunks are whole records; end to end they are the file's data, without gap or overlap.

mod comparer;
mod contract;
mod declared;
mod digest;
mod draft;
mod error;
mod handler;
mod incomplete;
mod keys;
mod manifest;
mod obstacle;
mod outline;
mod pass;
mod planner;
mod ranges;
mod refusal;
mod scan;
mod settings;
mod survey;
mod surveyed;
mod trailer;

pub use comparer::KeyComparer;
pub use contract::{Verified, VerifiedTables};
pub use declared::Declared;
pub use digest::Hasher;
pub use error::ValidateError;
pub use handler::handle;
pub use incomplete::Incomplete;
pub use keys::{KeyError, KeyLimits, KeyRows};
pub use manifest::ManifestError;
pub use obstacle::Obstacle;
pub use refusal::Refusal;
pub use scan::{Product, Scan, ScanError, Scanned};
pub use settings::{Settings, SettingsError};
