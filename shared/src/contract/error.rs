//! What can be wrong with a contract, and where.

use arrow_schema::DataType;

use super::constraint::PatternError;
use super::expression::{ExpressionError, sql_name};
use crate::cell::StrptimeError;

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
    /// A name that is taken.
    #[error("the name `{0}` is taken")]
    Taken(String),
    /// A column that readers of the published table cannot tell from another.
    #[error(
        "the name `{name}` is taken by `{by}`: in the published table letter case does not count, and a space \
         or one of `,;{{}}()=` is a `_`"
    )]
    TakenBy {
        /// The name.
        name: String,
        /// That of the other.
        by: String,
    },
    /// Two columns that ought to have one type.
    #[error("`{left}` and `{right}` have different types")]
    Types {
        /// A field of the input.
        left: String,
        /// A field of the reference table.
        right: String,
    },
    /// What is looked up, of another type than what it is compared with.
    #[error("this is {}, and `{field}` is {}", sql_name(&.types.0), sql_name(&.types.1))]
    KeyType {
        /// A field of the reference table.
        field: String,
        /// The type of what is looked up, and that of the field.
        types: Box<(DataType, DataType)>,
    },
    /// Lists that ought to be equally long.
    #[error("as many fields are needed on both sides")]
    Lengths,
    /// A text that is no expression, or one that cannot be evaluated.
    #[error("not an expression that can be evaluated")]
    Expression(#[source] ExpressionError),
    /// A constraint that the standard does not have for the type.
    #[error("the constraint `{constraint}` does not go with the type `{field_type}`")]
    Constraint {
        /// Its name.
        constraint: String,
        /// The type's name.
        field_type: &'static str,
    },
    /// A value that is not of the type and format of its field.
    #[error("`{value}` is no value of this field of type `{field_type}`")]
    Cast {
        /// The value, of bounded length.
        value: String,
        /// The type's name.
        field_type: &'static str,
    },
    /// Something that no value can satisfy, or that nobody can tell apart.
    #[error("this cannot be: {0}")]
    Impossible(&'static str),
    /// A value that stands twice in a list of different ones.
    #[error("`{0}` stands there twice")]
    Twice(String),
    /// A text that is no regular expression of XML Schema.
    #[error("not a regular expression")]
    Pattern(#[source] PatternError),
    /// A text that is no pattern of `strptime` for the type.
    #[error("not a format for this type")]
    Format(#[source] StrptimeError),
    /// A value that is no JSON Schema.
    #[error("not a JSON Schema: {0}")]
    JsonSchema(String),
}
