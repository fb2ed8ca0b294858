//! `sluice`, the command line: one module for each command, and the state machine that they run.

pub mod check;
pub mod history;
pub mod infer;
pub mod ledger;
mod lines;
pub mod local;
pub mod machine;
pub mod replay;
pub mod steps;
