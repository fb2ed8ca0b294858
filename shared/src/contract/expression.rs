//! Expressions over the columns of a row: SQL text, parsed by `sqlparser`, resolved and typed when the
//! contract is read.
//!
//! - Numbers: whole numbers of 64 bits, exact decimals of up to 38 digits, doubles. Of two that differ,
//!   a whole number becomes a decimal, and a decimal a double. A number with a point is a decimal.
//! - A sum or a difference of decimals has as many places as the operand with more, and one digit more
//!   before the point than either; a product has the digits and the places of both. None has more than
//!   38 digits: a result that needs them is a fault of its row. A quotient is a double.
//! - Null is neither true nor false, and what is computed from a null is null, save for `AND`, `OR`,
//!   `IS`, `CASE`, `COALESCE`, `greatest`, `least` and `concat`.
//! - A date beside an instant is its midnight in UTC, and a text literal beside either is such.
//! - A date some days or months before or after another is a date; hours are counted from an instant.
//!
//! Invariant: an [`Expression`] that exists can be evaluated on every row.

mod binary;
mod call;
mod choice;
mod error;
mod function;
mod hint;
mod interval;
mod literal;
mod names;
mod number;
mod parts;
mod pattern;
mod resolve;
mod signature;
mod types;

use arrow_schema::DataType;
use sqlparser::ast::Expr;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

pub use error::{ExpressionError, ExpressionProblem};
pub use function::{DateField, ScalarFunction, Span};
pub(super) use names::sql_name;
pub use pattern::{PatternUse, TextPattern};
pub(super) use resolve::{value as resolve, wrong_type};
pub(super) use types::is_number;

use super::Column;

/// Bytes that an expression may have.
const TEXT_LIMIT: usize = 16 << 10;

/// Words, texts, numbers and marks but commas that an expression may have, so that its syntax tree, which is
/// walked before its depth is known, does not exhaust the stack.
const TOKEN_LIMIT: usize = 500;

/// Operations within operations that an expression may have, so that neither typing nor evaluating it
/// exhausts the stack.
const DEPTH_LIMIT: u32 = 50;

/// Operations that an expression may have, those that are evaluated twice (`x BETWEEN a AND b`) counted
/// twice.
const OPERATION_LIMIT: u32 = 1000;

/// Digits that a decimal may have.
pub const DECIMAL_DIGITS: u8 = 38;

/// Bytes that a pattern of `LIKE` may have, so that it can be compiled.
pub const LIKE_LIMIT: usize = 1024;

/// A typed expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// What is computed.
    pub operation: Operation,
    /// The type of the result.
    pub data_type: DataType,
}

/// What an expression computes of its operands, which have the types that it needs.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// A column, by its position among the columns of the table (0-based).
    Column(usize),
    /// The same for every row.
    Literal(Literal),
    /// The operand as a value of another type.
    Cast {
        /// The operand.
        operand: Box<Expression>,
        /// Whether a value that has no counterpart is null; else it is a fault of its row.
        or_null: bool,
    },
    /// Two operands: whole numbers, doubles or decimals alike, or a date and a number of days.
    Arithmetic(Operator, Box<[Expression; 2]>),
    /// Two operands of one type.
    Compare(Comparison, Box<[Expression; 2]>),
    /// Two truth values.
    And(Box<[Expression; 2]>),
    /// Two truth values.
    Or(Box<[Expression; 2]>),
    /// A truth value.
    Not(Box<Expression>),
    /// Whether the first is one of the others, which have its type; null if it is none of those that are no
    /// nulls.
    In(Box<Expression>, Vec<Expression>),
    /// Whether there is no value.
    IsNull(Box<Expression>),
    /// The value behind the first condition that is true, or else the last; null if there is none.
    Case(Vec<(Expression, Expression)>, Option<Box<Expression>>),
    /// The first that is not null.
    Coalesce(Vec<Expression>),
    /// Whether a text matches a pattern.
    Like {
        /// The text and the pattern: `%` stands for any characters, `_` for one, `\` before either for
        /// itself.
        operands: Box<[Expression; 2]>,
        /// Whether letter case counts.
        is_exact: bool,
    },
    /// What comes of a text by what a pattern finds in it.
    Pattern(Box<Expression>, TextPattern, PatternUse),
    /// The hash of a text under a salt, see [`Hasher`](crate::salt::Hasher).
    KeyedHash {
        /// The text.
        operand: Box<Expression>,
        /// The name of the salt.
        salt: String,
    },
    /// A function of its operands.
    Call(ScalarFunction, Vec<Expression>),
}

/// A value; its type is that of the expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// No value.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A decimal, in units of its last place.
    Decimal(i128),
    /// A double.
    Number(f64),
    /// A text.
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01 in UTC.
    Instant(i64),
}

/// What joins two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`, always of doubles.
    Divide,
    /// `%`, with the sign of the first.
    Modulo,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `IS DISTINCT FROM`: never null, since nulls are alike.
    Distinct,
    /// `IS NOT DISTINCT FROM`
    NotDistinct,
}

impl Expression {
    /// Parses `text` over `columns`.
    ///
    /// # Errors
    /// [`ExpressionError`].
    pub fn parse(text: &str, columns: &[Column]) -> Result<Self, ExpressionError> {
        resolve::value(&parse_sql(text)?, columns)
    }

    fn new(operation: Operation, data_type: DataType) -> Self {
        Expression { operation, data_type }
    }
}

/// The syntax tree of one whole expression.
pub(super) fn parse_sql(text: &str) -> Result<Expr, ExpressionError> {
    if text.len() > TEXT_LIMIT {
        return Err(ExpressionProblem::TooLong.into());
    }
    parsed(text).map_err(|error| error.of_text(text))
}

fn parsed(text: &str) -> Result<Expr, ExpressionError> {
    let dialect = GenericDialect {};
    let tokens = Tokenizer::new(&dialect, text).tokenize_with_location();
    let tokens = tokens.map_err(|error| ExpressionProblem::Syntax(error.into()))?;
    let counted =
        |token: &&TokenWithSpan| !matches!(token.token, Token::Whitespace(_) | Token::Comma);
    if tokens.iter().filter(counted).count() > TOKEN_LIMIT {
        return Err(ExpressionProblem::TooManyTokens.into());
    }
    let mut parser = Parser::new(&dialect).with_tokens_with_locations(tokens);
    let expression = parser.parse_expr().map_err(ExpressionProblem::Syntax)?;
    let next = parser.peek_token();
    if next.token == Token::EOF {
        Ok(expression)
    } else {
        let start = next.span.start;
        let problem = ExpressionProblem::Trailing(next.to_string());
        Err(ExpressionError { at: Some((start.line, start.column)), problem: Box::new(problem) })
    }
}

/// Position of the column `name`, 0-based.
pub(super) fn position(name: &str, columns: &[Column]) -> Result<usize, ExpressionProblem> {
    columns
        .iter()
        .position(|column| column.name == name)
        .ok_or_else(|| hint::no_column(name, columns))
}

#[cfg(test)]
mod tests;
