//! `sluice local` as a process, watched from outside.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::processes::{descendants, send};

/// Longer than anything here takes on a busy machine, a first build included.
const LIMIT: Duration = Duration::from_mins(15);

/// A running `sluice local`. It is killed when this is dropped.
pub(crate) struct Sluice {
    child: Child,
    lines: Receiver<String>,
    /// All that it has printed so far.
    pub(crate) printed: String,
    _output: tempfile::TempDir,
}

impl Sluice {
    /// Starts it with some arguments, and with changes to the environment.
    pub(crate) fn start(arguments: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        Sluice::start_into(tempfile::tempdir().unwrap(), arguments, change)
    }

    /// Starts it with a folder for its outputs.
    pub(crate) fn start_into(
        output: tempfile::TempDir,
        arguments: &[&str],
        change: impl FnOnce(&mut Command),
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
        command.arg("local").args(arguments).arg("--output").arg(output.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let (sender, lines) = channel();
        read_lines(child.stdout.take().unwrap(), sender.clone());
        read_lines(child.stderr.take().unwrap(), sender);
        Sluice { child, lines, printed: String::new(), _output: output }
    }

    /// Waits until it prints a line that contains some text.
    #[track_caller]
    pub(crate) fn until(&mut self, text: &str) {
        while !self.printed.lines().any(|line| line.contains(text)) {
            assert!(self.read_line(), "it ended before `{text}`:\n{}", self.printed);
        }
    }

    /// Waits until it ends, and returns its exit status.
    #[track_caller]
    pub(crate) fn end(&mut self) -> ExitStatus {
        while self.read_line() {}
        self.child.wait().unwrap()
    }

    /// Reads one more line, unless all that could print one are gone.
    #[track_caller]
    fn read_line(&mut self) -> bool {
        match self.lines.recv_timeout(LIMIT) {
            Ok(line) => {
                self.printed.push_str(&line);
                self.printed.push('\n');
                true
            }
            Err(RecvTimeoutError::Disconnected) => false,
            Err(RecvTimeoutError::Timeout) => panic!("it hangs after:\n{}", self.printed),
        }
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        send(name, self.child.id());
    }

    /// All processes that it has started, and those that they have, with their command lines.
    pub(crate) fn descendants(&self) -> BTreeMap<u32, String> {
        descendants(self.child.id())
    }
}

impl Drop for Sluice {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_lines(pipe: impl Read + Send + 'static, sender: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
}
