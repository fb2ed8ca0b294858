//! The `Upkeep` Lambda.

use std::time::{SystemTime, UNIX_EPOCH};

use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use settle::Tables;
use settle::table::TableStore;
use settle::upkeep::{Settings, UpkeepTask, handle};
use shared::job::table_prefix;
use shared::store::S3Store;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let settings = Settings::from_env()?;
    let store = S3Store::from_env().await?;
    let tables =
        Tables::new(|dataset| TableStore::s3(store.output_bucket(), &table_prefix(dataset)));
    run(service_fn(async |event: LambdaEvent<UpkeepTask>| {
        handle(event.payload, &settings, now_ms(), &store, |dataset| tables.get(dataset)).await
    }))
    .await
}

/// The time, in milliseconds since 1970; 0 if there is none, when nothing is old yet.
fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or_default()
}
