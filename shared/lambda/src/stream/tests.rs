//! Batches of the stream against a publisher that fails at chosen changes.

use std::sync::Arc;

use serde_json::{Value, json};
use store::StoreError;

use super::*;

fn record(sequence_number: u32, sort_key: &str, image: &Value) -> Value {
    json!({
        "awsRegion": "eu-central-1",
        "eventID": sequence_number.to_string(),
        "eventName": if image.is_null() { "REMOVE" } else { "MODIFY" },
        "eventSource": "aws:dynamodb",
        "eventVersion": "1.1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_767_225_600,
            "Keys": { "pk": { "S": "SPACE#a" }, "sk": { "S": sort_key } },
            "NewImage": image,
            "SequenceNumber": sequence_number.to_string(),
            "SizeBytes": 100,
            "StreamViewType": "NEW_IMAGE",
        },
    })
}

fn removal(sequence_number: u32, space: &str, version: u64) -> Value {
    let change = json!({ "space": space, "version": version, "kind": "function", "id": "f" }).to_string();
    record(sequence_number, "CHANGE", &json!({ "change": { "S": change } }))
}

fn event(records: &[Value]) -> Event {
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// What is published of a batch, as space and version, and the records that the answer names, when the changes at
/// these indexes cannot be published.
async fn published(records: &[Value], failing: &[usize]) -> (Vec<(String, u64)>, Vec<String>) {
    let mut published = Vec::new();
    let publish = async |changes: Vec<SpaceChange>| {
        published.extend(
            changes
                .iter()
                .map(|change| (change.space.to_string(), change.version)),
        );
        let failures = failing.iter().map(|&index| PublishFailure {
            space: changes[index].space.clone(),
            index,
            source: StoreError::Unavailable {
                source: Arc::from(Box::from("no answer")),
            },
        });
        failures.collect()
    };
    let pause = async |request: &PauseRequest| panic!("{request:?}");
    let response = process(event(records), publish, pause).await;
    let failures = response.batch_item_failures.into_iter();
    (
        published,
        failures.filter_map(|failure| failure.item_identifier).collect(),
    )
}

#[tokio::test]
async fn changes_are_published_in_order() {
    let records = [
        record(1, "FUNCTION#f", &json!({ "body": { "S": "{}" } })),
        removal(2, "a", 7),
        record(3, "CHANGE", &Value::Null),
        removal(4, "b", 1),
        removal(5, "a", 8),
    ];
    let want = [("a", 7), ("b", 1), ("a", 8)].map(|(space, version)| (space.to_owned(), version));
    assert_eq!(published(&records, &[]).await, (want.to_vec(), vec![]));
}

#[tokio::test]
async fn a_batch_without_changes_asks_for_nothing() {
    let records = [record(1, "FUNCTION#f", &json!({}))];
    assert_eq!(published(&records, &[]).await, (vec![], vec![]));
}

#[tokio::test]
async fn the_first_that_failed_is_named() {
    let records = [removal(10, "a", 1), removal(11, "b", 1), removal(12, "a", 2)];
    let (published, failed) = published(&records, &[2, 1]).await;
    assert_eq!((published.len(), failed), (3, vec!["11".to_owned()]));
}

#[tokio::test]
async fn poison_holds_up_no_other_space() {
    for poison in [
        json!({}),
        json!({ "change": { "N": "1" } }),
        json!({ "change": { "S": "{" } }),
        json!({ "change": { "S": "{\"space\":\"a\"}" } }),
    ] {
        let records = [
            removal(1, "a", 1),
            record(2, "CHANGE", &poison),
            removal(3, "b", 1),
        ];
        let (changes, failed) = published(&records, &[]).await;
        assert_eq!((changes.len(), failed), (2, vec!["2".to_owned()]), "{poison}");
        let (_, failed) = published(&records, &[0]).await;
        assert_eq!(failed, ["1"]);
        let (_, failed) = published(&records, &[1]).await;
        assert_eq!(failed, ["2"]);
    }
}

#[tokio::test]
async fn pauses_are_carried_out_and_tried_again_where_they_fail() {
    let asked = |number, subscription: &str| {
        let request = json!({ "space": "a", "subscription": subscription, "reason": "gone" }).to_string();
        record(number, "PAUSE", &json!({ "request": { "S": request } }))
    };
    let records = [
        asked(1, "one"),
        record(2, "PAUSE", &Value::Null),
        asked(3, "failing"),
        asked(4, "two"),
        record(5, "PAUSE", &json!({ "request": { "S": "{" } })),
    ];
    let paused = std::sync::Mutex::new(Vec::new());
    let publish = async |changes: Vec<SpaceChange>| panic!("{changes:?}");
    let pause = async |request: &PauseRequest| {
        assert_eq!((request.space.as_str(), &*request.reason), ("a", "gone"));
        let subscription = request.subscription.to_string();
        if subscription == "failing" {
            return Err(StoreError::Unavailable {
                source: Arc::from(Box::from("no answer")),
            });
        }
        paused.lock().unwrap().push(subscription);
        Ok(())
    };
    let response = process(event(&records), publish, pause).await;
    assert_eq!(paused.into_inner().unwrap(), ["one", "two"]);
    let failed: Vec<_> = response
        .batch_item_failures
        .iter()
        .filter_map(|failure| failure.item_identifier.as_deref())
        .collect();
    assert_eq!(failed, ["3"]);
}
