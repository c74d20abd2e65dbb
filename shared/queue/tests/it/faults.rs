//! Failures of SQS while messages are received and completed.

use std::time::{Duration, Instant};

use crate::deliveries::{complete, process, receive, send, single};
use crate::log::lines_with;
use crate::peer::{Fault, HIDDEN, Peer};

const RECEIVE: &str = "ReceiveMessage";

#[tokio::test]
async fn receiving_goes_on_after_failures_and_says_so_once() {
    crate::log::keep();
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    send(&queue, vec![single("1")]).await.unwrap();
    let faults = [
        Fault::Error(500, "InternalFailure"),
        Fault::Error(403, "RequestThrottled"),
        Fault::Error(400, "AWS.SimpleQueueService.NonExistentQueue"),
    ];
    peer.fail(RECEIVE, faults.clone());
    let started = Instant::now();
    assert_eq!(process(&queue).await, "1");
    let paused = started.elapsed();
    // Three pauses of 100 ms at least; at most they double twice.
    assert!(
        (Duration::from_millis(300)..Duration::from_secs(10)).contains(&paused),
        "{paused:?}"
    );
    assert_eq!(peer.calls(RECEIVE).len(), 4);
    let lines = lines_with(&peer.queue_url());
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].contains("cannot be received") && lines[0].contains("InternalFailure"),
        "{lines:?}"
    );
    assert!(
        lines[1].contains("received again") && lines[1].contains("failures=3"),
        "{lines:?}"
    );

    send(&queue, vec![single("2")]).await.unwrap();
    peer.fail(RECEIVE, faults);
    assert_eq!(process(&queue).await, "2");
    let lines = lines_with(&peer.queue_url());
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines_with("SECRET").is_empty());
}

#[tokio::test]
async fn closing_ends_the_pause_after_a_failure() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    peer.fail(RECEIVE, vec![Fault::Error(500, "InternalFailure"); 1_000]);
    let worker = tokio::spawn({
        let queue = queue.clone();
        async move { queue.receive().await.is_none() }
    });
    // By now a pause takes up to 5 seconds.
    peer.called(RECEIVE, 6).await;
    let started = Instant::now();
    queue.close();
    assert!(worker.await.unwrap());
    assert!(
        started.elapsed() < Duration::from_millis(100),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_message_whose_deletion_fails_comes_back() {
    crate::log::keep();
    let peer = Peer::start(Duration::from_millis(300)).await;
    let queue = peer.queue();
    send(&queue, vec![single("1")]).await.unwrap();
    peer.fail(
        "DeleteMessage",
        [Fault::Error(500, "InternalFailure"), Fault::Silence],
    );
    for count in 1..=3 {
        let received = receive(&queue).await;
        assert_eq!(received.deliveries[0].attempts + 1, count);
        complete(&queue, received).await;
    }
    assert_eq!(peer.messages(), (0, 0));
    let lines = lines_with(&peer.queue_url());
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].contains("could not be deleted") && lines[0].contains("InternalFailure"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn an_unreachable_service_is_told_by_its_cause() {
    crate::log::keep();
    let peer = Peer::start(HIDDEN).await;
    let (queue, queue_url) = (peer.queue(), peer.queue_url());
    drop(peer);
    let worker = tokio::spawn(async move { queue.receive().await.is_none() });
    let lines = loop {
        let lines = lines_with(&queue_url);
        if !lines.is_empty() {
            break lines;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    worker.abort();
    assert!(
        lines[0].contains("no answer of SQS to ReceiveMessage"),
        "{lines:?}"
    );
    assert!(
        lines[0].to_lowercase().contains("connection refused"),
        "{lines:?}"
    );
}
