//! Computed columns: arithmetic, column by column.
//!
//! Null where an operand is null. Integers are exact: what 64 bits do not hold is a fault of the
//! row, and so is a division by zero, and a double that becomes infinite of finite operands.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, PrimitiveArray};
use arrow_schema::ArrowError;
use shared::contract::{Expression, Operator};
use shared::fault::Arithmetic;

/// The values of an expression, and the rows (0-based) that have none for a fault of theirs.
#[derive(Debug)]
pub(crate) struct Computed {
    pub(crate) values: ArrayRef,
    pub(crate) faults: Vec<(usize, Arithmetic)>,
}

/// Evaluates `expression` on the rows of `columns`.
///
/// # Errors
/// Columns of other types than those the expression was parsed for: a bug.
pub(crate) fn compute(
    expression: &Expression,
    columns: &[ArrayRef],
    row_count: usize,
) -> Result<Computed, ArrowError> {
    let mut evaluation = Evaluation { columns, row_count, faults: Vec::new() };
    let values = evaluation.evaluate(expression)?.into_array();
    let mut faults = evaluation.faults;
    // Of several faults of a row the first is told.
    faults.sort_by_key(|&(row, _)| row);
    faults.dedup_by_key(|&mut (row, _)| row);
    Ok(Computed { values, faults })
}

/// An operand for all rows.
enum Operand {
    Integers(Int64Array),
    Numbers(Float64Array),
}

struct Evaluation<'a> {
    columns: &'a [ArrayRef],
    row_count: usize,
    faults: Vec<(usize, Arithmetic)>,
}

impl Evaluation<'_> {
    fn evaluate(&mut self, expression: &Expression) -> Result<Operand, ArrowError> {
        match expression {
            Expression::Column(at) => self.column(*at),
            Expression::Integer(value) => {
                Ok(Operand::Integers(Int64Array::from_value(*value, self.row_count)))
            }
            Expression::Number(value) => {
                Ok(Operand::Numbers(Float64Array::from_value(*value, self.row_count)))
            }
            Expression::Negate(operand) => {
                let operand = self.evaluate(operand)?;
                let zero = Operand::Integers(Int64Array::from_value(0, self.row_count));
                Ok(self.binary(&zero, Operator::Subtract, &operand))
            }
            Expression::Binary(left, operator, right) => {
                let (left, right) = (self.evaluate(left)?, self.evaluate(right)?);
                Ok(self.binary(&left, *operator, &right))
            }
        }
    }

    fn column(&self, at: usize) -> Result<Operand, ArrowError> {
        let column = self.columns.get(at);
        let column = column
            .ok_or_else(|| ArrowError::InvalidArgumentError(format!("there is no column {at}")))?;
        let integers = column.as_primitive_opt::<Int64Type>().cloned().map(Operand::Integers);
        let numbers = column.as_primitive_opt::<Float64Type>().cloned().map(Operand::Numbers);
        integers.or(numbers).ok_or_else(|| {
            ArrowError::InvalidArgumentError(format!("{} is no number", column.data_type()))
        })
    }

    fn binary(&mut self, left: &Operand, operator: Operator, right: &Operand) -> Operand {
        if let (Operand::Integers(left), Operand::Integers(right)) = (left, right) {
            match operator {
                Operator::Add => return self.integers(left, right, i64::overflowing_add),
                Operator::Subtract => return self.integers(left, right, i64::overflowing_sub),
                Operator::Multiply => return self.integers(left, right, i64::overflowing_mul),
                // A division is one of doubles.
                Operator::Divide => {}
            }
        }
        let (left, right) = (left.to_numbers(), right.to_numbers());
        match operator {
            Operator::Add => self.numbers(&left, &right, |left, right| left + right),
            Operator::Subtract => self.numbers(&left, &right, |left, right| left - right),
            Operator::Multiply => self.numbers(&left, &right, |left, right| left * right),
            Operator::Divide => self.quotients(&left, &right),
        }
    }

    fn integers(
        &mut self,
        left: &Int64Array,
        right: &Int64Array,
        apply: impl Fn(i64, i64) -> (i64, bool),
    ) -> Operand {
        Operand::Integers(self.each(left, right, apply, |_| Arithmetic::Overflow))
    }

    fn numbers(
        &mut self,
        left: &Float64Array,
        right: &Float64Array,
        apply: impl Fn(f64, f64) -> f64,
    ) -> Operand {
        let checked = |left, right| {
            let result = apply(left, right);
            (normal(result), overflows(left, right, result))
        };
        Operand::Numbers(self.each(left, right, checked, |_| Arithmetic::Overflow))
    }

    fn quotients(&mut self, left: &Float64Array, right: &Float64Array) -> Operand {
        let checked = |left, right| {
            let result = left / right;
            (normal(result), right == 0.0 || overflows(left, right, result))
        };
        let cause = |divisor| {
            if divisor == 0.0 { Arithmetic::DivisionByZero } else { Arithmetic::Overflow }
        };
        Operand::Numbers(self.each(left, right, checked, cause))
    }

    /// Applies an operation to the operands of each row, which gives its result and whether that is a
    /// fault. A fault is noted, with its cause by the right operand, and null; so is a row without an
    /// operand, whose result is of no account.
    fn each<T: ArrowPrimitiveType>(
        &mut self,
        left: &PrimitiveArray<T>,
        right: &PrimitiveArray<T>,
        apply: impl Fn(T::Native, T::Native) -> (T::Native, bool),
        cause: impl Fn(T::Native) -> Arithmetic,
    ) -> PrimitiveArray<T> {
        let operands = left.values().iter().zip(right.values());
        let mut is_any_fault = false;
        let values = operands.clone().map(|(&left, &right)| {
            let (value, is_fault) = apply(left, right);
            is_any_fault |= is_fault;
            value
        });
        let values: Vec<T::Native> = values.collect();
        let mut nulls = match (left.nulls(), right.nulls()) {
            (None, nulls) | (nulls, None) => nulls.cloned(),
            (Some(left), Some(right)) => Some((left.inner() & right.inner()).into()),
        };
        if is_any_fault {
            let mut valid = Vec::with_capacity(values.len());
            for (row, (&left, &right)) in operands.enumerate() {
                let is_given = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
                let (_, is_fault) = apply(left, right);
                if is_given && is_fault {
                    self.faults.push((row, cause(right)));
                }
                valid.push(is_given && !is_fault);
            }
            nulls = Some(valid.into());
        }
        PrimitiveArray::new(values.into(), nulls)
    }
}

impl Operand {
    #[allow(clippy::cast_precision_loss, reason = "an integer among doubles is the nearest double")]
    fn to_numbers(&self) -> Float64Array {
        match self {
            Operand::Integers(values) => values.unary(|value| value as f64),
            Operand::Numbers(values) => values.clone(),
        }
    }

    fn into_array(self) -> ArrayRef {
        match self {
            Operand::Integers(values) => Arc::new(values),
            Operand::Numbers(values) => Arc::new(values),
        }
    }
}

/// One NaN and one zero, so that no result depends on the processor or on a sign nobody sees.
fn normal(result: f64) -> f64 {
    if result.is_nan() { f64::NAN } else { result + 0.0 }
}

fn overflows(left: f64, right: f64, result: f64) -> bool {
    result.is_infinite() && left.is_finite() && right.is_finite()
}

#[cfg(test)]
#[allow(clippy::cast_precision_loss, reason = "the expected values are the nearest doubles")]
mod tests {
    use arrow_schema::DataType;
    use shared::contract::Column;

    use super::*;

    const MAX: i64 = i64::MAX;

    /// Evaluates `text` on `i` = MAX, 6, null and `n` = 0, 0.5, 1.
    fn check(text: &str, expected: &[Option<f64>], faults: &[(usize, Arithmetic)]) {
        let column = |name: &str, data_type| Column {
            name: name.to_owned(),
            data_type,
            nullable: true,
            description: None,
        };
        let columns = [column("i", DataType::Int64), column("n", DataType::Float64)];
        let arrays: [ArrayRef; 2] = [
            Arc::new(Int64Array::from(vec![Some(MAX), Some(6), None])),
            Arc::new(Float64Array::from(vec![0.0, 0.5, 1.0])),
        ];
        let expression = Expression::parse(text, &columns).unwrap();
        let found = compute(&expression, &arrays, 3).unwrap();
        assert_eq!(found.values.data_type(), &expression.data_type(&columns), "{text}");
        let values = match found.values.as_primitive_opt::<Int64Type>() {
            Some(integers) => integers.unary(|value| value as f64),
            None => found.values.as_primitive::<Float64Type>().clone(),
        };
        assert_eq!(values.iter().collect::<Vec<_>>(), expected, "{text}");
        assert_eq!(found.faults, faults, "{text}");
    }

    #[test]
    fn results_and_faults() {
        let max = Some(MAX as f64);
        check("i", &[max, Some(6.0), None], &[]);
        check("i + 1", &[None, Some(7.0), None], &[(0, Arithmetic::Overflow)]);
        check("2 * (i - 1)", &[None, Some(10.0), None], &[(0, Arithmetic::Overflow)]);
        check("-i - 2", &[None, Some(-8.0), None], &[(0, Arithmetic::Overflow)]);
        check("i / 4", &[Some(MAX as f64 / 4.0), Some(1.5), None], &[]);
        check("i / n", &[None, Some(12.0), None], &[(0, Arithmetic::DivisionByZero)]);
        check(
            "i / 0",
            &[None, None, None],
            &[(0, Arithmetic::DivisionByZero), (1, Arithmetic::DivisionByZero)],
        );
        check(
            "n * 1e308 * 1e10",
            &[Some(0.0), None, None],
            &[(1, Arithmetic::Overflow), (2, Arithmetic::Overflow)],
        );
        check("(i + 1) + (1 / n)", &[None, Some(9.0), None], &[(0, Arithmetic::Overflow)]);
        check("-n", &[Some(0.0), Some(-0.5), Some(-1.0)], &[]);
    }

    #[test]
    fn a_row_without_an_operand_has_no_fault() {
        let columns: [ArrayRef; 2] = [
            Arc::new(Int64Array::from(vec![None, Some(1), Some(2), None])),
            Arc::new(Int64Array::from(vec![Some(0), None, Some(0), None])),
        ];
        let [left, right] = [0, 1].map(|at| Box::new(Expression::Column(at)));
        let quotient = Expression::Binary(left, Operator::Divide, right);
        let found = compute(&quotient, &columns, 4).unwrap();
        assert_eq!(found.values.null_count(), 4);
        assert_eq!(found.faults, [(2, Arithmetic::DivisionByZero)]);
    }
}
