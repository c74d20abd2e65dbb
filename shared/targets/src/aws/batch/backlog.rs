//! What waits for one destination, and how many requests are under way to it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use domain::hops::Hops;
use tokio::sync::oneshot;

use super::{Destination, Limits};
use crate::aws::failure::AwsFailure;

/// An entry that waits for a request.
pub(super) struct Waiting<E> {
    pub(super) entry: E,
    pub(super) bytes: usize,
    pub(super) reply: oneshot::Sender<Reply<E>>,
    /// How often its event was passed on.
    pub(super) hops: Hops,
}

/// What whoever sent an entry is told.
pub(super) enum Reply<E> {
    /// What became of it.
    Done(Result<Bytes, AwsFailure>),
    /// It has to be sent by itself.
    Alone(E),
}

/// The backlogs of a service, by destination. One is there only while it has something to do.
pub(super) struct Backlogs<E>(Mutex<HashMap<Destination, Backlog<E>>>);

struct Backlog<E> {
    waiting: VecDeque<Waiting<E>>,
    /// Senders, each with a request under way or about to be.
    senders: usize,
    /// Whether one of them has not taken its first batch yet: whoever comes now goes with it.
    starting: bool,
}

impl<E> Default for Backlog<E> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            senders: 0,
            starting: false,
        }
    }
}

impl<E> Default for Backlogs<E> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// Entries for one request.
pub(super) struct Taken<E> {
    pub(super) batch: Vec<Waiting<E>>,
    /// Whether enough is left for another sender, which is counted in already.
    pub(super) wants_help: bool,
}

impl<E> Backlogs<E> {
    fn locked(&self) -> MutexGuard<'_, HashMap<Destination, Backlog<E>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has an entry wait. Gives whether a sender is to be started, which is counted in already.
    pub(super) fn enter(&self, destination: &Destination, waiting: Waiting<E>, limits: Limits) -> bool {
        let mut backlogs = self.locked();
        let backlog = match backlogs.get_mut(destination) {
            Some(backlog) => backlog,
            None => backlogs.entry(destination.clone()).or_default(),
        };
        backlog.waiting.push_back(waiting);
        backlog.admit(limits)
    }

    /// The next entries for a request; with none, the sender is done and counted out. `is_first`: whether this is the
    /// first batch of this sender.
    pub(super) fn take(&self, destination: &Destination, limits: Limits, is_first: bool) -> Option<Taken<E>> {
        let mut backlogs = self.locked();
        let backlog = backlogs.get_mut(destination)?;
        if is_first {
            backlog.starting = false;
        }
        let batch = backlog.batch(limits);
        if batch.is_empty() {
            backlog.senders -= 1;
            if backlog.senders == 0 {
                backlogs.remove(destination);
            }
            return None;
        }
        let wants_help = !backlog.waiting.is_empty() && backlog.admit(limits);
        Some(Taken { batch, wants_help })
    }

    /// Stands for a sender of the backlog until it is done.
    pub(super) fn place(&self, destination: &Destination) -> Place<'_, E> {
        Place {
            backlogs: self,
            destination: Some(destination.clone()),
        }
    }
}

impl<E> Backlog<E> {
    /// Counts in another sender, if there may be one and none is about to take what waits.
    fn admit(&mut self, limits: Limits) -> bool {
        let admitted = !self.starting && self.senders < limits.in_flight;
        if admitted {
            self.starting = true;
            self.senders += 1;
        }
        admitted
    }

    /// As many of the first entries as go with one request. Those that nobody waits for any longer are left out.
    fn batch(&mut self, limits: Limits) -> Vec<Waiting<E>> {
        let mut batch = Vec::new();
        let mut bytes = 0_usize;
        while let Some(next) = self.waiting.front() {
            if !next.reply.is_closed() {
                bytes = bytes.saturating_add(next.bytes);
                let is_full = batch.len() == limits.entries || bytes > limits.bytes;
                if is_full && !batch.is_empty() {
                    break;
                }
            }
            batch.extend(self.waiting.pop_front().filter(|next| !next.reply.is_closed()));
        }
        batch
    }
}

/// A sender's place in its backlog. A sender that breaks must not leave a backlog behind in which everybody waits for it: what
/// waits is given up then, and fails for those who sent it.
pub(super) struct Place<'a, E> {
    backlogs: &'a Backlogs<E>,
    destination: Option<Destination>,
}

impl<E> Place<'_, E> {
    /// The sender is counted out already.
    pub(super) fn given_up(mut self) {
        self.destination = None;
    }
}

impl<E> Drop for Place<'_, E> {
    fn drop(&mut self) {
        if let Some(destination) = &self.destination {
            self.backlogs.locked().remove(destination);
        }
    }
}

#[cfg(test)]
impl<E> Backlogs<E> {
    pub(super) fn is_empty(&self) -> bool {
        self.locked().is_empty()
    }

    pub(super) fn waiting(&self) -> usize {
        self.locked().values().map(|backlog| backlog.waiting.len()).sum()
    }
}
