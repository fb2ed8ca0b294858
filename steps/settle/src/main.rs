//! The `Settle` Lambda.

use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use settle::table::TableStore;
use settle::{Tables, handle};
use shared::job::table_prefix;
use shared::message::SettleTask;
use shared::store::S3Store;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let store = S3Store::from_env().await?;
    let tables =
        Tables::new(|dataset| TableStore::s3(store.output_bucket(), &table_prefix(dataset)));
    run(service_fn(async |event: LambdaEvent<SettleTask>| {
        handle(event.payload, &store, |dataset| tables.get(dataset)).await
    }))
    .await
}
