//! The steps in this process: the same handlers as in the Lambdas, over any store.

use lambda_runtime::Diagnostic;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use settle::table::{TableError, TableStore};
use shared::job::read_json;
use shared::store::Store;
use shared::warm::Warm;
use validate::Settings;

use crate::machine::Fault;

/// The state machine, as it is deployed.
pub const DEFINITION: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../statemachine.asl.json"));

/// What the template fills into the state machine, as this process calls it: files of more than
/// `survey_bytes` are surveyed in ranges.
pub fn substitutions(survey_bytes: &str) -> [(&'static str, &str); 10] {
    [
        ("Partition", "aws"),
        ("OutputBucket", "output"),
        ("MaxConcurrency", "0"),
        ("SurveyBytes", survey_bytes),
        ("ValidateFunction", "Validate"),
        ("ParseFunction", "Parse"),
        ("EnrichFunction", "Enrich"),
        ("AggregateFunction", "Aggregate"),
        ("SettleFunction", "Settle"),
        ("AnnouncementTopic", "announcements"),
    ]
}

/// All steps over one store, with what their processes keep.
#[derive(Debug)]
pub struct Steps<S> {
    store: S,
    settings: Settings,
    validate: validate::VerifiedTables,
    /// Shared by the chunks that are parsed or enriched at the same time.
    parse: Warm<String, parse::Prepared>,
    enrich: enrich::Kept,
}

impl<S: Store> Steps<S> {
    /// Steps that have kept nothing yet.
    pub fn new(store: S, settings: Settings) -> Self {
        Steps {
            store,
            settings,
            validate: validate::VerifiedTables::default(),
            parse: Warm::default(),
            enrich: enrich::Kept::default(),
        }
    }

    /// Runs the step of that name; `open` finds the table of a dataset.
    ///
    /// # Errors
    /// What the Lambda would report, by its name.
    pub async fn invoke(
        &self,
        function: &str,
        payload: Value,
        open: impl Fn(&str) -> Result<TableStore, TableError>,
    ) -> Result<Value, Fault> {
        let store = &self.store;
        match function {
            "Validate" => answer(
                validate::handle(from(payload)?, &self.settings, &self.validate, store).await,
            ),
            "Parse" => answer(parse::handle(from(payload)?, store, &self.parse).await),
            "Enrich" => {
                let salts = &self.settings.salts;
                answer(enrich::handle(from(payload)?, store, salts, &self.enrich).await)
            }
            "Aggregate" => answer(aggregate::handle(from(payload)?, store).await),
            "Settle" => answer(settle::handle(from(payload)?, store, open).await),
            other => Err(bug(&format!("there is no step `{other}`"))),
        }
    }

    /// The items of a JSON array in the output area.
    ///
    /// # Errors
    /// An array that is not there, by the name of why not.
    pub async fn items(&self, key: String) -> Result<Vec<Value>, Fault> {
        let items: Result<Vec<Value>, _> = read_json(&self.store, key).await;
        items.map_err(|error| Fault {
            name: error.name().to_string(),
            message: shared::error_name::chain(&error),
        })
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
