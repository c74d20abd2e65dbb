//! Times and bytes of a piece of work.

use std::{hint::black_box, time::Duration};

use anyhow::Result;
use nix::time::{ClockId, clock_gettime};

/// Rounds of which the best counts: what else the machine does makes the others slower.
const ROUNDS: usize = 9;
/// How long a round takes at least.
const ROUND: Duration = Duration::from_millis(30);

/// Microseconds that one call of `work` takes, in the best of some rounds.
pub fn micros<T>(mut work: impl FnMut() -> T) -> Result<f64> {
    let mut calls = 1_u32;
    while time(calls, &mut work)? < ROUND && calls < 1 << 24 {
        calls *= 2;
    }
    Ok(best(calls, &mut work)? * 1e6 / f64::from(calls))
}

/// Milliseconds that `work` takes once, in the best of some rounds.
pub fn once_millis<T>(mut work: impl FnMut() -> T) -> Result<f64> {
    Ok(best(1, &mut work)? * 1e3)
}

/// Seconds of so many calls.
fn best<T>(calls: u32, work: &mut impl FnMut() -> T) -> Result<f64> {
    (0..ROUNDS).try_fold(f64::INFINITY, |best, _| {
        Ok(best.min(time(calls, work)?.as_secs_f64()))
    })
}

/// The time of the processor that this thread had: others may have it in between.
fn time<T>(calls: u32, work: &mut impl FnMut() -> T) -> Result<Duration> {
    let start = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?;
    for _ in 0..calls {
        black_box(work());
    }
    let end = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?;
    Ok(Duration::from(end - start))
}

/// What `work` makes, and the bytes that are allocated for as long as that lives.
#[cfg(feature = "bytes")]
pub fn bytes<T>(work: impl FnOnce() -> T) -> (T, Option<i64>) {
    let mut made = None;
    let counted = allocation_counter::measure(|| made = Some(work()));
    let made = made.unwrap_or_else(|| unreachable!("measured work is done"));
    (made, Some(counted.bytes_current))
}

/// What `work` makes. Bytes are counted with the feature of that name.
#[cfg(not(feature = "bytes"))]
pub fn bytes<T>(work: impl FnOnce() -> T) -> (T, Option<i64>) {
    (work(), None)
}

/// Prints a line of the table.
pub fn figure(scenario: &str, what: &str, value: f64, unit: &str) {
    println!("{scenario:<20} {what:<34} {value:>12.2} {unit}");
}
