//! Circuits against tables, a model, and many threads.

mod model;
mod registered;

use super::*;

const SETTINGS: CircuitBreakerSettings = CircuitBreakerSettings {
    failure_threshold: 3,
    min_open: Duration::from_secs(1),
    max_open: Duration::from_secs(5),
};

/// Circuits and a clock that is set by hand.
struct Bench {
    circuits: CircuitBreakers,
    now: Instant,
}

impl Bench {
    fn new(settings: CircuitBreakerSettings) -> Self {
        Self {
            circuits: CircuitBreakers::new(settings),
            now: Instant::now(),
        }
    }

    fn admit(&self, function: &str) -> CircuitAdmission {
        self.circuits
            .admit(&"shop".into(), &function.into(), Registered::default(), self.now)
    }

    fn permit(&self, function: &str) -> CallPermit {
        match self.admit(function) {
            CircuitAdmission::Call(permit) => permit,
            CircuitAdmission::Wait(wait) => panic!("{function} has to wait for {wait:?}"),
        }
    }

    fn wait(&self, function: &str) -> Duration {
        match self.admit(function) {
            CircuitAdmission::Call(permit) => panic!("{permit:?}"),
            CircuitAdmission::Wait(wait) => wait,
        }
    }

    fn fail(&self, function: &str) -> Option<CircuitChange> {
        self.permit(function).failure(self.now, 0.0)
    }

    fn succeed(&self, function: &str) -> Option<CircuitChange> {
        self.permit(function).success(self.now)
    }

    fn pass(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
    }

    fn known(&self) -> usize {
        self.circuits.0.circuits().by_function.len()
    }

    /// With the circuit of `f` open.
    fn opened() -> Self {
        let bench = Self::new(SETTINGS);
        assert_eq!(bench.fail("f"), None);
        assert_eq!(bench.fail("f"), None);
        assert_eq!(bench.fail("f"), Some(CircuitChange::Opened(SETTINGS.min_open)));
        bench
    }
}

#[test]
fn failures_in_a_row_open_and_a_probe_closes() {
    let mut bench = Bench::opened();
    assert_eq!(bench.wait("f"), Duration::from_secs(1));
    bench.pass(999);
    assert_eq!(bench.wait("f"), Duration::from_millis(1));
    bench.pass(1);
    assert_eq!(bench.succeed("f"), Some(CircuitChange::Closed));
    // The count begins anew.
    assert_eq!(bench.fail("f"), None);
    assert_eq!(bench.fail("f"), None);
    assert_eq!(bench.fail("f"), Some(CircuitChange::Opened(SETTINGS.min_open)));
}

#[test]
fn a_success_in_between_keeps_it_closed() {
    let bench = Bench::new(SETTINGS);
    for _ in 0..10 {
        assert_eq!(bench.fail("f"), None);
        assert_eq!(bench.fail("f"), None);
        assert_eq!(bench.succeed("f"), None);
    }
}

#[test]
fn calls_that_say_nothing_change_nothing() {
    let bench = Bench::new(SETTINGS);
    bench.fail("f");
    bench.fail("f");
    bench.permit("f").ignore();
    drop(bench.permit("f"));
    assert_eq!(bench.fail("f"), Some(CircuitChange::Opened(SETTINGS.min_open)));
}

#[test]
fn each_probe_that_fails_doubles_the_time_up_to_its_bound() {
    let mut bench = Bench::opened();
    bench.pass(1000);
    for seconds in [2, 4, 5, 5, 5] {
        let open = Duration::from_secs(seconds);
        assert_eq!(bench.fail("f"), Some(CircuitChange::Reopened(open)));
        assert_eq!(bench.wait("f"), open);
        bench.pass(seconds * 1000);
    }
    assert_eq!(bench.succeed("f"), Some(CircuitChange::Closed));
}

#[test]
fn jitter_takes_up_to_half_but_nothing_of_the_least() {
    for (jitter, want) in [(0.0, 4000), (0.5, 3000), (1.0, 2000), (7.0, 2000), (-7.0, 4000)] {
        let mut bench = Bench::opened();
        for _ in 0..2 {
            bench.pass(5000);
            let change = bench.permit("f").failure(bench.now, jitter);
            assert!(matches!(change, Some(CircuitChange::Reopened(_))));
        }
        assert_eq!(bench.wait("f"), Duration::from_millis(want), "{jitter}");
    }
    let bench = Bench::new(SETTINGS);
    bench.fail("f");
    bench.fail("f");
    let change = bench.permit("f").failure(bench.now, 1.0);
    assert_eq!(change, Some(CircuitChange::Opened(SETTINGS.min_open)));
}

#[test]
fn only_one_probe_at_a_time() {
    let mut bench = Bench::opened();
    bench.pass(1000);
    let probe = bench.permit("f");
    assert_eq!(bench.wait("f"), SETTINGS.min_open);
    bench.pass(60_000);
    assert_eq!(bench.wait("f"), SETTINGS.min_open);
    // A probe that is given up leaves its place to the next one, and has no say any more.
    probe.ignore();
    let second = bench.permit("f");
    bench.wait("f");
    assert_eq!(second.success(bench.now), Some(CircuitChange::Closed));
}

#[test]
fn calls_of_before_a_change_have_no_say() {
    let mut bench = Bench::new(SETTINGS);
    let mut early: Vec<_> = (0..20).map(|_| bench.permit("f")).collect();
    let mut report = |bench: &Bench| early.pop().unwrap().failure(bench.now, 0.0);
    report(&bench);
    report(&bench);
    assert!(report(&bench).is_some());
    // Open: neither longer nor closed.
    bench.pass(500);
    assert_eq!(report(&bench), None);
    assert_eq!(bench.wait("f"), Duration::from_millis(500));
    // Half-open: only the probe counts.
    bench.pass(500);
    let probe = bench.permit("f");
    assert_eq!(report(&bench), None);
    assert_eq!(bench.wait("f"), SETTINGS.min_open);
    assert_eq!(probe.success(bench.now), Some(CircuitChange::Closed));
    // Closed: those that time out late do not open it again.
    for _ in 0..10 {
        assert_eq!(report(&bench), None);
    }
    assert_eq!(bench.fail("f"), None);
}

#[test]
fn a_late_success_of_before_the_failures_does_not_close() {
    let mut bench = Bench::new(SETTINGS);
    let early = [bench.permit("f"), bench.permit("f")];
    for _ in 0..3 {
        bench.fail("f");
    }
    let [first, second] = early;
    assert_eq!(first.success(bench.now), None);
    assert_eq!(bench.wait("f"), SETTINGS.min_open);
    bench.pass(1000);
    let _probe = bench.permit("f");
    assert_eq!(second.success(bench.now), None);
    bench.wait("f");
}

#[test]
fn functions_have_circuits_of_their_own() {
    let bench = Bench::opened();
    bench.wait("f");
    assert_eq!(bench.succeed("g"), None);
    let other = bench
        .circuits
        .admit(&"other".into(), &"f".into(), Registered::default(), bench.now);
    assert!(matches!(other, CircuitAdmission::Call(_)));
}

#[test]
fn none_opens_where_they_are_turned_off() {
    let bench = Bench::new(CircuitBreakerSettings {
        failure_threshold: 0,
        ..SETTINGS
    });
    for _ in 0..1000 {
        assert_eq!(bench.fail("f"), None);
    }
    assert_eq!(bench.known(), 0);
}

#[test]
fn odd_settings_do_no_harm() {
    let odd = [
        (Duration::ZERO, Duration::ZERO, Duration::ZERO),
        (
            Duration::from_secs(9),
            Duration::from_secs(1),
            Duration::from_secs(9),
        ),
        (Duration::MAX, Duration::MAX, Duration::from_hours(365 * 24)),
    ];
    for (min_open, max_open, want) in odd {
        let mut bench = Bench::new(CircuitBreakerSettings {
            failure_threshold: 1,
            min_open,
            max_open,
        });
        assert_eq!(bench.fail("f"), Some(CircuitChange::Opened(want)));
        bench.now += want;
        assert_eq!(bench.fail("f"), Some(CircuitChange::Reopened(want)));
    }
}

#[test]
fn only_what_matters_is_remembered() {
    let mut bench = Bench::new(SETTINGS);
    let name = |number: usize| format!("f{number}");
    // Healthy functions take no room, nor do those that are healthy again.
    for number in 0..5000 {
        bench.succeed(&name(number));
        bench.permit(&name(number)).ignore();
        bench.fail("g");
        bench.succeed("g");
    }
    assert_eq!(bench.known(), 0);
    // Failing ones do, until nobody asks for them any more.
    for round in 0..10 {
        for number in 0..SWEEP_FROM {
            for _ in 0..3 {
                bench.fail(&name(round * SWEEP_FROM + number));
            }
        }
        bench.pass(2 * 60 * 60 * 1000);
    }
    assert!(bench.known() <= 2 * SWEEP_FROM, "{}", bench.known());
    // Nor is one forgotten that is asked for.
    let mut bench = Bench::opened();
    for number in 0..10 * SWEEP_FROM {
        bench.fail(&name(number));
        bench.pass(5000);
        assert!(matches!(bench.fail("f"), Some(CircuitChange::Reopened(_))));
    }
}

/// What the threads return in all.
fn in_threads(count: usize, job: &(dyn Fn() -> usize + Sync)) -> usize {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(job)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

#[test]
fn many_threads_get_one_probe_and_one_change() {
    const THREADS: usize = 8;
    let settings = CircuitBreakerSettings {
        failure_threshold: 5,
        ..SETTINGS
    };
    for round in 0..50 {
        let mut bench = Bench::new(settings);
        // All are under way when the first one fails.
        let permits = Mutex::new((0..THREADS).map(|_| bench.permit("f")).collect::<Vec<_>>());
        let opened = in_threads(THREADS, &|| {
            let permit = permits.lock().unwrap().pop().unwrap();
            usize::from(permit.failure(bench.now, 0.0).is_some())
        });
        assert_eq!(opened, 1, "round {round}");
        bench.pass(1000);
        let probes = Mutex::new(Vec::new());
        let admitted = in_threads(THREADS, &|| match bench.admit("f") {
            CircuitAdmission::Call(permit) => {
                probes.lock().unwrap().push(permit);
                1
            }
            CircuitAdmission::Wait(_) => 0,
        });
        assert_eq!(admitted, 1, "round {round}");
        let probe = probes.into_inner().unwrap().remove(0);
        assert_eq!(probe.success(bench.now), Some(CircuitChange::Closed));
    }
}

#[test]
fn conditions_name_the_worst_and_count_all() {
    let mut bench = Bench::opened();
    bench.fail("g");
    bench.succeed("fine");
    let throttled = bench.permit("patient");
    assert_eq!(throttled.throttled(bench.now, Duration::from_secs(9)), None);
    let (count, conditions) = bench.circuits.conditions(bench.now, 2);
    let named: Vec<_> = conditions.iter().map(|((_, name), _)| name.as_str()).collect();
    assert_eq!((count, named), (3, vec!["f", "g"]));
    let condition = |phase, failures, openings, wait| CircuitCondition {
        phase,
        failures,
        openings,
        wait,
    };
    let open = Some(CircuitPhase::Open);
    assert_eq!(conditions[0].1, condition(open, 0, 1, Some(SETTINGS.min_open)));
    assert_eq!(conditions[1].1, condition(None, 1, 0, None));
    bench.pass(1000);
    let (_, conditions) = bench.circuits.conditions(bench.now, 3);
    assert_eq!(
        conditions[0].1,
        condition(Some(CircuitPhase::HalfOpen), 0, 1, None)
    );
    assert_eq!(
        conditions[2].1,
        condition(None, 0, 0, Some(Duration::from_secs(8)))
    );
}
