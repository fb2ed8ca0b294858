//! Calls of functions.

use arrow_schema::DataType;
use regex::Regex;
use sqlparser::ast::{
    Expr, Function as SqlFunction, FunctionArg, FunctionArgExpr, FunctionArguments, Value,
};

use super::names::field_named;
use super::resolve::{Resolved, Resolver, call, unsupported};
use super::{
    Comparison, DateField, Expression, ExpressionError, ExpressionProblem, Literal, Operation,
    ScalarFunction, TextPattern,
};
use crate::salt;

impl Resolver<'_> {
    /// `regexp_replace(text, 'pattern', 'replacement')`, and perhaps the option `'g'`: all that is found.
    fn replace_pattern(&self, part: &Expr, operands: &[&Expr]) -> Resolved {
        let wrong = || ExpressionError::new(part, unsupported(part));
        let [text, pattern, replacement, options @ ..] = operands else { return Err(wrong()) };
        let is_every = match options.iter().map(|part| constant(part)).collect::<Vec<_>>()[..] {
            [] => false,
            [Some("g")] => true,
            _ => return Err(wrong()),
        };
        let regex = Regex::new(constant(pattern).ok_or_else(wrong)?)
            .map_err(|error| ExpressionError::new(pattern, ExpressionProblem::Pattern(error)))?;
        let replacement = replaced_by(constant(replacement).ok_or_else(wrong)?);
        let operand = Box::new(self.text(text)?);
        let pattern = TextPattern(regex);
        let operation = Operation::ReplacePattern { operand, pattern, replacement, is_every };
        Ok(Expression::new(operation, DataType::Utf8))
    }

    /// `sha256(text, 'NAME')`: the salt itself stands in no contract.
    fn keyed_hash(&self, part: &Expr, operands: &[&Expr]) -> Resolved {
        let wrong = || ExpressionError::new(part, unsupported(part));
        let &[text, name] = operands else { return Err(wrong()) };
        let salt = constant(name).ok_or_else(wrong)?.to_owned();
        if !salt::is_name(&salt) {
            return Err(ExpressionError::new(name, ExpressionProblem::SaltName));
        }
        let operand = Box::new(self.text(text)?);
        Ok(Expression::new(Operation::KeyedHash { operand, salt }, DataType::Utf8))
    }

    pub(super) fn function(&self, part: &Expr, function: &SqlFunction) -> Resolved {
        let wrong = || ExpressionError::new(part, unsupported(part));
        let operands = operands(function).ok_or_else(wrong)?;
        let name = function.name.to_string().to_ascii_lowercase();
        let text = |function| {
            Ok(call(function, vec![self.text(sole(&operands, wrong)?)?], DataType::Utf8))
        };
        match name.as_str() {
            "abs" => self.absolute(sole(&operands, wrong)?),
            "round" => match *operands.as_slice() {
                [operand] => self.round(operand, None),
                [operand, places] => self.round(operand, Some(places)),
                _ => Err(wrong()),
            },
            "ceiling" => self.rounded(ScalarFunction::Ceil, 0, sole(&operands, wrong)?),
            "upper" => text(ScalarFunction::Upper),
            "lower" => text(ScalarFunction::Lower),
            "ltrim" => text(ScalarFunction::TrimStart),
            "rtrim" => text(ScalarFunction::TrimEnd),
            "length" | "char_length" => {
                let operand = self.text(sole(&operands, wrong)?)?;
                Ok(call(ScalarFunction::Length, vec![operand], DataType::Int64))
            }
            "concat" if !operands.is_empty() => {
                let texts: Result<Vec<_>, _> =
                    operands.iter().map(|operand| self.text(operand)).collect();
                Ok(call(ScalarFunction::Concat, texts?, DataType::Utf8))
            }
            "replace" if operands.len() == 3 => {
                let texts: Result<Vec<_>, _> =
                    operands.iter().map(|operand| self.text(operand)).collect();
                Ok(call(ScalarFunction::Replace, texts?, DataType::Utf8))
            }
            "mask" => {
                let &[text, kept] = operands.as_slice() else { return Err(wrong()) };
                let operands = vec![self.text(text)?, self.whole(kept)?];
                Ok(call(ScalarFunction::Mask, operands, DataType::Utf8))
            }
            "sha256" => self.keyed_hash(part, &operands),
            "regexp_replace" => self.replace_pattern(part, &operands),
            "coalesce" if !operands.is_empty() => self.coalesce(&operands),
            "nullif" => {
                let &[left, right] = operands.as_slice() else { return Err(wrong()) };
                let is_it = self.compare(left, Comparison::Equal, right)?;
                let value = self.value(left)?;
                let data_type = value.data_type.clone();
                let null = Expression::new(Operation::Literal(Literal::Null), data_type.clone());
                let node = Operation::Case(vec![(is_it, null)], Some(Box::new(value)));
                Ok(Expression::new(node, data_type))
            }
            "date_trunc" => {
                let &[Expr::Value(field), operand] = operands.as_slice() else {
                    return Err(wrong());
                };
                let Value::SingleQuotedString(field) = &field.value else { return Err(wrong()) };
                let field = field_named(field).ok_or_else(wrong)?;
                let is_unit = !matches!(field, DateField::DayOfWeek | DateField::DayOfYear);
                let operand = self.moment(operand)?;
                let data_type = operand.data_type.clone();
                let found = call(ScalarFunction::Truncate(field), vec![operand], data_type);
                Some(found).filter(|_| is_unit).ok_or_else(wrong)
            }
            field => {
                let field = field_named(field).ok_or_else(wrong)?;
                let operand = self.moment(sole(&operands, wrong)?)?;
                Ok(call(ScalarFunction::Extract(field), vec![operand], DataType::Int64))
            }
        }
    }
}

/// A text that stands in the expression.
pub(super) fn constant(part: &Expr) -> Option<&str> {
    let Expr::Value(value) = part else { return None };
    let Value::SingleQuotedString(text) = &value.value else { return None };
    Some(text)
}

/// `\1` for what the first group found, and so on, `\0` for all and `\\` for itself: as `regex` has it.
fn replaced_by(text: &str) -> String {
    let mut found = String::new();
    let mut rest = text.chars();
    while let Some(next) = rest.next() {
        match next {
            '$' => found.push_str("$$"),
            '\\' => match rest.next() {
                Some(digit) if digit.is_ascii_digit() => {
                    found.extend(["${", digit.encode_utf8(&mut [0; 4]), "}"]);
                }
                Some(other) => found.push(other),
                None => found.push('\\'),
            },
            other => found.push(other),
        }
    }
    found
}

fn sole<'e>(
    operands: &[&'e Expr],
    wrong: impl Fn() -> ExpressionError,
) -> Result<&'e Expr, ExpressionError> {
    if let &[operand] = operands { Ok(operand) } else { Err(wrong()) }
}

/// The operands of `name(a, b, ...)`, if the call is no more than that.
fn operands(call: &SqlFunction) -> Option<Vec<&Expr>> {
    let FunctionArguments::List(list) = &call.args else { return None };
    let is_plain = list.duplicate_treatment.is_none()
        && list.clauses.is_empty()
        && call.filter.is_none()
        && call.over.is_none()
        && call.null_treatment.is_none()
        && call.within_group.is_empty()
        && matches!(call.parameters, FunctionArguments::None);
    if is_plain { list.args.iter().map(operand).collect() } else { None }
}

fn operand(argument: &FunctionArg) -> Option<&Expr> {
    let FunctionArg::Unnamed(FunctionArgExpr::Expr(operand)) = argument else { return None };
    Some(operand)
}
