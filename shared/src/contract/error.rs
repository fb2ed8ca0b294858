//! What can be wrong with a contract, and where.

use super::expression::ExpressionError;

/// A contract that cannot be carried out.
#[derive(Debug, thiserror::Error)]
#[error("the contract is wrong at `{pointer}`")]
pub struct ContractError {
    /// JSON pointer (RFC 6901) to the place; empty for the whole descriptor.
    pub pointer: String,
    /// What is wrong there.
    #[source]
    pub problem: Problem,
}

impl ContractError {
    pub(super) fn at(pointer: impl Into<String>, problem: Problem) -> Self {
        ContractError { pointer: pointer.into(), problem }
    }
}

/// What is wrong at a place of the contract.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Not a JSON text.
    #[error("not JSON")]
    Json(#[source] serde_json::Error),
    /// A value of another shape.
    #[error("not what is expected here")]
    Shape(#[source] serde_json::Error),
    /// A value of another type.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A property that must be there.
    #[error("the property `{0}` is missing")]
    Missing(&'static str),
    /// A property that neither the standard nor Sluice knows, or that is not supported.
    #[error("the property `{0}` is unknown or not supported")]
    Property(String),
    /// A value that is known but not supported, or not known at all.
    #[error("`{0}` is unknown or not supported here")]
    Value(String),
    /// A list without items.
    #[error("at least one item is needed")]
    Empty,
    /// No resource of that name.
    #[error("there is no resource `{0}`")]
    NoResource(String),
    /// No column of that name.
    #[error("there is no column `{0}`")]
    NoColumn(String),
    /// No foreign key over those fields.
    #[error("there is no foreign key over these fields")]
    NoForeignKey,
    /// A name that is taken, letter case aside.
    #[error("the name `{0}` is taken")]
    Taken(String),
    /// Two columns that ought to have one type.
    #[error("`{left}` and `{right}` have different types")]
    Types {
        /// A field of the input.
        left: String,
        /// A field of the reference table.
        right: String,
    },
    /// Lists that ought to be equally long.
    #[error("as many fields are needed on both sides")]
    Lengths,
    /// A text that is no expression, or one that cannot be evaluated.
    #[error("not an expression that can be evaluated")]
    Expression(#[source] ExpressionError),
}
