//! The store on AWS: one bucket for each area.

mod listing;
mod part;
mod parts;
mod upload;

use std::collections::BTreeSet;
use std::ops::Range;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use bytes::Bytes;
use futures_util::{FutureExt, Stream};

pub use upload::S3Upload;

use super::{Area, Body, Head, Listed, Object, Store, StoreError};

/// Environment variables that name the buckets, in the order of [`Area`].
const BUCKET_VARIABLES: [&str; 3] = ["INPUT_BUCKET", "REFERENCE_BUCKET", "OUTPUT_BUCKET"];

/// Bytes that one request asks for: at the 90 MB/s of one connection to S3 they take 90 ms, so that
/// the 20 ms until the first of them are a small part.
const PART_LEN: u64 = 8 << 20;

/// Objects in S3.
#[derive(Debug, Clone)]
pub struct S3Store {
    client: Client,
    input: String,
    reference: String,
    output: String,
}

/// The Lambda was deployed without the name of a bucket.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set")]
pub struct MissingBucket(&'static str);

impl S3Store {
    /// Region, credentials and endpoint as the AWS SDK finds them; buckets from `INPUT_BUCKET`,
    /// `REFERENCE_BUCKET` and `OUTPUT_BUCKET`.
    ///
    /// # Errors
    /// `MissingBucket` names the variable that is not set.
    pub async fn from_env() -> Result<Self, MissingBucket> {
        let [input, reference, output] =
            BUCKET_VARIABLES.map(|name| std::env::var(name).map_err(|_| MissingBucket(name)));
        let [input, reference, output] = [input?, reference?, output?];
        Ok(S3Store { client: client().await, input, reference, output })
    }

    /// Region, credentials and endpoint as the AWS SDK finds them, for who needs no other area than that of
    /// the outputs: what lies in the others cannot be asked for.
    pub async fn of_outputs(bucket: &str) -> Self {
        let (input, reference) = (String::new(), String::new());
        S3Store { client: client().await, input, reference, output: bucket.to_owned() }
    }

    /// Name of the output bucket.
    pub fn output_bucket(&self) -> &str {
        &self.output
    }

    fn bucket(&self, area: Area) -> &str {
        match area {
            Area::Input => &self.input,
            Area::Reference => &self.reference,
            Area::Output => &self.output,
        }
    }

    /// Asks for a range (0-based, half-open, not empty) of an object, which must have that tag, in quotes.
    async fn get(
        &self,
        object: &Object,
        range: Range<u64>,
        etag: Option<String>,
    ) -> Result<GetObjectOutput, SdkError<GetObjectError>> {
        self.client
            .get_object()
            .bucket(self.bucket(object.area))
            .key(&object.key)
            .set_version_id(object.version.clone())
            .range(format!("bytes={}-{}", range.start, range.end - 1))
            .set_if_match(etag.or_else(|| object.etag.as_ref().map(|etag| format!("\"{etag}\""))))
            .send()
            // Boxed, as all futures of the SDK are here: each is kilobytes of nested types.
            .boxed()
            .await
    }
}

/// A client with region, credentials and endpoint as the AWS SDK finds them.
async fn client() -> Client {
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    // A path-style address is what an endpoint on a loopback address can answer.
    let local = std::env::var_os("AWS_ENDPOINT_URL").is_some();
    let config = aws_sdk_s3::config::Builder::from(&config).force_path_style(local).build();
    Client::from_conf(config)
}

impl Store for S3Store {
    async fn head(&self, object: &Object) -> Result<Head, StoreError> {
        let head = self
            .client
            .head_object()
            .bucket(self.bucket(object.area))
            .key(&object.key)
            .set_version_id(object.version.clone())
            .send()
            .boxed()
            .await
            .map_err(|error| failure("look up", &object.key, error))?;
        Ok(Head {
            byte_len: u64::try_from(head.content_length().unwrap_or_default()).unwrap_or_default(),
            // What was written while a bucket kept no versions has this one, and may be written over.
            version: head.version_id().filter(|version| *version != "null").map(str::to_owned),
            etag: head.e_tag().unwrap_or_default().trim_matches('"').to_owned(),
        })
    }

    async fn open(&self, object: &Object, range: Option<Range<u64>>) -> Result<Body, StoreError> {
        if range.as_ref().is_some_and(Range::is_empty) {
            return Ok(Body::empty());
        }
        self.open_parts(object, range).await
    }

    async fn write(&self, key: &str, body: Bytes) -> Result<(), StoreError> {
        self.client
            .put_object()
            .bucket(&self.output)
            .key(key)
            .body(body.into())
            .send()
            .boxed()
            .await
            .map(|_| ())
            .map_err(|error| failure("write", key, error))
    }

    async fn write_if(
        &self,
        key: &str,
        seen: Option<&str>,
        body: Bytes,
    ) -> Result<bool, StoreError> {
        let put = self.client.put_object().bucket(&self.output).key(key).body(body.into());
        let put = match seen {
            Some(etag) => put.if_match(format!("\"{etag}\"")),
            None => put.if_none_match("*"),
        };
        match put.send().boxed().await {
            Ok(_) => Ok(true),
            Err(error) if is_lost(&error, seen) => Ok(false),
            Err(error) => Err(StoreError::unavailable("write", key, error)),
        }
    }

    fn list(&self, prefix: &str) -> impl Stream<Item = Result<Listed, StoreError>> + Send {
        self.list_output(prefix)
    }

    async fn folders(&self, prefix: &str) -> Result<BTreeSet<String>, StoreError> {
        self.list_folders(prefix).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let request = self.client.delete_object().bucket(&self.output).key(key);
        let deleted = request.send().boxed().await;
        deleted.map(|_| ()).map_err(|error| StoreError::unavailable("delete", key, error))
    }

    type Upload = S3Upload;

    fn upload(&self, key: &str) -> S3Upload {
        S3Upload::new(self.clone(), key)
    }
}

/// Whether another was first: the object is another one (412), is being written at this very moment (409),
/// or was seen and is there no more (404).
fn is_lost<E>(error: &SdkError<E>, seen: Option<&str>) -> bool {
    match error.raw_response().map(|response| response.status().as_u16()) {
        Some(409 | 412) => true,
        Some(404) => seen.is_some(),
        _ => false,
    }
}

/// A read that failed. Of an object of which only certain bytes will do, other bytes are none.
fn read_failure<E>(object: &Object, error: SdkError<E>) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    if object.etag.is_some() && status == Some(412) {
        return StoreError::NotFound { key: object.key.clone() };
    }
    failure("read", &object.key, error)
}

/// A missing key or version is told apart by its status; all else is worth another try.
fn failure<E>(verb: &'static str, key: &str, error: SdkError<E>) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    match status {
        Some(404) => StoreError::NotFound { key: key.to_owned() },
        _ => StoreError::unavailable(verb, key, error),
    }
}

#[cfg(test)]
mod tests;
