//! Which requests share a commit. Whoever waits for one waits for all that is in it: what is large stands in a line of its
//! space, lines take turns, and small requests go before them.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use domain::ids::Space;

use super::jobs::{Batch, Job, Read};
use super::pieces::PART;

/// Most requests taken in for a commit: those that come in meanwhile must not keep the first waiting.
const MOST_JOBS: usize = 1024;
/// Bytes after which no more requests join a commit.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of one space in a commit; what is beyond stands in line.
const SHARE: usize = 256 * 1024;
/// How long outcomes that nobody waits for wait for company.
const LINGER: Duration = Duration::from_millis(5);

/// Requests that are taken in and not in a commit yet.
#[derive(Default)]
pub(super) struct Inbox {
    /// Requests of a space in their order, with their numbers; none is empty.
    lines: HashMap<Space, VecDeque<(u64, Job)>>,
    /// Whose turn it is.
    turns: VecDeque<Space>,
    /// What is read once all with smaller numbers is written.
    reads: Vec<(u64, Read)>,
    /// Number of the next request.
    next: u64,
    /// Whether the last commit took nothing from a line, for the sake of small requests.
    passed_over: bool,
    /// Bytes of each space in the commit that is put together.
    shares: HashMap<Space, usize>,
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

impl Inbox {
    /// Whether nothing stands in line.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Waits for requests, and then for those that come along.
    pub(super) fn gather(
        &mut self,
        jobs: &Receiver<Job>,
        batch: &mut Batch,
        wait: Option<Duration>,
    ) -> Gathered {
        self.shares.clear();
        let first = match wait {
            Some(wait) => jobs.recv_timeout(wait),
            None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match first {
            Ok(job) => self.sort(job, batch),
            Err(RecvTimeoutError::Timeout) if self.is_empty() => return Gathered::Nothing,
            Err(RecvTimeoutError::Disconnected) if self.is_empty() => return Gathered::Over,
            Err(_) => {}
        }
        let end = Instant::now() + LINGER;
        for _ in 1..MOST_JOBS {
            if batch.bytes >= MOST_BYTES {
                break;
            }
            let next = match jobs.try_recv() {
                Err(_) if !batch.urgent && self.is_empty() => {
                    let left = end.saturating_duration_since(Instant::now());
                    jobs.recv_timeout(left).ok()
                }
                other => other.ok(),
            };
            match next {
                Some(job) => self.sort(job, batch),
                None => break,
            }
        }
        self.take_part(batch);
        Gathered::Some
    }

    /// Puts a request into the commit, or into the line of its space.
    fn sort(&mut self, job: Job, batch: &mut Batch) {
        let number = self.next;
        self.next += 1;
        match job {
            Job::Read(read) if !self.is_empty() => self.reads.push((number, read)),
            job => match job.space() {
                Some(space) if self.has_to_wait(space, job.bytes()) => {
                    let space = space.clone();
                    if !self.lines.contains_key(&space) {
                        self.turns.push_back(space.clone());
                    }
                    self.lines.entry(space).or_default().push_back((number, job));
                }
                _ => batch.add(job),
            },
        }
    }

    /// Whether a request goes behind others of its space, or is too much for the commit.
    fn has_to_wait(&mut self, space: &Space, bytes: usize) -> bool {
        if self.lines.contains_key(space) {
            return true;
        }
        let share = match self.shares.get_mut(space) {
            Some(share) => share,
            None => self.shares.entry(space.clone()).or_default(),
        };
        *share = share.saturating_add(bytes);
        *share > SHARE
    }

    /// Takes what is next in line, unless small requests wait that were not let past before.
    fn take_part(&mut self, batch: &mut Batch) {
        self.passed_over = !self.passed_over && !self.is_empty() && !batch.only_reads();
        if self.passed_over {
            return;
        }
        let Some(space) = self.turns.pop_front() else {
            return;
        };
        let Some(line) = self.lines.get_mut(&space) else {
            return;
        };
        let mut bytes: usize = 0;
        while let Some((_, job)) =
            line.pop_front_if(|(_, job)| bytes == 0 || bytes.saturating_add(job.bytes()) <= PART)
        {
            bytes = bytes.saturating_add(job.bytes().max(1));
            batch.add(job);
        }
        if line.is_empty() {
            self.lines.remove(&space);
        } else {
            self.turns.push_back(space);
        }
        let fronts = self.lines.values().filter_map(|line| line.front());
        let first = fronts.map(|(number, _)| *number).min().unwrap_or(u64::MAX);
        let due = self.reads.extract_if(.., |(number, _)| *number < first);
        batch.reads.extend(due.map(|(_, read)| read));
    }
}
