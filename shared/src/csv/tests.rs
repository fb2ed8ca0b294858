//! What every grammar and every text must hold to.

mod support;

mod blocks;
mod cases;
mod crates;
mod pieces;
mod python;
mod written;
