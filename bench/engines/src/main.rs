//! Compares embedded storage engines on the two loads of the gateway: configuration records and a delivery queue.
//!
//! `bench-engines <engine> <scenario>` runs one scenario in this process and prints `name value` lines;
//! `bench-engines all [rounds]` runs every pair in fresh processes, interleaved, and prints a table of medians.

mod crash;
mod engine;
mod entry;
mod load;
mod measure;
mod reclaim;
mod report;
mod sizes;

use std::{env, path::PathBuf};

use anyhow::{Result, bail};

use crate::engine::Kind;
use crate::sizes::{DEEP, QUEUED, RECORDS};

/// The allocator of the product, so that memory figures carry over.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["all"] => report::all(3),
        ["all", rounds] => report::all(rounds.parse()?),
        [engine, "write-until-killed", what, dir] => {
            crash::write_until_killed(engine.parse()?, what.parse()?, &PathBuf::from(dir))
        }
        [engine, "reopen", what, acknowledged, dir] => crash::reopen(
            engine.parse()?,
            what.parse()?,
            acknowledged.parse()?,
            &PathBuf::from(dir),
        ),
        [engine, scenario] => run(engine.parse()?, scenario),
        _ => bail!("usage: bench-engines all [rounds] | <engine> <scenario>"),
    }
}

/// Runs one scenario in a directory of its own, which is removed afterwards.
fn run(kind: Kind, scenario: &str) -> Result<()> {
    let dir = measure::Directory::create()?;
    match scenario {
        "put" => load::single_puts(kind, dir.path(), 2_000),
        "group" => load::grouped(kind, dir.path(), 100_000, load::Deletes::None),
        "group-deletes" => load::grouped(kind, dir.path(), 60_000, load::Deletes::Trailing),
        "group-deletes-1m" => load::grouped(kind, dir.path(), 60_000, load::Deletes::Backlog(DEEP)),
        "kill-1m" => crash::kill(kind, crash::Load::DeepQueue, dir.path()),
        "reclaim" => reclaim::run(kind, dir.path(), QUEUED),
        "open-10k" => crash::clean(kind, dir.path(), RECORDS, 0),
        "open-10k-rewritten" => crash::clean(kind, dir.path(), RECORDS, 4),
        "kill-10k" => crash::kill(kind, crash::Load::Records, dir.path()),
        "kill-200k" => crash::kill(kind, crash::Load::Queue, dir.path()),
        other => bail!("unknown scenario {other}"),
    }
}
