//! Whose a file is, and what becomes of the same one again.

use serde_json::Value;
use shared::error_name::ErrorName;
use shared::ledger::{CLAIM_MS, Record, State};
use shared::message::{
    Aggregated, CaughtError, Counts, Dropped, Moment, SettleTask, Settled, Verdict,
};

use super::bench::{Bench, ENTERED};

impl Bench {
    /// The same bytes under another name.
    fn copied(mut self) -> Self {
        "fedcba9876543210fedcba9876543210".clone_into(&mut self.file.file_id);
        self.by("run-of-the-copy")
    }

    /// By another execution.
    fn by(mut self, execution: &str) -> Self {
        execution.clone_into(&mut self.execution);
        self
    }

    /// Once more, as often as somebody has asked for it.
    fn attempt(mut self, attempt: u32) -> Self {
        self.file.attempt = attempt;
        self.by(&format!("attempt-{attempt}"))
    }

    async fn claim_at(&self, entered: Moment) -> Result<Settled, ErrorName> {
        let (execution, file) = (self.execution.clone(), self.file.clone());
        self.settle(SettleTask::Claim { execution, file, entered }).await
    }

    async fn claim(&self) -> Result<Settled, ErrorName> {
        self.claim_at(ENTERED).await
    }

    async fn publish_at(&self, entered: Moment) -> Result<Settled, ErrorName> {
        let (execution, file) = (self.execution.clone(), self.file.clone());
        self.settle(SettleTask::Publish { execution, file, entered }).await
    }

    async fn quarantine(&self) -> Settled {
        let error = Some(CaughtError { error: "FileRefused".to_owned(), cause: "so".to_owned() });
        let (execution, file) = (self.execution.clone(), self.file.clone());
        let task =
            SettleTask::Quarantine { execution, file, entered: ENTERED, error, aggregated: None };
        self.settle(task).await.unwrap()
    }

    /// Everything up to the verdict.
    async fn compute(&self) -> Aggregated {
        self.prepare().await;
        self.aggregate().await.unwrap()
    }

    fn record(&self) -> Record {
        let Dropped { dataset, file_id, .. } = &self.file;
        let key = shared::ledger::key(dataset, file_id, self.file.revision());
        serde_json::from_slice(&std::fs::read(self.path(&key)).unwrap()).unwrap()
    }

    /// Rows that the last version of the table adds, and those that it takes out.
    fn last_version(&self) -> (usize, usize) {
        let folder = self.path("published/flights/_delta_log");
        let last = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).max().unwrap();
        let log = std::fs::read_to_string(last).unwrap();
        let actions = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let actions: Vec<Value> = actions.collect();
        let count = |kind: &str| actions.iter().filter(|action| action.get(kind).is_some()).count();
        (count("add"), count("remove"))
    }
}

/// So much later.
fn later(ms: i64) -> Moment {
    Moment { ms: ENTERED.ms + ms }
}

#[tokio::test]
async fn a_record_tells_how_far_a_file_is() {
    let bench = Bench::new();
    bench.validate().await.unwrap();
    assert!(matches!(bench.claim().await, Ok(Settled::Claimed { .. })));
    let claimed = bench.record();
    assert_eq!(claimed.state, State::Claimed { until_ms: ENTERED.ms + CLAIM_MS });
    assert_eq!((claimed.execution.as_str(), &claimed.file), ("run-1", &bench.file));
    assert!(claimed.digest.is_some() && claimed.publication.is_none());

    bench.compute().await;
    let Ok(Settled::Published { table_version, report, .. }) = bench.publish_at(later(1)).await
    else {
        panic!("not published");
    };
    let published = bench.record();
    assert_eq!(published.state, State::Published);
    assert_eq!(published.report, Some(report));
    let publication = published.publication.unwrap();
    assert_eq!(
        (publication.execution.as_str(), publication.table_version),
        ("run-1", table_version)
    );
    assert_eq!(published.digest, claimed.digest);

    // What is refused before it is claimed is on record too.
    let refused = Bench::new();
    refused.quarantine().await;
    let error = "FileRefused".to_owned();
    assert_eq!(refused.record().state, State::Quarantined { error });
    assert_eq!(refused.record().digest, None);
}

#[tokio::test]
async fn a_file_that_another_execution_is_at_work_on_is_left_to_it() {
    let bench = Bench::new();
    bench.compute().await;
    bench.claim().await.unwrap();
    let bench = bench.by("by-hand");
    bench.compute().await;
    assert_eq!(bench.claim().await, Err(ErrorName::FileClaimed));
    assert_eq!(bench.publish_at(later(CLAIM_MS - 1)).await, Err(ErrorName::FileClaimed));
    bench.quarantine().await;
    assert_eq!(bench.record().execution, "run-1", "nor is its record touched");
    let bench = bench.by("run-1");
    assert!(matches!(bench.publish_at(later(1)).await, Ok(Settled::Published { .. })));
}

#[tokio::test]
async fn a_claim_that_has_expired_is_taken_over_and_its_holder_publishes_no_more() {
    let bench = Bench::new();
    bench.compute().await;
    bench.claim().await.unwrap();
    let bench = bench.by("by-hand");
    bench.compute().await;
    assert!(matches!(bench.claim_at(later(CLAIM_MS)).await, Ok(Settled::Claimed { .. })));
    // The first is redriven.
    let bench = bench.by("run-1");
    assert_eq!(bench.publish_at(later(CLAIM_MS + 1)).await, Err(ErrorName::FileClaimed));
    let bench = bench.by("by-hand");
    let published = bench.publish_at(later(CLAIM_MS + 2)).await;
    assert!(matches!(published, Ok(Settled::Published { table_version: Some(1), .. })));
    let bench = bench.by("run-1");
    assert_eq!(bench.publish_at(later(CLAIM_MS + 3)).await, Err(ErrorName::FileRefused));
    assert_eq!(bench.record().execution, "by-hand");
}

#[tokio::test]
async fn the_same_bytes_are_a_duplicate_before_anything_is_computed() {
    let bench = Bench::new();
    bench.compute().await;
    bench.publish().await.unwrap();
    let bench = bench.copied();
    bench.validate().await.unwrap();
    let Ok(Settled::Duplicate { table_version, report, announcement }) = bench.claim().await else {
        panic!("no duplicate");
    };
    assert_eq!(table_version, Some(2));
    assert_eq!(announcement.detail_type, "File Duplicate");
    assert_eq!(bench.last_version(), (0, 0));
    let report: Value =
        serde_json::from_slice(&std::fs::read(bench.path(&report)).unwrap()).unwrap();
    let State::Duplicate { of: Some(original) } = bench.record().state else { panic!() };
    assert_eq!(
        (original.key.as_str(), original.execution.as_str()),
        ("flights/ragged.csv", "run-1")
    );
    assert_eq!(report["duplicateOf"], serde_json::to_value(original).unwrap());
    // Once more, as after a lost answer.
    let again = bench.claim_at(later(1)).await;
    assert!(matches!(again, Ok(Settled::Duplicate { table_version: Some(2), .. })), "{again:?}");
}

/// Both were claimed before either was published.
#[tokio::test]
async fn of_two_files_of_the_same_bytes_the_second_to_publish_is_the_duplicate() {
    let bench = Bench::new();
    bench.compute().await;
    bench.claim().await.unwrap();
    let bench = bench.copied();
    bench.compute().await;
    assert!(matches!(bench.claim().await, Ok(Settled::Claimed { .. })));
    assert!(matches!(bench.publish_at(ENTERED).await, Ok(Settled::Published { .. })));
    let bench = bench.at(1);
    let duplicate = bench.publish_at(ENTERED).await;
    assert!(
        matches!(duplicate, Ok(Settled::Duplicate { table_version: Some(2), .. })),
        "{duplicate:?}"
    );
    assert_eq!(bench.last_version(), (0, 0));
    assert!(matches!(bench.record().state, State::Duplicate { of: Some(_) }));
}

#[tokio::test]
async fn a_published_file_that_is_run_again_replaces_its_own_rows() {
    let bench = Bench::new();
    bench.compute().await;
    bench.publish().await.unwrap();
    let (added, _) = bench.last_version();
    let bench = bench.attempt(1);
    bench.validate().await.unwrap();
    assert!(matches!(bench.claim().await, Ok(Settled::Claimed { .. })));
    assert_eq!(bench.record().publication.unwrap().execution, "run-1", "visible all the while");
    bench.compute().await;
    let published = bench.publish_at(later(1)).await;
    assert!(
        matches!(published, Ok(Settled::Published { table_version: Some(2), .. })),
        "{published:?}"
    );
    assert_eq!(bench.last_version(), (added, added));
    assert_eq!(bench.record().publication.unwrap().execution, "attempt-1");

    // A third that is refused leaves the rows of the second.
    let bench = bench.attempt(2);
    bench.quarantine().await;
    let record = bench.record();
    assert!(matches!(record.state, State::Quarantined { .. }));
    assert_eq!(record.publication.unwrap().execution, "attempt-1");
    // And the second, called again, says what it has done and does nothing.
    let bench = bench.attempt(1);
    let published = bench.publish_at(later(2)).await;
    assert!(matches!(published, Ok(Settled::Published { table_version: Some(2), .. })));
    assert_eq!(bench.last_version(), (added, added));
    assert_eq!(bench.record().execution, "attempt-2");
}

#[tokio::test]
async fn a_quarantined_file_is_published_by_its_next_attempt() {
    let bench = Bench::new();
    bench.validate().await.unwrap();
    bench.claim().await.unwrap();
    bench.quarantine().await;
    let bench = bench.attempt(1);
    let aggregated = bench.compute().await;
    assert_eq!(aggregated.verdict, Verdict::Publish);
    bench.claim().await.unwrap();
    assert!(matches!(bench.publish_at(later(1)).await, Ok(Settled::Published { .. })));
    let Counts { accepted_count, .. } = aggregated.counts;
    assert!(accepted_count > 0 && bench.last_version().0 > 0);
}

/// It dies behind its commit, and what comes then knows nothing of it but by the table.
#[tokio::test]
async fn rows_that_are_visible_are_never_denied() {
    let bench = Bench::new();
    bench.compute().await;
    bench.publish().await.unwrap();
    let dataset = &bench.file.dataset;
    let key = shared::ledger::key(dataset, &bench.file.file_id, bench.file.revision());
    let claim = Record::claim(bench.file.clone(), "run-1", None, ENTERED.ms);
    std::fs::write(bench.path(&key), serde_json::to_vec(&claim).unwrap()).unwrap();

    let bench = bench.attempt(1);
    let Settled::Quarantined { cause, report, announcement, .. } = bench.quarantine().await else {
        panic!("not quarantined");
    };
    assert!(cause.contains("the rows of the execution `run-1` stay"), "{cause}");
    assert!(announcement.text.contains("run-1"), "{}", announcement.text);
    let report: Value =
        serde_json::from_slice(&std::fs::read(bench.path(&report)).unwrap()).unwrap();
    assert_eq!(report["visible"]["execution"], "run-1");
    assert_eq!(bench.record().publication.unwrap().execution, "run-1");

    // Redriven, it ends as it has ended, though the record is another's.
    let bench = bench.at(1);
    let published = bench.publish_at(later(1)).await;
    assert!(matches!(published, Ok(Settled::Published { table_version: Some(1), .. })));
    assert_eq!(bench.record().execution, "attempt-1");
}
