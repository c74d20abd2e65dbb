//! Events in the file, and those of them that somebody here has already.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use domain::event::Event;
use redb::ReadableTable;

use super::lane::Entry;
use super::ledger::corrupted;
use super::record::{Body, LaneName, Record};
use super::tables::{Bytes, EngineError};

/// What an entry takes in memory besides its event, in bytes; about.
pub(super) const ENTRY_COST: usize = 512;

/// Fewest events known before those are looked for that nobody has any more.
const FEWEST_SWEPT: usize = 1024;

/// The events with several deliveries that somebody has, by number: they are read once for all.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    known: HashMap<u64, Weak<Event>>,
    sweep_at: usize,
}

impl Bodies {
    /// Remembers an event.
    pub(super) fn remember(&mut self, number: u64, event: &Arc<Event>) {
        if self.known.len() >= self.sweep_at.max(FEWEST_SWEPT) {
            self.known.retain(|_, event| event.strong_count() > 0);
            self.sweep_at = self.known.len() * 2;
        }
        self.known.insert(number, Arc::downgrade(event));
    }

    /// The delivery of a record; `None` when it cannot be read, which no retry mends.
    pub(super) fn entry(
        &mut self,
        events: &impl ReadableTable<u64, Bytes>,
        lane: &LaneName,
        record: &[u8],
    ) -> Result<Option<Entry>, EngineError> {
        let Ok(record) = Record::decode(record) else {
            return Ok(None);
        };
        let (event, cost) = match record.body {
            Body::Here(json) => (parse(json), json.len()),
            Body::Apart(number) => {
                if let Some(event) = self.known.get(&number).and_then(Weak::upgrade) {
                    (Some(event), 0)
                } else {
                    let json = events.get(number)?.ok_or_else(|| corrupted("event"))?;
                    let event = parse(json.value());
                    if let Some(event) = &event {
                        self.remember(number, event);
                    }
                    (event, json.value().len())
                }
            }
        };
        let cost = cost + record.unauthorized.map_or(0, str::len) + ENTRY_COST;
        Ok(event.map(|event| Entry {
            bytes: record.bytes,
            cost,
            delivery: record.delivery(lane, event),
        }))
    }
}

fn parse(json: &[u8]) -> Option<Arc<Event>> {
    serde_json::from_slice(json).ok().map(Arc::new)
}
