//! What every file must hold to.

mod support;

mod compressed;
mod encodings;
mod marks;
mod python;
