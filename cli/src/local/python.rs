//! The Python interpreter, and the virtual environment that holds the local AWS.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::child::{Children, Task};
use super::environment::Environment;
use super::error::LocalError;
use super::workspace::Workspace;

/// Names of interpreters, in the order in which they are tried.
const NAMES: [&str; 6] =
    ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"];
/// Prints the version and the place of an interpreter, if it is new enough.
const PROBE: &str = "import sys; assert sys.version_info >= (3, 10); print(sys.version); \
                     print(sys.executable)";
const PROBE_LIMIT: Duration = Duration::from_secs(20);
const VENV_LIMIT: Duration = Duration::from_mins(2);
const INSTALL_LIMIT: Duration = Duration::from_mins(15);
/// Written when all is installed: without it, an earlier attempt was interrupted.
const STAMP: &str = "sluice-installed";

/// An interpreter, 3.10 or later.
#[derive(Debug, Clone)]
pub struct Python {
    /// The program.
    pub program: PathBuf,
    /// Its version and place.
    identity: String,
}

/// The programs of the virtual environment.
#[derive(Debug, Clone)]
pub struct Tools {
    folder: PathBuf,
}

impl Python {
    /// The first interpreter on PATH that is new enough.
    ///
    /// # Errors
    /// [`LocalError::NoPython`].
    pub async fn find() -> Result<Self, LocalError> {
        for name in NAMES {
            if let Some(python) = probe(name).await {
                return Ok(python);
            }
        }
        Err(LocalError::NoPython { tried: NAMES.join(", ") })
    }
}

/// Asks an interpreter who it is; None if it is not there, too old or broken.
async fn probe(name: &str) -> Option<Python> {
    let mut command = Command::new(name);
    command.args(["-I", "-c", PROBE]).stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.kill_on_drop(true).output();
    let output = tokio::time::timeout(PROBE_LIMIT, output).await.ok()?.ok()?;
    let identity = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    let program = PathBuf::from(identity.lines().last()?);
    Some(Python { program, identity })
}

impl Tools {
    /// The virtual environment in a folder, made anew unless it has just what the requirements say.
    ///
    /// # Errors
    /// [`LocalError::Tools`] if it cannot be made.
    pub async fn install(
        python: &Python,
        folder: PathBuf,
        workspace: &Workspace,
        children: &Children,
        environment: &Environment,
    ) -> Result<Self, LocalError> {
        let requirements = workspace.own("requirements.txt");
        let pins = std::fs::read_to_string(&requirements)
            .map_err(LocalError::file("read", &requirements))?;
        // The programs of a virtual environment do not run from another place than where it was made.
        let stamp = format!("{}{}\n{pins}", python.identity, folder.display());
        let stamp_path = folder.join(STAMP);
        let tools = Tools { folder };
        if std::fs::read_to_string(&stamp_path).is_ok_and(|found| found == stamp) {
            return Ok(tools);
        }
        let root = workspace.path("");
        let make = Task::new(&python.program, environment, &root)
            .args(["-I", "-m", "venv", "--clear"])
            .arg(&tools.folder);
        run(children, &make, VENV_LIMIT, "make a virtual environment").await?;
        let install = Task::new(tools.program("python"), environment, &root)
            .args(["-I", "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:"])
            .args(["--disable-pip-version-check", "--no-input", "--quiet", "--retries", "2"])
            .arg("--requirement")
            .arg(requirements);
        run(children, &install, INSTALL_LIMIT, "install the local AWS").await?;
        std::fs::write(&stamp_path, stamp).map_err(LocalError::file("write", &stamp_path))?;
        Ok(tools)
    }

    /// A program of the virtual environment.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs().join(name)
    }

    /// The folder of the programs.
    pub fn programs(&self) -> PathBuf {
        self.folder.join("bin")
    }
}

async fn run(
    children: &Children,
    task: &Task,
    limit: Duration,
    what: &'static str,
) -> Result<(), LocalError> {
    let done = children.output(task, limit).await;
    done.map(|_| ()).map_err(|source| LocalError::Tools { what, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_that_is_no_python_is_passed_over() {
        assert!(probe("true").await.is_none());
        assert!(probe("no-such-interpreter").await.is_none());
    }
}
