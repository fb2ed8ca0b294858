//! What is kept on disk between runs, and what one run has for itself.
//!
//! ```text
//! .sluice/
//!   venv/       the local AWS and the AWS CLI
//!   stage/      what is packaged: the template, the state machine, the packed functions
//!   run/<id>/   log and temporary files of one run; the next run removes them
//!   output/     what the last run made
//! ```
//!
//! Invariant: only the holder of the lock changes `venv` and `stage`; a run's folder is removed by
//! another only when its own lock is free, which it is when its process is gone.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

use super::console::Console;
use super::error::LocalError;

const LOCK: &str = "lock";
const POLL: Duration = Duration::from_millis(100);

/// The folder that is kept.
#[derive(Debug, Clone)]
pub struct State {
    folder: PathBuf,
}

/// The folder of one run.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    _lock: Lock,
}

/// A lock that is held until this is dropped.
#[derive(Debug)]
pub struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file alone would not do while a child that is just being started has it too.
        let _ = self.0.unlock();
    }
}

impl State {
    /// Opens the folder, or makes it.
    ///
    /// # Errors
    /// [`LocalError::File`].
    pub fn open(folder: &Path) -> Result<Self, LocalError> {
        std::fs::create_dir_all(folder).map_err(LocalError::file("make", folder))?;
        let folder = folder.canonicalize().map_err(LocalError::file("find", folder))?;
        Ok(State { folder })
    }

    /// The virtual environment.
    pub fn venv(&self) -> PathBuf {
        self.folder.join("venv")
    }

    /// What is packaged.
    ///
    /// # Errors
    /// [`LocalError::File`] if it cannot be made.
    pub fn stage(&self) -> Result<PathBuf, LocalError> {
        self.made("stage")
    }

    /// Waits until no other process sets up, and keeps them off until the result is dropped.
    ///
    /// # Errors
    /// [`LocalError::File`].
    pub async fn lock(&self, console: &Console) -> Result<Lock, LocalError> {
        let path = self.folder.join(LOCK);
        let file = lock_file(&path)?;
        let mut waited = false;
        while !try_lock(&file, &path)? {
            if !waited {
                console.note("another `sluice local` is setting up; waiting for it");
            }
            waited = true;
            sleep(POLL).await;
        }
        Ok(Lock(file))
    }

    /// Makes the folder of this run and removes those of runs that are over.
    ///
    /// # Errors
    /// [`LocalError::File`].
    pub fn run_folder(&self, port: u16) -> Result<RunFolder, LocalError> {
        let all = self.made("run")?;
        sweep(&all)?;
        // Of all runs that are going on, one has this port.
        let path = all.join(port.to_string());
        std::fs::create_dir_all(&path).map_err(LocalError::file("make", &path))?;
        let lock = lock_file(&path.join(LOCK))?;
        try_lock(&lock, &path)?;
        Ok(RunFolder { path, _lock: Lock(lock) })
    }

    fn made(&self, name: &str) -> Result<PathBuf, LocalError> {
        let path = self.folder.join(name);
        std::fs::create_dir_all(&path).map_err(LocalError::file("make", &path))?;
        Ok(path)
    }
}

impl RunFolder {
    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Removes the folders that no process holds.
fn sweep(all: &Path) -> Result<(), LocalError> {
    for entry in all.read_dir().map_err(LocalError::file("read", all))? {
        let folder = entry.map_err(LocalError::file("read", all))?.path();
        let lock = folder.join(LOCK);
        let over = !lock.exists() || try_lock(&lock_file(&lock)?, &lock)?;
        if over {
            remove(&folder).map_err(LocalError::file("remove", &folder))?;
        }
    }
    Ok(())
}

/// Removes a folder, from which a watchdog may be removing files too.
fn remove(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn lock_file(path: &Path) -> Result<File, LocalError> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    options.open(path).map_err(LocalError::file("write", path))
}

/// Takes a lock if nobody has it.
fn try_lock(file: &File, path: &Path) -> Result<bool, LocalError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(source)) => Err(LocalError::file("lock", path)(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_one_process_sets_up_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(folder.path()).unwrap();
        let lock = state.lock(&Console::silent()).await.unwrap();
        let second = lock_file(&folder.path().join(LOCK)).unwrap();
        assert!(!try_lock(&second, folder.path()).unwrap());
        drop(lock);
        assert!(try_lock(&second, folder.path()).unwrap());
    }

    #[test]
    fn a_run_that_is_over_is_removed_and_another_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(folder.path()).unwrap();
        let first = state.run_folder(1001).unwrap();
        let second = state.run_folder(1002).unwrap();
        let paths = [first.path().to_owned(), second.path().to_owned()];
        drop(first);
        let _third = state.run_folder(1003).unwrap();
        assert_eq!(paths.map(|path| path.exists()), [false, true]);
        drop(second);
    }
}
