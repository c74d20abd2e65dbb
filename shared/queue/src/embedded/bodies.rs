//! Events in the file, and those of them that somebody here has already.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use domain::event::Event;
use domain::json::Json;
use redb::ReadableTable;

use super::lane::Entry;
use super::pieces::Apart;
use super::record::{Body, LaneName, Record};
use super::tables::{Bytes, EngineError, PieceKey};

/// What an entry takes in memory besides its event, in bytes; about.
pub(super) const ENTRY_COST: usize = 512;

/// Fewest events known before those are looked for that nobody has any more.
const FEWEST_SWEPT: usize = 1024;

/// The events with several deliveries that somebody has, by number: they are read once for all.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    /// With the bytes of their JSON.
    known: HashMap<u64, (Weak<Event>, usize)>,
    sweep_at: usize,
}

impl Bodies {
    /// Remembers an event.
    pub(super) fn remember(&mut self, number: u64, event: &Arc<Event>, bytes: usize) {
        if self.known.len() >= self.sweep_at.max(FEWEST_SWEPT) {
            self.known.retain(|_, (event, _)| event.strong_count() > 0);
            self.sweep_at = self.known.len() * 2;
        }
        self.known.insert(number, (Arc::downgrade(event), bytes));
    }

    /// The delivery of a record; `None` when it cannot be read, which no retry mends.
    pub(super) fn entry(
        &mut self,
        apart: &Apart<'_, impl ReadableTable<u64, Bytes>, impl ReadableTable<PieceKey, Bytes>>,
        lane: &LaneName,
        record: &[u8],
    ) -> Result<Option<Entry>, EngineError> {
        let Ok(record) = Record::decode(record) else {
            return Ok(None);
        };
        let (event, event_bytes, is_new) = match record.body {
            Body::Here(json) => (parse(json), json.len(), true),
            Body::Apart(number) => {
                let known = self.known.get(&number);
                if let Some((event, bytes)) =
                    known.and_then(|(event, bytes)| Some((event.upgrade()?, *bytes)))
                {
                    (Some(event), bytes, false)
                } else {
                    let (event, bytes) = apart.look(number, |json| (parse(json), json.len()))?;
                    if let Some(event) = &event {
                        self.remember(number, event, bytes);
                    }
                    (event, bytes, true)
                }
            }
        };
        let request = match record.unauthorized {
            None => None,
            Some(Body::Here(json)) => Some(request(json)),
            Some(Body::Apart(number)) => Some(apart.look(number, request)?),
        };
        let cost = if is_new { event_bytes } else { 0 };
        let cost = cost + request.as_ref().map_or(0, |request| request.get().len()) + ENTRY_COST;
        Ok(event.map(|event| Entry {
            bytes: record.bytes,
            cost,
            event_bytes,
            delivery: record.delivery(lane, event, request),
        }))
    }
}

fn parse(json: &[u8]) -> Option<Arc<Event>> {
    serde_json::from_slice(json).ok().map(Arc::new)
}

/// A request for an authorizer. It was JSON when it was written; of what is not, nothing may be allowed.
pub(super) fn request(json: &[u8]) -> Arc<Json> {
    Arc::new(serde_json::from_slice(json).unwrap_or_else(|_| Json::null()))
}
