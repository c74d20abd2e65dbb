//! What is asked of SQS to send deliveries, and what becomes of its refusals.

use std::error::Error;

use queue::{QueueError, SqsSettings};
use serde_json::Value;

use crate::deliveries::{complete, delivery, event, ordered, process, receive, send, single};
use crate::peer::{Call, EntryFault, Fault, HIDDEN, Peer};

const BATCH: &str = "SendMessageBatch";
const SINGLE: &str = "SendMessage";

fn entries(call: &Call) -> &[Value] {
    call.input["Entries"].as_array().unwrap()
}

/// The error with its causes, as it may be logged.
fn shown(result: Result<(), QueueError>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, QueueError::Unavailable { .. }), "{error:?}");
    let causes = std::iter::successors(Some(&error as &dyn Error), |&cause| cause.source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    let text = causes.join(": ");
    assert!(!format!("{text} {error:?}").contains("SECRET"));
    text
}

#[tokio::test]
async fn one_message_takes_the_cheapest_request() {
    let peer = Peer::start(HIDDEN).await;
    let event = event("1", "x");
    let deliveries = ["a", "b", "c"].map(|name| delivery(&event, "space", name));
    send(&peer.queue(), deliveries.into()).await.unwrap();
    let calls = peer.calls(SINGLE);
    assert_eq!((calls.len(), peer.calls(BATCH).len()), (1, 0));
    assert_eq!(calls[0].input["QueueUrl"], peer.queue_url());
    assert_eq!(calls[0].input["MessageGroupId"], "space");
    assert!(calls[0].input.get("MessageAttributes").is_none());
    assert_eq!(peer.messages(), (1, 1));
}

#[tokio::test]
async fn only_ordered_messages_have_a_group_without_a_fair_queue() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.of(SqsSettings {
        fifo_queue_url: Some(peer.fifo_queue_url()),
        fair: false,
        ..peer.settings()
    });
    send(&queue, vec![single("1")]).await.unwrap();
    send(&queue, vec![single("2"), single("3")]).await.unwrap();
    send(&queue, vec![ordered("4", "k")]).await.unwrap();
    let calls = peer.calls(SINGLE);
    assert!(calls[0].input.get("MessageGroupId").is_none());
    let batches = peer.calls(BATCH);
    assert!(
        entries(&batches[0])
            .iter()
            .all(|entry| entry.get("MessageGroupId").is_none())
    );
    assert!(calls[1].input["MessageGroupId"].is_string());
    for _ in 0..4 {
        complete(&queue, receive(&queue).await).await;
    }
}

#[tokio::test]
async fn many_messages_go_in_few_requests() {
    let peer = Peer::start(HIDDEN).await;
    let deliveries = (0..21).map(|number| single(&number.to_string())).collect();
    send(&peer.queue(), deliveries).await.unwrap();
    let mut sizes: Vec<_> = peer.calls(BATCH).iter().map(|call| entries(call).len()).collect();
    sizes.sort_unstable();
    assert_eq!((sizes, peer.calls(SINGLE).len()), (vec![10, 10], 1));
    assert_eq!(peer.messages(), (21, 21));
    send(&peer.queue(), Vec::new()).await.unwrap();
    assert_eq!((peer.calls(BATCH).len(), peer.calls(SINGLE).len()), (2, 1));
}

#[tokio::test]
async fn nothing_is_sent_when_something_is_too_large() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.limited(1_000);
    let mut deliveries: Vec<_> = (0..11).map(|number| single(&number.to_string())).collect();
    queue.check(&deliveries).unwrap();
    deliveries.push(delivery(&event("large", &"x".repeat(1_000)), "s", "a"));
    for result in [queue.check(&deliveries), send(&queue, deliveries).await] {
        let Err(QueueError::TooLarge { bytes, limit: 1_000 }) = result else {
            panic!("{result:?}")
        };
        assert!((1_200..1_500).contains(&bytes), "{bytes}");
    }
    assert_eq!(peer.calls(BATCH).len() + peer.calls(SINGLE).len(), 0);
}

#[tokio::test]
async fn refused_entries_are_sent_again_by_themselves() {
    let peer = Peer::start(HIDDEN).await;
    peer.fail(
        BATCH,
        [
            Fault::Entries(&[1, 3, 4], EntryFault::Service),
            Fault::Entries(&[2], EntryFault::Unmentioned),
        ],
    );
    let queue = peer.queue();
    send(&queue, (0..5).map(|number| single(&number.to_string())).collect())
        .await
        .unwrap();
    let sizes: Vec<_> = peer.calls(BATCH).iter().map(|call| entries(call).len()).collect();
    assert_eq!(sizes, [5, 3, 1]);
    let mut ids = Vec::new();
    while ids.len() < 5 {
        ids.push(process(&queue).await);
    }
    ids.sort_unstable();
    assert_eq!(ids, ["0", "1", "2", "3", "4"]);
    assert_eq!(peer.messages(), (0, 0));
}

#[tokio::test]
async fn entries_that_stay_refused_are_not_queued() {
    let peer = Peer::start(HIDDEN).await;
    let deliveries = || vec![single("1"), single("2")];
    peer.fail(BATCH, vec![Fault::Entries(&[0], EntryFault::Service); 4]);
    let error = shown(send(&peer.queue(), deliveries()).await);
    assert_eq!(
        error,
        "the delivery queue is unavailable: SQS did not take 1 of the messages: InternalError"
    );
    let sizes: Vec<_> = peer.calls(BATCH).iter().map(|call| entries(call).len()).collect();
    assert_eq!(sizes, [2, 1, 1, 1]);

    // What the client did wrong stays wrong.
    peer.fail(BATCH, [Fault::Entries(&[1], EntryFault::Sender)]);
    let error = shown(send(&peer.queue(), deliveries()).await);
    assert!(error.ends_with("InvalidParameterValue"), "{error}");
    assert_eq!(peer.calls(BATCH).len(), 5);
}

#[tokio::test]
async fn failed_requests_are_told() {
    let peer = Peer::start(HIDDEN).await;
    for (fault, one, more) in [
        (
            Fault::Error(500, "InternalFailure"),
            "SQS answered SendMessage with InternalFailure (status code 500)",
            "SQS answered SendMessageBatch with InternalFailure (status code 500)",
        ),
        (
            Fault::Error(403, "RequestThrottled"),
            "SQS answered SendMessage with RequestThrottled (status code 403)",
            "SQS answered SendMessageBatch with RequestThrottled (status code 403)",
        ),
        (
            Fault::Silence,
            "no answer of SQS to SendMessage: operation attempt timeout",
            "no answer of SQS to SendMessageBatch: operation attempt timeout",
        ),
    ] {
        peer.fail(SINGLE, [fault.clone()]);
        peer.fail(BATCH, [fault]);
        let queue = peer.queue();
        let (first, second) = tokio::join!(
            send(&queue, vec![single("1")]),
            send(&queue, vec![single("1"), single("2")])
        );
        for (error, want) in [(shown(first), one), (shown(second), more)] {
            let error = error.strip_prefix("the delivery queue is unavailable: ").unwrap();
            assert!(error.starts_with(want), "{error}");
        }
    }
    assert_eq!(peer.messages(), (0, 0));
}
