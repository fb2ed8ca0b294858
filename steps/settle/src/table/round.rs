//! One try at a commit, on the table as it is at that moment.
//!
//! What it reads is of one version, and what it writes is the next one or nothing: so whatever it decided by
//! still holds when its rows become visible.

use delta_kernel::SnapshotRef;
use delta_kernel::schema::StructType;
use delta_kernel::transaction::CommitResult;
use shared::contract::Revisions;

use super::standing::{Mark, Standing, Task};
use super::{
    Commit, Outcome, Owner, Published, Reach, TableError, TableStore, begin, parts, schema,
};

/// Of bytes: that they were loaded, and that a duplicate counts on them besides.
const LOADED: i64 = 1;
const COUNTED_ON: i64 = 2;

pub(super) struct Round<'a> {
    pub(super) table: &'a TableStore,
    pub(super) snapshot: SnapshotRef,
    pub(super) commit: &'a Commit,
    /// Those of the commit, as the table has them.
    pub(super) columns: &'a StructType,
}

/// What a round came to.
pub(super) enum Settled {
    Now(Published),
    /// There is something to be done, and nothing yet to do it with, or it is not to be done now.
    NotYet,
    /// Another writer came first.
    Lost,
}

impl Round<'_> {
    pub(super) fn settle(&self, reach: Reach) -> Result<Settled, TableError> {
        let bytes = self.version_of(&bytes_txn(&self.commit.digest.segment()))?;
        let standing = self.standing(bytes.is_some())?;
        let has_rows = reach != Reach::Publish || !self.commit.parts.is_empty();
        match (standing.task(self.commit, has_rows), reach) {
            (Task::Done, Reach::Publish | Reach::Look) => Ok(self.before(&standing)),
            (Task::DoneAsDuplicate(twin), _) => Ok(self.told(Outcome::Duplicate, twin)),
            (_, Reach::Look) | (Task::Done | Task::Add, Reach::Recognize) => Ok(Settled::NotYet),
            (Task::Refuse(outcome, twin), _) => Ok(self.told(outcome, twin)),
            (Task::Skip(twin), _) => self.commit(&standing, Some(twin), bytes),
            (Task::Add, Reach::Publish) => self.commit(&standing, None, bytes),
        }
    }

    /// What the table says of the commit's file and bytes, which may never have been loaded.
    fn standing(&self, is_loaded: bool) -> Result<Standing, TableError> {
        let commit = self.commit;
        let replacing = self.version_of(&commit.file_txn(true))?;
        let kept = self.version_of(&commit.file_txn(false))?;
        let mut standing = Standing { replacing, kept, ..Standing::default() };
        let is_known = replacing.or(kept).is_some();
        if is_known {
            standing.own = self.version_of(&commit.revision_txn())?.map(Mark::of);
        }
        if is_known || is_loaded {
            let is_asked =
                |owner: &Owner| owner.file_id == commit.file_id || owner.has(&commit.digest);
            let found = parts::owners(self.table, &self.snapshot, is_asked)?;
            (standing.of_file, standing.twins) =
                found.into_iter().partition(|owner| owner.file_id == commit.file_id);
        }
        Ok(standing)
    }

    fn version_of(&self, txn: &str) -> Result<Option<i64>, TableError> {
        Ok(self.snapshot.get_app_id_version(txn, &*self.table.engine)?)
    }

    /// What has become of the parts that this very execution has added before.
    fn before(&self, standing: &Standing) -> Settled {
        let is_replaced = standing.is_replaced(self.commit);
        let outcome = if is_replaced { Outcome::ReplacedSince } else { Outcome::CommittedBefore };
        self.told(outcome, None)
    }

    /// Writes the next version: with the parts, or, of a duplicate, that there are none.
    fn commit(
        &self,
        standing: &Standing,
        twin: Option<Owner>,
        bytes: Option<i64>,
    ) -> Result<Settled, TableError> {
        let (table, commit) = (self.table, self.commit);
        let is_duplicate = twin.is_some();
        // Of what a duplicate is one of, be it a revision of its own file, nothing goes.
        let goes = |owner: &Owner| {
            standing.replaced(commit).any(|replaced| replaced == owner)
                && !(is_duplicate && owner.has(&commit.digest))
        };
        let gone: Vec<&Owner> = standing.of_file.iter().filter(|owner| goes(owner)).collect();
        if let Some(owner) = self.counted_on(&gone)?
            && !self.is_answered()?
        {
            return self.ask(owner);
        }
        let (parts, adds, added) = if is_duplicate {
            (&[][..], None, Vec::new())
        } else {
            let mut added = schema::added(&self.snapshot.schema(), self.columns)?;
            added.retain(|_| !commit.parts.is_empty());
            (&commit.parts[..], parts::adds(commit)?, added)
        };
        let mut txns = self.settles(standing, is_duplicate);
        // Nobody counts any more on bytes of which no rows are live.
        let mut same = standing.of_file.iter().chain(&standing.twins);
        let is_new = bytes.is_none() || !same.any(|owner| owner.has(&commit.digest));
        let loads = adds.is_some() && is_new;
        txns.extend(loads.then(|| (bytes_txn(&commit.digest.segment()), LOADED)));
        // Of its own file a revision replaces what it counts on, unless it may not.
        let counts = twin.as_ref().is_some_and(|twin| {
            twin.file_id != commit.file_id || commit.revisions == Revisions::Refuse
        });
        txns.extend(counts.then(|| (bytes_txn(&commit.digest.segment()), COUNTED_ON)));
        let mut transaction = begin(table, &self.snapshot, commit, parts, added, txns)?;
        if let Some(adds) = adds {
            transaction.add_files(adds);
        }
        if !gone.is_empty() {
            for parts in parts::live(table, &self.snapshot, goes)? {
                transaction.remove_files(parts);
            }
        }
        match transaction.commit(&*table.engine)? {
            CommitResult::Committed(done) => {
                let outcome = if is_duplicate { Outcome::Duplicate } else { Outcome::Committed };
                let version = done.commit_version();
                Ok(Settled::Now(Published { version, outcome, original: twin }))
            }
            CommitResult::Conflicted(_) => Ok(Settled::Lost),
            CommitResult::Retryable(failed) => Err(failed.error.into()),
        }
    }

    /// The first of the owners whose rows are those of a duplicate too, if no others of the same bytes stay.
    fn counted_on(&self, gone: &[&Owner]) -> Result<Option<Owner>, TableError> {
        for owner in gone.iter().filter(|owner| !owner.has(&self.commit.digest)) {
            if self.version_of(&bytes_txn(&owner.digest))? != Some(COUNTED_ON) {
                continue;
            }
            let stays = |other: &Owner| other.digest == owner.digest && !gone.contains(&other);
            if parts::owners(self.table, &self.snapshot, stays)?.is_empty() {
                return Ok(Some((*owner).clone()));
            }
        }
        Ok(None)
    }

    /// Whether somebody was asked, and this is the answer.
    fn is_answered(&self) -> Result<bool, TableError> {
        let asked = self.version_of(&self.commit.asked_txn())?;
        Ok(asked.is_some_and(|asked| asked < self.commit.attempt.into()))
    }

    /// Puts on record that somebody is asked: a later attempt is the answer.
    fn ask(&self, counted_on: Owner) -> Result<Settled, TableError> {
        let commit = self.commit;
        let asked = vec![(commit.asked_txn(), i64::from(commit.attempt))];
        let transaction = begin(self.table, &self.snapshot, commit, &[], Vec::new(), asked)?;
        match transaction.commit(&*self.table.engine)? {
            CommitResult::Committed(_) => Ok(self.told(Outcome::CountedOn, Some(counted_on))),
            CommitResult::Conflicted(_) => Ok(Settled::Lost),
            CommitResult::Retryable(failed) => Err(failed.error.into()),
        }
    }

    /// What the log says from then on of the file and the revision.
    fn settles(&self, standing: &Standing, is_duplicate: bool) -> Vec<(String, i64)> {
        let commit = self.commit;
        let mark = Mark::new(commit, is_duplicate);
        let mut settles = vec![(commit.revision_txn(), mark.version())];
        let replaces = commit.revisions == Revisions::Replace;
        let latest = if replaces { standing.replacing } else { standing.kept };
        // Where revisions are refused, what was not loaded is in nobody's way.
        let is_known = standing.replacing.or(standing.kept).is_some();
        if !(is_duplicate && is_known && commit.revisions == Revisions::Refuse) {
            let latest = latest.map_or(commit.revision, |latest| latest.max(commit.revision));
            settles.push((commit.file_txn(replaces), latest));
        }
        settles
    }

    fn told(&self, outcome: Outcome, original: Option<Owner>) -> Settled {
        Settled::Now(Published { version: self.snapshot.version(), outcome, original })
    }
}

impl Commit {
    /// What the log knows the file by: its revisions that replace the others, or those that do not.
    fn file_txn(&self, replaces: bool) -> String {
        format!("sluice:{}{}", self.file_id, if replaces { "" } else { "/kept" })
    }

    /// What the log knows by whether somebody was asked, and by which attempt.
    fn asked_txn(&self) -> String {
        format!("sluice:{}/{}/asked", self.file_id, self.revision)
    }

    /// What the log knows this revision of it by.
    fn revision_txn(&self) -> String {
        format!("sluice:{}/{}", self.file_id, self.revision)
    }
}

/// What the log knows bytes by.
fn bytes_txn(digest: &str) -> String {
    format!("sluice:bytes/{digest}")
}
