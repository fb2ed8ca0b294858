//! The pipeline on this machine: the real template, the real functions, an emulated AWS.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use futures_util::FutureExt;
use serde_json::{Value, json};
use shared::completeness::{manifest_key, manifest_path};

use super::build::Builder;
use super::console::Console;
use super::deploy::{ARTIFACTS, Deployment, Outputs};
use super::emulator::{Emulator, free_port};
use super::environment::{DUMMY, Environment, REGION, endpoint};
use super::error::{LocalError, Tail};
use super::executions::Executions;
use super::files::{self, Drop};
use super::follow::{Ending, Follower};
use super::host::Host;
use super::python::Tools;
use super::state::{RunFolder, State};
use super::wire;

/// An emulator that does not even begin to answer within this time is stuck.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// What a stack is to be like.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The port to listen on; a free one if None.
    pub port: Option<u16>,
    /// The folder that is kept between runs; `.sluice` of the workspace if None.
    pub state: Option<PathBuf>,
    /// Bytes of a chunk.
    pub chunk_bytes: u64,
    /// Bytes beyond which a file is surveyed in ranges; as the template says if None.
    pub survey_bytes: Option<u64>,
}

impl Settings {
    /// The folder that is kept between runs.
    pub fn folder(&self, host: &Host) -> PathBuf {
        self.state.clone().unwrap_or_else(|| host.workspace.path(".sluice"))
    }
}

/// A running stack. The emulator is killed when this is dropped.
#[derive(Debug)]
pub struct Stack {
    emulator: Emulator,
    s3: aws_sdk_s3::Client,
    executions: Executions,
    outputs: Outputs,
    tools: Tools,
    folder: RunFolder,
}

/// A version of a file in the input bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Its key.
    pub key: String,
    /// The version that it is.
    pub version: Option<String>,
}

impl Stack {
    /// Sets up what is missing, builds the functions, starts the emulator and deploys.
    ///
    /// # Errors
    /// Whatever can go wrong of that; nothing is left running then.
    pub async fn start(
        settings: &Settings,
        host: &Host,
        console: &Console,
    ) -> Result<Self, LocalError> {
        let Host { workspace, python, children } = host;
        let architecture = architecture()?;
        // Before the long work, so that an occupied port is known at once.
        let port = free_port(settings.port)?;
        let kept = State::open(&settings.folder(host))?;
        let environment = Environment::open(port);

        let lock = kept.lock(console).await?;
        let folder = kept.run_folder(port)?;
        let tools = Tools::install(python, kept.venv(), workspace, children, &environment);
        let tools = console.phase("set up the local AWS", tools).await?;
        let stage = kept.stage()?;
        let python = &python.program;
        let builder = Builder { workspace, children, environment: &environment, python };
        builder.stage(&stage, console).await?;
        drop(lock);

        let start = Emulator::start(tools.program("ministack"), port, folder.path(), children);
        let emulator = console.phase("start the local AWS", start).await?;
        let s3 = s3_client(port);
        let deployment = Deployment {
            aws: tools.program("aws"),
            children,
            environment: Environment::closed(port),
            stage: &stage,
            folder: folder.path(),
            parameters: [
                Some(("Architecture", architecture.to_owned())),
                Some(("ChunkBytes", settings.chunk_bytes.to_string())),
                settings.survey_bytes.map(|bytes| ("SurveyBytes", bytes.to_string())),
                std::env::var("SLUICE_SALT_DEFAULT").ok().map(|salt| ("DefaultSalt", salt)),
            ]
            .into_iter()
            .flatten()
            .collect(),
        };
        let deploy = async {
            create_bucket(&s3, ARTIFACTS).await?;
            deployment.run().await
        };
        let outputs = console.phase("deploy template.yaml", emulator.guard(deploy)).await?;
        let executions = Executions::new(sfn_client(port), outputs.state_machine_arn.clone());
        Ok(Stack { emulator, s3, executions, outputs, tools, folder })
    }

    /// Uploads the contracts and reference tables below a folder: one folder for each dataset.
    ///
    /// # Errors
    /// [`LocalError::File`] and those of the emulator.
    pub async fn upload_contracts(&self, folder: &Path) -> Result<(), LocalError> {
        for found in files::walk(folder)? {
            let key = format!("contracts/{}", found.name);
            self.put(&self.outputs.reference_bucket, &key, &found.path).await?;
        }
        Ok(())
    }

    /// Drops a file into the input bucket, behind its manifest if it has one; from there on everything happens by
    /// itself.
    ///
    /// # Errors
    /// [`LocalError::File`] and those of the emulator.
    pub async fn drop_file(&self, file: &Drop) -> Result<Dropped, LocalError> {
        let manifest = manifest_path(&file.path);
        if manifest.is_file() {
            self.put(&self.outputs.input_bucket, &manifest_key(&file.key), &manifest).await?;
        }
        let version = self.put(&self.outputs.input_bucket, &file.key, &file.path).await?;
        Ok(Dropped { key: file.key.clone(), version })
    }

    /// Waits until the executions of some files have ended, and returns how, in the same order.
    ///
    /// # Errors
    /// [`LocalError::Stalled`] if nothing moves for longer than `limit`; those of the emulator.
    pub async fn wait(
        &self,
        files: &[Dropped],
        limit: Duration,
        console: &Console,
    ) -> Result<Vec<Ending>, LocalError> {
        self.emulator.guard(Follower::new(self, files, console).run(limit)).await
    }

    /// Copies what the output bucket holds below `prefix`, but for the work in flight, to a folder.
    ///
    /// # Errors
    /// [`LocalError::File`] and those of the emulator.
    pub async fn copy_outputs(&self, prefix: &str, folder: &Path) -> Result<(), LocalError> {
        self.emulator.guard(self.copy_all(prefix, folder)).await
    }

    async fn copy_all(&self, prefix: &str, folder: &Path) -> Result<(), LocalError> {
        let request = self.s3.list_objects_v2().bucket(&self.outputs.output_bucket).prefix(prefix);
        let mut pages = request.into_paginator().send();
        while let Some(page) = pages.next().boxed().await {
            let page = page.map_err(LocalError::request("list the outputs"))?;
            let keys = page.contents().iter().filter_map(|object| object.key());
            for key in keys.filter(|key| !key.starts_with("work/")) {
                self.copy(key, folder).await?;
            }
        }
        Ok(())
    }

    async fn copy(&self, key: &str, folder: &Path) -> Result<(), LocalError> {
        let path = folder.join(key);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(LocalError::file("make", parent))?;
        let body = self.output(key).await?.unwrap_or_default();
        std::fs::write(&path, body).map_err(LocalError::file("write", &path))
    }

    /// An object of the output bucket; None if there is none of that key.
    ///
    /// # Errors
    /// Those of the emulator.
    pub async fn output(&self, key: &str) -> Result<Option<Vec<u8>>, LocalError> {
        let request =
            self.s3.get_object().bucket(&self.outputs.output_bucket).key(key).send().boxed();
        let object = match request.await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => {
                return Ok(None);
            }
            Err(error) => return Err(LocalError::request(format!("read {key}"))(error)),
        };
        let body = object.body.collect().await;
        let body = body.map_err(LocalError::request(format!("read {key}")))?;
        Ok(Some(body.to_vec()))
    }

    /// Writes a file into a bucket and returns its version, where versions are kept.
    async fn put(
        &self,
        bucket: &str,
        key: &str,
        path: &Path,
    ) -> Result<Option<String>, LocalError> {
        let body = ByteStream::from_path(path)
            .await
            .map_err(|error| LocalError::file("read", path)(std::io::Error::other(error)))?;
        let put = self.s3.put_object().bucket(bucket).key(key).body(body).send().boxed();
        let put = async { put.await.map_err(LocalError::request(format!("write {key}"))) };
        Ok(self.emulator.guard(put).await?.version_id)
    }

    /// Sends a message to a queue.
    ///
    /// # Errors
    /// Those of the emulator.
    pub async fn send_message(&self, queue_url: &str, body: &str) -> Result<(), LocalError> {
        let request = json!({ "QueueUrl": queue_url, "MessageBody": body });
        self.ask("AmazonSQS.SendMessage", &request).await.map(|_| ())
    }

    /// Number of events that are waiting or in flight.
    ///
    /// # Errors
    /// Those of the emulator.
    pub async fn waiting_events(&self) -> Result<u64, LocalError> {
        self.depth(&self.outputs.event_queue_url).await
    }

    /// Number of events for which no execution could be started.
    ///
    /// # Errors
    /// Those of the emulator.
    pub async fn dead_events(&self) -> Result<u64, LocalError> {
        self.depth(&self.outputs.dead_letter_queue_url).await
    }

    async fn depth(&self, queue: &str) -> Result<u64, LocalError> {
        let request = json!({ "QueueUrl": queue, "AttributeNames": ["All"] });
        let answer = self.ask("AmazonSQS.GetQueueAttributes", &request).await?;
        let count = |name: &str| -> Option<u64> {
            answer.pointer(&format!("/Attributes/{name}"))?.as_str()?.parse().ok()
        };
        let waiting = count("ApproximateNumberOfMessages");
        let sum = waiting.zip(count("ApproximateNumberOfMessagesNotVisible")).map(|(a, b)| a + b);
        sum.ok_or("no numbers").map_err(LocalError::answer("a queue"))
    }

    /// The bodies of some events for which no execution could be started.
    ///
    /// # Errors
    /// Those of the emulator.
    pub async fn dead_event_bodies(&self) -> Result<Vec<String>, LocalError> {
        // They stay where they are.
        self.receive(&self.outputs.dead_letter_queue_url, 0).await
    }

    /// The bodies of up to ten messages of a queue, which nobody receives again for some seconds.
    ///
    /// # Errors
    /// Those of the emulator.
    pub async fn receive(&self, queue_url: &str, seconds: u32) -> Result<Vec<String>, LocalError> {
        let request = json!({
            "QueueUrl": queue_url, "MaxNumberOfMessages": 10, "VisibilityTimeout": seconds
        });
        let answer = self.ask("AmazonSQS.ReceiveMessage", &request).await?;
        let messages = answer.get("Messages").and_then(Value::as_array);
        let bodies = messages.into_iter().flatten().filter_map(|message| message.get("Body"));
        Ok(bodies.filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Asks a service that speaks JSON for something; `action` is as in `AmazonSQS.SendMessage`.
    ///
    /// # Errors
    /// Those of the emulator.
    pub async fn ask(&self, action: &str, request: &Value) -> Result<Value, LocalError> {
        let answer = wire::ask(self.emulator.port(), action, request).await;
        answer.map_err(LocalError::request(format!("do `{action}`")))
    }

    /// Waits for the emulator to go away, which it does not do by itself.
    pub async fn ended(&self) -> LocalError {
        self.emulator.ended().await
    }

    /// What the stack consists of.
    pub fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// What Step Functions knows of the files.
    pub fn executions(&self) -> &Executions {
        &self.executions
    }

    /// Where the emulator is.
    pub fn endpoint(&self) -> String {
        self.emulator.endpoint()
    }

    /// The port of the emulator.
    pub fn port(&self) -> u16 {
        self.emulator.port()
    }

    /// The end of the emulator's log.
    pub fn log(&self) -> Tail {
        self.emulator.tail()
    }

    /// The folder of this run, which goes when it ends.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder with `aws`.
    pub fn programs(&self) -> PathBuf {
        self.tools.programs()
    }
}

/// The processor of this machine, as Lambda calls it.
fn architecture() -> Result<&'static str, LocalError> {
    match std::env::consts::ARCH {
        "x86_64" => Ok("x86_64"),
        "aarch64" => Ok("arm64"),
        other => Err(LocalError::Processor(other)),
    }
}

async fn create_bucket(s3: &aws_sdk_s3::Client, name: &str) -> Result<(), LocalError> {
    let created = s3.create_bucket().bucket(name).send().boxed().await;
    created.map(|_| ()).map_err(LocalError::request(format!("create the bucket {name}")))
}

fn s3_client(port: u16) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .endpoint_url(endpoint(port))
        .http_client(http_client())
        .credentials_provider(credentials())
        .retry_config(retries())
        .timeout_config(timeouts())
        // A name before the address is no address.
        .force_path_style(true);
    aws_sdk_s3::Client::from_conf(config.build())
}

fn sfn_client(port: u16) -> aws_sdk_sfn::Client {
    let config = aws_sdk_sfn::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .endpoint_url(endpoint(port))
        .http_client(http_client())
        .credentials_provider(credentials())
        .retry_config(retries())
        .timeout_config(timeouts());
    aws_sdk_sfn::Client::from_conf(config.build())
}

/// A client without TLS and without proxies: whatever the environment says, it cannot talk to AWS.
fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}

fn credentials() -> Credentials {
    Credentials::new(DUMMY, DUMMY, None, None, "local")
}

fn retries() -> RetryConfig {
    // A stopped emulator is known after two limits.
    RetryConfig::standard().with_max_attempts(2)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(ANSWER_LIMIT).read_timeout(ANSWER_LIMIT).build()
}
