//! What is asked of SQS when messages are settled, and what becomes of its refusals.

use std::time::Duration;

use domain::delivery::Delivery;
use queue::{DeliveryQueue, Outcome, Settled};
use serde_json::Value;

use crate::deliveries::{complete, defer, delivery, event, receive, retry, send, settle};
use crate::log::lines_with;
use crate::peer::{Fault, HIDDEN, Peer};

const SEND: &str = "SendMessage";
const HIDE: &str = "ChangeMessageVisibility";
const DELETE: &str = "DeleteMessage";

/// Sends an event for some subscriptions as one message, receives it, and settles it.
async fn send_and_settle(
    queue: &DeliveryQueue,
    subscriptions: &[&str],
    outcome: impl FnMut(&Delivery) -> Outcome,
) -> Settled {
    let event = event("1", "x");
    let deliveries = subscriptions.iter().map(|name| delivery(&event, "s", name));
    send(queue, deliveries.collect()).await.unwrap();
    let received = receive(queue).await;
    assert_eq!(received.deliveries.len(), subscriptions.len());
    settle(queue, received, outcome).await
}

/// What was asked of the peer, without the polls.
fn asked(peer: &Peer) -> Vec<String> {
    let calls = peer.all_calls().into_iter().map(|call| call.action);
    calls.filter(|action| action != "ReceiveMessage").collect()
}

#[tokio::test]
async fn a_message_of_which_all_failed_is_hidden() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    let settled = send_and_settle(&queue, &["a", "b"], |delivery| {
        let is_first = delivery.subscription.as_str() == "a";
        retry(Duration::from_millis(if is_first { 6_500 } else { 29_500 }))
    })
    .await;
    assert_eq!(settled, Settled::Returned);
    assert_eq!(asked(&peer), [SEND, HIDE]);
    let hidden = &peer.calls(HIDE)[0].input;
    assert_eq!(hidden["VisibilityTimeout"], 30);
    assert_eq!(hidden["QueueUrl"], peer.queue_url());
    peer.show_all();
    let received = receive(&queue).await;
    assert!(received.deliveries.iter().all(|delivery| delivery.attempts == 1));
    complete(&queue, received).await;
    assert_eq!(peer.messages(), (0, 0));
}

#[tokio::test]
async fn the_longest_pause_is_one_that_sqs_takes() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    // Twelve hours after it was received, which is a while ago: sent again it is, to wait longer than SQS can hold it.
    let pause = Duration::from_hours(12);
    let settled = send_and_settle(&queue, &["a"], |_| retry(pause)).await;
    assert_eq!(settled, Settled::Completed);
    assert_eq!(asked(&peer), [SEND, SEND, DELETE]);
    let sent = &peer.calls(SEND)[1].input;
    assert_eq!(sent["DelaySeconds"], 900);
    let body: Value = serde_json::from_str(sent["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(body["attempts"], 1);
    let not_before = body["notBefore"].as_u64().unwrap();
    let left = not_before - crate::deliveries::now();
    assert!((43_100_000..=43_201_000).contains(&left), "{left}");
}

#[tokio::test]
async fn parts_of_a_message_are_sent_again_before_it_is_deleted() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    let settled = send_and_settle(
        &queue,
        &["done", "failed", "failed too", "deferred"],
        |delivery| match delivery.subscription.as_str() {
            "done" => Outcome::Done,
            "deferred" => defer(Duration::from_mins(5)),
            _ => retry(Duration::from_secs(20)),
        },
    )
    .await;
    assert_eq!(settled, Settled::Completed);
    assert_eq!(asked(&peer), [SEND, "SendMessageBatch", DELETE]);
    let entries = peer.calls("SendMessageBatch")[0].input["Entries"].clone();
    let sent: Vec<_> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let body: Value = serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
            let names = body["subscribers"].as_array().unwrap().iter();
            let names: Vec<_> = names.map(|one| one["subscription"].clone()).collect();
            (names, body["attempts"].clone(), entry["DelaySeconds"].clone())
        })
        .collect();
    let failed = (vec!["failed".into(), "failed too".into()], 1.into(), 20.into());
    assert_eq!(sent, [failed, (vec!["deferred".into()], Value::Null, 300.into())]);
    assert_eq!(peer.messages(), (2, 0));
}

/// Attempts are those before the message was sent and the receipts of the message.
#[tokio::test]
async fn attempts_add_up_over_messages() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    let failing = |delivery: &Delivery| match delivery.subscription.as_str() {
        "good" => Outcome::Done,
        _ => retry(Duration::ZERO),
    };
    send_and_settle(&queue, &["good", "bad"], failing).await;
    for attempts in 1..4 {
        let received = receive(&queue).await;
        assert_eq!(received.deliveries[0].attempts, attempts);
        assert_eq!(settle(&queue, received, failing).await, Settled::Returned);
    }
    let received = receive(&queue).await;
    settle(&queue, received, |_| defer(Duration::ZERO)).await;
    let received = receive(&queue).await;
    assert_eq!(received.deliveries[0].attempts, 4);
    assert_eq!(received.deliveries.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_sent_again_comes_back_as_a_whole() {
    crate::log::keep();
    for fault in [Fault::Error(500, "InternalFailure"), Fault::Silence] {
        let peer = Peer::start(HIDDEN).await;
        let queue = peer.queue();
        let event = event("1", "x");
        send(&queue, ["a", "b"].map(|name| delivery(&event, "s", name)).into())
            .await
            .unwrap();
        let received = receive(&queue).await;
        peer.fail(SEND, [fault]);
        let settled = settle(&queue, received, |delivery| {
            if delivery.subscription.as_str() == "a" {
                Outcome::Done
            } else {
                retry(Duration::from_secs(3))
            }
        })
        .await;
        assert_eq!(settled, Settled::Returned);
        assert_eq!(asked(&peer), [SEND, SEND, HIDE]);
        assert_eq!(peer.calls(HIDE)[0].input["VisibilityTimeout"], 3);
        assert_eq!(peer.messages(), (1, 0));
        peer.show_all();
        assert_eq!(receive(&queue).await.deliveries.len(), 2);
        let lines = lines_with(&peer.queue_url());
        assert!(lines[0].contains("could not be queued again"), "{lines:?}");
        assert!(lines[0].contains("SendMessage"), "{lines:?}");
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_hidden_comes_back_all_the_same() {
    crate::log::keep();
    let peer = Peer::start(Duration::from_millis(300)).await;
    let queue = peer.queue();
    peer.fail(HIDE, [Fault::Error(500, "InternalFailure")]);
    let settled = send_and_settle(&queue, &["a"], |_| retry(Duration::from_hours(1))).await;
    assert_eq!(settled, Settled::Returned);
    assert_eq!(receive(&queue).await.deliveries[0].attempts, 1);
    let lines = lines_with(&peer.queue_url());
    assert!(lines[0].contains("could not be hidden"), "{lines:?}");
}

/// What died after it had sent, and before it could delete, leaves both: the delivery comes twice.
#[tokio::test]
async fn nothing_is_lost_between_sending_and_deleting() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    peer.fail(DELETE, [Fault::Error(500, "InternalFailure")]);
    let settled = send_and_settle(&queue, &["a"], |_| defer(Duration::ZERO)).await;
    assert_eq!(settled, Settled::Completed);
    assert_eq!(peer.messages(), (2, 1));
}
