//! What a commit is to do, by what the table says of its file and of its bytes.
//!
//! A version of the log tells by `txn` actions what it settles: of the file its latest revision that replaced
//! the others, and apart from it the latest that did not; of the revision its [`Mark`]; of the bytes that they
//! were loaded, and whether a duplicate counts on them.
//!
//! Invariant: a revision is settled by one attempt at a time, and by none after a later one.
//! Invariant: what a revision has replaced never comes back, whatever the contract says by then.
//! Invariant: rows go only where newer rows of the same file come, or where the same bytes stay.

use shared::contract::{Duplicates, Revisions};

use super::{Commit, Outcome, Owner};

/// What the table says of a file, of one revision of it, and of the bytes of that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// The latest revision that has taken the place of all before it.
    pub(super) replacing: Option<i64>,
    /// The latest of those that have not.
    pub(super) kept: Option<i64>,
    /// How the commit's own revision was settled.
    pub(super) own: Option<Mark>,
    /// Whose live parts are of the commit's file, each once.
    pub(super) of_file: Vec<Owner>,
    /// Those of other files that have the same bytes.
    pub(super) twins: Vec<Owner>,
}

/// How a revision was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// By which attempt.
    pub(super) attempt: u16,
    /// By which execution: a hash of its name, of 46 bits.
    pub(super) execution: u64,
    /// Whether its rows were left out, because those of a file of the same bytes were there.
    pub(super) is_duplicate: bool,
}

/// Bits of a mark that tell the execution.
const EXECUTION_BITS: u32 = 46;
const EXECUTION_MASK: u64 = (1 << EXECUTION_BITS) - 1;

impl Mark {
    /// That of a commit.
    pub(super) fn new(commit: &Commit, is_duplicate: bool) -> Self {
        Mark { attempt: attempt(commit), execution: hash(&commit.execution), is_duplicate }
    }

    /// As the version of a `txn` action tells it.
    pub(super) fn of(version: i64) -> Self {
        let bits = version.cast_unsigned();
        Mark {
            attempt: u16::try_from(bits >> (EXECUTION_BITS + 1)).unwrap_or(u16::MAX),
            execution: (bits >> 1) & EXECUTION_MASK,
            is_duplicate: bits & 1 == 1,
        }
    }

    /// The version of its `txn` action.
    pub(super) fn version(self) -> i64 {
        let attempt = u64::from(self.attempt) << (EXECUTION_BITS + 1);
        (attempt | (self.execution << 1) | u64::from(self.is_duplicate)).cast_signed()
    }

    /// Whether another execution has left nothing to do for the commit.
    fn is_before(self, commit: &Commit) -> bool {
        let attempt = attempt(commit);
        self.attempt > attempt || self.attempt == attempt && !self.is_duplicate
    }

    fn is_of(self, commit: &Commit) -> bool {
        self.attempt == attempt(commit) && self.execution == hash(&commit.execution)
    }
}

/// Nobody asks for a file 65,535 times.
fn attempt(commit: &Commit) -> u16 {
    u16::try_from(commit.attempt).unwrap_or(u16::MAX)
}

/// FNV-1a of 64 bits, folded. It is in the log for ever, so no hash will do that may be another in a later
/// version.
fn hash(name: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    (hash ^ (hash >> EXECUTION_BITS)) & EXECUTION_MASK
}

/// What a commit is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Task {
    /// Nothing: this very attempt has added its parts before.
    Done,
    /// Nothing: this very attempt has found before that it is a duplicate, of that file if it is still there.
    DoneAsDuplicate(Option<Owner>),
    /// Nothing, for ever.
    Refuse(Outcome, Option<Owner>),
    /// Say that it is a duplicate of that one.
    Skip(Owner),
    /// Add its parts.
    Add,
}

impl Standing {
    /// Whether a later revision has come that does not stand beside this one.
    pub(super) fn is_overtaken(&self, commit: &Commit) -> bool {
        let is_later = |latest: Option<i64>| latest.is_some_and(|latest| latest > commit.revision);
        is_later(self.replacing) || commit.revisions != Revisions::Append && is_later(self.kept)
    }

    /// Whether a later revision has taken the rows of the commit out.
    pub(super) fn is_replaced(&self, commit: &Commit) -> bool {
        let is_later = self.replacing.is_some_and(|latest| latest > commit.revision);
        let is_live = |owner: &Owner| owner.revision == commit.revision;
        is_later && !self.of_file.iter().any(is_live)
    }

    /// Those of the file that make way for the commit, if it adds its parts.
    pub(super) fn replaced<'a>(&'a self, commit: &'a Commit) -> impl Iterator<Item = &'a Owner> {
        self.of_file.iter().filter(|owner| makes_way(owner, commit))
    }

    /// A live file of the same bytes, if there may not be two. What the commit takes out is none, where
    /// somebody has asked for it to be loaded anew.
    fn twin(&self, commit: &Commit) -> Option<&Owner> {
        let has_same = |owner: &&Owner| owner.has(&commit.digest);
        if commit.duplicates == Duplicates::Load
            || commit.attempt > 0 && self.replaced(commit).any(|owner| has_same(&owner))
        {
            return None;
        }
        self.of_file.iter().find(has_same).or(self.twins.first())
    }

    /// What `commit` is to do; `has_rows` says whether it has any, as far as it is known.
    pub(super) fn task(&self, commit: &Commit, has_rows: bool) -> Task {
        let twin = self.twin(commit).filter(|_| has_rows).cloned();
        let is_overtaken = self.is_overtaken(commit);
        match self.own {
            Some(own) if own.is_of(commit) && !own.is_duplicate => return Task::Done,
            // What it was a duplicate of may be gone, and then it is none.
            Some(own) if own.is_of(commit) && (twin.is_some() || is_overtaken) => {
                return Task::DoneAsDuplicate(twin);
            }
            Some(own) if !own.is_of(commit) && own.is_before(commit) => {
                return Task::Refuse(Outcome::CommittedByAnother, None);
            }
            _ => {}
        }
        match twin {
            _ if is_overtaken => Task::Refuse(Outcome::Superseded, None),
            // Rows would go without any coming: if the twin were replaced in its turn, they would be nobody's.
            Some(twin)
                if twin.file_id != commit.file_id && self.replaced(commit).next().is_some() =>
            {
                Task::Refuse(Outcome::Ambiguous, Some(twin))
            }
            Some(twin) => Task::Skip(twin),
            None if self.may_not_replace(commit) => Task::Refuse(Outcome::NotReplaced, None),
            None => Task::Add,
        }
    }

    /// Whether other rows of the file are live, and the commit may neither replace them nor stand beside them.
    fn may_not_replace(&self, commit: &Commit) -> bool {
        commit.revisions == Revisions::Refuse
            && self.of_file.iter().any(|owner| owner.revision != commit.revision)
    }
}

/// Whether rows of the commit's file make way for it: those of an earlier attempt at the revision always.
fn makes_way(owner: &Owner, commit: &Commit) -> bool {
    commit.revisions == Revisions::Replace || owner.revision == commit.revision
}

#[cfg(test)]
mod tests;
