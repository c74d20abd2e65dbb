//! What a queue on SQS keeps to, on the peer and on any endpoint that speaks the protocol.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use domain::delivery::Delivery;
use domain::event::Event;
use queue::{DeliveryQueue, QueueError, Sqs, SqsSettings};

use crate::deliveries::{counted, delivery, event, process, receive, send, single};
use crate::peer::{MAX_MESSAGE_BYTES, Peer, client};

/// Variable that names the endpoint of an SQS beside the peer.
const ENDPOINT: &str = "EVENT_GATEWAY_TEST_SQS_ENDPOINT";

/// How long messages stay hidden in the contract, in seconds: the least that is not nothing.
const HIDDEN_SECONDS: u8 = 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqs_keeps_the_contract() {
    let peer = Peer::start(Duration::from_secs(HIDDEN_SECONDS.into())).await;
    contract(&peer.queue()).await;
    assert_eq!(peer.messages(), (0, 0));
    match std::env::var(ENDPOINT) {
        Ok(endpoint) => on_endpoint(&endpoint).await,
        Err(_) => println!("{ENDPOINT} was not set: run on the peer alone."),
    }
}

/// Runs the contract on a queue made for it, which is deleted whatever comes of it.
async fn on_endpoint(endpoint: &str) {
    let client = client(endpoint);
    let name = format!("event-gateway-contract-{:016x}", fastrand::u64(..));
    let created = client
        .create_queue()
        .queue_name(name)
        .attributes(QueueAttributeName::VisibilityTimeout, HIDDEN_SECONDS.to_string())
        .attributes(
            QueueAttributeName::MaximumMessageSize,
            MAX_MESSAGE_BYTES.to_string(),
        )
        .send()
        .await
        .unwrap();
    let queue_url = created.queue_url.unwrap();
    let settings = SqsSettings {
        queue_url: queue_url.clone(),
        max_message_bytes: MAX_MESSAGE_BYTES,
    };
    let queue = DeliveryQueue::Sqs(Sqs::new(client.clone(), settings));
    let kept = tokio::spawn(async move { contract(&queue).await }).await;
    client.delete_queue().queue_url(queue_url).send().await.unwrap();
    kept.unwrap();
}

async fn contract(queue: &DeliveryQueue) {
    assert!(queue.redelivers());
    packing(queue).await;
    unicode(queue).await;
    sizes(queue).await;
    many(queue).await;
    redelivery(queue).await;
    queue.close();
    assert!(queue.receive().await.is_none());
}

/// Receives and completes messages until they hold as many deliveries; gives those of each message. A message that is
/// received twice counts once: SQS promises no more than that it comes.
async fn received(queue: &DeliveryQueue, count: usize) -> Vec<Vec<Delivery>> {
    let mut messages: Vec<Vec<Delivery>> = Vec::new();
    while messages.iter().map(Vec::len).sum::<usize>() < count {
        let message = receive(queue).await;
        assert!(message.waited < Duration::from_mins(1));
        queue.complete(message.receipt).await;
        if !messages.contains(&message.deliveries) {
            messages.push(message.deliveries);
        }
    }
    messages
}

/// One message for an event and a space, and spaces of any name.
async fn packing(queue: &DeliveryQueue) {
    let (first, second) = (event("1", "x"), event("2", "x"));
    let odd = "ä ".repeat(100);
    let mut sent = vec![
        delivery(&first, "s", "a"),
        delivery(&second, "s", "a"),
        delivery(&first, &odd, "b"),
        delivery(&first, "s", "c"),
        delivery(&second, "s", "d"),
    ];
    send(queue, sent.clone()).await.unwrap();
    let messages = received(queue, sent.len()).await;
    assert_eq!(messages.len(), 3);
    for message in &messages {
        assert!(message.iter().all(|delivery| delivery.space == message[0].space));
        assert!(
            message
                .iter()
                .all(|delivery| Arc::ptr_eq(&delivery.event, &message[0].event))
        );
    }
    let mut messages = messages.concat();
    let key = |delivery: &Delivery| (delivery.space.clone(), delivery.subscription.clone());
    messages.sort_by_key(key);
    sent.sort_by_key(key);
    assert_eq!(counted(&messages), counted(&sent));
    assert!(
        messages
            .iter()
            .all(|delivery| [&*first, &*second].contains(&&*delivery.event))
    );
}

/// Texts arrive as they were sent.
async fn unicode(queue: &DeliveryQueue) {
    let text = "\0\u{1}\t\r\n\u{7F}\u{85}\u{2028}\u{D7FF}\u{E000}\u{FFFD}\u{FFFE}\u{FFFF}\u{1FFFE}\u{10FFFF}😀\"\\<&>";
    send(queue, vec![delivery(&event("u", text), "s", text)])
        .await
        .unwrap();
    let received = received(queue, 1).await.concat();
    assert_eq!(received[0].subscription.as_str(), text);
    let Event::V0_1(envelope) = &*received[0].event else {
        panic!()
    };
    let data = envelope.data.as_ref().unwrap().get();
    assert_eq!(serde_json::from_str::<String>(data).unwrap(), text);
}

/// A message is as large as SQS takes, to the byte; what is larger is refused before anything is sent.
async fn sizes(queue: &DeliveryQueue) {
    let bytes = |event: &Arc<Event>| match queue.check(&[delivery(
        &event.clone(),
        "s",
        &"x".repeat(MAX_MESSAGE_BYTES),
    )]) {
        Err(QueueError::TooLarge { bytes, .. }) => bytes - MAX_MESSAGE_BYTES + "a".len(),
        other => panic!("{other:?}"),
    };
    let room = MAX_MESSAGE_BYTES - bytes(&event("l", ""));
    let largest = event("l", &"x".repeat(room));
    let too_large = event("l", &"x".repeat(room + 1));
    assert_eq!(bytes(&largest), MAX_MESSAGE_BYTES);

    let refused = vec![single("small"), delivery(&too_large, "s", "a")];
    assert!(matches!(queue.check(&refused), Err(QueueError::TooLarge { .. })));
    assert!(matches!(
        send(queue, refused).await,
        Err(QueueError::TooLarge { .. })
    ));

    // Two messages: there is no room for both subscribers.
    let sent = vec![delivery(&largest, "s", "a"), delivery(&largest, "s", "b")];
    queue.check(&sent).unwrap();
    send(queue, sent.clone()).await.unwrap();
    let messages = received(queue, 2).await;
    assert_eq!(messages.len(), 2);
    assert_eq!(counted(&messages.concat()), counted(&sent));
}

/// More messages than a request takes.
async fn many(queue: &DeliveryQueue) {
    let sent: Vec<_> = (0..25).map(|number| single(&format!("m{number}"))).collect();
    send(queue, sent.clone()).await.unwrap();
    let messages = received(queue, sent.len()).await;
    assert_eq!(counted(&messages.concat()), counted(&sent));
}

/// What is not completed is received again, and what is completed is not: all that was completed before would have
/// come back by the time that the one message of this test does.
async fn redelivery(queue: &DeliveryQueue) {
    send(queue, vec![single("r")]).await.unwrap();
    let mut counts = HashMap::new();
    for times in 1..=3 {
        let message = receive(queue).await;
        assert_eq!(message.deliveries, [single("r")]);
        counts.insert(times, message.receipt.approximate_receive_count());
    }
    assert_eq!(counts, HashMap::from([(1, 1), (2, 2), (3, 3)]));
    assert_eq!(process(queue).await, "r");
}
