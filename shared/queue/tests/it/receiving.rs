//! How messages come to the workers of a process.

use std::collections::HashSet;
use std::time::Duration;

use domain::delivery::Delivery;
use queue::{DeliveryQueue, Outcome};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::deliveries::{complete, defer, ordered, process, receive, retry, send, settle, single};
use crate::peer::{Call, HIDDEN, Peer};

const RECEIVE: &str = "ReceiveMessage";

async fn send_numbered(queue: &DeliveryQueue, count: usize) {
    let deliveries = (0..count).map(|number| single(&number.to_string())).collect();
    send(queue, deliveries).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_worker_asks_for_all() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    let mut workers = JoinSet::new();
    for _ in 0..32 {
        let queue = queue.clone();
        workers.spawn(async move {
            let mut ids = Vec::new();
            while let Some(received) = queue.receive().await {
                ids.push(received.deliveries[0].event.id().to_owned());
                complete(&queue, received).await;
            }
            ids
        });
    }
    peer.called(RECEIVE, 1).await;
    send_numbered(&queue, 300).await;
    peer.called("DeleteMessage", 300).await;
    queue.close();
    let ids = workers.join_all().await.concat();
    let distinct: HashSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (300, 300));
    assert_eq!(peer.messages(), (0, 0));
    for call in peer.calls(RECEIVE) {
        assert!(call.input["MaxNumberOfMessages"].as_u64().unwrap() <= 10);
        assert_eq!(call.input["WaitTimeSeconds"], 20);
        assert_eq!(call.input["VisibilityTimeout"], HIDDEN.as_secs());
    }
}

#[tokio::test]
async fn no_more_is_received_than_there_are_workers() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    send_numbered(&queue, 3).await;
    process(&queue).await;
    assert_eq!(peer.messages(), (2, 2));
    // A worker who has a message counts: it is going to want another.
    let in_hand = receive(&queue).await;
    process(&queue).await;
    drop(in_hand);
    let asked: Vec<_> = peer
        .calls(RECEIVE)
        .iter()
        .map(|call| call.input["MaxNumberOfMessages"].as_u64().unwrap())
        .collect();
    assert_eq!(asked, [1, 1, 2]);
}

#[tokio::test]
async fn a_message_in_hand_is_not_handed_out_again() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    send(&queue, vec![single("twice")]).await.unwrap();
    let in_hand = receive(&queue).await;
    let next = tokio::spawn({
        let queue = queue.clone();
        async move { process(&queue).await }
    });
    peer.called(RECEIVE, 2).await;
    peer.show_all();
    // The message was received again when its duplicate has been put aside.
    peer.called(RECEIVE, 3).await;
    send(&queue, vec![single("next")]).await.unwrap();
    assert_eq!(next.await.unwrap(), "next");
    // Only the handle of the second time deletes it.
    complete(&queue, in_hand).await;
    assert_eq!(peer.messages(), (0, 0));
}

#[tokio::test]
async fn messages_are_kept_hidden_while_the_process_has_them() {
    const BEAT: &str = "ChangeMessageVisibilityBatch";
    let peer = Peer::start(Duration::from_secs(3)).await;
    let queue = peer.both();
    let deliveries = vec![single("done"), single("failed"), ordered("in order", "k")];
    send(&queue, deliveries).await.unwrap();
    let mut in_hand = Vec::new();
    for _ in 0..3 {
        in_hand.push(receive(&queue).await);
    }
    // One for each queue, and once more.
    peer.called(BEAT, 4).await;
    let handles = |calls: &[Call]| -> HashSet<String> {
        let entries = calls
            .iter()
            .flat_map(|call| call.input["Entries"].as_array().unwrap());
        let handle = |entry: &Value| {
            assert_eq!(entry["VisibilityTimeout"], 3);
            entry["ReceiptHandle"].to_string()
        };
        entries.map(handle).collect()
    };
    assert_eq!(handles(&peer.calls(BEAT)).len(), 3);
    assert!(
        in_hand
            .iter()
            .all(|received| received.deliveries[0].attempts == 0)
    );
    for received in in_hand {
        let outcome = |delivery: &Delivery| match delivery.event.id() {
            "failed" => retry(Duration::from_hours(1)),
            "done" => Outcome::Done,
            _ => defer(Duration::from_hours(1)),
        };
        settle(&queue, received, outcome).await;
    }
    // What is hidden for its pause stays so, and nobody is busy with nothing.
    let before = peer.calls(BEAT).len();
    send(&queue, vec![single("next")]).await.unwrap();
    let next = receive(&queue).await;
    assert_eq!(next.deliveries[0].event.id(), "next");
    peer.called(BEAT, before + 2).await;
    assert_eq!(handles(&peer.calls(BEAT)[before..]).len(), 1);
    complete(&queue, next).await;
}

#[tokio::test]
async fn a_message_that_was_given_up_is_handed_out_again() {
    let peer = Peer::start(Duration::from_millis(200)).await;
    let queue = peer.queue();
    send(&queue, vec![single("1")]).await.unwrap();
    for count in 1..=3 {
        let received = receive(&queue).await;
        assert_eq!(received.deliveries[0].attempts + 1, count);
    }
    process(&queue).await;
    assert_eq!(peer.messages(), (0, 0));
}

#[tokio::test]
async fn the_wait_is_counted_from_sending() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    for (shift, least, most) in [(0, 0, 10), (-100_000, 100, 110), (100_000, 0, 0)] {
        send(&queue, vec![single("1")]).await.unwrap();
        peer.shift_sent(shift);
        let received = receive(&queue).await;
        let (least, most) = (Duration::from_secs(least), Duration::from_secs(most));
        assert!((least..=most).contains(&received.waited), "{:?}", received.waited);
        complete(&queue, received).await;
    }
}

#[tokio::test]
async fn messages_of_others_are_logged_and_left() {
    crate::log::keep();
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    let ids = [peer.put("PAYLOAD"), peer.put(r#"{"event":"PAYLOAD"}"#)];
    send(&queue, vec![single("1")]).await.unwrap();
    assert_eq!(process(&queue).await, "1");
    // A single worker asks for one message at a time, the latest of the peer first.
    let worker = tokio::spawn({
        let queue = queue.clone();
        async move { queue.receive().await.is_none() }
    });
    peer.called(RECEIVE, 4).await;
    queue.close();
    assert!(worker.await.unwrap());
    assert_eq!(peer.messages(), (2, 0));
    assert!(peer.calls("DeleteMessage").len() == 1 && peer.calls("ChangeMessageVisibilityBatch").is_empty());
    let lines = crate::log::lines_with(&peer.queue_url());
    assert_eq!(lines.len(), 2, "{lines:?}");
    for id in ids {
        assert!(
            lines
                .iter()
                .any(|line| line.contains(&format!("message.id=\"{id}\""))),
            "{lines:?}"
        );
    }
    assert!(crate::log::lines_with("PAYLOAD").is_empty());
}
