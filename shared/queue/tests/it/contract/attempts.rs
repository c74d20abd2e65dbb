//! What becomes of deliveries that are not done with: when they come again, and what counts as an attempt.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::dead_letter::{DeadLetter, DeadLetterReason};
use domain::delivery::Delivery;
use queue::{DeliveryQueue, Outcome};

use super::received;
use crate::deliveries::{
    complete, defer, delivery, event, now, process, receive, retry, send, settle, single,
};

/// Longer than what is settled takes to come back when it should not.
const PAUSE: Duration = Duration::from_millis(1_500);

/// Receives the one delivery that there is.
async fn only(queue: &DeliveryQueue, id: &str) -> queue::Received {
    let message = receive(queue).await;
    let [delivery] = &*message.deliveries else {
        panic!("{message:?}")
    };
    assert_eq!(delivery.event.id(), id);
    message
}

pub(super) async fn what_is_not_settled_comes_back(queue: &DeliveryQueue) {
    send(queue, vec![single("r")]).await.unwrap();
    for _ in 0..2 {
        drop(only(queue, "r").await.receipt);
    }
    assert_eq!(process(queue).await, "r");
}

pub(super) async fn failures_count_and_wait_for_their_pause(queue: &DeliveryQueue) {
    let sent = single("failing");
    send(queue, vec![sent.clone()]).await.unwrap();
    for (attempts, pause) in [(0, Duration::ZERO), (1, PAUSE), (2, Duration::ZERO)] {
        let message = only(queue, "failing").await;
        let want = Delivery {
            attempts,
            ..sent.clone()
        };
        assert_eq!(message.deliveries, [want]);
        let failed = Instant::now();
        settle(queue, message, |_| retry(pause)).await;
        let message = only(queue, "failing").await;
        assert!(failed.elapsed() >= pause, "{:?}", failed.elapsed());
        assert_eq!(message.deliveries[0].attempts, attempts + 1);
        if attempts == 2 {
            complete(queue, message).await;
        } else {
            // Back to the start of the loop, without an attempt.
            settle(queue, message, |_| defer(Duration::ZERO)).await;
        }
    }
}

pub(super) async fn what_was_not_attempted_does_not_count(queue: &DeliveryQueue) {
    send(queue, vec![single("deferred")]).await.unwrap();
    for pause in [Duration::ZERO, PAUSE] {
        let message = only(queue, "deferred").await;
        let deferred = Instant::now();
        settle(queue, message, |_| defer(pause)).await;
        let message = only(queue, "deferred").await;
        assert!(deferred.elapsed() >= pause, "{:?}", deferred.elapsed());
        assert_eq!(message.deliveries, [single("deferred")]);
        settle(queue, message, |_| defer(Duration::ZERO)).await;
    }
    assert_eq!(process(queue).await, "deferred");
}

fn dead(delivery: &Delivery) -> Outcome {
    Outcome::DeadLetter(Box::new(DeadLetter {
        delivery_id: delivery.id.clone(),
        space: delivery.space.clone(),
        subscription_id: delivery.subscription.clone(),
        function_id: delivery.function.clone(),
        reason: DeadLetterReason::PermanentFailure,
        error: None,
        last_response: None,
        attempts: 1,
        accepted_at: delivery.accepted_at,
        dead_at: now(),
        ordering_key: None,
        arrival: delivery.arrival.clone(),
        event: delivery.event.clone(),
    }))
}

/// Of five subscribers one has the event and one is given up; the others get it again, and those two do not.
pub(super) async fn deliveries_of_an_event_are_settled_one_by_one(queue: &DeliveryQueue) {
    let event = event("parts", "x");
    let names = ["dead", "deferred", "done", "fails", "fails-longer"];
    let sent = names.map(|name| delivery(&event, "s", name));
    send(queue, sent.into()).await.unwrap();
    let mut attempts: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    while attempts.values().map(Vec::len).sum::<usize>() < 8 {
        let message = receive(queue).await;
        settle(queue, message, |delivery| {
            let attempts = attempts.entry(delivery.subscription.to_string()).or_default();
            attempts.push(delivery.attempts);
            match delivery.subscription.as_str() {
                "dead" => dead(delivery),
                "deferred" if attempts.len() == 1 => defer(Duration::ZERO),
                "fails" if attempts.len() == 1 => retry(Duration::ZERO),
                "fails-longer" if attempts.len() == 1 => retry(PAUSE),
                _ => Outcome::Done,
            }
        })
        .await;
    }
    let want = [vec![0], vec![0, 0], vec![0], vec![0, 1], vec![0, 1]];
    assert_eq!(attempts, names.map(str::to_owned).into_iter().zip(want).collect());
}

pub(super) async fn nothing_is_delivered_before_its_time(queue: &DeliveryQueue) {
    let mut late = single("late");
    late.deliver_at = Some(now() + 2_200);
    send(queue, vec![late.clone()]).await.unwrap();
    send(queue, vec![single("soon")]).await.unwrap();
    assert_eq!(process(queue).await, "soon");
    let arrived = received(queue, 1).await.concat();
    assert!(now() >= late.deliver_at.unwrap());
    assert_eq!(arrived, [late]);

    let mut overdue = single("overdue");
    overdue.deliver_at = Some(now() - 1);
    send(queue, vec![overdue.clone()]).await.unwrap();
    assert_eq!(received(queue, 1).await.concat(), [overdue]);
}
