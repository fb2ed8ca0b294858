//! What other programs can compare with theirs: one figure or two for each column.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use serde::{Serialize, Serializer};

/// What is known of a column.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Number of values that are not null.
    pub count: usize,
    /// What else, by type; nothing for a column without values.
    #[serde(flatten)]
    pub of_type: Option<OfType>,
}

/// What a type is compared by.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OfType {
    /// The exact sum of integers or decimals.
    Sum(Exact),
    /// The sum of doubles, rounded.
    Total(f64),
    /// The first and the last of days since 1970, or of microseconds since then.
    Bounds(i64, i64),
    /// The sum of the lengths of texts in bytes.
    TextLen(usize),
    /// The number of values that are true.
    TrueCount(usize),
}

/// A sum of so many units of `10^-scale`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exact {
    units: i128,
    scale: u32,
}

/// As text, so that no reader makes a double of it: `-0.05`.
impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let one = 10_u128.pow(self.scale);
        let sign = if self.units < 0 { "-" } else { "" };
        let (whole, rest) = (self.units.unsigned_abs() / one, self.units.unsigned_abs() % one);
        let width = self.scale as usize;
        if width == 0 {
            return serializer.collect_str(&format_args!("{sign}{whole}"));
        }
        serializer.collect_str(&format_args!("{sign}{whole}.{rest:0width$}"))
    }
}

/// The figures of columns, by name.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Table(BTreeMap<String, Figures>);

impl Table {
    /// Adds more values of a column.
    pub fn add(&mut self, name: String, values: &ArrayRef) {
        let figures = self.0.entry(name).or_default();
        figures.count += values.len() - values.null_count();
        figures.of_type = match (figures.of_type.take(), of_type(values)) {
            (Some(before), Some(more)) => before.and(more),
            (before, more) => before.or(more),
        };
    }
}

impl OfType {
    /// Of both; none for two that are not of one type.
    fn and(self, other: Self) -> Option<Self> {
        Some(match (self, other) {
            (OfType::Sum(a), OfType::Sum(b)) => {
                OfType::Sum(Exact { units: a.units + b.units, scale: a.scale })
            }
            (OfType::Total(a), OfType::Total(b)) => OfType::Total(a + b),
            (OfType::Bounds(a, b), OfType::Bounds(c, d)) => OfType::Bounds(a.min(c), b.max(d)),
            (OfType::TextLen(a), OfType::TextLen(b)) => OfType::TextLen(a + b),
            (OfType::TrueCount(a), OfType::TrueCount(b)) => OfType::TrueCount(a + b),
            _ => return None,
        })
    }
}

fn of_type(values: &ArrayRef) -> Option<OfType> {
    numbers(values)
        .or_else(|| moments(values))
        .or_else(|| texts(values))
        .or_else(|| values.as_boolean_opt().map(|values| OfType::TrueCount(values.true_count())))
}

fn numbers(values: &ArrayRef) -> Option<OfType> {
    if let Some(values) = values.as_primitive_opt::<Int64Type>() {
        let units = values.iter().flatten().map(i128::from).sum();
        return Some(OfType::Sum(Exact { units, scale: 0 }));
    }
    if let Some(values) = values.as_primitive_opt::<Decimal128Type>() {
        let scale = u32::try_from(values.scale()).ok()?;
        return Some(OfType::Sum(Exact { units: values.iter().flatten().sum(), scale }));
    }
    let values = values.as_primitive_opt::<Float64Type>()?;
    Some(OfType::Total(values.iter().flatten().sum()))
}

fn moments(values: &ArrayRef) -> Option<OfType> {
    if let Some(values) = values.as_primitive_opt::<Date32Type>() {
        return bounds(values.iter().flatten().map(i64::from));
    }
    bounds(values.as_primitive_opt::<TimestampMicrosecondType>()?.iter().flatten())
}

fn texts(values: &ArrayRef) -> Option<OfType> {
    if let Some(values) = values.as_string_opt::<i32>() {
        return Some(OfType::TextLen(values.iter().flatten().map(str::len).sum()));
    }
    let values = values.as_string_view_opt()?;
    Some(OfType::TextLen(values.iter().flatten().map(str::len).sum()))
}

fn bounds(values: impl Iterator<Item = i64>) -> Option<OfType> {
    let of_both = |a: OfType, b: OfType| a.clone().and(b).unwrap_or(a);
    values.map(|value| OfType::Bounds(value, value)).reduce(of_both)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{BooleanArray, Date32Array, Decimal128Array, Int64Array, StringArray};
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(values: &[ArrayRef], expected: &serde_json::Value) {
        let mut table = Table::default();
        for values in values {
            table.add("c".to_owned(), values);
        }
        assert_eq!(&serde_json::to_value(&table).unwrap()["c"], expected);
    }

    #[test]
    fn a_column_may_come_in_pieces() {
        let integers = |values: Vec<Option<i64>>| Arc::new(Int64Array::from(values)) as ArrayRef;
        let max = Some(i64::MAX);
        check(
            &[integers(vec![max, None]), integers(vec![]), integers(vec![max])],
            &json!({"count": 2, "sum": "18446744073709551614"}),
        );
        let money = |values: Vec<i128>| {
            let values = Decimal128Array::from(values).with_precision_and_scale(15, 2).unwrap();
            Arc::new(values) as ArrayRef
        };
        check(&[money(vec![-7]), money(vec![2])], &json!({"count": 2, "sum": "-0.05"}));
        let days = |values: Vec<Option<i32>>| Arc::new(Date32Array::from(values)) as ArrayRef;
        check(
            &[days(vec![Some(3), None]), days(vec![None]), days(vec![Some(-1)])],
            &json!({"count": 2, "bounds": [-1, 3]}),
        );
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("é"), None, Some("")]));
        check(&[texts], &json!({"count": 2, "text_len": 2}));
        let flags: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
        check(&[flags], &json!({"count": 2, "true_count": 1}));
    }
}
