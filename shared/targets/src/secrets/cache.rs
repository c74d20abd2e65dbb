//! Secrets that were read: good for a while, read anew before that is over, by one reader at a time.
//!
//! | age of what was read | what a call gets |
//! |---|---|
//! | below four fifths of the cache time | it |
//! | up to the cache time | it, while it is read anew alongside |
//! | beyond | what is read anew; should the place not answer, the old one for an hour more |

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clocks::TimeSource;
use tokio::time::Instant;

use self::slot::{Look, Slot};
use super::error::SecretError;
use super::source::Source;

mod slot;

/// Most secrets that are kept.
const CAPACITY: usize = 1000;

/// The secrets that were read last.
pub(super) struct Cache {
    slots: Mutex<Slots>,
    lifetime: Duration,
    capacity: usize,
    clock: TimeSource,
}

#[derive(Default)]
struct Slots {
    by_source: HashMap<Source, Used>,
    /// Counts uses; tells which was used last.
    uses: u64,
}

struct Used {
    slot: Arc<Slot>,
    last_use: u64,
}

impl Cache {
    /// An empty one whose secrets are good for a time.
    pub(super) fn new(cache_time: Duration) -> Self {
        Self {
            slots: Mutex::default(),
            lifetime: cache_time,
            capacity: CAPACITY,
            clock: TimeSource::default(),
        }
    }

    /// The secret of a source. Reading goes on when the call that waits for it ends: the next one is glad of it.
    pub(super) async fn get(
        &self,
        source: &Source,
        read: impl Future<Output = Result<String, SecretError>> + Send + 'static,
    ) -> Result<Arc<str>, Arc<SecretError>> {
        let slot = self.slot(source);
        match slot.look(self.clock.now(), self.lifetime) {
            Look::Good(text) => Ok(text),
            Look::Failed(error) => Err(error),
            Look::Aging(text) => {
                if let Ok(turn) = slot.turn.clone().try_lock_owned() {
                    let (slot, source) = (slot.clone(), source.clone());
                    let (clock, cache_time) = (self.clock.clone(), self.lifetime);
                    tokio::spawn(async move { slot.renew(turn, &source, (&clock, cache_time), read).await });
                }
                Ok(text)
            }
            Look::Missing => {
                let (source, clock, cache_time) = (source.clone(), self.clock.clone(), self.lifetime);
                let reading = tokio::spawn(async move {
                    let turn = slot.turn.clone().lock_owned().await;
                    match slot.look(clock.now(), cache_time) {
                        Look::Good(text) | Look::Aging(text) => Ok(text),
                        Look::Failed(error) => Err(error),
                        Look::Missing => slot.renew(turn, &source, (&clock, cache_time), read).await,
                    }
                });
                reading
                    .await
                    .unwrap_or_else(|_| Err(Arc::new(SecretError::Stopped)))
            }
        }
    }

    /// Drops a secret that a call was refused with, unless it was read after the call began. Says whether the next call
    /// may do better.
    pub(super) fn forget(&self, source: &Source, call_began: Instant) -> bool {
        self.slot(source).forget(call_began)
    }

    fn slot(&self, source: &Source) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.uses += 1;
        let last_use = slots.uses;
        if slots.by_source.len() >= self.capacity && !slots.by_source.contains_key(source) {
            slots.evict();
        }
        let used = slots.by_source.entry(source.clone()).or_insert_with(|| Used {
            slot: Arc::default(),
            last_use,
        });
        used.last_use = last_use;
        used.slot.clone()
    }
}

impl Slots {
    fn evict(&mut self) {
        let oldest = self.by_source.iter().min_by_key(|(_, used)| used.last_use);
        if let Some(source) = oldest.map(|(source, _)| source.clone()) {
            self.by_source.remove(&source);
        }
    }
}

#[cfg(test)]
mod tests;
