//! Where a choice leads.

use serde_json::Value;

use super::path::read;
use super::{Fault, named, text, unsupported};

/// The state that the rules of a choice lead to.
pub(super) fn choose(state: &Value, input: &Value) -> Result<String, Fault> {
    let choices = state.get("Choices").and_then(Value::as_array).into_iter().flatten();
    for choice in choices {
        if matches(choice, &read(text(choice, "Variable")?, input)?)? {
            return Ok(text(choice, "Next")?.to_owned());
        }
    }
    let default = state.get("Default").and_then(Value::as_str);
    let unknown = || named("States.NoChoiceMatched", "no rule of the choice matches");
    default.map(str::to_owned).ok_or_else(unknown)
}

/// Whether the value is what a rule of a choice asks for; one of another type never is.
fn matches(choice: &Value, value: &Value) -> Result<bool, Fault> {
    if let Some(expected) = choice.get("StringEquals").and_then(Value::as_str) {
        return Ok(value == expected);
    }
    let bound = choice.get("NumericGreaterThan").and_then(Value::as_u64);
    let bound = bound.ok_or_else(|| unsupported("a comparison"))?;
    Ok(value.as_u64().is_some_and(|value| value > bound))
}
