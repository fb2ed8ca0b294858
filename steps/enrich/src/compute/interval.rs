//! Spans of time before and after dates and instants, in UTC.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{ArrayRef, Int64Array};
use arrow_schema::{ArrowError, DataType};
use chrono::{Months, NaiveDate};
use shared::contract::{Span, instant_type};
use shared::fault::Arithmetic;

use super::Evaluation;
use super::arithmetic::{DAYS, unexpected};
use super::moment::MICROS_PER_DAY;

impl Evaluation<'_> {
    /// Moments, and of each how many spans after it.
    pub(super) fn shift(
        &mut self,
        span: Span,
        operands: &[ArrayRef],
    ) -> Result<ArrayRef, ArrowError> {
        let [moments, counts] = operands else { return Err(unexpected(&DataType::Null)) };
        let counts = counts.as_primitive::<Int64Type>();
        Ok(match moments.data_type() {
            DataType::Date32 => {
                let days = moments.as_primitive::<Date32Type>().unary(i64::from);
                let days = self.each_shifted(span, &days, counts, 1);
                // Within the bounds of 32 bits, as all that is no fault.
                Arc::new(days.unary::<_, Date32Type>(|day| i32::try_from(day).unwrap_or_default()))
            }
            DataType::Timestamp(..) => {
                let micros = moments.as_primitive::<TimestampMicrosecondType>();
                let micros = micros.reinterpret_cast::<Int64Type>();
                let micros = self.each_shifted(span, &micros, counts, MICROS_PER_DAY);
                let instants = micros.reinterpret_cast::<TimestampMicrosecondType>();
                Arc::new(instants.with_data_type(instant_type()))
            }
            other => return Err(unexpected(other)),
        })
    }

    fn each_shifted(
        &mut self,
        span: Span,
        moments: &Int64Array,
        counts: &Int64Array,
        per_day: i64,
    ) -> Int64Array {
        let shift = |moment, count| {
            let found = shifted(span, moment, count, per_day);
            (found.unwrap_or_default(), found.is_none())
        };
        self.each(moments, counts, shift, |_| Arithmetic::Overflow)
    }
}

/// So many spans after a moment, which is told in units of which a day has `per_day`; None outside
/// the years 1 to 9999.
fn shifted(span: Span, moment: i64, count: i64, per_day: i64) -> Option<i64> {
    let found = match span {
        Span::Months(months) => {
            let (day, rest) = (moment.div_euclid(per_day), moment.rem_euclid(per_day));
            months_later(day, months.checked_mul(count)?)?.checked_mul(per_day)?.checked_add(rest)
        }
        Span::Days(days) => moment.checked_add(days.checked_mul(count)?.checked_mul(per_day)?),
        Span::Micros(micros) => moment.checked_add(micros.checked_mul(count)?),
    };
    found.filter(|found| DAYS.contains(&found.div_euclid(per_day)))
}

/// The same day of another month, or that month's last.
fn months_later(day: i64, months: i64) -> Option<i64> {
    let date = NaiveDate::from_epoch_days(i32::try_from(day).ok()?)?;
    let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    let found =
        if months < 0 { date.checked_sub_months(count) } else { date.checked_add_months(count) };
    Some(found?.to_epoch_days().into())
}
