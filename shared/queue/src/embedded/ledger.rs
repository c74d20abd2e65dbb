//! What the writer knows by heart of the file: which lanes there are, what they hold, and which number comes next.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::ids::Space;
use redb::ReadableTable as _;

use super::dead_totals::DeadTotals;
use super::engine::Engine;
use super::record::{LaneName, LaneRow};
use super::tables::{CLOCK_KEY, EXPIRIES, EngineError, LANES, NEXT_KEY, Tables, corrupted};

/// Bytes that a delivery takes in the file besides its event, about.
const RECORD_BYTES: u64 = 256;

/// Figures of the file, changed along with it and read anew after a failure.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    lanes: BTreeMap<u64, LaneRow>,
    /// The same, by space.
    of_spaces: HashMap<Space, BTreeSet<u64>>,
    numbers: HashMap<LaneName, u64>,
    /// Lanes whose row is to be written.
    touched: BTreeSet<u64>,
    next: u64,
    /// Figures about dead letters.
    pub(super) dead: DeadTotals,
    /// When the next deduplication key is forgotten.
    pub(super) next_expiry: Option<u64>,
}

impl Ledger {
    /// Reads the figures.
    pub(super) fn load(engine: &Engine) -> Result<Self, EngineError> {
        let mut ledger = Self {
            // Number 0 is nobody's, so that it can stand for "before all".
            next: engine.about(NEXT_KEY)?.unwrap_or(1),
            dead: DeadTotals::load(engine)?,
            ..Self::default()
        };
        let read = engine.read()?;
        let expiries = read.open_table(EXPIRIES)?;
        ledger.next_expiry = expiries.first()?.map(|(key, _)| key.value().0);
        let lanes = read.open_table(LANES)?;
        for lane in lanes.iter()? {
            let (number, row) = lane?;
            let row = LaneRow::decode(row.value()).map_err(|_| corrupted("lane"))?;
            ledger.know(number.value(), &row.name);
            ledger.lanes.insert(number.value(), row);
        }
        Ok(ledger)
    }

    /// The lanes that hold something.
    pub(super) fn lanes(&self) -> impl Iterator<Item = (u64, &LaneRow)> {
        self.lanes.iter().map(|(number, row)| (*number, row))
    }

    /// The lanes from a number on, in their order.
    pub(super) fn lanes_from(&self, first: u64) -> impl Iterator<Item = (u64, &LaneRow)> {
        self.lanes.range(first..).map(|(number, row)| (*number, row))
    }

    /// The lanes of a space from a number on, in their order.
    pub(super) fn lanes_of(&self, space: &Space, first: u64) -> impl Iterator<Item = (u64, &LaneName)> {
        let lanes = self.of_spaces.get(space).into_iter();
        let lanes = lanes.flat_map(move |lanes| lanes.range(first..));
        lanes.filter_map(|number| Some((*number, self.name(*number)?)))
    }

    fn know(&mut self, lane: u64, name: &LaneName) {
        self.numbers.insert(name.clone(), lane);
        self.of_spaces
            .entry(name.function.space.clone())
            .or_default()
            .insert(lane);
    }

    pub(super) fn name(&self, lane: u64) -> Option<&LaneName> {
        self.lanes.get(&lane).map(|row| &row.name)
    }

    /// Whether nothing is queued.
    pub(super) fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// Bytes of what is in the file, about.
    pub(super) fn bytes(&self) -> u64 {
        let lanes = self.lanes.values();
        let queued: u64 = lanes.map(|row| row.bytes + row.deliveries * RECORD_BYTES).sum();
        queued + self.dead.bytes()
    }

    /// The number that comes next: greater than all there are.
    pub(super) fn next_number(&self) -> u64 {
        self.next
    }

    /// A number that nothing has had.
    pub(super) fn number(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        number
    }

    /// Counts a delivery into the lane of a name; gives the lane.
    pub(super) fn add(&mut self, name: LaneName, bytes: u64) -> u64 {
        let known = self.numbers.get(&name).copied();
        let number = known.unwrap_or_else(|| {
            let number = self.number();
            self.know(number, &name);
            number
        });
        let row = self.lanes.entry(number).or_insert(LaneRow {
            name,
            deliveries: 0,
            bytes: 0,
        });
        row.deliveries += 1;
        row.bytes += bytes;
        self.touched.insert(number);
        number
    }

    /// Counts a delivery out of its lane.
    pub(super) fn subtract(&mut self, lane: u64, bytes: u64) {
        if let Some(row) = self.lanes.get_mut(&lane) {
            row.deliveries = row.deliveries.saturating_sub(1);
            row.bytes = row.bytes.saturating_sub(bytes);
            self.touched.insert(lane);
        }
    }

    /// Writes what has changed; gives the lanes that hold nothing any more.
    pub(super) fn save(&mut self, tables: &mut Tables<'_>, now: u64) -> Result<Vec<u64>, EngineError> {
        let mut emptied = Vec::new();
        for number in std::mem::take(&mut self.touched) {
            let Some(row) = self.lanes.get(&number) else {
                continue;
            };
            if row.deliveries > 0 {
                tables.lanes.get()?.insert(number, row.encode().as_slice())?;
            } else {
                tables.lanes.get()?.remove(number)?;
                self.numbers.remove(&row.name);
                let space = &row.name.function.space;
                if let Some(lanes) = self.of_spaces.get_mut(space) {
                    lanes.remove(&number);
                    if lanes.is_empty() {
                        self.of_spaces.remove(space);
                    }
                }
                self.lanes.remove(&number);
                emptied.push(number);
            }
        }
        let about = tables.about.get()?;
        about.insert(NEXT_KEY, self.next)?;
        about.insert(CLOCK_KEY, now)?;
        self.dead.save(tables)?;
        Ok(emptied)
    }
}
