//! Sums, differences, products, quotients, remainders, and rounding.
//!
//! Null where an operand is null. Whole numbers and decimals are exact: what their type does not hold is
//! a fault of the row, and so is a division by zero, and a double that becomes infinite of finite
//! operands.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Date32Type, Decimal128Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Decimal128Array, Float64Array, Int64Array, PrimitiveArray};
use arrow_schema::{ArrowError, DataType};
use shared::contract::{DECIMAL_DIGITS, Operator, ScalarFunction};
use shared::fault::Arithmetic;

use super::Evaluation;

/// The days of the years 1 to 9999.
pub(super) const DAYS: std::ops::Range<i64> = -719_162..2_932_897;

impl Evaluation<'_> {
    pub(super) fn arithmetic(
        &mut self,
        operator: Operator,
        left: &ArrayRef,
        right: &ArrayRef,
        data_type: &DataType,
    ) -> Result<ArrayRef, ArrowError> {
        if left.data_type() == &DataType::Date32 {
            return self.days(operator, left, right);
        }
        Ok(match data_type {
            DataType::Int64 => {
                let (left, right) = (left.as_primitive::<Int64Type>(), right.as_primitive());
                Arc::new(self.integers(operator, left, right))
            }
            DataType::Float64 => {
                let (left, right) = (left.as_primitive::<Float64Type>(), right.as_primitive());
                Arc::new(self.numbers(operator, left, right))
            }
            DataType::Decimal128(precision, scale) => {
                let values = self.decimals(operator, left, right, (*precision, *scale));
                Arc::new(values.with_data_type(data_type.clone()))
            }
            other => return Err(unexpected(other)),
        })
    }

    fn integers(
        &mut self,
        operator: Operator,
        left: &Int64Array,
        right: &Int64Array,
    ) -> Int64Array {
        let overflow = |_| Arithmetic::Overflow;
        match operator {
            Operator::Add => self.each(left, right, i64::overflowing_add, overflow),
            Operator::Subtract => self.each(left, right, i64::overflowing_sub, overflow),
            Operator::Multiply => self.each(left, right, i64::overflowing_mul, overflow),
            // The smallest number by -1 leaves nothing, whatever the quotient would be.
            Operator::Divide | Operator::Modulo => self.each(
                left,
                right,
                |left, right| {
                    let is_zero = right == 0;
                    (if is_zero { 0 } else { left.wrapping_rem(right) }, is_zero)
                },
                |_| Arithmetic::DivisionByZero,
            ),
        }
    }

    fn numbers(
        &mut self,
        operator: Operator,
        left: &Float64Array,
        right: &Float64Array,
    ) -> Float64Array {
        let checked = |apply: fn(f64, f64) -> f64| {
            move |left, right| {
                let result = apply(left, right);
                (normal(result), overflows(left, right, result))
            }
        };
        let overflow = |_| Arithmetic::Overflow;
        match operator {
            Operator::Add => self.each(left, right, checked(|a, b| a + b), overflow),
            Operator::Subtract => self.each(left, right, checked(|a, b| a - b), overflow),
            Operator::Multiply => self.each(left, right, checked(|a, b| a * b), overflow),
            Operator::Divide | Operator::Modulo => {
                let is_quotient = operator == Operator::Divide;
                let divided = |left: f64, right: f64| {
                    let result = if is_quotient { left / right } else { left % right };
                    (normal(result), right == 0.0 || overflows(left, right, result))
                };
                let cause = |divisor| {
                    if divisor == 0.0 { Arithmetic::DivisionByZero } else { Arithmetic::Overflow }
                };
                self.each(left, right, divided, cause)
            }
        }
    }

    /// Decimals of that precision and scale, of operands with scales of their own.
    fn decimals(
        &mut self,
        operator: Operator,
        left: &ArrayRef,
        right: &ArrayRef,
        (precision, scale): (u8, i8),
    ) -> Decimal128Array {
        let limit = power(precision);
        let checked = |result: Option<i128>| match result {
            Some(value) if value.unsigned_abs() < limit.unsigned_abs() => (value, false),
            _ => (0, true),
        };
        let raise = |array: &ArrayRef| power(scale.unsigned_abs() - scale_of(array).unsigned_abs());
        let overflow = |_| Arithmetic::Overflow;
        let (lefts, rights) = (left.as_primitive::<Decimal128Type>(), right.as_primitive());
        if operator == Operator::Multiply {
            let product = |left: i128, right| checked(left.checked_mul(right));
            return self.each(lefts, rights, product, overflow);
        }
        let (left_raise, right_raise) = (raise(left), raise(right));
        let apply = match operator {
            Operator::Add => i128::checked_add,
            Operator::Subtract => i128::checked_sub,
            _ => i128::checked_rem,
        };
        let raised = |left: i128, right: i128| {
            let operands = (left.checked_mul(left_raise), right.checked_mul(right_raise));
            let (Some(left), Some(right)) = operands else { return (0, true) };
            checked(apply(left, right))
        };
        let is_modulo = operator == Operator::Modulo;
        let cause = |divisor| {
            if is_modulo && divisor == 0 {
                Arithmetic::DivisionByZero
            } else {
                Arithmetic::Overflow
            }
        };
        self.each(lefts, rights, raised, cause)
    }

    /// A date and a number of days, or the days between two dates.
    fn days(
        &mut self,
        operator: Operator,
        left: &ArrayRef,
        right: &ArrayRef,
    ) -> Result<ArrayRef, ArrowError> {
        let widened = |dates: &ArrayRef| -> Int64Array {
            dates.as_primitive::<Date32Type>().unary(i64::from)
        };
        let left = widened(left);
        if right.data_type() == &DataType::Date32 {
            return Ok(Arc::new(self.integers(operator, &left, &widened(right))));
        }
        let right = right.as_primitive_opt::<Int64Type>();
        let right = right.ok_or_else(|| unexpected(&DataType::Date32))?;
        let is_sum = operator == Operator::Add;
        let day = |date: i64, days: i64| {
            let day = if is_sum { date.checked_add(days) } else { date.checked_sub(days) };
            day.filter(|day| DAYS.contains(day)).map_or((0, true), |day| (day, false))
        };
        let days = self.each(&left, right, day, |_| Arithmetic::Overflow);
        // Within the bounds of 32 bits, as all that is no fault.
        let days = days.unary::<_, Date32Type>(|day| i32::try_from(day).unwrap_or_default());
        Ok(Arc::new(days))
    }

    /// Applies an operation to the operands of each row, which gives its result and whether that is a
    /// fault. A fault is noted, with its cause by the right operand, and null; so is a row without an
    /// operand, whose result is of no account.
    pub(super) fn each<T: ArrowPrimitiveType>(
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
                    self.fault(row, cause(right));
                }
                valid.push(is_given && !is_fault);
            }
            nulls = Some(valid.into());
        }
        PrimitiveArray::new(values.into(), nulls)
    }

    /// Rounded to places behind the point, or before it; halves away from zero.
    pub(super) fn round(
        &mut self,
        places: i8,
        operand: &ArrayRef,
        data_type: &DataType,
    ) -> Result<ArrayRef, ArrowError> {
        let below = power(places.min(0).unsigned_abs());
        Ok(match operand.data_type() {
            DataType::Int64 if places >= 0 => Arc::clone(operand),
            DataType::Int64 => {
                let rounded = |number: i64, _| {
                    let rounded = i64::try_from(round(number.into(), below) * below);
                    rounded.map_or((0, true), |rounded| (rounded, false))
                };
                let operand = operand.as_primitive::<Int64Type>();
                Arc::new(self.each(operand, operand, rounded, |_| Arithmetic::Overflow))
            }
            DataType::Float64 => {
                let values: Float64Array =
                    operand.as_primitive::<Float64Type>().unary(|number| to_places(number, places));
                Arc::new(values)
            }
            DataType::Decimal128(_, scale) if places >= *scale => Arc::clone(operand),
            DataType::Decimal128(_, scale) => {
                // No decimal has more than 38 digits, so that none is half of a larger unit.
                let unit =
                    Some((scale - places).unsigned_abs()).filter(|&zeros| zeros <= DECIMAL_DIGITS);
                let limit = power(precision_of(data_type)).unsigned_abs();
                let rounded = |value: i128, _| {
                    let rounded = unit.map_or(0, |zeros| round(value, power(zeros)));
                    let rounded = rounded.checked_mul(below);
                    let rounded = rounded.filter(|rounded| rounded.unsigned_abs() < limit);
                    rounded.map_or((0, true), |rounded| (rounded, false))
                };
                let operand = operand.as_primitive::<Decimal128Type>();
                let values = self.each(operand, operand, rounded, |_| Arithmetic::Overflow);
                Arc::new(values.with_data_type(data_type.clone()))
            }
            other => return Err(unexpected(other)),
        })
    }

    /// The absolute value, or the next whole number below or above.
    pub(super) fn rounded(
        &mut self,
        function: ScalarFunction,
        operand: &ArrayRef,
        data_type: &DataType,
    ) -> Result<ArrayRef, ArrowError> {
        let is_abs = function == ScalarFunction::Abs;
        Ok(match operand.data_type() {
            DataType::Int64 if !is_abs => Arc::clone(operand),
            DataType::Int64 => {
                let operand = operand.as_primitive::<Int64Type>();
                let zero = Int64Array::from_value(0, operand.len());
                let abs = |number: i64, _| (number.wrapping_abs(), number == i64::MIN);
                Arc::new(self.each(operand, &zero, abs, |_| Arithmetic::Overflow))
            }
            DataType::Float64 => {
                let apply = match function {
                    ScalarFunction::Floor => f64::floor,
                    ScalarFunction::Ceil => f64::ceil,
                    _ => f64::abs,
                };
                let values = operand.as_primitive::<Float64Type>();
                let values: Float64Array = values.unary(|number| normal(apply(number)));
                Arc::new(values)
            }
            DataType::Decimal128(_, scale) => {
                let unit = power(scale.unsigned_abs());
                let apply = |value: i128| match function {
                    ScalarFunction::Floor => value.div_euclid(unit),
                    ScalarFunction::Ceil => -(-value).div_euclid(unit),
                    _ => value.abs(),
                };
                let values = operand.as_primitive::<Decimal128Type>();
                let values: Decimal128Array = values.unary(apply);
                Arc::new(values.with_data_type(data_type.clone()))
            }
            other => return Err(unexpected(other)),
        })
    }
}

/// The doubles nearest to the powers of ten: beyond 10^22 a product of tens is another, and by platform.
#[rustfmt::skip] // A table.
const POWERS: [f64; 39] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
    1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38,
];

/// Rounded as `DuckDB` does it, by way of a double that is so many powers of ten larger.
fn to_places(number: f64, places: i8) -> f64 {
    let power = POWERS.get(usize::from(places.unsigned_abs())).copied().unwrap_or(f64::NAN);
    let rounded = if places < 0 {
        (number / power).round() * power
    } else {
        (number * power).round() / power
    };
    normal(if rounded.is_finite() { rounded } else { number })
}

/// The quotient that is nearest; of two the one that is farther from zero.
pub(super) fn round(value: i128, unit: i128) -> i128 {
    let (quotient, rest) = (value / unit, value % unit);
    // Twice the rest may be more than 128 bits hold.
    let is_half = rest.unsigned_abs() >= unit.unsigned_abs() - rest.unsigned_abs();
    if rest != 0 && is_half { quotient + rest.signum() } else { quotient }
}

/// A power of ten of at most 38 zeros.
pub(super) fn power(zeros: u8) -> i128 {
    10_i128.pow(u32::from(zeros))
}

/// Digits of decimals.
fn precision_of(data_type: &DataType) -> u8 {
    if let DataType::Decimal128(precision, _) = data_type { *precision } else { 0 }
}

/// Places behind the point of decimals.
pub(super) fn scale_of(decimals: &ArrayRef) -> i8 {
    if let DataType::Decimal128(_, scale) = decimals.data_type() { *scale } else { 0 }
}

/// One NaN and one zero, so that no result depends on the processor or on a sign nobody sees.
pub(super) fn normal(result: f64) -> f64 {
    if result.is_nan() { f64::NAN } else { result + 0.0 }
}

fn overflows(left: f64, right: f64, result: f64) -> bool {
    result.is_infinite() && left.is_finite() && right.is_finite()
}

pub(super) fn unexpected(data_type: &DataType) -> ArrowError {
    ArrowError::InvalidArgumentError(format!("{data_type} cannot be computed with"))
}
