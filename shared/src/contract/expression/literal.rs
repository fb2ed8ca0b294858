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

/// A text that is not what is expected.
pub(super) fn wrong(text: &str, expected: &'static str) -> ExpressionProblem {
    ExpressionProblem::Literal { text: text.to_owned(), expected }
}

/// A whole number, a decimal if it has a point or is too long, a double if it has an exponent.
fn number(text: &str) -> Result<Expression, ExpressionProblem> {
    if text.contains(['e', 'E']) {
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        let number = number.ok_or_else(|| wrong(text, "a number that a double holds"))?;
        return Ok(literal(Literal::Number(number), DataType::Float64));
    }
    if let Ok(number) = text.parse() {
        return Ok(literal(Literal::Integer(number), DataType::Int64));
    }
    let wrong = || wrong(text, "a number of at most 38 digits");
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
    let date = || cell::date(text.as_bytes());
    if *data_type == DataType::Date32 {
        let days = date().ok_or_else(|| wrong(text, "a date, `YYYY-MM-DD`"))?;
        return Ok(literal(Literal::Date(days), DataType::Date32));
    }
    let midnight = || date().map(|days| i64::from(days) * MICROS_PER_DAY);
    let iso = text.replacen(' ', "T", 1);
    let micros = cell::datetime(iso.as_bytes()).or_else(midnight);
    let micros = micros.ok_or_else(|| wrong(text, "an instant, `YYYY-MM-DD hh:mm:ss`"))?;
    Ok(literal(Literal::Instant(micros), instant_type()))
}

const MICROS_PER_DAY: i64 = 86_400_000_000;

fn literal(value: Literal, data_type: DataType) -> Expression {
    Expression::new(Operation::Literal(value), data_type)
}
