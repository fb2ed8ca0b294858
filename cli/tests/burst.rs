//! A thousand files at once: each ends once, as it should, and no row is lost or there twice.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests may fail like a test"
)]

#[path = "local/aws.rs"]
mod aws;
#[path = "local/bench.rs"]
mod bench;
#[path = "proof/dataset.rs"]
mod dataset;
#[path = "local/inbox.rs"]
mod inbox;
#[path = "proof/post.rs"]
mod post;
#[path = "golden/table.rs"]
mod table;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use cli::local::stack::{Dropped, Settings, Stack};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use shared::report::{Outcome, Report};

use bench::{said, with_stack};
use dataset::{drop_text, make_known};
use inbox::inbox;
use post::{Post, until_no_event_waits};
use table::read_table;

const FILES: i64 = 1_000;
/// Of so many files one is for the first table; the others share the rest.
const EACH: i64 = 5;
/// Many, because each commit reads the log of all commits before it.
const TABLES: i64 = 22;
/// Files that are dropped at a time.
const SENDERS: usize = 8;
/// Executions at a time.
const ON_THEIR_WAY: usize = 12;
/// Longer than anything that an execution waits for.
const LIMIT: Duration = Duration::from_mins(3);
const POLL: Duration = Duration::from_millis(200);

fn settings() -> Settings {
    Settings { port: None, state: None, chunk_bytes: 1 << 20, survey_bytes: None }
}

async fn prepare(stack: &Stack) {
    inbox::subscribe(stack);
}

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Good,
    /// One row of four is.
    Tolerated,
    /// Three rows of four are.
    Rejected,
    NoColumn,
    NoContract,
}

#[derive(Debug, Clone, Copy)]
struct File {
    number: i64,
    kind: Kind,
}

impl File {
    fn new(number: i64) -> Self {
        let kind = match number / EACH % 10 {
            0..5 => Kind::Good,
            5 => Kind::Tolerated,
            6 => Kind::Rejected,
            7 | 8 => Kind::NoColumn,
            _ => Kind::NoContract,
        };
        File { number, kind }
    }

    fn dataset(self) -> String {
        if self.kind == Kind::NoContract {
            return "burst-unknown".to_owned();
        }
        let is_of_first = self.number % EACH == 0;
        format!("burst-{}", if is_of_first { 0 } else { 1 + self.number % (TABLES - 1) })
    }

    fn key(self) -> String {
        format!("{}/{:04}.csv", self.dataset(), self.number)
    }

    /// The numbers of its four rows, which no other file has.
    fn rows(self) -> impl Iterator<Item = i64> {
        4 * self.number..4 * self.number + 4
    }

    /// Of the rows so many, from the first, are as they should be.
    fn good_count(self) -> usize {
        match self.kind {
            Kind::Good | Kind::NoColumn | Kind::NoContract => 4,
            Kind::Tolerated => 3,
            Kind::Rejected => 1,
        }
    }

    fn text(self) -> String {
        let header = if self.kind == Kind::NoColumn { "id,amount" } else { "id,price" };
        let rows = self.rows().enumerate().map(|(at, id)| {
            if at < self.good_count() { format!("{id},{id}.5") } else { format!("{id},much") }
        });
        std::iter::once(header.to_owned()).chain(rows).collect::<Vec<_>>().join("\n")
    }

    /// Rows that were read, accepted and rejected; none where the file is refused before.
    fn counts(self) -> Option<(u64, u64, u64)> {
        match self.kind {
            Kind::Good | Kind::Tolerated | Kind::Rejected => {
                let good = self.good_count() as u64;
                Some((4, good, 4 - good))
            }
            Kind::NoColumn | Kind::NoContract => None,
        }
    }

    fn outcome(self) -> Outcome {
        match self.kind {
            Kind::Good | Kind::Tolerated => Outcome::Published,
            Kind::Rejected | Kind::NoColumn | Kind::NoContract => Outcome::Quarantined,
        }
    }

    fn published(self) -> impl Iterator<Item = i64> {
        let is_published = self.outcome() == Outcome::Published;
        self.rows().take(if is_published { self.good_count() } else { 0 })
    }
}

async fn make_all_known(stack: &Stack) {
    let fields =
        json!([{ "name": "id", "type": "integer" }, { "name": "price", "type": "number" }]);
    let sluice = json!({ "tolerance": { "rejectedFraction": 0.5 } });
    for table in 0..TABLES {
        make_known(stack, &format!("burst-{table}"), fields.clone(), sluice.clone()).await;
    }
}

/// Drops all files, and only then lets go of their events: so many at a time as the emulator can do with,
/// which gives each execution a thread, and each call at the same time a process.
async fn burst(stack: &Stack, files: &[File]) {
    let post = Post::hold_back(stack).await;
    let drop = async |file: &File| drop_text(stack, &file.key(), &file.text()).await;
    let dropped: Vec<Dropped> = stream::iter(files).map(drop).buffered(SENDERS).collect().await;
    let events = post.take(&dropped).await;
    post.deliver(&[]).await;
    let (mut sent, mut ended, mut changed) = (0, 0, Instant::now());
    while ended < files.len() {
        let next = files.len().min(ended + ON_THEIR_WAY);
        for event in &events[sent..next] {
            let queue = &stack.outputs().event_queue_url;
            said(stack.send_message(queue, &event.to_string()).await);
        }
        sent = next;
        tokio::time::sleep(POLL).await;
        let found = told_count(stack).await;
        if found > ended {
            (ended, changed) = (found, Instant::now());
        }
        assert!(changed.elapsed() < LIMIT, "only {ended} have ended");
    }
}

/// Number of events that programs were told of.
async fn told_count(stack: &Stack) -> usize {
    let request = json!({ "QueueUrl": inbox().events_url, "AttributeNames": ["All"] });
    let answer = said(stack.ask("AmazonSQS.GetQueueAttributes", &request).await);
    let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
    let counts = names.map(|name| answer["Attributes"][name].as_str().unwrap());
    counts.iter().map(|count| count.parse::<usize>().unwrap()).sum()
}

/// What was found of the files.
struct Found {
    outputs: tempfile::TempDir,
    events: Vec<Value>,
    messages: Vec<Value>,
    /// Statuses of executions, and how many have each.
    statuses: BTreeMap<String, usize>,
    dead_count: u64,
}

async fn look(stack: &Stack) -> Found {
    until_no_event_waits(stack).await;
    let outputs = tempfile::tempdir().unwrap();
    for area in ["reports", "published"] {
        said(stack.copy_outputs(&format!("{area}/burst-"), outputs.path()).await);
    }
    let (events, messages) = inbox().about(stack, "burst-").await;
    let mut statuses = BTreeMap::new();
    for execution in said(stack.executions().all().await) {
        *statuses.entry(execution.status().as_str().to_owned()).or_default() += 1;
    }
    let dead_count = said(stack.dead_events().await);
    Found { outputs, events, messages, statuses, dead_count }
}

/// The reports of all files, by key.
fn reports(outputs: &Path) -> BTreeMap<String, Report> {
    let all = cli::local::files::walk(&outputs.join("reports")).unwrap();
    let read =
        |path: &Path| -> Report { serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() };
    let reports: Vec<Report> = all.iter().map(|found| read(&found.path)).collect();
    let count = reports.len();
    let by_key: BTreeMap<_, _> =
        reports.into_iter().map(|report| (report.file.key.clone(), report)).collect();
    assert_eq!(by_key.len(), count, "a file has two reports");
    by_key
}

#[track_caller]
fn check_reports(files: &[File], reports: &BTreeMap<String, Report>) {
    assert_eq!(reports.len(), files.len());
    for file in files {
        let report = &reports[&file.key()];
        let counts = report
            .counts
            .map(|counts| (counts.read_count, counts.accepted_count, counts.rejected_count));
        assert_eq!((report.outcome, counts), (file.outcome(), file.counts()), "{report:?}");
    }
}

/// Each table has the rows of its published files, each once.
#[track_caller]
fn check_tables(files: &[File], outputs: &Path) {
    for table in 0..TABLES {
        let dataset = format!("burst-{table}");
        let rows = read_table(&outputs.join("published").join(&dataset), None).unwrap();
        let mut found: Vec<i64> = rows.column(0).as_primitive::<Int64Type>().values().to_vec();
        found.sort_unstable();
        let of_table = files.iter().filter(|file| file.dataset() == dataset);
        let expected: Vec<i64> = of_table.flat_map(|file| file.published()).collect();
        assert!(found == expected, "{dataset}: {} rows, not {}", found.len(), expected.len());
    }
}

/// Each report is told of once, to programs and to people.
#[track_caller]
fn check_told(reports: &BTreeMap<String, Report>, events: &[Value], messages: &[Value]) {
    let mut told: Vec<&str> =
        events.iter().map(|event| event["detail"]["execution"].as_str().unwrap()).collect();
    told.sort_unstable();
    let mut executions: Vec<&str> =
        reports.values().map(|report| report.execution.as_str()).collect();
    executions.sort_unstable();
    assert!(told == executions, "{} events", told.len());
    let text = |message: &Value| message["Message"].as_str().unwrap().to_owned();
    let mut texts: Vec<String> = messages.iter().map(text).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!((messages.len(), texts.len()), (reports.len(), reports.len()));
}

#[test]
fn a_thousand_files_at_once_end_once_each() {
    let files: Vec<File> = (0..FILES).map(File::new).collect();
    assert!(files.iter().filter(|file| file.dataset() == "burst-0").count() >= 180);
    let found = with_stack(async |stack| {
        make_all_known(stack).await;
        burst(stack, &files).await;
        look(stack).await
    });
    let published = files.iter().filter(|file| file.outcome() == Outcome::Published).count();
    let quarantined = files.len() - published;
    let expected = [("FAILED", quarantined), ("SUCCEEDED", published)];
    assert_eq!(found.statuses, expected.map(|(status, count)| (status.to_owned(), count)).into());
    assert_eq!(found.dead_count, 0);
    let reports = reports(found.outputs.path());
    check_reports(&files, &reports);
    check_tables(&files, found.outputs.path());
    check_told(&reports, &found.events, &found.messages);
}
