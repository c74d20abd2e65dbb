//! Batches of the table's stream: the changes of spaces in them become published snapshots.

use std::convert::Infallible;

use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use gateway::ErrorChain;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_dynamo::AttributeValue;
use store::{CHANGE, CorruptValue, NEWEST_CHANGE, PublishFailure, SnapshotPublisher, SpaceChange};

/// A record of the change item that tells no change.
#[derive(Debug, thiserror::Error)]
enum MalformedRecord {
    /// It has no text where the change should be.
    #[error("record has no change")]
    NoChange,
    /// The text is no change.
    #[error("change cannot be read")]
    Corrupt(#[from] CorruptValue),
}

/// Publishes what the stream tells until the process ends. An error means that the runtime of Lambda is gone.
pub async fn run(publisher: SnapshotPublisher) -> Result<(), Error> {
    let batch = service_fn(move |event: LambdaEvent<Event>| {
        let publisher = publisher.clone();
        async move { Ok::<_, Infallible>(publish(&publisher, event.payload).await) }
    });
    lambda_runtime::run(batch).await
}

/// Publishes the changes of a batch. Every space of it gets its turn, whatever becomes of the others. The answer
/// names the first record that failed: the stream goes on from there, halves the batch, and in the end puts the one
/// that cannot be published aside.
pub async fn publish(publisher: &SnapshotPublisher, event: Event) -> DynamoDbEventResponse {
    process(event, async |changes| publisher.apply(changes).await).await
}

async fn process(
    event: Event,
    apply: impl AsyncFnOnce(Vec<SpaceChange>) -> Vec<PublishFailure>,
) -> DynamoDbEventResponse {
    let mut positions = Vec::new();
    let mut changes = Vec::new();
    let mut failed = Vec::new();
    for (position, record) in event
        .records
        .iter()
        .enumerate()
        .filter(|(_, record)| tells_change(record))
    {
        match change(record) {
            Ok(change) => {
                positions.push(position);
                changes.push(change);
            }
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
    let mut response = DynamoDbEventResponse::default();
    // Records come in the order of their sequence numbers.
    if let Some(first) = failed.into_iter().min() {
        let mut failure = DynamoDbBatchItemFailure::default();
        failure.item_identifier = Some(sequence_number(&event.records[first]).to_owned());
        response.batch_item_failures.push(failure);
    }
    response
}

/// Whether a record is about the change item of a space, which is written but never meant to be removed.
fn tells_change(record: &EventRecord) -> bool {
    let sort_key = record.change.keys.get("sk");
    matches!(sort_key, Some(AttributeValue::S(key)) if key == NEWEST_CHANGE) && record.event_name != "REMOVE"
}

fn change(record: &EventRecord) -> Result<SpaceChange, MalformedRecord> {
    match record.change.new_image.get(CHANGE) {
        Some(AttributeValue::S(text)) => Ok(SpaceChange::parse(text)?),
        _ => Err(MalformedRecord::NoChange),
    }
}

fn sequence_number(record: &EventRecord) -> &str {
    record.change.sequence_number.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests;
