//! What the writer is asked for, and what of it shares a commit.

use domain::dead_letter::DeadLetterSelection;
use domain::ids::Space;
use tokio::sync::oneshot;

use super::engine::Engine;
use super::enqueue::Parcel;
use super::ledger::Ledger;
use super::schedule::Held;
use super::settlement::{Settlement, Verdict};
use super::staging::{Request, Stage};
use super::withdrawal::Withdraw;
use crate::{QueueError, Unsent};

/// What a request counts for that clears or takes out: as much as it may do in a commit.
const HEAVY: usize = 1024 * 1024;

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
    /// Write a part of something ahead.
    Stage(Stage),
    /// Delete what was written ahead.
    Unstage(u64),
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
    pub(super) stages: Vec<Stage>,
    pub(super) unstages: Vec<u64>,
    /// What it brings into the file.
    pub(super) bytes: usize,
    /// Whether somebody waits for some of it.
    pub(super) urgent: bool,
    /// Whether dead letters are to be dropped, if nothing else is to be done.
    pub(super) drops: bool,
}

impl From<Request> for Job {
    fn from(request: Request) -> Self {
        match request {
            Request::Write(stage) => Self::Stage(stage),
            Request::Delete(number) => Self::Unstage(number),
        }
    }
}

impl Job {
    /// The space that it is for; `None` for what only reads.
    pub(super) fn space(&self) -> Option<&Space> {
        match self {
            Self::Send(send) => send.parcel.deliveries.first().map(|delivery| &delivery.space),
            Self::Settle(settlement) => Some(&settlement.entry.delivery.space),
            Self::Clear(clear) => Some(&clear.space),
            Self::Withdraw(withdrawal) => Some(&withdrawal.space),
            Self::Stage(stage) => Some(&stage.space),
            Self::Load(_) | Self::Read(_) | Self::Unstage(_) => None,
        }
    }

    /// Bytes that it brings into a commit.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Send(send) => send.parcel.left(),
            Self::Settle(settlement) => match &settlement.verdict {
                Verdict::Dead(letter) => letter.text.left(),
                Verdict::Done | Verdict::Again { .. } => 0,
            },
            Self::Clear(_) | Self::Withdraw(_) => HEAVY,
            Self::Stage(stage) => stage.part.len(),
            Self::Load(_) | Self::Read(_) | Self::Unstage(_) => 0,
        }
    }
}

impl Batch {
    /// Whether nothing is to be changed in the file.
    pub(super) fn only_reads(&self) -> bool {
        self.sends.is_empty()
            && self.settlements.is_empty()
            && self.clears.is_empty()
            && self.withdrawals.is_empty()
            && self.stages.is_empty()
            && self.unstages.is_empty()
            && !self.drops
    }

    /// Takes out what gives room on a disk: dead letters that go.
    pub(super) fn take_deletes(&mut self) -> Self {
        let clears = std::mem::take(&mut self.clears);
        let (redrives, deletes) = clears.into_iter().partition(|clear| clear.redrive);
        self.clears = redrives;
        Self {
            clears: deletes,
            unstages: std::mem::take(&mut self.unstages),
            drops: std::mem::take(&mut self.drops),
            ..Self::default()
        }
    }

    /// Adds a request.
    pub(super) fn add(&mut self, job: Job) {
        self.bytes = self.bytes.saturating_add(job.bytes());
        self.urgent |= match &job {
            Job::Settle(settlement) => settlement.is_urgent(),
            Job::Unstage(_) => false,
            _ => true,
        };
        match job {
            Job::Send(send) => self.sends.push(send),
            Job::Settle(settlement) => self.settlements.push(settlement),
            Job::Load(lane) => self.loads.push(lane),
            Job::Read(read) => self.reads.push(read),
            Job::Clear(clear) => self.clears.push(clear),
            Job::Withdraw(withdrawal) => self.withdrawals.push(withdrawal),
            Job::Stage(stage) => self.stages.push(stage),
            Job::Unstage(number) => self.unstages.push(number),
        }
    }
}
