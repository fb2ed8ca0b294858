//! What Step Functions knows of the files that were dropped.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus};
use shared::message::Dropped;

use super::error::LocalError;

/// Events that are looked at to find the state that an execution is in.
const NEWEST_EVENTS: i32 = 20;

/// The executions of one state machine.
#[derive(Debug, Clone)]
pub struct Executions {
    client: Client,
    state_machine_arn: String,
}

impl Executions {
    /// The executions of a state machine.
    pub(super) fn new(client: Client, state_machine_arn: String) -> Self {
        Executions { client, state_machine_arn }
    }

    /// All executions of files; the children of a Distributed Map are none.
    ///
    /// # Errors
    /// [`LocalError::Request`].
    pub async fn all(&self) -> Result<Vec<ExecutionListItem>, LocalError> {
        let request = self.client.list_executions().state_machine_arn(&self.state_machine_arn);
        let mut items = request.into_paginator().items().send();
        let mut all = Vec::new();
        while let Some(execution) = items.next().await {
            let execution = execution.map_err(LocalError::request("list executions"))?;
            if execution.map_run_arn().is_none() {
                all.push(execution);
            }
        }
        Ok(all)
    }

    /// What is known of one execution.
    ///
    /// # Errors
    /// [`LocalError::Request`].
    pub async fn describe(&self, arn: &str) -> Result<DescribeExecutionOutput, LocalError> {
        let described = self.client.describe_execution().execution_arn(arn).send().await;
        described.map_err(LocalError::request("describe an execution"))
    }

    /// The state that a running execution is in, with the chunks that are done where there are any.
    pub(super) async fn state(&self, arn: &str) -> Result<String, LocalError> {
        let request = self.client.get_execution_history().execution_arn(arn);
        let history = request.reverse_order(true).max_results(NEWEST_EVENTS).send().await;
        let history = history.map_err(LocalError::request("tell the state of an execution"))?;
        let events = history.events().iter();
        let mut entered = events.filter_map(|event| event.state_entered_event_details());
        let state = entered.next().map_or("started", |state| state.name()).to_owned();
        // The one state that takes its time in parts.
        let Some(run) = self.map_run(arn).await?.filter(|_| state == "Process") else {
            return Ok(state);
        };
        let run = self.client.describe_map_run().map_run_arn(run).send().await;
        let run = run.map_err(LocalError::request("describe a map run"))?;
        let counts = run.item_counts().map(|counts| (counts.succeeded(), counts.total()));
        Ok(counts.map_or(state, |(done, all)| format!("Process {done} of {all} chunks")))
    }

    /// The error of the first child that failed, which the parent does not tell.
    pub(super) async fn failed_child(&self, arn: &str) -> Result<Option<String>, LocalError> {
        let Some(run) = self.map_run(arn).await? else {
            return Ok(None);
        };
        let request = self.client.list_executions().map_run_arn(run).max_results(1);
        let failed = request.status_filter(ExecutionStatus::Failed).send().await;
        let failed = failed.map_err(LocalError::request("list the chunks that failed"))?;
        let Some(child) = failed.executions().first() else {
            return Ok(None);
        };
        let child = self.describe(child.execution_arn()).await?;
        let [error, cause] = [child.error(), child.cause()].map(Option::unwrap_or_default);
        Ok(Some(format!("{error}: {cause}")))
    }

    /// The map run of an execution, if it came so far.
    async fn map_run(&self, arn: &str) -> Result<Option<String>, LocalError> {
        let runs = self.client.list_map_runs().execution_arn(arn).send().await;
        let runs = runs.map_err(LocalError::request("list map runs"))?;
        Ok(runs.map_runs().first().map(|run| run.map_run_arn().to_owned()))
    }
}

/// The file that an execution is about; None if it was started by hand with another input.
pub fn file_of(execution: &DescribeExecutionOutput) -> Option<Dropped> {
    serde_json::from_str(execution.input()?).ok()
}
