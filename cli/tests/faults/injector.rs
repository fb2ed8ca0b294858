//! The one place that knows what was done and what goes wrong.

use std::sync::{Mutex, MutexGuard};

use bytes::Bytes;

use super::harm::{Act, Harm};

/// An operation of a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) state: String,
    pub(crate) act: Act,
    pub(crate) key: String,
}

/// What goes wrong, once that many of these operations have gone well.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) operation: Operation,
    pub(crate) skip: usize,
    pub(crate) harm: Harm,
}

/// Bytes that are at a key now, in the store or (`_delta_log/...`) in the table.
#[derive(Debug, Clone)]
pub(crate) struct Effect {
    pub(crate) key: String,
    pub(crate) body: Bytes,
}

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    /// What was tried, in order.
    pub(crate) operations: Vec<Operation>,
    /// What came of it, in order.
    pub(crate) effects: Vec<Effect>,
    /// Times that the fault has struck.
    pub(crate) struck: usize,
    /// Errors after which a state was run again.
    pub(crate) retried: Vec<String>,
    /// The way through the definition: states, and parts of them.
    pub(crate) taken: Vec<(String, String)>,
}

/// A state whose work fails, once.
#[derive(Debug, Clone)]
pub(crate) struct Raise {
    pub(crate) state: String,
    pub(crate) error: String,
}

#[derive(Debug, Default)]
pub(crate) struct Injector {
    plan: Option<Plan>,
    raise: Mutex<Option<Raise>>,
    journal: Mutex<Journal>,
}

impl Injector {
    pub(crate) fn new(plan: Option<Plan>) -> Self {
        Injector { plan, ..Injector::default() }
    }

    pub(crate) fn raising(raise: Raise) -> Self {
        Injector { raise: Mutex::new(Some(raise)), ..Injector::default() }
    }

    /// The error that the state at work is to fail with.
    pub(crate) fn raised(&self) -> Option<String> {
        let journal = self.journal();
        let (at_work, _) = journal.taken.iter().rfind(|(_, part)| part.is_empty())?;
        let raise = self.raise.lock().unwrap().take_if(|raise| raise.state == *at_work);
        raise.map(|raise| raise.error)
    }

    pub(crate) fn took(&self, state: &str, part: &str) {
        self.journal().taken.push((state.to_owned(), part.to_owned()));
    }

    /// Records that an operation is tried, and tells what goes wrong with it.
    pub(crate) fn strike(&self, operation: Operation) -> Option<Harm> {
        let mut journal = self.journal();
        let planned = self.plan.as_ref().filter(|plan| plan.operation == operation);
        let before = journal.operations.iter().filter(|before| **before == operation).count();
        journal.operations.push(operation);
        let harm = planned.filter(|plan| before >= plan.skip)?.harm;
        if journal.struck == harm.times() {
            return None;
        }
        journal.struck += 1;
        Some(harm)
    }

    pub(crate) fn record(&self, key: &str, body: Bytes) {
        self.journal().effects.push(Effect { key: key.to_owned(), body });
    }

    pub(crate) fn retry(&self, error: &str) {
        self.journal().retried.push(error.to_owned());
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap()
    }
}
