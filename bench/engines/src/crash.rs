//! Opening again: after a clean close, and after kill -9 in the middle of a write, with a check that nothing acknowledged is missing.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    str::FromStr,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Error, Result, bail, ensure};

use crate::{
    engine::{Change, Kind, Store},
    entry::{queue_key, record_key, value, version},
    load,
    measure::{cpu, figure, memory, millis},
    sizes::{DEEP, QUEUED, RECORDS},
};

/// Commits acknowledged after the store is full before the writer is killed.
const COMMITS_BEFORE_KILL: u64 = 500;
/// Entries put, and as many deleted, in each commit of the queue.
const QUEUE_GROUP: u64 = 32;

/// What the killed process was writing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// Configuration records, rewritten one a commit.
    Records,
    /// A queue of constant length: each commit puts at the tail and deletes at the head.
    Queue,
    /// The same with a backlog as long as the product allows.
    DeepQueue,
}

impl Load {
    fn name(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Queue => "queue",
            Self::DeepQueue => "deep-queue",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Records => "10k killed",
            Self::Queue => "200k killed",
            Self::DeepQueue => "1M killed",
        }
    }

    /// Records or queue entries that the store holds throughout.
    fn entries(self) -> u64 {
        match self {
            Self::Records => RECORDS,
            Self::Queue => QUEUED,
            Self::DeepQueue => DEEP,
        }
    }
}

impl FromStr for Load {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        [Self::Records, Self::Queue, Self::DeepQueue]
            .into_iter()
            .find(|load| load.name() == name)
            .context("unknown load")
    }
}

/// Writes `records` records, then each of them `rewrites` times again, closes, and opens in a fresh process.
pub fn clean(kind: Kind, dir: &Path, records: u64, rewrites: u64) -> Result<()> {
    let mut store = Store::open(kind, dir)?;
    fill_records(&mut store, records, rewrites)?;
    drop(store);
    let what = if rewrites == 0 { "clean" } else { "rewritten" };
    reopened(kind, "records", dir, None, &format!("10k {what}"))
}

fn fill_records(store: &mut Store, records: u64, rewrites: u64) -> Result<()> {
    let ids: Vec<u64> = (0..records * (rewrites + 1)).collect();
    for group in ids.chunks(20) {
        store.commit(
            group
                .iter()
                .map(|&id| Change::Put(record_key(id % records), value(0)))
                .collect(),
        )?;
    }
    Ok(())
}

/// Starts a writer, kills it in the middle of its writes, and opens in a fresh process.
pub fn kill(kind: Kind, load: Load, dir: &Path) -> Result<()> {
    let mut writer = command(kind)?
        .args(["write-until-killed", load.name()])
        .arg(dir)
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(writer.stdout.take().context("no pipe")?).lines();
    let mut acknowledged = None;
    for line in lines {
        let number: u64 = line?.parse()?;
        if number == COMMITS_BEFORE_KILL {
            writer.kill()?;
        }
        // The pipe is read to its end: what was acknowledged before the signal arrived counts too.
        acknowledged = Some(number);
    }
    writer.wait()?;
    reopened(kind, load.name(), dir, acknowledged, load.label())
}

/// Opens in a fresh process and passes its figures on under `label`.
fn reopened(kind: Kind, load: &str, dir: &Path, acknowledged: Option<u64>, label: &str) -> Result<()> {
    let acknowledged = acknowledged.unwrap_or(0).to_string();
    let output = command(kind)?
        .args(["reopen", load, &acknowledged])
        .arg(dir)
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "the store did not survive");
    for line in String::from_utf8(output.stdout)?.lines() {
        println!("{label} {line}");
    }
    Ok(())
}

fn command(kind: Kind) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(match kind {
        Kind::File => bail!("the plain file cannot be reopened"),
        Kind::Redb => "redb",
        Kind::RedbQuick => "redb-quick",
        Kind::Fjall => "fjall",
    });
    Ok(command)
}

/// Fills the store, then writes for ever, printing the number of each commit once it is on disk.
pub fn write_until_killed(kind: Kind, load: Load, dir: &Path) -> Result<()> {
    let mut store = Store::open(kind, dir)?;
    match load {
        Load::Records => fill_records(&mut store, RECORDS, 0)?,
        Load::Queue | Load::DeepQueue => load::fill(&mut store, load.entries())?,
    }
    let mut out = std::io::stdout().lock();
    for number in 1.. {
        store.commit(changes(load, number))?;
        writeln!(out, "{number}")?;
    }
    Ok(())
}

/// What commit `number` changes.
fn changes(load: Load, number: u64) -> Vec<Change> {
    match load {
        Load::Records => vec![Change::Put(record_key(number % RECORDS), value(number))],
        Load::Queue | Load::DeepQueue => ((number - 1) * QUEUE_GROUP..number * QUEUE_GROUP)
            .flat_map(|head| {
                let tail = load.entries() + head;
                [
                    Change::Put(queue_key(tail), value(tail)),
                    Change::Delete(queue_key(head)),
                ]
            })
            .collect(),
    }
}

/// Opens the store, prints how long that took, checks every acknowledged commit, and prints memory and idle CPU.
pub fn reopen(kind: Kind, load: Load, acknowledged: u64, dir: &Path) -> Result<()> {
    let bare = memory("VmRSS")?;
    let before = cpu()?;
    let start = Instant::now();
    let mut store = Store::open(kind, dir)?;
    ensure!(store.scan(1)? == 1, "nothing to read");
    figure("open ms", millis(start.elapsed()));
    figure("open CPU ms", millis(cpu()?.saturating_sub(before)));
    // What the gateway does next: read everything once to build its routes, or the head of its queue.
    let reads = if load == Load::Records { usize::MAX } else { 1000 };
    store.scan(reads)?;
    let before = cpu()?;
    // Long enough for background threads to show themselves; nothing is waited for.
    thread::sleep(Duration::from_millis(500));
    figure("idle CPU µs/s", millis(cpu()?.saturating_sub(before)) * 2e3);
    figure("RSS MB", memory("VmRSS")? - bare);
    let lost = lost(&store, load, acknowledged)?;
    figure("lost", f64::from(lost));
    ensure!(lost == 0, "{lost} acknowledged changes are missing");
    // A store that opens but no longer writes has not survived.
    store.commit(changes(load, acknowledged + 2))?;
    Ok(())
}

/// How many acknowledged changes the store does not show.
fn lost(store: &Store, load: Load, acknowledged: u64) -> Result<u32> {
    let mut lost = 0;
    match load {
        Load::Records => {
            for id in 0..RECORDS {
                // The last acknowledged commit that wrote this record, as in `changes`.
                let due = (0..=acknowledged)
                    .rev()
                    .find(|number| number % RECORDS == id)
                    .unwrap_or(0);
                let found = store.get(&record_key(id))?.and_then(|bytes| version(&bytes));
                lost += u32::from(found.is_none_or(|found| found < due));
            }
        }
        Load::Queue | Load::DeepQueue => {
            let deleted = acknowledged * QUEUE_GROUP;
            for sequence in 0..load.entries() + deleted {
                let found = store.get(&queue_key(sequence))?.and_then(|bytes| version(&bytes));
                // One commit more than was acknowledged may have reached the disk.
                lost += u32::from(match found {
                    Some(found) => found != sequence || sequence < deleted,
                    None => sequence >= deleted + QUEUE_GROUP,
                });
            }
        }
    }
    Ok(lost)
}
