//! Where a table lies: a prefix of a bucket, or a folder.

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use delta_kernel::{Engine, KernelResult};
use delta_kernel_default_engine::DefaultEngineBuilder;
use delta_kernel_default_engine::executor::tokio::TokioMultiThreadExecutor;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut};
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, RetryConfig};
use url::Url;

use super::TableError;
use super::cache::Cache;

/// The kernel blocks while its own requests run, so these get a runtime of their own: whatever
/// runtime (or flavour of it) the caller has, it cannot starve them. It lives as long as the
/// process, because a runtime must not be dropped by asynchronous code.
static EXECUTOR: LazyLock<KernelResult<Arc<TokioMultiThreadExecutor>>> =
    LazyLock::new(|| TokioMultiThreadExecutor::new_owned_runtime(Some(2), None).map(Arc::new));

/// One Delta table: an engine that reads and writes there, and remembers the log as far as it has read it.
/// Cheap to clone.
#[derive(Clone)]
pub struct TableStore {
    pub(super) engine: Arc<dyn Engine>,
    /// The table's root as the engine's store knows it: the store itself starts at the table, so
    /// that no folder or dataset name ever has to survive a URL.
    pub(super) root: Url,
    /// Where engines of AWS find it, if it lies in a bucket.
    location: Option<String>,
}

impl TableStore {
    /// The table below `prefix` in an S3 bucket; region, credentials and endpoint come from the
    /// environment that Lambda sets. An endpoint (`AWS_ENDPOINT_URL`) may be plain HTTP.
    ///
    /// # Errors
    ///
    /// [`TableError::Place`] if the bucket's name, the prefix or the environment's settings cannot
    /// be used.
    pub fn s3(bucket: &str, prefix: &str) -> Result<Self, TableError> {
        let unusable = |source| no_place(format!("s3://{bucket}/{prefix}"), source);
        let root = Url::parse(&format!("s3://{bucket}/")).map_err(|e| unusable(e.into()))?;
        let prefix = ObjectPath::parse(prefix).map_err(|e| unusable(e.into()))?;
        let builder = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_retry(retries());
        let is_http = [AmazonS3ConfigKey::Endpoint, AmazonS3ConfigKey::S3Endpoint]
            .iter()
            .filter_map(|key| builder.get_config_value(key))
            .any(|endpoint| endpoint.starts_with("http://"));
        let objects = builder.with_allow_http(is_http).build().map_err(|e| unusable(e.into()))?;
        let location = format!("s3://{bucket}/{prefix}/");
        Ok(Self { location: Some(location), ..Self::new(PrefixStore::new(objects, prefix), root)? })
    }

    /// The table in a folder, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// [`TableError::Place`] if it cannot be made.
    pub fn folder(folder: &Path) -> Result<Self, TableError> {
        let unusable = |source| no_place(folder.display().to_string(), source);
        std::fs::create_dir_all(folder).map_err(|e| unusable(e.into()))?;
        let root = Url::parse("file:///").map_err(|e| unusable(e.into()))?;
        let objects = LocalFileSystem::new_with_prefix(folder).map_err(|e| unusable(e.into()))?;
        Self::new(objects, root)
    }

    /// `s3://<bucket>/<prefix>/`; nothing for a folder.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// The table at the root of any store, which engines of AWS find at `location`, if they can.
    ///
    /// # Errors
    ///
    /// [`TableError::Place`] if there is no runtime for its requests.
    pub fn of(objects: Arc<dyn ObjectStore>, location: Option<String>) -> Result<Self, TableError> {
        let root = Url::parse("memory:///");
        let root = root.map_err(|e| no_place("memory".to_owned(), e.into()))?;
        Ok(Self { location, ..Self::new(objects, root)? })
    }

    fn new(objects: impl ObjectStore, root: Url) -> Result<Self, TableError> {
        let executor =
            EXECUTOR.as_ref().map_err(|e| no_place(root.to_string(), e.to_string().into()))?;
        let engine = DefaultEngineBuilder::new(Arc::new(Cache::new(objects)))
            .with_task_executor(Arc::clone(executor))
            .build();
        Ok(Self { engine: Arc::new(engine), root, location: None })
    }
}

/// Short: longer waits are the state machine's business.
fn retries() -> RetryConfig {
    RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(30), ..RetryConfig::default() }
}

fn no_place(place: String, source: Box<dyn std::error::Error + Send + Sync>) -> TableError {
    TableError::Place { place, source }
}
