//! What a delivery queue keeps to, wherever it keeps deliveries: on SQS, that is the peer and any endpoint that speaks
//! the protocol, or in a file of this machine.

mod attempts;
mod ordering;
mod sqs;
mod transport;

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use domain::delivery::Delivery;
use domain::ids::DeliveryId;
use queue::{
    DeadLetterLimits, DeliveryQueue, Durability, Embedded, EmbeddedSettings, Limits, SpaceShares, Sqs,
    SqsSettings,
};

use crate::deliveries::{complete, receive};
use crate::peer::{MAX_MESSAGE_BYTES, Peer, client, signing};

/// Variable that names the endpoint of an SQS beside the peer.
const ENDPOINT: &str = "EVENT_GATEWAY_TEST_SQS_ENDPOINT";

/// How long messages stay hidden in the contract, in seconds: short, but no slow machine lets it pass between two requests.
const HIDDEN_SECONDS: u8 = 2;

/// The contract of every queue.
async fn contract(queue: &DeliveryQueue) {
    transport::everything_arrives_once(queue).await;
    transport::texts_arrive_as_they_were_sent(queue).await;
    transport::large_events_arrive(queue).await;
    attempts::what_is_not_settled_comes_back(queue).await;
    attempts::failures_count_and_wait_for_their_pause(queue).await;
    attempts::what_was_not_attempted_does_not_count(queue).await;
    attempts::deliveries_of_an_event_are_settled_one_by_one(queue).await;
    attempts::nothing_is_delivered_before_its_time(queue).await;
    ordering::keys_are_kept_in_order_and_do_not_block_each_other(queue).await;
    ordering::order_is_of_a_subscription(queue).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqs_keeps_the_contract() {
    let peer = Peer::start(Duration::from_secs(HIDDEN_SECONDS.into())).await;
    on_sqs(&peer.both()).await;
    assert_eq!((peer.messages(), peer.ordered_messages()), ((0, 0), (0, 0)));
    match std::env::var(ENDPOINT) {
        Ok(endpoint) => on_endpoint(&endpoint).await,
        Err(_) => println!("{ENDPOINT} was not set: run on the peer alone."),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded_keeps_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    let settings = EmbeddedSettings {
        directory: Some(directory.path().to_owned()),
        cache_bytes: 1 << 20,
        durability: Durability::Disk,
        reserve_bytes: 0,
        limits: Limits {
            deliveries: 10_000,
            bytes: 100 << 20,
            workers: 1000,
            per_function: 100,
            spaces: SpaceShares::HALVES,
            dead_letters: DeadLetterLimits::NONE,
        },
    };
    let queue = DeliveryQueue::Embedded(Embedded::open(settings).unwrap());
    contract(&queue).await;
    assert_eq!(queue.backlog(), 0);
    queue.close();
    assert!(queue.receive().await.is_none());
}

/// What every queue keeps to, and what only one on SQS does.
async fn on_sqs(queue: &DeliveryQueue) {
    contract(queue).await;
    sqs::one_message_for_an_event_and_a_space(queue).await;
    sqs::messages_are_as_large_as_sqs_takes(queue).await;
    sqs::receipts_count_as_attempts(queue).await;
    queue.close();
    assert!(queue.receive().await.is_none());
}

/// Runs the contract on queues made for it, which are deleted whatever comes of it.
async fn on_endpoint(endpoint: &str) {
    let client = client(endpoint);
    let name = format!("event-gateway-contract-{:016x}", fastrand::u64(..));
    let create = |name: String, hidden_seconds: String| {
        client
            .create_queue()
            .queue_name(name)
            .attributes(QueueAttributeName::VisibilityTimeout, hidden_seconds)
            .attributes(
                QueueAttributeName::MaximumMessageSize,
                MAX_MESSAGE_BYTES.to_string(),
            )
    };
    let standard = create(name.clone(), HIDDEN_SECONDS.to_string()).send().await;
    let standard = standard.unwrap().queue_url.unwrap();
    // Those that are received along wait for the ones before them.
    let fifo = create(format!("{name}.fifo"), "60".to_owned())
        .attributes(QueueAttributeName::FifoQueue, "true")
        .send()
        .await;
    let fifo = fifo.map(|created| created.queue_url.unwrap());
    let settings = SqsSettings {
        queue_url: standard.clone(),
        fifo_queue_url: fifo.as_ref().ok().cloned(),
        dead_letter_queue_url: None,
        fifo_dead_letter_queue_url: None,
        signing: signing("k"),
        max_message_bytes: MAX_MESSAGE_BYTES,
        fair: true,
        hidden_for: Duration::from_secs(HIDDEN_SECONDS.into()),
    };
    let queue = DeliveryQueue::Sqs(Sqs::new(client.clone(), settings));
    let kept = tokio::spawn(async move { on_sqs(&queue).await }).await;
    client.delete_queue().queue_url(standard).send().await.unwrap();
    client
        .delete_queue()
        .queue_url(fifo.unwrap())
        .send()
        .await
        .unwrap();
    kept.unwrap();
}

/// Receives and completes messages until they hold as many deliveries; gives those of each message. A delivery that is
/// received twice counts once: a queue promises no more than that it comes.
async fn received(queue: &DeliveryQueue, count: usize) -> Vec<Vec<Delivery>> {
    let mut messages = Vec::new();
    let mut seen: HashSet<DeliveryId> = HashSet::new();
    while seen.len() < count {
        let message = receive(queue).await;
        assert!(message.waited < Duration::from_mins(1));
        let mut deliveries = message.deliveries.clone();
        complete(queue, message).await;
        deliveries.retain(|delivery| seen.insert(delivery.id.clone()));
        if !deliveries.is_empty() {
            messages.push(deliveries);
        }
    }
    messages
}
