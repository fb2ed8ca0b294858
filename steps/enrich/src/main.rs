//! The `Enrich` Lambda.

use enrich::{Kept, handle};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use shared::message::ChunkTask;
use shared::salt::Salts;
use shared::store::S3Store;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let store = S3Store::from_env().await?;
    let kept = Kept::default();
    let salts = Salts::of(std::env::vars_os());
    run(service_fn(async |event: LambdaEvent<ChunkTask>| {
        handle(event.payload, &store, &salts, &kept).await
    }))
    .await
}
