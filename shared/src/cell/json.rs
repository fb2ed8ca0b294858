//! JSON in cells.

use std::borrow::Cow;

use serde_json::{Number, Value};

/// What a JSON text must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonKind {
    /// `{...}`
    Object,
    /// `[...]`
    Array,
}

/// A JSON value; equal if it says the same: 1.0 is 1, and the order of properties does not count.
///
/// Nested at most 128 deep, and with strings that are texts (no lone surrogates).
///
/// ```
/// use shared::cell::{Json, JsonKind};
/// let read = |text: &str| Json::read(text.as_bytes(), JsonKind::Object);
/// assert_eq!(read(r#"{"a": 1, "b": []}"#), read(r#"{"b": [], "a": 1.0}"#));
/// assert_eq!(read("[1]"), None);
/// ```
#[derive(Debug, Clone)]
pub struct Json(pub Value);

impl Json {
    /// A JSON text (RFC 8259) of that kind.
    pub fn read(cell: &[u8], kind: JsonKind) -> Option<Self> {
        let value: Value = serde_json::from_slice(cell).ok()?;
        let fits = match kind {
            JsonKind::Object => value.is_object(),
            JsonKind::Array => value.is_array(),
        };
        fits.then_some(Json(value))
    }

    /// Number of items or properties; 0 of what has none.
    pub fn len(&self) -> usize {
        match &self.0 {
            Value::Array(items) => items.len(),
            Value::Object(properties) => properties.len(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        }
    }

    /// Whether there are no items or properties.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl Eq for Json {}

/// Whether two values say the same.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => exact(left) == exact(right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(a, b)| same(a, b))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, a)| right.get(name).is_some_and(|b| same(a, b)))
        }
        _ => left == right,
    }
}

/// A number by its digits and its exponent of ten, without zeros at either end.
fn exact(number: &Number) -> (bool, Cow<'static, str>, i64) {
    let text = number.to_string();
    let (negative, text) = text.strip_prefix('-').map_or((false, &*text), |text| (true, text));
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let kept = digits.trim_end_matches('0');
    if kept.is_empty() {
        return (false, Cow::Borrowed(""), 0);
    }
    let zeros = i64::try_from(digits.len() - kept.len()).unwrap_or(0);
    let places = i64::try_from(fraction.len()).unwrap_or(0);
    let exponent = exponent.parse::<i64>().unwrap_or(0) - places + zeros;
    (negative, Cow::Owned(kept.to_owned()), exponent)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds() {
        for (text, object, array) in [
            ("{}", true, false),
            (" {\"a\": {\"b\": null}} ", true, false),
            ("[]", false, true),
            ("[1, \"x\", [2]]", false, true),
            ("null", false, false),
            ("1", false, false),
            ("\"{}\"", false, false),
            ("", false, false),
            ("{'a': 1}", false, false),
            ("{\"a\": NaN}", false, false),
            ("{\"a\": 1,}", false, false),
            ("{} {}", false, false),
            ("[\"\\ud800\"]", false, false),
        ] {
            let is = |kind| Json::read(text.as_bytes(), kind).is_some();
            assert_eq!((is(JsonKind::Object), is(JsonKind::Array)), (object, array), "{text}");
        }
        assert!(Json::read(b"[\"\xff\"]", JsonKind::Array).is_none());
        let deep = "[".repeat(100_000);
        assert!(Json::read(deep.as_bytes(), JsonKind::Array).is_none());
    }

    #[test]
    fn what_says_the_same_is_equal() {
        for (left, right, expected) in [
            (json!(1), json!(1.0), true),
            (json!(-0.0), json!(0), true),
            (json!(1e20), json!(100_000_000_000_000_000_000.0), true),
            (json!(10), json!(1), false),
            (json!(0.1), json!(0.01), false),
            (json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992.0), false),
            (json!([1, 2]), json!([2, 1]), false),
            (json!([1]), json!([1, 1]), false),
            (json!({"a": 1, "b": 2}), json!({"b": 2.0, "a": 1}), true),
            (json!({"a": 1}), json!({"b": 1}), false),
            (json!(true), json!(1), false),
            (json!("1"), json!(1), false),
        ] {
            assert_eq!(Json(left.clone()) == Json(right.clone()), expected, "{left} {right}");
        }
    }
}
