//! The `Parse` Lambda.

use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use parse::handle;
use shared::message::ChunkTask;
use shared::store::S3Store;
use shared::warm::Warm;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let store = S3Store::from_env().await?;
    let warm = Warm::default();
    let serve = async |event: LambdaEvent<ChunkTask>| handle(event.payload, &store, &warm).await;
    run(service_fn(serve)).await
}
