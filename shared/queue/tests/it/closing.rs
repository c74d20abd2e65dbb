//! The end of a process: workers stop at once, and nothing stays hidden that nobody began.

use std::time::Duration;

use queue::{DeliveryQueue, Received};
use tokio::task::JoinSet;

use crate::deliveries::{complete, process, receive, send, single};
use crate::peer::{Fault, HIDDEN, Peer};

const RECEIVE: &str = "ReceiveMessage";

/// Far less than a wait for messages takes.
const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn closing_wakes_all_workers_and_ends_the_wait_of_sqs() {
    let peer = Peer::start(HIDDEN).await;
    for silent in [false, true] {
        if silent {
            peer.fail(RECEIVE, [Fault::Silence]);
        }
        let queue = peer.queue();
        let mut workers = JoinSet::new();
        for _ in 0..10 {
            let queue = queue.clone();
            workers.spawn(async move { queue.receive().await.is_none() });
        }
        let polls = 1 + usize::from(silent);
        peer.called(RECEIVE, polls).await;
        queue.close();
        let ended = tokio::time::timeout(SOON, workers.join_all()).await.unwrap();
        assert_eq!(ended, [true; 10]);
        peer.abandoned(polls).await;
        assert_eq!(peer.calls(RECEIVE).len(), polls);
        assert!(queue.receive().await.is_none());
        assert_eq!(peer.calls(RECEIVE).len(), polls);
    }
}

/// Lets a process have one message in hand and two that wait here for a worker.
async fn one_in_hand_and_two_waiting(peer: &Peer, queue: &DeliveryQueue) -> Received {
    // As many are asked for as there are workers: these two and the one below.
    let mut busy = Vec::new();
    for id in ["1", "2"] {
        send(queue, vec![single(id)]).await.unwrap();
        busy.push(receive(queue).await);
    }
    send(queue, ["3", "4", "5"].map(single).into()).await.unwrap();
    let in_hand = receive(queue).await;
    for message in busy {
        complete(queue, message).await;
    }
    assert_eq!(peer.messages(), (3, 0));
    in_hand
}

#[tokio::test]
async fn what_was_not_begun_goes_to_others() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    let in_hand = one_in_hand_and_two_waiting(&peer, &queue).await;
    queue.close();
    assert!(queue.receive().await.is_none());
    assert_eq!(peer.messages(), (3, 2));
    let other = peer.queue();
    process(&other).await;
    process(&other).await;
    // What is in hand can still be completed, and deliveries can still be sent.
    complete(&queue, in_hand).await;
    assert_eq!(peer.messages(), (0, 0));
    send(&queue, vec![single("late")]).await.unwrap();
    assert_eq!(process(&other).await, "late");
}

#[tokio::test]
async fn closing_does_not_wait_for_a_service_that_is_down() {
    for fault in [Fault::Error(500, "InternalFailure"), Fault::Silence] {
        let peer = Peer::start(HIDDEN).await;
        let queue = peer.queue();
        let _in_hand = one_in_hand_and_two_waiting(&peer, &queue).await;
        peer.fail("ChangeMessageVisibilityBatch", [fault]);
        queue.close();
        let end = tokio::time::timeout(SOON, queue.receive()).await.unwrap();
        assert!(end.is_none());
        assert_eq!(peer.calls("ChangeMessageVisibilityBatch").len(), 1);
    }
}
