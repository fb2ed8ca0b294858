//! What every grammar and every text must hold to.

mod support;

pub(super) use support::{any_bytes, any_grammar, boundaries, records};

mod blocks;
mod cases;
mod crates;
mod pieces;
mod python;
mod written;
