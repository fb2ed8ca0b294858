//! Which rule of a state takes an error.

use serde_json::Value;

/// The first rule of a `kind` (`Retry` or `Catch`) that names an error, by a wildcard or by itself. As on
/// AWS, none is for a message that is too large, nor for a definition that cannot be followed.
pub fn rule<'a>(state: &'a Value, kind: &str, error: &str) -> Option<&'a Value> {
    placed(state, kind, error).map(|(_, rule)| rule)
}

/// The same, with its position among those of its kind (0-based).
pub(super) fn placed<'a>(state: &'a Value, kind: &str, error: &str) -> Option<(usize, &'a Value)> {
    let rules = state.get(kind).and_then(Value::as_array).into_iter().flatten();
    rules.enumerate().find(|(_, rule)| {
        let names = rule.get("ErrorEquals").and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).any(|name| takes(name, error))
    })
}

fn takes(name: &str, error: &str) -> bool {
    match name {
        _ if matches!(error, "States.DataLimitExceeded" | "States.Runtime") => false,
        "States.ALL" => true,
        "States.TaskFailed" => error != "States.Timeout",
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

    #[test]
    fn wildcards_match_what_aws_says_they_do() {
        for (name, error, expected) in [
            ("States.ALL", "States.Timeout", true),
            ("States.ALL", "Busy", true),
            ("States.ALL", "States.Runtime", false),
            ("States.ALL", "States.DataLimitExceeded", false),
            ("States.TaskFailed", "Busy", true),
            ("States.TaskFailed", "Lambda.Unknown", true),
            ("States.TaskFailed", "States.Timeout", false),
            ("Busy", "Busy", true),
            ("Busy", "Busier", false),
        ] {
            let state = json!({ "Catch": [{ "ErrorEquals": [name] }] });
            assert_eq!(rule(&state, "Catch", error).is_some(), expected, "{name} {error}");
        }
    }
}
