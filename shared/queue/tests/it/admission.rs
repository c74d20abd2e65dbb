//! Messages that someone else received, as Lambda does, and deletes once they are completed.

use std::time::Duration;

use domain::delivery::Delivery;
use queue::sqs::{Admission, HandedOut, MalformedMessage, SourceKind};
use queue::{DeliveryQueue, Received, Settled, Sqs};
use serde_json::Value;

use crate::deliveries::{complete, defer, now, ordered, retry, send, settle, single};
use crate::peer::{Fault, HIDDEN, Peer};

/// What is asked of SQS after a message was received.
const HIDE: &str = "ChangeMessageVisibility";

fn on_sqs(queue: &DeliveryQueue) -> &Sqs {
    let DeliveryQueue::Sqs(queue) = queue else {
        panic!()
    };
    queue
}

/// Sends a delivery, has someone else receive its message, and hands that over.
async fn admit(peer: &Peer, queue: &DeliveryQueue, delivery: Delivery) -> Admission {
    let kind = match delivery.ordering_key {
        Some(_) => SourceKind::Fifo,
        None => SourceKind::Standard,
    };
    send(queue, vec![delivery]).await.unwrap();
    peer.show_all();
    on_sqs(queue).admit(kind, peer.hand_out(kind)).await.unwrap()
}

fn due(admission: Admission) -> Received {
    match admission {
        Admission::Due(received) => *received,
        other => panic!("{other:?}"),
    }
}

/// What was asked of the peer since the message was sent.
fn asked(peer: &Peer) -> Vec<String> {
    let calls = peer.all_calls().into_iter().map(|call| call.action);
    calls.skip(1).collect()
}

#[tokio::test]
async fn whoever_received_a_message_deletes_it() {
    for delivery in [single("1"), ordered("1", "k")] {
        let peer = Peer::start(HIDDEN).await;
        let queue = peer.both();
        let received = due(admit(&peer, &queue, delivery.clone()).await);
        assert_eq!(received.deliveries, [delivery]);
        complete(&queue, received).await;
        assert_eq!(asked(&peer), [""; 0]);
    }
}

#[tokio::test]
async fn what_failed_is_hidden_for_its_pause() {
    for delivery in [single("1"), ordered("1", "k")] {
        let peer = Peer::start(HIDDEN).await;
        let queue = peer.both();
        let received = due(admit(&peer, &queue, delivery).await);
        let settled = settle(&queue, received, |_| retry(Duration::from_secs(9))).await;
        assert_eq!(settled, Settled::Returned);
        assert_eq!(asked(&peer), [HIDE]);
        assert_eq!(peer.calls(HIDE)[0].input["VisibilityTimeout"], 9);
    }
}

#[tokio::test]
async fn what_was_not_attempted_is_sent_again() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    let received = due(admit(&peer, &queue, single("1")).await);
    let settled = settle(&queue, received, |_| defer(Duration::ZERO)).await;
    assert_eq!(
        (settled, asked(&peer)),
        (Settled::Completed, vec!["SendMessage".to_owned()])
    );
    assert_eq!(peer.messages(), (2, 1));
}

/// Receipts are attempts, whoever received the message.
#[tokio::test]
async fn receipts_before_this_one_were_attempts() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    send(&queue, vec![single("1")]).await.unwrap();
    for attempts in 0..3 {
        peer.show_all();
        let message = peer.hand_out(SourceKind::Standard);
        let received = due(on_sqs(&queue).admit(SourceKind::Standard, message).await.unwrap());
        assert_eq!(received.deliveries[0].attempts, attempts);
    }
}

#[tokio::test]
async fn what_is_early_is_put_off() {
    let late = |delivery| Delivery {
        deliver_at: Some(now() + 3_600_000),
        ..delivery
    };
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    let admission = admit(&peer, &queue, late(single("1"))).await;
    // It was sent again, so whoever received it may delete it.
    assert!(
        matches!(admission, Admission::Early(Settled::Completed)),
        "{admission:?}"
    );
    assert_eq!(asked(&peer), ["SendMessage"]);
    let again = &peer.calls("SendMessage")[1].input;
    let body: Value = serde_json::from_str(again["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&again["DelaySeconds"], &body["attempts"]),
        (&900.into(), &Value::Null)
    );

    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    let admission = admit(&peer, &queue, late(ordered("1", "k"))).await;
    assert!(
        matches!(admission, Admission::Early(Settled::Returned)),
        "{admission:?}"
    );
    assert_eq!(asked(&peer), [HIDE]);

    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    peer.fail(HIDE, [Fault::Error(500, "InternalFailure")]);
    let admission = admit(&peer, &queue, late(ordered("1", "k"))).await;
    assert!(
        matches!(admission, Admission::Early(Settled::Returned)),
        "{admission:?}"
    );
}

#[tokio::test]
async fn what_is_no_message_of_the_queue_is_refused() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.queue();
    peer.put("PAYLOAD");
    let message = peer.hand_out(SourceKind::Standard);
    assert!(!format!("{message:?}").contains("PAYLOAD"));
    let refused = on_sqs(&queue)
        .admit(SourceKind::Standard, message)
        .await
        .unwrap_err();
    assert!(matches!(refused, MalformedMessage::Form { .. }));
    assert!(peer.all_calls().is_empty());
}

#[tokio::test]
async fn queues_are_known_by_their_names() {
    let peer = Peer::start(HIDDEN).await;
    let arn = |name: &str| format!("arn:aws:sqs:us-east-1:000000000000:{name}");
    let of = |queue: &DeliveryQueue, name: &str| on_sqs(queue).source_of_arn(&arn(name));
    let both = peer.both();
    assert_eq!(of(&both, "deliveries"), Some(SourceKind::Standard));
    assert_eq!(of(&both, "deliveries.fifo"), Some(SourceKind::Fifo));
    assert_eq!(of(&both, "other"), None);
    assert_eq!(on_sqs(&both).source_of_arn(""), None);
    assert_eq!(of(&peer.queue(), "deliveries.fifo"), None);
}

#[tokio::test]
async fn messages_are_given_back_in_requests_of_ten() {
    let peer = Peer::start(HIDDEN).await;
    let queue = peer.both();
    let mut handles = Vec::new();
    for number in 0..11 {
        send(&queue, vec![single(&number.to_string())]).await.unwrap();
        handles.push(peer.hand_out(SourceKind::Standard).receipt_handle);
    }
    assert_eq!(peer.messages(), (11, 0));
    on_sqs(&queue).give_back(SourceKind::Standard, handles).await;
    assert_eq!(peer.messages(), (11, 11));
    let calls = peer.calls("ChangeMessageVisibilityBatch");
    let sizes: Vec<_> = calls
        .iter()
        .map(|call| call.input["Entries"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [10, 1]);
    // Nobody is told of those that cannot be given back: they come back later.
    on_sqs(&queue)
        .give_back(SourceKind::Standard, vec!["gone".to_owned()])
        .await;
}

/// As the peer hands it out.
impl Peer {
    pub(crate) fn hand_out(&self, kind: SourceKind) -> HandedOut {
        let message = self.take_one(kind == SourceKind::Fifo);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let attributes = &message["Attributes"];
        HandedOut {
            message_id: text(&message["MessageId"]),
            receipt_handle: text(&message["ReceiptHandle"]),
            body: text(&message["Body"]),
            sent_at: text(&attributes["SentTimestamp"]).parse().ok(),
            receive_count: text(&attributes["ApproximateReceiveCount"]).parse().unwrap(),
            group: Some(text(&attributes["MessageGroupId"])),
        }
    }
}
