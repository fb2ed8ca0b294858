//! A process that runs a step, and may die.

use std::future::pending;
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use super::harm::{Act, Harm};
use super::injector::{Injector, Operation};

/// How AWS tells of a process that ended, and of one that never answered.
pub(crate) const UNKNOWN: &str = "Lambda.Unknown";
pub(crate) const TIMEOUT: &str = "States.Timeout";

/// Invariant: once it is dead, nothing that it still does has an effect.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    injector: Arc<Injector>,
    /// The state that it works for.
    state: Arc<Mutex<String>>,
    death: watch::Sender<Option<&'static str>>,
}

impl Process {
    pub(crate) fn new(injector: &Arc<Injector>) -> Self {
        let (injector, state) = (Arc::clone(injector), Arc::default());
        Process { injector, state, death: watch::Sender::new(None) }
    }

    pub(crate) fn works_for(&self, state: &str) {
        state.clone_into(&mut self.state.lock().unwrap());
    }

    pub(crate) fn injector(&self) -> &Injector {
        &self.injector
    }

    pub(crate) fn strike(&self, act: Act, key: &str) -> Option<Harm> {
        let state = self.state.lock().unwrap().clone();
        self.injector.strike(Operation { state, act, key: key.to_owned() })
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.death.borrow().is_some()
    }

    pub(crate) fn kill(&self, error: &'static str) {
        self.death.send_replace(Some(error));
    }

    /// Ends the process, and never goes on.
    pub(crate) async fn die<T>(&self, error: &'static str) -> T {
        self.kill(error);
        pending().await
    }

    /// The error by which its death is known, once it is dead.
    pub(crate) async fn death(&self) -> &'static str {
        let mut death = self.death.subscribe();
        let error = *death.wait_for(Option::is_some).await.unwrap();
        error.unwrap()
    }
}
