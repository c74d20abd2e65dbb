//! Pauses and defaults as tables, and bounds that hold for every policy.

use proptest::prelude::*;

use super::*;

const ALMOST_ONE: f64 = 1.0 - f64::EPSILON;

fn policy(min_delay: Option<u64>, max_delay: Option<u64>) -> RetryPolicy {
    let seconds = |milliseconds| Seconds::from(Duration::from_millis(milliseconds));
    RetryPolicy {
        min_delay: min_delay.map(seconds),
        max_delay: max_delay.map(seconds),
        ..RetryPolicy::default()
    }
}

#[test]
fn bounds_double_up_to_the_cap() {
    let policy = RetryPolicy::default();
    for (failed_attempts, bound) in [
        (0, 2),
        (1, 2),
        (2, 4),
        (3, 8),
        (4, 16),
        (9, 512),
        (10, 900),
        (185, 900),
        (u32::MAX, 900),
    ] {
        assert_eq!(
            policy.pause(failed_attempts, 1.0, None),
            Duration::from_secs(bound),
            "{failed_attempts}"
        );
    }
}

#[test]
fn jitter_spreads_pauses_from_the_least_to_the_bound() {
    let policy = policy(Some(8000), None);
    for (jitter, milliseconds) in [
        (0.0, 8000),
        (0.25, 10_000),
        (0.5, 12_000),
        (1.0, 16_000),
        (-3.0, 8000),
        (7.0, 16_000),
        (f64::NAN, 16_000),
        (f64::INFINITY, 16_000),
        (f64::NEG_INFINITY, 8000),
    ] {
        assert_eq!(
            policy.pause(1, jitter, None),
            Duration::from_millis(milliseconds),
            "{jitter}"
        );
    }
    assert!(policy.pause(1, ALMOST_ONE, None) <= Duration::from_secs(16));
}

#[test]
fn a_time_that_the_function_named_is_a_floor() {
    let policy = policy(Some(10_000), Some(20_000));
    for (jitter, retry_after, want) in [
        (0.0, 0, 10),
        (0.0, 13, 13),
        (0.5, 13, 15),
        (0.5, 17, 17),
        // The cap of the policy is for its own pauses only.
        (1.0, 3600, 3600),
        // The queue cannot hide a message for longer.
        (1.0, 100_000, 43_200),
        (1.0, u64::MAX, 43_200),
    ] {
        let retry_after = Some(Duration::from_secs(retry_after));
        assert_eq!(
            policy.pause(1, jitter, retry_after),
            Duration::from_secs(want),
            "{jitter} {retry_after:?}"
        );
    }
}

#[test]
fn defaults_follow_what_is_set() {
    for (min_delay, max_delay, want) in [
        (None, None, (1000, 900_000)),
        (Some(5000), None, (5000, 900_000)),
        (Some(3_600_000), None, (3_600_000, 3_600_000)),
        (None, Some(10_000), (1000, 10_000)),
        (None, Some(50), (50, 50)),
        (None, Some(0), (0, 0)),
        (Some(0), None, (0, 900_000)),
        (Some(20), Some(70), (20, 70)),
    ] {
        let policy = policy(min_delay, max_delay);
        let got = (policy.min_delay(), policy.max_delay());
        assert_eq!(
            got,
            (Duration::from_millis(want.0), Duration::from_millis(want.1)),
            "{min_delay:?} {max_delay:?}"
        );
    }
    let plain = RetryPolicy::default();
    assert_eq!(
        (plain.max_attempts(), plain.max_age()),
        (185, Duration::from_hours(24))
    );
    let set = RetryPolicy {
        max_attempts: Some(3),
        max_age_seconds: Some(60),
        ..plain
    };
    assert_eq!((set.max_attempts(), set.max_age()), (3, Duration::from_mins(1)));
}

#[test]
fn no_first_pause_means_none_ever() {
    let policy = policy(Some(0), None);
    for failed_attempts in [1, 10, u32::MAX] {
        assert_eq!(policy.pause(failed_attempts, 1.0, None), Duration::ZERO);
    }
}

#[test]
fn attempts_of_a_day_fit_the_default() {
    // At the longest pauses, the default number of attempts covers the default age.
    let policy = RetryPolicy::default();
    let all: Duration = (1..policy.max_attempts())
        .map(|failed| policy.pause(failed, 1.0, None))
        .sum();
    assert!(all >= policy.max_age(), "{all:?}");
}

proptest! {
    #[test]
    fn pauses_stay_within_their_bounds(
        min_delay in prop::option::of(0..=43_200_000_u64),
        extra in prop::option::of(0..=43_200_000_u64),
        failed_attempts in any::<u32>(),
        jitter in any::<f64>(),
        retry_after in prop::option::of(any::<u64>().prop_map(Duration::from_millis)),
    ) {
        let max_delay = extra.map(|extra| (min_delay.unwrap_or_default() + extra).min(43_200_000));
        let policy = policy(min_delay, max_delay);
        prop_assert!(policy.min_delay() <= policy.max_delay());
        prop_assert!(policy.max_delay() <= MOST_DELAY);
        let own = policy.pause(failed_attempts, jitter, None);
        prop_assert!((policy.min_delay()..=policy.max_delay()).contains(&own));
        prop_assert!(own <= policy.pause(failed_attempts.saturating_add(1), jitter, None));
        let pause = policy.pause(failed_attempts, jitter, retry_after);
        prop_assert_eq!(pause, own.max(retry_after.unwrap_or_default()).min(MOST_DELAY));
    }

    #[test]
    fn policies_survive_their_json(
        max_attempts in prop::option::of(any::<u32>()),
        max_age_seconds in prop::option::of(any::<u64>()),
        min_delay in prop::option::of(0..=43_200_000_u64),
        max_delay in prop::option::of(0..=43_200_000_u64),
    ) {
        let policy = RetryPolicy { max_attempts, max_age_seconds, ..policy(min_delay, max_delay) };
        let text = serde_json::to_string(&policy).unwrap();
        prop_assert_eq!(serde_json::from_str::<RetryPolicy>(&text).unwrap(), policy);
    }
}
