//! The messages that this process has from SQS: those that wait for a worker and those that a worker has.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use domain::delivery::Delivery;

/// A message that waits for a worker.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) message_id: String,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) sent: Option<SystemTime>,
    pub(super) receive_count: u32,
}

/// Messages that wait here or are in the hands of workers, and how many workers wait for one.
#[derive(Debug, Default)]
pub(super) struct Inbox(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Waiting>,
    /// Latest receipt handle of each message, waiting or in hand: SQS may ignore those before it.
    receipt_handles: HashMap<String, String>,
    idle_workers: usize,
}

/// A worker who waits for a message.
#[derive(Debug)]
pub(super) struct IdleWorker<'a>(&'a Inbox);

impl Inbox {
    fn state(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can leave the state half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a worker as waiting until what this returns is dropped.
    pub(super) fn idle_worker(&self) -> IdleWorker<'_> {
        self.state().idle_workers += 1;
        IdleWorker(self)
    }

    /// How many workers there are: they wait for a message, or have one.
    pub(super) fn workers(&self) -> usize {
        let state = self.state();
        state.idle_workers + state.receipt_handles.len() - state.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state().waiting.is_empty()
    }

    /// Adds a message, unless this process has it already.
    pub(super) fn add(&self, message: Waiting, receipt_handle: String) {
        let mut state = self.state();
        let known = state
            .receipt_handles
            .insert(message.message_id.clone(), receipt_handle);
        if known.is_none() {
            state.waiting.push_back(message);
        }
    }

    /// The next message, which is in the hands of the caller from now on until it is released.
    pub(super) fn take(&self) -> Option<Waiting> {
        self.state().waiting.pop_front()
    }

    /// The handle by which SQS can be asked for something about a message.
    pub(super) fn receipt_handle(&self, message_id: &str) -> Option<String> {
        self.state().receipt_handles.get(message_id).cloned()
    }

    /// Forgets a message that was taken.
    pub(super) fn release(&self, message_id: &str) {
        self.state().receipt_handles.remove(message_id);
    }

    /// Forgets all messages that wait, and gives their receipt handles.
    pub(super) fn drain(&self) -> Vec<String> {
        let mut state = self.state();
        let waiting = std::mem::take(&mut state.waiting);
        let handles = waiting
            .iter()
            .filter_map(|message| state.receipt_handles.remove(&message.message_id));
        handles.collect()
    }
}

impl Drop for IdleWorker<'_> {
    fn drop(&mut self) {
        self.0.state().idle_workers -= 1;
    }
}
