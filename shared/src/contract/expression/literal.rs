//! Values that stand in an expression.

use arrow_schema::DataType;
use sqlparser::ast::Value;

use super::{DECIMAL_DIGITS, Expression, ExpressionProblem, Literal, Operation};
use crate::cell;
use crate::contract::instant_type;

/// The value of a literal.
pub(super) fn value(value: &Value) -> Result<Expression, ExpressionProblem> {
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "SQL has far more than is supported, and more with every release of the parser"
    )]
    match value {
        Value::Number(text, _) => number(text),
        Value::SingleQuotedString(text) => Ok(literal(Literal::Text(text.clone()), DataType::Utf8)),
        Value::Boolean(truth) => Ok(literal(Literal::Boolean(*truth), DataType::Boolean)),
        Value::Null => Ok(literal(Literal::Null, DataType::Null)),
        other => Err(ExpressionProblem::Unsupported(other.to_string())),
    }
}

/// A whole number, a decimal if it has a point or is too long, a double if it has an exponent.
fn number(text: &str) -> Result<Expression, ExpressionProblem> {
    let wrong = || ExpressionProblem::Literal(text.to_owned());
    if text.contains(['e', 'E']) {
        let number: f64 = text.parse().map_err(|_| wrong())?;
        let number = Some(number).filter(|number| number.is_finite()).ok_or_else(wrong)?;
        return Ok(literal(Literal::Number(number), DataType::Float64));
    }
    if let Ok(number) = text.parse() {
        return Ok(literal(Literal::Integer(number), DataType::Int64));
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = whole.trim_start_matches('0');
    let [precision, scale] = [whole.len() + fraction.len(), fraction.len()].map(u8::try_from);
    let precision = precision.map_err(|_| wrong())?.max(1);
    let scale = scale.ok().and_then(|scale| i8::try_from(scale).ok()).ok_or_else(wrong)?;
    let value = format!("0{whole}{fraction}").parse().ok();
    let value = value.filter(|_| precision <= DECIMAL_DIGITS).ok_or_else(wrong)?;
    Ok(literal(Literal::Decimal(value), DataType::Decimal128(precision, scale)))
}

/// A text as a date or an instant.
pub(super) fn moment(text: &str, data_type: &DataType) -> Result<Expression, ExpressionProblem> {
    let wrong = || ExpressionProblem::Literal(text.to_owned());
    let date = || cell::date(text.as_bytes());
    if *data_type == DataType::Date32 {
        return Ok(literal(Literal::Date(date().ok_or_else(wrong)?), DataType::Date32));
    }
    let midnight = || date().map(|days| i64::from(days) * MICROS_PER_DAY);
    let iso = text.replacen(' ', "T", 1);
    let micros = cell::datetime(iso.as_bytes()).or_else(midnight).ok_or_else(wrong)?;
    Ok(literal(Literal::Instant(micros), instant_type()))
}

const MICROS_PER_DAY: i64 = 86_400_000_000;

fn literal(value: Literal, data_type: DataType) -> Expression {
    Expression::new(Operation::Literal(value), data_type)
}
