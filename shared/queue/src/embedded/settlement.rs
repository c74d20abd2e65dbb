//! What became of a delivery, and how the file learns of it.

use redb::ReadableTable as _;

use super::changes::{Changes, Stood};
use super::dead_letters::Letter;
use super::lane::Entry;
use super::pieces::Apart;
use super::record::Record;
use super::tables::{EngineError, Place, composed, corrupted, number_of, numbered};

/// What became of a delivery that stands at a place of a lane.
#[derive(Debug)]
pub(super) struct Settlement {
    pub(super) lane: u64,
    pub(super) place: Place,
    pub(super) entry: Entry,
    pub(super) verdict: Verdict,
}

/// What is to be done with it.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It leaves the queue.
    Done,
    /// It leaves the queue for the dead letters.
    Dead(Box<Letter>),
    /// It is due again at this time, having been attempted so often.
    Again { due: u64, attempts: u32 },
}

impl Settlement {
    /// The delivery is due again later, with the attempts it had.
    pub(super) fn again(lane: u64, place: Place, entry: Entry, due: u64) -> Self {
        let attempts = entry.delivery.attempts;
        Self {
            lane,
            place,
            entry,
            verdict: Verdict::Again { due, attempts },
        }
    }

    /// It is written by a later commit: what was written ahead for it is gone by then.
    pub(super) fn keep(mut self) -> Self {
        if let Verdict::Dead(letter) = &mut self.verdict {
            letter.text.forget_staged();
        }
        self
    }

    /// Whether the delivery leaves the queue.
    pub(super) fn completes(&self) -> bool {
        !matches!(self.verdict, Verdict::Again { .. })
    }

    /// Whether somebody waits for it to be written: another delivery is behind this one.
    pub(super) fn is_urgent(&self) -> bool {
        self.completes() && self.entry.delivery.ordering_key.is_some()
    }
}

impl Changes<'_, '_> {
    /// Carries out what became of a delivery; gives the delivery that took its turn, be it the same one. One that is
    /// not at its place any more was settled by a commit that seemed to fail.
    pub(super) fn settle(&mut self, settlement: &Settlement) -> Result<Option<Stood>, EngineError> {
        let Settlement { lane, place, .. } = *settlement;
        let ready = self.tables.ready.get()?;
        let Some(record) = ready.remove(&place.key(lane))? else {
            return Ok(None);
        };
        match &settlement.verdict {
            Verdict::Again { due, attempts } => {
                let moved =
                    Record::with_attempts(record.value(), *attempts).map_err(|_| corrupted("record"))?;
                drop(record);
                let place = Place { due: *due, ..place };
                ready.insert(&place.key(lane), moved.as_slice())?;
                let mut entry = settlement.entry.clone();
                entry.delivery.attempts = *attempts;
                let entry = Some(entry);
                return Ok(Some(Stood { lane, place, entry }));
            }
            Verdict::Dead(letter) => {
                let apart = apart(record.value())?;
                drop(record);
                self.leave(lane, settlement.entry.bytes, apart)?;
                self.bury(letter)?;
            }
            Verdict::Done => {
                let apart = apart(record.value())?;
                drop(record);
                self.leave(lane, settlement.entry.bytes, apart)?;
            }
        }
        match &settlement.entry.delivery.ordering_key {
            Some(key) => self.advance(lane, key),
            None => Ok(None),
        }
    }

    /// Counts a delivery out, and what of it stands apart.
    pub(super) fn leave(
        &mut self,
        lane: u64,
        bytes: u64,
        mut apart: impl Iterator<Item = u64>,
    ) -> Result<(), EngineError> {
        self.ledger.subtract(lane, bytes);
        apart.try_for_each(|number| self.release(number))
    }

    /// The first delivery of an ordering key is gone: the next one takes its turn.
    pub(super) fn advance(&mut self, lane: u64, key: &str) -> Result<Option<Stood>, EngineError> {
        let key = composed(&lane.to_be_bytes(), [key]);
        let keys = self.tables.ordering_keys.get()?;
        let left = keys.get(key.as_slice())?.map_or(0, |count| count.value());
        if left <= 1 {
            keys.remove(key.as_slice())?;
            return Ok(None);
        }
        keys.insert(key.as_slice(), left - 1)?;
        let behind = self.tables.behind.get()?;
        let (first, last) = (numbered(&key, 0), numbered(&key, u64::MAX));
        let next = behind
            .range(first.as_slice()..=last.as_slice())?
            .next()
            .transpose()?;
        let next = next.map(|(key, record)| (key.value().to_vec(), record.value().to_vec()));
        let (next, record) = next.ok_or_else(|| corrupted("order"))?;
        behind.remove(next.as_slice())?;
        let wanted = Record::decode(&record).ok().and_then(|record| record.deliver_at);
        let place = Place {
            due: self.due_at(wanted),
            number: number_of(&next),
        };
        let ready = self.tables.ready.get()?;
        ready.insert(&place.key(lane), record.as_slice())?;
        let name = self.ledger.name(lane).ok_or_else(|| corrupted("lane"))?;
        let apart = Apart {
            values: self.tables.events.get()?,
            pieces: self.tables.pieces.get()?,
        };
        let entry = self.bodies.entry(&apart, name, &record)?;
        Ok(Some(Stood { lane, place, entry }))
    }
}

/// Numbers of what does not stand in a record.
fn apart(record: &[u8]) -> Result<impl Iterator<Item = u64> + use<>, EngineError> {
    let record = Record::decode(record).map_err(|_| corrupted("record"))?;
    Ok(record.apart())
}
