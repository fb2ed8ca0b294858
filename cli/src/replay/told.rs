//! What is told before a version is run again, and afterwards.

use serde::Serialize;
use shared::ledger::State;
use shared::message::Dropped;

use super::plan::{Chosen, Plan};
use crate::lines::{block, utc};

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Outcome {
    Started,
    /// By somebody else.
    StartedBefore,
    DryRun,
}

/// What a program is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told<'a> {
    pub(super) outcome: Outcome,
    /// Name of the execution.
    pub(super) execution: &'a str,
    pub(super) execution_arn: &'a str,
    /// A text, since it has more digits than a double keeps.
    pub(super) revision: String,
    /// Its input.
    pub(super) input: &'a Dropped,
    pub(super) notes: Vec<String>,
}

impl<'a> Told<'a> {
    pub(super) fn of(plan: &'a Plan, outcome: Outcome, arn: &'a str) -> Self {
        Told {
            outcome,
            execution: plan.name.as_str(),
            execution_arn: arn,
            revision: plan.file.revision().to_string(),
            input: &plan.file,
            notes: notes(plan),
        }
    }
}

/// What is going to happen.
pub(super) fn intention(plan: &Plan) -> String {
    let record = &plan.chosen.record;
    let state = match &record.state {
        State::Claimed { .. } => "claimed".to_owned(),
        State::Published => "published".to_owned(),
        State::Duplicate { .. } => "not loaded, as a duplicate".to_owned(),
        State::Quarantined { error } => format!("quarantined, {error}"),
    };
    let mut lines = vec![
        ("revision", plan.file.revision().to_string()),
        ("so far", format!("{state}, by {}", record.execution)),
        ("again", format!("attempt {}, by {}", plan.file.attempt, plan.name)),
    ];
    lines.extend(plan.file.version.iter().map(|version| ("version", version.clone())));
    lines.extend(notes(plan).into_iter().map(|note| ("note", note)));
    block(&plan.file.key, &lines)
}

/// What happened, and how to see what comes of it.
pub(super) fn result(plan: &Plan, outcome: Outcome, arn: &str) -> String {
    let heading = match (outcome, &plan.started) {
        (Outcome::Started, _) => "Started.".to_owned(),
        (Outcome::DryRun, _) => "Nothing was started. It would be this execution:".to_owned(),
        (Outcome::StartedBefore, None) => "It has just been started by somebody else.".to_owned(),
        (Outcome::StartedBefore, Some(seen)) => {
            format!("It was started at {}, and is {}.", utc(seen.started_ms), seen.status)
        }
    };
    let Dropped { dataset, key, .. } = &plan.file;
    let mut lines = vec![("execution", arn.to_owned())];
    if outcome != Outcome::DryRun {
        lines.push(("watch", format!("sluice history {dataset} --key '{key}'")));
        lines.push(("", format!("aws stepfunctions describe-execution --execution-arn {arn}")));
    }
    block(&heading, &lines)
}

/// What somebody may not expect.
fn notes(plan: &Plan) -> Vec<String> {
    let Chosen { record, published_since } = &plan.chosen;
    let mut notes = Vec::new();
    if let Some(rows) = &record.publication {
        notes.push(format!(
            "its rows, which {} has made visible, are replaced in one commit if it is published again, \
             and stay if not",
            rows.execution
        ));
    }
    if let Some(revision) = published_since {
        notes.push(format!(
            "revision {revision} of the file was published since, and an older one is refused then, unless the \
             contract says that revisions append"
        ));
    }
    if matches!(record.state, State::Duplicate { .. }) {
        notes.push(
            "it ends as a duplicate again, unless its original is gone or the contract says that \
             duplicates are loaded"
                .to_owned(),
        );
    }
    let is_open = matches!(record.state, State::Claimed { .. });
    if let Some(holder) = plan.holder.as_ref().filter(|holder| is_open && holder.is_broken_off()) {
        notes.push(format!(
            "{} is {}: while nothing has taken its place, Redrive in the console resumes it where it stopped",
            record.execution, holder.status
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use aws_sdk_sfn::types::ExecutionStatus;
    use shared::ledger::{CLAIM_MS, Record};

    use super::super::executions::Seen;
    use super::*;
    use crate::ledger::tests::{NOW, published, record};

    const ARN: &str = "arn:aws:states:us-east-1:1:execution:sluice:e";

    fn plan(record: Record) -> Plan {
        let file = Dropped { attempt: 1, ..record.file.clone() };
        let name = start::name::ExecutionName::of(&file);
        let chosen = Chosen { record, published_since: None };
        Plan { chosen, holder: None, file, name, started: None }
    }

    fn seen(status: ExecutionStatus) -> Seen {
        Seen { status, started_ms: NOW }
    }

    #[test]
    fn what_is_going_to_happen_is_told_before() {
        let plan = plan(published("a", 7));
        let expected = format!(
            "orders/a.csv\n  \
             revision     7\n  \
             so far       published, by e7\n  \
             again        attempt 1, by {}\n  \
             version      v7\n  \
             note         its rows, which e7 has made visible, are replaced in one commit if it is \
             published again, and stay if not\n",
            plan.name
        );
        assert_eq!(intention(&plan), expected);
    }

    #[test]
    fn notes_are_about_what_may_not_be_expected() {
        let duplicate = Record { state: State::Duplicate { of: None }, ..record("a", 7) };
        let claimed = || Record { state: State::Claimed { until_ms: CLAIM_MS }, ..record("a", 7) };
        let with = |record, holder: Option<ExecutionStatus>, published_since| Plan {
            holder: holder.map(seen),
            chosen: Chosen { record, published_since },
            ..plan(published("a", 7))
        };
        let is = |plan: &Plan, expected: &[&str]| {
            let notes = notes(plan);
            assert_eq!(notes.len(), expected.len(), "{notes:?}");
            for (note, expected) in notes.iter().zip(expected) {
                assert!(note.contains(expected), "{note}");
            }
        };
        is(&with(record("a", 7), None, None), &[]);
        is(&with(duplicate, None, None), &["it ends as a duplicate again"]);
        is(&with(record("a", 7), Some(ExecutionStatus::Failed), None), &[]);
        is(
            &with(published("a", 7), Some(ExecutionStatus::Succeeded), None),
            &["its rows, which e7"],
        );
        is(&with(published("a", 7), None, Some(9)), &["its rows", "revision 9 of the file"]);
        is(&with(claimed(), Some(ExecutionStatus::Aborted), None), &["e7 is ABORTED: while"]);
        is(&with(claimed(), Some(ExecutionStatus::Succeeded), None), &[]);
        is(&with(claimed(), None, None), &[]);
    }

    #[test]
    fn what_happened_is_told_with_what_to_do_next() {
        let before = |status| Plan { started: Some(seen(status)), ..plan(record("a", 7)) };
        for (plan, outcome, heading, watches) in [
            (plan(record("a", 7)), Outcome::Started, "Started.", true),
            (plan(record("a", 7)), Outcome::StartedBefore, "It has just been started by", true),
            (
                before(ExecutionStatus::Running),
                Outcome::StartedBefore,
                "It was started at 2023-11-14T22:13:20Z, and is RUNNING.",
                true,
            ),
            (plan(record("a", 7)), Outcome::DryRun, "Nothing was started.", false),
        ] {
            let text = result(&plan, outcome, ARN);
            assert!(text.starts_with(heading), "{text}");
            assert!(text.contains(&format!("\n  execution    {ARN}\n")), "{text}");
            let watch = "\n  watch        sluice history orders --key 'orders/a.csv'\n";
            assert_eq!(text.contains(watch), watches, "{text}");
        }
    }
}
