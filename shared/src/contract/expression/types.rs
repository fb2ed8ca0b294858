//! Which types meet in an expression, and what comes of them.

use arrow_schema::DataType;

use super::{DECIMAL_DIGITS, Expression, Literal, Operation, Operator};
use crate::contract::instant_type;

/// Digits of the whole numbers of 64 bits.
const INTEGER_DIGITS: u8 = 19;

/// Digits of an exact number before and behind its point; None of a double, and of what is no number.
fn digits(operand: &Expression) -> Option<(u8, i8)> {
    if let (Operation::Literal(Literal::Integer(number)), DataType::Int64) =
        (&operand.operation, &operand.data_type)
    {
        let digits = number.unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
        return Some((u8::try_from(digits).unwrap_or(INTEGER_DIGITS), 0));
    }
    if let DataType::Decimal128(precision, scale) = operand.data_type {
        return Some((precision.saturating_sub(scale.unsigned_abs()), scale));
    }
    (operand.data_type == DataType::Int64).then_some((INTEGER_DIGITS, 0))
}

/// Whether it is a number of some kind.
pub(in crate::contract) fn is_number(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Int64 | DataType::Float64 | DataType::Decimal128(..))
}

/// Whether it is a date or an instant.
pub(super) fn is_moment(data_type: &DataType) -> bool {
    *data_type == DataType::Date32 || *data_type == instant_type()
}

/// The decimal type of as many digits; none if there are too many.
fn decimal(whole: u8, scale: i8) -> Option<DataType> {
    let precision = whole.checked_add(scale.unsigned_abs())?.max(1);
    (precision <= DECIMAL_DIGITS).then_some(DataType::Decimal128(precision, scale))
}

/// What counts of a value for the type that it has in common with others.
pub(super) struct Shape {
    pub(super) data_type: DataType,
    /// Digits before and behind the point of an exact number.
    digits: Option<(u8, i8)>,
}

impl Shape {
    pub(super) fn of(operand: &Expression) -> Self {
        Shape { data_type: operand.data_type.clone(), digits: digits(operand) }
    }
}

/// What values of both can be had as without a loss.
pub(super) fn common(left: &Shape, right: &Shape) -> Option<Shape> {
    let digits = match (left.digits, right.digits) {
        (None, digits) | (digits, None) => digits,
        (Some(left), Some(right)) => Some((left.0.max(right.0), left.1.max(right.1))),
    };
    let data_type = match (&left.data_type, &right.data_type) {
        (left, right) if left == right => left.clone(),
        (DataType::Null, other) | (other, DataType::Null) => other.clone(),
        (DataType::Float64, other) | (other, DataType::Float64) if is_number(other) => {
            DataType::Float64
        }
        (left, right) if is_moment(left) && is_moment(right) => instant_type(),
        (left, right) if is_number(left) && is_number(right) => {
            let (whole, scale) = digits?;
            decimal(whole, scale)?
        }
        _ => return None,
    };
    Some(Shape { data_type, digits })
}

/// The operand as that type, into which each of its values goes or is a fault of its row.
pub(super) fn cast(operand: Expression, to: &DataType) -> Expression {
    if operand.data_type == *to {
        return operand;
    }
    let node = literal(&operand, to).map_or_else(
        || Operation::Cast { operand: Box::new(operand), or_null: false },
        Operation::Literal,
    );
    Expression::new(node, to.clone())
}

/// A literal as one of another type, so that it is not cast for each row.
#[allow(clippy::cast_precision_loss, reason = "the nearest double, as of each row")]
fn literal(operand: &Expression, to: &DataType) -> Option<Literal> {
    let Operation::Literal(literal) = &operand.operation else { return None };
    match (literal, to) {
        (Literal::Null, _) => Some(Literal::Null),
        (Literal::Integer(number), DataType::Decimal128(_, scale)) => {
            let power = 10_i128.checked_pow(u32::from(scale.unsigned_abs()))?;
            power.checked_mul((*number).into()).map(Literal::Decimal)
        }
        (Literal::Integer(number), DataType::Float64) => Some(Literal::Number(*number as f64)),
        (Literal::Decimal(number), DataType::Float64) => {
            let (_, scale) = digits(operand)?;
            format!("{number}e-{scale}").parse().ok().map(Literal::Number)
        }
        _ => None,
    }
}

/// What an operator makes of two operands; None if it makes nothing of them, and the two again.
pub(super) fn arithmetic(
    operator: Operator,
    left: Expression,
    right: Expression,
) -> Result<Expression, Box<(Expression, Expression)>> {
    let node = |left, right| Operation::Arithmetic(operator, Box::new([left, right]));
    let types = (&left.data_type, &right.data_type);
    let of_days = match (types, operator) {
        ((DataType::Date32, DataType::Int64), Operator::Add | Operator::Subtract) => {
            Some(DataType::Date32)
        }
        ((DataType::Date32, DataType::Date32), Operator::Subtract) => Some(DataType::Int64),
        _ => None,
    };
    if let Some(data_type) = of_days {
        return Ok(Expression::new(node(left, right), data_type));
    }
    let is_number =
        |operand: &Expression| is_number(&operand.data_type) || operand.data_type == DataType::Null;
    let is_whole =
        |operand: &Expression| matches!(operand.data_type, DataType::Int64 | DataType::Null);
    let are_whole = is_whole(&left) && is_whole(&right);
    if !is_number(&left) || !is_number(&right) {
        return Err(Box::new((left, right)));
    }
    let same = |data_type: DataType| {
        let operands = (cast(left.clone(), &data_type), cast(right.clone(), &data_type));
        Expression::new(node(operands.0, operands.1), data_type)
    };
    if operator == Operator::Divide
        || [&left, &right].iter().any(|operand| operand.data_type == DataType::Float64)
    {
        return Ok(same(DataType::Float64));
    }
    if are_whole {
        return Ok(same(DataType::Int64));
    }
    let exact = |operand: &Expression| digits(operand).unwrap_or((0, 0));
    let ((left_whole, left_scale), (right_whole, right_scale)) = (exact(&left), exact(&right));
    let (most_whole, most_places) = (left_whole.max(right_whole), left_scale.max(right_scale));
    let (whole, scale) = match operator {
        Operator::Multiply => (left_whole + right_whole, left_scale + right_scale),
        Operator::Modulo => (most_whole, most_places),
        Operator::Add | Operator::Subtract | Operator::Divide => (most_whole + 1, most_places),
    };
    if scale.unsigned_abs() > DECIMAL_DIGITS {
        return Err(Box::new((left, right)));
    }
    let precision = (whole + scale.unsigned_abs()).clamp(1, DECIMAL_DIGITS);
    let as_decimal =
        |operand, (whole, scale)| decimal(whole, scale).map(|data_type| cast(operand, &data_type));
    let operands = (
        as_decimal(left.clone(), (left_whole, left_scale)),
        as_decimal(right.clone(), (right_whole, right_scale)),
    );
    let (Some(left), Some(right)) = operands else { return Err(Box::new((left, right))) };
    Ok(Expression::new(node(left, right), DataType::Decimal128(precision, scale)))
}
