//! What can be wrong with an expression, and where.

use std::borrow::Cow;

use arrow_schema::DataType;
use sqlparser::ast::{Expr, Spanned};
use sqlparser::parser::ParserError;

use super::names::sql_name;
use super::{DECIMAL_DIGITS, DEPTH_LIMIT, LIKE_LIMIT, OPERATION_LIMIT, TEXT_LIMIT, TOKEN_LIMIT};

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
    /// The same, where more might tell a salt.
    #[error("not a SQL expression; more is not told of one with `sha256`")]
    Untold,
    /// Something behind the expression's end.
    #[error("`{0}` follows the expression")]
    Trailing(String),
    /// SQL that is not supported.
    #[error("{} is not supported", told(.0))]
    Unsupported(String),
    /// No column of that name.
    #[error("there is no column `{name}`{hint}")]
    NoColumn {
        /// The name.
        name: String,
        /// What may be meant.
        hint: String,
    },
    /// No function of that name.
    #[error("there is no function `{name}` of the values of a row{hint}")]
    NoFunction {
        /// The name.
        name: String,
        /// What may be meant.
        hint: String,
    },
    /// A function that is called in another way than it must be.
    #[error("`{0}` is expected")]
    Usage(&'static str),
    /// An operator that makes nothing of such operands.
    #[error("`{operator}` is not for {}", both(.left, .right))]
    Operator {
        /// The operator.
        operator: String,
        /// The type of what stands before it.
        left: DataType,
        /// The type of what stands behind it.
        right: DataType,
    },
    /// An operand of another type than is needed.
    #[error("{} is {}, expected {expected}", told(.operand), sql_name(.found))]
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
        "{} is {} and {} is {}: they have no type in common",
        told(.left),
        sql_name(.left_type),
        told(.right),
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
    #[error("`{text}` is not {expected}")]
    Literal {
        /// The text.
        text: String,
        /// What it must be.
        expected: &'static str,
    },
    /// No name of a salt; it is not told, for it may be the salt itself.
    #[error("this is no name of a salt: capital letters, digits and `_`")]
    SaltName,
    /// A column that is not published, in an aggregate.
    #[error("the column `{0}` is dropped: an aggregate may only count it")]
    Dropped(String),
    /// No regular expression.
    #[error("not a regular expression: {}", reason(.0))]
    Pattern(regex::Error),
    /// A pattern of `LIKE` longer than any that a person writes.
    #[error("a pattern of `LIKE` has no more than {LIKE_LIMIT} bytes")]
    LongPattern,
    /// A group that a pattern does not have.
    #[error("the pattern has no group {0}")]
    NoGroup(usize),
    /// A decimal of more digits than there may be.
    #[error("{} would need more than {DECIMAL_DIGITS} digits", told(.0))]
    TooManyDigits(String),
}

/// A part of an expression as it may be told: not what calls `sha256`, for a salt may stand there.
fn told(part: &str) -> Cow<'static, str> {
    if may_have_salt(part) { "a part with `sha256`".into() } else { format!("`{part}`").into() }
}

fn may_have_salt(text: &str) -> bool {
    text.to_ascii_lowercase().contains("sha256")
}

fn both(left: &DataType, right: &DataType) -> String {
    let (left, right) = (sql_name(left), sql_name(right));
    if left == right { left } else { format!("{left} and {right}") }
}

/// What is wrong with a pattern: the last line, of which the others show where.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
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

impl ExpressionError {
    /// The same, without what might be a salt that stands in the expression `text`.
    pub(super) fn of_text(mut self, text: &str) -> Self {
        let is_quoting =
            matches!(*self.problem, ExpressionProblem::Syntax(_) | ExpressionProblem::Trailing(_));
        if is_quoting && may_have_salt(text) {
            *self.problem = ExpressionProblem::Untold;
        }
        self
    }
}

impl From<ExpressionProblem> for ExpressionError {
    fn from(problem: ExpressionProblem) -> Self {
        ExpressionError { at: None, problem: Box::new(problem) }
    }
}
