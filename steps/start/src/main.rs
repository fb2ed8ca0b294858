//! The Lambda `Start`.

use std::convert::Infallible;

use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use start::{StateMachine, handle};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let machine = StateMachine::from_environment().await?;
    let machine = &machine;
    run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, Infallible>(handle(event.payload, machine).await)
    }))
    .await
}
