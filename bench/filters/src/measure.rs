//! Times and bytes of a piece of work.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// Rounds of which the median counts: the machine may be busy.
const ROUNDS: usize = 9;
/// How long a round takes at least.
const ROUND: Duration = Duration::from_millis(60);

/// Microseconds that one call of `work` takes, the median of some rounds.
pub fn micros<T>(mut work: impl FnMut() -> T) -> f64 {
    let mut calls = 1_u32;
    loop {
        let taken = time(calls, &mut work);
        if taken >= ROUND || calls > 1 << 24 {
            break;
        }
        calls *= 2;
    }
    let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| time(calls, &mut work).as_secs_f64() * 1e6 / f64::from(calls)).collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

fn time<T>(calls: u32, work: &mut impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(work());
    }
    start.elapsed()
}

/// Milliseconds that `work` takes once, the median of some rounds.
pub fn once_millis<T>(mut work: impl FnMut() -> T) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| time(1, &mut work).as_secs_f64() * 1e3).collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

/// What `work` makes, and the bytes that are allocated for as long as that lives.
pub fn bytes<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let mut made = None;
    let counted = allocation_counter::measure(|| made = Some(work()));
    let made = made.unwrap_or_else(|| unreachable!("measured work is done"));
    (made, u64::try_from(counted.bytes_current).unwrap_or(0))
}

/// Prints a line of the table.
pub fn figure(scenario: &str, what: &str, value: f64, unit: &str) {
    println!("{scenario:<20} {what:<34} {value:>12.2} {unit}");
}
