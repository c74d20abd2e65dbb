//! Messages that are signed, and those that somebody else has put into the queue.

use std::time::Duration;

use queue::sqs::{Admission, MalformedMessage, Signing, SourceKind};
use queue::{DeliveryQueue, Outcome, QueueError, Sqs, SqsSettings};

use crate::deliveries::{complete, delivery, event, ordered, receive, retry, send, settle, single};
use crate::log;
use crate::peer::{HIDDEN, Peer, signing};

/// A handle to both queues, with a place for what is not taken.
fn handle(peer: &Peer, signing: Signing) -> DeliveryQueue {
    peer.of(SqsSettings {
        fifo_queue_url: Some(peer.fifo_queue_url()),
        dead_letter_queue_url: Some(peer.dead_letter_url()),
        fifo_dead_letter_queue_url: Some(peer.dead_letter_url() + ".fifo"),
        signing,
        ..peer.settings()
    })
}

fn on_sqs(queue: &DeliveryQueue) -> &Sqs {
    let DeliveryQueue::Sqs(queue) = queue else {
        panic!()
    };
    queue
}

#[tokio::test]
async fn what_the_gateway_sends_is_taken_by_those_with_its_key() {
    let peer = Peer::start(HIDDEN).await;
    let sender = handle(&peer, signing("a"));
    let taker = handle(&peer, signing("ba"));
    let both = vec![single("1"), ordered("2", "k")];
    send(&sender, both).await.unwrap();
    for _ in 0..2 {
        let received = receive(&taker).await;
        complete(&taker, received).await;
    }
    assert_eq!((peer.messages(), peer.ordered_messages()), ((0, 0), (0, 0)));
    assert_eq!(taker.refused(), Some(0));
}

/// What is sent again is signed anew.
#[tokio::test]
async fn what_failed_of_a_message_is_taken_again() {
    let peer = Peer::start(HIDDEN).await;
    let queue = handle(&peer, signing("a"));
    let shared = event("1", "");
    let deliveries = ["a", "b"].map(|subscription| delivery(&shared, "s", subscription));
    send(&queue, deliveries.to_vec()).await.unwrap();
    let received = receive(&queue).await;
    settle(&queue, received, |delivery| {
        if delivery.subscription.as_str() == "a" {
            Outcome::Done
        } else {
            retry(Duration::ZERO)
        }
    })
    .await;
    let again = receive(&queue).await;
    assert_eq!(again.deliveries[0].attempts, 1);
    assert_eq!(again.deliveries[0].subscription.as_str(), "b");
}

#[tokio::test]
async fn what_others_send_is_set_aside_and_shown_nowhere() {
    log::keep();
    let peer = Peer::start(HIDDEN).await;
    let queue = handle(&peer, signing("a"));
    let forger = handle(&peer, signing("z"));
    send(&forger, vec![single("FORGED-1"), ordered("FORGED-2", "k")])
        .await
        .unwrap();
    peer.put("NOT-SIGNED");
    send(&queue, vec![single("mine")]).await.unwrap();
    // It is not kept from what it may have, by any of them.
    let received = receive(&queue).await;
    assert_eq!(received.deliveries[0].event.id(), "mine");
    complete(&queue, received).await;
    let worker = tokio::spawn({
        let queue = queue.clone();
        async move { queue.receive().await.is_none() }
    });
    peer.set_aside(3).await;
    peer.reached((0, 0), (0, 0)).await;
    for text in ["FORGED-1", "FORGED-2", "NOT-SIGNED"] {
        assert!(peer.dead().iter().any(|body| body.contains(text)), "{text}");
        assert!(log::lines_with(text).is_empty());
    }
    assert_eq!(queue.refused(), Some(3));
    queue.close();
    assert!(worker.await.unwrap());
}

/// As Lambda does: it deletes what was set aside.
#[tokio::test]
async fn what_somebody_else_received_is_set_aside_too() {
    let peer = Peer::start(HIDDEN).await;
    let queue = handle(&peer, signing("a"));
    let forger = handle(&peer, signing("z"));
    send(&forger, vec![single("1"), ordered("2", "k")]).await.unwrap();
    for kind in [SourceKind::Standard, SourceKind::Fifo] {
        let admission = on_sqs(&queue).admit(kind, peer.hand_out(kind)).await.unwrap();
        assert!(matches!(admission, Admission::SetAside), "{admission:?}");
    }
    assert_eq!(peer.dead().len(), 2);
    assert!(peer.calls("DeleteMessage").is_empty());

    // Without a place for it, it is left to the queue.
    let queue = peer.of(SqsSettings {
        signing: signing("a"),
        ..peer.settings()
    });
    peer.show_all();
    let message = peer.hand_out(SourceKind::Standard);
    let refused = on_sqs(&queue).admit(SourceKind::Standard, message).await;
    assert_eq!(refused.unwrap_err(), MalformedMessage::Forged);
    assert_eq!((peer.dead().len(), peer.messages().0), (2, 1));
    assert_eq!(queue.refused(), Some(1));
}

/// A message of one queue is none of the other: there it would be out of its order.
#[tokio::test]
async fn a_message_of_the_other_queue_is_not_taken() {
    let peer = Peer::start(HIDDEN).await;
    let queue = handle(&peer, signing("a"));
    send(&queue, vec![ordered("1", "k")]).await.unwrap();
    let message = peer.hand_out(SourceKind::Fifo);
    let admission = on_sqs(&queue).admit(SourceKind::Standard, message).await;
    assert!(matches!(admission, Ok(Admission::SetAside)));
}

#[tokio::test]
async fn messages_from_before_the_key_are_taken_where_that_is_allowed() {
    let peer = Peer::start(HIDDEN).await;
    let before = handle(&peer, Signing::default());
    let migrating = Signing {
        accept_unsigned: true,
        ..signing("a")
    };
    let queue = handle(&peer, migrating);
    send(&before, vec![single("1")]).await.unwrap();
    let received = receive(&queue).await;
    complete(&queue, received).await;
    // One that knows no key takes what has a signature.
    send(&queue, vec![single("2")]).await.unwrap();
    let received = receive(&before).await;
    complete(&before, received).await;
    let forger = handle(&peer, signing("z"));
    send(&forger, vec![single("3")]).await.unwrap();
    let message = peer.hand_out(SourceKind::Standard);
    let admission = on_sqs(&queue).admit(SourceKind::Standard, message).await;
    assert!(matches!(admission, Ok(Admission::SetAside)));
}

#[tokio::test]
async fn a_signature_has_its_room_in_a_message() {
    let peer = Peer::start(HIDDEN).await;
    let limit = 1000;
    let queue = peer.of(SqsSettings {
        max_message_bytes: limit,
        signing: signing("a"),
        ..peer.settings()
    });
    let of = |length: usize| delivery(&event("1", &"x".repeat(length)), "s", "a");
    let mut largest = 0;
    for length in 0..limit {
        match queue.check(&[of(length)]) {
            Ok(()) => largest = length,
            Err(error) => {
                assert!(matches!(error, QueueError::TooLarge { .. }));
                break;
            }
        }
    }
    assert!(largest > 0);
    send(&queue, vec![of(largest)]).await.unwrap();
    let received = receive(&queue).await;
    settle(&queue, received, |_| retry(Duration::ZERO)).await;
    let body = &peer.calls("SendMessage")[0].input["MessageBody"];
    let bytes = body.as_str().unwrap().len();
    assert!((limit - 100..=limit).contains(&bytes), "{bytes}");
}
