//! Syntax trees to typed expressions.

use std::cell::Cell;

use arrow_schema::DataType;
use sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, CeilFloorKind, DataType as SqlType, DateTimeField,
    ExactNumberInfo, Expr, UnaryOperator, Value,
};

use super::types::{arithmetic, cast, common, is_number};
use super::{
    Comparison, DECIMAL_DIGITS, DateField, Expression, ExpressionError, ExpressionProblem, Literal,
    OPERATION_LIMIT, Operation, Operator, ScalarFunction, literal, position,
};
use crate::contract::{Column, instant_type};

pub(super) type Resolved = Result<Expression, ExpressionError>;

/// The typed expression.
pub(in crate::contract) fn value(part: &Expr, columns: &[Column]) -> Resolved {
    let found = Resolver { columns, left: Cell::new(OPERATION_LIMIT) }.value(part)?;
    if found.data_type == DataType::Null {
        return Err(wrong_type(part, DataType::Null, "something that has a type"));
    }
    Ok(found)
}

/// Resolves the parts of one expression.
pub(super) struct Resolver<'a> {
    columns: &'a [Column],
    /// Operations that there may still be.
    left: Cell<u32>,
}

impl Resolver<'_> {
    pub(super) fn value(&self, part: &Expr) -> Resolved {
        let at = |problem| ExpressionError::new(part, problem);
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| at(ExpressionProblem::TooManyOperations))?);
        #[allow(
            clippy::wildcard_enum_match_arm,
            reason = "SQL has far more than is supported, and more with every release of the parser"
        )]
        match part {
            Expr::Identifier(name) => self.column(&name.value).map_err(at),
            Expr::Nested(inner) => self.value(inner),
            Expr::Value(value) => literal::value(&value.value).map_err(at),
            Expr::TypedString(typed) => {
                let data_type = data_type(&typed.data_type).filter(is_moment);
                let data_type = data_type.ok_or_else(|| at(unsupported(part)))?;
                let Value::SingleQuotedString(text) = &typed.value.value else {
                    return Err(at(unsupported(part)));
                };
                literal::moment(text, &data_type).map_err(at)
            }
            Expr::UnaryOp { op: UnaryOperator::Plus, expr } => self.number(expr),
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => self.negative(part, expr),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => Ok(not(self.truth(expr)?)),
            Expr::BinaryOp { left, op, right } => match (&**left, op, &**right) {
                (Expr::Interval(interval), BinaryOperator::Plus, moment)
                | (moment, BinaryOperator::Plus, Expr::Interval(interval)) => {
                    self.shifted(part, moment, interval, 1)
                }
                (moment, BinaryOperator::Minus, Expr::Interval(interval)) => {
                    self.shifted(part, moment, interval, -1)
                }
                _ => self.binary(part, left, op, right),
            },
            Expr::IsNull(operand) => self.is_null(operand),
            Expr::IsNotNull(operand) => Ok(not(self.is_null(operand)?)),
            Expr::Between { expr, negated, low, high } => {
                let least = self.compare(expr, Comparison::GreaterOrEqual, low)?;
                let greatest = self.compare(expr, Comparison::LessOrEqual, high)?;
                let inside = truth(Operation::And(Box::new([least, greatest])));
                Ok(negated_if(*negated, inside))
            }
            Expr::InList { expr, list, negated } => {
                let mut found = None;
                for item in list {
                    let is_it = self.compare(expr, Comparison::Equal, item)?;
                    found = Some(match found {
                        None => is_it,
                        Some(others) => truth(Operation::Or(Box::new([others, is_it]))),
                    });
                }
                Ok(negated_if(*negated, found.ok_or_else(|| at(unsupported(part)))?))
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char: None } => {
                Ok(negated_if(*negated, self.like(expr, pattern, true)?))
            }
            Expr::ILike { negated, any: false, expr, pattern, escape_char: None } => {
                Ok(negated_if(*negated, self.like(expr, pattern, false)?))
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            Expr::Cast { kind, expr, data_type: to, format: None } => {
                let to = data_type(to).ok_or_else(|| at(unsupported(part)))?;
                self.cast_to(expr, &to, matches!(kind, CastKind::TryCast | CastKind::SafeCast))
            }
            Expr::Ceil { expr, field } if is_plain(field) => {
                self.rounded(ScalarFunction::Ceil, expr)
            }
            Expr::Floor { expr, field } if is_plain(field) => {
                self.rounded(ScalarFunction::Floor, expr)
            }
            Expr::Trim { trim_where: None, trim_what: None, expr, trim_characters: None } => {
                Ok(call(ScalarFunction::Trim, vec![self.text(expr)?], DataType::Utf8))
            }
            Expr::Substring { expr, substring_from: Some(from), substring_for, .. } => {
                let mut operands = vec![self.text(expr)?, self.whole(from)?];
                if let Some(length) = substring_for {
                    operands.push(self.whole(length)?);
                }
                Ok(call(ScalarFunction::Substring, operands, DataType::Utf8))
            }
            Expr::Extract { field, expr, .. } => {
                let field = date_field(field).ok_or_else(|| at(unsupported(part)))?;
                Ok(call(ScalarFunction::Extract(field), vec![self.moment(expr)?], DataType::Int64))
            }
            Expr::Function(function) => self.function(part, function),
            _ => Err(at(unsupported(part))),
        }
    }

    fn column(&self, name: &str) -> Result<Expression, ExpressionProblem> {
        let at = position(name, self.columns)?;
        let data_type = self.columns.get(at).map(|column| column.data_type.clone());
        Ok(Expression::new(Operation::Column(at), data_type.unwrap_or(DataType::Null)))
    }

    /// An operand of a type that `fits` says.
    pub(super) fn typed(
        &self,
        part: &Expr,
        expected: &'static str,
        fits: impl Fn(&DataType) -> bool,
    ) -> Resolved {
        let found = self.value(part)?;
        if fits(&found.data_type) || found.data_type == DataType::Null {
            return Ok(found);
        }
        Err(wrong_type(part, found.data_type, expected))
    }

    fn number(&self, part: &Expr) -> Resolved {
        let found = self.typed(part, "a number", is_number)?;
        let is_null = found.data_type == DataType::Null;
        Ok(if is_null { cast(found, &DataType::Int64) } else { found })
    }

    pub(super) fn whole(&self, part: &Expr) -> Resolved {
        let found = self.typed(part, "a whole number", |found| *found == DataType::Int64)?;
        Ok(cast(found, &DataType::Int64))
    }

    pub(super) fn text(&self, part: &Expr) -> Resolved {
        let found = self.typed(part, "a text", |found| *found == DataType::Utf8)?;
        Ok(cast(found, &DataType::Utf8))
    }

    fn truth(&self, part: &Expr) -> Resolved {
        let found = self.typed(part, "true or false", |found| *found == DataType::Boolean)?;
        Ok(cast(found, &DataType::Boolean))
    }

    pub(super) fn moment(&self, part: &Expr) -> Resolved {
        let found = self.typed(part, "a date or an instant", is_moment)?;
        let is_null = found.data_type == DataType::Null;
        Ok(if is_null { cast(found, &DataType::Date32) } else { found })
    }

    fn negative(&self, part: &Expr, operand: &Expr) -> Resolved {
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

    fn binary(
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

    fn is_null(&self, operand: &Expr) -> Resolved {
        Ok(truth(Operation::IsNull(Box::new(self.value(operand)?))))
    }

    fn like(&self, text: &Expr, pattern: &Expr, is_exact: bool) -> Resolved {
        let operands = Box::new([self.text(text)?, self.text(pattern)?]);
        Ok(truth(Operation::Like { operands, is_exact }))
    }

    fn case(
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

    fn cast_to(&self, operand: &Expr, to: &DataType, or_null: bool) -> Resolved {
        let found = self.value(operand)?;
        if found.data_type == *to || found.data_type == DataType::Null {
            return Ok(cast(found, to));
        }
        let is_text = |data_type: &DataType| *data_type == DataType::Utf8;
        let from = &found.data_type;
        let is_known = is_text(from)
            || is_text(to)
            || (is_number(from) && is_number(to))
            || (is_moment(from) && is_moment(to))
            || (*from == DataType::Boolean && *to == DataType::Int64);
        if !is_known {
            let expected = "something that has a counterpart in that type";
            return Err(wrong_type(operand, found.data_type, expected));
        }
        Ok(Expression::new(Operation::Cast { operand: Box::new(found), or_null }, to.clone()))
    }

    pub(super) fn rounded(&self, function: ScalarFunction, operand: &Expr) -> Resolved {
        let found = self.number(operand)?;
        let mut data_type = found.data_type.clone();
        if let DataType::Decimal128(precision, scale) = data_type
            && function != ScalarFunction::Abs
        {
            // A whole number of one digit more, since it may be rounded up.
            let whole = precision.saturating_sub(scale.unsigned_abs()) + 1;
            data_type = DataType::Decimal128(whole.min(DECIMAL_DIGITS), 0);
        }
        Ok(call(function, vec![found], data_type))
    }
}

fn joined(
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

/// Whether it is a date or an instant.
fn is_moment(data_type: &DataType) -> bool {
    *data_type == DataType::Date32 || *data_type == instant_type()
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

fn mismatch(
    (left, found_left): (&Expr, Expression),
    (right, found_right): (&Expr, Expression),
) -> ExpressionProblem {
    ExpressionProblem::Mismatch {
        left: left.to_string(),
        left_type: found_left.data_type,
        right: right.to_string(),
        right_type: found_right.data_type,
    }
}

pub(in crate::contract) fn wrong_type(
    part: &Expr,
    found: DataType,
    expected: &'static str,
) -> ExpressionError {
    let problem = ExpressionProblem::Type { operand: part.to_string(), found, expected };
    ExpressionError::new(part, problem)
}

pub(super) fn unsupported(part: &Expr) -> ExpressionProblem {
    ExpressionProblem::Unsupported(part.to_string())
}

fn truth(operation: Operation) -> Expression {
    Expression::new(operation, DataType::Boolean)
}

fn not(operand: Expression) -> Expression {
    truth(Operation::Not(Box::new(operand)))
}

fn negated_if(is_negated: bool, operand: Expression) -> Expression {
    if is_negated { not(operand) } else { operand }
}

pub(super) fn call(
    function: ScalarFunction,
    operands: Vec<Expression>,
    data_type: DataType,
) -> Expression {
    Expression::new(Operation::Call(function, operands), data_type)
}

/// Whether nothing is said of what to round to.
fn is_plain(field: &CeilFloorKind) -> bool {
    matches!(field, CeilFloorKind::DateTimeField(DateTimeField::NoDateTime))
}

/// Our type of that name.
fn data_type(name: &SqlType) -> Option<DataType> {
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "SQL has far more than is supported, and more with every release of the parser"
    )]
    match name {
        SqlType::BigInt(None) | SqlType::Int(None) | SqlType::Integer(None) => {
            Some(DataType::Int64)
        }
        SqlType::Double(_) | SqlType::DoublePrecision => Some(DataType::Float64),
        SqlType::Decimal(info) | SqlType::Numeric(info) => {
            let (precision, scale) = match *info {
                ExactNumberInfo::PrecisionAndScale(precision, scale) => (precision, scale),
                ExactNumberInfo::Precision(precision) => (precision, 0),
                ExactNumberInfo::None => return None,
            };
            let (precision, scale) = (u8::try_from(precision).ok()?, i8::try_from(scale).ok()?);
            crate::cell::Decimal::new(precision, scale)?;
            Some(DataType::Decimal128(precision, scale))
        }
        SqlType::Varchar(None) | SqlType::Text | SqlType::String(None) => Some(DataType::Utf8),
        SqlType::Boolean | SqlType::Bool => Some(DataType::Boolean),
        SqlType::Date => Some(DataType::Date32),
        SqlType::Timestamp(None, _) => Some(instant_type()),
        _ => None,
    }
}

fn date_field(field: &DateTimeField) -> Option<DateField> {
    field_named(&field.to_string())
}

pub(super) fn field_named(name: &str) -> Option<DateField> {
    Some(match name.to_ascii_lowercase().as_str() {
        "year" => DateField::Year,
        "quarter" => DateField::Quarter,
        "month" => DateField::Month,
        "week" => DateField::Week,
        "day" => DateField::Day,
        "isodow" => DateField::DayOfWeek,
        "doy" => DateField::DayOfYear,
        "hour" => DateField::Hour,
        "minute" => DateField::Minute,
        "second" => DateField::Second,
        _ => return None,
    })
}
