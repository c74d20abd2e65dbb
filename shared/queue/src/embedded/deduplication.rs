//! Deduplication keys: for each space, which were used lately.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use clocks::millis;
use domain::delivery::Delivery;
use domain::ids::Space;
use redb::ReadableTable as _;

use super::changes::Changes;
use super::tables::{EngineError, composed, first_text};
use crate::QueueError;

/// How long a deduplication key is remembered.
pub const DEDUPLICATION_WINDOW: Duration = Duration::from_mins(5);

/// Keys that a commit forgets at most besides as many as it brings: a great many that run out at the same time must not
/// hold it up.
const FORGOTTEN_AT_ONCE: usize = 64;

/// What was decided on the keys of a send. Its deliveries with the same key are one event on its way to several
/// subscribers, so all of them share the fate of the first.
#[derive(Debug, Default)]
pub(super) struct Decisions(HashMap<(Space, Arc<str>), bool>);

impl Changes<'_, '_> {
    /// Whether a delivery is to be queued, as far as its key goes. A key that is fresh is used from now on.
    pub(super) fn is_fresh(
        &mut self,
        delivery: &Delivery,
        decisions: &mut Decisions,
    ) -> Result<bool, EngineError> {
        let Some(key) = &delivery.deduplication_key else {
            return Ok(true);
        };
        let decision = (delivery.space.clone(), Arc::clone(key));
        if let Some(fresh) = decisions.0.get(&decision) {
            return Ok(*fresh);
        }
        let key = composed(&[], [delivery.space.as_str(), key]);
        let used = self.tables.deduplication.get()?;
        let before = used.get(key.as_slice())?.map(|until| until.value());
        let fresh = before.is_none_or(|until| until <= self.now);
        if fresh && before.is_none() {
            self.count_key(delivery.space.as_str(), 1)?;
        }
        if fresh {
            let used = self.tables.deduplication.get()?;
            let until = self.now.saturating_add(millis(DEDUPLICATION_WINDOW));
            used.insert(key.as_slice(), until)?;
            let number = self.ledger.number();
            self.tables
                .expiries
                .get()?
                .insert((until, number), key.as_slice())?;
            let next = &mut self.ledger.next_expiry;
            *next = Some(next.map_or(until, |next| next.min(until)));
        }
        decisions.0.insert(decision, fresh);
        Ok(fresh)
    }

    /// Whether the keys of a send can be remembered: no space has as many as one may. Those of a single send may exceed
    /// that.
    pub(super) fn check_keys(
        &mut self,
        deliveries: &[Delivery],
    ) -> Result<Result<(), QueueError>, EngineError> {
        let (mut checked, mut spaces) = (None, Vec::new());
        let keyed = deliveries
            .iter()
            .filter(|delivery| delivery.deduplication_key.is_some());
        for Delivery { space, .. } in keyed {
            if checked == Some(space) {
                continue;
            }
            checked = Some(space);
            let count = self.tables.key_counts.get()?.get(space.as_str())?;
            if count.is_some_and(|count| count.value() >= self.keys_per_space) {
                spaces.push(space.clone());
            }
        }
        Ok(if spaces.is_empty() {
            Ok(())
        } else {
            Err(QueueError::KeysFull { spaces })
        })
    }

    fn count_key(&mut self, space: &str, more: i64) -> Result<(), EngineError> {
        let counts = self.tables.key_counts.get()?;
        let before = counts.get(space)?.map_or(0, |count| count.value());
        match before.saturating_add_signed(more) {
            0 => drop(counts.remove(space)?),
            count => drop(counts.insert(space, count)?),
        }
        Ok(())
    }

    /// Forgets some of the keys whose time is over; `sends` is how many may have brought new ones.
    pub(super) fn forget_keys(&mut self, sends: usize) -> Result<(), EngineError> {
        if self.ledger.next_expiry.is_none_or(|next| next > self.now) {
            return Ok(());
        }
        for _ in 0..FORGOTTEN_AT_ONCE.saturating_add(2 * sends) {
            let expiries = self.tables.expiries.get()?;
            let first = expiries.first()?;
            let first = first.map(|(expiry, key)| (expiry.value(), key.value().to_vec()));
            self.ledger.next_expiry = first.as_ref().map(|((until, _), _)| *until);
            let Some(((until, number), key)) = first.filter(|((until, _), _)| *until <= self.now) else {
                return Ok(());
            };
            expiries.remove((until, number))?;
            // A key that was used again since then has a later time.
            let used = self.tables.deduplication.get()?;
            let over = used.get(key.as_slice())?.is_some_and(|at| at.value() == until);
            if over {
                used.remove(key.as_slice())?;
                self.count_key(first_text(&key), -1)?;
            }
        }
        Ok(())
    }
}
