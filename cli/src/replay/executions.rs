//! The executions of the state machine: those that are looked up, and those that are started.

use std::future::Future;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionError;
use aws_sdk_sfn::types::ExecutionStatus;
use shared::message::Dropped;
use start::StateMachine;
use start::execution::{StartExecution as _, Started, client};
use start::name::ExecutionName;

use super::error::ReplayError;

/// An execution that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// As Step Functions says it.
    pub(super) status: ExecutionStatus,
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub(super) started_ms: i64,
}

impl Seen {
    /// Whether it is at work.
    pub(super) fn is_running(&self) -> bool {
        matches!(self.status, ExecutionStatus::Running | ExecutionStatus::PendingRedrive)
    }

    /// Whether it has ended before it was done.
    pub(super) fn is_broken_off(&self) -> bool {
        !self.is_running() && self.status != ExecutionStatus::Succeeded
    }
}

/// The executions of one state machine, by their names.
pub(super) trait Executions: Sync {
    /// ARN of the execution of a name, whether or not there is one.
    fn arn(&self, name: &str) -> String;

    /// The execution of a name, if there is one.
    ///
    /// # Errors
    /// [`ReplayError::Executions`].
    fn find(&self, name: &str) -> impl Future<Output = Result<Option<Seen>, ReplayError>> + Send;

    /// Sees to it that there is an execution of this name; a second call changes nothing.
    ///
    /// # Errors
    /// [`ReplayError::Executions`].
    fn start(
        &self,
        name: &ExecutionName,
        input: &Dropped,
    ) -> impl Future<Output = Result<Started, ReplayError>> + Send;
}

/// Those of a state machine that is deployed.
#[derive(Debug, Clone)]
pub(super) struct Deployed {
    client: Client,
    machine: StateMachine,
    /// What the ARNs of its executions start with.
    prefix: String,
}

impl Deployed {
    /// Region, credentials and endpoint as the AWS SDK finds them.
    pub(super) async fn new(arn: &str) -> Result<Self, ReplayError> {
        let prefix = prefix(arn).ok_or_else(|| ReplayError::NoStateMachine(arn.to_owned()))?;
        let client = client().await;
        let machine = StateMachine::new(client.clone(), arn.to_owned());
        Ok(Deployed { client, machine, prefix })
    }
}

impl Executions for Deployed {
    fn arn(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    async fn find(&self, name: &str) -> Result<Option<Seen>, ReplayError> {
        match self.client.describe_execution().execution_arn(self.arn(name)).send().await {
            Ok(found) => Ok(Some(Seen {
                status: found.status().clone(),
                started_ms: found.start_date().to_millis().unwrap_or_default(),
            })),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeExecutionError::is_execution_does_not_exist) =>
            {
                Ok(None)
            }
            Err(error) => Err(failed("look up the execution", name)(error)),
        }
    }

    async fn start(&self, name: &ExecutionName, input: &Dropped) -> Result<Started, ReplayError> {
        let started = self.machine.start(name, input).await;
        started.map_err(failed("run the file again as", name.as_str()))
    }
}

fn failed<E>(what: &'static str, execution: &str) -> impl FnOnce(E) -> ReplayError
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    move |source| ReplayError::Executions {
        what,
        execution: execution.to_owned(),
        source: source.into(),
    }
}

/// What the ARNs of the executions of a state machine start with, by its own.
fn prefix(arn: &str) -> Option<String> {
    let parts: Vec<_> = arn.split(':').collect();
    let [scheme @ "arn", partition, service @ "states", region, account, "stateMachine", name] =
        parts[..]
    else {
        return None;
    };
    Some([scheme, partition, service, region, account, "execution", name, ""].join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_have_the_arn_of_their_state_machine_but_for_a_word() {
        let machine = "arn:aws-cn:states:cn-north-1:012345678901:stateMachine:sluice-Load";
        let execution = "arn:aws-cn:states:cn-north-1:012345678901:execution:sluice-Load:";
        assert_eq!(prefix(machine).as_deref(), Some(execution));
        for other in [
            "",
            "sluice",
            "arn:aws:states:us-east-1:012345678901:execution:sluice:name",
            "arn:aws:states:us-east-1:012345678901:stateMachine:sluice:7",
            "arn:aws:sqs:us-east-1:012345678901:stateMachine:sluice",
            "arn:aws:states:us-east-1:012345678901:stateMachine",
        ] {
            assert_eq!(prefix(other), None, "{other}");
        }
    }

    #[test]
    fn an_execution_runs_or_has_ended_well_or_not() {
        for (status, is_running, is_broken_off) in [
            (ExecutionStatus::Running, true, false),
            (ExecutionStatus::PendingRedrive, true, false),
            (ExecutionStatus::Succeeded, false, false),
            (ExecutionStatus::Failed, false, true),
            (ExecutionStatus::TimedOut, false, true),
            (ExecutionStatus::Aborted, false, true),
        ] {
            let seen = Seen { status, started_ms: 0 };
            assert_eq!((seen.is_running(), seen.is_broken_off()), (is_running, is_broken_off));
        }
    }
}
