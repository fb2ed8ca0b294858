//! Why bytes are no text.

use std::fmt;

use super::inflate::{INFLATED_LIMIT, INFLATION_RATIO};

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        })
    }
}

/// Bytes that are no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// A byte order mark, or a signature, of something else.
    #[error("the file is {found}, where the contract says {declared}")]
    Foreign {
        /// What it seems to be.
        found: &'static str,
        /// The name of the encoding that it ought to be in.
        declared: &'static str,
    },
    /// Bytes that are no character.
    #[error("the bytes at offset {offset}{} are not valid {encoding}", of_inflated(*is_inflated))]
    Invalid {
        /// Where the first of them stands, 0-based: in the file or, if it is compressed, in the
        /// bytes that it inflates to.
        offset: u64,
        /// The name of the encoding.
        encoding: &'static str,
        /// Whether the file is compressed.
        is_inflated: bool,
    },
    /// Compressed data without their end.
    #[error("the {0} data end too early")]
    Truncated(Compression),
    /// Compressed data that cannot be inflated, or that inflate to something else than they say.
    #[error("the {compression} data are corrupt: {reason}")]
    Corrupt {
        /// How they are compressed.
        compression: Compression,
        /// What is wrong with them.
        reason: String,
    },
    /// A few bytes that inflate to very many.
    #[error("the file inflates to more than {INFLATION_RATIO} times its bytes")]
    Ratio,
    /// A file that inflates to more than anyone will read.
    #[error("the file inflates to more than {INFLATED_LIMIT} bytes")]
    TooLong,
}

fn of_inflated(is_inflated: bool) -> &'static str {
    if is_inflated { " (of what the file inflates to)" } else { "" }
}
