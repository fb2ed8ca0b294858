//! Values that must be of one type: what is compared, and what one is chosen of.

use arrow_schema::DataType;
use sqlparser::ast::{CaseWhen, Expr};

use super::literal;
use super::resolve::{Resolved, Resolver, is_moment, mismatch, truth};
use super::types::{cast, common};
use super::{Comparison, Expression, ExpressionError, Literal, Operation};

impl Resolver<'_> {
    pub(super) fn compare(&self, left: &Expr, comparison: Comparison, right: &Expr) -> Resolved {
        let (found_left, found_right) = (self.value(left)?, self.value(right)?);
        let found_left = beside(left, found_left, &found_right)?;
        let found_right = beside(right, found_right, &found_left)?;
        let (found_left, found_right) = unified((left, found_left), (right, found_right))?;
        if found_left.data_type == DataType::Null {
            return Ok(truth(Operation::Literal(Literal::Null)));
        }
        Ok(truth(Operation::Compare(comparison, Box::new([found_left, found_right]))))
    }

    /// Whether the operand is one of the choices.
    pub(super) fn among(&self, operand: &Expr, choices: &[Expr]) -> Resolved {
        let found = self.value(operand)?;
        let mut others = Vec::new();
        for choice in choices {
            others.push((choice, beside(choice, self.value(choice)?, &found)?));
        }
        let found = match others.first() {
            Some((_, first)) => beside(operand, found, first)?,
            None => found,
        };
        let all = std::iter::once((operand, found)).chain(others).collect();
        let mut all = all_unified(all)?.into_iter();
        match all.next() {
            Some(first) if first.data_type != DataType::Null => {
                Ok(truth(Operation::In(Box::new(first), all.collect())))
            }
            _ => Ok(truth(Operation::Literal(Literal::Null))),
        }
    }

    pub(super) fn case(
        &self,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
    ) -> Resolved {
        let mut results = Vec::new();
        for when in conditions {
            results.push((&when.result, self.value(&when.result)?));
        }
        if let Some(otherwise) = otherwise {
            results.push((otherwise, self.value(otherwise)?));
        }
        let mut results = all_unified(results)?;
        let otherwise = if otherwise.is_some() { results.pop().map(Box::new) } else { None };
        let data_type = results.first().map_or(DataType::Null, |first| first.data_type.clone());
        let mut branches = Vec::new();
        for (when, result) in conditions.iter().zip(results) {
            let condition = match operand {
                None => self.truth(&when.condition)?,
                Some(operand) => self.compare(operand, Comparison::Equal, &when.condition)?,
            };
            branches.push((condition, result));
        }
        Ok(Expression::new(Operation::Case(branches, otherwise), data_type))
    }

    pub(super) fn coalesce(&self, operands: &[&Expr]) -> Resolved {
        let mut found = Vec::new();
        for &operand in operands {
            found.push((operand, self.value(operand)?));
        }
        let found = all_unified(found)?;
        let data_type = found.first().map_or(DataType::Null, |first| first.data_type.clone());
        Ok(Expression::new(Operation::Coalesce(found), data_type))
    }
}

/// A text that stands beside a date or an instant is one.
fn beside(part: &Expr, found: Expression, other: &Expression) -> Resolved {
    let Expression { operation: Operation::Literal(Literal::Text(text)), .. } = &found else {
        return Ok(found);
    };
    if !is_moment(&other.data_type) {
        return Ok(found);
    }
    literal::moment(text, &other.data_type).map_err(|problem| ExpressionError::new(part, problem))
}

/// Two values as values of one type.
fn unified(
    (left, found_left): (&Expr, Expression),
    (right, found_right): (&Expr, Expression),
) -> Result<(Expression, Expression), ExpressionError> {
    let Some(data_type) = common(&found_left, &found_right) else {
        let problem = mismatch((left, found_left), (right, found_right));
        return Err(ExpressionError::new(left, problem));
    };
    Ok((cast(found_left, &data_type), cast(found_right, &data_type)))
}

/// All values as values of one type.
fn all_unified(found: Vec<(&Expr, Expression)>) -> Result<Vec<Expression>, ExpressionError> {
    let mut found = found.into_iter();
    let Some((first_part, mut first)) = found.next() else { return Ok(Vec::new()) };
    let mut others = Vec::new();
    for (part, other) in found {
        let (left, right) = unified((first_part, first), (part, other))?;
        first = left;
        others.push(right);
    }
    let data_type = first.data_type.clone();
    let others = others.into_iter().map(|other| cast(other, &data_type));
    Ok(std::iter::once(first.clone()).chain(others).collect())
}
