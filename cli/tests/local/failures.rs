//! What goes wrong ends with a message and a status, never with a hang, and leaves no process.

use std::net::TcpListener;
use std::process::Command;

use super::bench::with_stack;
use super::process::Sluice;
use super::processes::{send, until_gone};

const SAMPLE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../sample-data/input/flights/quoted.csv");

/// A port of 127.0.0.1 on which nobody listens.
fn closed_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

#[test]
fn results_can_be_read_by_a_program() {
    let mut sluice = Sluice::start(&[SAMPLE, "--json"], |_| {});
    assert_eq!(sluice.end().code(), Some(0), "{}", sluice.printed);
    let json = sluice.printed.lines().skip_while(|line| *line != "{").collect::<String>();
    let mut values = serde_json::Deserializer::from_str(&json).into_iter::<serde_json::Value>();
    let results = values.next().unwrap().unwrap();
    let report = &results["files"][0]["report"];
    assert_eq!(report["outcome"], "published", "{results}");
    assert_eq!(report["counts"]["acceptedCount"], 200);
}

#[test]
fn no_setting_of_the_caller_leads_elsewhere() {
    // What pip needs the caller's settings for is there afterwards.
    with_stack(async |_| {});
    let elsewhere = format!("http://127.0.0.1:{}", closed_port());
    let mut sluice = Sluice::start(&[SAMPLE], |command| {
        for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env(name, &elsewhere);
        }
        for service in ["", "_S3", "_SFN", "_SQS", "_LAMBDA", "_CLOUDFORMATION"] {
            command.env(format!("AWS_ENDPOINT_URL{service}"), &elsewhere);
        }
        command.env("AWS_PROFILE", "production").env("AWS_REGION", "eu-west-1");
    });
    assert_eq!(sluice.end().code(), Some(0), "{}", sluice.printed);
}

#[test]
fn an_occupied_port_is_told_at_once() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut sluice = Sluice::start(&["--port", &port.to_string()], |_| {});
    assert_eq!(sluice.end().code(), Some(2));
    assert!(sluice.printed.contains(&format!("port {port}")), "{}", sluice.printed);
    assert!(sluice.printed.contains("--port"), "{}", sluice.printed);
}

#[test]
fn no_python_is_told_at_once() {
    let empty = tempfile::tempdir().unwrap();
    let mut sluice = Sluice::start(&[], |command| {
        command.env("PATH", empty.path());
    });
    assert_eq!(sluice.end().code(), Some(2));
    assert!(sluice.printed.contains("found no Python 3.10 or later"), "{}", sluice.printed);
}

#[test]
fn no_network_for_pip_is_an_error_and_the_next_run_tries_again() {
    let state = tempfile::tempdir().unwrap();
    let index = format!("http://127.0.0.1:{}/simple", closed_port());
    for _ in 0..2 {
        let mut sluice = Sluice::start(&["--state", state.path().to_str().unwrap()], |command| {
            command.env("PIP_INDEX_URL", &index).env("PIP_CONFIG_FILE", "/dev/null");
            for other in ["PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"] {
                command.env_remove(other);
            }
        });
        assert_eq!(sluice.end().code(), Some(2));
        assert!(sluice.printed.contains("cannot install the local AWS"), "{}", sluice.printed);
        assert!(sluice.printed.contains("check the network"), "{}", sluice.printed);
    }
}

#[test]
fn a_file_that_is_not_there_is_told_at_once() {
    let mut sluice = Sluice::start(&["no-such-file.csv"], |_| {});
    assert_eq!(sluice.end().code(), Some(2));
    assert!(sluice.printed.contains("no-such-file.csv"), "{}", sluice.printed);
}

#[test]
fn a_file_that_gets_nowhere_is_not_waited_for_for_ever() {
    let mut sluice = Sluice::start(&[SAMPLE, "--patience", "0"], |_| {});
    assert_eq!(sluice.end().code(), Some(2));
    assert!(sluice.printed.contains("still waiting for flights/quoted.csv"), "{}", sluice.printed);
}

#[test]
fn a_folder_of_somebody_else_is_not_emptied() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = folder.path().join("thesis.txt");
    std::fs::write(&theirs, "x").unwrap();
    let mut sluice = Sluice::start_into(folder, &[SAMPLE], |_| {});
    assert_eq!(sluice.end().code(), Some(2));
    assert!(theirs.exists());
    assert!(sluice.printed.contains("no local run has put there"), "{}", sluice.printed);
}

#[test]
fn an_emulator_that_is_killed_in_the_middle_is_an_error() {
    let mut sluice = Sluice::start(&[], |_| {});
    sluice.until("follow the files");
    let descendants = sluice.descendants();
    let is_emulator = |line: &str| line.contains("/ministack ") && !line.contains("watchdog.py");
    let emulator = descendants.iter().find(|(_, line)| is_emulator(line));
    send("KILL", *emulator.unwrap_or_else(|| panic!("{descendants:?}")).0);
    assert_eq!(sluice.end().code(), Some(2));
    assert!(sluice.printed.contains("the local AWS ended unexpectedly"), "{}", sluice.printed);
    assert!(sluice.printed.contains("emulator.log"), "{}", sluice.printed);
    until_gone(&descendants);
}

#[test]
fn a_stack_that_is_kept_ends_with_ctrl_c() {
    let mut sluice = Sluice::start(&[SAMPLE, "--keep"], |_| {});
    sluice.until("export AWS_ENDPOINT_URL=http://127.0.0.1:");
    sluice.until("--env-vars ");
    let exported = sluice.printed.lines().filter_map(|line| line.trim().strip_prefix("export "));
    let exported = exported.filter_map(|line| line.split_once('='));
    let mut replay = Command::new(env!("CARGO_BIN_EXE_sluice"));
    replay.args(["replay", "flights/never.csv"]).env_clear().envs(exported);
    let replay = replay.output().unwrap();
    let said = String::from_utf8_lossy(&replay.stderr);
    assert_eq!(replay.status.code(), Some(1), "{said}");
    assert!(said.contains("the file `flights/never.csv` of the bucket `sluice-input-"), "{said}");
    let (_, variables) = sluice.printed.rsplit_once("--env-vars ").unwrap();
    let variables = std::fs::read(variables.lines().next().unwrap()).unwrap();
    let variables: serde_json::Value = serde_json::from_slice(&variables).unwrap();
    assert!(variables["Parameters"]["OUTPUT_BUCKET"].is_string(), "{variables}");
    let descendants = sluice.descendants();
    assert!(descendants.values().any(|line| line.contains("bootstrap")), "{descendants:?}");
    sluice.signal("INT");
    assert_eq!(sluice.end().code(), Some(0), "{}", sluice.printed);
    until_gone(&descendants);
}

#[test]
fn ctrl_c_in_the_middle_leaves_nothing() {
    let mut sluice = Sluice::start(&[], |_| {});
    sluice.until("follow the files");
    let descendants = sluice.descendants();
    sluice.signal("INT");
    assert_eq!(sluice.end().code(), Some(130), "{}", sluice.printed);
    until_gone(&descendants);
}

#[test]
fn not_even_a_killed_process_leaves_anything() {
    let mut sluice = Sluice::start(&[SAMPLE, "--keep"], |_| {});
    sluice.until("aws s3 cp");
    let descendants = sluice.descendants();
    assert!(descendants.values().any(|line| line.contains("bootstrap")), "{descendants:?}");
    sluice.signal("KILL");
    until_gone(&descendants);
}
