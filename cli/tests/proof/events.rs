//! S3 delivers events at least once, at any time and in any order: what is published does not depend on it.

use std::path::Path;

use arrow_array::cast::AsArray;
use cli::local::stack::{Dropped, Stack};
use serde_json::{Value, json};

use super::alone;
use super::bench::said;
use super::dataset::{drop_text, make_known};
use super::endings::{end_of, executions_of, finish};
use super::post::{Post, until_no_event_waits};
use super::table::read_table;

/// The one column of all files here.
fn fields() -> Value {
    json!([{ "name": "text" }])
}

/// The published rows of the dataset.
fn texts(outputs: &Path, dataset: &str) -> Vec<String> {
    let rows = read_table(&outputs.join("published").join(dataset), None).unwrap();
    rows.column(0).as_string::<i32>().iter().map(|text| text.unwrap().to_owned()).collect()
}

#[test]
fn the_same_event_many_times_at_once_and_later_is_one_execution() {
    let key = "repeated/file.csv";
    let (outputs, executions) = alone(async |stack| {
        make_known(stack, "repeated", fields(), json!({})).await;
        let post = Post::hold_back(stack).await;
        let dropped = drop_text(stack, key, "text\nonce\n").await;
        let event = post.take(std::slice::from_ref(&dropped)).await.remove(0).to_string();
        // In several batches, for several processes.
        post.deliver(&vec![event.clone(); 35]).await;
        finish(stack, dropped.clone()).await;
        Post::hold_back(stack).await.deliver(&vec![event; 5]).await;
        until_no_event_waits(stack).await;
        let loaded = finish(stack, dropped).await;
        (loaded.outputs, executions_of(stack, key).await)
    });
    assert_eq!(executions.len(), 1);
    assert_eq!(texts(outputs.path(), "repeated"), ["once"]);
    let log = outputs.path().join("published/repeated/_delta_log");
    assert_eq!(log.read_dir().unwrap().count(), 2, "an empty table, and one commit");
}

/// When the second message is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Second {
    WithTheFirst,
    WhenTheFirstHasEnded,
}

/// Delivers the events of two versions of a file, 0 being the older, in that order.
#[track_caller]
fn check(order: [usize; 2], second: Second) {
    let dataset = format!("order{}{}{second:?}", order[0], order[1]).to_lowercase();
    let key = format!("{dataset}/file.csv");
    let (endings, outputs, executions) = alone(async |stack| {
        make_known(stack, &dataset, fields(), json!({})).await;
        let post = Post::hold_back(stack).await;
        let dropped = [
            drop_text(stack, &key, "text\nold\n").await,
            drop_text(stack, &key, "text\nnew\n").await,
        ];
        let events = post.take(&dropped).await;
        let [first, last] = order.map(|at| events[at].to_string());
        if second == Second::WithTheFirst {
            post.deliver(&[first, last]).await;
        } else {
            post.deliver(&[first]).await;
            finish(stack, dropped[order[0]].clone()).await;
            Post::hold_back(stack).await.deliver(&[last]).await;
        }
        let mut endings = Vec::new();
        for Dropped { key, version } in &dropped {
            endings.push(end_of(stack, key, version.clone()).await);
        }
        let outputs = tempfile::tempdir().unwrap();
        said(stack.copy_outputs("", outputs.path()).await);
        (endings, outputs, executions_of(stack, &key).await)
    });
    assert_eq!(executions.len(), 2);
    assert_eq!(texts(outputs.path(), &dataset), ["new"], "the newer version, and nothing else");
    let [old, new] = [&endings[0], &endings[1]].map(|ending| ending.report().unwrap());
    assert!(new.outputs.table.is_some(), "{new:?}");
    // The older one is there for a while, or never, but not in silence.
    let is_known_late = order == [1, 0] && second == Second::WhenTheFirstHasEnded;
    assert!(old.outputs.table.is_none() || !is_known_late, "{old:?}");
    let is_known_soon = order == [0, 1] && second == Second::WhenTheFirstHasEnded;
    assert!(old.outputs.table.is_some() || !is_known_soon, "{old:?}");
    assert_eq!(old.error.is_some(), old.outputs.table.is_none());
}

#[test]
fn the_newer_version_replaces_the_older_one() {
    check([0, 1], Second::WhenTheFirstHasEnded);
}

#[test]
fn an_older_version_that_comes_late_is_refused() {
    check([1, 0], Second::WhenTheFirstHasEnded);
}

#[test]
fn of_two_versions_at_once_the_newer_one_wins_whatever_their_order() {
    check([0, 1], Second::WithTheFirst);
    check([1, 0], Second::WithTheFirst);
}

/// Messages that nobody can take.
fn poison(event: &Value) -> Vec<String> {
    let broken = |pointer: &str, value: Value| {
        let mut event = event.clone();
        *event.pointer_mut(pointer).unwrap() = value;
        event.to_string()
    };
    vec![
        "not an event".to_owned(),
        "{}".to_owned(),
        r#"{"Records": 5}"#.to_owned(),
        broken("/Records/0/s3/object/key", "poison/%ff.csv".into()),
        broken("/Records/0/s3/object/key", Value::Null),
        broken("/Records/0/s3/object/size", (-1).into()),
        broken("/Records/0/s3/object/eTag", Value::Null),
    ]
}

#[test]
fn what_nobody_can_take_ends_in_the_dead_letter_queue_and_delays_nothing() {
    let (poison, dead, executions, attempts) = alone(async |stack| {
        make_known(stack, "healthy", fields(), json!({})).await;
        let post = Post::hold_back(stack).await;
        let mut dropped = Vec::new();
        for number in 0..3 {
            let key = format!("healthy/{number}.csv");
            dropped.push(drop_text(stack, &key, &format!("text\n{number}\n")).await);
        }
        let events = post.take(&dropped).await;
        let poison = poison(&events[0]);
        // One batch: ten messages, of which three are good.
        let good = events.iter().map(Value::to_string);
        let mut batch: Vec<String> = poison.iter().cloned().chain(good).collect();
        batch.swap(0, 8);
        let attributes = queue_attributes(stack).await;
        set_visibility(stack, "1").await;
        post.deliver(&batch).await;
        until_no_event_waits(stack).await;
        set_visibility(stack, attributes["VisibilityTimeout"].as_str().unwrap()).await;
        let dead = dead_messages(stack).await;
        let mut executions = Vec::new();
        for dropped in dropped {
            let key = dropped.key.clone();
            let report = finish(stack, dropped).await.report;
            executions
                .push((report.outputs.table.is_some(), executions_of(stack, &key).await.len()));
        }
        let redrive = attributes["RedrivePolicy"].as_str().unwrap();
        let redrive: Value = serde_json::from_str(redrive).unwrap();
        (poison, dead, executions, redrive["maxReceiveCount"].as_u64().unwrap())
    });
    assert_eq!(executions, [(true, 1); 3]);
    let sorted = |mut all: Vec<(String, u64)>| {
        all.sort();
        all
    };
    let expected = poison.into_iter().map(|body| (body, attempts)).collect();
    assert_eq!(sorted(dead), sorted(expected));
}

/// What the event queue is like.
async fn queue_attributes(stack: &Stack) -> Value {
    let queue = &stack.outputs().event_queue_url;
    let request = json!({ "QueueUrl": queue, "AttributeNames": ["All"] });
    said(stack.ask("AmazonSQS.GetQueueAttributes", &request).await)["Attributes"].clone()
}

/// How long a message that went back to the queue is not received again.
async fn set_visibility(stack: &Stack, seconds: &str) {
    let queue = &stack.outputs().event_queue_url;
    let request = json!({ "QueueUrl": queue, "Attributes": { "VisibilityTimeout": seconds } });
    said(stack.ask("AmazonSQS.SetQueueAttributes", &request).await);
}

/// The bodies of the dead messages, and how often each was received before; the emulator goes on counting.
async fn dead_messages(stack: &Stack) -> Vec<(String, u64)> {
    let queue = &stack.outputs().dead_letter_queue_url;
    let request = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0,
                          "AttributeNames": ["ApproximateReceiveCount"] });
    let received = said(stack.ask("AmazonSQS.ReceiveMessage", &request).await);
    let messages = received["Messages"].as_array().unwrap().iter();
    let count = |message: &Value| {
        message["Attributes"]["ApproximateReceiveCount"].as_str()?.parse::<u64>().ok()
    };
    let body = |message: &Value| message["Body"].as_str().unwrap().to_owned();
    messages.map(|message| (body(message), count(message).unwrap() - 1)).collect()
}
