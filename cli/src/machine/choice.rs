//! Where a choice leads.

use serde_json::Value;

use super::path::read;
use super::{Fault, named, text, unsupported};

/// What a choice comes to.
pub(super) struct Chosen {
    /// The part of the choice that says so.
    pub(super) part: String,
    /// The state that it leads to.
    pub(super) next: Result<String, Fault>,
}

/// The state that the rules of a choice lead to.
pub(super) fn choose(state: &Value, input: &Value) -> Result<Chosen, Fault> {
    let choices = state.get("Choices").and_then(Value::as_array).into_iter().flatten();
    for (at, choice) in choices.enumerate() {
        if matches(choice, &read(text(choice, "Variable")?, input)?)? {
            let (part, next) = (format!("Choices/{at}"), text(choice, "Next")?.to_owned());
            return Ok(Chosen { part, next: Ok(next) });
        }
    }
    let unknown = || named("States.NoChoiceMatched", "no rule of the choice matches");
    Ok(match state.get("Default").and_then(Value::as_str) {
        Some(next) => Chosen { part: "Default".to_owned(), next: Ok(next.to_owned()) },
        None => Chosen { part: "NoChoiceMatched".to_owned(), next: Err(unknown()) },
    })
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
