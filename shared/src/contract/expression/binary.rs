//! Operators between two operands.

use arrow_schema::DataType;
use sqlparser::ast::{BinaryOperator, Expr};

use super::resolve::{Resolved, Resolver, call, truth, unsupported};
use super::types::{arithmetic, is_number};
use super::{
    Comparison, Expression, ExpressionError, ExpressionProblem, Operation, Operator, ScalarFunction,
};

impl Resolver<'_> {
    pub(super) fn binary(
        &self,
        part: &Expr,
        left: &Expr,
        sign: &BinaryOperator,
        right: &Expr,
    ) -> Resolved {
        #[allow(
            clippy::wildcard_enum_match_arm,
            reason = "SQL has far more than is supported, and more with every release of the parser"
        )]
        let operator = match sign {
            BinaryOperator::Plus => Operator::Add,
            BinaryOperator::Minus => Operator::Subtract,
            BinaryOperator::Multiply => Operator::Multiply,
            BinaryOperator::Divide => Operator::Divide,
            BinaryOperator::Modulo => Operator::Modulo,
            BinaryOperator::Eq => return self.compare(part, left, Comparison::Equal, right),
            BinaryOperator::NotEq => return self.compare(part, left, Comparison::NotEqual, right),
            BinaryOperator::Lt => return self.compare(part, left, Comparison::Less, right),
            BinaryOperator::LtEq => {
                return self.compare(part, left, Comparison::LessOrEqual, right);
            }
            BinaryOperator::Gt => return self.compare(part, left, Comparison::Greater, right),
            BinaryOperator::GtEq => {
                return self.compare(part, left, Comparison::GreaterOrEqual, right);
            }
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
            let (left, right) = (found_left.data_type, found_right.data_type);
            let problem = if is_number(&left) && is_number(&right) {
                ExpressionProblem::TooManyDigits(part.to_string())
            } else {
                ExpressionProblem::Operator { operator: sign.to_string(), left, right }
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
