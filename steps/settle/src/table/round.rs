//! One try at a commit, on the table as it is at that moment.
//!
//! What it reads is of one version, and what it writes is the next one or nothing: so whatever it decided by
//! still holds when its rows become visible.

use delta_kernel::SnapshotRef;
use delta_kernel::schema::StructType;
use delta_kernel::transaction::CommitResult;
use shared::contract::Duplicates;

use super::standing::{Mark, Replaced, Standing, Task, task};
use super::{
    Commit, Outcome, Owner, Published, Reach, TableError, TableStore, begin, parts, schema,
};

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
    /// There is something to be done, and nothing yet to do it with.
    NotYet,
    /// Another writer came first.
    Lost,
}

impl Round<'_> {
    pub(super) fn settle(&self, reach: Reach) -> Result<Settled, TableError> {
        let standing = self.standing()?;
        let replaced = match task(self.commit, standing) {
            Task::Done(mark) => return self.before(mark, standing, reach),
            Task::None(Outcome::NotReplaced) => Replaced::Nothing,
            Task::None(outcome) => return Ok(self.told(outcome, None)),
            Task::Settle(replaced) => replaced,
        };
        let twin = self.twin(replaced, reach)?;
        if let Some(twin) = &twin
            && self.would_lose(twin, replaced)?
        {
            return Ok(self.told(Outcome::Ambiguous, Some(twin.clone())));
        }
        match (task(self.commit, standing), &twin, reach) {
            // The same once more replaces nothing.
            (Task::None(outcome), None, _) => Ok(self.told(outcome, None)),
            (_, None, Reach::Recognize) => Ok(Settled::NotYet),
            _ => self.commit(standing, replaced, twin),
        }
    }

    /// What the log says of the commit's file.
    fn standing(&self) -> Result<Standing, TableError> {
        let latest = self.version_of(&self.commit.file_txn())?;
        let own = match latest {
            Some(_) => self.version_of(&self.commit.revision_txn())?.map(Mark::of),
            None => None,
        };
        Ok(Standing { latest, own })
    }

    fn version_of(&self, txn: &str) -> Result<Option<i64>, TableError> {
        Ok(self.snapshot.get_app_id_version(txn, &*self.table.engine)?)
    }

    /// What this attempt has done before.
    fn before(&self, mark: Mark, standing: Standing, reach: Reach) -> Result<Settled, TableError> {
        let commit = self.commit;
        if mark.is_duplicate {
            let twin = parts::find(self.table, &self.snapshot, |owner| owner.has(&commit.digest))?;
            return Ok(self.told(Outcome::Duplicate, twin));
        }
        if reach == Reach::Recognize {
            return Ok(Settled::NotYet);
        }
        // The parts of a revision that was replaced since are gone, whoever made them.
        let is_latest = standing.latest == Some(commit.revision);
        let is_other = is_latest && !parts::are_live(self.table, &self.snapshot, commit)?;
        let outcome = if is_other { Outcome::CommittedByAnother } else { Outcome::CommittedBefore };
        Ok(self.told(outcome, None))
    }

    /// A live file of the same bytes, if there may not be two. What this commit takes out is none, where
    /// somebody has asked for it to be loaded anew.
    fn twin(&self, replaced: Replaced, reach: Reach) -> Result<Option<Owner>, TableError> {
        let commit = self.commit;
        let has_rows = reach == Reach::Recognize || !commit.parts.is_empty();
        if commit.duplicates == Duplicates::Load
            || !has_rows
            || self.version_of(&commit.digest_txn())?.is_none()
        {
            return Ok(None);
        }
        let makes_way = |owner: &Owner| commit.attempt > 0 && replaced.has(owner, commit);
        let is_twin = |owner: &Owner| owner.has(&commit.digest) && !makes_way(owner);
        let is_own = |owner: &Owner| owner.file_id == commit.file_id && is_twin(owner);
        match parts::find(self.table, &self.snapshot, is_own)? {
            Some(own) => Ok(Some(own)),
            None => parts::find(self.table, &self.snapshot, is_twin),
        }
    }

    /// Whether rows would go without any coming: those of an earlier revision, for bytes that another file
    /// has. If that one were replaced in its turn, they would be nobody's.
    fn would_lose(&self, twin: &Owner, replaced: Replaced) -> Result<bool, TableError> {
        let commit = self.commit;
        if twin.file_id == commit.file_id {
            return Ok(false);
        }
        let makes_way = |owner: &Owner| replaced.has(owner, commit);
        Ok(parts::find(self.table, &self.snapshot, makes_way)?.is_some())
    }

    /// Writes the next version: the parts, or, of a duplicate, that there are none.
    fn commit(
        &self,
        standing: Standing,
        replaced: Replaced,
        twin: Option<Owner>,
    ) -> Result<Settled, TableError> {
        let (table, commit) = (self.table, self.commit);
        let is_duplicate = twin.is_some();
        let adds = if is_duplicate { None } else { parts::adds(commit)? };
        let added = if is_duplicate {
            Vec::new()
        } else {
            schema::added(&self.snapshot.schema(), self.columns)?
        };
        let latest = standing.latest.map_or(commit.revision, |latest| latest.max(commit.revision));
        let mark = Mark { attempt: commit.attempt, is_duplicate };
        let mut txns = vec![(commit.file_txn(), latest), (commit.revision_txn(), mark.version())];
        txns.extend(adds.is_some().then(|| (commit.digest_txn(), 1)));
        let mut transaction = begin(table, &self.snapshot, commit, added, txns)?;
        if let Some(adds) = adds {
            transaction.add_files(adds);
        }
        if replaced != Replaced::Nothing {
            // A duplicate's own file may be what it is a duplicate of.
            let makes_way = |owner: &Owner| {
                replaced.has(owner, commit) && !(is_duplicate && owner.has(&commit.digest))
            };
            for parts in parts::live(table, &self.snapshot, makes_way)? {
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

    fn told(&self, outcome: Outcome, original: Option<Owner>) -> Settled {
        Settled::Now(Published { version: self.snapshot.version(), outcome, original })
    }
}

impl Replaced {
    /// Whether a live part makes way for the commit.
    fn has(self, owner: &Owner, commit: &Commit) -> bool {
        match self {
            Replaced::Nothing => false,
            Replaced::Revision => {
                owner.file_id == commit.file_id && owner.revision == commit.revision
            }
            Replaced::File => owner.file_id == commit.file_id,
        }
    }
}

impl Commit {
    /// What the log knows the file by.
    fn file_txn(&self) -> String {
        format!("sluice:{}", self.file_id)
    }

    /// What the log knows this revision of it by.
    fn revision_txn(&self) -> String {
        format!("sluice:{}/{}", self.file_id, self.revision)
    }

    /// What the log knows its bytes by.
    fn digest_txn(&self) -> String {
        format!("sluice:bytes/{}", self.digest.segment())
    }
}
