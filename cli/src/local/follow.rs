//! Follows files through the state machine until each has ended.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus};
use serde::Serialize;
use shared::message;
use shared::report::{self, Outcome, Report};
use start::event::{Found, read, records};
use tokio::time::{Instant, sleep};

use super::console::{Console, Line};
use super::error::LocalError;
use super::executions::file_of;
use super::stack::{Dropped, Stack};

const POLL: Duration = Duration::from_millis(250);

/// How a file ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "ended")]
pub enum Ending {
    /// In one of the two ways that are meant for a file: published or quarantined.
    AsMeant {
        /// The report that `Settle` wrote.
        report: Box<Report>,
    },
    /// Its execution failed on the way, or did not do what it says.
    Failed {
        /// The file.
        key: String,
        /// Name of the execution.
        execution: String,
        /// Name of the error.
        error: String,
        /// What Step Functions knows of it.
        cause: String,
    },
    /// There was no execution: its event lies in the dead-letter queue.
    Lost {
        /// The file.
        key: String,
    },
}

/// Follows files.
#[derive(Debug)]
pub(super) struct Follower<'a> {
    stack: &'a Stack,
    tracks: Vec<Track>,
    /// The files of the executions that have been seen, by ARN.
    known: BTreeMap<String, Option<message::Dropped>>,
    last_change: Instant,
}

/// One file on its way.
#[derive(Debug)]
struct Track {
    file: Dropped,
    line: Line,
    place: String,
    ending: Option<Ending>,
}

impl<'a> Follower<'a> {
    /// Follows these files from now on.
    pub(super) fn new(stack: &'a Stack, files: &[Dropped], console: &Console) -> Self {
        let track = |file: &Dropped| Track {
            file: file.clone(),
            line: console.line(&file.key),
            place: String::new(),
            ending: None,
        };
        let tracks = files.iter().map(track).collect();
        Follower { stack, tracks, known: BTreeMap::new(), last_change: Instant::now() }
    }

    /// Looks again and again, until all have ended or nothing has changed for too long.
    pub(super) async fn run(mut self, limit: Duration) -> Result<Vec<Ending>, LocalError> {
        loop {
            self.look().await?;
            if self.tracks.iter().all(|track| track.ending.is_some()) {
                return Ok(self.tracks.into_iter().filter_map(|track| track.ending).collect());
            }
            if self.last_change.elapsed() > limit {
                return Err(self.stalled(limit).await?);
            }
            sleep(POLL).await;
        }
    }

    async fn look(&mut self) -> Result<(), LocalError> {
        let executions = self.stack.executions().all().await?;
        for execution in &executions {
            self.meet(execution.execution_arn()).await?;
        }
        for index in 0..self.tracks.len() {
            self.advance(index, &executions).await?;
        }
        self.look_for_lost().await
    }

    /// Learns which file an execution is about.
    async fn meet(&mut self, arn: &str) -> Result<(), LocalError> {
        if !self.known.contains_key(arn) {
            let file = file_of(&self.stack.executions().describe(arn).await?);
            self.known.insert(arn.to_owned(), file);
        }
        Ok(())
    }

    /// Looks where a file is.
    async fn advance(
        &mut self,
        index: usize,
        executions: &[ExecutionListItem],
    ) -> Result<(), LocalError> {
        let Some(track) = self.tracks.get(index).filter(|track| track.ending.is_none()) else {
            return Ok(());
        };
        let mut executions = executions.iter();
        let Some(execution) = executions.find(|found| self.is_of(found, &track.file)) else {
            self.place(index, "waiting for its execution".to_owned());
            return Ok(());
        };
        if *execution.status() == ExecutionStatus::Running {
            let place = self.stack.executions().state(execution.execution_arn()).await?;
            self.place(index, place);
        } else {
            let ending = self.ending(&track.file.key, execution).await?;
            self.end(index, ending);
        }
        Ok(())
    }

    fn is_of(&self, execution: &ExecutionListItem, file: &Dropped) -> bool {
        let found = self.known.get(execution.execution_arn()).and_then(Option::as_ref);
        let same_version = |found: &message::Dropped| {
            found.version.is_none() || file.version.is_none() || found.version == file.version
        };
        found.is_some_and(|found| found.key == file.key && same_version(found))
    }

    /// How an execution ended: what it says, if its report says the same.
    async fn ending(&self, key: &str, execution: &ExecutionListItem) -> Result<Ending, LocalError> {
        let (arn, name) = (execution.execution_arn(), execution.name());
        let executions = self.stack.executions();
        let described = executions.describe(arn).await?;
        let dataset = file_of(&described).map(|file| file.dataset).unwrap_or_default();
        let report = self.report(&report::key(&dataset, name)).await?;
        if let Some(report) = report.filter(|report| agrees(report, &described)) {
            return Ok(Ending::AsMeant { report: Box::new(report) });
        }
        let mut cause =
            described.cause().unwrap_or("its report does not say how it ended").to_owned();
        if let Some(child) = executions.failed_child(arn).await? {
            cause = format!("{cause} (a chunk: {child})");
        }
        let error = described.error().unwrap_or("NoReport").to_owned();
        Ok(Ending::Failed { key: key.to_owned(), execution: name.to_owned(), error, cause })
    }

    async fn report(&self, key: &str) -> Result<Option<Report>, LocalError> {
        let Some(body) = self.stack.output(key).await? else {
            return Ok(None);
        };
        serde_json::from_slice(&body).map(Some).map_err(LocalError::answer(key))
    }

    /// Files without an execution may have events that nobody could take.
    async fn look_for_lost(&mut self) -> Result<(), LocalError> {
        if self.stack.dead_events().await? == 0 {
            return Ok(());
        }
        let bodies = self.stack.dead_event_bodies().await?;
        for index in 0..self.tracks.len() {
            let lost = self.tracks.get(index).filter(|track| track.ending.is_none());
            let Some(key) = lost.map(|track| track.file.key.clone()) else {
                continue;
            };
            if bodies.iter().any(|body| names(body, &key)) {
                self.end(index, Ending::Lost { key });
            }
        }
        Ok(())
    }

    fn place(&mut self, index: usize, place: String) {
        if let Some(track) = self.tracks.get_mut(index).filter(|track| track.place != place) {
            track.line.say(&place);
            track.place = place;
            self.last_change = Instant::now();
        }
    }

    fn end(&mut self, index: usize, ending: Ending) {
        if let Some(track) = self.tracks.get_mut(index) {
            track.line.end(ending.word());
            track.ending = Some(ending);
            self.last_change = Instant::now();
        }
    }

    async fn stalled(&self, limit: Duration) -> Result<LocalError, LocalError> {
        let waiting = self.tracks.iter().filter(|track| track.ending.is_none());
        let waiting: Vec<_> =
            waiting.map(|track| format!("{} ({})", track.file.key, track.place)).collect();
        let waiting = waiting.join(", ");
        let event_count = self.stack.waiting_events().await?;
        Ok(LocalError::Stalled { limit, waiting, event_count, log: self.stack.log() })
    }
}

impl Ending {
    /// In one word.
    pub fn word(&self) -> &'static str {
        match self {
            Ending::AsMeant { report } => match report.outcome {
                Outcome::Published => "published",
                Outcome::Duplicate => "duplicate",
                Outcome::Quarantined => "quarantined",
            },
            Ending::Failed { .. } => "FAILED",
            Ending::Lost { .. } => "LOST",
        }
    }

    /// The report, where the file ended as files are meant to.
    pub fn report(&self) -> Option<&Report> {
        match self {
            Ending::AsMeant { report } => Some(report),
            Ending::Failed { .. } | Ending::Lost { .. } => None,
        }
    }
}

/// Whether the report and the execution tell the same.
fn agrees(report: &Report, execution: &DescribeExecutionOutput) -> bool {
    match report.outcome {
        Outcome::Published | Outcome::Duplicate => {
            *execution.status() == ExecutionStatus::Succeeded
        }
        Outcome::Quarantined => {
            *execution.status() == ExecutionStatus::Failed
                && execution.error() == report.error.as_deref()
        }
    }
}

/// Whether an event of S3 is about a key.
fn names(event: &str, key: &str) -> bool {
    let is_of = |found| matches!(found, Ok(Found::File(file)) if file.key == key);
    records(event).is_ok_and(|records| records.into_iter().map(read).any(is_of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_names_its_key() {
        let event = include_str!("../../../sample-data/events/start.json");
        let event: serde_json::Value = serde_json::from_str(event).unwrap();
        let body = event.pointer("/Records/0/body").unwrap().as_str().unwrap();
        assert!(names(body, "flights/2013-01.csv"));
        assert!(!names(body, "flights/2013-02.csv"));
        assert!(!names("no event", "flights/2013-01.csv"));
    }
}
