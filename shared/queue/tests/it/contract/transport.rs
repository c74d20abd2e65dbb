//! What is sent arrives, as it was sent.

use std::sync::Arc;

use domain::delivery::Delivery;
use domain::event::Event;
use queue::DeliveryQueue;

use super::received;
use crate::deliveries::{delivery, event, send};

/// Many events, each for several subscriptions and spaces, in however many messages.
pub(super) async fn everything_arrives_once(queue: &DeliveryQueue) {
    let mut sent = Vec::new();
    for number in 0..25 {
        let event = event(&format!("m{number}"), "x");
        for (space, subscription) in [("s", "a"), ("s", "b"), ("t", "a")] {
            sent.push(delivery(&event, space, subscription));
        }
    }
    queue.check(&sent).unwrap();
    send(queue, sent.clone()).await.unwrap();
    let mut arrived = received(queue, sent.len()).await.concat();
    let by_id = |delivery: &Delivery| delivery.id.clone();
    arrived.sort_by_key(by_id);
    sent.sort_by_key(by_id);
    // Received again by mistake, they would have attempts.
    for delivery in &mut arrived {
        delivery.attempts = 0;
    }
    assert_eq!(arrived, sent);
}

pub(super) async fn texts_arrive_as_they_were_sent(queue: &DeliveryQueue) {
    let text = "\0\u{1}\t\r\n\u{7F}\u{85}\u{2028}\u{D7FF}\u{E000}\u{FFFD}\u{FFFE}\u{FFFF}\u{1FFFE}\u{10FFFF}😀\"\\<&>";
    let mut sent = delivery(&event("u", text), text, text);
    sent.ordering_key = Some(text.into());
    send(queue, vec![sent.clone()]).await.unwrap();
    let arrived = received(queue, 1).await.concat();
    assert_eq!(text_of(&arrived[0].event), text);
    // The same text may come in another spelling, as JSON allows.
    sent.event = Arc::clone(&arrived[0].event);
    assert_eq!(arrived, [sent]);
}

fn text_of(event: &Event) -> String {
    let Event::V0_1(envelope) = event else { panic!() };
    let data = envelope.data.as_ref().unwrap().get();
    serde_json::from_str(data).unwrap()
}

pub(super) async fn large_events_arrive(queue: &DeliveryQueue) {
    let large = event("l", &"x".repeat(900_000));
    let sent: Vec<_> = ["a", "b", "c"].map(|name| delivery(&large, "s", name)).into();
    send(queue, sent).await.unwrap();
    let arrived = received(queue, 3).await.concat();
    assert!(arrived.iter().all(|delivery| delivery.event == large));
}
