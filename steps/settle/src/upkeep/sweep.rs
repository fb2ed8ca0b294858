//! Which parts nobody needs, object by object.
//!
//! Invariant: a part stays while the table names it, while it is young, and while anything was lately written
//! of its file in the ledger: a claim, whose execution may be about to publish it, or what took its place,
//! for those who still read what was there before.
//! Invariant: what is not a part of ours stays.

use shared::store::Listed;

use crate::table::{Live, owner};

/// Parts in a batch, so that a file of any number of them takes no more memory.
const BATCH_LEN: usize = 1000;

/// The latest moment that is long ago, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cutoff(i64);

impl Cutoff {
    /// So many days before `now_ms`.
    pub fn new(now_ms: i64, retention_days: u16) -> Self {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        Cutoff(now_ms.saturating_sub(i64::from(retention_days) * DAY_MS))
    }

    /// Whether an object was written then or before.
    pub fn is_old(self, object: &Listed) -> bool {
        object.modified_ms <= self.0
    }
}

/// Parts of one file that are old and that the table does not name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The file.
    pub file_id: String,
    parts: Vec<Listed>,
}

impl Batch {
    /// The parts that nobody needs, by all records of the ledger of their file.
    pub fn unless_recent(self, records: &[Listed], cutoff: Cutoff) -> Vec<Listed> {
        if records.iter().all(|record| cutoff.is_old(record)) { self.parts } else { Vec::new() }
    }
}

/// Goes through the objects of a table.
#[derive(Debug)]
pub struct Sweep<'a> {
    root: &'a str,
    live: &'a Live,
    cutoff: Cutoff,
    batch: Option<Batch>,
}

impl<'a> Sweep<'a> {
    /// Begins with the objects of the table whose keys start with `root`, which ends in a slash.
    pub fn new(root: &'a str, live: &'a Live, cutoff: Cutoff) -> Self {
        Sweep { root, live, cutoff, batch: None }
    }

    /// Takes the next object by the order of keys, or the end (`None`), and gives a batch that is complete.
    pub fn next(&mut self, object: Option<Listed>) -> Option<Batch> {
        let Some(object) = object else { return self.batch.take() };
        let file_id = self.dead(&object)?;
        match &mut self.batch {
            Some(batch) if batch.file_id == file_id && batch.parts.len() < BATCH_LEN => {
                batch.parts.push(object);
                None
            }
            batch => batch.replace(Batch { file_id, parts: vec![object] }),
        }
    }

    /// The file of a part that is old and that the table does not name.
    fn dead(&self, object: &Listed) -> Option<String> {
        let path = object.key.strip_prefix(self.root)?;
        let owner = owner(path)?;
        (self.cutoff.is_old(object) && !self.live.has(path)).then_some(owner.file_id)
    }
}

#[cfg(test)]
mod tests;
