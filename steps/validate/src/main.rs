//! The `Validate` Lambda.

use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use shared::message::ValidateTask;
use shared::store::S3Store;
use validate::{Settings, VerifiedTables, handle};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let store = S3Store::from_env().await?;
    let settings = Settings::from_env()?;
    let tables = VerifiedTables::default();
    run(service_fn(async |event: LambdaEvent<ValidateTask>| {
        handle(event.payload, &settings, &tables, &store).await
    }))
    .await
}
