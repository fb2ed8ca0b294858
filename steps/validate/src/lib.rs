//! A dropped file in, the plan for loading it out.
//!
//! One pass over the bytes finds what no later step could mend: a wrong encoding, a wrong header, a
//! quote that is never closed. What is wrong with single rows is left to the steps that read them.
//!
//! Invariant: chunks are whole records; end to end they are the file's data, without gap or overlap.

mod error;
mod handler;
mod keys;
mod outline;
mod planner;
mod refusal;
mod scan;
mod settings;

pub use error::ValidateError;
pub use handler::handle;
pub use keys::KEY_LIMIT;
pub use refusal::Refusal;
pub use scan::{Product, Scan, ScanError, Scanned};
pub use settings::{Settings, SettingsError};
