//! What is chosen, and only then asked for.

use std::sync::Arc;

use arrow_arith::boolean::{and_kleene, is_null, not, or, or_kleene};
use arrow_array::{ArrayRef, BooleanArray, Datum, Scalar, new_null_array};
use arrow_ord::cmp;
use arrow_schema::{ArrowError, DataType};
use arrow_select::zip::zip;
use shared::contract::Expression;

use super::{Evaluation, Operand, is_true};

impl Evaluation<'_> {
    /// `AND`, or else `OR`.
    pub(super) fn and_or(
        &mut self,
        operands: &[Expression; 2],
        is_and: bool,
    ) -> Result<ArrayRef, ArrowError> {
        let [left, right] = operands;
        let left = self.truth(left)?;
        // What the left side has decided does not ask the right.
        let is_decided = if is_and { is_true(&not(&left)?) } else { is_true(&left) };
        let right = self.where_true(&not(&is_decided)?, |inner| inner.truth(right))?;
        let joined = if is_and { and_kleene(&left, &right)? } else { or_kleene(&left, &right)? };
        Ok(Arc::new(joined))
    }

    pub(super) fn among(
        &mut self,
        operand: &Expression,
        choices: &[Expression],
    ) -> Result<ArrayRef, ArrowError> {
        let operand = self.evaluate(operand)?;
        let mut found = BooleanArray::from(vec![false; self.row_count]);
        for choice in choices {
            // As with `OR`: what is found already asks no more.
            let left = not(&is_true(&found))?;
            let choice = self.where_true(&left, |inner| inner.operand(choice))?;
            found = or_kleene(&found, &cmp::eq(&operand, &choice)?)?;
        }
        Ok(Arc::new(found))
    }

    pub(super) fn case(
        &mut self,
        branches: &[(Expression, Expression)],
        otherwise: Option<&Expression>,
        data_type: &DataType,
    ) -> Result<ArrayRef, ArrowError> {
        let mut left = BooleanArray::from(vec![true; self.row_count]);
        let mut chosen = Vec::new();
        for (condition, result) in branches {
            let condition = self.where_true(&left, |inner| inner.truth(condition))?;
            let hit = arrow_arith::boolean::and(&left, &is_true(&condition))?;
            let result = self.where_true(&hit, |inner| inner.operand(result))?;
            left = arrow_arith::boolean::and(&left, &not(&hit)?)?;
            chosen.push((hit, result));
        }
        let rest = match otherwise {
            None => Operand::One(Scalar::new(new_null_array(data_type, 1))),
            Some(otherwise) => self.where_true(&left, |inner| inner.operand(otherwise))?,
        };
        let chosen = chosen
            .into_iter()
            .rev()
            .try_fold(rest, |rest, (hit, result)| zip(&hit, &result, &rest).map(Operand::Rows))?;
        Ok(chosen.rows())
    }

    pub(super) fn coalesce(
        &mut self,
        operands: &[Expression],
        data_type: &DataType,
    ) -> Result<ArrayRef, ArrowError> {
        let mut found = new_null_array(data_type, self.row_count);
        for operand in operands {
            let is_missing = is_null(&found)?;
            let next = self.where_true(&is_missing, |inner| inner.operand(operand))?;
            found = zip(&is_missing, &next, &found)?;
        }
        Ok(found)
    }
}

/// Of each row the value that no other `is_beyond`; nulls are passed over.
pub(super) fn extreme(
    values: &[ArrayRef],
    is_beyond: fn(&dyn Datum, &dyn Datum) -> Result<BooleanArray, ArrowError>,
) -> Result<ArrayRef, ArrowError> {
    let none = || ArrowError::InvalidArgumentError("the greatest of nothing".to_owned());
    let (first, others) = values.split_first().ok_or_else(none)?;
    others.iter().try_fold(Arc::clone(first), |found, next| {
        let is_taken = or(&is_true(&is_beyond(next, &found)?), &is_null(&found)?)?;
        zip(&is_taken, next, &found)
    })
}
