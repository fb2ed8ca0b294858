//! Who is told of files: the queues of `docs/subscribe.yaml`, deployed beside the stack.

use std::path::Path;
use std::sync::OnceLock;

use cli::local::stack::Stack;
use serde_json::Value;
use tokio::sync::Mutex;

use super::aws::aws;

/// The queues of the stack that the tests share.
static INBOX: OnceLock<Inbox> = OnceLock::new();

/// Longer than any test: what was received stays received.
const RECEIVED_SECONDS: u32 = 12 * 60 * 60;

/// All that was told so far.
#[derive(Debug, Default, Clone)]
struct Told {
    /// As `EventBridge` delivers them.
    events: Vec<Value>,
    /// As SNS delivers them.
    messages: Vec<Value>,
}

/// The queues, and what was in them.
#[derive(Debug)]
pub(crate) struct Inbox {
    /// The queue of the events.
    pub(crate) events_url: String,
    messages_url: String,
    told: Mutex<Told>,
}

impl Inbox {
    fn subscribe(stack: &Stack) -> Self {
        let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/subscribe.yaml");
        let topic = &stack.outputs().announcement_topic_arn;
        let parameter = format!("ParameterKey=AnnouncementTopicArn,ParameterValue={topic}");
        let body = format!("file://{}", template.display());
        let create = ["cloudformation", "create-stack", "--stack-name", "subscriber"];
        aws(
            stack,
            &[&create[..], &["--template-body", &body, "--parameters", &parameter]].concat(),
        );
        aws(
            stack,
            &["cloudformation", "wait", "stack-create-complete", "--stack-name", "subscriber"],
        );
        let described =
            aws(stack, &["cloudformation", "describe-stacks", "--stack-name", "subscriber"]);
        let outputs = described["Stacks"][0]["Outputs"].as_array().unwrap();
        let url = |key: &str| {
            let mut found = outputs.iter().filter(|output| output["OutputKey"] == key);
            found.next().unwrap()["OutputValue"].as_str().unwrap().to_owned()
        };
        Inbox {
            events_url: url("EventsUrl"),
            messages_url: url("MessagesUrl"),
            told: Mutex::default(),
        }
    }

    /// The events and the messages that speak of an execution.
    pub(crate) async fn about(&self, stack: &Stack, execution: &str) -> (Vec<Value>, Vec<Value>) {
        let mut told = self.told.lock().await;
        drain(stack, &self.events_url, &mut told.events).await;
        drain(stack, &self.messages_url, &mut told.messages).await;
        let speaks = |value: &&Value| value.to_string().contains(execution);
        let of = |all: &[Value]| all.iter().filter(speaks).cloned().collect();
        (of(&told.events), of(&told.messages))
    }
}

/// Subscribes to all that the stack tells from now on.
pub(crate) fn subscribe(stack: &Stack) {
    INBOX.set(Inbox::subscribe(stack)).unwrap();
}

/// Who is told of the files of the stack.
pub(crate) fn inbox() -> &'static Inbox {
    INBOX.get().unwrap()
}

async fn drain(stack: &Stack, queue_url: &str, all: &mut Vec<Value>) {
    loop {
        let bodies = stack.receive(queue_url, RECEIVED_SECONDS).await.unwrap();
        if bodies.is_empty() {
            return;
        }
        all.extend(bodies.iter().map(|body| serde_json::from_str::<Value>(body).unwrap()));
    }
}
