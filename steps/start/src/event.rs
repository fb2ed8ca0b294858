//! The body of a message: what S3 says happened.

use std::fmt;

use aws_lambda_events::event::s3::{S3Event, S3EventRecord};
use serde::Deserialize;
use shared::completeness::is_manifest;
use shared::message::Dropped;

use crate::error::StartError;
use crate::identity::file_id;
use crate::key;

/// What one record of an event is about.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// A file of a dataset.
    File(Dropped),
    /// Something that needs no execution.
    Ignored {
        /// The decoded key.
        key: String,
        /// Why it needs none.
        why: Ignored,
    },
}

/// Why a record needs no execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// Nothing was created.
    NotCreated,
    /// The key is not `<dataset>/<file>`; folder markers of consoles are among these.
    NotInDataset,
    /// It says what another file must be, which is read when that one is dropped.
    Manifest,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ignored::NotCreated => "no object was created",
            Ignored::NotInDataset => "the key is not <dataset>/<file>",
            Ignored::Manifest => "it is the manifest of another file",
        })
    }
}

/// The records of a message body: none in the test event that S3 sends when a notification is set up.
///
/// # Errors
/// [`StartError::Unreadable`].
pub fn records(body: &str) -> Result<Vec<S3EventRecord>, StartError> {
    let test: TestEvent = serde_json::from_str(body).map_err(StartError::Unreadable)?;
    if test.event.as_deref() == Some("s3:TestEvent") {
        return Ok(Vec::new());
    }
    let event: S3Event = serde_json::from_str(body).map_err(StartError::Unreadable)?;
    Ok(event.records)
}

#[derive(Deserialize)]
struct TestEvent {
    #[serde(rename = "Event")]
    event: Option<String>,
}

/// Reads one record.
///
/// # Errors
/// [`StartError::Incomplete`] and [`StartError::Undecodable`].
pub fn read(record: S3EventRecord) -> Result<Found, StartError> {
    let object = record.s3.object;
    let key = key::decode(&told("key", object.key)?)?;
    if !told("eventName", record.event_name)?.starts_with("ObjectCreated:") {
        return Ok(Found::Ignored { key, why: Ignored::NotCreated });
    }
    let Some(dataset) = key::dataset(&key) else {
        return Ok(Found::Ignored { key, why: Ignored::NotInDataset });
    };
    if is_manifest(&key) {
        return Ok(Found::Ignored { key, why: Ignored::Manifest });
    }
    let bucket = told("bucket", record.s3.bucket.name)?;
    Ok(Found::File(Dropped {
        dataset: dataset.to_owned(),
        version: object.version_id,
        etag: told("eTag", object.e_tag)?.trim_matches('"').to_owned(),
        byte_len: told("size", object.size.and_then(|size| u64::try_from(size).ok()))?,
        sequencer: object.sequencer,
        event_time_ms: record.event_time.timestamp_millis(),
        attempt: 0,
        file_id: file_id(&bucket, &key),
        bucket,
        key,
    }))
}

fn told<T>(field: &'static str, value: Option<T>) -> Result<T, StartError> {
    value.ok_or(StartError::Incomplete { field })
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A record as S3 writes it, after AWS's description of the message structure (version 2.2).
    pub(crate) fn record(event_name: &str, key: &str) -> Value {
        json!({
            "eventVersion": "2.2", "eventSource": "aws:s3", "awsRegion": "us-east-1",
            "eventTime": "2023-11-14T22:13:20.123Z", "eventName": event_name,
            "userIdentity": { "principalId": "A1B2C3" },
            "requestParameters": { "sourceIPAddress": "192.0.2.7" },
            "responseElements": { "x-amz-request-id": "R1", "x-amz-id-2": "I2" },
            "s3": {
                "s3SchemaVersion": "1.0", "configurationId": "intake",
                "bucket": { "name": "in", "ownerIdentity": { "principalId": "A1B2C3" }, "arn": "arn:aws:s3:::in" },
                "object": {
                    "key": key, "size": 42, "eTag": "e1", "versionId": "v1", "sequencer": "0055AED6DCD90281E5"
                }
            }
        })
    }

    pub(crate) fn body(records: &[Value]) -> String {
        json!({ "Records": records }).to_string()
    }

    fn read_one(record: &Value) -> Result<Found, StartError> {
        let mut records = records(&body(std::slice::from_ref(record)))?;
        assert_eq!(records.len(), 1);
        read(records.remove(0))
    }

    #[test]
    fn a_created_object_is_a_dropped_file() {
        for event_name in
            ["ObjectCreated:Put", "ObjectCreated:CompleteMultipartUpload", "ObjectCreated:Copy"]
        {
            let found = read_one(&record(event_name, "flights/January+2013.csv")).unwrap();
            let expected = Dropped {
                dataset: "flights".into(),
                bucket: "in".into(),
                key: "flights/January 2013.csv".into(),
                version: Some("v1".into()),
                etag: "e1".into(),
                byte_len: 42,
                sequencer: Some("0055AED6DCD90281E5".into()),
                event_time_ms: 1_700_000_000_123,
                attempt: 0,
                file_id: file_id("in", "flights/January 2013.csv"),
            };
            assert_eq!(found, Found::File(expected));
        }
    }

    #[test]
    fn an_empty_file_is_a_file() {
        let mut record = record("ObjectCreated:Put", "flights/empty.csv");
        record["s3"]["object"]["size"] = json!(0);
        let found = read_one(&record).unwrap();
        assert!(matches!(found, Found::File(dropped) if dropped.byte_len == 0));
    }

    #[test]
    fn version_and_sequencer_may_be_missing() {
        let mut record = record("ObjectCreated:Put", "flights/2013-01.csv");
        let object = record["s3"]["object"].as_object_mut().unwrap();
        object.remove("versionId");
        object.remove("sequencer");
        let found = read_one(&record).unwrap();
        assert!(matches!(found, Found::File(Dropped { version: None, sequencer: None, .. })));
    }

    #[test]
    fn what_is_no_file_of_a_dataset_is_ignored() {
        for (event_name, key, expected) in [
            ("ObjectCreated:Put", "flights/", Ignored::NotInDataset),
            ("ObjectCreated:Put", "flights/2013%2F", Ignored::NotInDataset),
            ("ObjectCreated:Put", "loose.csv", Ignored::NotInDataset),
            ("ObjectCreated:Put", "/loose.csv", Ignored::NotInDataset),
            ("ObjectCreated:Put", "flights/2013-01.csv.manifest.json", Ignored::Manifest),
            ("ObjectCreated:Put", "flights/a+b%2Emanifest.json", Ignored::Manifest),
            ("ObjectCreated:Put", "loose.csv.manifest.json", Ignored::NotInDataset),
            ("ObjectRemoved:Delete", "flights/2013-01.csv", Ignored::NotCreated),
            ("ObjectRestore:Completed", "flights/2013-01.csv", Ignored::NotCreated),
        ] {
            let found = read_one(&record(event_name, key)).unwrap();
            assert!(matches!(found, Found::Ignored { why, .. } if why == expected), "{key}");
        }
    }

    #[test]
    fn the_test_event_has_no_records() {
        let body = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2023-11-14T22:13:20.000Z",
            "Bucket":"in","RequestId":"R1","HostId":"H1"}"#;
        assert_eq!(records(body).unwrap(), []);
    }

    #[test]
    fn other_bodies_are_unreadable() {
        for body in ["", "hello", "[]", "{}", r#"{"Event":"s3:Other"}"#, r#"{"Records":[{"a":1}]}"#]
        {
            assert!(matches!(records(body), Err(StartError::Unreadable(_))), "{body}");
        }
    }

    #[test]
    fn an_incomplete_record_says_what_is_missing() {
        for (field, expected) in [("key", "key"), ("size", "size"), ("eTag", "eTag")] {
            let mut record = record("ObjectCreated:Put", "flights/2013-01.csv");
            record["s3"]["object"].as_object_mut().unwrap().remove(field);
            let error = read_one(&record).unwrap_err();
            assert!(
                matches!(error, StartError::Incomplete { field } if field == expected),
                "{field}"
            );
        }
        let mut record = record("ObjectCreated:Put", "flights/2013-01.csv");
        record["s3"]["object"]["size"] = json!(-1);
        assert!(matches!(read_one(&record), Err(StartError::Incomplete { field: "size" })));
    }
}
