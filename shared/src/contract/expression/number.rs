//! Signs, and what is rounded.

use arrow_schema::DataType;
use sqlparser::ast::Expr;

use super::binary::joined;
use super::resolve::{Resolved, Resolver, call, unsupported, wrong_type};
use super::signature::Call;
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

    pub(super) fn absolute(&self, written: &Call<'_>) -> Resolved {
        let &[operand] = written.operands else { return Err(written.wrong()) };
        let found = self.number(operand)?;
        let data_type = found.data_type.clone();
        Ok(call(ScalarFunction::Abs, vec![found], data_type))
    }

    /// `round(x)`, or `round(x, places)`: the places stand in the expression, for the type hangs on them.
    pub(super) fn round(&self, written: &Call<'_>) -> Resolved {
        let (operand, places) = match *written.operands {
            [operand] => (operand, 0),
            [operand, places] => (operand, self.places(places)?),
            _ => return Err(written.wrong()),
        };
        self.rounded(ScalarFunction::Round(places), places, operand)
    }

    /// The next whole number, below or above.
    pub(super) fn whole_beside(&self, function: ScalarFunction, written: &Call<'_>) -> Resolved {
        let &[operand] = written.operands else { return Err(written.wrong()) };
        self.rounded(function, 0, operand)
    }

    fn places(&self, part: &Expr) -> Result<i8, ExpressionError> {
        let found = self.value(part)?;
        let digits = i8::try_from(DECIMAL_DIGITS).unwrap_or(i8::MAX);
        let places = if let Operation::Literal(Literal::Integer(places)) = found.operation {
            i8::try_from(places).ok()
        } else {
            None
        };
        places.filter(|places| (-digits..=digits).contains(places)).ok_or_else(|| {
            let expected = "a whole number from -38 to 38, as it stands";
            wrong_type(part, found.data_type, expected)
        })
    }

    /// What has so many places behind its point; none of those that it has not.
    fn rounded(&self, function: ScalarFunction, places: i8, operand: &Expr) -> Resolved {
        let found = self.number(operand)?;
        let mut data_type = found.data_type.clone();
        if let DataType::Decimal128(precision, scale) = data_type
            && places < scale
        {
            // One digit more before the point, since it may be rounded up.
            let (whole, places) = (precision.saturating_sub(scale.unsigned_abs()), places.max(0));
            let precision = (whole + 1 + places.unsigned_abs()).min(DECIMAL_DIGITS);
            data_type = DataType::Decimal128(precision, places);
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
