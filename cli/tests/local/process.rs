//! `sluice local` as a process, watched from outside.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// Longer than anything here takes on a busy machine, a first build included.
const LIMIT: Duration = Duration::from_mins(15);
/// How long the dead may take to disappear.
const DEATH_LIMIT: Duration = Duration::from_secs(20);
/// Between two looks at who is alive.
const POLL: Duration = Duration::from_millis(20);

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

/// Sends a signal to a process.
pub(crate) fn send(name: &str, process: u32) {
    // The shell's own `kill`: there may be no other.
    let kill = format!("kill -s {name} {process}");
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

/// Waits until none of these processes is left.
#[track_caller]
pub(crate) fn until_gone(processes: &BTreeMap<u32, String>) {
    assert!(!processes.is_empty(), "there is something to wait for");
    let deadline = Instant::now() + DEATH_LIMIT;
    loop {
        let alive = table();
        let left: Vec<_> =
            processes.iter().filter(|(id, line)| is_alive(&alive, **id, line)).collect();
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "left behind: {left:?}");
        std::thread::sleep(POLL);
    }
}

fn is_alive(alive: &BTreeMap<u32, (u32, String)>, id: u32, line: &str) -> bool {
    // Another command line is another process under the same number.
    alive.get(&id).is_some_and(|(_, found)| found == line)
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

fn descendants(ancestor: u32) -> BTreeMap<u32, String> {
    let all = table();
    let mut found = BTreeMap::new();
    let mut ancestors = vec![ancestor];
    while let Some(parent) = ancestors.pop() {
        for (&id, (_, line)) in all.iter().filter(|(_, (of, _))| *of == parent) {
            found.insert(id, line.clone());
            ancestors.push(id);
        }
    }
    found
}

/// All processes that are alive: their parents and command lines.
fn table() -> BTreeMap<u32, (u32, String)> {
    if Path::new("/proc/self/stat").exists() { from_proc() } else { from_ps() }
}

fn from_proc() -> BTreeMap<u32, (u32, String)> {
    let ids = Path::new("/proc").read_dir().unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name();
        name.to_str()?.parse::<u32>().ok()
    });
    // Whoever is gone by the time that we look has no files.
    ids.filter_map(|id| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name, in parentheses, may hold anything.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let (state, parent) = (fields.next()?, fields.next()?.parse().ok()?);
        let line = std::fs::read(format!("/proc/{id}/cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        (state != "Z").then_some((id, (parent, line)))
    })
    .collect()
}

fn from_ps() -> BTreeMap<u32, (u32, String)> {
    let columns = ["-A", "-o", "pid=", "-o", "ppid=", "-o", "stat=", "-o", "args="];
    let output = Command::new(OsStr::new("ps")).args(columns).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            let (id, parent) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
            let state = fields.next()?;
            let line = fields.collect::<Vec<_>>().join(" ");
            (!state.starts_with('Z')).then_some((id, (parent, line)))
        })
        .collect()
}
