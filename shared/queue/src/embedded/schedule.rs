//! The part of the queue that is in memory: what may be handed out, to whom, and who is to be woken.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::Space;
use tokio::sync::Notify;

use super::Limits;
use super::accounts::{Accounts, Amount, Claims};
use super::clock::Clock;
use super::lane::Entry;
use super::removed::Removed;
use super::settlement::Settlement;
use super::tables::Place;
use super::turns::{Next, Turns};
use crate::QueueError;

/// What workers and the writer share.
#[derive(Debug)]
pub(super) struct Schedule {
    pub(super) limits: Limits,
    /// Whether what waits outlives the process.
    durable: bool,
    pub(super) clock: Clock,
    /// What [`Turns`] know of it, to be compared without a lock.
    is_shared: AtomicBool,
    /// Whether the disk has no room for anything more, as the writer last found it.
    pub(super) is_disk_full: AtomicBool,
    state: Mutex<ScheduleState>,
    /// Something may be due, or the queue may have ended.
    pub(super) changed: Notify,
}

/// What changes.
#[derive(Debug)]
pub(super) struct ScheduleState {
    pub(super) turns: Turns,
    pub(super) accounts: Accounts,
    /// Settlements that the file does not show yet.
    pub(super) unwritten: usize,
    /// Deliveries behind others with their ordering key. Counted from when the queue was opened, for the end of a queue
    /// in memory.
    pub(super) behind: usize,
    /// Places of deliveries that the transaction under way takes out of the queue.
    claimed: Vec<(u64, Place)>,
    closed: bool,
    /// When the worker who minds the time is going to wake, if there is one.
    timekeeper: Option<u64>,
}

/// What a worker is to do.
#[derive(Debug)]
pub(super) enum Step {
    /// Deliver this.
    Delivery(Taken),
    /// Have this written: it is too early for it by the clock of the machine.
    TooEarly(Settlement),
    /// Have more of a lane read.
    Load(u64),
    /// Wait for a change; the one who minds the time until then as well.
    Wait(Option<u64>),
    /// Go home.
    End,
}

/// A delivery in the hands of a worker.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) lane: u64,
    pub(super) place: Place,
    pub(super) entry: Entry,
    /// How long it has been due, in milliseconds.
    pub(super) waited: u64,
}

/// Room that is set aside.
#[derive(Debug)]
pub(super) struct Held {
    schedule: Arc<Schedule>,
    pub(super) claims: Claims,
}

impl Schedule {
    pub(super) fn new(limits: Limits, durable: bool, clock: Clock) -> Self {
        Self {
            limits,
            durable,
            clock,
            is_shared: AtomicBool::new(limits.spaces.strangers),
            is_disk_full: AtomicBool::new(false),
            state: Mutex::new(ScheduleState::new(&limits)),
            changed: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, ScheduleState> {
        // No code that holds the lock can leave the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the state.
    pub(super) fn look<T>(&self, at: impl FnOnce(&ScheduleState) -> T) -> T {
        at(&self.state())
    }

    /// Changes the state and wakes who may have something to do now.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut ScheduleState) -> T) -> T {
        let mut state = self.state();
        let result = change(&mut state);
        let (closed, wanted) = (state.closed, state.wants_worker());
        drop(state);
        // A worker who finds more than it can do wakes the next one. All have to hear of the end.
        if closed {
            self.changed.notify_waiters();
        } else if wanted {
            self.changed.notify_one();
        }
        result
    }

    /// Whether nothing is taken any more.
    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Says whether there are several spaces.
    pub(super) fn set_shared(&self, several: bool) {
        let is_shared = several || self.limits.spaces.strangers;
        if self.is_shared.load(Ordering::Relaxed) != is_shared {
            self.is_shared.store(is_shared, Ordering::Relaxed);
            self.change(|state| state.turns.ring.is_shared = is_shared);
        }
    }

    /// How many deliveries of a space wait, or may be about to.
    pub(super) fn waiting_of(&self, space: &Space) -> usize {
        let waiting = self.state().accounts.taken_by(space);
        usize::try_from(waiting).unwrap_or(usize::MAX)
    }

    /// Whether there is anything of a space: waiting, about to, or in the hands of workers.
    pub(super) fn has_any_of(&self, space: &Space) -> bool {
        self.state().accounts.spaces().contains_key(space)
    }

    /// Sets room aside.
    pub(super) fn hold(self: &Arc<Self>, claims: Claims) -> Result<Held, QueueError> {
        let mut state = self.state();
        if state.closed {
            return Err(QueueError::Closed);
        }
        let is_shared = state.turns.ring.is_shared;
        state.accounts.check(&claims, &self.limits, is_shared)?;
        set_aside(&mut state.accounts, &claims);
        Ok(Held {
            schedule: Arc::clone(self),
            claims,
        })
    }

    /// What a worker is to do now.
    pub(super) fn step(&self) -> Step {
        let (now, wall) = (self.clock.now(), self.clock.wall());
        let mut state = self.state();
        if state.closed && self.durable {
            return Step::End;
        }
        match state.turns.next(now) {
            Next::Delivery { lane, place, entry } => {
                let early = entry.delivery.deliver_at.unwrap_or(0).saturating_sub(wall);
                let step = if early > 0 {
                    state.postpone(lane, place, entry, now.saturating_add(early))
                } else {
                    let amount = Amount::one(entry.bytes);
                    state.accounts.change(&entry.delivery.space, |account| {
                        account.waiting -= amount;
                        account.in_hand += amount;
                    });
                    Step::Delivery(Taken {
                        lane,
                        place,
                        entry,
                        waited: now.saturating_sub(place.due),
                    })
                };
                if state.wants_worker() {
                    drop(state);
                    self.changed.notify_one();
                }
                step
            }
            Next::Load(lane) => Step::Load(lane),
            Next::Nothing(_) if state.has_ended() => Step::End,
            Next::Nothing(Some(time)) if state.timekeeper.is_none_or(|earlier| time < earlier) => {
                state.timekeeper = Some(time);
                Step::Wait(Some(time))
            }
            Next::Nothing(_) => Step::Wait(None),
        }
    }

    /// The worker who minded a time does so no more. It has woken and looks for itself, or went away: then another one
    /// has to mind it.
    pub(super) fn stop_minding(&self, time: u64, woken: bool) {
        let stop = |state: &mut ScheduleState| {
            if state.timekeeper == Some(time) {
                state.timekeeper = None;
            }
        };
        if woken {
            stop(&mut self.state());
        } else {
            self.change(stop);
        }
    }

    /// A worker hands back a delivery as it was.
    pub(super) fn put_back(&self, lane: u64, place: Place, entry: Entry) {
        self.change(|state| {
            let amount = Amount::one(entry.bytes);
            state.turns.release(&entry);
            state.accounts.change(&entry.delivery.space, |account| {
                account.in_hand -= amount;
                account.waiting += amount;
            });
            state.turns.change(lane, |lane| lane.put_back(place, entry));
        });
    }

    /// A worker says what became of a delivery; it is about to be written.
    pub(super) fn settle(&self, settlement: &Settlement) {
        self.change(|state| {
            let amount = Amount::one(settlement.entry.bytes);
            let delivery = &settlement.entry.delivery;
            state.turns.release(&settlement.entry);
            state.unwritten += 1;
            state.accounts.change(&delivery.space, |account| {
                account.in_hand -= amount;
                if settlement.completes() {
                    account.settled += amount;
                } else {
                    account.waiting += amount;
                }
            });
        });
    }

    /// Sees to it that a delivery is handed out to nobody, unless one has it: the transaction under way takes it out.
    pub(super) fn claim(&self, lane: u64, place: Place) -> bool {
        let mut state = self.state();
        let claims = state.turns.claim(lane, place);
        if claims {
            state.claimed.push((lane, place));
        }
        claims
    }

    /// Takes no more, and hands out only what would be lost.
    pub(super) fn close(&self) {
        self.change(|state| state.closed = true);
    }
}

impl ScheduleState {
    fn new(limits: &Limits) -> Self {
        Self {
            turns: Turns::new(limits),
            accounts: Accounts::default(),
            unwritten: 0,
            behind: 0,
            claimed: Vec::new(),
            closed: false,
            timekeeper: None,
        }
    }

    /// Whether a worker has something to do, be it to mind the time.
    fn wants_worker(&self) -> bool {
        let next = self.turns.next_time();
        let minded = next.is_none_or(|time| self.timekeeper.is_some_and(|minded| minded <= time));
        self.turns.has_ready() || !minded
    }

    /// Whether a worker minds the time.
    #[cfg(test)]
    pub(super) fn is_minded(&self) -> bool {
        self.timekeeper.is_some()
    }

    /// Takes a settlement off the books: the file shows it.
    pub(super) fn written(&mut self, settlement: &Settlement) {
        self.unwritten -= 1;
        if settlement.completes() {
            let amount = Amount::one(settlement.entry.bytes);
            let space = &settlement.entry.delivery.space;
            self.accounts.change(space, |account| account.settled -= amount);
        }
        self.turns.forget(settlement.lane, settlement.place);
    }

    /// The transaction under way is over: what it was to take out is gone, or is read from the file again.
    pub(super) fn end_claims(&mut self) {
        for (lane, place) in std::mem::take(&mut self.claimed) {
            self.turns.forget(lane, place);
        }
    }

    /// Takes deliveries off the books that were taken out of the queue.
    pub(super) fn removed(&mut self, removed: Removed) {
        for (space, amount) in removed.amounts {
            self.accounts.change(&space, |account| account.waiting -= amount);
        }
        self.behind -= removed.behind.min(self.behind);
        for stood in removed.stood {
            self.behind -= 1.min(self.behind);
            self.stand(stood);
        }
    }

    fn postpone(&mut self, lane: u64, place: Place, entry: Entry, due: u64) -> Step {
        self.turns.release(&entry);
        self.unwritten += 1;
        Step::TooEarly(Settlement::again(lane, place, entry, due))
    }

    /// Whether nothing is or will be due, once the queue is closed. What is due later is given up: this is asked of
    /// queues in memory alone.
    fn has_ended(&self) -> bool {
        let comes_forward = self.behind > 0 && self.accounts.all().in_hand.deliveries > 0;
        self.closed
            && self.accounts.all().reserved.deliveries == 0
            && self.unwritten == 0
            && self.turns.loading == 0
            && !self.turns.has_blocked()
            && !comes_forward
    }
}

impl Held {
    /// Sets other room aside in the place of this, or says that there is none.
    pub(super) fn fit(&mut self, mut claims: Claims) -> Result<(), QueueError> {
        claims.is_whole |= self.claims.is_whole;
        claims.most.clone_from(&self.claims.most);
        if claims == self.claims {
            return Ok(());
        }
        let mut state = self.schedule.state();
        give_back(&mut state.accounts, &self.claims);
        let is_shared = state.turns.ring.is_shared;
        let checked = state.accounts.check(&claims, &self.schedule.limits, is_shared);
        if checked.is_ok() {
            self.claims = claims;
        }
        set_aside(&mut state.accounts, &self.claims);
        checked
    }

    /// Takes the room off the books, along with another change: it has been filled.
    pub(super) fn fill(mut self, state: &mut ScheduleState) {
        give_back(&mut state.accounts, &std::mem::take(&mut self.claims));
    }
}

fn set_aside(accounts: &mut Accounts, claims: &Claims) {
    for (space, amount) in claims.iter() {
        accounts.change(space, |account| account.reserved += *amount);
    }
}

fn give_back(accounts: &mut Accounts, claims: &Claims) {
    for (space, amount) in claims.iter() {
        accounts.change(space, |account| account.reserved -= *amount);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.claims != Claims::default() {
            self.schedule
                .change(|state| give_back(&mut state.accounts, &self.claims));
        }
    }
}
