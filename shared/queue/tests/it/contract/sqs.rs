//! What a queue on SQS keeps to beside the contract of every queue.

use std::sync::Arc;

use domain::delivery::Delivery;
use domain::event::Event;
use queue::{DeliveryQueue, QueueError};

use super::received;
use crate::deliveries::{counted, delivery, event, process, receive, send, single};
use crate::peer::MAX_MESSAGE_BYTES;

/// One message for an event and a space, and spaces of any name.
pub(super) async fn one_message_for_an_event_and_a_space(queue: &DeliveryQueue) {
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

/// A message is as large as SQS takes, to the byte, once it is sent again with all that there can be to say of it; what
/// is larger is refused before anything is sent.
pub(super) async fn messages_are_as_large_as_sqs_takes(queue: &DeliveryQueue) {
    // That of a delivery whose id and subscription are of one byte.
    let bytes = |event: &Arc<Event>| {
        let mut long = delivery(event, "s", &"x".repeat(MAX_MESSAGE_BYTES));
        long.id = "i".into();
        match queue.check(&[long]) {
            Err(QueueError::TooLarge { bytes, .. }) => bytes - MAX_MESSAGE_BYTES + "a".len(),
            other => panic!("{other:?}"),
        }
    };
    let of = |event: &Arc<Event>, subscription: &str| Delivery {
        id: subscription.into(),
        ..delivery(event, "s", subscription)
    };
    let room = MAX_MESSAGE_BYTES - bytes(&event("l", ""));
    let largest = event("l", &"x".repeat(room));
    let too_large = event("l", &"x".repeat(room + 1));
    assert_eq!(bytes(&largest), MAX_MESSAGE_BYTES);

    let refused = vec![single("small"), of(&too_large, "a")];
    assert!(matches!(queue.check(&refused), Err(QueueError::TooLarge { .. })));
    assert!(matches!(
        send(queue, refused).await,
        Err(QueueError::TooLarge { .. })
    ));

    // Two messages: there is no room for both subscribers.
    let sent = vec![of(&largest, "a"), of(&largest, "b")];
    queue.check(&sent).unwrap();
    send(queue, sent.clone()).await.unwrap();
    let messages = received(queue, 2).await;
    assert_eq!(messages.len(), 2);
    assert_eq!(counted(&messages.concat()), counted(&sent));
}

/// A receipt that came to nothing was an attempt. All that was completed before would have come back by the time that
/// the one message of this test does.
pub(super) async fn receipts_count_as_attempts(queue: &DeliveryQueue) {
    send(queue, vec![single("r")]).await.unwrap();
    for attempts in 0..3 {
        let message = receive(queue).await;
        let want = Delivery {
            attempts,
            ..single("r")
        };
        assert_eq!(message.deliveries, [want]);
    }
    assert_eq!(process(queue).await, "r");
}
