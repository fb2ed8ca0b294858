//! The command over a store and executions in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use aws_sdk_sfn::types::ExecutionStatus;
use clap::Parser;
use serde_json::Value;
use shared::ledger::{Record, State};
use shared::message::Dropped;
use shared::store::{Area, MemoryStore};
use start::name::ExecutionName;

use super::executions::Seen;
use super::*;
use crate::ledger::tests::{NOW, published, put, record, store};

/// Executions by name, with the input of those that were started here.
#[derive(Debug, Default)]
struct Executions(Mutex<BTreeMap<String, (ExecutionStatus, Option<Dropped>)>>);

impl Executions {
    fn with(known: &[(&str, ExecutionStatus)]) -> Self {
        let known = known.iter().map(|(name, status)| ((*name).to_owned(), (status.clone(), None)));
        Executions(Mutex::new(known.collect()))
    }

    fn started(&self) -> Vec<(String, Dropped)> {
        let all = self.0.lock().unwrap();
        let ours = all.iter().filter_map(|(name, (_, input))| Some((name.clone(), input.clone()?)));
        ours.collect()
    }

    fn end(&self, name: &str) {
        self.0.lock().unwrap().get_mut(name).unwrap().0 = ExecutionStatus::Failed;
    }
}

impl super::Executions for Executions {
    fn arn(&self, name: &str) -> String {
        format!("arn:{name}")
    }

    async fn find(&self, name: &str) -> Result<Option<Seen>, ReplayError> {
        let all = self.0.lock().unwrap();
        Ok(all.get(name).map(|(status, _)| Seen { status: status.clone(), started_ms: NOW }))
    }

    async fn start(&self, name: &ExecutionName, input: &Dropped) -> Result<Started, ReplayError> {
        let running = (ExecutionStatus::Running, Some(input.clone()));
        let mut all = self.0.lock().unwrap();
        if all.contains_key(name.as_str()) {
            return Ok(Started::Before);
        }
        all.insert(name.to_string(), running);
        Ok(Started::Now)
    }
}

#[derive(Debug, Parser)]
struct Command {
    #[command(flatten)]
    arguments: Arguments,
}

fn arguments(more: &[&str]) -> Arguments {
    let fixed =
        ["replay", "--output-bucket", "out", "--input-bucket", "in", "--state-machine", "m"];
    Command::try_parse_from(fixed.iter().chain(more)).unwrap().arguments
}

/// What is printed.
async fn done(
    store: &MemoryStore,
    executions: &Executions,
    more: &[&str],
) -> Result<String, ReplayError> {
    let mut out = Vec::new();
    replay(&arguments(more), store, executions, &mut out).await?;
    Ok(String::from_utf8(out).unwrap())
}

#[track_caller]
fn outcome(json: &str) -> Value {
    serde_json::from_str::<Value>(json).unwrap()["outcome"].clone()
}

/// The attempt at a record's version.
fn attempt(record: &Record, attempt: u32) -> (String, Dropped) {
    let file = Dropped { attempt, ..record.file.clone() };
    (ExecutionName::of(&file).to_string(), file)
}

#[tokio::test]
async fn the_version_that_is_meant_is_started_as_one_more_attempt() {
    let mut third = published("a", 3);
    third.file.attempt = 4;
    let records = [record("a", 1), record("a", 2), third, record("b", 9)];
    let store = store(&records);
    for (more, expected) in [
        (&["orders/a.csv"][..], attempt(&records[2], 5)),
        (&["orders/a.csv", "--revision", "2"], attempt(&records[1], 1)),
        (&["orders/a.csv", "--version", "v1"], attempt(&records[0], 1)),
        (&["orders/b.csv", "--version", "v9"], attempt(&records[3], 1)),
    ] {
        let executions = Executions::default();
        let printed = done(&store, &executions, more).await.unwrap();
        let arn = format!("  execution    arn:{}\n", expected.0);
        assert!(printed.contains(&arn), "{printed}");
        assert_eq!(executions.started(), [expected], "{more:?}");
    }
}

#[tokio::test]
async fn a_version_is_started_whatever_became_of_it_unless_its_execution_runs() {
    let claimed = Record { state: State::Claimed { until_ms: i64::MAX }, ..record("a", 1) };
    let duplicate = Record { state: State::Duplicate { of: None }, ..record("a", 1) };
    for found in [claimed, duplicate, record("a", 1), published("a", 1)] {
        let store = store(std::slice::from_ref(&found));
        for (status, may) in [
            (None, true),
            (Some(ExecutionStatus::Failed), true),
            (Some(ExecutionStatus::Aborted), true),
            (Some(ExecutionStatus::TimedOut), true),
            (Some(ExecutionStatus::Succeeded), true),
            (Some(ExecutionStatus::Running), false),
            (Some(ExecutionStatus::PendingRedrive), false),
        ] {
            let known: Vec<_> = status.iter().map(|status| ("e1", status.clone())).collect();
            let executions = Executions::with(&known);
            let told = done(&store, &executions, &["orders/a.csv"]).await;
            let expected = if may { vec![attempt(&found, 1)] } else { vec![] };
            assert_eq!(executions.started(), expected, "{status:?} {found:?}");
            let refused =
                told.err().map(|error| (error.is_refusal(), chain(&error), error.advice()));
            assert_eq!(refused.is_none(), may, "{refused:?}");
            if let Some((is_refusal, text, advice)) = refused {
                let since =
                    "the execution `e1` is at work on it, and has been since 2023-11-14T22:13:20Z";
                assert_eq!((is_refusal, text.as_str()), (true, since));
                assert!(advice.unwrap().ends_with("stop-execution --execution-arn arn:e1"));
            }
        }
    }
}

#[tokio::test]
async fn what_is_asked_for_twice_is_started_once() {
    let store = store(&[record("a", 1)]);
    let executions = Executions::default();
    let more = ["orders/a.csv", "--json"];
    let (one, two) =
        tokio::join!(done(&store, &executions, &more), done(&store, &executions, &more),);
    let third = done(&store, &executions, &more).await.unwrap();
    let mut outcomes = [one.unwrap(), two.unwrap(), third].map(|json| outcome(&json).to_string());
    outcomes.sort();
    assert_eq!(outcomes, ["\"started\"", "\"startedBefore\"", "\"startedBefore\""]);
    assert_eq!(executions.started(), [attempt(&record("a", 1), 1)]);
}

/// Executions of which one takes the version and ends while somebody else asks for it.
struct Overtaking<'a>(&'a Executions, &'a MemoryStore);

impl super::Executions for Overtaking<'_> {
    fn arn(&self, name: &str) -> String {
        self.0.arn(name)
    }

    async fn find(&self, name: &str) -> Result<Option<Seen>, ReplayError> {
        if name.ends_with("-attempt-1") && self.0.started().is_empty() {
            let (name, file) = attempt(&record("a", 1), 1);
            self.0.start(&ExecutionName::of(&file), &file).await?;
            self.0.end(&name);
            put(self.1, &Record { file, execution: name, ..record("a", 1) });
        }
        self.0.find(name).await
    }

    async fn start(&self, name: &ExecutionName, input: &Dropped) -> Result<Started, ReplayError> {
        self.0.start(name, input).await
    }
}

#[tokio::test]
async fn what_somebody_else_has_started_and_is_done_is_not_started_again() {
    let store = store(&[record("a", 1)]);
    let executions = Executions::default();
    let mut out = Vec::new();
    let overtaking = Overtaking(&executions, &store);
    let more = arguments(&["orders/a.csv"]);
    let outcome = replay(&more, &store, &overtaking, &mut out).await.unwrap();
    assert_eq!(outcome, Outcome::StartedBefore);
    assert_eq!(executions.started(), [attempt(&record("a", 1), 1)]);
    // Asked for once it is known how that ended, it is another attempt.
    assert_eq!(replay(&more, &store, &executions, &mut out).await.unwrap(), Outcome::Started);
    assert_eq!(executions.started().len(), 2);
}

#[tokio::test]
async fn attempts_that_ended_without_taking_the_version_are_passed_over() {
    let found = record("a", 1);
    let names = [1, 2].map(|number| attempt(&found, number).0);
    let broken_off = [
        (names[0].as_str(), ExecutionStatus::Failed),
        (names[1].as_str(), ExecutionStatus::TimedOut),
    ];
    let executions = Executions::with(&broken_off);
    done(&store(std::slice::from_ref(&found)), &executions, &["orders/a.csv"]).await.unwrap();
    assert_eq!(executions.started(), [attempt(&found, 3)]);
}

#[tokio::test]
async fn a_dry_run_starts_nothing() {
    let (store, executions) = (store(&[published("a", 1)]), Executions::default());
    let printed =
        done(&store, &executions, &["orders/a.csv", "--dry-run", "--json"]).await.unwrap();
    assert!(executions.started().is_empty());
    let told: Value = serde_json::from_str(&printed).unwrap();
    let (name, file) = attempt(&published("a", 1), 1);
    assert_eq!(told["outcome"], "dryRun");
    assert_eq!(told["execution"], name.as_str());
    assert_eq!(told["executionArn"], format!("arn:{name}"));
    assert_eq!(told["revision"], "1");
    assert_eq!(told["input"], serde_json::to_value(&file).unwrap());
    assert!(told["notes"][0].as_str().unwrap().contains("are replaced in one commit"), "{told}");
}

#[tokio::test]
async fn what_is_not_there_is_refused_with_what_to_do() {
    let store = store(&[record("a", 1)]);
    let broken = record("broken", 1).key();
    store.put(Area::Output, &broken, "{");
    for (more, is_refusal, expected, advice) in [
        (
            &["orders/z.csv"][..],
            true,
            "the file `orders/z.csv` of the bucket `in` is not on record".to_owned(),
            Some("aws s3 cp 's3://in/orders/z.csv' 's3://in/orders/z.csv' --metadata"),
        ),
        (
            &["orders/a.csv", "--revision", "2"],
            true,
            "`orders/a.csv` is on record, but not this version of it".to_owned(),
            Some("sluice history orders --key 'orders/a.csv'"),
        ),
        (
            &["orders/a.csv", "--version", "v2"],
            true,
            "`orders/a.csv` is on record, but not this version of it".to_owned(),
            Some("sluice history"),
        ),
        (
            &["a.csv"],
            false,
            "`a.csv` names no file of a dataset".to_owned(),
            Some("<dataset>/<file>"),
        ),
        (
            &["orders/broken.csv"],
            false,
            format!("cannot read the record `{broken}`: it is not what a record is"),
            None,
        ),
    ] {
        let executions = Executions::default();
        let error = done(&store, &executions, more).await.unwrap_err();
        assert!(chain(&error).starts_with(&expected), "{}", chain(&error));
        assert_eq!(error.is_refusal(), is_refusal, "{error}");
        let said = error.advice();
        assert_eq!(said.is_some(), advice.is_some(), "{said:?}");
        assert!(said.unwrap_or_default().contains(advice.unwrap_or_default()), "{error}");
        assert!(executions.started().is_empty());
    }
}

#[tokio::test]
async fn an_older_version_than_the_published_one_is_run_with_a_warning() {
    let store = store(&[record("a", 1), published("a", 2), published("a", 3), record("a", 4)]);
    for (revision, expected) in [("1", Some("revision 3")), ("3", None), ("4", None)] {
        let executions = Executions::default();
        let more = ["orders/a.csv", "--revision", revision];
        let printed = done(&store, &executions, &more).await.unwrap();
        assert_eq!(executions.started().len(), 1);
        let warning =
            expected.map(|expected| format!("{expected} of the file was published since"));
        assert_eq!(printed.contains("was published since"), warning.is_some(), "{printed}");
        assert!(printed.contains(&warning.unwrap_or_default()), "{printed}");
    }
}
