//! A small AWS: buckets, functions with their processes, and the state machine.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use cli::machine::{Ended, Fault, Machine, Service, Tasks};
use cli::steps::{DEFINITION, Steps, substitutions};
use object_store::memory::InMemory;
use serde_json::Value;
use settle::table::TableStore;
use shared::message::Dropped;
use shared::store::{Area, MemoryStore};
use validate::Settings;

use super::harm::{Act, Harm};
use super::injector::{Effect, Injector, Operation, Plan};
use super::process::{Process, TIMEOUT};
use super::store::FaultyStore;
use super::table::FaultyTable;

/// Times that a person redrives an execution.
const REDRIVES: usize = 2;

pub(crate) const EXECUTION: &str = "the-execution";

/// What is there before a file is dropped.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) objects: Vec<(Area, String, Bytes)>,
    pub(crate) table: InMemory,
    pub(crate) settings: Settings,
    pub(crate) survey_bytes: &'static str,
    pub(crate) file: Dropped,
}

/// How a failed execution goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// From where it failed: what has succeeded is not called again.
    Redrive,
    /// From its start, under its name and with its input.
    Rerun,
}

/// What a run of a file was like.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) ended: Result<Ended, Fault>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) struck: usize,
    pub(crate) retried: Vec<String>,
    /// The faults at which the execution stopped and went on again.
    pub(crate) redriven: Vec<String>,
    pub(crate) taken: Vec<(String, String)>,
    pub(crate) table: Arc<InMemory>,
}

/// The tasks of the machine.
#[derive(Debug, Clone)]
pub(crate) struct World {
    objects: Arc<MemoryStore>,
    table: Arc<InMemory>,
    settings: Settings,
    pub(crate) injector: Arc<Injector>,
    /// The process that is warm, by function.
    warm: Arc<Mutex<BTreeMap<String, Arc<Warm>>>>,
    again: Again,
    /// The answers that the state machine has got, by what it asked.
    answers: Arc<Mutex<BTreeMap<String, Value>>>,
}

/// A process, and the steps with what it keeps.
#[derive(Debug)]
struct Warm {
    process: Process,
    steps: Steps<FaultyStore>,
}

/// Runs the file to its end.
pub(crate) async fn run(start: &Start, execution: &str, plan: Option<Plan>, again: Again) -> Run {
    run_with(start, execution, Injector::new(plan), again).await
}

/// What is there before the file is dropped.
pub(crate) fn world(start: &Start, injector: Injector, again: Again) -> World {
    let objects = MemoryStore::new(61);
    for (area, key, body) in &start.objects {
        objects.put(*area, key, body.clone());
    }
    World {
        objects: Arc::new(objects),
        table: Arc::new(start.table.fork()),
        settings: start.settings.clone(),
        injector: Arc::new(injector),
        warm: Arc::default(),
        again,
        answers: Arc::default(),
    }
}

/// Runs the file to its end, while the injector does what it is made for.
pub(crate) async fn run_with(
    start: &Start,
    execution: &str,
    injector: Injector,
    again: Again,
) -> Run {
    let world = world(start, injector, again);
    let input = serde_json::to_value(&start.file).unwrap();
    let filled = substitutions(start.survey_bytes);
    // One child at a time, so that each run asks for the same in the same order.
    let machine = Arc::new(Machine::new(DEFINITION, &filled, world.clone(), 1).unwrap());
    let mut redriven = Vec::new();
    let mut ended = machine.run(execution, input.clone()).await;
    while let Err(fault) = &ended
        && redriven.len() < REDRIVES
    {
        redriven.push(fault.name.clone());
        ended = machine.run(execution, input.clone()).await;
    }
    let journal = std::mem::take(&mut *world.injector.journal());
    Run {
        ended,
        operations: journal.operations,
        effects: journal.effects,
        struck: journal.struck,
        retried: journal.retried,
        redriven,
        taken: journal.taken,
        table: world.table,
    }
}

impl World {
    fn warm(&self, function: &str) -> Arc<Warm> {
        let mut warm = self.warm.lock().unwrap();
        if warm.get(function).is_none_or(|warm| warm.process.is_dead()) {
            warm.insert(function.to_owned(), Arc::new(self.cold()));
        }
        Arc::clone(&warm[function])
    }

    fn raise(&self) -> Result<(), Fault> {
        self.injector.raised().map_or(Ok(()), |error| Err(fault(&error)))
    }

    /// A new process.
    fn cold(&self) -> Warm {
        let process = Process::new(&self.injector);
        let store = FaultyStore { objects: Arc::clone(&self.objects), process: process.clone() };
        let steps = Steps::new(store, self.settings.clone());
        Warm { process, steps }
    }

    /// Calls a function, as far as nothing goes wrong with it.
    async fn call(&self, function: &str, payload: Value) -> Result<Value, Fault> {
        let (state, key) = state(function, &payload);
        let harm = self.injector.strike(Operation { state: state.clone(), act: Act::Call, key });
        match harm {
            Some(Harm::FailBefore) => return Err(fault("Lambda.ServiceException")),
            Some(Harm::Throttle | Harm::Outage) => {
                return Err(fault("Lambda.TooManyRequestsException"));
            }
            _ => {}
        }
        let warm = self.warm(function);
        warm.process.works_for(&state);
        if harm == Some(Harm::Twice) {
            let other = self.cold();
            other.process.works_for(&state);
            let both = (
                self.answer(&other, function, payload.clone()),
                self.answer(&warm, function, payload),
            );
            // Nobody hears the first.
            return tokio::join!(both.0, both.1).1;
        }
        let answer = self.answer(&warm, function, payload).await;
        match harm {
            Some(Harm::FailAfter) => answer.and(Err(fault("Lambda.SdkClientException"))),
            Some(Harm::DieAfter) => {
                warm.process.kill(TIMEOUT);
                answer.and(Err(fault(TIMEOUT)))
            }
            _ => answer,
        }
    }

    /// The answer of a step, or how it is known that there is none.
    async fn answer(&self, warm: &Warm, function: &str, payload: Value) -> Result<Value, Fault> {
        let open = |dataset: &str| {
            let (objects, process) = (Arc::clone(&self.table), warm.process.clone());
            let location = format!("s3://output/published/{dataset}/");
            TableStore::of(Arc::new(FaultyTable { objects, process }), Some(location))
        };
        tokio::select! {
            biased;
            error = warm.process.death() => Err(fault(error)),
            answer = warm.steps.invoke(function, payload, open) => {
                if warm.process.is_dead() { Err(fault(warm.process.death().await)) } else { answer }
            }
        }
    }
}

/// The state that asks for a function, and which of its children.
fn state(function: &str, payload: &Value) -> (String, String) {
    let child = ["/chunk/index", "/range/index"].iter().find_map(|at| payload.pointer(at));
    let child = child.map_or(String::new(), |index| format!("{index}"));
    let state = match payload["action"].as_str() {
        Some("divide") => "Divide",
        Some("survey") => "SurveyRange",
        Some("claim") => "Claim",
        Some("publish") => "Publish",
        Some("quarantine") if payload.get("error").is_some() => "Refuse",
        Some("quarantine") => "Quarantine",
        _ => function,
    };
    (state.to_owned(), child)
}

fn fault(name: &str) -> Fault {
    Fault { name: name.to_owned(), message: "injected".to_owned() }
}

impl Tasks for World {
    async fn invoke(&self, function: String, payload: Value) -> Result<Value, Fault> {
        let asked = format!("{function} {payload}");
        let before = self.answers.lock().unwrap().get(&asked).cloned();
        if let Some(answer) = before.filter(|_| self.again == Again::Redrive) {
            return Ok(answer);
        }
        self.raise()?;
        let answer = Box::pin(self.call(&function, payload)).await?;
        self.answers.lock().unwrap().insert(asked, answer.clone());
        Ok(answer)
    }

    async fn items(&self, key: String) -> Result<Vec<Value>, Fault> {
        let state = if key.ends_with("ranges.json") { "Survey" } else { "Process" }.to_owned();
        self.raise()?;
        let operation = Operation { state, act: Act::Items, key: key.clone() };
        if self.injector.strike(operation).is_some() {
            return Err(fault("StoreUnavailable"));
        }
        let body = self.objects.get(Area::Output, &key).unwrap();
        Ok(serde_json::from_slice(&body).unwrap())
    }

    async fn announce(&self, service: Service, request: Value) -> Result<Value, Fault> {
        let state = if service == Service::Events { "Announce" } else { "Tell" }.to_owned();
        let key = format!("announced/{state}");
        self.raise()?;
        let operation = Operation { state, act: Act::Announce, key: String::new() };
        let harm = self.injector.strike(operation);
        let failed = || Err(fault("States.TaskFailed"));
        if harm.is_some_and(|harm| harm != Harm::FailAfter) {
            return failed();
        }
        self.injector.record(&key, request.to_string().into());
        if harm.is_some() { failed() } else { Ok(Value::Null) }
    }

    /// All at once, so that two runs write the same.
    fn now(&self) -> String {
        "2026-11-21T08:00:00.000Z".to_owned()
    }

    fn may_retry(&self, fault: &Fault) -> bool {
        self.injector.retry(&fault.name);
        true
    }

    fn took(&self, state: &str, part: &str) {
        self.injector.took(state, part);
    }
}
