//! Arithmetic over columns: SQL text, parsed by `sqlparser`, resolved and typed when the contract
//! is read.
//!
//! Invariant: an [`Expression`] that exists can be evaluated on every row.

use arrow_schema::DataType;
use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError};

use super::Column;

/// Bytes that an expression may have.
const TEXT_LIMIT: usize = 1000;

/// An arithmetic expression; null where an operand is null.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A column, by its position among the columns of the table (0-based).
    Column(usize),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or an exponent, as the nearest double.
    Number(f64),
    /// The negative.
    Negate(Box<Expression>),
    /// Two operands: of integers an integer, save for a division; else a double.
    Binary(Box<Expression>, Operator, Box<Expression>),
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
}

/// A text that is no expression, or one that cannot be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum ExpressionError {
    /// A text longer than any that a person writes; evaluating it could exhaust the stack.
    #[error("the expression is longer than {TEXT_LIMIT} bytes")]
    TooLong,
    /// Not SQL.
    #[error("not a SQL expression")]
    Syntax(#[source] ParserError),
    /// Something behind the expression's end.
    #[error("`{0}` follows the expression")]
    Trailing(String),
    /// SQL that is not supported.
    #[error("`{0}` is not supported")]
    Unsupported(String),
    /// No column of that name.
    #[error("there is no column `{0}`")]
    NoColumn(String),
    /// A column that is no number.
    #[error("`{name}` is no number but {data_type}")]
    NotNumeric {
        /// The column.
        name: String,
        /// Its type.
        data_type: DataType,
    },
    /// A number out of range.
    #[error("`{0}` is no number that can be kept")]
    Literal(String),
}

impl Expression {
    /// Parses `text` over `columns`.
    ///
    /// # Errors
    /// [`ExpressionError`].
    pub fn parse(text: &str, columns: &[Column]) -> Result<Self, ExpressionError> {
        resolve(&parse_sql(text)?, columns)
    }

    /// The type of the result.
    pub fn data_type(&self, columns: &[Column]) -> DataType {
        match self {
            Expression::Column(at) => {
                columns.get(*at).map_or(DataType::Null, |column| column.data_type.clone())
            }
            Expression::Integer(_) => DataType::Int64,
            Expression::Number(_) | Expression::Binary(_, Operator::Divide, _) => DataType::Float64,
            Expression::Negate(operand) => operand.data_type(columns),
            Expression::Binary(left, _, right) => {
                let whole = [left, right]
                    .iter()
                    .all(|operand| operand.data_type(columns) == DataType::Int64);
                if whole { DataType::Int64 } else { DataType::Float64 }
            }
        }
    }
}

/// The syntax tree of one whole expression.
pub(super) fn parse_sql(text: &str) -> Result<Expr, ExpressionError> {
    if text.len() > TEXT_LIMIT {
        return Err(ExpressionError::TooLong);
    }
    let dialect = GenericDialect {};
    let mut parser = Parser::new(&dialect).try_with_sql(text).map_err(ExpressionError::Syntax)?;
    let expression = parser.parse_expr().map_err(ExpressionError::Syntax)?;
    let next = parser.peek_token();
    if next.token == sqlparser::tokenizer::Token::EOF {
        Ok(expression)
    } else {
        Err(ExpressionError::Trailing(next.to_string()))
    }
}

/// Position of the column `name`, 0-based.
pub(super) fn position(name: &str, columns: &[Column]) -> Result<usize, ExpressionError> {
    columns
        .iter()
        .position(|column| column.name == name)
        .ok_or_else(|| ExpressionError::NoColumn(name.to_owned()))
}

fn resolve(expression: &Expr, columns: &[Column]) -> Result<Expression, ExpressionError> {
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "SQL has far more than is supported, and more with every release of the parser"
    )]
    match expression {
        Expr::Identifier(name) => column(&name.value, columns),
        Expr::Nested(inner) => resolve(inner, columns),
        Expr::Value(value) => literal(&value.value),
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } => resolve(expr, columns),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => {
            Ok(Expression::Negate(Box::new(resolve(expr, columns)?)))
        }
        Expr::BinaryOp { left, op, right } => Ok(Expression::Binary(
            Box::new(resolve(left, columns)?),
            operator(op)?,
            Box::new(resolve(right, columns)?),
        )),
        other => Err(ExpressionError::Unsupported(other.to_string())),
    }
}

fn column(name: &str, columns: &[Column]) -> Result<Expression, ExpressionError> {
    let at = position(name, columns)?;
    match columns.get(at).map(|column| &column.data_type) {
        Some(DataType::Int64 | DataType::Float64) | None => Ok(Expression::Column(at)),
        Some(other) => {
            Err(ExpressionError::NotNumeric { name: name.to_owned(), data_type: other.clone() })
        }
    }
}

fn literal(value: &Value) -> Result<Expression, ExpressionError> {
    let Value::Number(text, _) = value else {
        return Err(ExpressionError::Unsupported(value.to_string()));
    };
    let found = if text.contains(['.', 'e', 'E']) {
        text.parse().ok().filter(|number: &f64| number.is_finite()).map(Expression::Number)
    } else {
        text.parse().ok().map(Expression::Integer)
    };
    found.ok_or_else(|| ExpressionError::Literal(text.clone()))
}

fn operator(operator: &BinaryOperator) -> Result<Operator, ExpressionError> {
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "SQL has far more than is supported, and more with every release of the parser"
    )]
    match operator {
        BinaryOperator::Plus => Ok(Operator::Add),
        BinaryOperator::Minus => Ok(Operator::Subtract),
        BinaryOperator::Multiply => Ok(Operator::Multiply),
        BinaryOperator::Divide => Ok(Operator::Divide),
        other => Err(ExpressionError::Unsupported(other.to_string())),
    }
}
