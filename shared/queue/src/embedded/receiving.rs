//! Handing deliveries out, and taking word of what became of them.

use std::pin::pin;
use std::time::Duration;

use offload::off_runtime;

use super::Embedded;
use super::dead_letters::Letter;
use super::jobs::Job;
use super::pieces::PART;
use super::receipt::EmbeddedReceipt;
use super::schedule::{Schedule, Step, Taken};
use super::settlement::{Settlement, Verdict};
use crate::{Outcome, Received, Settled};

/// Longest sleep of the worker who minds the time: the clock of the machine may be set forward meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// The worker who wakes when something is due.
struct Timekeeper<'a> {
    schedule: &'a Schedule,
    time: u64,
    /// Whether it has woken.
    woken: bool,
}

/// What came of asking for a delivery.
pub(super) enum Asked {
    Received(Box<Received>),
    Wait(Option<u64>),
    End,
}

impl Embedded {
    pub(crate) async fn receive(&self) -> Option<Received> {
        let schedule = &*self.0.schedule;
        loop {
            let mut changed = pin!(schedule.changed.notified());
            // From here on no change goes unnoticed.
            changed.as_mut().enable();
            match self.next() {
                Asked::Received(received) => return Some(*received),
                Asked::End => return None,
                Asked::Wait(None) => changed.await,
                Asked::Wait(Some(time)) => {
                    let mut timekeeper = Timekeeper {
                        schedule,
                        time,
                        woken: false,
                    };
                    let sleep = Duration::from_millis(time.saturating_sub(schedule.clock.now()));
                    // Both mean to look again.
                    let _ = tokio::time::timeout(sleep.min(LONGEST_SLEEP), changed).await;
                    timekeeper.woken = true;
                }
            }
        }
    }

    pub(super) fn next(&self) -> Asked {
        loop {
            match self.0.schedule.step() {
                Step::Delivery(taken) => return Asked::Received(Box::new(self.received(taken))),
                Step::TooEarly(settlement) => {
                    self.ask(Job::Settle(settlement));
                }
                Step::Load(lane) => {
                    self.ask(Job::Load(lane));
                }
                Step::Wait(time) => return Asked::Wait(time),
                Step::End => return Asked::End,
            }
        }
    }

    fn received(&self, taken: Taken) -> Received {
        Received {
            deliveries: vec![taken.entry.delivery.clone()],
            waited: Duration::from_millis(taken.waited),
            receipt: crate::Receipt::Embedded(EmbeddedReceipt {
                queue: self.clone(),
                lane: taken.lane,
                place: taken.place,
                entry: Some(taken.entry),
            }),
        }
    }

    /// The same as [`Self::settle`]; what is large is converted where it is in nobody's way.
    pub(crate) async fn settle_anywhere(&self, receipt: EmbeddedReceipt, outcomes: Vec<Outcome>) -> Settled {
        let bytes = receipt.entry.as_ref().map_or(0, |entry| entry.event_bytes as u64);
        match outcomes.into_iter().next() {
            Some(Outcome::DeadLetter(letter)) if bytes >= offload::LARGE_BODY as u64 => {
                let letter = off_runtime(move || Letter::new(&letter)).await;
                let Some(mut letter) = written(letter) else {
                    return Settled::Returned;
                };
                if letter.text.left() > PART {
                    self.stage(&letter.space, &mut letter.text).await;
                }
                self.settle_as(receipt, Verdict::Dead(Box::new(letter)))
            }
            Some(outcome) => self.settle(receipt, vec![outcome]),
            None => Settled::Returned,
        }
    }

    pub(crate) fn settle(&self, receipt: EmbeddedReceipt, outcomes: Vec<Outcome>) -> Settled {
        let Some(outcome) = outcomes.into_iter().next() else {
            return Settled::Returned;
        };
        let due = |pause| self.0.schedule.clock.after(pause);
        let attempts = receipt.entry.as_ref().map_or(0, |entry| entry.delivery.attempts);
        let verdict = match outcome {
            Outcome::Done => Verdict::Done,
            Outcome::Retry { pause } => Verdict::Again {
                due: due(pause),
                attempts: attempts.saturating_add(1),
            },
            Outcome::Defer { pause } => Verdict::Again {
                due: due(pause),
                attempts,
            },
            Outcome::DeadLetter(letter) => match written(Letter::new(&letter)) {
                Some(letter) => Verdict::Dead(Box::new(letter)),
                None => return Settled::Returned,
            },
        };
        self.settle_as(receipt, verdict)
    }

    pub(super) fn settle_as(&self, mut receipt: EmbeddedReceipt, verdict: Verdict) -> Settled {
        let Some(entry) = receipt.entry.take() else {
            return Settled::Returned;
        };
        let settlement = Settlement {
            lane: receipt.lane,
            place: receipt.place,
            entry,
            verdict,
        };
        let settled = if settlement.completes() {
            Settled::Completed
        } else {
            Settled::Returned
        };
        self.0.schedule.settle(&settlement);
        self.ask(Job::Settle(settlement));
        settled
    }
}

/// A dead letter, unless it cannot be written.
fn written(letter: serde_json::Result<Letter>) -> Option<Letter> {
    if let Err(error) = &letter {
        tracing::error!(%error, "A dead letter cannot be written; its delivery is made again.");
    }
    letter.ok()
}

impl Drop for Timekeeper<'_> {
    fn drop(&mut self) {
        self.schedule.stop_minding(self.time, self.woken);
    }
}
