//! The local AWS: a process on a loopback port.

use std::fs::File;
use std::future::Future;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use shared::error_name::chain;
use tokio::time::{Instant, sleep};

use super::child::{Child, Children, Task};
use super::environment::{Environment, endpoint};
use super::error::{LocalError, Tail};
use super::wire;

const START_LIMIT: Duration = Duration::from_mins(1);
/// Time from a refused connection to news of a death.
const LAST_BREATH: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(50);

/// The emulator. It is killed when this is dropped, with all functions that run in it.
#[derive(Debug)]
pub struct Emulator {
    port: u16,
    log: PathBuf,
    child: Child,
}

/// Finds a port of 127.0.0.1 that nobody listens on, or sees that the one asked for is such.
///
/// # Errors
/// [`LocalError::Port`].
pub fn free_port(wanted: Option<u16>) -> Result<u16, LocalError> {
    let port = wanted.unwrap_or(0);
    let listener = TcpListener::bind(("127.0.0.1", port));
    let found = listener.and_then(|listener| listener.local_addr());
    found.map(|address| address.port()).map_err(|source| LocalError::Port { port, source })
}

impl Emulator {
    /// Starts the emulator and waits until it answers.
    ///
    /// `folder` gets its log, and for as long as it runs its temporary files.
    ///
    /// # Errors
    /// [`LocalError::EmulatorEnded`] and [`LocalError::EmulatorSilent`].
    pub async fn start(
        program: PathBuf,
        port: u16,
        folder: &Path,
        children: &Children,
    ) -> Result<Self, LocalError> {
        let (log, scratch) = (folder.join("emulator.log"), folder.join("scratch"));
        std::fs::create_dir_all(&scratch).map_err(LocalError::file("make", &scratch))?;
        let file = File::create(&log).map_err(LocalError::file("write", &log))?;
        let errors = file.try_clone().map_err(LocalError::file("write", &log))?;
        let task = Task::new(program, &environment(port, &scratch), folder).scratch(&scratch);
        let child = children
            .start(&task, file.into(), errors.into())
            .map_err(|source| LocalError::Tools { what: "start the local AWS", source })?;
        let emulator = Emulator { port, log, child };
        emulator.guard(emulator.answer()).await?;
        Ok(emulator)
    }

    /// Waits until the emulator answers.
    async fn answer(&self) -> Result<(), LocalError> {
        let deadline = Instant::now() + START_LIMIT;
        while !wire::is_healthy(self.port).await {
            if Instant::now() > deadline {
                return Err(self.silent("it has started, but is not ready"));
            }
            sleep(POLL).await;
        }
        Ok(())
    }

    /// Does some work for as long as the emulator lives.
    ///
    /// # Errors
    /// Those of the work; [`LocalError::EmulatorEnded`] as soon as it is gone;
    /// [`LocalError::EmulatorSilent`] if that is behind a failure.
    pub async fn guard<T>(
        &self,
        work: impl Future<Output = Result<T, LocalError>>,
    ) -> Result<T, LocalError> {
        let failure = tokio::select! {
            error = self.ended() => return Err(error),
            done = work => match done {
                Err(failure) if failure.is_of_the_emulator() => failure,
                done => return done,
            },
        };
        // Whoever talks to it may see sooner than the watchdog that it is gone.
        match tokio::time::timeout(LAST_BREATH, self.ended()).await {
            Ok(death) => Err(death),
            Err(_) if wire::is_healthy(self.port).await => Err(failure),
            Err(_) => Err(self.silent(chain(&failure))),
        }
    }

    /// Waits for the emulator to go away.
    pub async fn ended(&self) -> LocalError {
        let status = self.child.wait().await.unwrap_or_default();
        LocalError::EmulatorEnded { status, log: self.tail() }
    }

    /// The error of an emulator that does not do what it should.
    pub fn silent(&self, what: impl Into<String>) -> LocalError {
        LocalError::EmulatorSilent { what: what.into(), log: self.tail() }
    }

    /// The end of its log.
    pub fn tail(&self) -> Tail {
        Tail::of(&self.log)
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it is.
    pub fn endpoint(&self) -> String {
        endpoint(self.port)
    }
}

/// All that the emulator and, by inheritance, the functions know of the world.
fn environment(port: u16, scratch: &Path) -> Environment {
    Environment::closed(port)
        .with("GATEWAY_PORT", port.to_string())
        // Without these two it listens on all interfaces, to SFTP and MQTT as well.
        .with("BIND_HOST", "127.0.0.1")
        .with("IOT_MTLS_ENABLED", "0")
        .with("SFTP_ENABLED", "0")
        // The address in the URLs of queues.
        .with("MINISTACK_HOST", "127.0.0.1")
        // It would look for containers to remove, and has none.
        .with("DOCKER_HOST", "unix:///nonexistent")
        // What `LoggingConfig` of the template makes of logs.
        .with("AWS_LAMBDA_LOG_FORMAT", "JSON")
        .with("TMPDIR", scratch)
}
