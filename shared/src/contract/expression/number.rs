//! Signs, and what is rounded.

use arrow_schema::DataType;
use sqlparser::ast::Expr;

use super::binary::joined;
use super::resolve::{Resolved, Resolver, call, unsupported};
use super::{
    DECIMAL_DIGITS, Expression, ExpressionError, Literal, Operation, Operator, ScalarFunction,
};

impl Resolver<'_> {
    pub(super) fn negative(&self, part: &Expr, operand: &Expr) -> Resolved {
        let found = self.number(operand)?;
        if let Operation::Literal(literal) = &found.operation
            && let Some(literal) = negated(literal)
        {
            return Ok(Expression::new(Operation::Literal(literal), found.data_type));
        }
        let zero = Operation::Literal(Literal::Integer(0));
        joined(Operator::Subtract, Expression::new(zero, DataType::Int64), found)
            .map_err(|_| ExpressionError::new(part, unsupported(part)))
    }

    pub(super) fn rounded(&self, function: ScalarFunction, operand: &Expr) -> Resolved {
        let found = self.number(operand)?;
        let mut data_type = found.data_type.clone();
        if let DataType::Decimal128(precision, scale) = data_type
            && function != ScalarFunction::Abs
        {
            // A whole number of one digit more, since it may be rounded up.
            let whole = precision.saturating_sub(scale.unsigned_abs()) + 1;
            data_type = DataType::Decimal128(whole.min(DECIMAL_DIGITS), 0);
        }
        Ok(call(function, vec![found], data_type))
    }
}

/// The negative of a number.
fn negated(literal: &Literal) -> Option<Literal> {
    match literal {
        Literal::Integer(number) => Some(Literal::Integer(-number)),
        Literal::Decimal(number) => Some(Literal::Decimal(-number)),
        // Not the negative zero.
        Literal::Number(number) => Some(Literal::Number(0.0 - number)),
        Literal::Null
        | Literal::Boolean(_)
        | Literal::Text(_)
        | Literal::Date(_)
        | Literal::Instant(_) => None,
    }
}
