//! Which rule of a state takes an error.

use serde_json::Value;

/// The first rule of a `kind` (`Retry` or `Catch`) that names an error, or all of them. As on AWS,
/// `States.ALL` does not take two: a message that is too large, and a definition that cannot be
/// followed.
pub fn rule<'a>(state: &'a Value, kind: &str, error: &str) -> Option<&'a Value> {
    let mut rules = state.get(kind).and_then(Value::as_array).into_iter().flatten();
    rules.find(|rule| {
        let names = rule.get("ErrorEquals").and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).any(|name| takes(name, error))
    })
}

fn takes(name: &str, error: &str) -> bool {
    match name {
        "States.ALL" => !matches!(error, "States.DataLimitExceeded" | "States.Runtime"),
        name => name == error,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(error: &str, kind: &str, expected: Option<u64>) {
        let state = json!({
            "Retry": [
                { "ErrorEquals": ["A", "B"], "MaxAttempts": 1 },
                { "ErrorEquals": ["A", "C"], "MaxAttempts": 2 },
                { "ErrorEquals": ["States.ALL"], "MaxAttempts": 3 }
            ],
            "Catch": [{ "ErrorEquals": ["B"], "MaxAttempts": 4 }]
        });
        let found = rule(&state, kind, error).and_then(|rule| rule["MaxAttempts"].as_u64());
        assert_eq!(found, expected, "{error}");
    }

    #[test]
    fn the_first_rule_that_names_an_error_takes_it() {
        check("A", "Retry", Some(1));
        check("B", "Retry", Some(1));
        check("C", "Retry", Some(2));
        check("States.Timeout", "Retry", Some(3));
        check("States.DataLimitExceeded", "Retry", None);
        check("States.Runtime", "Retry", None);
        check("A", "Catch", None);
        check("B", "Catch", Some(4));
        check("a", "Catch", None);
        check("A", "Next", None);
    }
}
