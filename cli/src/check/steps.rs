//! The steps as the tasks of the machine, over one folder.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use settle::table::TableStore;
use shared::job::table_prefix;
use shared::message::Moment;
use shared::salt::Salts;
use shared::store::FolderStore;
use validate::Settings;

use super::progress::Progress;
use crate::machine::{Fault, Service, Tasks};
use crate::steps::Steps;

/// One pass takes as long as it takes here, and tells the hash of the whole file.
pub(super) const SURVEY_BYTES: &str = "18446744073709551615";

/// All steps over one folder, and how far they are.
#[derive(Debug)]
pub(super) struct DryRun {
    store: FolderStore,
    steps: Steps<FolderStore>,
    progress: Progress,
}

impl DryRun {
    pub(super) fn new(store: FolderStore, chunk_bytes: u64, resource: Option<String>) -> Self {
        let salts = Salts::of(std::env::vars_os());
        let settings = Settings { resource, salts, ..Settings::new(chunk_bytes) };
        let steps = Steps::new(store.clone(), settings);
        DryRun { store, steps, progress: Progress::new() }
    }
}

impl Tasks for DryRun {
    async fn invoke(&self, function: String, payload: Value) -> Result<Value, Fault> {
        self.progress.step(&function);
        let path = |dataset: &str| self.store.output_path(&table_prefix(dataset));
        let open = |dataset: &str| TableStore::folder(&path(dataset));
        let answer = self.steps.invoke(&function, payload, open).await;
        if function == "Enrich" {
            self.progress.chunk_done();
        }
        answer
    }

    /// A dry run tells nobody.
    async fn announce(&self, _: Service, _: Value) -> Result<Value, Fault> {
        Ok(Value::Null)
    }

    async fn items(&self, key: String) -> Result<Vec<Value>, Fault> {
        let items = self.steps.items(key).await?;
        self.progress.plan(items.len());
        Ok(items)
    }

    fn now(&self) -> String {
        let age = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment { ms: i64::try_from(age.as_millis()).unwrap_or(i64::MAX) }.into()
    }

    /// On one machine faults do not go away by waiting, and a person is there to mend them.
    fn may_retry(&self, _: &Fault) -> bool {
        false
    }
}

#[cfg(test)]
mod tests;
