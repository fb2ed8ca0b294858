//! Operators between two operands.

use arrow_schema::DataType;
use sqlparser::ast::{BinaryOperator, Expr};

use super::resolve::{Resolved, Resolver, call, mismatch, truth, unsupported, wrong_type};
use super::types::{arithmetic, is_number};
use super::{
    Comparison, Expression, ExpressionError, ExpressionProblem, Operation, Operator, ScalarFunction,
};

impl Resolver<'_> {
    pub(super) fn binary(
        &self,
        part: &Expr,
        left: &Expr,
        operator: &BinaryOperator,
        right: &Expr,
    ) -> Resolved {
        #[allow(
            clippy::wildcard_enum_match_arm,
            reason = "SQL has far more than is supported, and more with every release of the parser"
        )]
        let operator = match operator {
            BinaryOperator::Plus => Operator::Add,
            BinaryOperator::Minus => Operator::Subtract,
            BinaryOperator::Multiply => Operator::Multiply,
            BinaryOperator::Divide => Operator::Divide,
            BinaryOperator::Modulo => Operator::Modulo,
            BinaryOperator::Eq => return self.compare(left, Comparison::Equal, right),
            BinaryOperator::NotEq => return self.compare(left, Comparison::NotEqual, right),
            BinaryOperator::Lt => return self.compare(left, Comparison::Less, right),
            BinaryOperator::LtEq => return self.compare(left, Comparison::LessOrEqual, right),
            BinaryOperator::Gt => return self.compare(left, Comparison::Greater, right),
            BinaryOperator::GtEq => return self.compare(left, Comparison::GreaterOrEqual, right),
            BinaryOperator::And => {
                return Ok(truth(Operation::And(Box::new([
                    self.truth(left)?,
                    self.truth(right)?,
                ]))));
            }
            BinaryOperator::Or => {
                return Ok(truth(Operation::Or(Box::new([self.truth(left)?, self.truth(right)?]))));
            }
            BinaryOperator::StringConcat => {
                let operands = vec![self.text(left)?, self.text(right)?];
                return Ok(call(ScalarFunction::Join, operands, DataType::Utf8));
            }
            _ => return Err(ExpressionError::new(part, unsupported(part))),
        };
        let (found_left, found_right) = (self.value(left)?, self.value(right)?);
        joined(operator, found_left, found_right).map_err(|operands| {
            let (found_left, found_right) = *operands;
            let are_numbers = is_number(&found_left.data_type) && is_number(&found_right.data_type);
            if are_numbers && operator == Operator::Modulo {
                let is_left = found_left.data_type != DataType::Int64;
                let (part, found) = if is_left { (left, found_left) } else { (right, found_right) };
                return wrong_type(part, found.data_type, "a whole number");
            }
            let problem = if are_numbers {
                ExpressionProblem::TooManyDigits(part.to_string())
            } else {
                mismatch((left, found_left), (right, found_right))
            };
            ExpressionError::new(part, problem)
        })
    }
}

/// What the operator makes of both; the two again if it makes nothing of them.
pub(super) fn joined(
    operator: Operator,
    left: Expression,
    right: Expression,
) -> Result<Expression, Box<(Expression, Expression)>> {
    // A sum of days is one of a date, in whatever order.
    if operator == Operator::Add && right.data_type == DataType::Date32 {
        return arithmetic(operator, right, left);
    }
    arithmetic(operator, left, right)
}
