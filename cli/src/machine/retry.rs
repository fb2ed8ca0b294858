//! Which rules of a state a fault meets: its catchers, and its retriers with what is left of them.

use serde_json::Value;

use super::Fault;

/// What no rule is for, not even `States.ALL`.
const FATAL: [&str; 2] = ["States.Runtime", "States.DataLimitExceeded"];

/// Attempts of a retrier that says nothing of them.
const MAX_ATTEMPTS: u64 = 3;

/// The first of the rules of that kind, `Retry` or `Catch`, that the fault meets, with its position
/// (0-based).
pub(super) fn rule_for<'a>(
    state: &'a Value,
    kind: &str,
    fault: &Fault,
) -> Option<(usize, &'a Value)> {
    let rules = state.get(kind).and_then(Value::as_array).into_iter().flatten();
    rules.enumerate().find(|(_, rule)| {
        let names = rule.get("ErrorEquals").and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).any(|name| is_named(name, fault))
    })
}

fn is_named(name: &str, fault: &Fault) -> bool {
    match name {
        _ if FATAL.contains(&fault.name.as_str()) => false,
        "States.ALL" => true,
        "States.TaskFailed" => fault.name != "States.Timeout",
        _ => name == fault.name,
    }
}

/// What was retried of a state since it was entered.
#[derive(Debug, Default)]
pub(super) struct Retried {
    /// The positions of the retriers that it met, one for each time.
    met: Vec<usize>,
}

impl Retried {
    /// Whether the state is to be run again; each retrier counts for itself.
    pub(super) fn again(&mut self, state: &Value, fault: &Fault) -> bool {
        let Some((at, retrier)) = rule_for(state, "Retry", fault) else { return false };
        let limit = retrier.get("MaxAttempts").and_then(Value::as_u64).unwrap_or(MAX_ATTEMPTS);
        let count = self.met.iter().filter(|&&met| met == at).count() as u64;
        self.met.push(at);
        count < limit
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault(name: &str) -> Fault {
        Fault { name: name.to_owned(), message: String::new() }
    }

    #[track_caller]
    fn check(retriers: &Value, faults: &[&str], expected: &[bool]) {
        let state = json!({ "Retry": retriers });
        let mut retried = Retried::default();
        let found: Vec<bool> =
            faults.iter().map(|name| retried.again(&state, &fault(name))).collect();
        assert_eq!(found, expected, "{retriers} {faults:?}");
    }

    #[test]
    fn each_retrier_counts_for_itself() {
        let retriers = json!([
            { "ErrorEquals": ["Refused"], "MaxAttempts": 0 },
            { "ErrorEquals": ["Busy", "Slow"], "MaxAttempts": 2 },
            { "ErrorEquals": ["States.ALL"], "MaxAttempts": 1 }
        ]);
        check(&retriers, &["Refused"], &[false]);
        check(&retriers, &["Busy", "Slow", "Busy"], &[true, true, false]);
        check(&retriers, &["Busy", "States.Timeout", "Slow"], &[true, true, true]);
        check(&retriers, &["Lambda.Unknown", "Panic"], &[true, false]);
        check(&retriers, &["States.Runtime"], &[false]);
        check(&json!([]), &["Busy"], &[false]);
        check(&json!(null), &["Busy"], &[false]);
    }

    #[test]
    fn a_retrier_has_three_attempts_unless_it_says_so() {
        let retriers = json!([{ "ErrorEquals": ["Busy"] }]);
        check(&retriers, &["Busy"; 4], &[true, true, true, false]);
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
            let found = rule_for(&state, "Catch", &fault(error)).is_some();
            assert_eq!(found, expected, "{name} {error}");
        }
    }
}
