//! The events of S3, held back and delivered when, how often and in which order a test wants.

use std::time::{Duration, Instant};

use cli::local::stack::{Dropped, Stack};
use serde_json::{Value, json};

use super::aws::aws;
use super::bench::said;

/// Longer than anything here takes on a busy machine.
const LIMIT: Duration = Duration::from_mins(4);
const POLL: Duration = Duration::from_millis(50);
/// Longer than any test: what was taken stays taken.
const TAKEN_SECONDS: u32 = 12 * 60 * 60;

/// The way from the queue to the function, which is shut for as long as this lives.
pub(crate) struct Post<'a> {
    stack: &'a Stack,
    mapping: String,
}

impl<'a> Post<'a> {
    pub(crate) async fn hold_back(stack: &'a Stack) -> Self {
        until_no_event_waits(stack).await;
        let found = aws(stack, &["lambda", "list-event-source-mappings"]);
        let [mapping] = found["EventSourceMappings"].as_array().unwrap().as_slice() else {
            panic!("{found}")
        };
        let post = Post { stack, mapping: mapping["UUID"].as_str().unwrap().to_owned() };
        post.update("--no-enabled");
        post
    }

    /// The event of each of these drops, in their order, taken out of the queue.
    pub(crate) async fn take(&self, dropped: &[Dropped]) -> Vec<Value> {
        let queue = &self.stack.outputs().event_queue_url;
        let deadline = Instant::now() + LIMIT;
        let mut events = Vec::new();
        while events.len() < dropped.len() {
            assert!(Instant::now() < deadline, "{} events have come", events.len());
            let bodies = said(self.stack.receive(queue, TAKEN_SECONDS).await);
            events.extend(bodies.iter().map(|body| serde_json::from_str::<Value>(body).unwrap()));
        }
        said(self.stack.ask("AmazonSQS.PurgeQueue", &json!({ "QueueUrl": queue })).await);
        let event_of = |dropped: &Dropped| {
            let is_of = |event: &&Value| version(event) == dropped.version.as_deref();
            events.iter().find(is_of).unwrap().clone()
        };
        dropped.iter().map(event_of).collect()
    }

    /// Delivers messages, and all that come after them.
    pub(crate) async fn deliver(self, bodies: &[String]) {
        let queue = &self.stack.outputs().event_queue_url;
        for body in bodies {
            said(self.stack.send_message(queue, body).await);
        }
        self.update("--enabled");
    }

    fn update(&self, to: &str) {
        let update = ["lambda", "update-event-source-mapping", "--uuid", &self.mapping, to];
        aws(self.stack, &update);
    }
}

fn version(event: &Value) -> Option<&str> {
    event["Records"][0]["s3"]["object"]["versionId"].as_str()
}

/// Waits until all events have been taken.
pub(crate) async fn until_no_event_waits(stack: &Stack) {
    let deadline = Instant::now() + LIMIT;
    while said(stack.waiting_events().await) > 0 {
        assert!(Instant::now() < deadline, "events are not taken");
        tokio::time::sleep(POLL).await;
    }
}
