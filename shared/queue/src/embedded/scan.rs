//! Going through what waits in a space, a piece at a time.

use domain::ids::Space;
use domain::waiting::WaitingSelection;
use redb::ReadableTable;

use super::ledger::Ledger;
use super::pieces::Apart;
use super::record::{Body, LaneName, Record};
use super::tables::{Bytes, EngineError, PieceKey, Place, PlaceKey, number_of};

/// Bytes that are read at a time; one delivery always is.
const MOST_BYTES: usize = 1024 * 1024;

/// Where in a lane deliveries stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// At their place by time.
    Ready,
    /// Behind another one with their ordering key.
    Behind,
}

/// Where a delivery stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) lane: u64,
    pub(super) section: Section,
    pub(super) key: Vec<u8>,
}

/// What is looked for.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    pub(super) space: Space,
    /// The event of it does not count here.
    pub(super) selection: WaitingSelection,
    /// In which order the parts of a lane come.
    pub(super) order: [Section; 2],
    /// Where to begin; that one is the first.
    pub(super) from: Option<Spot>,
    /// Only those with a lower number.
    pub(super) until: u64,
    pub(super) most: usize,
    /// Whether the events are wanted too.
    pub(super) with_events: bool,
}

/// A delivery that was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) spot: Spot,
    pub(super) name: LaneName,
    pub(super) record: Vec<u8>,
    /// JSON of its event, if that was wanted and does not stand in the record.
    pub(super) event: Option<Vec<u8>>,
    /// The same of its request for an authorizer.
    pub(super) request: Option<Vec<u8>>,
}

/// What was found, and where to go on.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    pub(super) found: Vec<Found>,
    pub(super) next: Option<Spot>,
}

impl Section {
    const fn letter(self) -> char {
        match self {
            Self::Ready => 'r',
            Self::Behind => 'b',
        }
    }
}

impl Spot {
    /// The place, where it is one by time.
    pub(super) fn place(&self) -> Option<Place> {
        let key = self.key.as_slice().try_into().ok()?;
        (self.section == Section::Ready).then(|| Place::of(key))
    }

    /// Whether its key is one of its lane: what is read begins with it, and would else be of other lanes and spaces.
    fn is_in_its_lane(&self) -> bool {
        let is_long_enough = match self.section {
            Section::Ready => self.key.len() == size_of::<PlaceKey>(),
            // The number of the lane, and that of the delivery.
            Section::Behind => self.key.len() >= 2 * size_of::<u64>(),
        };
        is_long_enough && self.key.starts_with(&self.lane.to_be_bytes())
    }

    /// The spot as a text in ASCII.
    pub(super) fn to_text(&self) -> String {
        format!(
            "{}{:x}.{}",
            self.section.letter(),
            self.lane,
            hex::encode(&self.key)
        )
    }

    /// The spot of a text that [`Spot::to_text`] made.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let section = match text.bytes().next()? {
            b'r' => Section::Ready,
            b'b' => Section::Behind,
            _ => return None,
        };
        let (lane, key) = text.get(1..)?.split_once('.')?;
        let spot = Self {
            lane: u64::from_str_radix(lane, 16).ok()?,
            section,
            key: hex::decode(key).ok()?,
        };
        spot.is_in_its_lane().then_some(spot)
    }
}

impl Found {
    /// Bytes that were read of it.
    pub(super) fn bytes(&self) -> usize {
        let apart = [&self.event, &self.request].into_iter().flatten();
        self.record.len() + apart.map(Vec::len).sum::<usize>()
    }
}

impl Scanned {
    /// Adds a delivery if it is meant, and says whether there is room for it.
    fn add(
        &mut self,
        scan: &Scan,
        bytes: &mut usize,
        found: Found,
        number: u64,
        apart: &Apart<'_, impl ReadableTable<u64, Bytes>, impl ReadableTable<PieceKey, Bytes>>,
    ) -> Result<bool, EngineError> {
        if self.found.len() >= scan.most || *bytes >= MOST_BYTES {
            self.next = Some(found.spot);
            return Ok(false);
        }
        if number >= scan.until {
            return Ok(true);
        }
        let mut found = found;
        if scan.with_events
            && let Ok(record) = Record::decode(&found.record)
        {
            let read = |body: Option<Body<'_>>| match body {
                Some(Body::Apart(number)) => apart.look(number, <[u8]>::to_vec).map(Some),
                Some(Body::Here(_)) | None => Ok(None),
            };
            (found.event, found.request) = (read(Some(record.body))?, read(record.unauthorized)?);
        }
        *bytes += found.bytes();
        self.found.push(found);
        Ok(true)
    }
}

impl Scan {
    /// Looks for deliveries, those in the hands of workers included.
    pub(super) fn run(
        &self,
        ledger: &Ledger,
        ready: &impl ReadableTable<&'static PlaceKey, Bytes>,
        behind: &impl ReadableTable<Bytes, Bytes>,
        apart: &Apart<'_, impl ReadableTable<u64, Bytes>, impl ReadableTable<PieceKey, Bytes>>,
    ) -> Result<Scanned, EngineError> {
        let mut scanned = Scanned::default();
        let mut bytes = 0;
        let first = self.from.as_ref().map_or(0, |from| from.lane);
        for (lane, name) in ledger.lanes_of(&self.space, first) {
            if !self.means(name) {
                continue;
            }
            let from = self.from.as_ref();
            let from = from.filter(|from| from.lane == lane && from.is_in_its_lane());
            let skipped = from.map_or(0, |from| usize::from(from.section == self.order[1]));
            for section in &self.order[skipped..] {
                let from = from.filter(|from| from.section == *section);
                let found = |key: &[u8], record: &[u8]| Found {
                    spot: Spot {
                        lane,
                        section: *section,
                        key: key.to_vec(),
                    },
                    name: name.clone(),
                    record: record.to_vec(),
                    event: None,
                    request: None,
                };
                match section {
                    Section::Ready => {
                        let from = from.and_then(|from| from.key.as_slice().try_into().ok());
                        let first: PlaceKey = from.unwrap_or_else(|| Place::FIRST.key(lane));
                        let last = Place::LAST.key(lane);
                        if first > last {
                            continue;
                        }
                        for entry in ready.range::<&PlaceKey>(&first..=&last)? {
                            let (key, record) = entry?;
                            let number = Place::of(key.value()).number;
                            let found = found(key.value(), record.value());
                            if !scanned.add(self, &mut bytes, found, number, apart)? {
                                return Ok(scanned);
                            }
                        }
                    }
                    Section::Behind => {
                        let first = from.map_or_else(|| lane.to_be_bytes().to_vec(), |from| from.key.clone());
                        let end = lane.saturating_add(1).to_be_bytes();
                        if first.as_slice() >= end.as_slice() {
                            continue;
                        }
                        for entry in behind.range::<&[u8]>(first.as_slice()..end.as_slice())? {
                            let (key, record) = entry?;
                            let number = number_of(key.value());
                            let found = found(key.value(), record.value());
                            if !scanned.add(self, &mut bytes, found, number, apart)? {
                                return Ok(scanned);
                            }
                        }
                    }
                }
            }
        }
        Ok(scanned)
    }

    fn means(&self, name: &LaneName) -> bool {
        let WaitingSelection {
            subscription,
            function,
            ..
        } = &self.selection;
        subscription.as_ref().is_none_or(|id| *id == name.subscription)
            && function.as_ref().is_none_or(|id| *id == name.function.id)
    }
}
