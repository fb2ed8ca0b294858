//! What the template and the state machine say.

use std::collections::BTreeMap;

use serde_json::Value;

const DEFINITION: &str = include_str!("../../../statemachine.asl.json");
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// A function of the template.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Function {
    pub(crate) memory_mb: f64,
    pub(crate) timeout: u64,
}

/// What a deployment decides.
#[derive(Debug, Clone)]
pub(crate) struct Deployed {
    pub(crate) chunk_bytes: u64,
    pub(crate) survey_bytes: u64,
    pub(crate) concurrency: u64,
    pub(crate) definition: Value,
}

impl Deployed {
    /// That of the template's defaults.
    pub(crate) fn by_default() -> Self {
        let mut definition = DEFINITION.to_owned();
        // Each placeholder stands for a number or in a text.
        while let Some(at) = definition.find("${") {
            let len = definition[at..].find('}').unwrap();
            definition.replace_range(at..=at + len, "1");
        }
        Deployed {
            chunk_bytes: parameter("ChunkBytes", "Default"),
            survey_bytes: parameter("SurveyBytes", "Default"),
            concurrency: parameter("MaxConcurrency", "Default"),
            definition: serde_json::from_str(&definition).unwrap(),
        }
    }

    /// Seconds that an execution may take.
    pub(crate) fn execution_timeout(&self) -> u64 {
        self.definition["TimeoutSeconds"].as_u64().unwrap()
    }

    /// The states of a file that is published, in their order.
    pub(crate) fn way(&self, is_surveyed: bool) -> Vec<&str> {
        let mut way = vec![self.definition["StartAt"].as_str().unwrap()];
        loop {
            let state = &self.definition["States"][*way.last().unwrap()];
            let next = match *way.last().unwrap() {
                "Size" if !is_surveyed => &state["Default"],
                "Size" | "Divided" | "Claimed" | "Verdict" | "Outcome" => {
                    &state["Choices"][0]["Next"]
                }
                _ => &state["Next"],
            };
            match next.as_str() {
                Some(next) => way.push(next),
                None => return way,
            }
        }
    }

    /// The tasks of the children of a map.
    pub(crate) fn children(&self, map: &str) -> Vec<&str> {
        let states = &self.definition["States"][map]["ItemProcessor"]["States"];
        states.as_object().unwrap().keys().map(String::as_str).collect()
    }

    /// All states, those of children included.
    pub(crate) fn states(&self) -> BTreeMap<&str, &Value> {
        let outer = self.definition["States"].as_object().unwrap();
        let inner = outer.values().filter_map(|state| state["ItemProcessor"]["States"].as_object());
        let inner = inner.flatten().map(|(name, state)| (name.as_str(), state));
        outer.iter().map(|(name, state)| (name.as_str(), state)).chain(inner).collect()
    }

    /// The states that call functions, those of children included.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (&str, &Value)> {
        let calls = |state: &Value| {
            state["Resource"].as_str().is_some_and(|name| name.ends_with(":lambda:invoke"))
        };
        self.states().into_iter().filter(move |(_, state)| calls(state))
    }

    /// The function that a task calls.
    pub(crate) fn function_of(task: &str) -> Function {
        function(match task {
            "Divide" | "SurveyRange" => "Validate",
            "Claim" | "Publish" | "Quarantine" | "Refuse" => "Settle",
            name => name,
        })
    }
}

/// A function by its name in the template.
fn function(name: &str) -> Function {
    let own = block(name);
    let global = TEMPLATE.split("\nGlobals:\n").nth(1).unwrap();
    let memory = value(own, "MemorySize").or_else(|| value(global, "MemorySize")).unwrap();
    let memory: u32 = memory.try_into().unwrap();
    Function { memory_mb: memory.into(), timeout: value(own, "Timeout").unwrap() }
}

/// A property of a parameter, or the largest number of functions that a resource scales to.
pub(crate) fn parameter(name: &str, property: &str) -> u64 {
    value(block(name), property).unwrap()
}

/// The lines below a name of the second level.
fn block(name: &str) -> &'static str {
    let start = TEMPLATE.split(&format!("\n  {name}:\n")).nth(1).unwrap();
    let ends = start.match_indices("\n  ").map(|(at, _)| at);
    let mut ends = ends.filter(|&at| !start[at + 3..].starts_with([' ', '#']));
    &start[..ends.next().unwrap_or(start.len())]
}

/// The first number that stands behind a property.
fn value(lines: &str, property: &str) -> Option<u64> {
    let behind = lines.split(&format!("{property}: ")).nth(1)?;
    let digits = behind.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}
