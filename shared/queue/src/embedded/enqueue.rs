//! Putting deliveries into the file.

use std::collections::HashMap;
use std::sync::Arc;

use domain::delivery::Delivery;
use domain::event::Event;
use redb::ReadableTable as _;

use super::bodies::ENTRY_COST;
use super::changes::{Changes, Placed};
use super::deduplication::Decisions;
use super::record::{Body, LaneName, Record};
use super::tables::{EngineError, Place, composed, numbered};
use crate::QueueError;

/// Longest event that stands in the record of its delivery when it has a single one, in bytes of JSON: beyond that,
/// moving the record for a retry would cost more than a table of its own.
const LONGEST_HERE: usize = 4096;

/// Deliveries that are ready to be written: the JSON of their events is made.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) deliveries: Vec<Delivery>,
    /// Index into `events` of each delivery.
    event_of: Vec<usize>,
    /// JSON of each event.
    events: Vec<Vec<u8>>,
    /// What is written of all that producers have sent.
    pub(super) bytes: usize,
    /// What each delivery counts for in the limits of the queue.
    pub(super) share: u64,
}

/// An event of a parcel, as far as it is written.
#[derive(Clone, Copy, Default)]
struct Written {
    /// Deliveries that are queued.
    deliveries: u64,
    /// Its number, once it stands in the table of events.
    number: Option<u64>,
}

impl Parcel {
    /// Deliveries that came in with so many bytes; they count for what is written of them, if that is more. An event
    /// that several of them share is recognised.
    pub(super) fn new(deliveries: Vec<Delivery>, came_in: u64) -> Self {
        let mut events = Vec::new();
        let mut known: HashMap<*const Event, usize> = HashMap::new();
        let event_of = deliveries.iter().map(|delivery| {
            *known.entry(Arc::as_ptr(&delivery.event)).or_insert_with(|| {
                events.push(delivery.event.to_json());
                events.len() - 1
            })
        });
        let event_of = event_of.collect();
        let requests: usize = deliveries.iter().map(request_bytes).sum();
        let bytes = requests + events.iter().map(Vec::len).sum::<usize>();
        Self {
            share: came_in.max(bytes as u64) / deliveries.len().max(1) as u64,
            event_of,
            deliveries,
            events,
            bytes,
        }
    }
}

/// What the request takes that an authorizer has to be asked about.
fn request_bytes(delivery: &Delivery) -> usize {
    let request = delivery.arrival.unauthorized.as_ref();
    request.map_or(0, |request| request.get().len())
}

impl Changes<'_, '_> {
    /// Writes the deliveries of a parcel, or none of them; says where each of them is.
    pub(super) fn enqueue(
        &mut self,
        parcel: &Parcel,
    ) -> Result<Result<Vec<Placed>, QueueError>, EngineError> {
        if let Err(refused) = self.check_keys(&parcel.deliveries)? {
            return Ok(Err(refused));
        }
        let mut decisions = Decisions::default();
        let mut events = vec![Written::default(); parcel.events.len()];
        let mut queued = Vec::with_capacity(parcel.deliveries.len());
        for (delivery, event) in parcel.deliveries.iter().zip(&parcel.event_of) {
            let fresh = self.is_fresh(delivery, &mut decisions)?;
            events[*event].deliveries += u64::from(fresh);
            queued.push(fresh);
        }
        let mut placed = Vec::with_capacity(queued.len());
        for ((delivery, event), fresh) in parcel.deliveries.iter().zip(&parcel.event_of).zip(queued) {
            if !fresh {
                placed.push(Placed::Duplicate);
                continue;
            }
            let json = &parcel.events[*event];
            let body = self.body(delivery, json, &mut events[*event])?;
            let deliveries = usize::try_from(events[*event].deliveries).unwrap_or(usize::MAX);
            let cost = json.len() / deliveries + request_bytes(delivery) + ENTRY_COST;
            placed.push(self.place(delivery, parcel.share, body, cost)?);
        }
        Ok(Ok(placed))
    }

    /// Where the event of a delivery is, after it was put there.
    fn body<'j>(
        &mut self,
        delivery: &Delivery,
        json: &'j [u8],
        event: &mut Written,
    ) -> Result<Body<'j>, EngineError> {
        if event.deliveries == 1 && json.len() <= LONGEST_HERE {
            return Ok(Body::Here(json));
        }
        if let Some(number) = event.number {
            return Ok(Body::Apart(number));
        }
        let number = self.ledger.number();
        self.tables.events.get()?.insert(number, json)?;
        if event.deliveries > 1 {
            self.tables.references.get()?.insert(number, event.deliveries)?;
        }
        self.bodies.remember(number, &delivery.event);
        event.number = Some(number);
        Ok(Body::Apart(number))
    }

    /// Puts a delivery into its lane, or behind others with its key.
    fn place(
        &mut self,
        delivery: &Delivery,
        bytes: u64,
        body: Body<'_>,
        cost: usize,
    ) -> Result<Placed, EngineError> {
        let number = self.ledger.number();
        let lane = self.ledger.add(LaneName::of(delivery), bytes);
        let record = Record::of(delivery, bytes, body).encode();
        if let Some(key) = &delivery.ordering_key {
            let key = composed(&lane.to_be_bytes(), [&**key]);
            let table = self.tables.ordering_keys.get()?;
            let before = table.get(key.as_slice())?.map_or(0, |count| count.value());
            table.insert(key.as_slice(), before + 1)?;
            if before > 0 {
                let key = numbered(&key, number);
                self.tables
                    .behind
                    .get()?
                    .insert(key.as_slice(), record.as_slice())?;
                return Ok(Placed::Behind);
            }
        }
        let due = self.due_at(delivery.deliver_at);
        let place = Place { due, number };
        self.tables
            .ready
            .get()?
            .insert(&place.key(lane), record.as_slice())?;
        Ok(Placed::At { lane, place, cost })
    }
}
