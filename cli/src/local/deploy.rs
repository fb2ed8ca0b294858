//! From the template to a running stack, as one deploys to AWS: package, then create.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::child::{Children, Task};
use super::environment::Environment;
use super::error::LocalError;

/// Name of the stack, and so of the state machine.
pub const STACK: &str = "sluice";
/// The bucket for what is packaged.
pub const ARTIFACTS: &str = "artifacts";

const COMMAND_LIMIT: Duration = Duration::from_mins(3);
const CREATE_LIMIT: Duration = Duration::from_mins(3);
const POLL: Duration = Duration::from_millis(200);
const PACKAGED: &str = "packaged.yaml";

/// Deploys with the AWS CLI. Nothing shows its parameters: one is a secret.
pub struct Deployment<'a> {
    /// The AWS CLI.
    pub aws: PathBuf,
    /// Starts it.
    pub children: &'a Children,
    /// Leads it to the local AWS.
    pub environment: Environment,
    /// The folder with the template and what it names.
    pub stage: &'a Path,
    /// The folder for the packaged template.
    pub folder: &'a Path,
    /// Values for parameters of the template.
    pub parameters: Vec<(&'static str, String)>,
}

/// The outputs of the stack.
#[derive(Debug, Clone)]
pub struct Outputs {
    /// Where files are dropped.
    pub input_bucket: String,
    /// Contracts and reference tables.
    pub reference_bucket: String,
    /// All that Sluice writes.
    pub output_bucket: String,
    /// The state machine.
    pub state_machine_arn: String,
    /// Where people are told how files ended.
    pub announcement_topic_arn: String,
    /// The function that keeps the tables up.
    pub upkeep_function: String,
    /// Events that wait for an execution.
    pub event_queue_url: String,
    /// Events for which there could be no execution.
    pub dead_letter_queue_url: String,
}

#[derive(Deserialize)]
struct Described {
    #[serde(rename = "Stacks")]
    stacks: Vec<Stack>,
}

#[derive(Deserialize)]
struct Stack {
    #[serde(rename = "StackStatus")]
    status: String,
    #[serde(rename = "StackStatusReason", default)]
    reason: String,
    #[serde(rename = "Outputs", default)]
    outputs: Vec<StackOutput>,
}

#[derive(Deserialize)]
struct StackOutput {
    #[serde(rename = "OutputKey")]
    key: String,
    #[serde(rename = "OutputValue")]
    value: String,
}

impl Deployment<'_> {
    /// Packages the template, creates the stack and waits until it is complete.
    ///
    /// # Errors
    /// [`LocalError::Deploy`], [`LocalError::StackFailed`] and [`LocalError::Answer`].
    pub async fn run(&self) -> Result<Outputs, LocalError> {
        let packaged = self.folder.join(PACKAGED);
        let package = ["--template-file", "template.yaml", "--s3-bucket", ARTIFACTS];
        let package = self.command("package").args(package).arg("--output-template-file");
        self.call("package", package.arg(&packaged)).await?;
        let body = format!("file://{}", packaged.display());
        // As JSON, since a value may hold commas.
        let parameters = self.parameters.iter();
        let parameters = parameters
            .map(|(key, value)| json!({ "ParameterKey": key, "ParameterValue": value }))
            .collect::<Value>();
        let create = self
            .command("create-stack")
            .args(["--stack-name", STACK, "--template-body", &body])
            .args(["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])
            .args(["--parameters", &parameters.to_string()]);
        self.call("create-stack", create).await?;
        self.complete().await
    }

    /// Waits until the stack is there.
    async fn complete(&self) -> Result<Outputs, LocalError> {
        let deadline = Instant::now() + CREATE_LIMIT;
        loop {
            let stack = self.describe().await?;
            let waiting = stack.status == "CREATE_IN_PROGRESS" && Instant::now() < deadline;
            if stack.status == "CREATE_COMPLETE" {
                return outputs(stack.outputs);
            }
            if !waiting {
                let (status, reason) = (stack.status, stack.reason);
                return Err(LocalError::StackFailed { status, reason });
            }
            sleep(POLL).await;
        }
    }

    async fn describe(&self) -> Result<Stack, LocalError> {
        let describe = self.command("describe-stacks").args(["--stack-name", STACK]);
        let output = self.call("describe-stacks", describe.args(["--output", "json"])).await?;
        let described: Result<Described, _> = serde_json::from_slice(&output.stdout);
        let mut described = described.map_err(LocalError::answer("the stack"))?;
        described.stacks.pop().ok_or("there is none").map_err(LocalError::answer("the stack"))
    }

    fn command(&self, name: &str) -> Task {
        Task::new(&self.aws, &self.environment, self.stage).args(["cloudformation", name])
    }

    async fn call(&self, command: &'static str, task: Task) -> Result<Output, LocalError> {
        let done = self.children.output(&task, COMMAND_LIMIT).await;
        done.map_err(|source| LocalError::Deploy { command, source })
    }
}

fn outputs(found: Vec<StackOutput>) -> Result<Outputs, LocalError> {
    let found = found.into_iter().map(|output| (output.key, output.value));
    let mut found: BTreeMap<_, _> = found.collect();
    let mut take = |key: &str| {
        let value = found.remove(key).ok_or_else(|| format!("it has no output `{key}`"));
        value.map_err(LocalError::answer("the stack"))
    };
    Ok(Outputs {
        input_bucket: take("InputBucket")?,
        reference_bucket: take("ReferenceBucket")?,
        output_bucket: take("OutputBucket")?,
        state_machine_arn: take("StateMachineArn")?,
        announcement_topic_arn: take("AnnouncementTopicArn")?,
        upkeep_function: take("UpkeepFunction")?,
        event_queue_url: take("EventQueueUrl")?,
        dead_letter_queue_url: take("DeadLetterQueueUrl")?,
    })
}
