//! Calls of functions.

use arrow_schema::DataType;
use sqlparser::ast::{
    Expr, Function as SqlFunction, FunctionArg, FunctionArgExpr, FunctionArguments,
};

use super::names::field_named;
use super::resolve::{Resolved, Resolver, call, constant};
use super::signature::{Call, How, Kind, Signature, named};
use super::types::cast;
use super::{DateField, Expression, ExpressionError, ExpressionProblem, Operation, ScalarFunction};
use crate::contract::instant_type;
use crate::salt;

impl Resolver<'_> {
    /// `name(a, b, ...)`
    pub(super) fn function(&self, part: &Expr, function: &SqlFunction) -> Resolved {
        let name = function.name.to_string();
        let unknown = || ExpressionError::new(part, self.no_function(&name));
        let signature = named(&name.to_ascii_lowercase()).ok_or_else(unknown)?;
        let usage = || ExpressionError::new(part, ExpressionProblem::Usage(signature.usage));
        self.called(signature, part, &operands(function).ok_or_else(usage)?)
    }

    /// The same of one that SQL has a syntax of its own for; without operands if that is of no use here.
    pub(super) fn known(&self, name: &str, part: &Expr, operands: &[&Expr]) -> Resolved {
        match named(name) {
            Some(signature) => self.called(signature, part, operands),
            None => Err(ExpressionError::new(part, self.no_function(name))),
        }
    }

    fn called(&self, signature: &Signature, part: &Expr, operands: &[&Expr]) -> Resolved {
        let written = Call { part, usage: signature.usage, operands };
        match &signature.how {
            How::Own(resolve) => resolve(self, &written),
            How::Plain { function, kinds, least, data_type } => {
                if !(*least..=kinds.len()).contains(&operands.len()) {
                    return Err(written.wrong());
                }
                let operands = operands.iter().zip(*kinds);
                let operands = operands.map(|(operand, kind)| self.of_kind(operand, *kind));
                Ok(call(*function, operands.collect::<Result<_, _>>()?, data_type.clone()))
            }
        }
    }

    fn of_kind(&self, operand: &Expr, kind: Kind) -> Resolved {
        match kind {
            Kind::Text => self.text(operand),
            Kind::Whole => self.whole(operand),
            Kind::Moment => self.moment(operand),
        }
    }

    pub(super) fn concat(&self, call_: &Call<'_>) -> Resolved {
        let texts: Result<Vec<_>, _> =
            call_.operands.iter().map(|operand| self.text(operand)).collect();
        let texts = Some(texts?).filter(|texts| !texts.is_empty()).ok_or_else(|| call_.wrong())?;
        Ok(call(ScalarFunction::Concat, texts, DataType::Utf8))
    }

    /// `sha256(text, 'NAME')`: the salt itself stands in no contract.
    pub(super) fn keyed_hash(&self, call: &Call<'_>) -> Resolved {
        let &[text, name] = call.operands else { return Err(call.wrong()) };
        let salt = constant(name).ok_or_else(|| call.wrong())?.to_owned();
        if !salt::is_name(&salt) {
            return Err(ExpressionError::new(name, ExpressionProblem::SaltName));
        }
        let operand = Box::new(self.text(text)?);
        Ok(Expression::new(Operation::KeyedHash { operand, salt }, DataType::Utf8))
    }

    /// `date_trunc('unit', x)`
    pub(super) fn truncated(&self, written: &Call<'_>) -> Resolved {
        let &[name, operand] = written.operands else { return Err(written.wrong()) };
        let unit = unit(name).ok_or_else(|| written.wrong())?;
        let operand = self.moment(operand)?;
        let data_type = operand.data_type.clone();
        Ok(call(ScalarFunction::Truncate(unit), vec![operand], data_type))
    }

    /// `date_diff('unit', from, to)`
    pub(super) fn difference(&self, written: &Call<'_>) -> Resolved {
        let &[name, from, to] = written.operands else { return Err(written.wrong()) };
        let unit = unit(name).ok_or_else(|| written.wrong())?;
        let moments = [self.moment(from)?, self.moment(to)?];
        let is_any_instant = moments.iter().any(|moment| moment.data_type == instant_type());
        let data_type = if is_any_instant { instant_type() } else { DataType::Date32 };
        let moments = moments.into_iter().map(|moment| cast(moment, &data_type));
        Ok(call(ScalarFunction::Difference(unit), moments.collect(), DataType::Int64))
    }
}

/// A unit of time whose name stands in the expression.
fn unit(name: &Expr) -> Option<DateField> {
    let unit = field_named(constant(name)?)?;
    let is_unit = !matches!(unit, DateField::DayOfWeek | DateField::DayOfYear);
    is_unit.then_some(unit)
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
