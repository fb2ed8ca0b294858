//! A process that is killed in the middle of its work leaves no trace in what comes out.
//!
//! The function is left standing at one request to S3, so that what it has done, and what not, does not
//! depend on who is faster. Then it is killed, with whatever else of it is running.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use cli::local::stack::Stack;
use shared::report::Outcome;
use tokio::sync::OnceCell;
use tokio::sync::oneshot::Receiver;

use super::bench::said;
use super::dataset::drop_text;
use super::endings::{Loaded, finish};
use super::functions::{gates, kill};
use super::gate::{Gate, Request, Stop};
use super::history::Way;
use super::leftovers::leftovers;
use super::{alone, sample_data};

/// Longer than anything here takes on a busy machine.
const LIMIT: Duration = Duration::from_mins(4);

const FUNCTIONS: [&str; 5] = ["Validate", "Parse", "Enrich", "Aggregate", "Settle"];

static GATES: OnceCell<BTreeMap<&str, Gate>> = OnceCell::const_new();

/// The gate of a function.
pub(crate) async fn gate_of(stack: &Stack, function: &str) -> &'static Gate {
    &GATES.get_or_init(async || gates(stack, &FUNCTIONS).await).await[function]
}

/// A file in some chunks, of which some rows are rejected.
fn text() -> String {
    let samples = sample_data().join("input/flights");
    let [good, ragged] = ["2013-01.csv", "ragged.csv"]
        .map(|name| std::fs::read_to_string(samples.join(name)).unwrap());
    let rows = good.lines().take(6_000).chain(ragged.lines().skip(1));
    rows.collect::<Vec<_>>().join("\n")
}

/// What the file leaves behind if nobody is killed.
static UNDISTURBED: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
    alone(async |stack| {
        let Loaded { report, outputs } = load(stack, "undisturbed", async || {}).await;
        assert_eq!(report.counts.map(|counts| counts.rejected_count), Some(7));
        let leftovers = leftovers(outputs.path(), &report);
        let versions = leftovers.keys().filter(|key| key.contains("/_delta_log/")).count();
        assert_eq!(versions, 2, "an empty table, and one commit");
        leftovers
    })
});

/// Drops the file into a dataset of its own, and waits for its end.
async fn load(stack: &Stack, dataset: &str, meanwhile: impl AsyncFnOnce()) -> Loaded {
    let contracts = tempfile::tempdir().unwrap();
    copy(&sample_data().join("contracts/flights"), &contracts.path().join(dataset));
    said(stack.upload_contracts(contracts.path()).await);
    let dropped = drop_text(stack, &format!("{dataset}/file.csv"), &text()).await;
    meanwhile().await;
    finish(stack, dropped).await
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in from.read_dir().unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// Kills the processes of a function once the request is stopped.
pub(crate) async fn kill_at(function: &str, stopped: Receiver<String>) {
    let path = tokio::time::timeout(LIMIT, stopped).await;
    path.expect("the request is never sent").unwrap();
    kill(function);
}

/// Kills the processes of a function when one of them sends that request.
#[track_caller]
fn check(function: &'static str, method: &'static str, part: &'static str, stop: Stop) {
    let expected = &*UNDISTURBED;
    let letters = part.chars().filter(char::is_ascii_alphanumeric);
    let dataset = format!("killed{function}{stop:?}{}", letters.collect::<String>()).to_lowercase();
    let (loaded, errors) = alone(async |stack| {
        let request = Request { method, part, stop };
        let stopped = gate_of(stack, function).await.wait_for(request);
        let loaded = load(stack, &dataset, async || kill_at(function, stopped).await);
        let loaded = loaded.await;
        let way = Way::of(stack, &loaded.report.execution).await;
        (loaded, way.errors)
    });
    // AWS has the same name for it. The emulator keeps no history of the children of a map, and now and then
    // calls another process by itself.
    assert!(
        errors.iter().all(|error| error == "Runtime.ExitError") && errors.len() <= 1,
        "{errors:?}"
    );
    let Loaded { report, outputs } = loaded;
    assert_eq!(report.outcome, Outcome::Published, "{report:?}");
    let found = leftovers(outputs.path(), &report);
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (key, bytes) in &found {
        let [bytes, expected] = [bytes, &expected[key]].map(|bytes| String::from_utf8_lossy(bytes));
        assert!(bytes == expected, "{key} differs:\n{bytes:.2000}\n{expected:.2000}");
    }
}

macro_rules! killed {
    ($($test:ident: $function:literal $method:literal $part:literal $stop:ident,)*) => {
        $(
            #[test]
            fn $test() {
                check($function, $method, $part, Stop::$stop);
            }
        )*
    };
}

killed! {
    validate_in_the_middle_of_the_file: "Validate" "GET" "/file.csv" Within,
    parse_in_the_middle_of_a_chunk: "Parse" "GET" "/file.csv" Within,
    enrich_in_the_middle_of_a_chunk: "Enrich" "GET" "/chunks/00001/" Within,
    enrich_when_a_part_is_there: "Enrich" "PUT" "/published/" Behind,
    aggregate_between_what_it_writes: "Aggregate" "PUT" "/rejects/" Behind,
    settle_when_it_has_committed: "Settle" "PUT" "/00000000000000000001.json" Behind,
    settle_before_the_report: "Settle" "PUT" "/reports/" Before,
}
