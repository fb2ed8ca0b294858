//! Expressions over the columns of rows, evaluated column by column.
//!
//! What has no result (a division by zero, a result beyond its type, a cast of what has no
//! counterpart) is a fault of its row, where its value is asked for: of a `CASE` only the chosen branch
//! can be at fault, and so with `COALESCE`, and with what stands behind the false side of an `AND`.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "arrow has far more types than a table of ours, and the contract has seen to them"
)]

mod arithmetic;
mod budget;
mod cast;
mod choice;
mod hash;
mod interval;
mod moment;
mod pattern;
mod slice;
mod text;

use std::sync::Arc;

use arrow_arith::boolean::{is_null, not};
use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Datum, Decimal128Array, Float64Array, Int64Array,
    Scalar, StringArray, TimestampMicrosecondArray, new_null_array,
};
use arrow_ord::cmp;
use arrow_schema::{ArrowError, DataType};
use arrow_string::like::{ilike, like};
use shared::contract::{Comparison, Expression, Literal, Operation, ScalarFunction};
use shared::fault::Arithmetic;
use shared::salt::Hashers;

pub(crate) use budget::{BATCH_TEXT, check_text, too_much_text};

/// The values of an expression, and the rows (0-based) that have none for a fault of theirs.
#[derive(Debug)]
pub(crate) struct Computed {
    pub(crate) values: ArrayRef,
    pub(crate) faults: Vec<(usize, Arithmetic)>,
}

/// Evaluates `expression` on the rows of `columns`; `hashers` has those of its salts.
///
/// # Errors
/// [`ArrowError::MemoryError`] for several rows whose texts, with those of `columns`, are more than a batch
/// may hold. Columns of other types than those the expression was parsed for: a bug.
pub(crate) fn compute(
    expression: &Expression,
    columns: &[ArrayRef],
    row_count: usize,
    hashers: &Hashers,
) -> Result<Computed, ArrowError> {
    let mut evaluation = Evaluation::new(columns, row_count, hashers);
    let values = evaluation.evaluate(expression)?;
    let mut faults = evaluation.faults;
    // Of several faults of a row the first is told.
    faults.sort_by_key(|&(row, _)| row);
    faults.dedup_by_key(|&mut (row, _)| row);
    Ok(Computed { values, faults })
}

/// The values of an operand: one for each row, or one for all of them.
enum Operand {
    Rows(ArrayRef),
    One(Scalar<ArrayRef>),
}

impl Operand {
    /// As they are: of one for all rows that one alone.
    fn rows(self) -> ArrayRef {
        match self {
            Operand::Rows(values) => values,
            Operand::One(value) => value.into_inner(),
        }
    }
}

impl Datum for Operand {
    fn get(&self) -> (&dyn Array, bool) {
        match self {
            Operand::Rows(values) => (values, false),
            Operand::One(value) => value.get(),
        }
    }
}

struct Evaluation<'a> {
    columns: &'a [ArrayRef],
    row_count: usize,
    hashers: &'a Hashers,
    /// The rows whose values are asked for; all of them if None.
    asked: Option<BooleanArray>,
    /// Bytes that the texts of these rows may still have.
    text_left: u64,
    faults: Vec<(usize, Arithmetic)>,
}

impl<'a> Evaluation<'a> {
    fn new(columns: &'a [ArrayRef], row_count: usize, hashers: &'a Hashers) -> Self {
        let text_left = budget::left_beside(columns);
        Evaluation { columns, row_count, hashers, asked: None, text_left, faults: Vec::new() }
    }

    fn evaluate(&mut self, expression: &Expression) -> Result<ArrayRef, ArrowError> {
        if let Operation::Column(at) = expression.operation {
            return self.columns.get(at).cloned().ok_or_else(|| {
                ArrowError::InvalidArgumentError(format!("there is no column {at}"))
            });
        }
        let left = self.text_left;
        let found = self.operate(expression)?;
        // What it was made of is let go.
        self.text_left = left;
        self.hold(found)
    }

    fn operate(&mut self, expression: &Expression) -> Result<ArrayRef, ArrowError> {
        let Expression { operation, data_type } = expression;
        Ok(match operation {
            Operation::Column(_) => self.evaluate(expression)?,
            Operation::Literal(value) => self.literal(value, data_type)?,
            Operation::Cast { operand, or_null } => {
                let operand = self.evaluate(operand)?;
                self.cast(&operand, data_type, *or_null)?
            }
            Operation::Arithmetic(operator, operands) => {
                let [left, right] = self.both(operands)?;
                self.arithmetic(*operator, &left, &right, data_type)?
            }
            Operation::Compare(comparison, operands) => {
                let (left, right) = self.beside(operands)?;
                Arc::new(compare(*comparison, &left, &right)?)
            }
            Operation::In(operand, choices) => self.among(operand, choices)?,
            Operation::And(operands) => self.and_or(operands, true)?,
            Operation::Or(operands) => self.and_or(operands, false)?,
            Operation::Not(operand) => Arc::new(not(&self.truth(operand)?)?),
            Operation::IsNull(operand) => Arc::new(is_null(&self.evaluate(operand)?)?),
            Operation::Case(branches, otherwise) => {
                self.case(branches, otherwise.as_deref(), data_type)?
            }
            Operation::Coalesce(operands) => self.coalesce(operands, data_type)?,
            Operation::Like { operands, is_exact } => {
                let (text, pattern) = self.beside(operands)?;
                let pattern = self.compilable(pattern);
                Arc::new(if *is_exact { like(&text, &pattern)? } else { ilike(&text, &pattern)? })
            }
            Operation::Pattern(operand, pattern, action) => {
                let operand = self.evaluate(operand)?;
                self.pattern(&operand, &pattern.0, action)?
            }
            Operation::KeyedHash { operand, salt } => {
                let operand = self.evaluate(operand)?;
                self.keyed_hash(&operand, salt)?
            }
            Operation::Call(function, operands) => self.call(*function, operands, data_type)?,
        })
    }

    fn both(&mut self, operands: &[Expression; 2]) -> Result<[ArrayRef; 2], ArrowError> {
        let [left, right] = operands;
        Ok([self.evaluate(left)?, self.evaluate(right)?])
    }

    /// The values of the first operand, and the second.
    fn beside(&mut self, operands: &[Expression; 2]) -> Result<(ArrayRef, Operand), ArrowError> {
        let [left, right] = operands;
        Ok((self.evaluate(left)?, self.operand(right)?))
    }

    fn operand(&mut self, expression: &Expression) -> Result<Operand, ArrowError> {
        Ok(match &expression.operation {
            Operation::Literal(value) => {
                self.check_spread(value)?;
                Operand::One(Scalar::new(literal(value, &expression.data_type, 1)))
            }
            _ => Operand::Rows(self.evaluate(expression)?),
        })
    }

    fn truth(&mut self, expression: &Expression) -> Result<BooleanArray, ArrowError> {
        Ok(self.evaluate(expression)?.as_boolean().clone())
    }

    /// Evaluates for those of the rows that are asked for of which `condition` is true.
    fn where_true<T>(
        &mut self,
        condition: &BooleanArray,
        work: impl FnOnce(&mut Self) -> Result<T, ArrowError>,
    ) -> Result<T, ArrowError> {
        let inner = match &self.asked {
            None => is_true(condition),
            Some(asked) => arrow_arith::boolean::and(asked, &is_true(condition))?,
        };
        let outer = self.asked.replace(inner);
        let result = work(self);
        self.asked = outer;
        result
    }

    fn call(
        &mut self,
        function: ScalarFunction,
        operands: &[Expression],
        data_type: &DataType,
    ) -> Result<ArrayRef, ArrowError> {
        let arrays: Vec<ArrayRef> =
            operands.iter().map(|operand| self.evaluate(operand)).collect::<Result<_, _>>()?;
        let Some(first) = arrays.first() else {
            return Err(ArrowError::InvalidArgumentError("a function of nothing".to_owned()));
        };
        match function {
            ScalarFunction::Abs | ScalarFunction::Floor | ScalarFunction::Ceil => {
                self.rounded(function, first, data_type)
            }
            ScalarFunction::Round(places) => self.round(places, first, data_type),
            ScalarFunction::Extract(field) => moment::extract(field, first),
            ScalarFunction::Truncate(field) => moment::truncate(field, first),
            ScalarFunction::Shift(span) => self.shift(span, &arrays),
            ScalarFunction::Difference(unit) => moment::difference(unit, &arrays),
            ScalarFunction::LastDay => moment::last_day(first),
            ScalarFunction::Greatest => choice::extreme(&arrays, cmp::gt),
            ScalarFunction::Least => choice::extreme(&arrays, cmp::lt),
            ScalarFunction::Upper
            | ScalarFunction::Lower
            | ScalarFunction::Trim
            | ScalarFunction::TrimStart
            | ScalarFunction::TrimEnd
            | ScalarFunction::Length
            | ScalarFunction::Concat
            | ScalarFunction::Join
            | ScalarFunction::Substring
            | ScalarFunction::Left
            | ScalarFunction::Right
            | ScalarFunction::PadStart
            | ScalarFunction::PadEnd
            | ScalarFunction::SplitPart
            | ScalarFunction::Find
            | ScalarFunction::StartsWith
            | ScalarFunction::Replace
            | ScalarFunction::Mask => self.text(function, &arrays),
        }
    }

    /// Notes a fault of a row, if its value is asked for.
    fn fault(&mut self, row: usize, cause: Arithmetic) {
        if self.asked.as_ref().is_none_or(|asked| asked.value(row)) {
            self.faults.push((row, cause));
        }
    }
}

/// Null is not true.
fn is_true(truth: &BooleanArray) -> BooleanArray {
    match truth.nulls() {
        None => truth.clone(),
        Some(nulls) => BooleanArray::new(truth.values() & nulls.inner(), None),
    }
}

fn compare(
    comparison: Comparison,
    left: &dyn Datum,
    right: &dyn Datum,
) -> Result<BooleanArray, ArrowError> {
    match comparison {
        Comparison::Equal => cmp::eq(left, right),
        Comparison::NotEqual => cmp::neq(left, right),
        Comparison::Less => cmp::lt(left, right),
        Comparison::LessOrEqual => cmp::lt_eq(left, right),
        Comparison::Greater => cmp::gt(left, right),
        Comparison::GreaterOrEqual => cmp::gt_eq(left, right),
        Comparison::Distinct => cmp::distinct(left, right),
        Comparison::NotDistinct => cmp::not_distinct(left, right),
    }
}

fn literal(value: &Literal, data_type: &DataType, row_count: usize) -> ArrayRef {
    match value {
        Literal::Null => new_null_array(data_type, row_count),
        Literal::Boolean(truth) => Arc::new(BooleanArray::from(vec![*truth; row_count])),
        Literal::Integer(number) => Arc::new(Int64Array::from_value(*number, row_count)),
        Literal::Decimal(number) => Arc::new(
            Decimal128Array::from_value(*number, row_count).with_data_type(data_type.clone()),
        ),
        Literal::Number(number) => Arc::new(Float64Array::from_value(*number, row_count)),
        Literal::Text(text) => {
            Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, row_count)))
        }
        Literal::Date(days) => Arc::new(Date32Array::from_value(*days, row_count)),
        Literal::Instant(micros) => Arc::new(
            TimestampMicrosecondArray::from_value(*micros, row_count)
                .with_data_type(data_type.clone()),
        ),
    }
}

#[cfg(test)]
mod tests;
