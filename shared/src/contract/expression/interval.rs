//! Intervals before and after dates and instants.

use arrow_schema::DataType;
use sqlparser::ast::{DateTimeField, Expr, Interval};

use super::names::field_named;
use super::resolve::{Resolved, Resolver, call, constant};
use super::types::cast;
use super::{
    DateField, Expression, ExpressionError, ExpressionProblem, Literal, Operation, ScalarFunction,
    Span, literal,
};
use crate::contract::instant_type;

const USAGE: &str = "INTERVAL n YEAR|QUARTER|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND";

const MICROS_PER_SECOND: i64 = 1_000_000;

impl Resolver<'_> {
    /// So long after `moment`, or before it if `sign` is -1; `part` is all of it.
    pub(super) fn shifted(
        &self,
        part: &Expr,
        moment: &Expr,
        interval: &Interval,
        sign: i64,
    ) -> Resolved {
        let span = span(interval, sign);
        let usage = || ExpressionError::new(part, ExpressionProblem::Usage(USAGE));
        let span = span.ok_or_else(usage)?;
        let moment = match span {
            Span::Months(_) | Span::Days(_) => self.moment(moment)?,
            Span::Micros(_) => self.instant(moment)?,
        };
        let data_type = moment.data_type.clone();
        let operands = vec![moment, self.count(&interval.value)?];
        Ok(call(ScalarFunction::Shift(span), operands, data_type))
    }

    fn instant(&self, part: &Expr) -> Resolved {
        let found = self.typed(part, "an instant", |found| *found == instant_type())?;
        Ok(cast(found, &instant_type()))
    }

    /// How many: `'3'`, or a whole number.
    fn count(&self, part: &Expr) -> Resolved {
        let Some(text) = constant(part) else { return self.whole(part) };
        let wrong = |_| ExpressionError::new(part, literal::wrong(text, "a whole number"));
        let literal = Operation::Literal(Literal::Integer(text.parse().map_err(wrong)?));
        Ok(Expression::new(literal, DataType::Int64))
    }
}

/// One unit of an interval that has no more than a number and a unit.
fn span(interval: &Interval, sign: i64) -> Option<Span> {
    let Interval {
        value: _,
        leading_field: Some(unit),
        leading_precision: None,
        last_field: None,
        fractional_seconds_precision: None,
    } = interval
    else {
        return None;
    };
    Some(match unit_of(unit)? {
        DateField::Year => Span::Months(12 * sign),
        DateField::Quarter => Span::Months(3 * sign),
        DateField::Month => Span::Months(sign),
        DateField::Week => Span::Days(7 * sign),
        DateField::Day => Span::Days(sign),
        DateField::Hour => Span::Micros(3600 * MICROS_PER_SECOND * sign),
        DateField::Minute => Span::Micros(60 * MICROS_PER_SECOND * sign),
        DateField::Second => Span::Micros(MICROS_PER_SECOND * sign),
        DateField::DayOfWeek | DateField::DayOfYear => return None,
    })
}

/// `DAY` and `DAYS` alike.
fn unit_of(unit: &DateTimeField) -> Option<DateField> {
    let name = unit.to_string();
    field_named(name.strip_suffix('S').unwrap_or(&name))
}
