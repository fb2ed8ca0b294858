//! Fields of dates and instants, in UTC.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, TimestampMicrosecondType};
use arrow_array::{ArrayRef, Date32Array, Int64Array, TimestampMicrosecondArray};
use arrow_schema::{ArrowError, DataType};
use chrono::{
    DateTime, Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Timelike,
};
use shared::contract::{DateField, instant_type};

use super::arithmetic::unexpected;

pub(super) const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A field of each.
pub(super) fn extract(field: DateField, moments: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let found: Int64Array = micros(moments)?.unary_opt(|micros| value(field, at(micros)?));
    Ok(Arc::new(found))
}

/// The start of a field of each.
pub(super) fn truncate(field: DateField, moments: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let start = |micros| Some(start(field, at(micros)?)?.and_utc().timestamp_micros());
    Ok(match moments.data_type() {
        DataType::Date32 => {
            let dates = moments.as_primitive::<Date32Type>();
            let found: Date32Array = dates.unary_opt(|days| {
                let micros = start(i64::from(days) * MICROS_PER_DAY)?;
                i32::try_from(micros / MICROS_PER_DAY).ok()
            });
            Arc::new(found)
        }
        DataType::Timestamp(..) => {
            let instants = moments.as_primitive::<TimestampMicrosecondType>();
            let found: TimestampMicrosecondArray = instants.unary_opt(start);
            Arc::new(found.with_data_type(instant_type()))
        }
        other => return Err(unexpected(other)),
    })
}

/// How many units start behind the first and up to the second of each; of weeks how many times 7 days do.
pub(super) fn difference(unit: DateField, operands: &[ArrayRef]) -> Result<ArrayRef, ArrowError> {
    let [from, to] = operands else { return Err(unexpected(&DataType::Null)) };
    let (from, to) = (micros(from)?, micros(to)?);
    let found: Int64Array = from
        .iter()
        .zip(&to)
        .map(|(from, to)| {
            let units = ordinal(unit, to?)? - ordinal(unit, from?)?;
            Some(if unit == DateField::Week { units / 7 } else { units })
        })
        .collect();
    Ok(Arc::new(found))
}

/// The last day of the month of each.
pub(super) fn last_day(moments: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let last = |micros| {
        let next = at(micros)?.date().with_day(1)?.checked_add_months(Months::new(1))?;
        Some(next.pred_opt()?.to_epoch_days())
    };
    let found: Date32Array = micros(moments)?.unary_opt(last);
    Ok(Arc::new(found))
}

/// Dates as their midnights.
fn micros(moments: &ArrayRef) -> Result<Int64Array, ArrowError> {
    Ok(match moments.data_type() {
        DataType::Date32 => {
            moments.as_primitive::<Date32Type>().unary(|days| i64::from(days) * MICROS_PER_DAY)
        }
        DataType::Timestamp(..) => {
            moments.as_primitive::<TimestampMicrosecondType>().unary(|at| at)
        }
        other => return Err(unexpected(other)),
    })
}

/// The unit that a moment is in, counted from any; of a week its day.
fn ordinal(unit: DateField, micros: i64) -> Option<i64> {
    let at = at(micros)?;
    let months = i64::from(at.year()) * 12 + i64::from(at.month0());
    Some(match unit {
        DateField::Year => at.year().into(),
        DateField::Quarter => months.div_euclid(3),
        DateField::Month => months,
        DateField::Week | DateField::Day | DateField::DayOfWeek | DateField::DayOfYear => {
            micros.div_euclid(MICROS_PER_DAY)
        }
        DateField::Hour => micros.div_euclid(3_600_000_000),
        DateField::Minute => micros.div_euclid(60_000_000),
        DateField::Second => micros.div_euclid(1_000_000),
    })
}

fn at(micros: i64) -> Option<NaiveDateTime> {
    Some(DateTime::from_timestamp_micros(micros)?.naive_utc())
}

#[allow(clippy::unnecessary_wraps, reason = "as the loops over rows want it")]
fn value(field: DateField, at: NaiveDateTime) -> Option<i64> {
    Some(match field {
        DateField::Year => at.year().into(),
        DateField::Quarter => (at.month0() / 3 + 1).into(),
        DateField::Month => at.month().into(),
        DateField::Week => at.iso_week().week().into(),
        DateField::Day => at.day().into(),
        DateField::DayOfWeek => at.weekday().number_from_monday().into(),
        DateField::DayOfYear => at.ordinal().into(),
        DateField::Hour => at.hour().into(),
        DateField::Minute => at.minute().into(),
        DateField::Second => at.second().into(),
    })
}

fn start(field: DateField, at: NaiveDateTime) -> Option<NaiveDateTime> {
    let (date, hour, minute) = (at.date(), at.hour(), at.minute());
    let day = |date: Option<NaiveDate>| Some(date?.and_time(NaiveTime::MIN));
    match field {
        DateField::Year => day(date.with_ordinal0(0)),
        DateField::Quarter => day(date.with_day(1)?.with_month0(date.month0() / 3 * 3)),
        DateField::Month => day(date.with_day(1)),
        DateField::Week => {
            let since_monday = u64::from(date.weekday().num_days_from_monday());
            day(date.checked_sub_days(chrono::Days::new(since_monday)))
        }
        DateField::Day | DateField::DayOfWeek | DateField::DayOfYear => day(Some(date)),
        DateField::Hour => date.and_hms_opt(hour, 0, 0),
        DateField::Minute => date.and_hms_opt(hour, minute, 0),
        DateField::Second => date.and_hms_opt(hour, minute, at.second()),
    }
}

/// `YYYY-MM-DD`
pub(super) fn date_text(days: i32) -> String {
    let at = at(i64::from(days) * MICROS_PER_DAY);
    at.map_or_else(String::new, |at| at.date().to_string())
}

/// `YYYY-MM-DDThh:mm:ssZ`, with a fraction of a second if there is one.
pub(super) fn instant_text(micros: i64) -> String {
    let at = DateTime::from_timestamp_micros(micros);
    at.map_or_else(String::new, |at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}
