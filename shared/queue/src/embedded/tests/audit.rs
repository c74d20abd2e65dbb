//! Reads the file of a queue as a whole and looks for contradictions.

use std::collections::{BTreeMap, BTreeSet};

use domain::dead_letter::{DeadLetter, DeadLetterSummary};
use redb::{ReadableTable as _, ReadableTableMetadata as _};
use serde_json::value::RawValue;

use super::super::dead_rows::{DeadRow, DeadSpace};
use super::super::ledger::Ledger;
use super::super::opening;
use super::super::pieces::whole;
use super::super::record::Record;
use super::super::storage::Storage;
use super::super::tables::{
    BEHIND, DEAD, DEAD_BY_ID, DEAD_OF_SUBSCRIPTION, DEAD_ROWS, DEAD_SPACES, DEDUPLICATION, EVENTS, EXPIRIES,
    FORMAT, FORMAT_KEY, KEY_COUNTS, ORDERING_KEYS, PIECES, Place, READY, REFERENCES, STAGED, first_text,
    number_of,
};

/// What is in the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    /// Ids of the deliveries.
    pub(super) deliveries: BTreeSet<String>,
    /// Ids of the dead letters.
    pub(super) dead: BTreeSet<String>,
    /// How many dead letters were dropped.
    pub(super) dropped: u64,
    /// What the dead letters count for.
    pub(super) dead_bytes: u64,
    /// Events that stand apart from their deliveries.
    pub(super) events: usize,
    /// Deduplication keys.
    pub(super) keys: usize,
}

/// Reads the file of a queue that is not open.
pub(super) fn audit(storage: &Storage) -> Contents {
    let engine = opening::open(storage, 1 << 20).unwrap();
    assert!(engine.about(FORMAT_KEY).unwrap() == Some(FORMAT));
    let ledger = Ledger::load(&engine).unwrap();
    let read = engine.read().unwrap();
    let mut contents = Contents::default();
    let mut lanes: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    let mut references: BTreeMap<u64, u64> = BTreeMap::new();
    let mut ordering: BTreeMap<Vec<u8>, (u64, u64)> = BTreeMap::new();
    let mut count = |lane: u64, record: &[u8], place: Option<Place>| {
        let record = Record::decode(record).unwrap();
        assert!(
            contents.deliveries.insert(record.id.to_owned()),
            "{} twice",
            record.id
        );
        let row = lanes.entry(lane).or_default();
        *row = (row.0 + 1, row.1 + record.bytes);
        for number in record.apart() {
            *references.entry(number).or_default() += 1;
        }
        if let Some(key) = record.ordering_key {
            let key = super::super::tables::composed(&lane.to_be_bytes(), [key]);
            let counts = ordering.entry(key).or_default();
            *counts = (counts.0 + 1, counts.1 + u64::from(place.is_some()));
        }
    };
    for entry in read.open_table(READY).unwrap().iter().unwrap() {
        let (key, record) = entry.unwrap();
        let lane = u64::from_be_bytes(*key.value().first_chunk().unwrap());
        count(lane, record.value(), Some(Place::of(key.value())));
    }
    for entry in read.open_table(BEHIND).unwrap().iter().unwrap() {
        let (key, record) = entry.unwrap();
        let lane = u64::from_be_bytes(*key.value().first_chunk().unwrap());
        count(lane, record.value(), None);
    }
    let rows: BTreeMap<u64, (u64, u64)> = ledger
        .lanes()
        .map(|(lane, row)| (lane, (row.deliveries, row.bytes)))
        .collect();
    assert_eq!(rows, lanes);
    let keys = read.open_table(ORDERING_KEYS).unwrap();
    let counted: BTreeMap<Vec<u8>, (u64, u64)> = keys
        .iter()
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|(key, count)| (key.value().to_vec(), (count.value(), 1)))
        .collect();
    assert_eq!(counted, ordering);
    let counts = read.open_table(REFERENCES).unwrap();
    assert!(counts.len().unwrap() <= references.len() as u64);
    for (event, count) in &references {
        let counted = counts.get(event).unwrap().map_or(1, |count| count.value());
        assert_eq!(counted, *count, "deliveries of event {event}");
    }
    let events = read.open_table(EVENTS).unwrap();
    let pieces = read.open_table(PIECES).unwrap();
    let mut in_pieces = BTreeSet::new();
    let events = events.iter().unwrap().map(|event| event.unwrap());
    let events = events.map(|(number, stands)| {
        let number = number.value();
        if stands.value().is_empty() {
            in_pieces.insert(number);
        }
        serde_json::from_slice::<&RawValue>(&whole(&pieces, number, stands.value()).unwrap()).unwrap();
        number
    });
    let events: Vec<u64> = events.collect();
    assert_eq!(events, references.into_keys().collect::<Vec<_>>());
    contents.events = events.len();
    assert_eq!(read.open_table(STAGED).unwrap().len().unwrap(), 0);
    dead_letters(&read, &mut contents, &mut in_pieces);
    let pieces = pieces.iter().unwrap().map(|piece| piece.unwrap().0.value().0);
    assert_eq!(pieces.collect::<BTreeSet<_>>(), in_pieces);
    let keys = read.open_table(DEDUPLICATION).unwrap().len().unwrap();
    assert!(read.open_table(EXPIRIES).unwrap().len().unwrap() >= keys);
    contents.keys = usize::try_from(keys).unwrap();
    let mut by_space: BTreeMap<String, u64> = BTreeMap::new();
    for key in read.open_table(DEDUPLICATION).unwrap().iter().unwrap() {
        let space = first_text(key.unwrap().0.value()).to_owned();
        *by_space.entry(space).or_default() += 1;
    }
    let counts = read.open_table(KEY_COUNTS).unwrap();
    let counts = counts.iter().unwrap().map(|count| count.unwrap());
    let counts = counts.map(|(space, count)| (space.value().to_owned(), count.value()));
    assert_eq!(counts.collect::<BTreeMap<_, _>>(), by_space);
    contents
}

fn dead_letters(read: &redb::ReadTransaction, contents: &mut Contents, in_pieces: &mut BTreeSet<u64>) {
    let pieces = read.open_table(PIECES).unwrap();
    let mut by_number = BTreeMap::new();
    let mut spaces = BTreeMap::new();
    let mut ids = BTreeSet::new();
    let rows = read.open_table(DEAD_ROWS).unwrap();
    for entry in read.open_table(DEAD).unwrap().iter().unwrap() {
        let (key, stands) = entry.unwrap();
        let number = number_of(key.value());
        if stands.value().is_empty() {
            in_pieces.insert(number);
        }
        let json = whole(&pieces, number, stands.value()).unwrap();
        let letter: DeadLetter = serde_json::from_slice(&json).unwrap();
        let row = rows.get(number).unwrap().unwrap();
        let row = DeadRow::decode(row.value()).unwrap();
        assert_eq!(row.weigh(json.len()), row, "weight of {number}");
        assert_eq!(
            (row.space, row.subscription, row.id),
            (
                letter.space.as_str(),
                letter.subscription_id.as_str(),
                letter.delivery_id.as_str()
            )
        );
        let summary: DeadLetterSummary = serde_json::from_slice(row.summary).unwrap();
        assert_eq!(summary, letter.summary(json.len()));
        let space: &mut DeadSpace = spaces.entry(row.space.to_owned()).or_default();
        space.letters += 1;
        space.bytes += row.bytes;
        ids.insert((row.space.to_owned(), row.id.to_owned()));
        by_number.insert(number, letter.delivery_id.to_string());
    }
    assert_eq!(rows.len().unwrap(), by_number.len() as u64);
    for entry in read.open_table(DEAD_SPACES).unwrap().iter().unwrap() {
        let (key, row) = entry.unwrap();
        let counted = DeadSpace::decode(row.value()).unwrap();
        let name = str::from_utf8(&key.value()[4..]).unwrap();
        let there = spaces.remove(name).unwrap_or_default();
        assert_eq!(
            (counted.letters, counted.bytes),
            (there.letters, there.bytes),
            "{name}"
        );
        assert_ne!(counted, DeadSpace::default(), "{name}");
        contents.dropped += counted.dropped;
        contents.dead_bytes += counted.bytes;
    }
    assert!(spaces.is_empty(), "{spaces:?}");
    let by_subscription = read.open_table(DEAD_OF_SUBSCRIPTION).unwrap();
    let by_subscription: BTreeSet<u64> = by_subscription
        .iter()
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|(key, number)| {
            assert_eq!(number_of(key.value()), number.value());
            number.value()
        })
        .collect();
    assert_eq!(by_subscription, by_number.keys().copied().collect());
    let by_id = read.open_table(DEAD_BY_ID).unwrap();
    for entry in by_id.iter().unwrap() {
        let number = entry.unwrap().1.value();
        assert!(by_number.contains_key(&number));
    }
    contents.dead = by_number.into_values().collect();
    assert_eq!(by_id.len().unwrap(), ids.len() as u64);
}
