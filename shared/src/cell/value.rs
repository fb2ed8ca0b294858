//! The logical value of a cell.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Duration, GeoPoint, Json};

/// A logical value, which constraints are tested on.
///
/// Equal values are equal to a constraint: NaN is NaN, 1.0 is 1. (A list is compared by its text
/// here; its items are known to its field only.)
#[derive(Debug, Clone)]
pub enum Value<'c> {
    /// A text.
    Text(Cow<'c, str>),
    /// An integer, or a year.
    Integer(i64),
    /// A double.
    Number(f64),
    /// A decimal number in units of its last place.
    Decimal(i128),
    /// True or false.
    Boolean(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Instant(i64),
    /// Months since 0000-01.
    Month(i32),
    /// A duration.
    Duration(Duration),
    /// A point.
    GeoPoint(GeoPoint),
    /// A JSON value.
    Json(Json),
    /// A list.
    List {
        /// As the cell has it.
        text: Cow<'c, str>,
        /// Number of items.
        items: usize,
    },
}

impl Value<'_> {
    /// The value without its cell.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::List { text, items } => {
                Value::List { text: Cow::Owned(text.into_owned()), items }
            }
            Value::Integer(value) => Value::Integer(value),
            Value::Number(value) => Value::Number(value),
            Value::Decimal(value) => Value::Decimal(value),
            Value::Boolean(value) => Value::Boolean(value),
            Value::Date(value) => Value::Date(value),
            Value::Time(value) => Value::Time(value),
            Value::Instant(value) => Value::Instant(value),
            Value::Month(value) => Value::Month(value),
            Value::Duration(value) => Value::Duration(value),
            Value::GeoPoint(value) => Value::GeoPoint(value),
            Value::Json(value) => Value::Json(value),
        }
    }

    /// Where the value stands among all of its type, if each has a next one.
    pub(crate) fn rank(&self) -> Option<i128> {
        match self {
            Value::Integer(value) | Value::Time(value) | Value::Instant(value) => {
                Some((*value).into())
            }
            Value::Date(value) | Value::Month(value) => Some((*value).into()),
            Value::Decimal(value) => Some(*value),
            Value::Text(_)
            | Value::Number(_)
            | Value::Boolean(_)
            | Value::Duration(_)
            | Value::GeoPoint(_)
            | Value::Json(_)
            | Value::List { .. } => None,
        }
    }

    /// Number of characters, items or properties; None of what has no length.
    pub(crate) fn length(&self) -> Option<usize> {
        match self {
            Value::Text(text) => Some(text.chars().count()),
            Value::Json(json) => Some(json.len()),
            Value::List { items, .. } => Some(*items),
            Value::Integer(_)
            | Value::Number(_)
            | Value::Decimal(_)
            | Value::Boolean(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::Instant(_)
            | Value::Month(_)
            | Value::Duration(_)
            | Value::GeoPoint(_) => None,
        }
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Number(left), Value::Number(right)) => left.to_bits() == right.to_bits(),
            (Value::Boolean(left), Value::Boolean(right)) => left == right,
            (Value::Duration(left), Value::Duration(right)) => left == right,
            (Value::GeoPoint(left), Value::GeoPoint(right)) => left == right,
            (Value::Json(left), Value::Json(right)) => left == right,
            (Value::Text(left), Value::Text(right))
            | (Value::List { text: left, .. }, Value::List { text: right, .. }) => left == right,
            _ => {
                std::mem::discriminant(self) == std::mem::discriminant(other)
                    && self.rank().is_some()
                    && self.rank() == other.rank()
            }
        }
    }
}

impl Eq for Value<'_> {}

/// The order of numbers and times; NaN has no place in it, and durations have one only where it is
/// certain.
impl PartialOrd for Value<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Value::Number(left), Value::Number(right)) => left.partial_cmp(right),
            (Value::Duration(left), Value::Duration(right)) => left.partial_cmp(right),
            _ if std::mem::discriminant(self) == std::mem::discriminant(other) => {
                Some(self.rank()?.cmp(&other.rank()?))
            }
            _ => None,
        }
    }
}
