//! Many processes that share a bucket, by a clock of their own: together they stay at the rate.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a simulation counts in small numbers"
)]

use super::*;
use crate::quota::Bucket;

const SECOND: u64 = 1_000_000_000;
const START: u64 = 1_800_000_000 * SECOND;
/// Time between two looks at the clock.
const TICK: u64 = 5_000_000;

/// Processes and the bucket that they share.
struct World {
    rate: FillRate,
    bucket: Bucket,
    leases: u64,
    processes: Vec<Lease>,
    /// Tokens that each process wants in a tick.
    demands: Vec<f64>,
    due: Vec<f64>,
    now: u64,
    /// What was spent in each tick.
    spent: Vec<u32>,
    is_reachable: bool,
}

impl World {
    fn new(per_second: u32, burst: u32, demands: &[f64]) -> Self {
        let rate = FillRate::new(Duration::from_nanos(SECOND / u64::from(per_second)), burst);
        Self {
            rate,
            bucket: Bucket::default(),
            leases: 0,
            processes: demands.iter().map(|_| Lease::new(rate)).collect(),
            demands: demands.to_vec(),
            due: vec![0.0; demands.len()],
            now: START,
            spent: Vec::new(),
            is_reachable: true,
        }
    }

    /// One event at a process.
    fn event(&mut self, at: usize) -> bool {
        let process = &mut self.processes[at];
        loop {
            match process.spend(1, self.rate, self.now) {
                Spending::Spent => return true,
                Spending::Refused(_) => return false,
                Spending::Lease(request) if !self.is_reachable => process.unreachable(request, self.now),
                Spending::Lease(request) => match self.bucket.take(self.rate, self.now, request) {
                    Ok((tokens, bucket)) => {
                        self.bucket = bucket;
                        self.leases += 1;
                        process.granted(tokens, request, self.leases, self.now);
                    }
                    Err(empty) => {
                        process.refused(empty, request, self.now);
                        return false;
                    }
                },
            }
        }
    }

    fn run(&mut self, seconds: u64) {
        for tick in 0..seconds * SECOND / TICK {
            let mut spent = 0;
            for step in 0..self.processes.len() {
                // Nobody is always the first.
                let at = (step + tick as usize * 7) % self.processes.len();
                self.due[at] += self.demands[at] * TICK as f64 / SECOND as f64;
                while self.due[at] >= 1.0 {
                    self.due[at] -= 1.0;
                    spent += u32::from(self.event(at));
                }
            }
            self.spent.push(spent);
            self.now += TICK;
        }
    }

    /// The most that was spent in any such time, beside what a bucket of its own would have let through.
    fn overshoot(&self, seconds: u64) -> f64 {
        let ticks = usize::try_from(seconds * SECOND / TICK).unwrap();
        let most = self
            .spent
            .windows(ticks)
            .map(|window| window.iter().sum::<u32>())
            .max();
        let allowed = seconds as f64 * f64::from(self.rate.tokens_in(SECOND)) + f64::from(self.rate.burst());
        f64::from(most.unwrap()) / allowed
    }

    /// What was spent from then on, of what there was.
    fn use_of(&self, from_second: u64) -> f64 {
        let from = usize::try_from(from_second * SECOND / TICK).unwrap();
        let spent: u32 = self.spent[from..].iter().sum();
        let seconds = (self.spent.len() - from) as f64 * TICK as f64 / SECOND as f64;
        f64::from(spent) / (seconds * f64::from(self.rate.tokens_in(SECOND)))
    }
}

#[test]
fn fifty_processes_stay_within_a_tenth_of_the_rate() {
    let even = |each: f64| vec![each; 50];
    let uneven: Vec<f64> = (0..50).map(|at| if at < 5 { 300.0 } else { 20.0 }).collect();
    let rare: Vec<f64> = (0..50).map(|at| if at == 0 { 3000.0 } else { 0.3 }).collect();
    for (what, per_second, burst, demands) in [
        ("flood", 1000, 1000, even(100.0)),
        ("twice as much", 1000, 1000, even(40.0)),
        ("long burst", 1000, 10_000, even(100.0)),
        ("no burst", 1000, 100, even(100.0)),
        ("slow", 10, 10, even(10.0)),
        ("uneven", 1000, 1000, uneven),
        ("one and many that are rare", 1000, 1000, rare),
        ("one alone", 1000, 1000, vec![5000.0]),
    ] {
        let mut world = World::new(per_second, burst, &demands);
        world.run(20);
        let over = [1, 10, 20].map(|seconds| world.overshoot(seconds));
        let used = world.use_of(10);
        assert!(over.iter().all(|over| *over <= 1.1), "{what}: {over:?}");
        assert!(used >= 0.85, "{what}: {used}");
        let leases = world.leases / 20;
        assert!(leases <= 150, "{what}: {leases} leases a second");
    }
}

#[test]
fn who_wants_less_than_there_is_gets_all_of_it_with_few_leases() {
    let mut world = World::new(1000, 1000, &[10.0; 50]);
    world.run(20);
    assert!(world.use_of(5) > 0.495, "{}", world.use_of(5));
    assert!(world.leases < 20 * 50 * 3, "{}", world.leases);
}

#[test]
fn others_that_come_and_go_are_noticed() {
    let mut world = World::new(1000, 1000, &[100.0; 50]);
    world.run(10);
    for demand in &mut world.demands[1..] {
        *demand = 0.0;
    }
    world.demands[0] = 2000.0;
    world.run(20);
    assert!(world.use_of(15) >= 0.85, "{}", world.use_of(15));
    world.demands.fill(100.0);
    world.run(10);
    assert!(world.overshoot(10) <= 1.1, "{}", world.overshoot(10));
}

#[test]
fn where_the_bucket_cannot_be_asked_each_has_its_part() {
    let mut world = World::new(1000, 1000, &[100.0; 50]);
    world.run(10);
    world.is_reachable = false;
    world.run(20);
    let used = world.use_of(10);
    assert!((0.5..=1.6).contains(&used), "{used}");
}

#[test]
fn what_was_spent_for_nothing_can_be_spent_again_and_another_rate_begins_anew() {
    let rate = FillRate::new(Duration::from_millis(100), 10);
    let mut lease = Lease::new(rate);
    let request = TokenRequest { needed: 2, wanted: 2 };
    assert_eq!(lease.spend(2, rate, START), Spending::Lease(request));
    lease.granted(2, request, 1, START);
    assert_eq!(lease.spend(2, rate, START), Spending::Spent);
    lease.give_back(2);
    assert_eq!(lease.spend(2, rate, START), Spending::Spent);
    lease.give_back(2);
    // What is not spent in time is gone.
    assert!(matches!(
        lease.spend(2, rate, START + LIFETIME),
        Spending::Lease(_)
    ));
    lease.unreachable(request, START);
    assert_eq!(lease.spend(1, rate, START), Spending::Spent);
    // The clock is set back.
    assert!(matches!(lease.spend(1, rate, START - 1), Spending::Lease(_)));
    let other = FillRate::new(Duration::from_millis(1), 10);
    assert!(matches!(lease.spend(1, other, START), Spending::Lease(_)));
}

#[test]
fn who_asks_for_more_than_there_is_keeps_nobody_from_the_rest() {
    let rate = FillRate::new(Duration::from_millis(100), 100);
    let mut lease = Lease::new(rate);
    let empty = Empty {
        wait: Duration::from_secs(9),
        left: 10,
    };
    let ask = |lease: &mut Lease, tokens| match lease.spend(tokens, rate, START) {
        Spending::Lease(request) => {
            lease.refused(empty, request, START);
            true
        }
        Spending::Refused(_) | Spending::Spent => false,
    };
    assert!(ask(&mut lease, 100));
    // Nearly as many are not asked for again, and half as many once.
    assert!(!ask(&mut lease, 99) && ask(&mut lease, 50) && !ask(&mut lease, 50));
    let Spending::Lease(request) = lease.spend(10, rate, START) else {
        panic!("nobody is asked");
    };
    lease.granted(10, request, 1, START);
    assert_eq!(lease.spend(10, rate, START), Spending::Spent);
    // One at a time it takes few times until nobody is asked any more.
    let asked = (1..100).rev().filter(|tokens| ask(&mut lease, *tokens)).count();
    assert!(asked <= 7, "{asked}");
    assert!(!ask(&mut lease, 1));
}
