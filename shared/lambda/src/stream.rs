//! Batches of the table's stream: the changes of spaces in them become published snapshots, and pauses that the dispatcher
//! asks for are carried out.

use std::convert::Infallible;

use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use gateway::ErrorChain;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_dynamo::AttributeValue;
use store::{
    CHANGE, CorruptValue, DynamoDb, NEWEST_CHANGE, PAUSE, PAUSE_REQUEST, PauseRequest, PublishFailure,
    SpaceChange, Store, StoreError,
};

/// A record that does not tell what its item is for.
#[derive(Debug, thiserror::Error)]
enum MalformedStreamRecord {
    /// It has no text where the change or the request should be.
    #[error("record has no text")]
    NoText,
    /// The text is neither.
    #[error("record cannot be read")]
    Corrupt(#[from] CorruptValue),
}

/// Publishes what the stream tells until the process ends. An error means that the runtime of Lambda is gone.
pub async fn run(store: DynamoDb) -> Result<(), Error> {
    let batch = service_fn(move |event: LambdaEvent<Event>| {
        let store = store.clone();
        // Boxed, because the compiler counts how deep futures are in each other.
        async move { Ok::<_, Infallible>(Box::pin(publish(&store, event.payload)).await) }
    });
    lambda_runtime::run(batch).await
}

/// Publishes the changes of a batch. Every space of it gets its turn, whatever becomes of the others. The answer
/// names the first record that failed: the stream goes on from there, halves the batch, and in the end puts the one
/// that cannot be published aside.
pub async fn publish(store: &DynamoDb, event: Event) -> DynamoDbEventResponse {
    let (publisher, store) = (store.publisher(), Store::DynamoDb(store.clone()));
    let apply = async |changes| publisher.apply(changes).await;
    let pause = async |request: &PauseRequest| {
        let PauseRequest {
            space,
            subscription,
            reason,
        } = request;
        let is_new = store.pause_subscription(space, subscription, reason).await?;
        if is_new {
            tracing::warn!(%space, subscriptionId = %subscription, reason, "Subscription paused.");
        }
        Ok(())
    };
    process(event, apply, pause).await
}

async fn process(
    event: Event,
    apply: impl AsyncFnOnce(Vec<SpaceChange>) -> Vec<PublishFailure>,
    pause: impl AsyncFn(&PauseRequest) -> Result<(), StoreError>,
) -> DynamoDbEventResponse {
    let mut positions = Vec::new();
    let mut changes = Vec::new();
    let mut failed = Vec::new();
    let mut pauses = Vec::new();
    for (position, record) in event.records.iter().enumerate() {
        let read = match told(record) {
            Some(NEWEST_CHANGE) => change(record).map(|change| {
                positions.push(position);
                changes.push(change);
            }),
            Some(PAUSE) => pause_request(record).map(|request| pauses.push((position, request))),
            _ => Ok(()),
        };
        match read {
            Ok(()) => {}
            Err(error) => {
                let sequence_number = sequence_number(record);
                tracing::error!(sequenceNumber = sequence_number, error = %ErrorChain(&error), "A record of the stream is malformed.");
                failed.push(position);
            }
        }
    }
    if !changes.is_empty() {
        for failure in apply(changes).await {
            tracing::error!(error = %ErrorChain(&failure), "A snapshot could not be published.");
            failed.push(positions[failure.index]);
        }
    }
    for (position, request) in pauses {
        if let Err(error) = pause(&request).await {
            let (space, id) = (&request.space, &request.subscription);
            tracing::error!(%space, subscriptionId = %id, error = %ErrorChain(&error), "A subscription could not be paused.");
            failed.push(position);
        }
    }
    let mut response = DynamoDbEventResponse::default();
    // Records come in the order of their sequence numbers.
    if let Some(first) = failed.into_iter().min() {
        let mut failure = DynamoDbBatchItemFailure::default();
        failure.item_identifier = Some(sequence_number(&event.records[first]).to_owned());
        response.batch_item_failures.push(failure);
    }
    response
}

/// Sort key of the item that a record tells of, unless that was removed. Nobody means to remove changes, and requests go
/// when they are old.
fn told(record: &EventRecord) -> Option<&str> {
    match record.change.keys.get("sk") {
        Some(AttributeValue::S(key)) if record.event_name != "REMOVE" => Some(key),
        _ => None,
    }
}

fn change(record: &EventRecord) -> Result<SpaceChange, MalformedStreamRecord> {
    Ok(SpaceChange::parse(text(record, CHANGE)?)?)
}

fn pause_request(record: &EventRecord) -> Result<PauseRequest, MalformedStreamRecord> {
    Ok(PauseRequest::parse(text(record, PAUSE_REQUEST)?)?)
}

fn text<'r>(record: &'r EventRecord, name: &str) -> Result<&'r str, MalformedStreamRecord> {
    match record.change.new_image.get(name) {
        Some(AttributeValue::S(text)) => Ok(text),
        _ => Err(MalformedStreamRecord::NoText),
    }
}

fn sequence_number(record: &EventRecord) -> &str {
    record.change.sequence_number.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests;
