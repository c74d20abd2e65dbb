//! The power goes: of what the disk had not synced, some sectors are there and some are not. What was acknowledged is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::dead_letter::DeadLetterReason;
use domain::ids::SubscriptionId;
use domain::waiting::WaitingSelection;
use fastrand::Rng;

use super::super::Embedded;
use super::super::waiting::WaitingLane;
use super::disk::Image;
use super::fixture::{Machine, ROOMY, dead, delivery, event, event_of, id, retry};
use crate::Outcome;

/// What the clients of the queue know.
#[derive(Debug, Clone, Default)]
struct Log {
    /// Sent, and perhaps queued.
    sent: BTreeSet<String>,
    /// Acknowledged.
    queued: BTreeSet<String>,
    /// Said to be done or dead, which may not be in the file.
    ended: BTreeSet<String>,
    /// Of these, dead.
    dead: BTreeSet<String>,
}

type Shared = Arc<Mutex<Log>>;

/// Sends a few events, also several at a time.
async fn send(queue: &Embedded, log: &Shared, rng: &mut Rng, generation: usize) {
    let mut sends = Vec::new();
    for number in 0..rng.usize(1..12) {
        let name = format!("{generation}.{}.{number}", log.lock().unwrap().sent.len());
        let event = if rng.u8(..200) == 0 {
            // Of more than a part.
            event_of(&name, &"x".repeat(1_500_000))
        } else if rng.u8(..4) == 0 {
            event_of(&name, &"x".repeat(rng.usize(..150_000)))
        } else {
            event(&name)
        };
        let sent: Vec<_> = (0..rng.usize(1..4))
            .map(|subscription| {
                let mut delivery = delivery(&event, &subscription.to_string());
                delivery.ordering_key = rng.bool().then(|| rng.u8(..2).to_string().into());
                delivery
            })
            .collect();
        let ids: Vec<_> = sent.iter().map(|delivery| delivery.id.to_string()).collect();
        log.lock().unwrap().sent.extend(ids.iter().cloned());
        let (queue, log) = (queue.clone(), Arc::clone(log));
        sends.push(tokio::spawn(async move {
            queue.put(sent).await.unwrap();
            log.lock().unwrap().queued.extend(ids);
        }));
    }
    for send in sends {
        send.await.unwrap();
    }
}

async fn work(queue: &Embedded, log: &Shared, rng: &mut Rng) {
    for _ in 0..rng.usize(..15) {
        let Some(received) = queue.poll().await else {
            return;
        };
        let outcome = match rng.u8(..8) {
            0 => {
                drop(received);
                continue;
            }
            1 | 2 => retry(Duration::from_millis(rng.u64(..2000))),
            fate => {
                let mut log = log.lock().unwrap();
                log.ended.insert(id(&received));
                if fate > 3 {
                    Outcome::Done
                } else {
                    log.dead.insert(id(&received));
                    dead(&received.deliveries[0])
                }
            }
        };
        queue.say(received, outcome);
    }
}

/// Cancels what waits for a subscription, or gives it up.
async fn withdraw(queue: &Embedded, log: &Shared, rng: &mut Rng) {
    // What was settled counts as under way until it is written, and would be taken out without having been listed.
    queue.written().await;
    let subscription: SubscriptionId = rng.usize(..4).to_string().into();
    let selection = WaitingSelection {
        subscription: Some(subscription.clone()),
        ..WaitingSelection::default()
    };
    let space = "s".into();
    let page = queue.waiting(&space, &selection, 1000, None).await.unwrap();
    let ids = page
        .deliveries
        .iter()
        .map(|delivery| delivery.delivery_id.to_string());
    let ids: Vec<_> = ids.collect();
    let gives_up = rng.bool();
    {
        let mut log = log.lock().unwrap();
        if gives_up {
            log.dead.extend(ids.iter().cloned());
        }
        log.ended.extend(ids);
    }
    if gives_up {
        let lane = WaitingLane {
            space,
            function: subscription.as_str().into(),
            subscription,
        };
        let until = queue.lanes(None).await.unwrap().until;
        let reason = DeadLetterReason::SubscriptionDeleted;
        queue.give_up(&lane, reason, until).await.unwrap();
    } else {
        queue.cancel(&space, &selection).await.unwrap();
    }
}

/// Everything that was acknowledged before the power went is there, and nothing that nobody sent.
fn check(log: &Log, after: &Log, machine: &Machine) {
    let contents = super::audit::audit(&machine.storage());
    let there: BTreeSet<_> = contents.deliveries.union(&contents.dead).cloned().collect();
    for id in &log.queued {
        assert!(there.contains(id) || after.ended.contains(id), "{id} is lost");
    }
    for id in &contents.deliveries {
        assert!(after.sent.contains(id));
    }
    for id in &contents.dead {
        assert!(after.dead.contains(id), "{id} was not given up");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let mut cuts = 0;
    for seed in 0..40 {
        let mut rng = Rng::with_seed(seed);
        let mut limits = ROOMY;
        if seed % 2 == 0 {
            // The audit of each file says whether what was dropped and counted is in step with what is left.
            limits.dead_letters.bytes_per_space = 20_000;
        }
        let mut machine = Machine {
            limits,
            ..Machine::new()
        };
        let log = Shared::default();
        for generation in 0..4 {
            let taken: Arc<Mutex<Option<(Image, Log)>>> = Arc::default();
            let queue = machine.open();
            let (slot, at_cut) = (Arc::clone(&taken), Arc::clone(&log));
            machine.disk.image_after(rng.u32(..150), move |image| {
                *slot.lock().unwrap() = Some((image, at_cut.lock().unwrap().clone()));
            });
            for _ in 0..12 {
                send(&queue, &log, &mut rng, generation).await;
                work(&queue, &log, &mut rng).await;
                if rng.u8(..6) == 0 {
                    withdraw(&queue, &log, &mut rng).await;
                }
                machine.advance(Duration::from_millis(rng.u64(..1000)));
                if taken.lock().unwrap().is_some() {
                    break;
                }
            }
            drop(queue);
            let Some((image, before)) = taken.lock().unwrap().take() else {
                continue;
            };
            cuts += 1;
            // What happened after the cut did not happen.
            let wall = machine.wall();
            machine = Machine {
                limits,
                ..Machine::with(image.after_power_cut(&mut rng))
            };
            machine.set_wall(wall);
            // An outcome may have been said before the cut and noted after it, so all that was ever said counts.
            let after = log.lock().unwrap().clone();
            check(&before, &after, &machine);
            let contents = super::audit::audit(&machine.storage());
            let mut log = log.lock().unwrap();
            log.queued = contents.deliveries;
            log.dead = contents.dead;
            log.ended = BTreeSet::new();
        }
        finish(&machine, &log).await;
    }
    assert!(cuts > 100, "{cuts}");
}

/// What is left after the last cut is delivered once each, and in order.
async fn finish(machine: &Machine, log: &Shared) {
    let queue = machine.open();
    machine.advance(Duration::from_hours(1));
    let log = log.lock().unwrap().clone();
    let expected: BTreeSet<_> = log.queued.difference(&log.ended).cloned().collect();
    let mut delivered = BTreeSet::new();
    let mut orders: BTreeMap<(String, String), u64> = BTreeMap::new();
    while let Some(received) = queue.poll().await {
        let one = &received.deliveries[0];
        assert!(delivered.insert(one.id.to_string()), "{} twice", one.id);
        if let Some(key) = &one.ordering_key {
            let number = received_number(&received);
            let key = (one.subscription.to_string(), key.to_string());
            let before = orders.insert(key, number);
            assert!(
                before.is_none_or(|before| before < number),
                "{} out of order",
                one.id
            );
        }
        queue.say(received, Outcome::Done);
    }
    assert!(
        delivered.is_superset(&expected),
        "{:?}",
        expected.difference(&delivered)
    );
    assert!(machine.shut(queue).deliveries.is_empty());
}

/// Number of a delivery in the file.
fn received_number(received: &crate::Received) -> u64 {
    match &received.receipt {
        crate::Receipt::Embedded(receipt) => receipt.place.number,
        crate::Receipt::Sqs(_) => 0,
    }
}
