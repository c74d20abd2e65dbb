//! Dead letters in the file: by space in the order in which they were given up, by subscription, and by id.

use domain::dead_letter::{DeadLetter, DeadLetterSelection, MAX_PAGE_BYTES};
use domain::delivery::Delivery;
use domain::ids::{DeliveryId, Space, SubscriptionId};
use redb::{AccessGuard, ReadTransaction, ReadableTable};

use super::changes::Changes;
use super::dead_rows::{DeadRow, DeadSpace};
use super::pieces::{IN_PIECES, is_in_pieces, whole};
use super::staging::Text;
use super::tables::{
    Bytes, DEAD, DEAD_BY_ID, DEAD_OF_SUBSCRIPTION, DEAD_ROWS, DEAD_SPACES, EngineError, PIECES, composed,
    corrupted, number_of, numbered,
};

/// A dead letter that is ready to be written.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) space: Space,
    subscription: SubscriptionId,
    id: DeliveryId,
    pub(super) text: Text,
    /// JSON of what a list shows without the event.
    summary: Vec<u8>,
}

impl Letter {
    pub(super) fn new(letter: &DeadLetter) -> Result<Self, serde_json::Error> {
        let json = serde_json::to_vec(letter)?;
        Ok(Self {
            space: letter.space.clone(),
            subscription: letter.subscription_id.clone(),
            id: letter.delivery_id.clone(),
            summary: serde_json::to_vec(&letter.summary(json.len()))?,
            text: Text::new(json),
        })
    }
}

/// Which dead letters a list shows, and what of them.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) space: Space,
    /// Those of a subscription, or all.
    pub(super) subscription: Option<SubscriptionId>,
    /// Only those behind this number.
    pub(super) after: u64,
    /// Most of them; at least 1.
    pub(super) limit: usize,
    /// Bytes that are left of the page; `None` for one that begins here, which has one dead letter at least.
    pub(super) left: Option<usize>,
    /// Whether their events are shown.
    pub(super) events: bool,
}

/// Some dead letters.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// JSON of each, or of its summary.
    pub(super) letters: Vec<Vec<u8>>,
    /// The number of the last one if there are more.
    pub(super) next: Option<u64>,
    /// What they count for in the size of a page.
    pub(super) bytes: usize,
    /// How many of the space were dropped.
    pub(super) dropped: u64,
}

/// Most dead letters that are read at a time, and bytes after which no more are: meanwhile nothing is written.
const MOST_READ: usize = 128;
const MOST_BYTES_READ: usize = 1024 * 1024;

/// Reads the next part of a page.
pub(super) fn page(read: &ReadTransaction, listing: &Listing) -> Result<Page, EngineError> {
    let Listing { space, after, .. } = listing;
    let limit = listing.limit.clamp(1, MOST_READ);
    let left = listing.left.unwrap_or(MAX_PAGE_BYTES);
    let (dead, rows) = (read.open_table(DEAD)?, read.open_table(DEAD_ROWS)?);
    let pieces = read.open_table(PIECES)?;
    let more = limit.saturating_add(1);
    let found = match &listing.subscription {
        None => numbers(&dead, &space_key(space), *after, u64::MAX, more)?,
        Some(subscription) => {
            let start = subscription_key(space, subscription.as_str());
            let table = read.open_table(DEAD_OF_SUBSCRIPTION)?;
            numbers(&table, &start, *after, u64::MAX, more)?
        }
    };
    let key = space_key(space);
    let counts = read.open_table(DEAD_SPACES)?.get(key.as_slice())?;
    let counts = counts.map(|counts| DeadSpace::decode(counts.value())).transpose();
    let mut page = Page {
        dropped: counts
            .map_err(|_| corrupted("count of dead letters"))?
            .map_or(0, |counts| counts.dropped),
        ..Page::default()
    };
    let mut bytes = 0;
    let mut last = None;
    for number in found {
        let row = row(rows.get(number)?)?;
        let row = DeadRow::decode(row.value()).map_err(|_| corrupted("row of a dead letter"))?;
        let size = if listing.events {
            // What it counts for, which is a little more.
            usize::try_from(row.bytes).unwrap_or(usize::MAX)
        } else {
            row.summary.len()
        };
        bytes = size.saturating_add(bytes);
        let is_first = last.is_none();
        if page.letters.len() == limit
            || (bytes > MOST_BYTES_READ && !is_first)
            || (bytes > left && !(is_first && listing.left.is_none()))
        {
            page.next = last.or(Some(*after));
            break;
        }
        page.letters.push(if listing.events {
            let letter = dead.get(numbered(&key, number).as_slice())?;
            let letter = letter.ok_or_else(|| corrupted("dead letter"))?;
            whole(&pieces, number, letter.value())?.into_owned()
        } else {
            row.summary.to_vec()
        });
        page.bytes = bytes;
        last = Some(number);
    }
    Ok(page)
}

/// JSON of the dead letter with an id.
pub(super) fn letter(
    read: &ReadTransaction,
    space: &Space,
    id: &DeliveryId,
) -> Result<Option<Vec<u8>>, EngineError> {
    let key = id_key(space, id.as_str());
    let Some(number) = read.open_table(DEAD_BY_ID)?.get(key.as_slice())? else {
        return Ok(None);
    };
    let number = number.value();
    let key = numbered(&space_key(space), number);
    let Some(letter) = read.open_table(DEAD)?.get(key.as_slice())? else {
        return Ok(None);
    };
    let letter = whole(&read.open_table(PIECES)?, number, letter.value())?;
    Ok(Some(letter.into_owned()))
}

/// A dead letter as a delivery that was accepted now.
pub(super) fn revived(letter: DeadLetter, now: u64) -> Delivery {
    Delivery {
        id: letter.delivery_id,
        space: letter.space,
        subscription: letter.subscription_id,
        function: letter.function_id,
        event: letter.event,
        accepted_at: now,
        attempts: 0,
        deliver_at: None,
        ordering_key: letter.ordering_key.map(Into::into),
        deduplication_key: None,
        // The count as well: what went round does not begin anew.
        arrival: letter.arrival,
    }
}

impl Changes<'_, '_> {
    /// Adds a dead letter, as the newest; one that was written ahead as of when that began.
    pub(super) fn bury(&mut self, letter: &Letter) -> Result<(), EngineError> {
        let Letter { space, text, .. } = letter;
        let (number, stands) = if let Some(number) = self.take_up(text)? {
            (number, IN_PIECES)
        } else {
            let number = self.ledger.number();
            (number, self.tables.cut(number, &text.json)?)
        };
        let key = numbered(&space_key(space), number);
        self.tables.dead.get()?.insert(key.as_slice(), stands)?;
        let row = DeadRow {
            buried_at: self.now,
            bytes: 0,
            space: space.as_str(),
            subscription: letter.subscription.as_str(),
            id: letter.id.as_str(),
            summary: &letter.summary,
        };
        self.enter(number, row.weigh(text.json.len()))
    }

    /// Enters a dead letter into the tables that say where it is and what it counts for.
    pub(super) fn enter(&mut self, number: u64, row: DeadRow<'_>) -> Result<(), EngineError> {
        let space = row.space.into();
        let key = numbered(&subscription_key(&space, row.subscription), number);
        self.tables
            .dead_of_subscription
            .get()?
            .insert(key.as_slice(), number)?;
        let key = id_key(&space, row.id);
        self.tables.dead_by_id.get()?.insert(key.as_slice(), number)?;
        self.tables
            .dead_rows
            .get()?
            .insert(number, row.encode().as_slice())?;
        self.ledger.dead.add(&space, row.bytes, row.buried_at);
        Ok(())
    }

    /// Numbers of the first dead letters of a selection, before `until`.
    pub(super) fn selected(
        &mut self,
        space: &Space,
        selection: &DeadLetterSelection,
        until: u64,
        limit: usize,
    ) -> Result<Vec<u64>, EngineError> {
        match selection {
            DeadLetterSelection::All => numbers(self.tables.dead.get()?, &space_key(space), 0, until, limit),
            DeadLetterSelection::OfSubscription(subscription) => {
                let start = subscription_key(space, subscription.as_str());
                numbers(self.tables.dead_of_subscription.get()?, &start, 0, until, limit)
            }
            DeadLetterSelection::One(id) => {
                let key = id_key(space, id.as_str());
                let number = self.tables.dead_by_id.get()?.get(key.as_slice())?;
                let number = number.map(|number| number.value());
                Ok(number.filter(|number| *number < until).into_iter().collect())
            }
        }
    }

    /// The JSON of a dead letter.
    pub(super) fn dead_letter(&mut self, space: &Space, number: u64) -> Result<Vec<u8>, EngineError> {
        let key = numbered(&space_key(space), number);
        let letter = self.tables.dead.get()?.get(key.as_slice())?;
        let letter = letter.ok_or_else(|| corrupted("dead letter"))?;
        Ok(whole(self.tables.pieces.get()?, number, letter.value())?.into_owned())
    }

    /// Deletes a dead letter, whether it can be read or not; gives what it counted for.
    pub(super) fn exhume(&mut self, space: &Space, number: u64) -> Result<u64, EngineError> {
        let row = row(self.tables.dead_rows.get()?.remove(number)?)?
            .value()
            .to_vec();
        let row = DeadRow::decode(&row).map_err(|_| corrupted("row of a dead letter"))?;
        let key = numbered(&space_key(space), number);
        let in_pieces = is_in_pieces(self.tables.dead.get()?.remove(key.as_slice())?);
        if in_pieces {
            self.tables.delete_pieces(number)?;
        }
        let key = numbered(&subscription_key(space, row.subscription), number);
        self.tables.dead_of_subscription.get()?.remove(key.as_slice())?;
        // Should there be two with the same id, it stands for the newer.
        let key = id_key(space, row.id);
        let by_id = self.tables.dead_by_id.get()?;
        let known = by_id
            .get(key.as_slice())?
            .is_some_and(|known| known.value() == number);
        if known {
            by_id.remove(key.as_slice())?;
        }
        self.ledger.dead.subtract(space, row.bytes);
        Ok(row.bytes)
    }

    /// Number of the oldest dead letter of a space.
    pub(super) fn oldest_of(&mut self, space: &Space) -> Result<u64, EngineError> {
        let first = numbers(self.tables.dead.get()?, &space_key(space), 0, u64::MAX, 1)?;
        first
            .first()
            .copied()
            .ok_or_else(|| corrupted("count of dead letters"))
    }
}

fn row(row: Option<AccessGuard<'_, Bytes>>) -> Result<AccessGuard<'_, Bytes>, EngineError> {
    row.ok_or_else(|| corrupted("row of a dead letter"))
}

/// Numbers at the end of the keys that begin like this, behind `after` and before `until`.
fn numbers<V: redb::Value + 'static>(
    table: &impl ReadableTable<Bytes, V>,
    start: &[u8],
    after: u64,
    until: u64,
    limit: usize,
) -> Result<Vec<u64>, EngineError> {
    let (from, to) = (numbered(start, after.saturating_add(1)), numbered(start, until));
    if from >= to {
        return Ok(Vec::new());
    }
    let found = table.range(from.as_slice()..to.as_slice())?;
    let numbers = found.take(limit).map(|entry| Ok(number_of(entry?.0.value())));
    numbers.collect()
}

/// What the keys of the dead letters of a space begin with.
pub(super) fn space_key(space: &Space) -> Vec<u8> {
    composed(&[], [space.as_str()])
}

fn subscription_key(space: &Space, subscription: &str) -> Vec<u8> {
    composed(&[], [space.as_str(), subscription])
}

fn id_key(space: &Space, id: &str) -> Vec<u8> {
    composed(&[], [space.as_str(), id])
}
