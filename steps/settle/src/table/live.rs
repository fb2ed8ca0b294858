//! Which parts a table has: those that its latest version names.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};

use delta_kernel::{KernelError, Snapshot};

use super::parts::{paths, scan};
use super::{TableError, TableStore};

/// The parts of a table, in 8 bytes each, since there may be millions: of a part that is not among them it
/// may be said, once in 10^12 times, that it is; never the other way round.
#[derive(Debug, Default)]
pub struct Live(HashSet<u64>);

impl Live {
    /// Whether the table has the part at that path, relative to its root.
    pub fn has(&self, path: &str) -> bool {
        self.0.contains(&hash(path))
    }
}

impl<'a> FromIterator<&'a str> for Live {
    fn from_iter<T: IntoIterator<Item = &'a str>>(paths: T) -> Self {
        Live(paths.into_iter().map(hash).collect())
    }
}

fn hash(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(path.as_bytes());
    hasher.finish()
}

/// The parts of the table as it is now; none if there is no table.
///
/// # Errors
///
/// See [`TableError`].
pub async fn live(table: &TableStore) -> Result<Live, TableError> {
    let table = table.clone();
    // The kernel blocks; the caller's runtime must not.
    tokio::task::spawn_blocking(move || live_blocking(&table)).await?
}

fn live_blocking(table: &TableStore) -> Result<Live, TableError> {
    let snapshot = match Snapshot::builder_for(&table.root).build(&*table.engine) {
        Err(KernelError::EmptyLog) => return Ok(Live::default()),
        found => found?,
    };
    let mut hashes = HashSet::new();
    scan(table, &snapshot, |data, is_live| {
        let paths = paths(&data)?.iter().zip(is_live);
        hashes.extend(paths.filter_map(|(path, is_live)| path.filter(|_| is_live)).map(hash));
        Ok(())
    })?;
    Ok(Live(hashes))
}
