//! One commit: a batch of requests becomes a transaction, and then what workers see.

use domain::dead_letter::{DeadLetter, DeadLetterSelection};
use domain::delivery::Delivery;

use super::accounts::{Amount, Claims};
use super::bodies::Bodies;
use super::changes::{Changes, Placed, Stood};
use super::dead_letters::revived;
use super::dropping::Dropped;
use super::enqueue::Parcel;
use super::jobs::{Batch, Clear, Cleared};
use super::lane::Entry;
use super::ledger::Ledger;
use super::record::LaneName;
use super::removed::Removed;
use super::schedule::{Held, Schedule, ScheduleState};
use super::settlement::Verdict;
use super::tables::{EngineError, Tables};
use super::withdrawal::Withdrawn;
use crate::{QueueError, Unsent};

/// Most dead letters that a commit clears, and bytes after which it takes no more of them.
const MOST_CLEARED: usize = 256;
const MOST_CLEARED_BYTES: u64 = 1024 * 1024;

/// What a transaction did.
#[derive(Default)]
pub(super) struct Done {
    /// For each settlement the delivery that took its turn.
    settled: Vec<Option<Stood>>,
    /// For each send where its deliveries are, or why they are not queued.
    sent: Vec<Result<Vec<Placed>, QueueError>>,
    cleared: Vec<Result<Cleared, QueueError>>,
    /// For each part that was written ahead the number of its value and how many pieces that has.
    staged: Vec<Option<(u64, u32)>>,
    withdrawn: Vec<Withdrawn>,
    removed: Removed,
    revived: Vec<Revived>,
    /// Lanes that hold nothing any more.
    emptied: Vec<u64>,
    dropped: Dropped,
}

/// A dead letter that is queued again.
struct Revived {
    parcel: Parcel,
    placed: Vec<Placed>,
    room: Held,
}

impl Batch {
    /// Writes all of it into a transaction.
    pub(super) fn write(
        &self,
        tables: &mut Tables<'_>,
        ledger: &mut Ledger,
        bodies: &mut Bodies,
        schedule: &std::sync::Arc<Schedule>,
    ) -> Result<Done, EngineError> {
        let (now, wall) = (schedule.clock.now(), schedule.clock.wall());
        let mut changes = Changes {
            tables,
            ledger,
            bodies,
            now,
            wall,
            keys_per_space: schedule.limits.spaces.deduplication_keys as u64,
        };
        let mut done = Done::default();
        // What the batch itself brings is not taken out by it.
        let until = changes.ledger.next_number();
        for settlement in &self.settlements {
            done.settled.push(changes.settle(settlement)?);
        }
        for send in &self.sends {
            done.sent.push(changes.enqueue(&send.parcel)?);
        }
        for stage in &self.stages {
            done.staged.push(changes.write_ahead(stage)?);
        }
        for number in &self.unstages {
            changes.unstage(*number)?;
        }
        for clear in &self.clears {
            let hold = |deliveries: &[Delivery], bytes| schedule.hold(Claims::of(deliveries, bytes));
            let cleared = changes.clear(clear, hold, &mut done.revived)?;
            done.cleared.push(cleared);
        }
        for withdrawal in &self.withdrawals {
            let withdrawn = changes.withdraw(withdrawal, until, schedule, &mut done.removed)?;
            done.withdrawn.push(withdrawn);
        }
        changes.forget_keys(self.sends.len())?;
        done.dropped = changes.drop_dead_letters(&schedule.limits.dead_letters, self.buried())?;
        done.emptied = ledger.save(tables, now)?;
        Ok(done)
    }

    /// How many dead letters it brings.
    fn buried(&self) -> usize {
        let verdicts = self.settlements.iter().map(|settlement| &settlement.verdict);
        verdicts
            .filter(|verdict| matches!(verdict, Verdict::Dead(_)))
            .count()
    }

    /// Shows workers what was written, and answers those who waited for it.
    pub(super) fn publish(self, done: Done, schedule: &Schedule) {
        let mut answers = Vec::with_capacity(self.sends.len());
        schedule.change(|state| {
            for (settlement, stood) in self.settlements.into_iter().zip(done.settled) {
                state.written(&settlement);
                state.behind -= usize::from(settlement.completes() && stood.is_some()).min(state.behind);
                if let Some(stood) = stood {
                    state.stand(stood);
                }
            }
            for (send, placed) in self.sends.into_iter().zip(done.sent) {
                let answer = match placed {
                    Ok(placed) => {
                        state.queued(send.parcel, placed);
                        Ok(())
                    }
                    Err(error) => Err(Unsent {
                        error,
                        deliveries: send.parcel.deliveries,
                    }),
                };
                send.room.fill(state);
                answers.push((send.answer, answer));
            }
            for Revived { parcel, placed, room } in done.revived {
                state.queued(parcel, placed);
                room.fill(state);
            }
            state.removed(done.removed);
            state.end_claims();
            for lane in done.emptied {
                state.turns.remove(lane);
            }
        });
        done.dropped.count();
        // Who stopped waiting gets no answer; what it asked for is done all the same.
        for (sender, answer) in answers {
            let _ = sender.send(answer);
        }
        for (stage, staged) in self.stages.into_iter().zip(done.staged) {
            stage.answer(staged);
        }
        for (clear, cleared) in self.clears.into_iter().zip(done.cleared) {
            let _ = clear.answer.send(cleared);
        }
        for (withdrawal, withdrawn) in self.withdrawals.into_iter().zip(done.withdrawn) {
            let _ = withdrawal.answer.send(Ok(withdrawn));
        }
    }
}

impl Changes<'_, '_> {
    /// Deletes or queues some dead letters: as many as fit into a commit.
    fn clear(
        &mut self,
        clear: &Clear,
        hold: impl Fn(&[Delivery], u64) -> Result<Held, QueueError>,
        all_revived: &mut Vec<Revived>,
    ) -> Result<Result<Cleared, QueueError>, EngineError> {
        let until = clear.until.unwrap_or_else(|| self.ledger.next_number());
        let most = clear.limit.min(MOST_CLEARED);
        let numbers = self.selected(&clear.space, &clear.selection, until, most)?;
        let mut bytes = 0;
        let mut cleared = Cleared {
            count: 0,
            until,
            more: numbers.len() == most,
        };
        for number in numbers {
            if bytes >= MOST_CLEARED_BYTES {
                cleared.more = true;
                break;
            }
            if clear.redrive {
                let json = self.dead_letter(&clear.space, number)?;
                let Ok(letter) = serde_json::from_slice::<DeadLetter>(&json) else {
                    // It may be deleted, or read by the version that wrote it.
                    tracing::error!(number, "A dead letter cannot be read and is left where it is.");
                    continue;
                };
                let parcel = Parcel::new(vec![revived(letter, self.wall)], 0);
                let room = match hold(&parcel.deliveries, parcel.share) {
                    Ok(room) => room,
                    Err(error) if cleared.count == 0 => return Ok(Err(error)),
                    Err(_) => {
                        cleared.more = false;
                        break;
                    }
                };
                let placed = match self.enqueue(&parcel)? {
                    Ok(placed) => placed,
                    Err(refused) => return Ok(Err(refused)),
                };
                all_revived.push(Revived { parcel, placed, room });
            }
            bytes += self.exhume(&clear.space, number)?;
            cleared.count += 1;
        }
        // Those that cannot be read would be asked for again and again.
        cleared.more &= cleared.count > 0;
        if !cleared.more && !clear.redrive && clear.selection == DeadLetterSelection::All {
            self.ledger.dead.forget_dropped(&clear.space);
        }
        Ok(Ok(cleared))
    }
}

impl ScheduleState {
    /// A delivery came to stand at a place.
    pub(super) fn stand(&mut self, Stood { lane, place, entry }: Stood) {
        if let Some(entry) = entry {
            self.turns.put(lane, place, entry);
        } else {
            tracing::error!(lane, number = place.number, "A queued delivery cannot be read.");
        }
    }

    /// Deliveries were queued.
    fn queued(&mut self, parcel: Parcel, placed: Vec<Placed>) {
        let bytes = parcel.share;
        for (delivery, placed) in parcel.deliveries.into_iter().zip(placed) {
            let space = delivery.space.clone();
            match placed {
                Placed::Duplicate => continue,
                Placed::Behind => self.behind += 1,
                Placed::At {
                    lane,
                    place,
                    cost,
                    event_bytes,
                } => {
                    self.turns.add(lane, || LaneName::of(&delivery));
                    let mut delivery = delivery;
                    delivery.deduplication_key = None;
                    let entry = Entry {
                        delivery,
                        bytes,
                        cost,
                        event_bytes,
                    };
                    self.turns.put(lane, place, entry);
                }
            }
            self.accounts
                .change(&space, |account| account.waiting += Amount::one(bytes));
        }
    }
}
