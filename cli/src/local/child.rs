//! Child processes that do not outlive this one, however it ends.
//!
//! Invariant: every child runs under `watchdog.py`, which kills it, and all that it has started, when
//! its pipe to this process closes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::watch;

use super::environment::Environment;
use super::error::{ChildError, last_lines};

/// How long children may take to die.
const DEATH_LIMIT: Duration = Duration::from_secs(10);

/// Starts children, and knows how many are alive.
#[derive(Debug, Clone)]
pub struct Children {
    python: PathBuf,
    watchdog: PathBuf,
    alive: watch::Sender<usize>,
}

/// A program to run.
#[derive(Debug)]
pub struct Task {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Environment,
    folder: PathBuf,
    scratch: OsString,
}

/// A child that is running. It is killed when this is dropped.
#[derive(Debug)]
pub struct Child {
    _pipe: Option<ChildStdin>,
    ended: watch::Receiver<Option<ExitStatus>>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
}

impl Task {
    /// A program that is to run in a folder.
    pub fn new(program: impl Into<PathBuf>, environment: &Environment, folder: &Path) -> Self {
        Task {
            program: program.into(),
            arguments: Vec::new(),
            environment: environment.clone(),
            folder: folder.to_owned(),
            scratch: "-".into(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Names a folder that is removed when the program has ended.
    #[must_use]
    pub fn scratch(mut self, folder: &Path) -> Self {
        self.scratch = folder.into();
        self
    }

    /// What messages call the program.
    fn name(&self) -> String {
        let name = self.program.file_name().unwrap_or(self.program.as_os_str());
        format!("`{}`", name.to_string_lossy())
    }
}

impl Children {
    /// Children that a Python interpreter watches over.
    pub fn new(python: PathBuf, watchdog: PathBuf) -> Self {
        Children { python, watchdog, alive: watch::Sender::new(0) }
    }

    /// Starts a program.
    ///
    /// # Errors
    /// [`ChildError::NotStarted`]. A program that is not there ends with status 127.
    pub fn start(&self, task: &Task, stdout: Stdio, stderr: Stdio) -> Result<Child, ChildError> {
        let not_started = |source| ChildError::NotStarted { program: task.name(), source };
        let mut command = Command::new(&self.python);
        // Isolated: no module of the caller's folder or environment gets in.
        command.args(["-I", "-S"]).arg(&self.watchdog).arg(&task.scratch);
        command.arg(&task.program).args(&task.arguments).current_dir(&task.folder);
        command.env_clear().envs(task.environment.variables());
        command.stdin(Stdio::piped()).stdout(stdout).stderr(stderr);
        // The keyboard's Ctrl-C is for this process alone: the pipe tells the others.
        command.process_group(0);
        let mut process = command.spawn().map_err(not_started)?;
        let (sender, ended) = watch::channel(None);
        let child = Child {
            _pipe: process.stdin.take(),
            ended,
            stdout: process.stdout.take(),
            stderr: process.stderr.take(),
        };
        let alive = self.alive.clone();
        alive.send_modify(|count| *count += 1);
        tokio::spawn(async move {
            let status = process.wait().await.ok();
            alive.send_modify(|count| *count -= 1);
            sender.send_replace(status);
        });
        Ok(child)
    }

    /// Runs a program to its end and returns what it printed.
    ///
    /// # Errors
    /// [`ChildError`], also if the program fails.
    pub async fn output(&self, task: &Task, limit: Duration) -> Result<Output, ChildError> {
        let child = self.start(task, Stdio::piped(), Stdio::piped())?;
        finish(task, child, limit).await
    }

    /// Runs a program to its end, returns what it printed, and leaves its messages to the terminal.
    ///
    /// # Errors
    /// [`ChildError`], also if the program fails.
    pub async fn talk(&self, task: &Task, limit: Duration) -> Result<Output, ChildError> {
        let child = self.start(task, Stdio::piped(), Stdio::inherit())?;
        finish(task, child, limit).await
    }

    /// Waits until all children are gone, but not for ever.
    pub async fn gone(&self) {
        let mut alive = self.alive.subscribe();
        // Whoever is alive after the limit cannot be killed by us either.
        let _ = tokio::time::timeout(DEATH_LIMIT, alive.wait_for(|&count| count == 0)).await;
    }
}

impl Child {
    /// Waits until the child has ended; None if the system lost track of it.
    pub async fn wait(&self) -> Option<ExitStatus> {
        let mut ended = self.ended.clone();
        let _ = ended.changed().await;
        *ended.borrow()
    }
}

/// Reads what a child prints, to its end.
async fn finish(task: &Task, mut child: Child, limit: Duration) -> Result<Output, ChildError> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let work = async { tokio::join!(drain(stdout), drain(stderr), child.wait()) };
    let Ok((stdout, stderr, status)) = tokio::time::timeout(limit, work).await else {
        return Err(ChildError::TooLong { program: task.name(), limit });
    };
    let status = status.unwrap_or_default();
    if status.success() {
        return Ok(Output { status, stdout, stderr });
    }
    let said_last = last_lines(String::from_utf8_lossy(&stderr).trim());
    Err(ChildError::Failed { program: task.name(), status, said_last })
}

async fn drain(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut all = Vec::new();
    if let Some(mut pipe) = pipe {
        // A pipe that breaks has said what it had to say.
        let _ = pipe.read_to_end(&mut all).await;
    }
    all
}
