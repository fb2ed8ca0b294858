//! How fast each part of the work is, in this process and on one thread.
//!
//! - [`work`]: the parts of the work, as the steps do them
//! - [`run`]: one part over a file, and what it took
//! - [`figures`]: what other programs can compare with theirs
//! - [`generated`]: data for the benchmarks of `benches`
//!
//! Invariant: only [`work`] calls into the steps.

pub mod figures;
pub mod generated;
pub mod run;
pub mod work;
