//! The store on AWS: one bucket for each area.

mod upload;

use std::ops::Range;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt, future, stream};

pub use upload::S3Upload;

use super::{Area, Head, Object, Store, StoreError};

/// Environment variables that name the buckets, in the order of [`Area`].
const BUCKET_VARIABLES: [&str; 3] = ["INPUT_BUCKET", "REFERENCE_BUCKET", "OUTPUT_BUCKET"];

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
    /// [`MissingBucket`] names the variable that is not set.
    pub async fn from_env() -> Result<Self, MissingBucket> {
        let [input, reference, output] =
            BUCKET_VARIABLES.map(|name| std::env::var(name).map_err(|_| MissingBucket(name)));
        let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
        // A path-style address is what an endpoint on a loopback address can answer.
        let local = std::env::var_os("AWS_ENDPOINT_URL").is_some();
        let config = aws_sdk_s3::config::Builder::from(&config).force_path_style(local).build();
        Ok(S3Store {
            client: Client::from_conf(config),
            input: input?,
            reference: reference?,
            output: output?,
        })
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

    async fn get(
        &self,
        object: Object,
        range: Option<Range<u64>>,
    ) -> Result<GetObjectOutput, StoreError> {
        self.client
            .get_object()
            .bucket(self.bucket(object.area))
            .key(&object.key)
            .set_version_id(object.version)
            .set_range(range.map(|range| format!("bytes={}-{}", range.start, range.end - 1)))
            .send()
            .boxed()
            .await
            .map_err(|error| failure("read", &object.key, error))
    }
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
            version: head.version_id().map(str::to_owned),
            etag: head.e_tag().unwrap_or_default().trim_matches('"').to_owned(),
        })
    }

    fn read(
        &self,
        object: &Object,
        range: Option<Range<u64>>,
    ) -> impl Stream<Item = Result<Bytes, StoreError>> + Send {
        if range.as_ref().is_some_and(Range::is_empty) {
            return stream::empty().left_stream();
        }
        let key = object.key.clone();
        // Boxed, as all futures of the SDK are here: each is kilobytes of nested types.
        stream::once(self.get(object.clone(), range.clone()).boxed())
            .map_ok(move |found| {
                // A server may answer a range with the whole object (RFC 9110, section 14.2).
                let is_whole = found.content_range().is_none();
                let wanted = range.clone().filter(|_| is_whole).unwrap_or(0..u64::MAX);
                within(pieces(found.body, key.clone()), wanted).boxed()
            })
            .try_flatten()
            .right_stream()
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

    type Upload = S3Upload;

    fn upload(&self, key: &str) -> S3Upload {
        S3Upload::new(self.clone(), key)
    }
}

fn pieces(body: ByteStream, key: String) -> impl Stream<Item = Result<Bytes, StoreError>> + Send {
    stream::unfold(body, |mut body| async move { body.next().await.map(|piece| (piece, body)) })
        .map_err(move |error| StoreError::unavailable("read", &key, error))
        // The SDK's body must not be asked again once it has failed.
        .scan(false, |failed, piece| {
            let over = std::mem::replace(failed, piece.is_err());
            future::ready((!over).then_some(piece))
        })
}

/// The bytes of `range` (0-based, half-open) of a stream.
fn within(
    pieces: impl Stream<Item = Result<Bytes, StoreError>> + Send,
    range: Range<u64>,
) -> impl Stream<Item = Result<Bytes, StoreError>> + Send {
    let mut at = 0;
    pieces.map_ok(move |piece| {
        let len = piece.len() as u64;
        let inside =
            |offset: u64| usize::try_from(offset.clamp(at, at + len) - at).unwrap_or(piece.len());
        let cut = piece.slice(inside(range.start)..inside(range.end));
        at += len;
        cut
    })
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
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_range_is_cut_out_of_the_whole() {
        let whole = Bytes::from_static(b"0123456789");
        for piece_len in [1, 2, 3, 7, 4096] {
            for (range, expected) in [
                (0..10, "0123456789"),
                (3..5, "34"),
                (9..10, "9"),
                (0..1, "0"),
                (0..u64::MAX, "0123456789"),
            ] {
                let pieces = whole.chunks(piece_len).map(|piece| Ok(whole.slice_ref(piece)));
                let pieces: Vec<_> = pieces.collect();
                let cut: Vec<Bytes> =
                    within(stream::iter(pieces), range).try_collect().await.unwrap();
                assert_eq!(cut.concat(), expected.as_bytes());
            }
        }
    }
}
