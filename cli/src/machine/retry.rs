//! What is left of the retriers of a state.

use serde_json::Value;

use super::Fault;
use super::rule::placed;

/// Attempts of a retrier that says nothing of them.
const MAX_ATTEMPTS: u64 = 3;

/// What was retried of a state since it was entered.
#[derive(Debug, Default)]
pub(super) struct Retried {
    /// The positions of the retriers that it met, one for each time.
    met: Vec<usize>,
}

impl Retried {
    /// Whether the state is to be run again; each retrier counts for itself.
    pub(super) fn again(&mut self, state: &Value, fault: &Fault) -> bool {
        let Some((at, retrier)) = placed(state, "Retry", &fault.name) else { return false };
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
}
