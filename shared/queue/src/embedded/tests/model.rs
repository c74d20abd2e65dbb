//! A queue next to a model of it: whatever is done, all that was accepted is done, dead, in hand or waiting, it comes when
//! it is due and not before, and in order where that was asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::dead_letter::DeadLetterSelection;
use domain::delivery::Delivery;
use proptest::prelude::*;

use super::super::{DeadLetterLimits, Embedded};
use super::fixture::{Machine, dead, delivery, event, event_of, id, retry};
use crate::{Outcome, Received};

/// Something that is done to a queue.
#[derive(Debug, Clone)]
enum Step {
    Send {
        subscriptions: u8,
        key: Option<u8>,
        deduplication: Option<u8>,
        delay: Option<u16>,
        large: bool,
    },
    Receive(u8),
    Settle(usize, Fate),
    Drop(usize),
    Restart,
    Advance(u16),
    Redrive(u8),
    Cancel(u8),
}

#[derive(Debug, Clone, Copy)]
enum Fate {
    Done,
    Dead,
    Retry(u16),
    Defer(u16),
}

/// Where the model has a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Waiting,
    InHand,
    Done,
    Dead,
    Dropped,
}

#[derive(Debug)]
struct Known {
    delivery: Delivery,
    place: Place,
    due: u64,
    /// Orders the deliveries of a key.
    number: usize,
}

fn step() -> impl Strategy<Value = Step> {
    let fate = prop_oneof![
        3 => Just(Fate::Done),
        1 => Just(Fate::Dead),
        2 => (0..3000_u16).prop_map(Fate::Retry),
        1 => (0..3000_u16).prop_map(Fate::Defer),
    ];
    let send = (
        1..4_u8,
        prop::option::of(0..3_u8),
        prop::option::weighted(0.2, 0..3_u8),
        prop::option::weighted(0.2, 0..5000_u16),
        prop::bool::weighted(0.2),
    );
    prop_oneof![
        4 => send.prop_map(|(subscriptions, key, deduplication, delay, large)| Step::Send {
            subscriptions, key, deduplication, delay, large
        }),
        4 => (1..6_u8).prop_map(Step::Receive),
        6 => (any::<usize>(), fate).prop_map(|(index, fate)| Step::Settle(index, fate)),
        1 => any::<usize>().prop_map(Step::Drop),
        1 => Just(Step::Restart),
        2 => (1..4000_u16).prop_map(Step::Advance),
        1 => (1..4_u8).prop_map(Step::Redrive),
        1 => (0..3_u8).prop_map(Step::Cancel),
    ]
}

/// The queue and its model.
struct Run {
    machine: Machine,
    queue: Option<Embedded>,
    in_hand: Vec<Received>,
    known: BTreeMap<String, Known>,
    keys: BTreeMap<u8, u64>,
    next: usize,
    /// Ids of the dead letters, the oldest first.
    dead: Vec<String>,
    /// How many were dropped.
    dropped: usize,
}

/// Room for a few dead letters, for a while.
const LIMITS: DeadLetterLimits = DeadLetterLimits {
    bytes_per_space: 300_000,
    bytes: 400_000,
    max_age: Some(Duration::from_secs(20)),
};

impl Run {
    fn new() -> Self {
        let mut machine = Machine::new();
        machine.limits.dead_letters = LIMITS;
        Self {
            queue: Some(machine.open()),
            machine,
            in_hand: Vec::new(),
            known: BTreeMap::new(),
            keys: BTreeMap::new(),
            next: 0,
            dead: Vec::new(),
            dropped: 0,
        }
    }

    fn queue(&self) -> &Embedded {
        self.queue.as_ref().unwrap()
    }

    async fn step(&mut self, step: Step) {
        let now = self.machine.wall();
        match step {
            Step::Send {
                subscriptions,
                key,
                deduplication,
                delay,
                large,
            } => {
                self.next += 1;
                let name = self.next.to_string();
                let event = if large {
                    // Of more than a piece.
                    event_of(&name, &"x".repeat(70_000))
                } else {
                    event(&name)
                };
                let deliver_at = delay.map(|delay| now + u64::from(delay));
                let sent: Vec<Delivery> = (0..subscriptions)
                    .map(|subscription| Delivery {
                        ordering_key: key.map(|key| key.to_string().into()),
                        deduplication_key: deduplication.map(|key| key.to_string().into()),
                        deliver_at,
                        ..delivery(&event, &subscription.to_string())
                    })
                    .collect();
                self.queue().put(sent.clone()).await.unwrap();
                if let Some(key) = deduplication {
                    if self.keys.get(&key).is_some_and(|until| *until > now) {
                        return;
                    }
                    self.keys.insert(key, now + 300_000);
                }
                for delivery in sent {
                    self.know(delivery, deliver_at.unwrap_or(now));
                }
            }
            Step::Receive(count) => {
                for _ in 0..count {
                    let Some(received) = self.queue().poll().await else {
                        return self.nothing_is_due();
                    };
                    self.check(&received);
                    self.in_hand.push(received);
                }
            }
            Step::Settle(index, fate) => {
                if !self.in_hand.is_empty() {
                    let received = self.in_hand.remove(index % self.in_hand.len());
                    self.settle(received, fate, now);
                    self.see_what_was_dropped().await;
                }
            }
            Step::Drop(index) => {
                if !self.in_hand.is_empty() {
                    let received = self.in_hand.remove(index % self.in_hand.len());
                    self.known.get_mut(&id(&received)).unwrap().place = Place::Waiting;
                }
            }
            Step::Restart => {
                for received in self.in_hand.drain(..) {
                    self.known.get_mut(&id(&received)).unwrap().place = Place::Waiting;
                }
                self.shut();
                self.queue = Some(self.machine.open());
            }
            Step::Advance(time) => {
                self.machine.advance(Duration::from_millis(time.into()));
                self.see_what_was_dropped().await;
            }
            Step::Redrive(count) => self.redrive(count.into(), now).await,
            Step::Cancel(subscription) => self.cancel(subscription).await,
        }
    }

    fn know(&mut self, mut delivery: Delivery, due: u64) {
        self.next += 1;
        delivery.deduplication_key = None;
        let known = Known {
            place: Place::Waiting,
            due,
            number: self.next,
            delivery,
        };
        self.known.insert(known.delivery.id.to_string(), known);
    }

    fn settle(&mut self, received: Received, fate: Fate, now: u64) {
        let known = self.known.get_mut(&id(&received)).unwrap();
        let pause = |pause: u16| Duration::from_millis(pause.into());
        let (place, outcome) = match fate {
            Fate::Done => (Place::Done, Outcome::Done),
            Fate::Dead => (Place::Dead, dead(&known.delivery)),
            Fate::Retry(millis) => {
                known.delivery.attempts += 1;
                known.due = now + u64::from(millis);
                (Place::Waiting, retry(pause(millis)))
            }
            Fate::Defer(millis) => {
                known.due = now + u64::from(millis);
                let pause = pause(millis);
                (Place::Waiting, Outcome::Defer { pause })
            }
        };
        known.place = place;
        if place == Place::Dead {
            self.dead.push(id(&received));
        }
        self.queue().say(received, outcome);
    }

    async fn cancel(&mut self, subscription: u8) {
        // What was settled counts as under way until it is written.
        self.queue().written().await;
        let subscription: domain::ids::SubscriptionId = subscription.to_string().into();
        let mut count = 0;
        for known in self.known.values_mut() {
            if known.place == Place::Waiting && known.delivery.subscription == subscription {
                known.place = Place::Done;
                count += 1;
            }
        }
        let selection = domain::waiting::WaitingSelection {
            subscription: Some(subscription),
            ..Default::default()
        };
        let listed = self
            .queue()
            .waiting(&"s".into(), &selection, 1000, None)
            .await
            .unwrap();
        assert_eq!(listed.deliveries.len(), count);
        assert_eq!(self.queue().cancel(&"s".into(), &selection).await.unwrap(), count);
    }

    /// Dead letters may be dropped, but the oldest before others, and not without being counted.
    async fn see_what_was_dropped(&mut self) {
        // A commit drops what is too old. Without one the writer does so by itself, at some time.
        let nobody = DeadLetterSelection::One("nobody".into());
        assert_eq!(self.queue().purge(&"s".into(), &nobody).await.unwrap(), 0);
        let page = self
            .queue()
            .dead_letter_summaries(&"s".into(), None, 1000, None)
            .await;
        let page = page.unwrap();
        let dropped = self.dead.len() - page.dead_letters.len();
        for id in self.dead.drain(..dropped) {
            self.known.get_mut(&id).unwrap().place = Place::Dropped;
        }
        self.dropped += dropped;
        assert_eq!(page.dropped, self.dropped as u64);
        let shown = page
            .dead_letters
            .iter()
            .map(|letter| letter.delivery_id.to_string());
        assert_eq!(shown.collect::<Vec<_>>(), self.dead);
    }

    async fn redrive(&mut self, count: usize, now: u64) {
        let all = DeadLetterSelection::All;
        let redriven = self.queue().redrive(&"s".into(), &all, count).await.unwrap();
        assert_eq!(redriven, count.min(self.dead.len()));
        for id in self.dead.drain(..redriven).collect::<Vec<_>>() {
            let mut delivery = self.known.remove(&id).unwrap().delivery;
            delivery.accepted_at = now;
            delivery.attempts = 0;
            delivery.deliver_at = None;
            self.know(delivery, now);
        }
    }

    /// Whether the model would hand a delivery out now.
    fn is_due(&self, known: &Known) -> bool {
        let rival = |other: &Known| {
            other.delivery.ordering_key.is_some()
                && other.delivery.ordering_key == known.delivery.ordering_key
                && other.delivery.subscription == known.delivery.subscription
                && matches!(other.place, Place::Waiting | Place::InHand)
                && other.number < known.number
        };
        known.place == Place::Waiting && known.due <= self.machine.wall() && !self.known.values().any(rival)
    }

    fn check(&mut self, received: &Received) {
        let known = &self.known[&id(received)];
        assert_eq!(received.deliveries[0], known.delivery);
        assert!(self.is_due(known), "{known:?}");
        self.known.get_mut(&id(received)).unwrap().place = Place::InHand;
    }

    fn nothing_is_due(&self) {
        let missed: Vec<_> = self.known.values().filter(|known| self.is_due(known)).collect();
        assert!(missed.is_empty(), "not handed out: {missed:?}");
    }

    /// Ends the queue, and compares the file with the model.
    fn shut(&mut self) {
        let waiting = |known: &&Known| known.place == Place::Waiting;
        let in_hand = |known: &&Known| known.place == Place::InHand;
        let queue = self.queue.take().unwrap();
        assert_eq!(queue.backlog(), self.known.values().filter(waiting).count());
        assert_eq!(self.in_hand.len(), self.known.values().filter(in_hand).count());
        let contents = self.machine.shut(queue);
        let ids = |known: Vec<&Known>| known.iter().map(|known| known.delivery.id.to_string()).collect();
        assert_eq!(
            contents.deliveries,
            ids(self.known.values().filter(waiting).collect())
        );
        assert_eq!(contents.dead, self.dead.iter().cloned().collect());
        assert_eq!(contents.dropped, self.dropped as u64);
        assert!(contents.dead_bytes <= LIMITS.bytes_per_space);
    }

    /// Delivers what is left.
    async fn finish(mut self) {
        for received in std::mem::take(&mut self.in_hand) {
            self.known.get_mut(&id(&received)).unwrap().place = Place::Waiting;
        }
        self.machine.advance(Duration::from_secs(10));
        self.see_what_was_dropped().await;
        while let Some(received) = self.queue().poll().await {
            self.check(&received);
            let now = self.machine.wall();
            self.settle(received, Fate::Done, now);
        }
        self.shut();
        let ended = |known: &Known| matches!(known.place, Place::Done | Place::Dead | Place::Dropped);
        assert!(self.known.values().all(ended));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn accepted_is_done_or_dead_or_in_hand_or_waiting(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut run = Run::new();
            for step in steps {
                run.step(step).await;
            }
            run.finish().await;
        });
    }
}
