//! Each kind of operation with each fault that it can suffer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use cli::machine::Ended;

use super::harm::{Act, Harm};
use super::injector::{Operation, Plan};
use super::outcome::{check_books, objects, wrong};
use super::scenario::{FILE_ID, Scenario};
use super::world::{Again, EXECUTION, Run, run};

/// Runs at a time.
const THREADS: usize = 2;

/// Operations that are the same but for the chunk, the range or the piece.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(crate) state: String,
    pub(crate) act: Act,
    pub(crate) key: String,
}

/// How a fault was got over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Absorbed {
    /// Times that a state was run again.
    pub(crate) retries: usize,
    pub(crate) redrives: usize,
}

/// A kind of operations of a scenario, and how each fault of it was got over.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) scenario: &'static str,
    pub(crate) kind: Kind,
    pub(crate) cells: Vec<(Harm, Absorbed)>,
}

impl Row {
    pub(crate) fn cell(&self, harm: Harm) -> Option<&Absorbed> {
        self.cells.iter().find(|(of, _)| *of == harm).map(|(_, absorbed)| absorbed)
    }
}

/// A case to be run.
struct Case<'a> {
    row: usize,
    scenario: &'a Scenario,
    plan: Plan,
    expected: &'a Expected,
}

/// What a scenario leaves behind if nothing fails.
pub(crate) struct Expected {
    pub(crate) run: Run,
    pub(crate) ended: Ended,
    pub(crate) objects: BTreeMap<String, Bytes>,
}

/// The matrix, and its holes.
pub(crate) fn matrix(scenarios: &[Scenario]) -> (Vec<Row>, Vec<String>) {
    let expected: Vec<Expected> = scenarios.iter().map(expected).collect();
    let (mut rows, mut cases) = (Vec::new(), Vec::new());
    let mut known = BTreeSet::new();
    for (scenario, expected) in scenarios.iter().zip(&expected) {
        let operations = &expected.run.operations;
        for kind in kinds(operations) {
            // One road is as good as another, but a table with rows is not one without.
            let is_of_table =
                ["Claim", "Publish"].contains(&&*kind.state) && kind.act.is_of_table();
            if !known.insert(kind.clone()) && !is_of_table {
                continue;
            }
            for harm in Harm::ALL.into_iter().filter(|&harm| kind.act.suffers(harm)) {
                let plan = plan(&kind, operations, harm);
                cases.push(Case { row: rows.len(), scenario, plan, expected });
            }
            rows.push(Row { scenario: scenario.title, kind, cells: Vec::new() });
        }
    }
    let holes = run_all(&cases, &mut rows);
    (rows, holes)
}

pub(crate) fn expected(scenario: &Scenario) -> Expected {
    let run = block_on(run(&scenario.start, EXECUTION, None, Again::Redrive));
    assert!(run.retried.is_empty() && run.redriven.is_empty(), "{}", scenario.title);
    let ended = run.ended.clone().unwrap();
    check_books(&run);
    Expected { ended, objects: objects(&run), run }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The kinds of operations, in the order of their first.
fn kinds(operations: &[Operation]) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for kind in operations.iter().map(kind) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// The fault at one of the operations of a kind: the first, the middle one and the last take turns.
fn plan(kind: &Kind, operations: &[Operation], harm: Harm) -> Plan {
    let of_kind: Vec<usize> =
        (0..operations.len()).filter(|&at| self::kind(&operations[at]) == *kind).collect();
    let last = of_kind.len() - 1;
    let at = of_kind[[0, last.div_ceil(2), last][harm as usize % 3]];
    let operation = operations[at].clone();
    let skip = operations[..at].iter().filter(|before| **before == operation).count();
    Plan { operation, skip, harm }
}

fn kind(operation: &Operation) -> Kind {
    let Operation { state, act, key } = operation;
    let key = match act {
        Act::Call | Act::Announce => String::new(),
        Act::List => "_delta_log".to_owned(),
        // Each version of the log is of a kind of its own.
        Act::Put | Act::Get => version(key),
        Act::Items
        | Act::Head
        | Act::Open
        | Act::Write
        | Act::WriteIf
        | Act::Append
        | Act::Finish => kind_of_key(key),
    };
    Kind { state: state.clone(), act: *act, key }
}

/// The key, without the start of the range, and with letters for what tells it from others of its kind.
fn kind_of_key(key: &str) -> String {
    let (key, _) = key.split_once(':').unwrap_or((key, ""));
    if key.starts_with("published/") {
        return "published/orders/data/F/R/D/part-N-E.parquet".to_owned();
    }
    if key.starts_with("ledger/") {
        let whose = if key.contains(FILE_ID) { "F" } else { "G" };
        return format!("ledger/orders/{whose}/R.json");
    }
    let is_number = |part: &str| part.len() == 5 && part.bytes().all(|byte| byte.is_ascii_digit());
    let key = key.replace(EXECUTION, "E").replace(".json", "/.json");
    let parts = key.split('/').map(|part| if is_number(part) { "N" } else { part });
    parts.collect::<Vec<_>>().join("/").replace("/.json", ".json")
}

/// `0.json` for `_delta_log/00000000000000000000.json`.
fn version(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let number = name.strip_suffix(".json").and_then(|number| number.parse::<u64>().ok());
    number.map_or(name.to_owned(), |number| format!("{number}.json"))
}

/// Fills the rows, and gives the holes.
fn run_all(cases: &[Case<'_>], rows: &mut [Row]) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = case.run();
                    found.lock().unwrap().push((case.row, case.plan.harm, result));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort_by_key(|(row, harm, _)| (*row, *harm));
    let mut holes = Vec::new();
    for (at, harm, result) in found {
        let row = &mut rows[at];
        match result {
            Ok(absorbed) => row.cells.push((harm, absorbed)),
            Err(why) => {
                let Kind { state, act, key } = &row.kind;
                let (act, harm) = (act.title(), harm.title());
                holes.push(format!("{}: {state} {act} {key}: {harm}: {why}", row.scenario));
            }
        }
    }
    holes
}

impl Case<'_> {
    /// How the fault is got over by a redrive; where one is needed, the whole execution run again must do
    /// as well, although it calls again what has succeeded. (An outage leaves no more behind than what
    /// dies three times.)
    fn run(&self) -> Result<Absorbed, String> {
        let absorbed = self.run_once(Again::Redrive)?;
        if absorbed.redrives > 0 && self.plan.harm != Harm::Outage {
            self.run_once(Again::Rerun)?;
        }
        Ok(absorbed)
    }

    fn run_once(&self, again: Again) -> Result<Absorbed, String> {
        let plan = Some(self.plan.clone());
        let run = block_on(run(&self.scenario.start, EXECUTION, plan, again));
        let Run { struck, retried, redriven, .. } = &run;
        if let Some(why) = wrong(&run, &self.expected.objects, &self.expected.ended) {
            return Err(format!("{again:?}: {why}; {retried:?} {redriven:?}"));
        }
        if *struck != self.plan.harm.times() {
            return Err(format!("{again:?}: it struck {struck} times only"));
        }
        Ok(Absorbed { retries: retried.len(), redrives: redriven.len() })
    }
}
