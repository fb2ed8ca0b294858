//! Values that must be of one type: what is compared, and what one is chosen of.

use arrow_schema::DataType;
use sqlparser::ast::{CaseWhen, Expr};

use super::resolve::{Resolved, Resolver, call, truth, unsupported};
use super::signature::Call;
use super::types::{Shape, cast, common, is_moment, is_number};
use super::{Comparison, Expression, ExpressionError, ExpressionProblem, Literal, Operation};
use super::{ScalarFunction, literal};

impl Resolver<'_> {
    /// Whether `left` is so beside `right`; `part` is what they stand in.
    pub(super) fn compare(
        &self,
        part: &Expr,
        left: &Expr,
        comparison: Comparison,
        right: &Expr,
    ) -> Resolved {
        let operands = self.comparable(part, &[left, right])?;
        let operands =
            Box::try_from(operands).map_err(|_| ExpressionError::new(part, unsupported(part)))?;
        Ok(truth(Operation::Compare(comparison, operands)))
    }

    /// Whether the operand is one of the choices.
    pub(super) fn among(&self, part: &Expr, operand: &Expr, choices: &[Expr]) -> Resolved {
        let all: Vec<&Expr> = std::iter::once(operand).chain(choices).collect();
        let mut choices = self.comparable(part, &all)?;
        let operand = Box::new(choices.remove(0));
        Ok(truth(Operation::In(operand, choices)))
    }

    /// Whether the operand is true, or false; null is neither.
    pub(super) fn is_truth(&self, operand: &Expr, is: bool, comparison: Comparison) -> Resolved {
        let literal = truth(Operation::Literal(Literal::Boolean(is)));
        let operands = Box::new([self.truth(operand)?, literal]);
        Ok(truth(Operation::Compare(comparison, operands)))
    }

    pub(super) fn case(
        &self,
        part: &Expr,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
    ) -> Resolved {
        let results: Vec<&Expr> =
            conditions.iter().map(|when| &when.result).chain(otherwise).collect();
        let mut results = self.unified(part, &results)?;
        let otherwise = if otherwise.is_some() { results.pop().map(Box::new) } else { None };
        let data_type = results.first().map_or(DataType::Null, |first| first.data_type.clone());
        let mut branches = Vec::new();
        for (when, result) in conditions.iter().zip(results) {
            let condition = match operand {
                None => self.truth(&when.condition)?,
                Some(operand) => self.compare(part, operand, Comparison::Equal, &when.condition)?,
            };
            branches.push((condition, result));
        }
        Ok(Expression::new(Operation::Case(branches, otherwise), data_type))
    }

    pub(super) fn coalesce(&self, call: &Call<'_>) -> Resolved {
        let found = self.unified(call.part, call.operands)?;
        let data_type = found.first().ok_or_else(|| call.wrong())?.data_type.clone();
        Ok(Expression::new(Operation::Coalesce(found), data_type))
    }

    pub(super) fn if_null(&self, call: &Call<'_>) -> Resolved {
        if call.operands.len() == 2 { self.coalesce(call) } else { Err(call.wrong()) }
    }

    pub(super) fn null_if(&self, call: &Call<'_>) -> Resolved {
        let &[left, right] = call.operands else { return Err(call.wrong()) };
        let is_it = self.compare(call.part, left, Comparison::Equal, right)?;
        let value = self.value(left)?;
        let data_type = value.data_type.clone();
        let null = Expression::new(Operation::Literal(Literal::Null), data_type.clone());
        let node = Operation::Case(vec![(is_it, null)], Some(Box::new(value)));
        Ok(Expression::new(node, data_type))
    }

    /// The greatest or the least of values.
    pub(super) fn extreme(&self, function: ScalarFunction, written: &Call<'_>) -> Resolved {
        let found = self.comparable(written.part, written.operands)?;
        let data_type = found.first().ok_or_else(|| written.wrong())?.data_type.clone();
        Ok(call(function, found, data_type))
    }

    /// Values of one type, of which there are some: nulls alone are truth values.
    fn comparable(
        &self,
        part: &Expr,
        operands: &[&Expr],
    ) -> Result<Vec<Expression>, ExpressionError> {
        let mut found = self.unified(part, operands)?;
        if found.first().is_some_and(|first| first.data_type == DataType::Null) {
            found = found.into_iter().map(|null| cast(null, &DataType::Boolean)).collect();
        }
        Ok(found)
    }

    /// All values as values of one type; `part` is what they stand in. Texts that stand beside dates or
    /// instants are such.
    pub(super) fn unified(
        &self,
        part: &Expr,
        operands: &[&Expr],
    ) -> Result<Vec<Expression>, ExpressionError> {
        let found: Result<Vec<_>, _> = operands.iter().map(|operand| self.value(operand)).collect();
        let mut found = found?;
        if let Some(moment) = moment_type(&found) {
            for (operand, value) in operands.iter().zip(&mut found) {
                if let Operation::Literal(Literal::Text(text)) = &value.operation {
                    let moment = literal::moment(text, &moment);
                    *value = moment.map_err(|problem| ExpressionError::new(operand, problem))?;
                }
            }
        }
        let data_type = common_type(part, operands, &found)?;
        Ok(found.into_iter().map(|value| cast(value, &data_type)).collect())
    }
}

/// The type that all values can be had in.
fn common_type(
    part: &Expr,
    operands: &[&Expr],
    found: &[Expression],
) -> Result<DataType, ExpressionError> {
    let mut all = operands.iter().zip(found.iter().map(Shape::of));
    let Some((first, mut met)) = all.next() else { return Ok(DataType::Null) };
    for (other, shape) in all {
        met = common(&met, &shape).ok_or_else(|| {
            if is_number(&met.data_type) && is_number(&shape.data_type) {
                return ExpressionError::new(
                    part,
                    ExpressionProblem::TooManyDigits(part.to_string()),
                );
            }
            let problem = ExpressionProblem::Mismatch {
                left: first.to_string(),
                left_type: met.data_type.clone(),
                right: other.to_string(),
                right_type: shape.data_type.clone(),
            };
            ExpressionError::new(first, problem)
        })?;
    }
    Ok(met.data_type)
}

/// The type of the dates and instants among the values, if there are any.
fn moment_type(found: &[Expression]) -> Option<DataType> {
    let types = found.iter().map(|value| &value.data_type).filter(|found| is_moment(found));
    types.max_by_key(|found| **found != DataType::Date32).cloned()
}
