//! A queue in memory, bounded by entries and by bytes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use domain::delivery::Delivery;
use tokio::sync::Notify;

use crate::{QueueError, Receipt, Received};

/// How much a queue holds.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Deliveries that may wait.
    pub deliveries: usize,
    /// Bytes of events that may wait.
    pub bytes: usize,
}

/// A bounded queue in memory.
#[derive(Debug, Clone)]
pub struct InMemory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limits: Limits,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Entry>,
    /// Deliveries waiting or reserved.
    deliveries: usize,
    /// Bytes waiting or reserved.
    bytes: usize,
    closed: bool,
}

#[derive(Debug)]
struct Entry {
    delivery: Delivery,
    bytes: usize,
    queued: Instant,
}

/// Room in a queue.
#[derive(Debug)]
pub struct Reservation {
    queue: InMemory,
    deliveries: usize,
    bytes: usize,
}

impl InMemory {
    /// An empty queue.
    pub fn new(limits: Limits) -> Self {
        Self(Arc::new(Shared {
            limits,
            state: Mutex::default(),
            changed: Notify::new(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can leave the state half changed.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn reserve(&self, deliveries: usize, bytes: usize) -> Result<Reservation, QueueError> {
        let limits = self.0.limits;
        let mut state = self.state();
        if state.closed {
            return Err(QueueError::Closed);
        }
        // An empty queue takes any event: one with more subscribers than the queue has places could else never pass.
        let fits = state.deliveries + deliveries <= limits.deliveries && state.bytes + bytes <= limits.bytes;
        if !fits && state.deliveries > 0 {
            return Err(QueueError::Full);
        }
        state.deliveries += deliveries;
        state.bytes += bytes;
        Ok(Reservation {
            queue: self.clone(),
            deliveries,
            bytes,
        })
    }

    pub(crate) async fn receive(&self) -> Option<Received> {
        loop {
            let changed = self.0.changed.notified();
            {
                let mut state = self.state();
                if let Some(entry) = state.waiting.pop_front() {
                    state.deliveries -= 1;
                    state.bytes -= entry.bytes;
                    if !state.waiting.is_empty() {
                        // Notifications that nobody was waiting for are merged into one: pass it on.
                        self.0.changed.notify_one();
                    }
                    return Some(Received {
                        deliveries: vec![entry.delivery],
                        waited: entry.queued.elapsed(),
                        receipt: Receipt::Gone,
                    });
                }
                if state.closed && state.deliveries == 0 {
                    drop(state);
                    self.0.changed.notify_waiters();
                    return None;
                }
            }
            changed.await;
        }
    }

    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.0.changed.notify_waiters();
    }

    pub(crate) fn backlog(&self) -> usize {
        self.state().waiting.len()
    }
}

impl Reservation {
    pub(crate) fn send(mut self, deliveries: Vec<Delivery>) -> Result<(), QueueError> {
        let share = self.bytes / deliveries.len().max(1);
        let queued = Instant::now();
        let shared = self.queue.0.clone();
        let mut state = self.queue.state();
        for delivery in deliveries {
            if self.deliveries == 0 {
                return Err(QueueError::Full);
            }
            self.deliveries -= 1;
            self.bytes -= share;
            state.waiting.push_back(Entry {
                delivery,
                bytes: share,
                queued,
            });
            shared.changed.notify_one();
        }
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.deliveries > 0 || self.bytes > 0 {
            let mut state = self.queue.state();
            state.deliveries -= self.deliveries;
            state.bytes -= self.bytes;
        }
        // A closed queue ends when the last reservation is gone.
        self.queue.0.changed.notify_waiters();
    }
}
