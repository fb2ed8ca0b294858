//! Syntax trees to typed expressions.

use std::cell::Cell;

use arrow_schema::DataType;
use sqlparser::ast::{
    BinaryOperator, CastKind, CeilFloorKind, DateTimeField, Expr, Ident, UnaryOperator, Value,
};

use super::names::{data_type, date_field};
use super::types::{cast, is_moment, is_number};
use super::{
    Comparison, DEPTH_LIMIT, Expression, ExpressionError, ExpressionProblem, LIKE_LIMIT, Literal,
    OPERATION_LIMIT, Operation, ScalarFunction, hint, literal, position,
};
use crate::contract::Column;

const CAST: &str = "CAST(x AS BIGINT|DOUBLE|DECIMAL(p, s)|VARCHAR|BOOLEAN|DATE|TIMESTAMP)";
const EXTRACT: &str =
    "extract(year|quarter|month|week|day|isodow|doy|hour|minute|second FROM date)";
const ESCAPE: &str = "text LIKE 'pattern' ESCAPE 'character'";

pub(super) type Resolved = Result<Expression, ExpressionError>;

/// The typed expression.
pub(in crate::contract) fn value(part: &Expr, columns: &[Column]) -> Resolved {
    let resolver = Resolver { columns, left: Cell::new(OPERATION_LIMIT), depth: Cell::new(0) };
    let found = resolver.value(part)?;
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
    /// Operations around the one that is looked at.
    depth: Cell<u32>,
}

impl Resolver<'_> {
    pub(super) fn value(&self, part: &Expr) -> Resolved {
        let left = self.left.get().checked_sub(1).ok_or(ExpressionProblem::TooManyOperations)?;
        self.left.set(left);
        let depth = self.depth.get() + 1;
        if depth > DEPTH_LIMIT {
            return Err(ExpressionProblem::TooDeep.into());
        }
        self.depth.set(depth);
        let found = self.operation(part);
        self.depth.set(depth - 1);
        found
    }

    fn operation(&self, part: &Expr) -> Resolved {
        let at = |problem| ExpressionError::new(part, problem);
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
            Expr::IsTrue(operand) => self.is_truth(operand, true, Comparison::NotDistinct),
            Expr::IsNotTrue(operand) => self.is_truth(operand, true, Comparison::Distinct),
            Expr::IsFalse(operand) => self.is_truth(operand, false, Comparison::NotDistinct),
            Expr::IsNotFalse(operand) => self.is_truth(operand, false, Comparison::Distinct),
            Expr::IsDistinctFrom(left, right) => {
                self.compare(part, left, Comparison::Distinct, right)
            }
            Expr::IsNotDistinctFrom(left, right) => {
                self.compare(part, left, Comparison::NotDistinct, right)
            }
            Expr::Between { expr, negated, low, high } => {
                let least = self.compare(part, expr, Comparison::GreaterOrEqual, low)?;
                let greatest = self.compare(part, expr, Comparison::LessOrEqual, high)?;
                let inside = truth(Operation::And(Box::new([least, greatest])));
                Ok(negated_if(*negated, inside))
            }
            Expr::InList { expr, list, negated } => {
                Ok(negated_if(*negated, self.among(part, expr, list)?))
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                let found = self.like(expr, pattern, escape_char.as_deref(), true)?;
                Ok(negated_if(*negated, found))
            }
            Expr::ILike { negated, any: false, expr, pattern, escape_char } => {
                let found = self.like(expr, pattern, escape_char.as_deref(), false)?;
                Ok(negated_if(*negated, found))
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(part, operand.as_deref(), conditions, else_result.as_deref())
            }
            Expr::Cast { kind, expr, data_type: to, format: None } => {
                let to = data_type(to).ok_or_else(|| at(ExpressionProblem::Usage(CAST)))?;
                self.cast_to(expr, &to, matches!(kind, CastKind::TryCast | CastKind::SafeCast))
            }
            Expr::Ceil { expr, field } => self.known("ceil", part, &plain(expr, field)),
            Expr::Floor { expr, field } => self.known("floor", part, &plain(expr, field)),
            Expr::Trim { trim_where: None, trim_what: None, expr, trim_characters: None } => {
                self.known("trim", part, &[expr])
            }
            Expr::Trim { .. } => self.known("trim", part, &[]),
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                let places = [substring_from, substring_for].into_iter().flatten();
                let operands = std::iter::once(&**expr).chain(places.map(|place| &**place));
                self.known("substring", part, &operands.collect::<Vec<_>>())
            }
            Expr::Position { expr, r#in } => self.known("strpos", part, &[r#in, expr]),
            Expr::Extract { field, expr, .. } => {
                let field =
                    date_field(field).ok_or_else(|| at(ExpressionProblem::Usage(EXTRACT)))?;
                Ok(call(ScalarFunction::Extract(field), vec![self.moment(expr)?], DataType::Int64))
            }
            Expr::CompoundIdentifier(names) => Err(at(self.compound(names))),
            Expr::Function(function) => self.function(part, function),
            _ => Err(at(unsupported(part))),
        }
    }

    fn column(&self, name: &str) -> Result<Expression, ExpressionProblem> {
        let at = position(name, self.columns)?;
        let data_type = self.columns.get(at).map(|column| column.data_type.clone());
        Ok(Expression::new(Operation::Column(at), data_type.unwrap_or(DataType::Null)))
    }

    /// `a.b` is no column, but one may have that name.
    fn compound(&self, names: &[Ident]) -> ExpressionProblem {
        let names: Vec<&str> = names.iter().map(|name| &*name.value).collect();
        hint::no_column(&names.join("."), self.columns)
    }

    /// No function of that name; it may be the start of a column's.
    pub(super) fn no_function(&self, name: &str) -> ExpressionProblem {
        ExpressionProblem::NoFunction { name: name.to_owned(), hint: hint::of(name, self.columns) }
    }

    /// An operand of a type that `fits` says.
    pub(super) fn typed(
        &self,
        part: &Expr,
        expected: &'static str,
        fits: impl Fn(&DataType) -> bool,
    ) -> Resolved {
        let found = self.value(part)?;
        let is_fitting = fits(&found.data_type) || found.data_type == DataType::Null;
        if is_fitting { Ok(found) } else { Err(wrong_type(part, found.data_type, expected)) }
    }

    pub(super) fn number(&self, part: &Expr) -> Resolved {
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

    pub(super) fn truth(&self, part: &Expr) -> Resolved {
        let found = self.typed(part, "true or false", |found| *found == DataType::Boolean)?;
        Ok(cast(found, &DataType::Boolean))
    }

    pub(super) fn moment(&self, part: &Expr) -> Resolved {
        let found = self.typed(part, "a date or an instant", is_moment)?;
        let is_null = found.data_type == DataType::Null;
        Ok(if is_null { cast(found, &DataType::Date32) } else { found })
    }

    fn is_null(&self, operand: &Expr) -> Resolved {
        Ok(truth(Operation::IsNull(Box::new(self.value(operand)?))))
    }

    /// `ESCAPE` is for patterns that stand in the expression: they become such with our own.
    fn like(&self, text: &Expr, pattern: &Expr, escape: Option<&Expr>, is_exact: bool) -> Resolved {
        let wrong = |problem| ExpressionError::new(pattern, problem);
        let mut found = self.text(pattern)?;
        if let Some(escape) = escape {
            let texts = constant(pattern).zip(constant(escape));
            let ours = texts.and_then(|(pattern, escape)| escaped(pattern, escape));
            let ours = ours.ok_or_else(|| wrong(ExpressionProblem::Usage(ESCAPE)))?;
            found.operation = Operation::Literal(Literal::Text(ours));
        }
        if let Operation::Literal(Literal::Text(text)) = &found.operation
            && text.len() > LIKE_LIMIT
        {
            return Err(wrong(ExpressionProblem::LongPattern));
        }
        let operands = Box::new([self.text(text)?, found]);
        Ok(truth(Operation::Like { operands, is_exact }))
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
}

/// A text that stands in the expression.
pub(super) fn constant(part: &Expr) -> Option<&str> {
    let Expr::Value(value) = part else { return None };
    let Value::SingleQuotedString(text) = &value.value else { return None };
    Some(text)
}

/// A pattern with another escape character, if any, as one with ours; None if it ends with it.
fn escaped(pattern: &str, escape: &str) -> Option<String> {
    let mut escapes = escape.chars();
    let (escape, None) = (escapes.next(), escapes.next()) else { return None };
    let (mut found, mut rest) = (String::new(), pattern.chars());
    while let Some(next) = rest.next() {
        let is_escaped = Some(next) == escape;
        let next = if is_escaped { rest.next()? } else { next };
        if next == '\\' || (is_escaped && matches!(next, '%' | '_')) {
            found.push('\\');
        }
        found.push(next);
    }
    Some(found)
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

pub(super) fn truth(operation: Operation) -> Expression {
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

/// The operand, if nothing is said of what to round to.
fn plain<'e>(operand: &'e Expr, field: &CeilFloorKind) -> Vec<&'e Expr> {
    let is_plain = matches!(field, CeilFloorKind::DateTimeField(DateTimeField::NoDateTime));
    is_plain.then_some(operand).into_iter().collect()
}
