//! Taking deliveries out of the queue that nobody is to make: they are cancelled, or become dead letters at once. Those in
//! the hands of workers stay there.

use std::sync::Arc;

use domain::dead_letter::{DeadLetter, DeadLetterReason};
use domain::event::Event;
use domain::ids::Space;
use domain::json::Json;
use domain::waiting::WaitingSelection;
use redb::ReadableTable as _;
use tokio::sync::oneshot;

use super::accounts::Amount;
use super::bodies::request;
use super::changes::Changes;
use super::dead_letters::Letter;
use super::pieces::Apart;
use super::record::{Body, Record};
use super::removed::Removed;
use super::scan::{Found, Scan, Section, Spot};
use super::schedule::Schedule;
use super::tables::{EngineError, corrupted};
use crate::QueueError;

/// Most deliveries that a commit takes out for one request.
const MOST_WITHDRAWN: usize = 256;

/// What becomes of deliveries that are taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing.
    Cancelled,
    /// They are given up.
    Dead(DeadLetterReason),
}

/// Some deliveries to take out.
pub(super) struct Withdraw {
    pub(super) space: Space,
    pub(super) selection: WaitingSelection,
    pub(super) fate: Fate,
    /// Where to go on.
    pub(super) from: Option<Spot>,
    /// Only those before this number, or all that there are now.
    pub(super) until: Option<u64>,
    pub(super) answer: oneshot::Sender<Result<Withdrawn, QueueError>>,
}

/// How far a request to take deliveries out came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Withdrawn {
    /// How many were taken out.
    pub(super) count: usize,
    /// The number that all of the request are before.
    pub(super) until: u64,
    /// Where to go on, if there may be more.
    pub(super) next: Option<Spot>,
}

impl Changes<'_, '_> {
    /// Takes some deliveries out: as many as fit into a commit.
    pub(super) fn withdraw(
        &mut self,
        request: &Withdraw,
        until: u64,
        schedule: &Schedule,
        removed: &mut Removed,
    ) -> Result<Withdrawn, EngineError> {
        let until = request.until.unwrap_or(until);
        let with_events = request.selection.event_id.is_some() || request.fate != Fate::Cancelled;
        let scan = Scan {
            space: request.space.clone(),
            selection: request.selection.clone(),
            // Those behind others first: what comes forward meanwhile is none that was meant.
            order: [Section::Behind, Section::Ready],
            from: request.from.clone(),
            until,
            most: MOST_WITHDRAWN,
            with_events,
        };
        let tables = &mut *self.tables;
        let (ready, behind) = (tables.ready.get()?, tables.behind.get()?);
        let apart = Apart {
            values: tables.events.get()?,
            pieces: tables.pieces.get()?,
        };
        let scanned = scan.run(self.ledger, ready, behind, &apart)?;
        let mut count = 0;
        for found in scanned.found {
            let Ok(record) = Record::decode(&found.record) else {
                // It may be readable for the version that wrote it.
                tracing::error!(
                    lane = found.spot.lane,
                    "A queued delivery cannot be read and is left where it is."
                );
                continue;
            };
            let event = if with_events { found.event(&record) } else { None };
            if with_events && event.is_none() {
                tracing::error!(
                    lane = found.spot.lane,
                    "A queued event cannot be read and is left where it is."
                );
                continue;
            }
            if let Some(wanted) = &request.selection.event_id
                && event.as_ref().is_none_or(|event| event.id() != wanted)
            {
                continue;
            }
            if let Some(place) = found.spot.place()
                && !schedule.claim(found.spot.lane, place)
            {
                continue;
            }
            self.take_out(&found, &record, removed)?;
            if let (Fate::Dead(reason), Some(event)) = (request.fate, event) {
                let letter = found.dead_letter(&record, event, reason, self.wall);
                let letter = Letter::new(&letter).map_err(|_| corrupted("event"))?;
                self.bury(&letter)?;
            }
            count += 1;
        }
        Ok(Withdrawn {
            count,
            until,
            next: scanned.next,
        })
    }

    fn take_out(
        &mut self,
        found: &Found,
        record: &Record<'_>,
        removed: &mut Removed,
    ) -> Result<(), EngineError> {
        let lane = found.spot.lane;
        if let Some(place) = found.spot.place() {
            self.tables.ready.get()?.remove(&place.key(lane))?;
            self.leave(lane, record.bytes, record.apart())?;
            if let Some(key) = record.ordering_key {
                removed.stood.extend(self.advance(lane, key)?);
            }
        } else {
            self.tables.behind.get()?.remove(found.spot.key.as_slice())?;
            self.leave(lane, record.bytes, record.apart())?;
            // Without the number at its end it is the key of those with the same ordering key.
            let key = &found.spot.key[..found.spot.key.len() - size_of::<u64>()];
            let keys = self.tables.ordering_keys.get()?;
            let left = keys.get(key)?.map_or(0, |count| count.value());
            keys.insert(key, left.saturating_sub(1))?;
            removed.behind += 1;
        }
        let amount = Amount::one(record.bytes);
        removed.amounts.push((found.name.function.space.clone(), amount));
        Ok(())
    }
}

impl Found {
    /// Its event, if it can be read.
    pub(super) fn event(&self, record: &Record<'_>) -> Option<Event> {
        let json = match record.body {
            Body::Here(json) => json,
            Body::Apart(_) => self.event.as_deref()?,
        };
        serde_json::from_slice(json).ok()
    }

    /// Its request for an authorizer.
    fn request(&self, record: &Record<'_>) -> Option<Arc<Json>> {
        let json = match record.unauthorized? {
            Body::Here(json) => json,
            Body::Apart(_) => self.request.as_deref()?,
        };
        Some(request(json))
    }

    fn dead_letter(
        &self,
        record: &Record<'_>,
        event: Event,
        reason: DeadLetterReason,
        now: u64,
    ) -> DeadLetter {
        DeadLetter {
            delivery_id: record.id.into(),
            space: self.name.function.space.clone(),
            subscription_id: self.name.subscription.clone(),
            function_id: self.name.function.id.clone(),
            reason,
            error: None,
            last_response: None,
            attempts: record.attempts,
            accepted_at: record.accepted_at,
            dead_at: now,
            ordering_key: record.ordering_key.map(ToOwned::to_owned),
            arrival: record.arrival(self.request(record)),
            event: Arc::new(event),
        }
    }
}
