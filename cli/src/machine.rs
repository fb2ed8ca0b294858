//! The state machine of the project, run in this process.
//!
//! The order of the steps and the roads of failure stand in `statemachine.asl.json` and nowhere
//! else, so the dry run follows that file. This is the part of the Amazon States Language, with
//! `JSONPath`, that the file uses; anything else in it is an error, not passed over.
//!
//! Retriers are followed as far as the tasks allow, and without waiting.

mod choice;
mod path;
mod retry;
mod rule;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use serde_json::{Map, Value, json};

pub use self::rule::rule;
use choice::{Chosen, choose};
pub use path::PathError;
use path::{context_or_input, fill, read, write};
use retry::Retried;
use rule::placed;

/// The work that the states ask for.
pub trait Tasks: Send + Sync + 'static {
    /// Runs the function of that name.
    fn invoke(
        &self,
        function: String,
        payload: Value,
    ) -> impl Future<Output = Result<Value, Fault>> + Send;

    /// Tells the world something, and gives what the service answers.
    fn announce(
        &self,
        service: Service,
        request: Value,
    ) -> impl Future<Output = Result<Value, Fault>> + Send;

    /// The items of a JSON array in the output bucket.
    fn items(&self, key: String) -> impl Future<Output = Result<Vec<Value>, Fault>> + Send;

    /// When a state is entered: a moment in UTC, as RFC 3339 writes it.
    fn now(&self) -> String;

    /// Whether a state that failed so may be run again, if one of its retriers says so too.
    fn may_retry(&self, fault: &Fault) -> bool;

    /// Hears which way an execution takes: the state that it enters, where `part` is empty, or what it meets
    /// there: `Next`, `End`, `Choices/0`, `Default`, `NoChoiceMatched`, `Retry/0` or `Catch/0` (0-based).
    fn took(&self, _state: &str, _part: &str) {}
}

/// Who tells the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// `EventBridge`: events, to programs.
    Events,
    /// SNS: messages, to people.
    Messages,
}

/// A named failure of a task, or of the machine itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct Fault {
    /// What a catcher compares.
    pub name: String,
    /// What a person reads.
    pub message: String,
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// In a `Succeed` state, or a state that says `End`, with this output.
    Succeeded(Value),
    /// In a `Fail` state, with its Error and Cause.
    Failed(Fault),
}

/// A definition that this is not the machine for.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// Not JSON once the placeholders are filled.
    #[error("the state machine is not JSON")]
    Json(#[from] serde_json::Error),
}

/// A state machine whose tasks are `T`.
#[derive(Debug)]
pub struct Machine<T> {
    definition: Arc<Value>,
    tasks: T,
    /// Children of a map that run at a time.
    concurrency: usize,
}

impl<T: Tasks> Machine<T> {
    /// The machine of `definition`, whose placeholders `${Name}` are filled with
    /// `substitutions`.
    ///
    /// # Errors
    /// [`DefinitionError`].
    pub fn new(
        definition: &str,
        substitutions: &[(&str, &str)],
        tasks: T,
        concurrency: usize,
    ) -> Result<Self, DefinitionError> {
        let filled = substitutions.iter().fold(definition.to_owned(), |text, (name, value)| {
            text.replace(&format!("${{{name}}}"), value)
        });
        let definition = Arc::new(serde_json::from_str(&filled)?);
        Ok(Machine { definition, tasks, concurrency })
    }

    /// Runs one execution of that name on `input`.
    ///
    /// # Errors
    /// A [`Fault`] that no state catches.
    pub async fn run(self: &Arc<Self>, execution: &str, input: Value) -> Result<Ended, Fault> {
        let context = json!({ "Execution": { "Name": execution, "Input": input } });
        Arc::clone(self).states(Arc::clone(&self.definition), input, context).await
    }

    /// Follows the states of `machine`, the whole definition or the processor of a map.
    fn states(
        self: Arc<Self>,
        machine: Arc<Value>,
        input: Value,
        context: Value,
    ) -> BoxFuture<'static, Result<Ended, Fault>> {
        async move {
            let mut at = text(&machine, "StartAt")?.to_owned();
            let mut data = input;
            loop {
                let state = machine.get("States").and_then(|states| states.get(&at));
                let state = state.ok_or_else(|| unsupported(&format!("state `{at}`")))?;
                self.tasks.took(&at, "");
                match self.state(&at, state, data, &context).await? {
                    Step::Next(next, output) => (at, data) = (next, output),
                    Step::End(ended) => return Ok(ended),
                }
            }
        }
        .boxed()
    }

    async fn state(
        self: &Arc<Self>,
        name: &str,
        state: &Value,
        input: Value,
        context: &Value,
    ) -> Result<Step, Fault> {
        match text(state, "Type")? {
            "Task" | "Map" => {
                let mut context = context.clone();
                put(&mut context, "State", json!({ "EnteredTime": self.tasks.now() }));
                let result = self.work(name, state, &input, &context).await;
                match &result {
                    Ok(_) if state.get("Next").is_some() => self.tasks.took(name, "Next"),
                    Ok(_) => self.tasks.took(name, "End"),
                    Err(fault) => self.met(name, state, "Catch", fault),
                }
                proceed(state, input, &context, result)
            }
            "Choice" => {
                let Chosen { part, next } = choose(state, &input)?;
                self.tasks.took(name, &part);
                Ok(Step::Next(next?, input))
            }
            "Succeed" => Ok(Step::End(Ended::Succeeded(input))),
            "Fail" => Ok(Step::End(Ended::Failed(failure(state, &input)?))),
            other => Err(unsupported(&format!("state type `{other}`"))),
        }
    }

    /// The result of a task or a map, after as many attempts as its retriers allow.
    async fn work(
        self: &Arc<Self>,
        name: &str,
        state: &Value,
        input: &Value,
        context: &Value,
    ) -> Result<Value, Fault> {
        let mut retried = Retried::default();
        loop {
            let result = match text(state, "Type")? {
                "Map" => self.map(state, input, context).await,
                _ => self.task(state, input, context).await,
            };
            let Err(fault) = &result else { return result };
            self.met(name, state, "Retry", fault);
            if !retried.again(state, fault) || !self.tasks.may_retry(fault) {
                return result;
            }
        }
    }

    /// Tells of the rule of a kind that a fault meets, if there is one.
    fn met(&self, name: &str, state: &Value, kind: &str, fault: &Fault) {
        if let Some((at, _)) = placed(state, kind, &fault.name) {
            self.tasks.took(name, &format!("{kind}/{at}"));
        }
    }

    /// The result of a task, in the form of the service that does it.
    async fn task(&self, state: &Value, input: &Value, context: &Value) -> Result<Value, Fault> {
        let template = state.get("Parameters").ok_or_else(|| unsupported("no Parameters"))?;
        let parameters = fill(template, input, context)?;
        let resource = text(state, "Resource")?;
        match resource.split_once(":states:::").map(|(_, action)| action) {
            Some("lambda:invoke") => self.invoke(&parameters).await,
            Some("events:putEvents") => self.tasks.announce(Service::Events, parameters).await,
            Some("sns:publish") => self.tasks.announce(Service::Messages, parameters).await,
            _ => Err(unsupported(&format!("resource `{resource}`"))),
        }
    }

    async fn invoke(&self, parameters: &Value) -> Result<Value, Fault> {
        let function = text(parameters, "FunctionName")?.to_owned();
        let payload = parameters.get("Payload").cloned().unwrap_or_default();
        Ok(json!({ "Payload": self.tasks.invoke(function, payload).await? }))
    }

    /// The outputs of the children of a Distributed Map, in the order of its items.
    async fn map(
        self: &Arc<Self>,
        state: &Value,
        input: &Value,
        context: &Value,
    ) -> Result<Value, Fault> {
        let part = |name| state.get(name).ok_or_else(|| unsupported(&format!("no {name}")));
        let reader = part("ItemReader")?;
        let parameters = reader.get("Parameters").ok_or_else(|| unsupported("no Parameters"))?;
        let parameters = fill(parameters, input, context)?;
        let items = self.tasks.items(text(&parameters, "Key")?.to_owned()).await;
        let items = items.map_err(|fault| named("States.ItemReaderFailed", &fault.to_string()))?;
        let selector = part("ItemSelector")?;
        let processor = Arc::new(part("ItemProcessor")?.clone());
        let mut children = stream::iter(items.into_iter().enumerate())
            .map(|(index, item)| {
                let mut context = context.clone();
                put(&mut context, "Map", json!({ "Item": { "Index": index, "Value": item } }));
                let input = fill(selector, input, &context);
                let (machine, processor) = (Arc::clone(self), Arc::clone(&processor));
                async move {
                    let child = machine.states(processor, input?, context);
                    tokio::spawn(child).await.map_err(|error| child_fault(&error.to_string()))?
                }
            })
            .buffered(self.concurrency);
        let mut outputs = Vec::new();
        while let Some(ended) = children.next().await {
            match ended {
                Ok(Ended::Succeeded(output)) => outputs.push(output),
                Ok(Ended::Failed(fault)) | Err(fault) => {
                    return Err(child_fault(&fault.to_string()));
                }
            }
        }
        Ok(Value::Array(outputs))
    }
}

enum Step {
    Next(String, Value),
    End(Ended),
}

/// Where a state that did some work leads: on with its result, or to the catcher of its fault.
fn proceed(
    state: &Value,
    input: Value,
    context: &Value,
    result: Result<Value, Fault>,
) -> Result<Step, Fault> {
    let result = match result {
        Ok(result) => result,
        Err(fault) => return caught(state, input, fault),
    };
    let selected = match state.get("ResultSelector") {
        Some(template) => fill(template, &result, context)?,
        None => result,
    };
    let output = write(state.get("ResultPath"), input, selected)?;
    let output = match state.get("OutputPath") {
        None => output,
        Some(Value::Null) => Value::Object(Map::new()),
        Some(path) => context_or_input(path.as_str().unwrap_or_default(), &output, context)?,
    };
    match state.get("Next").and_then(Value::as_str) {
        Some(next) => Ok(Step::Next(next.to_owned(), output)),
        None => Ok(Step::End(Ended::Succeeded(output))),
    }
}

fn caught(state: &Value, input: Value, fault: Fault) -> Result<Step, Fault> {
    let Some(catcher) = rule(state, "Catch", &fault.name) else { return Err(fault) };
    let error = json!({ "Error": fault.name, "Cause": fault.message });
    let output = write(catcher.get("ResultPath"), input, error)?;
    Ok(Step::Next(text(catcher, "Next")?.to_owned(), output))
}

fn failure(state: &Value, input: &Value) -> Result<Fault, Fault> {
    let field = |name: &str| -> Result<String, Fault> {
        let value = match state.get(format!("{name}Path")).and_then(Value::as_str) {
            Some(path) => read(path, input)?,
            None => state.get(name).cloned().unwrap_or_default(),
        };
        Ok(value.as_str().unwrap_or_default().to_owned())
    };
    Ok(Fault { name: field("Error")?, message: field("Cause")? })
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, Fault> {
    let found = value.get(name).and_then(Value::as_str);
    found.ok_or_else(|| unsupported(&format!("no text `{name}`")))
}

fn unsupported(what: &str) -> Fault {
    let message = format!("the state machine has something that is not supported here: {what}");
    named("States.Runtime", &message)
}

/// The parent of a Distributed Map learns no more than this name of a failed child.
fn child_fault(message: &str) -> Fault {
    named("States.ExceedToleratedFailureThreshold", message)
}

fn named(name: &str, message: &str) -> Fault {
    Fault { name: name.to_owned(), message: message.to_owned() }
}

impl From<PathError> for Fault {
    fn from(error: PathError) -> Self {
        named("States.Runtime", &error.to_string())
    }
}

/// Puts a part of the context object in.
fn put(context: &mut Value, name: &str, part: Value) {
    if let Some(context) = context.as_object_mut() {
        context.insert(name.to_owned(), part);
    }
}

#[cfg(test)]
mod tests;
