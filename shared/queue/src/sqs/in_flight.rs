//! The messages that this process has from one of the queues: those that wait for a worker and those that a worker has.
//! Of a group of the FIFO queue, one is in hand at a time.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::due::Due;

/// Messages that wait here or are in the hands of workers.
#[derive(Debug, Default)]
pub(super) struct InFlightMessages(Mutex<InFlightState>);

#[derive(Debug, Default)]
struct InFlightState {
    waiting: VecDeque<Due>,
    /// Latest receipt handle of each message, waiting or in hand: SQS may ignore those before it.
    receipt_handles: HashMap<String, String>,
    /// Groups with a message in hand.
    busy: HashSet<String>,
    /// Whether somebody keeps the messages hidden.
    kept: bool,
}

impl InFlightMessages {
    fn state(&self) -> MutexGuard<'_, InFlightState> {
        // No code that holds the lock can leave the state half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many messages are in the hands of workers.
    pub(super) fn in_hand(&self) -> usize {
        let state = self.state();
        state.receipt_handles.len() - state.waiting.len()
    }

    /// Adds a message, unless this process has it already. Gives whether somebody is to be found who keeps messages
    /// hidden, and who counts as found from now on.
    #[must_use]
    pub(super) fn add(&self, message: Due, receipt_handle: String) -> bool {
        let mut state = self.state();
        let known = state
            .receipt_handles
            .insert(message.message_id.clone(), receipt_handle);
        if known.is_none() {
            state.waiting.push_back(message);
        }
        !std::mem::replace(&mut state.kept, true)
    }

    /// Receipt handles of all messages, to be kept hidden. There is nothing to do without any, and nobody counts as
    /// doing it.
    pub(super) fn to_keep_hidden(&self) -> Option<Vec<String>> {
        let mut state = self.state();
        state.kept = !state.receipt_handles.is_empty();
        state
            .kept
            .then(|| state.receipt_handles.values().cloned().collect())
    }

    /// The next message whose group has none in hand. It is in the hands of the caller until it is released.
    pub(super) fn take(&self) -> Option<Due> {
        let InFlightState { waiting, busy, .. } = &mut *self.state();
        let is_free = |message: &Due| !message.group.as_ref().is_some_and(|group| busy.contains(group));
        let message = waiting.remove(waiting.iter().position(is_free)?)?;
        busy.extend(message.group.clone());
        Some(message)
    }

    /// The handle by which SQS can be asked for something about a message.
    pub(super) fn receipt_handle(&self, message_id: &str) -> Option<String> {
        self.state().receipt_handles.get(message_id).cloned()
    }

    /// Forgets a message that was taken.
    pub(super) fn release(&self, message_id: &str, group: Option<&str>) {
        let mut state = self.state();
        state.receipt_handles.remove(message_id);
        if let Some(group) = group {
            state.busy.remove(group);
        }
    }

    /// Forgets the messages of a group that wait, and gives their receipt handles.
    pub(super) fn drain_group(&self, group: &str) -> Vec<String> {
        self.drain(|message| message.group.as_deref() == Some(group))
    }

    /// Forgets all messages that wait, and gives their receipt handles.
    pub(super) fn drain_all(&self) -> Vec<String> {
        self.drain(|_| true)
    }

    fn drain(&self, is_meant: impl Fn(&Due) -> bool) -> Vec<String> {
        let mut state = self.state();
        let all = std::mem::take(&mut state.waiting);
        let (drained, kept): (VecDeque<_>, _) = all.into_iter().partition(is_meant);
        state.waiting = kept;
        let handles = drained
            .iter()
            .filter_map(|message| state.receipt_handles.remove(&message.message_id));
        handles.collect()
    }
}
