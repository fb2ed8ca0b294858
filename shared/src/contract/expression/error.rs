//! What can be wrong with an expression, and where.

use arrow_schema::DataType;
use sqlparser::ast::{Expr, Spanned};
use sqlparser::parser::ParserError;

use super::names::sql_name;
use super::{DECIMAL_DIGITS, DEPTH_LIMIT, OPERATION_LIMIT, TEXT_LIMIT, TOKEN_LIMIT};

/// A text that is no expression, or one that cannot be evaluated.
#[derive(Debug, thiserror::Error)]
#[error("{}{problem}", place(*.at))]
pub struct ExpressionError {
    /// Line and character (1-based) where it is, if that is known.
    pub at: Option<(u64, u64)>,
    /// What is wrong.
    pub problem: Box<ExpressionProblem>,
}

/// What is wrong with an expression.
#[derive(Debug, thiserror::Error)]
pub enum ExpressionProblem {
    /// A text longer than any that a person writes.
    #[error("the expression is longer than {TEXT_LIMIT} bytes")]
    TooLong,
    /// More words, texts, numbers and marks than a person writes.
    #[error("the expression has more than {TOKEN_LIMIT} words, texts, numbers and marks")]
    TooManyTokens,
    /// `((a + b) + c)` and so on.
    #[error("the expression has more than {DEPTH_LIMIT} operations within each other")]
    TooDeep,
    /// An expression within an expression that is evaluated more than once, and so on.
    #[error("the expression has more than {OPERATION_LIMIT} operations")]
    TooManyOperations,
    /// Not SQL.
    #[error("not a SQL expression: {0}")]
    Syntax(ParserError),
    /// Something behind the expression's end.
    #[error("`{0}` follows the expression")]
    Trailing(String),
    /// SQL that is not supported.
    #[error("`{0}` is not supported")]
    Unsupported(String),
    /// No column of that name.
    #[error("there is no column `{0}`")]
    NoColumn(String),
    /// An operand of another type than is needed.
    #[error("`{operand}` is {}, expected {expected}", sql_name(.found))]
    Type {
        /// The operand.
        operand: String,
        /// Its type.
        found: DataType,
        /// What it must be.
        expected: &'static str,
    },
    /// Two values that have no type in common.
    #[error(
        "`{left}` is {} and `{right}` is {}: they have no type in common",
        sql_name(.left_type),
        sql_name(.right_type)
    )]
    Mismatch {
        /// The one.
        left: String,
        /// Its type.
        left_type: DataType,
        /// The other.
        right: String,
        /// Its type.
        right_type: DataType,
    },
    /// A number out of range, or a text that is not of its type.
    #[error("`{0}` is no value that can be kept")]
    Literal(String),
    /// No name of a salt; it is not told, for it may be the salt itself.
    #[error("this is no name of a salt: capital letters, digits and `_`")]
    SaltName,
    /// A column that is not published, in an aggregate.
    #[error("the column `{0}` is dropped: an aggregate may only count it")]
    Dropped(String),
    /// No regular expression.
    #[error("not a regular expression")]
    Pattern(#[source] regex::Error),
    /// A decimal of more digits than there may be.
    #[error("`{0}` would have more than {DECIMAL_DIGITS} digits")]
    TooManyDigits(String),
}

fn place(at: Option<(u64, u64)>) -> String {
    match at {
        None => String::new(),
        Some((1, character)) => format!("at character {character}: "),
        Some((line, character)) => format!("in line {line}, at character {character}: "),
    }
}

impl ExpressionError {
    /// What is wrong with a part of an expression.
    pub(in crate::contract) fn new(part: &Expr, problem: ExpressionProblem) -> Self {
        let start = part.span().start;
        let at = (start.line > 0).then_some((start.line, start.column));
        ExpressionError { at, problem: Box::new(problem) }
    }
}

impl From<ExpressionProblem> for ExpressionError {
    fn from(problem: ExpressionProblem) -> Self {
        ExpressionError { at: None, problem: Box::new(problem) }
    }
}
