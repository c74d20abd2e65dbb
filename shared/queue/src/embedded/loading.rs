//! Reading lanes from the file into memory, a piece at a time.

use std::collections::HashMap;

use domain::ids::Space;

use super::accounts::Amount;
use super::bodies::Bodies;
use super::engine::Engine;
use super::lane::{Entry, WINDOW};
use super::ledger::Ledger;
use super::pieces::Apart;
use super::schedule::Schedule;
use super::tables::{EVENTS, EngineError, PIECES, Place, PlaceKey, READY};

/// Bytes in memory after which no more is read at a time; one delivery always is.
const MOST_READ: usize = 1024 * 1024;

impl Schedule {
    /// Shows what is in the file; nothing of it is in memory yet.
    pub(super) fn show(&self, ledger: &Ledger) {
        let mut file: HashMap<Space, Amount> = HashMap::new();
        for (_, row) in ledger.lanes() {
            *file.entry(row.name.function.space.clone()).or_default() += Amount {
                deliveries: row.deliveries,
                bytes: row.bytes,
            };
        }
        self.change(|state| {
            let lanes = ledger.lanes().map(|(number, row)| (number, row.name.clone()));
            state.turns.rebuild(lanes);
            state.accounts.recount(&file);
        });
    }

    /// Reads more of a lane. Only the thread that calls this moves the end of a window, so that what it reads is what
    /// follows on the window when it comes there.
    pub(super) fn load(&self, engine: &Engine, bodies: &mut Bodies, lane: u64) -> Result<(), EngineError> {
        let wanted = self.look(|state| {
            let lane = state.turns.lane(lane)?;
            Some((lane.name.clone(), lane.end()?))
        });
        let Some((name, from)) = wanted else {
            self.change(|state| state.turns.change(lane, |lane| lane.loading = false));
            return Ok(());
        };
        let read = engine.read()?;
        let ready = read.open_table(READY)?;
        let apart = Apart {
            values: &read.open_table(EVENTS)?,
            pieces: &read.open_table(PIECES)?,
        };
        let (first, last) = (from.key(lane), Place::LAST.key(lane));
        let mut entries: Vec<(Place, Entry)> = Vec::new();
        let mut cost = 0;
        let mut end = None;
        for found in ready.range::<&PlaceKey>(&first..=&last)? {
            let (key, record) = found?;
            let place = Place::of(key.value());
            if entries.len() >= WINDOW || cost >= MOST_READ {
                end = Some(place);
                break;
            }
            if let Some(entry) = bodies.entry(&apart, &name, record.value())? {
                cost += entry.cost;
                entries.push((place, entry));
            } else {
                tracing::error!(lane, number = place.number, "A queued delivery cannot be read.");
            }
        }
        self.change(|state| {
            state.turns.change(lane, |lane| {
                lane.loading = false;
                lane.extend(entries, end);
            });
            state.turns.make_room(lane);
        });
        Ok(())
    }
}
