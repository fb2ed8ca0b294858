//! Computed columns: arithmetic, column by column.
//!
//! Null where an operand is null. Integers are exact: what 64 bits do not hold is a fault of the
//! row, and so is a division by zero, and a double that becomes infinite of finite operands.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array};
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
                Ok(self.negate(&operand))
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

    fn negate(&mut self, operand: &Operand) -> Operand {
        match operand {
            Operand::Integers(values) => {
                let values: Vec<Option<i64>> = values.iter().collect();
                Operand::Integers(self.each(values.into_iter().map(|value| {
                    value.map(|value| value.checked_neg().ok_or(Arithmetic::Overflow))
                })))
            }
            Operand::Numbers(values) => Operand::Numbers(values.unary(|value| 0.0 - value)),
        }
    }

    fn binary(&mut self, left: &Operand, operator: Operator, right: &Operand) -> Operand {
        if let (Operand::Integers(left), Operand::Integers(right)) = (left, right)
            && operator != Operator::Divide
        {
            let pairs = left.iter().zip(right);
            let results = pairs.map(|(left, right)| Some(integer(left?, operator, right?)));
            return Operand::Integers(self.each(results));
        }
        let (left, right) = (left.to_numbers(), right.to_numbers());
        let pairs = left.iter().zip(&right);
        let results = pairs.map(|(left, right)| Some(number(left?, operator, right?)));
        Operand::Numbers(self.each(results))
    }

    /// Collects one result for each row, null for none; a fault is noted and null too.
    fn each<T, A: FromIterator<Option<T>>>(
        &mut self,
        results: impl Iterator<Item = Option<Result<T, Arithmetic>>>,
    ) -> A {
        results
            .enumerate()
            .map(|(row, result)| match result? {
                Ok(value) => Some(value),
                Err(fault) => {
                    self.faults.push((row, fault));
                    None
                }
            })
            .collect()
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

fn integer(left: i64, operator: Operator, right: i64) -> Result<i64, Arithmetic> {
    match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        // A division is one of doubles.
        Operator::Divide => None,
    }
    .ok_or(Arithmetic::Overflow)
}

fn number(left: f64, operator: Operator, right: f64) -> Result<f64, Arithmetic> {
    let result = match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide if right == 0.0 => return Err(Arithmetic::DivisionByZero),
        Operator::Divide => left / right,
    };
    if result.is_infinite() && left.is_finite() && right.is_finite() {
        return Err(Arithmetic::Overflow);
    }
    // One NaN and one zero, so that no result depends on the processor or on a sign nobody sees.
    Ok(if result.is_nan() { f64::NAN } else { result + 0.0 })
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
}
