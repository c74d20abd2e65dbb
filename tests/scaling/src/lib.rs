//! Whether work grows in proportion to its input. Every reader and converter of what strangers send is asked, with
//! inputs that are as hostile as they can be, so that a loop within a loop does not stay unseen.
//!
//! What is compared is the processor time of one thread for an input and for one [`FACTOR`] times as large: no time is
//! bounded, and other work on the machine is not counted. Linear work takes [`FACTOR`] times as long and quadratic work
//! the square of that, which leaves room for caches, allocators and logarithms on one side and for a linear part on the
//! other: see `MOST_GROWTH`.

use std::fs::read_to_string;
use std::hint::black_box;
use std::thread::yield_now;
use std::time::Duration;

/// How many times larger the larger input is.
pub const FACTOR: usize = 16;

/// From here on growth counts as more than linear: the geometric mean of linear and quadratic growth.
const MOST_GROWTH: f64 = 64.0;

/// Growth that needs no second look.
const CLEAR_GROWTH: f64 = 32.0;

/// How often the smaller input is worked on for one measurement: the shortest time of several counts.
const RUNS: usize = 4;

/// Where Linux tells how long a thread has run, in nanoseconds.
const SCHEDULER_STATISTICS: &str = "/proc/thread-self/schedstat";

/// Measurements before work counts as more than linear. What is quadratic is so in each of them.
const MEASUREMENTS: usize = 5;

/// Fails unless work on inputs of `size` and of [`FACTOR`] times `size` is linear.
///
/// # Panics
///
/// If the work grows faster than its input. The text names the reader and the growth.
pub fn assert_linear<I, R>(name: &str, size: usize, input: impl Fn(usize) -> I, work: impl Fn(&I) -> R) {
    let growth = growth(size, input, work);
    assert!(
        growth < MOST_GROWTH,
        "{name}: {FACTOR} times the input takes {growth:.0} times the work"
    );
}

/// How many times the work a larger input takes: the least of some measurements.
pub fn growth<I, R>(size: usize, input: impl Fn(usize) -> I, work: impl Fn(&I) -> R) -> f64 {
    let (small, large) = (input(size), input(size * FACTOR));
    let mut least = f64::INFINITY;
    for _ in 0..MEASUREMENTS {
        let on_small = (0..RUNS)
            .map(|_| time_of(&small, &work))
            .min()
            .unwrap_or_default();
        let on_large = time_of(&large, &work);
        let growth = on_large.as_secs_f64() / on_small.as_secs_f64().max(f64::MIN_POSITIVE);
        least = least.min(growth);
        if least < CLEAR_GROWTH {
            break;
        }
    }
    least
}

/// A text of `n` pieces, for inputs.
pub fn pieces(n: usize, piece: impl Fn(usize) -> String) -> String {
    (0..n).map(piece).collect::<Vec<_>>().concat()
}

/// Processor time that one thread spends on an input.
fn time_of<I, R>(input: &I, work: impl Fn(&I) -> R) -> Duration {
    let began = thread_time();
    let result = work(black_box(input));
    let took = thread_time().saturating_sub(began);
    drop(black_box(result));
    took
}

/// Processor time that this thread has had. Linux brings it up to date when the thread offers to pause.
fn thread_time() -> Duration {
    yield_now();
    let read = read_to_string(SCHEDULER_STATISTICS);
    let nanoseconds = read
        .as_deref()
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok());
    let Some(nanoseconds) = nanoseconds else {
        panic!("{SCHEDULER_STATISTICS} does not tell the processor time of this thread: {read:?}");
    };
    Duration::from_nanos(nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(size: usize) -> Vec<u64> {
        (0..size as u64).collect()
    }

    #[test]
    fn linear_work_passes() {
        let sum = |numbers: &Vec<u64>| numbers.iter().fold(0, |sum, number| black_box(sum ^ number));
        assert_linear("sum", 20_000, numbers, sum);
        assert_linear("sort", 20_000, numbers, |numbers| {
            let mut numbers: Vec<_> = numbers
                .iter()
                .map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
                .collect();
            numbers.sort_unstable();
            numbers
        });
    }

    #[test]
    fn a_loop_within_a_loop_fails() {
        let growth = growth(1_000, numbers, |numbers| {
            let mut kept: Vec<u64> = Vec::new();
            for number in numbers {
                kept.retain(|known| known != number);
                kept.push(*number);
            }
            kept
        });
        assert!(growth > MOST_GROWTH, "{growth}");
    }
}
