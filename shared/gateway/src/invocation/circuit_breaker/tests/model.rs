//! Random histories of one function against a model of the phases that its circuit goes through.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Ask,
    /// The calls under way that it is about are numbered modulo their count.
    Succeed(usize),
    Fail {
        call: usize,
        /// Quarters: the times are whole milliseconds then, in both clocks.
        jitter_quarters: u8,
    },
    Ignore(usize),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let call = || 0_usize..8;
    prop_oneof![
        5 => Just(Step::Ask),
        2 => call().prop_map(Step::Succeed),
        4 => (call(), 0_u8..=4).prop_map(|(call, jitter_quarters)| Step::Fail { call, jitter_quarters }),
        1 => call().prop_map(Step::Ignore),
        3 => (1_u64..3000).prop_map(Step::Pass),
    ]
}

#[derive(Debug)]
struct Model {
    phase: Phase,
    /// How often the phase changed: a call belongs to the one that it was admitted in.
    phases: usize,
    failed_probes: usize,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Closed { failures_in_row: u32 },
    OpenUntil(u64),
    Probing,
    WantsProbe,
}

const HEALTHY: Phase = Phase::Closed { failures_in_row: 0 };

impl Model {
    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.phases += 1;
    }

    /// The phase of a call that passes.
    fn ask(&mut self, now: u64) -> Option<usize> {
        match self.phase {
            Phase::Closed { .. } => {}
            Phase::OpenUntil(end) if now < end => return None,
            Phase::Probing => return None,
            Phase::OpenUntil(_) | Phase::WantsProbe => self.enter(Phase::Probing),
        }
        Some(self.phases)
    }

    fn succeed(&mut self, call: usize) -> Option<CircuitChange> {
        if call != self.phases {
            return None;
        }
        if let Phase::Closed { .. } = self.phase {
            self.phase = HEALTHY;
            return None;
        }
        self.failed_probes = 0;
        self.enter(HEALTHY);
        Some(CircuitChange::Closed)
    }

    fn fail(&mut self, call: usize, jitter_quarters: u8, now: u64) -> Option<CircuitChange> {
        if call != self.phases {
            return None;
        }
        let change = if let Phase::Closed { failures_in_row } = &mut self.phase {
            *failures_in_row += 1;
            if *failures_in_row < SETTINGS.failure_threshold {
                return None;
            }
            CircuitChange::Opened
        } else {
            self.failed_probes += 1;
            CircuitChange::Reopened
        };
        let bound = [1000, 2000, 4000]
            .get(self.failed_probes)
            .copied()
            .unwrap_or(5000);
        let open = (bound - bound / 8 * u64::from(jitter_quarters)).max(1000);
        self.enter(Phase::OpenUntil(now + open));
        Some(change(Duration::from_millis(open)))
    }

    fn ignore(&mut self, call: usize) {
        if call == self.phases && matches!(self.phase, Phase::Probing) {
            self.phase = Phase::WantsProbe;
        }
    }
}

/// Takes one of the calls under way.
fn take(calls: &mut Vec<(CallPermit, usize)>, which: usize) -> Option<(CallPermit, usize)> {
    let which = which.checked_rem(calls.len())?;
    Some(calls.remove(which))
}

fn follow(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut bench = Bench::new(SETTINGS);
    let mut model = Model {
        phase: HEALTHY,
        phases: 0,
        failed_probes: 0,
    };
    let mut now = 0;
    let mut calls = Vec::new();
    for step in steps {
        match step {
            Step::Ask => match (bench.admit("f"), model.ask(now)) {
                (CircuitAdmission::Call(permit), Some(phase)) => calls.push((permit, phase)),
                (CircuitAdmission::Wait(wait), None) => {
                    let left = match model.phase {
                        Phase::OpenUntil(end) => Duration::from_millis(end - now),
                        Phase::Probing | Phase::WantsProbe | Phase::Closed { .. } => SETTINGS.min_open,
                    };
                    prop_assert_eq!(wait, left);
                }
                (admission, phase) => prop_assert!(false, "{admission:?}, by the model {phase:?}"),
            },
            Step::Succeed(call) => {
                if let Some((permit, call)) = take(&mut calls, call) {
                    prop_assert_eq!(permit.success(bench.now), model.succeed(call));
                }
            }
            Step::Fail {
                call,
                jitter_quarters,
            } => {
                if let Some((permit, call)) = take(&mut calls, call) {
                    let change = permit.failure(bench.now, f64::from(jitter_quarters) / 4.0);
                    prop_assert_eq!(change, model.fail(call, jitter_quarters, now));
                }
            }
            Step::Ignore(call) => {
                if let Some((permit, call)) = take(&mut calls, call) {
                    permit.ignore();
                    model.ignore(call);
                }
            }
            Step::Pass(millis) => {
                now += millis;
                bench.pass(millis);
            }
        }
    }
    // Whatever happened, a function that is back is called again, without a bound.
    drop(calls);
    bench.now += SETTINGS.max_open;
    bench.succeed("f");
    let together: Vec<_> = (0..10).map(|_| bench.permit("f")).collect();
    prop_assert_eq!(together.len(), 10);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_history_goes_as_in_the_model(steps in prop::collection::vec(step(), 1..200)) {
        follow(steps)?;
    }
}
