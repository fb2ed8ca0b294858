//! Dialects: how the bytes of a file become records.

use super::error::{ContractError, Problem};
use super::node::Node;
use crate::csv::Grammar;

/// How bytes become records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Delimiter and quotes.
    pub grammar: Grammar,
    /// Whether the first record holds the labels.
    pub header: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect { grammar: Grammar::default(), header: true }
    }
}

pub(super) fn dialect(node: &Node<'_>) -> Result<Dialect, ContractError> {
    node.only(&["$schema", "delimiter", "quoteChar", "doubleQuote", "header"])?;
    let default = Grammar::default();
    let byte = |name| node.get(name)?.map(|byte| byte.as_byte()).transpose();
    let grammar = Grammar {
        delimiter: byte("delimiter")?.unwrap_or(default.delimiter),
        quote: byte("quoteChar")?.or(default.quote),
        double_quote: node.flag("doubleQuote", default.double_quote)?,
    };
    if grammar.quote == Some(grammar.delimiter) {
        return Err(node.error(Problem::Expected("a delimiter other than the quote")));
    }
    Ok(Dialect { grammar, header: node.flag("header", true)? })
}
