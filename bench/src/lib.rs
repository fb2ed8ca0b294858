//! How fast each part of the work is, in this process.
//!
//! - [`work`]: the parts of the work, as the steps do them
//! - [`run`]: one part over a file, and what it took
//! - [`figures`]: what other programs can compare with theirs
//! - [`generated`]: data for the benchmarks of `benches`
//!
//! Invariant: what is measured is the code that the steps run.

pub mod figures;
pub mod generated;
pub mod run;
pub mod work;
