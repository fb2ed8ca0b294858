//! What a run finds on this machine.

use super::child::Children;
use super::error::LocalError;
use super::python::Python;
use super::workspace::Workspace;

/// This machine.
#[derive(Debug)]
pub struct Host {
    /// The sources.
    pub workspace: Workspace,
    /// An interpreter for the local AWS.
    pub python: Python,
    /// All children of the run.
    pub children: Children,
}

impl Host {
    /// Looks for what is needed.
    ///
    /// # Errors
    /// [`LocalError::NoWorkspace`] and [`LocalError::NoPython`].
    pub async fn find() -> Result<Self, LocalError> {
        let workspace = Workspace::find()?;
        let python = Python::find().await?;
        let children = Children::new(python.program.clone(), workspace.own("watchdog.py"));
        Ok(Host { workspace, python, children })
    }
}
