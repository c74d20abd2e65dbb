//! Disk space: what a queue that was full and is empty again leaves behind, and what reading its head then costs.

use std::{path::Path, time::Instant};

use anyhow::{Result, ensure};

use crate::{
    engine::{Change, Kind, Store},
    entry::queue_key,
    load::{GROUP, fill},
    measure::{disk, figure, millis},
};

/// Entries left in the queue.
const LEFT: u64 = 100;
/// How often the queue is filled and emptied: growth from one time to the next would be a leak.
const CYCLES: u32 = 3;

/// Puts `count` entries and deletes all but the last [`LEFT`], several times over.
pub fn run(kind: Kind, dir: &Path, count: u64) -> Result<()> {
    let mut store = Store::open(kind, dir)?;
    for cycle in 1..=CYCLES {
        fill(&mut store, count)?;
        if cycle == 1 {
            figure("disk MB, full", disk(dir)?);
        }
        let keys: Vec<u64> = (0..count - LEFT).collect();
        for group in keys.chunks(GROUP) {
            let changes = group.iter().map(|&sequence| Change::Delete(queue_key(sequence)));
            store.commit(changes.collect())?;
        }
        if cycle == 1 {
            figure("disk MB, emptied", disk(dir)?);
            let start = Instant::now();
            ensure!(store.scan(1)? == 1, "the head of the queue is gone");
            figure("head read ms, emptied", millis(start.elapsed()));
        }
    }
    figure("disk MB, emptied 3 times", disk(dir)?);
    let start = Instant::now();
    store.shrink()?;
    figure("shrink ms", millis(start.elapsed()));
    figure("disk MB, shrunk", disk(dir)?);
    drop(store);
    ensure!(Store::open(kind, dir)?.len()? == LEFT, "a delete was lost");
    Ok(())
}
