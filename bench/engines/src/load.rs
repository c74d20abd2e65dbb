//! The write loads: one producer that waits for its disk, and thirty-two behind one group-committing writer.

use std::{
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::Instant,
};

use anyhow::{Context, Result};

use crate::{
    engine::{Change, Kind, Store},
    entry::{queue_key, record_key, value},
    measure::{cpu, figure, memory, millis},
};

/// Producers in the group-commit loads.
const PRODUCERS: u32 = 32;
/// How far a producer's deletes trail behind its puts, in entries.
const TRAIL: u32 = 16;
/// Largest group the writer commits at once: all producers with one put and one delete each.
pub const GROUP: usize = 64;

/// Whether a grouped load deletes what it has put.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Deletes {
    /// Puts only.
    None,
    /// Each producer deletes its entries some time after they were acknowledged, without waiting for the delete.
    Trailing,
    /// As `Trailing`, in a queue that already holds this many entries: what is deleted was put long ago.
    Backlog(u64),
}

impl Deletes {
    /// Name of the load in the table.
    fn label(self) -> &'static str {
        match self {
            Self::None => "group",
            Self::Trailing => "group+del",
            Self::Backlog(_) => "group+del at 1M",
        }
    }

    /// The entry whose delete goes along with the put of `sequence`, both counted from the first new entry on.
    fn beside(self, sequence: u64) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Trailing => sequence.checked_sub(u64::from(TRAIL * PRODUCERS)),
            Self::Backlog(_) => Some(sequence),
        }
    }

    /// Entries in the queue before the load starts.
    fn backlog(self) -> u64 {
        match self {
            Self::None | Self::Trailing => 0,
            Self::Backlog(entries) => entries,
        }
    }
}

/// A change on its way to the writer; puts are answered once they are on disk.
struct Request {
    change: Change,
    answer: Option<SyncSender<()>>,
}

/// One producer, one record a commit: latency of a configuration write.
pub fn single_puts(kind: Kind, dir: &Path, count: u32) -> Result<()> {
    let mut store = Store::open(kind, dir)?;
    let mut latencies = Vec::new();
    let before = cpu()?;
    for id in 0..u64::from(count) {
        let change = Change::Put(record_key(id), value(id));
        let start = Instant::now();
        store.commit(vec![change])?;
        latencies.push(start.elapsed());
    }
    let spent = cpu()?.saturating_sub(before);
    latencies.sort_unstable();
    let at = |percent: usize| latencies.get(latencies.len() * percent / 100).copied();
    figure("put p50 µs", millis(at(50).context("no puts")?) * 1e3);
    figure("put p99 µs", millis(at(99).context("no puts")?) * 1e3);
    figure("put CPU µs", millis(spent) * 1e3 / f64::from(count));
    Ok(())
}

/// [`PRODUCERS`] threads behind one writer thread that commits whatever has gathered.
///
/// CPU is that of the whole process until the engine is closed, so background flushes and compactions are paid for.
pub fn grouped(kind: Kind, dir: &Path, count: u32, deletes: Deletes) -> Result<()> {
    let mut store = Store::open(kind, dir)?;
    if kind != Kind::File {
        fill(&mut store, deletes.backlog())?;
    }
    let before = cpu()?;
    let start = Instant::now();
    let (requests, queue) = sync_channel(GROUP * 2);
    let mut groups = 0;
    thread::scope(|scope| {
        for producer in 0..PRODUCERS {
            let requests = requests.clone();
            scope.spawn(move || produce(producer, count / PRODUCERS, deletes, &requests));
        }
        drop(requests);
        // The receiver goes when the writer fails: producers then stop instead of waiting for ever.
        let queue = queue;
        groups = write_groups(&mut store, &queue)?;
        anyhow::Ok(())
    })?;
    let elapsed = start.elapsed();
    let label = deletes.label();
    figure(&format!("{label} MB peak"), memory("VmHWM")?);
    drop(store);
    let spent = cpu()?.saturating_sub(before);
    figure(
        &format!("{label} entries/s"),
        f64::from(count) / elapsed.as_secs_f64(),
    );
    figure(
        &format!("{label} CPU µs/entry"),
        millis(spent) * 1e3 / f64::from(count),
    );
    figure(
        &format!("{label} entries/commit"),
        f64::from(count) / f64::from(groups),
    );
    Ok(())
}

/// One producer: put, wait for the disk, and send the delete of an older entry along.
fn produce(producer: u32, count: u32, deletes: Deletes, requests: &SyncSender<Request>) -> Option<()> {
    for turn in 0..count {
        // A channel for each put, as in the product: its sender goes away with the writer, so nobody waits for a dead one.
        let (answer, answered) = sync_channel(1);
        let sequence = u64::from(turn * PRODUCERS + producer);
        let tail = deletes.backlog() + sequence;
        let change = Change::Put(queue_key(tail), value(tail));
        requests
            .send(Request {
                change,
                answer: Some(answer),
            })
            .ok()?;
        if let Some(head) = deletes.beside(sequence) {
            let change = Change::Delete(queue_key(head));
            requests.send(Request { change, answer: None }).ok()?;
        }
        answered.recv().ok()?;
    }
    Some(())
}

/// Commits whatever has gathered until the last producer is gone; returns the number of commits.
fn write_groups(store: &mut Store, queue: &Receiver<Request>) -> Result<u32> {
    let mut groups = 0;
    while let Ok(first) = queue.recv() {
        let mut changes = vec![first.change];
        let mut answers: Vec<_> = first.answer.into_iter().collect();
        while changes.len() < GROUP
            && let Ok(next) = queue.try_recv()
        {
            changes.push(next.change);
            answers.extend(next.answer);
        }
        store.commit(changes)?;
        groups += 1;
        for answer in answers {
            answer.send(()).context("a producer left before its answer")?;
        }
    }
    Ok(groups)
}

/// Puts `count` queue entries in groups large enough that filling costs little time.
pub fn fill(store: &mut Store, count: u64) -> Result<()> {
    let sequences: Vec<u64> = (0..count).collect();
    for group in sequences.chunks(16 * GROUP) {
        store.commit(
            group
                .iter()
                .map(|&sequence| Change::Put(queue_key(sequence), value(sequence)))
                .collect(),
        )?;
    }
    Ok(())
}
