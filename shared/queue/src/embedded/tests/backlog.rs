//! Backlogs that are larger than what is held in memory.

use std::time::Duration;

use domain::delivery::Delivery;
use fastrand::Rng;

use super::super::lane::WINDOW;
use super::fixture::{Machine, START, delivery, event_of, id, ordered, retry, single};
use crate::Outcome;

#[tokio::test]
async fn a_long_lane_comes_in_order() {
    let machine = Machine::new();
    let mut queue = machine.open();
    let count = WINDOW * 5 + 7;
    let ids = |numbers: std::ops::Range<usize>| -> Vec<_> { numbers.map(|n| format!("{n}-a")).collect() };
    for first in (0..count).step_by(100) {
        let end = count.min(first + 100);
        queue
            .put((first..end).map(|n| single(&n.to_string())).collect())
            .await
            .unwrap();
    }
    let held = queue.0.schedule.look(|state| state.turns.held());
    assert!(held <= WINDOW, "{held}");
    for n in 0..WINDOW + 3 {
        let received = queue.poll().await.unwrap();
        assert_eq!(id(&received), format!("{n}-a"));
        queue.say(received, Outcome::Done);
    }
    drop(queue);
    queue = machine.open();
    assert_eq!(queue.backlog(), count - WINDOW - 3);
    assert_eq!(queue.deliver_all().await, ids(WINDOW + 3..count));
    assert_eq!(machine.shut(queue).deliveries.len(), 0);
}

/// Whatever is put in front of, into and behind the part in memory, everything comes once and in the order of time.
#[tokio::test]
async fn windows_show_what_the_file_holds() {
    for seed in 0..8 {
        let mut rng = Rng::with_seed(seed);
        let machine = Machine::new();
        let queue = machine.open();
        let mut waiting = Vec::new();
        let mut in_hand = Vec::new();
        let mut next = 0;
        for _ in 0..60 {
            let sent: Vec<_> = (0..rng.usize(1..120))
                .map(|_| {
                    next += 1;
                    Delivery {
                        deliver_at: Some(machine.wall() + rng.u64(..5000)),
                        ..single(&next.to_string())
                    }
                })
                .collect();
            waiting.extend(sent.iter().map(|delivery| delivery.id.to_string()));
            queue.put(sent).await.unwrap();
            machine.advance(Duration::from_millis(rng.u64(..300)));
            for _ in 0..rng.usize(..60) {
                let Some(received) = queue.poll().await else { break };
                match rng.u8(..4) {
                    0 => drop(received),
                    1 => in_hand.push(received),
                    2 => drop(queue.say(received, retry(Duration::from_millis(rng.u64(..5000))))),
                    _ => {
                        let id = id(&received);
                        waiting.retain(|waiting| *waiting != id);
                        queue.say(received, Outcome::Done);
                    }
                }
            }
        }
        drop(in_hand);
        machine.advance(Duration::from_secs(10));
        let mut last = (Duration::MAX, 0);
        while let Some(received) = queue.poll().await {
            let id = id(&received);
            let place = waiting.iter().position(|waiting| *waiting == id);
            waiting.swap_remove(place.unwrap());
            assert!(received.waited <= last.0, "seed {seed}: {id} after {last:?}");
            last = (received.waited, next);
            queue.say(received, Outcome::Done);
        }
        assert_eq!(waiting, Vec::<String>::new(), "seed {seed}");
        assert_eq!(machine.shut(queue).deliveries.len(), 0);
    }
}

/// Large events of many subscriptions: little of them is in memory, and all of them come.
#[tokio::test]
async fn large_events_of_many_lanes_take_turns_in_memory() {
    let machine = Machine::new();
    let queue = machine.open();
    let text = "x".repeat(1 << 20);
    for round in 0..3 {
        for lane in 0..30 {
            let event = event_of(&format!("{round}"), &text);
            queue
                .put(vec![delivery(&event, &lane.to_string())])
                .await
                .unwrap();
        }
        let cost = queue.0.schedule.look(|state| state.turns.cost());
        assert!(cost <= 18 << 20, "{cost}");
    }
    let mut delivered = queue.deliver_all().await;
    delivered.sort();
    delivered.dedup();
    assert_eq!(delivered.len(), 90);
}

/// Lanes in memory are one for each subscription, however many ordering keys there are.
#[tokio::test]
async fn ordering_keys_take_no_memory() {
    let machine = Machine::new();
    let queue = machine.open();
    for round in 0..3 {
        let sent = (0..1000).map(|n| ordered(&format!("{round}.{n}"), &n.to_string()));
        queue.put(sent.collect()).await.unwrap();
    }
    let held = queue.0.schedule.look(|state| state.turns.held());
    assert!(held <= WINDOW, "{held}");
    let delivered = queue.deliver_all().await;
    assert_eq!(delivered.len(), 3000);
    for n in [0, 1, 999] {
        let of_key = delivered.iter().filter(|id| id.ends_with(&format!(".{n}-a")));
        let rounds: Vec<_> = of_key.map(|id| id.as_bytes()[0]).collect();
        assert_eq!(rounds, b"012");
    }
}

#[tokio::test]
async fn a_backlog_for_later_is_not_read_before_its_time() {
    let machine = Machine::new();
    let queue = machine.open();
    let later = |n: usize| Delivery {
        deliver_at: Some(START + 1_000_000),
        ..single(&format!("later{n}"))
    };
    queue.put((0..2 * WINDOW).map(later).collect()).await.unwrap();
    queue
        .put((0..2 * WINDOW).map(|n| single(&n.to_string())).collect())
        .await
        .unwrap();
    assert_eq!(queue.deliver_all().await.len(), 2 * WINDOW);
    assert_eq!(queue.backlog(), 2 * WINDOW);
    machine.advance(Duration::from_secs(1000));
    assert_eq!(queue.deliver_all().await.len(), 2 * WINDOW);
}
