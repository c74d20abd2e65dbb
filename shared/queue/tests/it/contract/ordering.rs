//! Ordered deliveries: one after another for each subscription and key, whatever becomes of those before.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::delivery::Delivery;
use queue::{DeliveryQueue, Outcome};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::deliveries::{delivery, event, ordered, retry, send, settle};

/// Longer than deliveries that do not wait take.
const PAUSE: Duration = Duration::from_secs(1);

/// What several workers did.
#[derive(Debug, Default)]
struct Record {
    /// Deliveries in the order in which they were begun, with their attempts.
    begun: Vec<(String, u32)>,
    /// Key and subscription of what is in hand.
    in_hand: Vec<(String, String)>,
    done: usize,
}

/// Has workers settle deliveries until as many are done; gives what was begun. Never are two of a subscription and key
/// in hand.
async fn work(
    queue: &DeliveryQueue,
    count: usize,
    outcome: impl Fn(&Delivery) -> Outcome + Clone + Send + 'static,
) -> Vec<(String, u32)> {
    let record = Arc::new(Mutex::new(Record::default()));
    let done = watch::Sender::new(0);
    let mut workers = JoinSet::new();
    for _ in 0..4 {
        let (queue, record, done, outcome) =
            (queue.clone(), Arc::clone(&record), done.clone(), outcome.clone());
        workers.spawn(async move {
            let mut ended = done.subscribe();
            loop {
                let received = tokio::select! {
                    _ = ended.wait_for(|done| *done >= count) => break,
                    received = queue.receive() => received.unwrap(),
                };
                let [delivery] = &*received.deliveries else {
                    panic!()
                };
                let lane = (
                    delivery.ordering_key.as_deref().unwrap().to_owned(),
                    delivery.subscription.to_string(),
                );
                let outcome = outcome(delivery);
                {
                    let mut record = record.lock().unwrap();
                    assert!(!record.in_hand.contains(&lane), "{lane:?}");
                    record.in_hand.push(lane.clone());
                    let begun = (delivery.event.id().to_owned(), delivery.attempts);
                    record.begun.push(begun);
                }
                // Time for another worker to go wrong.
                tokio::time::sleep(Duration::from_millis(20)).await;
                {
                    let mut record = record.lock().unwrap();
                    record.in_hand.retain(|other| *other != lane);
                    record.done += usize::from(matches!(outcome, Outcome::Done));
                }
                settle(&queue, received, |_| outcome_again(&outcome)).await;
                done.send_replace(record.lock().unwrap().done);
            }
        });
    }
    let ended = tokio::time::timeout(Duration::from_secs(30), async {
        while let Some(ended) = workers.join_next().await {
            ended.unwrap();
        }
    });
    ended.await.unwrap();
    let mut record = record.lock().unwrap();
    std::mem::take(&mut record.begun)
}

fn outcome_again(outcome: &Outcome) -> Outcome {
    match outcome {
        Outcome::Retry { pause } => retry(*pause),
        _ => Outcome::Done,
    }
}

fn places(begun: &[(String, u32)], ids: &[&str]) -> Vec<usize> {
    let place = |id: &&str| begun.iter().rposition(|(begun, _)| begun == id).unwrap();
    ids.iter().map(place).collect()
}

/// The head of one key fails twice: those behind it wait, those of another key do not.
pub(super) async fn keys_are_kept_in_order_and_do_not_block_each_other(queue: &DeliveryQueue) {
    let (poisoned, sound) = (["p1", "p2", "p3", "p4"], ["q1", "q2", "q3", "q4"]);
    for (poisoned, sound) in poisoned.iter().zip(&sound) {
        send(queue, vec![ordered(poisoned, "p"), ordered(sound, "q")])
            .await
            .unwrap();
    }
    let begun = work(queue, 8, |delivery| {
        match (delivery.event.id(), delivery.attempts) {
            ("p1", 0 | 1) => retry(PAUSE),
            _ => Outcome::Done,
        }
    })
    .await;
    assert!(places(&begun, &poisoned).is_sorted(), "{begun:?}");
    assert!(places(&begun, &sound).is_sorted(), "{begun:?}");
    let first: Vec<_> = begun.iter().filter(|(id, _)| id == "p1").collect();
    assert_eq!(
        first.iter().map(|(_, attempts)| *attempts).collect::<Vec<_>>(),
        [0, 1, 2]
    );
    // Those behind it were begun once, and after it.
    assert_eq!(begun.len(), 10, "{begun:?}");
    assert!(
        places(&begun, &sound)[3] < places(&begun, &poisoned)[0],
        "{begun:?}"
    );
}

/// The same key of another subscription is another order.
pub(super) async fn order_is_of_a_subscription(queue: &DeliveryQueue) {
    for id in ["1", "2", "3"] {
        let event = event(id, "x");
        let deliveries = ["a", "b"].map(|subscription| Delivery {
            ordering_key: Some("k".into()),
            ..delivery(&event, "s", subscription)
        });
        send(queue, deliveries.into()).await.unwrap();
    }
    let begun = work(queue, 6, |delivery| {
        match (
            delivery.subscription.as_str(),
            delivery.event.id(),
            delivery.attempts,
        ) {
            ("a", "1", 0) => retry(PAUSE),
            _ => Outcome::Done,
        }
    })
    .await;
    let ids: Vec<_> = begun.iter().map(|(id, _)| id.as_str()).collect();
    // Both begin with the first, in either order; "b" is through before "a" is called again.
    assert_eq!(ids, ["1", "1", "2", "3", "1", "2", "3"]);
}
