//! What the writer is asked for, and how requests are gathered into one commit.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use domain::dead_letter::DeadLetterSelection;
use domain::ids::Space;
use tokio::sync::oneshot;

use super::engine::Engine;
use super::enqueue::Parcel;
use super::ledger::Ledger;
use super::schedule::Held;
use super::settlement::{Settlement, Verdict};
use super::withdrawal::Withdraw;
use crate::{QueueError, Unsent};

/// Most requests in a commit: those that come in meanwhile must not keep the first waiting.
const MOST_JOBS: usize = 1024;
/// Bytes of events after which no more requests join a commit.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// How long outcomes that nobody waits for wait for company.
const LINGER: Duration = Duration::from_millis(5);

/// A request to the writer.
pub(super) enum Job {
    /// Queue these.
    Send(Send),
    /// This is what became of a delivery.
    Settle(Settlement),
    /// Read more of a lane.
    Load(u64),
    /// Read something else.
    Read(Read),
    /// Do something about dead letters.
    Clear(Clear),
    /// Take deliveries out that wait.
    Withdraw(Withdraw),
}

/// Deliveries to queue in the room set aside for them.
pub(super) struct Send {
    pub(super) parcel: Parcel,
    pub(super) room: Held,
    pub(super) answer: oneshot::Sender<Result<(), Unsent>>,
}

/// Reads something once all that was asked for before is in the file; gives whether the engine is still good.
pub(super) type Read = Box<dyn FnOnce(Result<(&Engine, &Ledger), QueueError>) -> bool + std::marker::Send>;

/// Some dead letters to delete, or to queue again.
pub(super) struct Clear {
    pub(super) space: Space,
    pub(super) selection: DeadLetterSelection,
    /// Whether they are queued again.
    pub(super) redrive: bool,
    /// Most of them.
    pub(super) limit: usize,
    /// Only those before this number, or all that there are now.
    pub(super) until: Option<u64>,
    pub(super) answer: oneshot::Sender<Result<Cleared, QueueError>>,
}

/// How far a request to clear dead letters came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cleared {
    /// How many were deleted or queued.
    pub(super) count: usize,
    /// The number that all of the request are before.
    pub(super) until: u64,
    /// Whether there may be more.
    pub(super) more: bool,
}

/// Requests that share a commit.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) sends: Vec<Send>,
    pub(super) settlements: Vec<Settlement>,
    pub(super) loads: Vec<u64>,
    pub(super) reads: Vec<Read>,
    pub(super) clears: Vec<Clear>,
    pub(super) withdrawals: Vec<Withdraw>,
    bytes: usize,
    /// Whether somebody waits for some of it.
    urgent: bool,
    /// Whether dead letters are to be dropped, if nothing else is to be done.
    pub(super) drops: bool,
}

/// What came of waiting for requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gathered {
    /// Some are there.
    Some,
    /// None came in the time given.
    Nothing,
    /// None will ever come again.
    Over,
}

impl Batch {
    /// Whether nothing is to be changed in the file.
    pub(super) fn only_reads(&self) -> bool {
        self.sends.is_empty()
            && self.settlements.is_empty()
            && self.clears.is_empty()
            && self.withdrawals.is_empty()
            && !self.drops
    }

    /// Takes out what gives room on a disk: dead letters that go.
    pub(super) fn take_deletes(&mut self) -> Self {
        let clears = std::mem::take(&mut self.clears);
        let (redrives, deletes) = clears.into_iter().partition(|clear| clear.redrive);
        self.clears = redrives;
        Self {
            clears: deletes,
            drops: std::mem::take(&mut self.drops),
            ..Self::default()
        }
    }

    /// Waits for requests, and then for those that come along.
    pub(super) fn gather(&mut self, jobs: &Receiver<Job>, wait: Option<Duration>) -> Gathered {
        let first = match wait {
            Some(wait) => jobs.recv_timeout(wait),
            None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match first {
            Ok(job) => self.add(job),
            Err(RecvTimeoutError::Timeout) => return Gathered::Nothing,
            Err(RecvTimeoutError::Disconnected) => return Gathered::Over,
        }
        let end = Instant::now() + LINGER;
        while self.has_room() {
            let next = match jobs.try_recv() {
                Err(_) if !self.urgent => {
                    let left = end.saturating_duration_since(Instant::now());
                    jobs.recv_timeout(left).ok()
                }
                other => other.ok(),
            };
            match next {
                Some(job) => self.add(job),
                None => break,
            }
        }
        Gathered::Some
    }

    fn add(&mut self, job: Job) {
        self.urgent |= match &job {
            Job::Settle(settlement) => settlement.is_urgent(),
            _ => true,
        };
        match job {
            Job::Send(send) => {
                self.bytes += send.parcel.bytes;
                self.sends.push(send);
            }
            Job::Settle(settlement) => {
                if let Verdict::Dead(letter) = &settlement.verdict {
                    self.bytes += letter.bytes();
                }
                self.settlements.push(settlement);
            }
            Job::Load(lane) => self.loads.push(lane),
            Job::Read(read) => self.reads.push(read),
            Job::Clear(clear) => self.clears.push(clear),
            Job::Withdraw(withdrawal) => self.withdrawals.push(withdrawal),
        }
    }

    fn has_room(&self) -> bool {
        let jobs = self.sends.len() + self.settlements.len() + self.reads.len();
        let heavy = self.clears.len() + self.withdrawals.len();
        jobs + heavy < MOST_JOBS && self.bytes < MOST_BYTES
    }
}
