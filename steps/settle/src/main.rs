//! The `Settle` Lambda.

use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use settle::handle;
use settle::table::TableStore;
use shared::job::table_prefix;
use shared::message::SettleTask;
use shared::store::S3Store;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let store = S3Store::from_env().await?;
    let open = |dataset: &str| TableStore::s3(store.output_bucket(), &table_prefix(dataset));
    run(service_fn(async |event: LambdaEvent<SettleTask>| {
        handle(event.payload, &store, open).await
    }))
    .await
}
