//! Constraints: what the values of a field must be beyond its type.
//!
//! Invariant: a constraint stands only on types that the specification names for it, its own values
//! are of the type, and together they leave room for some value.

mod choices;
mod parse;
mod pattern;

use std::cmp::Ordering;
use std::sync::Arc;

use super::field::FieldType;
use crate::cell::{CellFault, Value};

pub(super) use choices::{clipped, listed};
pub(super) use parse::constraints;

pub use choices::Choices;
pub use pattern::{Pattern, PatternError};

/// What the values of a field must be; by default nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Constraints {
    /// Whether a null is an error.
    pub required: bool,
    /// Whether no value may stand twice in the file.
    pub unique: bool,
    /// Characters, items or properties at least.
    pub min_length: Option<usize>,
    /// Characters, items or properties at most.
    pub max_length: Option<usize>,
    /// The least value.
    pub minimum: Option<Bound>,
    /// The largest value.
    pub maximum: Option<Bound>,
    /// What every value is above.
    pub exclusive_minimum: Option<Bound>,
    /// What every value is below.
    pub exclusive_maximum: Option<Bound>,
    /// What a JSON value must be.
    pub json_schema: Option<JsonSchema>,
    /// What the whole text must match.
    pub pattern: Option<Pattern>,
    /// `enum`: the values that there may be.
    pub choices: Option<Choices>,
    /// `categories`: the values that there may be, too.
    pub categories: Option<Choices>,
}

/// A limit on values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The logical value.
    pub value: Value<'static>,
    /// As the contract has it, of bounded length.
    pub text: String,
}

/// A compiled JSON Schema; equal to another one of the same source.
#[derive(Debug, Clone)]
pub struct JsonSchema {
    source: serde_json::Value,
    validator: Arc<jsonschema::Validator>,
}

impl PartialEq for JsonSchema {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for JsonSchema {}

impl Constraints {
    /// Whether every value keeps them: none stands but those on nulls and on the whole file.
    pub(crate) fn are_free(&self) -> bool {
        let on_file = Constraints { required: false, unique: false, ..self.clone() };
        on_file == Constraints::default()
    }

    /// Tells every constraint that a value of `field_type` breaks, in the order of the specification.
    pub(crate) fn check(
        &self,
        field_type: &FieldType,
        value: &Value<'_>,
        on_fault: &mut impl FnMut(CellFault),
    ) {
        let mut tell = |broken: bool, fault| {
            if broken {
                on_fault(fault);
            }
        };
        let below = |least: &usize| value.length().is_some_and(|length| length < *least);
        let above = |most: &usize| value.length().is_some_and(|length| length > *most);
        tell(self.min_length.as_ref().is_some_and(below), CellFault::MinLength);
        tell(self.max_length.as_ref().is_some_and(above), CellFault::MaxLength);
        let broken = |bound: &Option<Bound>, keeps: fn(Ordering) -> bool| {
            bound.as_ref().is_some_and(|bound| !bound.is_kept(value, keeps))
        };
        tell(broken(&self.minimum, Ordering::is_ge), CellFault::Minimum);
        tell(broken(&self.maximum, Ordering::is_le), CellFault::Maximum);
        tell(broken(&self.exclusive_minimum, Ordering::is_gt), CellFault::ExclusiveMinimum);
        tell(broken(&self.exclusive_maximum, Ordering::is_lt), CellFault::ExclusiveMaximum);
        let refused = |schema: &JsonSchema| !schema.accepts(value);
        tell(self.json_schema.as_ref().is_some_and(refused), CellFault::JsonSchema);
        let unmatched = |pattern: &Pattern| !pattern.accepts(value);
        tell(self.pattern.as_ref().is_some_and(unmatched), CellFault::Pattern);
        let none_of = |choices: &Option<Choices>| {
            choices.as_ref().is_some_and(|choices| !choices.contains(field_type, value))
        };
        tell(none_of(&self.choices), CellFault::Enum);
        tell(none_of(&self.categories), CellFault::Categories);
    }
}

impl Bound {
    /// Whether a value is certainly on the right side: NaN is on none, and neither is a duration that
    /// is longer in some months only.
    fn is_kept(&self, value: &Value<'_>, keeps: fn(Ordering) -> bool) -> bool {
        value.partial_cmp(&self.value).is_some_and(keeps)
    }
}

impl JsonSchema {
    fn accepts(&self, value: &Value<'_>) -> bool {
        matches!(value, Value::Json(json) if self.validator.is_valid(&json.0))
    }
}

#[cfg(test)]
mod tests;
