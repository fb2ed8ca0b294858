//! The cells of a type.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use arrow_schema::DataType;
use serde_json::Value as JsonValue;

use super::{FieldType, GeoJsonFormat, ListFormat, TimeFormat};
use crate::cell::{self, CellFault, Duration, GeoPoint, GeoPointFormat, Json, JsonKind, Value};

/// Digits that every double keeps.
const DOUBLE_DIGITS: usize = 15;

impl FieldType {
    /// The logical value of a cell that is not missing; `scratch` is only used inside.
    ///
    /// # Errors
    /// [`CellFault::Type`] or [`CellFault::Ambiguous`].
    ///
    /// ```
    /// use shared::cell::{CellFault, Value};
    /// use shared::contract::FieldType;
    /// let scratch = &mut String::new();
    /// assert_eq!(FieldType::INTEGER.read(b" 7", scratch), Ok(Value::Integer(7)));
    /// assert_eq!(FieldType::DATE.read(b"7", scratch), Err(CellFault::Type));
    /// ```
    pub fn read<'c>(&self, cell: &'c [u8], scratch: &mut String) -> Result<Value<'c>, CellFault> {
        let found = match self {
            FieldType::Any => text(cell).map(Value::Text),
            FieldType::String(format) => {
                text(cell).filter(|text| format.accepts(text)).map(Value::Text)
            }
            FieldType::Integer(format) => format.integer(cell).map(Value::Integer),
            FieldType::Number { format, decimal: None } => {
                format.number(cell, scratch).map(Value::Number)
            }
            FieldType::Number { format, decimal: Some(decimal) } => {
                decimal.read(cell, format).map(Value::Decimal)
            }
            FieldType::Boolean { true_values, false_values } => {
                boolean(cell, true_values, false_values).map(Value::Boolean)
            }
            FieldType::Object => Json::read(cell, JsonKind::Object).map(Value::Json),
            FieldType::Array => Json::read(cell, JsonKind::Array).map(Value::Json),
            FieldType::List(format) => format.read(cell, scratch),
            FieldType::Date(format) => return format.date(cell).map(Value::Date),
            FieldType::Time(format) => format.time(cell).map(Value::Time),
            FieldType::DateTime(format) => return format.datetime(cell).map(Value::Instant),
            FieldType::Year => cell::year(cell).map(Value::Integer),
            FieldType::YearMonth => cell::year_month(cell).map(Value::Month),
            FieldType::Duration => Duration::read(cell).map(Value::Duration),
            FieldType::GeoPoint(format) => {
                GeoPoint::read(cell, *format, scratch).map(Value::GeoPoint)
            }
            FieldType::GeoJson(format) => Json::read(cell, JsonKind::Object)
                .filter(|json| format.accepts(&json.0))
                .map(Value::Json),
        };
        found.ok_or(CellFault::Type)
    }

    /// The logical value that a constraint of the contract gives: a text as a cell has it, or, where
    /// the type has values in JSON, one of those.
    pub(in crate::contract) fn cast(&self, value: &JsonValue) -> Option<Value<'static>> {
        let scratch = &mut String::new();
        let read = |text: &str, scratch: &mut String| {
            self.read(text.as_bytes(), scratch).ok().map(Value::into_owned)
        };
        match (self, value) {
            (_, JsonValue::String(text)) => read(text, scratch),
            (FieldType::Boolean { .. }, JsonValue::Bool(value)) => Some(Value::Boolean(*value)),
            (FieldType::Integer(_), JsonValue::Number(_)) => integer(value).map(Value::Integer),
            (FieldType::Year, JsonValue::Number(_)) => {
                integer(value).filter(|year| (0..=9999).contains(year)).map(Value::Integer)
            }
            (FieldType::Number { decimal, .. }, JsonValue::Number(number)) => {
                let text = number.to_string();
                if decimal.is_some() && number.is_f64() && digits(&text) > DOUBLE_DIGITS {
                    return None;
                }
                let plain =
                    FieldType::Number { format: cell::NumberFormat::DEFAULT, decimal: *decimal };
                plain.read(text.as_bytes(), scratch).ok().map(Value::into_owned)
            }
            (
                FieldType::Object
                | FieldType::GeoJson(_)
                | FieldType::GeoPoint(GeoPointFormat::Object),
                JsonValue::Object(_),
            )
            | (
                FieldType::Array | FieldType::GeoPoint(GeoPointFormat::Array),
                JsonValue::Array(_),
            ) => read(&value.to_string(), scratch),
            _ => None,
        }
    }
}

impl FieldType {
    /// An array of the one value, or null, that the contract gives as [`cast`](Self::cast) takes it, in the
    /// type in memory; None if it is not of the type.
    pub(in crate::contract) fn cast_one(&self, value: &JsonValue) -> Option<ArrayRef> {
        let data_type = self.data_type();
        if value.is_null() {
            return Some(new_null_array(&data_type, 1));
        }
        let array: ArrayRef = match self.cast(value)? {
            _ if data_type == DataType::Utf8 => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                Arc::new(StringArray::from(vec![text]))
            }
            Value::Integer(integer) => Arc::new(Int64Array::from(vec![integer])),
            Value::Number(number) => Arc::new(Float64Array::from(vec![number])),
            Value::Boolean(boolean) => Arc::new(BooleanArray::from(vec![boolean])),
            Value::Date(date) => Arc::new(Date32Array::from(vec![date])),
            Value::Decimal(digits) => {
                Arc::new(Decimal128Array::from(vec![digits]).with_data_type(data_type))
            }
            Value::Instant(micros) => {
                Arc::new(TimestampMicrosecondArray::from(vec![micros]).with_data_type(data_type))
            }
            // Types that are kept as text.
            Value::Text(_)
            | Value::Time(_)
            | Value::Month(_)
            | Value::Duration(_)
            | Value::GeoPoint(_)
            | Value::List { .. }
            | Value::Json(_) => return None,
        };
        Some(array)
    }
}

fn text(cell: &[u8]) -> Option<Cow<'_, str>> {
    std::str::from_utf8(cell).ok().map(Cow::Borrowed)
}

fn boolean(cell: &[u8], true_values: &[String], false_values: &[String]) -> Option<bool> {
    let is = |text: &String| text.as_bytes() == cell;
    if true_values.iter().any(is) {
        Some(true)
    } else {
        false_values.iter().any(is).then_some(false)
    }
}

/// A JSON number without a fraction; 1.0 is 1.
fn integer(value: &JsonValue) -> Option<i64> {
    value.as_i64().or_else(|| {
        let text = value.as_f64()?.to_string();
        text.parse().ok().filter(|_| digits(&text) <= DOUBLE_DIGITS)
    })
}

/// Digits of a number from the first that counts to the last.
fn digits(text: &str) -> usize {
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').len()
}

impl ListFormat {
    fn read<'c>(&self, cell: &'c [u8], scratch: &mut String) -> Option<Value<'c>> {
        let text = text(cell)?;
        let mut items = 0;
        for item in text.split(&self.delimiter) {
            self.item.read(item.as_bytes(), scratch).ok()?;
            items += 1;
        }
        Some(Value::List { text, items })
    }

    /// Whether two lists of this format have equal items.
    pub(in crate::contract) fn same(&self, left: &str, right: &str) -> bool {
        let scratch = &mut String::new();
        let mut items = left.split(&self.delimiter).zip(right.split(&self.delimiter));
        left.split(&self.delimiter).count() == right.split(&self.delimiter).count()
            && items.all(|(left, right)| {
                self.item.read(left.as_bytes(), scratch)
                    == self.item.read(right.as_bytes(), scratch)
            })
    }
}

impl TimeFormat {
    #[inline]
    pub(crate) fn date(&self, cell: &[u8]) -> Result<i32, CellFault> {
        let text = || std::str::from_utf8(cell).map_err(|_| CellFault::Type);
        match self {
            TimeFormat::Default => cell::date(cell).ok_or(CellFault::Type),
            TimeFormat::Any => cell::any_date(text()?),
            TimeFormat::Pattern(pattern) => pattern.date(text()?).ok_or(CellFault::Type),
        }
    }

    fn time(&self, cell: &[u8]) -> Option<i64> {
        match self {
            TimeFormat::Default => cell::time(cell),
            TimeFormat::Any => cell::any_time(std::str::from_utf8(cell).ok()?),
            TimeFormat::Pattern(pattern) => pattern.time(std::str::from_utf8(cell).ok()?),
        }
    }

    pub(crate) fn datetime(&self, cell: &[u8]) -> Result<i64, CellFault> {
        let text = || std::str::from_utf8(cell).map_err(|_| CellFault::Type);
        match self {
            TimeFormat::Default => cell::datetime(cell).ok_or(CellFault::Type),
            TimeFormat::Any => cell::any_datetime(text()?),
            TimeFormat::Pattern(pattern) => pattern.datetime(text()?).ok_or(CellFault::Type),
        }
    }
}

impl GeoJsonFormat {
    fn accepts(self, value: &JsonValue) -> bool {
        match self {
            GeoJsonFormat::Default => cell::is_geojson(value),
            GeoJsonFormat::TopoJson => cell::is_topojson(value),
        }
    }
}
