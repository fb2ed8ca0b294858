//! `sluice`, the command line: one module for each command.

pub mod check;
pub mod infer;
pub mod local;
pub mod machine;
