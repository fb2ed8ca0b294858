//! The one door to Step Functions.

use std::env::{self, VarError};
use std::future::Future;

use aws_config::BehaviorVersion;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::SdkError;
use aws_sdk_sfn::operation::start_execution::StartExecutionError;
use shared::message::Dropped;

use crate::error::StartError;
use crate::name::ExecutionName;

/// Whether an execution is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// It has just been started.
    Now,
    /// An earlier event has started it: it runs, or has ended.
    Before,
}

/// Starts executions.
pub trait StartExecution: Sync {
    /// Sees to it that there is an execution of this name; a second call changes nothing.
    ///
    /// # Errors
    /// [`StartError::NotStarted`].
    fn start(
        &self,
        name: &ExecutionName,
        input: &Dropped,
    ) -> impl Future<Output = Result<Started, StartError>> + Send;
}

/// The state machine that loads files.
#[derive(Debug, Clone)]
pub struct StateMachine {
    client: Client,
    arn: String,
}

impl StateMachine {
    /// The state machine that the environment variable `STATE_MACHINE_ARN` names.
    ///
    /// # Errors
    /// [`VarError`] if there is no such variable.
    pub async fn from_environment() -> Result<Self, VarError> {
        let arn = env::var("STATE_MACHINE_ARN")?;
        Ok(StateMachine::new(client().await, arn))
    }

    /// The state machine of that ARN.
    pub fn new(client: Client, arn: String) -> Self {
        StateMachine { client, arn }
    }
}

/// A client with region, credentials and endpoint as the AWS SDK finds them.
pub async fn client() -> Client {
    Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await)
}

impl StartExecution for StateMachine {
    async fn start(&self, name: &ExecutionName, input: &Dropped) -> Result<Started, StartError> {
        let not_started = |source| StartError::NotStarted { name: name.to_string(), source };
        let input = serde_json::to_string(input).map_err(|error| not_started(error.into()))?;
        let request = self.client.start_execution().state_machine_arn(&self.arn);
        match request.name(name.as_str()).input(input).send().await {
            Ok(_) => Ok(Started::Now),
            Err(error) if exists(&error) => Ok(Started::Before),
            Err(error) => Err(not_started(error.into())),
        }
    }
}

fn exists(error: &SdkError<StartExecutionError>) -> bool {
    error.as_service_error().is_some_and(StartExecutionError::is_execution_already_exists)
}
