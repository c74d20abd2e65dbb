//! A queue on a disk and with clocks of its own, and deliveries to put into it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::dead_letter::{DeadLetter, DeadLetterReason};
use domain::delivery::Delivery;
use domain::event::{Envelope, Event, EventStamp};
use domain::json::Json;

use super::super::clock::{Manual, Source};
use super::super::receiving::Asked;
use super::super::storage::Storage;
use super::super::{DeadLetterLimits, Embedded, EmbeddedReservation, Limits, SpaceShares};
use super::audit;
use super::disk::Disk;
use crate::{Outcome, QueueError, Receipt, Received, Settled};

/// When the clocks of tests begin.
pub(super) const START: u64 = 1_800_000_000_000;

/// More than any test puts into a queue.
pub(super) const ROOMY: Limits = Limits {
    deliveries: 10_000_000,
    bytes: usize::MAX,
    workers: 1_000_000,
    per_function: 1000,
    spaces: SpaceShares::HALVES,
    dead_letters: DeadLetterLimits::NONE,
};

/// A machine that queues run on, one after another.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) disk: Arc<Disk>,
    pub(super) clock: Arc<Manual>,
    pub(super) limits: Limits,
    pub(super) durable: bool,
    /// Bytes of the disk that queues set aside.
    pub(super) reserve: u64,
}

impl Machine {
    pub(super) fn new() -> Self {
        Self::with(Disk::default())
    }

    pub(super) fn with(disk: Disk) -> Self {
        let clock = Manual::default();
        clock.wall.store(START, Ordering::Relaxed);
        Self {
            disk: Arc::new(disk),
            clock: Arc::new(clock),
            limits: ROOMY,
            durable: true,
            reserve: 0,
        }
    }

    /// Opens the queue, which must not be open.
    pub(super) fn open(&self) -> Embedded {
        self.clock.elapsed.store(0, Ordering::Relaxed);
        let clock = Source::Manual(Arc::clone(&self.clock));
        Embedded::open_on(self.storage(), 1 << 20, self.limits, clock).unwrap()
    }

    pub(super) fn storage(&self) -> Storage {
        Storage::Shared {
            bytes: Arc::clone(&self.disk) as _,
            durable: self.durable,
            reserve: (self.reserve > 0).then(|| (Arc::clone(&self.disk), self.reserve)),
        }
    }

    /// Lets time go by.
    pub(super) fn advance(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap();
        self.clock.wall.fetch_add(millis, Ordering::Relaxed);
        self.clock.elapsed.fetch_add(millis, Ordering::Relaxed);
    }

    /// Sets the clock of the machine.
    pub(super) fn set_wall(&self, wall: u64) {
        self.clock.wall.store(wall, Ordering::Relaxed);
    }

    pub(super) fn wall(&self) -> u64 {
        self.clock.wall.load(Ordering::Relaxed)
    }

    /// Closes the queue, and checks the file for contradictions.
    pub(super) fn shut(&self, queue: Embedded) -> audit::Contents {
        drop(queue);
        audit::audit(&self.storage())
    }
}

pub(super) fn event(id: &str) -> Arc<Event> {
    event_of(id, "")
}

/// An event with a text as its data.
pub(super) fn event_of(id: &str, data: &str) -> Arc<Event> {
    let stamp = EventStamp {
        id: id.to_owned(),
        time: "2026-01-01T00:00:00Z".to_owned(),
    };
    let envelope = Envelope::generated(stamp, "t", "", Json::from_value(data));
    Arc::new(Event::V0_1(Box::new(envelope)))
}

/// A delivery of an event for a subscription, whose function has the same name.
pub(super) fn delivery(event: &Arc<Event>, subscription: &str) -> Delivery {
    Delivery {
        id: format!("{}-{subscription}", event.id()).into(),
        space: "s".into(),
        subscription: subscription.into(),
        function: subscription.into(),
        event: Arc::clone(event),
        accepted_at: START,
        attempts: 0,
        deliver_at: None,
        ordering_key: None,
        deduplication_key: None,
        arrival: domain::delivery::Arrival::default(),
    }
}

/// A delivery of an event of its own for subscription `a`.
pub(super) fn single(id: &str) -> Delivery {
    delivery(&event(id), "a")
}

pub(super) fn ordered(id: &str, key: &str) -> Delivery {
    Delivery {
        ordering_key: Some(key.into()),
        ..single(id)
    }
}

/// What becomes of a delivery that is given up.
pub(super) fn dead(delivery: &Delivery) -> Outcome {
    Outcome::DeadLetter(Box::new(DeadLetter {
        delivery_id: delivery.id.clone(),
        space: delivery.space.clone(),
        subscription_id: delivery.subscription.clone(),
        function_id: delivery.function.clone(),
        reason: DeadLetterReason::PermanentFailure,
        error: Some("no".to_owned()),
        last_response: None,
        attempts: delivery.attempts + 1,
        accepted_at: delivery.accepted_at,
        dead_at: START,
        ordering_key: delivery.ordering_key.as_deref().map(ToOwned::to_owned),
        arrival: delivery.arrival.clone(),
        event: delivery.event.clone(),
    }))
}

pub(super) const fn retry(pause: Duration) -> Outcome {
    Outcome::Retry { pause }
}

impl Embedded {
    pub(super) async fn put(&self, deliveries: Vec<Delivery>) -> Result<(), QueueError> {
        let bytes = deliveries.len() * 1000;
        Ok(self.reserve(&deliveries, bytes)?.send(deliveries).await?)
    }

    /// Room for so many deliveries to space `s`.
    pub(super) fn room(&self, deliveries: usize, bytes: usize) -> Result<EmbeddedReservation, QueueError> {
        self.reserve(&vec![single("room"); deliveries], bytes)
    }

    /// The next delivery that is due now, if there is one. Waits for the file, never for the time.
    pub(super) async fn poll(&self) -> Option<Received> {
        let mut idle = 0;
        loop {
            match self.next() {
                Asked::Received(received) => return Some(*received),
                Asked::End => return None,
                Asked::Wait(time) => self.0.schedule.stop_minding(time.unwrap_or(0), true),
            }
            let before = self.pending();
            self.written().await;
            // What was asked for just now may have been read before the first look: then the next time finds it.
            idle = if before || self.pending() { 0 } else { idle + 1 };
            if idle == 3 {
                return None;
            }
        }
    }

    /// Whether something is being read from the file or written there.
    pub(super) fn pending(&self) -> bool {
        self.0
            .schedule
            .look(|state| state.turns.loading > 0 || state.unwritten > 0)
    }

    /// Waits until all that was asked for is in the file.
    pub(super) async fn written(&self) {
        // While the disk fails nothing is; the writer tries again by itself.
        while self.read(|_| Ok(())).await.is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Says what became of a delivery.
    pub(super) fn say(&self, received: Received, outcome: Outcome) -> Settled {
        let Receipt::Embedded(receipt) = received.receipt else {
            panic!("a receipt of another queue");
        };
        self.settle(receipt, vec![outcome])
    }

    /// Delivers all that is due now; gives the ids of the deliveries in their order.
    pub(super) async fn deliver_all(&self) -> Vec<String> {
        let mut ids = Vec::new();
        while let Some(received) = self.poll().await {
            ids.push(id(&received));
            self.say(received, Outcome::Done);
        }
        ids
    }
}

/// Id of the one delivery that was received.
pub(super) fn id(received: &Received) -> String {
    assert_eq!(received.deliveries.len(), 1);
    received.deliveries[0].id.to_string()
}
