//! Putting deliveries into the file.

use std::collections::HashMap;
use std::sync::Arc;

use domain::delivery::Delivery;
use domain::event::Event;
use domain::ids::Space;
use domain::json::Json;
use redb::ReadableTable as _;

use super::bodies::ENTRY_COST;
use super::changes::{Changes, Placed};
use super::deduplication::Decisions;
use super::pieces::{IN_PIECES, PART};
use super::record::{Body, LaneName, Record};
use super::staging::Text;
use super::tables::{EngineError, Place, composed, numbered};
use crate::QueueError;

/// Longest event, and longest request for an authorizer, that stands in the record of a delivery, in bytes of JSON: beyond
/// that, moving the record for a retry would cost more than a table of its own.
const LONGEST_HERE: usize = 4096;

/// Deliveries that are ready to be written: the JSON of their events is made.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) deliveries: Vec<Delivery>,
    /// Index into `texts` of the event of each delivery.
    event_of: Vec<usize>,
    /// The same of its request for an authorizer, if it has one.
    request_of: Vec<Option<usize>>,
    /// JSON of each event, and of each request.
    texts: Vec<Text>,
    /// What is written of all that producers have sent.
    bytes: usize,
    /// What each delivery counts for in the limits of the queue.
    pub(super) share: u64,
}

/// A text of a parcel, as far as it is written.
#[derive(Clone, Copy, Default)]
struct Written {
    /// Deliveries with it that are queued.
    deliveries: u64,
    /// Its number, once it stands in the table of events.
    number: Option<u64>,
}

impl Parcel {
    /// Deliveries that came in with so many bytes; they count for what is written of them, if that is more. An event
    /// that several of them share is recognised.
    pub(super) fn new(deliveries: Vec<Delivery>, came_in: u64) -> Self {
        let mut texts = Vec::new();
        let mut put = |json: Vec<u8>| {
            texts.push(Text::new(json));
            texts.len() - 1
        };
        let mut events: HashMap<*const Event, usize> = HashMap::new();
        let mut requests: HashMap<*const Json, usize> = HashMap::new();
        let (mut event_of, mut request_of) = (Vec::new(), Vec::new());
        for delivery in &deliveries {
            let event = events.entry(Arc::as_ptr(&delivery.event));
            event_of.push(*event.or_insert_with(|| put(delivery.event.to_json())));
            request_of.push(delivery.arrival.unauthorized.as_ref().map(|request| {
                let known = requests.entry(Arc::as_ptr(request));
                *known.or_insert_with(|| put(request.get().as_bytes().to_vec()))
            }));
        }
        let bytes = texts.iter().map(|text| text.json.len()).sum();
        Self {
            share: came_in.max(bytes as u64) / deliveries.len().max(1) as u64,
            event_of,
            request_of,
            deliveries,
            texts,
            bytes,
        }
    }

    /// What the commit has to write of it.
    pub(super) fn left(&self) -> usize {
        let staged = self.texts.iter().map(|text| text.json.len() - text.left());
        self.bytes.saturating_sub(staged.sum())
    }

    /// What is too much for a commit and to be written ahead, and the space that it is for.
    pub(super) fn ahead(&mut self) -> impl Iterator<Item = (&Space, &mut Text)> {
        let space = self.deliveries.first().map(|delivery| &delivery.space);
        let mut left = self.bytes;
        let texts = self.texts.iter_mut().filter(move |text| {
            let is_staged = left > PART && text.json.len() > LONGEST_HERE;
            if is_staged {
                left -= text.json.len();
            }
            is_staged
        });
        texts.filter_map(move |text| Some((space?, text)))
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
        let mut written = vec![Written::default(); parcel.texts.len()];
        let mut queued = Vec::with_capacity(parcel.deliveries.len());
        for (index, delivery) in parcel.deliveries.iter().enumerate() {
            let fresh = self.is_fresh(delivery, &mut decisions)?;
            written[parcel.event_of[index]].deliveries += u64::from(fresh);
            if let Some(request) = parcel.request_of[index] {
                written[request].deliveries += u64::from(fresh);
            }
            queued.push(fresh);
        }
        let mut placed = Vec::with_capacity(queued.len());
        for (index, (delivery, fresh)) in parcel.deliveries.iter().zip(queued).enumerate() {
            if !fresh {
                placed.push(Placed::Duplicate);
                continue;
            }
            let event = parcel.event_of[index];
            let text = &parcel.texts[event];
            let is_new = written[event].number.is_none();
            let body = self.body(text, &mut written[event])?;
            if is_new && let Some(number) = written[event].number {
                self.bodies.remember(number, &delivery.event, text.json.len());
            }
            let request = match parcel.request_of[index] {
                None => None,
                Some(request) => Some(self.body(&parcel.texts[request], &mut written[request])?),
            };
            let deliveries = usize::try_from(written[event].deliveries).unwrap_or(usize::MAX);
            let bytes = text.json.len();
            let cost = bytes / deliveries + request_bytes(delivery) + ENTRY_COST;
            placed.push(self.place(delivery, parcel.share, (request, body), (cost, bytes))?);
        }
        Ok(Ok(placed))
    }

    /// Where a text is, after it was put there.
    fn body<'t>(&mut self, text: &'t Text, written: &mut Written) -> Result<Body<'t>, EngineError> {
        let json = &text.json;
        if written.deliveries == 1 && json.len() <= LONGEST_HERE {
            return Ok(Body::Here(json));
        }
        if let Some(number) = written.number {
            return Ok(Body::Apart(number));
        }
        let number = match self.take_up(text)? {
            Some(number) => {
                self.tables.events.get()?.insert(number, IN_PIECES)?;
                number
            }
            None => self.put_apart(json)?,
        };
        if written.deliveries > 1 {
            self.tables.references.get()?.insert(number, written.deliveries)?;
        }
        written.number = Some(number);
        Ok(Body::Apart(number))
    }

    /// Gives an event or a request a number, by which it is found.
    fn put_apart(&mut self, json: &[u8]) -> Result<u64, EngineError> {
        let number = self.ledger.number();
        let stands = self.tables.cut(number, json)?;
        self.tables.events.get()?.insert(number, stands)?;
        Ok(number)
    }

    /// Puts a delivery into its lane, or behind others with its key.
    fn place(
        &mut self,
        delivery: &Delivery,
        bytes: u64,
        (request, body): (Option<Body<'_>>, Body<'_>),
        (cost, event_bytes): (usize, usize),
    ) -> Result<Placed, EngineError> {
        let number = self.ledger.number();
        let lane = self.ledger.add(LaneName::of(delivery), bytes);
        let record = Record::of(delivery, bytes, request, body).encode();
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
        Ok(Placed::At {
            lane,
            place,
            cost,
            event_bytes,
        })
    }
}
