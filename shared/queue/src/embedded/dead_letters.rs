//! Dead letters in the file: by space in the order in which they were given up, by subscription, and by id.

use std::borrow::Cow;

use domain::dead_letter::{DeadLetter, DeadLetterSelection};
use domain::delivery::Delivery;
use domain::ids::{DeliveryId, Space, SubscriptionId};
use redb::{ReadTransaction, ReadableTable};
use serde::Deserialize;

use super::changes::Changes;
use super::ledger::corrupted;
use super::tables::{
    Bytes, DEAD, DEAD_BY_ID, DEAD_OF_SUBSCRIPTION, EngineError, composed, number_of, numbered,
};

/// A dead letter that is ready to be written.
#[derive(Debug)]
pub(super) struct Letter {
    space: Space,
    subscription: SubscriptionId,
    id: DeliveryId,
    json: Vec<u8>,
}

/// What the keys of a dead letter are made of.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Names<'a> {
    #[serde(borrow)]
    delivery_id: Cow<'a, str>,
    #[serde(borrow)]
    subscription_id: Cow<'a, str>,
}

impl Letter {
    pub(super) fn new(letter: &DeadLetter) -> Result<Self, serde_json::Error> {
        Ok(Self {
            space: letter.space.clone(),
            subscription: letter.subscription_id.clone(),
            id: letter.delivery_id.clone(),
            json: serde_json::to_vec(letter)?,
        })
    }
}

/// JSON of dead letters, and the number of the last one if there are more.
pub(super) type Page = (Vec<Vec<u8>>, Option<u64>);

/// Dead letters of a space, or of a subscription, behind a number.
pub(super) fn page(
    read: &ReadTransaction,
    space: &Space,
    subscription: Option<&SubscriptionId>,
    after: u64,
    limit: usize,
) -> Result<Page, EngineError> {
    let dead = read.open_table(DEAD)?;
    let limit = limit.max(1);
    let more = limit.saturating_add(1);
    let mut numbers = match subscription {
        None => numbers(&dead, &space_key(space), after, u64::MAX, more)?,
        Some(subscription) => {
            let table = read.open_table(DEAD_OF_SUBSCRIPTION)?;
            numbers(
                &table,
                &subscription_key(space, subscription.as_str()),
                after,
                u64::MAX,
                more,
            )?
        }
    };
    let next = (numbers.len() > limit).then(|| numbers[limit - 1]);
    numbers.truncate(limit);
    let letters = numbers.into_iter().map(|number| {
        let letter = dead.get(numbered(&space_key(space), number).as_slice())?;
        Ok(letter.ok_or_else(|| corrupted("dead letter"))?.value().to_vec())
    });
    Ok((letters.collect::<Result<_, EngineError>>()?, next))
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
    let key = numbered(&space_key(space), number.value());
    let letter = read.open_table(DEAD)?.get(key.as_slice())?;
    Ok(letter.map(|letter| letter.value().to_vec()))
}

/// A dead letter as a delivery that was accepted now.
pub(super) fn revived(letter: DeadLetter, now: u64) -> Delivery {
    Delivery {
        id: letter.delivery_id,
        space: letter.space,
        subscription: letter.subscription_id,
        function: letter.function_id,
        event: letter.event.into(),
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
    /// Adds a dead letter, as the newest.
    pub(super) fn bury(&mut self, letter: &Letter) -> Result<(), EngineError> {
        let number = self.ledger.number();
        let (space, subscription) = (&letter.space, letter.subscription.as_str());
        let key = numbered(&space_key(space), number);
        self.tables
            .dead
            .get()?
            .insert(key.as_slice(), letter.json.as_slice())?;
        let key = numbered(&subscription_key(space, subscription), number);
        self.tables
            .dead_of_subscription
            .get()?
            .insert(key.as_slice(), number)?;
        let key = id_key(space, letter.id.as_str());
        self.tables.dead_by_id.get()?.insert(key.as_slice(), number)?;
        self.ledger.add_dead(letter.json.len());
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
        Ok(letter.ok_or_else(|| corrupted("dead letter"))?.value().to_vec())
    }

    /// Deletes a dead letter.
    pub(super) fn exhume(&mut self, space: &Space, number: u64) -> Result<(), EngineError> {
        let json = self.dead_letter(space, number)?;
        let names: Names<'_> = serde_json::from_slice(&json).map_err(|_| corrupted("dead letter"))?;
        let key = numbered(&space_key(space), number);
        self.tables.dead.get()?.remove(key.as_slice())?;
        let key = numbered(&subscription_key(space, &names.subscription_id), number);
        self.tables.dead_of_subscription.get()?.remove(key.as_slice())?;
        // Should there be two with the same id, it stands for the newer.
        let key = id_key(space, &names.delivery_id);
        let by_id = self.tables.dead_by_id.get()?;
        let known = by_id
            .get(key.as_slice())?
            .is_some_and(|known| known.value() == number);
        if known {
            by_id.remove(key.as_slice())?;
        }
        self.ledger.subtract_dead(json.len());
        Ok(())
    }
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

fn space_key(space: &Space) -> Vec<u8> {
    composed(&[], [space.as_str()])
}

fn subscription_key(space: &Space, subscription: &str) -> Vec<u8> {
    composed(&[], [space.as_str(), subscription])
}

fn id_key(space: &Space, id: &str) -> Vec<u8> {
    composed(&[], [space.as_str(), id])
}
