//! A batch of messages in, the ones to be sent again out.

use aws_lambda_events::event::s3::S3EventRecord;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::tracing::{error, info};
use shared::error_name::chain;

use crate::error::StartError;
use crate::event::{Found, read, records};
use crate::execution::{StartExecution, Started};
use crate::name::ExecutionName;

/// Starts an execution for every dropped file that the messages tell of.
///
/// The answer names the messages that failed: only these come back, and after some attempts lie in
/// the dead-letter queue.
pub async fn handle(batch: SqsEvent, executions: &impl StartExecution) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in batch.records {
        let body = message.body.unwrap_or_default();
        if let Err(failure) = handle_message(&body, executions).await {
            // Without an id, which SQS always gives, Lambda takes the whole batch as failed.
            let message_id = message.message_id.unwrap_or_default();
            // The runtime does not see this error, so it is logged here.
            error!(message_id, error = chain(&failure), "the message goes back to the queue");
            response.add_failure(message_id);
        }
    }
    response
}

/// Tries all records of a message, and fails with the first failure among them.
async fn handle_message(body: &str, executions: &impl StartExecution) -> Result<(), StartError> {
    let mut outcome = Ok(());
    for record in records(body)? {
        let done = handle_record(record, executions).await;
        outcome = outcome.and(done);
    }
    outcome
}

async fn handle_record(
    record: S3EventRecord,
    executions: &impl StartExecution,
) -> Result<(), StartError> {
    match read(record)? {
        Found::Ignored { key, why } => info!(key, %why, "ignored"),
        Found::File(dropped) => {
            let name = ExecutionName::of(&dropped);
            match executions.start(&name, &dropped).await? {
                Started::Now => info!(key = dropped.key, execution = %name, "started"),
                Started::Before => info!(key = dropped.key, execution = %name, "started before"),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use serde_json::{Value, json};
    use shared::message::Dropped;

    use super::*;
    use crate::event::tests::{body, record};

    /// Executions by name. It takes none whose key contains `broken`.
    #[derive(Default)]
    struct Executions(Mutex<BTreeMap<ExecutionName, Dropped>>);

    impl StartExecution for Executions {
        async fn start(
            &self,
            name: &ExecutionName,
            input: &Dropped,
        ) -> Result<Started, StartError> {
            if input.key.contains("broken") {
                let (name, source) = (name.to_string(), "throttled".into());
                return Err(StartError::NotStarted { name, source });
            }
            let before = self.0.lock().unwrap().insert(name.clone(), input.clone());
            Ok(if before.is_some() { Started::Before } else { Started::Now })
        }
    }

    fn created(key: &str) -> Value {
        record("ObjectCreated:Put", key)
    }

    /// Handles messages with the given bodies and the ids `m0`, `m1`, ...; expects the ids of those
    /// that fail and the keys of those that were started.
    #[track_caller]
    fn check(bodies: &[String], failed: &[&str], started: &[&str]) {
        let messages: Vec<Value> = (0..)
            .zip(bodies)
            .map(|(index, body)| json!({ "messageId": format!("m{index}"), "body": body }))
            .collect();
        let batch: SqsEvent = serde_json::from_value(json!({ "Records": messages })).unwrap();
        let executions = Executions::default();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let response = runtime.block_on(handle(batch, &executions));
        let failures: Vec<_> =
            response.batch_item_failures.iter().map(|failure| &failure.item_identifier).collect();
        assert_eq!(failures, failed);
        let executions = executions.0.into_inner().unwrap();
        let mut keys: Vec<_> = executions.values().map(|dropped| dropped.key.as_str()).collect();
        keys.sort_unstable();
        assert_eq!(keys, started);
    }

    #[test]
    fn one_event_starts_one_execution() {
        check(&[body(&[created("flights/1.csv")])], &[], &["flights/1.csv"]);
    }

    #[test]
    fn the_same_event_again_is_no_failure_and_starts_nothing() {
        let message = body(&[created("flights/1.csv")]);
        check(&[message.clone(), message.clone(), message], &[], &["flights/1.csv"]);
    }

    #[test]
    fn all_records_of_a_message_are_started() {
        let message = body(&[created("flights/1.csv"), created("planes/1.csv")]);
        check(&[message], &[], &["flights/1.csv", "planes/1.csv"]);
    }

    #[test]
    fn a_bad_message_does_not_send_its_neighbours_back() {
        let messages = [
            body(&[created("flights/1.csv")]),
            "not an event".to_owned(),
            body(&[created("flights/broken.csv")]),
            body(&[created("flights/%ff.csv")]),
            body(&[created("flights/2.csv")]),
        ];
        check(&messages, &["m1", "m2", "m3"], &["flights/1.csv", "flights/2.csv"]);
    }

    #[test]
    fn a_message_fails_with_any_of_its_records_but_all_are_tried() {
        let message = body(&[created("flights/broken.csv"), created("flights/2.csv")]);
        check(&[message], &["m0"], &["flights/2.csv"]);
    }

    #[test]
    fn what_is_no_file_of_a_dataset_is_done_with() {
        let messages = [
            r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"in"}"#.to_owned(),
            body(&[created("flights/"), created("loose.csv")]),
            body(&[]),
        ];
        check(&messages, &[], &[]);
    }

    #[test]
    fn a_message_without_an_id_fails_the_batch() {
        let batch: SqsEvent =
            serde_json::from_value(json!({ "Records": [{ "body": "not an event" }] })).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let response = runtime.block_on(handle(batch, &Executions::default()));
        let failure = response.batch_item_failures.first().unwrap();
        assert_eq!(failure.item_identifier, "");
    }
}
