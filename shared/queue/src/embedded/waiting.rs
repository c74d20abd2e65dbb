//! Looking at what waits, and taking it out.

use domain::dead_letter::DeadLetterReason;
use domain::event::Event;
use domain::ids::{FunctionId, Space, SubscriptionId};
use domain::waiting::{WaitingDelivery, WaitingPage, WaitingSelection};
use tokio::sync::oneshot;

use super::jobs::Job;
use super::pieces::Apart;
use super::record::Record;
use super::scan::{Found, Scan, Section, Spot};
use super::tables::{BEHIND, EVENTS, EngineError, PIECES, READY};
use super::withdrawal::{Fate, Withdraw};
use super::{Embedded, stopped};
use crate::QueueError;

/// Deliveries that are read from the file at a time.
const READ_AT_ONCE: usize = 256;
/// Bytes of what is shown after which a page ends.
const MOST_PAGE_BYTES: usize = 1024 * 1024;
/// Deliveries, and bytes, that are looked at for a page; a filter may leave nothing of them.
const MOST_LOOKED_AT: usize = 10_000;
const MOST_BYTES_LOOKED_AT: usize = 16 * 1024 * 1024;
/// Lanes that are named at a time.
const MOST_LANES: usize = 1024;

/// Deliveries for a subscription that wait for a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingLane {
    /// The space of both.
    pub space: Space,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The function.
    pub function: FunctionId,
}

/// Some of the lanes in which deliveries wait.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaitingLanes {
    /// The lanes.
    pub lanes: Vec<WaitingLane>,
    /// What is in them now has lower numbers than this.
    pub until: u64,
    /// What to ask for the next ones with, if there are more.
    pub next: Option<u64>,
}

impl Embedded {
    /// Deliveries of a space that wait, by subscription and in the order in which they are due; those behind others
    /// with their ordering key come after the rest of their subscription. What is in the hands of workers is left out.
    /// `limit` is at least 1, and a page may hold fewer although more follow. `after` is the `next` of the page before;
    /// one that this did not make begins from the start.
    pub async fn waiting(
        &self,
        space: &Space,
        selection: &WaitingSelection,
        limit: usize,
        after: Option<&str>,
    ) -> Result<WaitingPage, QueueError> {
        let mut from = after.and_then(Spot::of_text);
        let mut page = WaitingPage::default();
        let (mut shown, mut looked_at, mut bytes) = (0, 0, 0);
        loop {
            let (found, next) = self.scan(space, selection, from).await?;
            for found in found {
                if page.deliveries.len() >= limit || shown >= MOST_PAGE_BYTES {
                    page.next = Some(found.spot.to_text());
                    return Ok(page);
                }
                looked_at += 1;
                bytes += found.bytes();
                let Some(delivery) = self.shown(&found) else {
                    tracing::error!(
                        lane = found.spot.lane,
                        "A queued delivery cannot be read and is not shown."
                    );
                    continue;
                };
                if selection
                    .event_id
                    .as_ref()
                    .is_none_or(|id| *id == delivery.event_id)
                {
                    shown += delivery.bytes();
                    page.deliveries.push(delivery);
                }
            }
            page.next = next.as_ref().map(Spot::to_text);
            if next.is_none() || looked_at >= MOST_LOOKED_AT || bytes >= MOST_BYTES_LOOKED_AT {
                return Ok(page);
            }
            from = next;
        }
    }

    /// Takes deliveries out that wait, and keeps nothing of them; gives how many there were. Those in the hands of
    /// workers are not among them.
    pub async fn cancel(&self, space: &Space, selection: &WaitingSelection) -> Result<usize, QueueError> {
        self.withdraw(space, selection, Fate::Cancelled, None).await
    }

    /// Whether there are deliveries of a space, those in the hands of workers included.
    pub fn has_any_of(&self, space: &Space) -> bool {
        self.0.schedule.has_any_of(space)
    }

    /// Makes dead letters of the deliveries that wait in a lane and have lower numbers than `until`; gives how many
    /// there were. Those in the hands of workers are not among them.
    pub async fn give_up(
        &self,
        lane: &WaitingLane,
        reason: DeadLetterReason,
        until: u64,
    ) -> Result<usize, QueueError> {
        let selection = WaitingSelection {
            subscription: Some(lane.subscription.clone()),
            function: Some(lane.function.clone()),
            event_id: None,
        };
        self.withdraw(&lane.space, &selection, Fate::Dead(reason), Some(until))
            .await
    }

    /// Lanes in which deliveries wait, of all spaces; `after` is the `next` of those before.
    pub async fn lanes(&self, after: Option<u64>) -> Result<WaitingLanes, QueueError> {
        self.look(move |_, ledger| {
            let from = after.map_or(0, |after| after.saturating_add(1));
            let mut lanes = ledger.lanes_from(from);
            let (mut named, mut last) = (Vec::new(), None);
            for (number, row) in lanes.by_ref().take(MOST_LANES) {
                last = Some(number);
                named.push(WaitingLane {
                    space: row.name.function.space.clone(),
                    subscription: row.name.subscription.clone(),
                    function: row.name.function.id.clone(),
                });
            }
            Ok(WaitingLanes {
                lanes: named,
                until: ledger.next_number(),
                next: lanes.next().and(last),
            })
        })
        .await
    }

    /// Reads some deliveries, without those in the hands of workers.
    async fn scan(
        &self,
        space: &Space,
        selection: &WaitingSelection,
        from: Option<Spot>,
    ) -> Result<(Vec<Found>, Option<Spot>), QueueError> {
        let scan = Scan {
            space: space.clone(),
            selection: selection.clone(),
            order: [Section::Ready, Section::Behind],
            from,
            until: u64::MAX,
            most: READ_AT_ONCE,
            with_events: true,
        };
        let schedule = std::sync::Arc::clone(&self.0.schedule);
        self.look(move |engine, ledger| {
            let read = engine.read()?;
            let (ready, behind) = (read.open_table(READY)?, read.open_table(BEHIND)?);
            let apart = Apart {
                values: &read.open_table(EVENTS)?,
                pieces: &read.open_table(PIECES)?,
            };
            let mut scanned = scan.run(ledger, &ready, &behind, &apart)?;
            schedule.look(|state| {
                scanned.found.retain(|found| {
                    let place = found.spot.place();
                    place.is_none_or(|place| !state.turns.is_out(found.spot.lane, place))
                });
            });
            Ok::<_, EngineError>((scanned.found, scanned.next))
        })
        .await
    }

    fn shown(&self, found: &Found) -> Option<WaitingDelivery> {
        let record = Record::decode(&found.record).ok()?;
        let event = found.event(&record)?;
        let clock = &self.0.schedule.clock;
        let due_at = found.spot.place().map(|place| {
            let early = record.deliver_at.unwrap_or(0);
            let pause = place.due.saturating_sub(clock.now());
            early.max(clock.wall().saturating_add(pause))
        });
        Some(WaitingDelivery {
            delivery_id: record.id.into(),
            subscription_id: found.name.subscription.clone(),
            function_id: found.name.function.id.clone(),
            event_id: event.id().to_owned(),
            event_type: event.event_type().to_owned(),
            event_source: source(&event),
            accepted_at: record.accepted_at,
            due_at,
            attempts: record.attempts,
            ordering_key: record.ordering_key.map(ToOwned::to_owned),
        })
    }

    /// Takes deliveries out in steps that do not hold up others.
    async fn withdraw(
        &self,
        space: &Space,
        selection: &WaitingSelection,
        fate: Fate,
        until: Option<u64>,
    ) -> Result<usize, QueueError> {
        let (mut count, mut from, mut until) = (0, None, until);
        loop {
            let (answer, answered) = oneshot::channel();
            let job = Job::Withdraw(Withdraw {
                space: space.clone(),
                selection: selection.clone(),
                fate,
                from,
                until,
                answer,
            });
            self.ask(job).ok_or_else(stopped)?;
            let withdrawn = answered.await.map_err(|_| stopped())??;
            count += withdrawn.count;
            until = Some(withdrawn.until);
            from = withdrawn.next;
            if from.is_none() {
                return Ok(count);
            }
        }
    }
}

fn source(event: &Event) -> String {
    match event {
        Event::V0_1(envelope) => envelope.source.clone(),
        Event::CloudEvent(_) => {
            let source = event.extension("source");
            source
                .and_then(domain::json::Json::scalar_text)
                .unwrap_or_default()
                .into_owned()
        }
    }
}
