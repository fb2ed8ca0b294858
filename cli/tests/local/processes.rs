//! Processes of this machine, seen and hit from outside.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long the dead may take to disappear.
const DEATH_LIMIT: Duration = Duration::from_secs(20);
/// Between two looks at who is alive.
const POLL: Duration = Duration::from_millis(20);

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

/// All processes that one has started, and those that they have, with their command lines.
pub(crate) fn descendants(ancestor: u32) -> BTreeMap<u32, String> {
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
