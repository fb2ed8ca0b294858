//! What a commit is to do, by what the log says of its file.
//!
//! A version of the log tells with three `txn` actions what it settles: of the file the latest revision, of
//! the revision its [`Mark`], and of the bytes that they were loaded.
//!
//! Invariant: a revision is settled by one attempt at a time, and by none after a later one.
//! Invariant: where revisions replace one another, none is settled after a later one.

use shared::contract::Revisions;

use super::{Commit, Outcome};

/// What the log says of a file, and of one revision of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// The latest revision that is settled.
    pub(super) latest: Option<i64>,
    /// How the commit's own revision was settled.
    pub(super) own: Option<Mark>,
}

/// How a revision was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// By which attempt.
    pub(super) attempt: u32,
    /// Whether its rows were left out, because those of a file of the same bytes were there.
    pub(super) is_duplicate: bool,
}

impl Mark {
    /// As the version of a `txn` action tells it.
    pub(super) fn of(version: i64) -> Self {
        let attempt = u32::try_from(version >> 1).unwrap_or(u32::MAX);
        Mark { attempt, is_duplicate: version & 1 == 1 }
    }

    /// The version of its `txn` action.
    pub(super) fn version(self) -> i64 {
        i64::from(self.attempt) << 1 | i64::from(self.is_duplicate)
    }
}

/// What a commit is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// Nothing: it has done it.
    Done(Mark),
    /// Nothing, for ever.
    None(Outcome),
    /// Add its parts, and take out those.
    Settle(Replaced),
}

/// The live parts that make way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replaced {
    Nothing,
    /// Those of the same revision, which an earlier attempt left.
    Revision,
    /// All of the file.
    File,
}

/// What `commit` is to do.
pub(super) fn task(commit: &Commit, standing: Standing) -> Task {
    let is_overtaken = standing.latest.is_some_and(|latest| latest > commit.revision)
        && commit.revisions != Revisions::Append;
    match standing.own {
        Some(own) if own.attempt == commit.attempt => Task::Done(own),
        Some(own) if own.attempt > commit.attempt => Task::None(Outcome::CommittedByAnother),
        _ if is_overtaken => Task::None(Outcome::Superseded),
        Some(_) if commit.revisions == Revisions::Append => Task::Settle(Replaced::Revision),
        Some(_) => Task::Settle(Replaced::File),
        None => first(commit.revisions, standing.latest),
    }
}

/// What the first attempt at a revision is to do, if no later one is in its way.
fn first(revisions: Revisions, latest: Option<i64>) -> Task {
    match (latest, revisions) {
        (None, _) | (_, Revisions::Append) => Task::Settle(Replaced::Nothing),
        (Some(_), Revisions::Replace) => Task::Settle(Replaced::File),
        (Some(_), Revisions::Refuse) => Task::None(Outcome::NotReplaced),
    }
}

#[cfg(test)]
mod tests;
