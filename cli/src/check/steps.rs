//! The steps as the tasks of the machine: the same handlers as in the Lambdas.

use lambda_runtime::Diagnostic;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use settle::table::TableStore;
use shared::job::{read_json, table_prefix};
use shared::salt::Salts;
use shared::store::FolderStore;
use shared::warm::Warm;
use validate::Settings;

use super::progress::Progress;
use crate::machine::{Fault, Service, Tasks};

/// What the template fills into the state machine, as this process calls it.
pub(super) const SUBSTITUTIONS: &[(&str, &str)] = &[
    ("Partition", "aws"),
    ("OutputBucket", "output"),
    ("MaxConcurrency", "0"),
    // One pass takes as long as it takes here, and tells the hash of the whole file.
    ("SurveyBytes", "18446744073709551615"),
    ("ValidateFunction", "Validate"),
    ("ParseFunction", "Parse"),
    ("EnrichFunction", "Enrich"),
    ("AggregateFunction", "Aggregate"),
    ("SettleFunction", "Settle"),
    ("AnnouncementTopic", "announcements"),
];

/// All steps over one folder.
#[derive(Debug)]
pub(super) struct Steps {
    store: FolderStore,
    settings: Settings,
    validate: validate::VerifiedTables,
    /// Shared by the chunks that are parsed or enriched at the same time.
    parse: Warm<String, parse::Prepared>,
    enrich: enrich::Kept,
    progress: Progress,
}

impl Steps {
    pub(super) fn new(store: FolderStore, chunk_bytes: u64, resource: Option<String>) -> Self {
        let salts = Salts::of(std::env::vars_os());
        let settings = Settings { resource, salts, ..Settings::new(chunk_bytes) };
        Steps {
            store,
            settings,
            validate: validate::VerifiedTables::default(),
            parse: Warm::default(),
            enrich: enrich::Kept::default(),
            progress: Progress::new(),
        }
    }
}

impl Tasks for Steps {
    async fn invoke(&self, function: String, payload: Value) -> Result<Value, Fault> {
        let store = &self.store;
        self.progress.step(&function);
        match function.as_str() {
            "Validate" => answer(
                validate::handle(from(payload)?, &self.settings, &self.validate, store).await,
            ),
            "Parse" => answer(parse::handle(from(payload)?, store, &self.parse).await),
            "Enrich" => {
                let enriched =
                    enrich::handle(from(payload)?, store, &self.settings.salts, &self.enrich).await;
                self.progress.chunk_done();
                answer(enriched)
            }
            "Aggregate" => answer(aggregate::handle(from(payload)?, store).await),
            "Settle" => {
                let open =
                    |dataset: &str| TableStore::folder(&store.output_path(&table_prefix(dataset)));
                answer(settle::handle(from(payload)?, store, open).await)
            }
            other => Err(bug(&format!("there is no step `{other}`"))),
        }
    }

    /// A dry run tells nobody.
    async fn announce(&self, _: Service, _: Value) -> Result<Value, Fault> {
        Ok(Value::Null)
    }

    async fn items(&self, key: String) -> Result<Vec<Value>, Fault> {
        let items: Result<Vec<Value>, _> = read_json(&self.store, key).await;
        let items = items.map_err(|error| Fault {
            name: error.name().to_string(),
            message: shared::error_name::chain(&error),
        })?;
        self.progress.plan(items.len());
        Ok(items)
    }
}

fn from<T: DeserializeOwned>(payload: Value) -> Result<T, Fault> {
    serde_json::from_value(payload).map_err(|error| bug(&error.to_string()))
}

fn answer<T: Serialize, E: Into<Diagnostic>>(result: Result<T, E>) -> Result<Value, Fault> {
    match result {
        Ok(output) => serde_json::to_value(output).map_err(|error| bug(&error.to_string())),
        Err(error) => {
            let Diagnostic { error_type, error_message } = error.into();
            Err(Fault { name: error_type, message: error_message })
        }
    }
}

fn bug(message: &str) -> Fault {
    Fault { name: "States.Runtime".to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests;
