//! What becomes of failed deliveries, as tables.

use std::sync::Arc;

use bytes::Bytes;
use domain::event::{Envelope, Event, EventStamp};
use domain::json::Json;
use targets::Rejection;

use super::*;

const NOW: u64 = 1_000_000_000_000;
const HOUR: u64 = 3_600_000;

fn delivery(attempts: u32, age: u64) -> Delivery {
    let stamp = EventStamp {
        id: "e".to_owned(),
        time: "2026-01-01T00:00:00Z".to_owned(),
    };
    Delivery {
        id: "d".into(),
        space: "s".into(),
        subscription: "u".into(),
        function: "f".into(),
        event: Arc::new(Event::V0_1(Box::new(Envelope::generated(
            stamp,
            "t",
            "",
            Json::from_value("x"),
        )))),
        accepted_at: NOW - age,
        attempts,
        deliver_at: None,
        ordering_key: Some("k".into()),
        deduplication_key: None,
        arrival: domain::delivery::Arrival::default(),
    }
}

fn failure(class: FailureClass, retry_after: Option<u64>) -> FailedAttempt {
    FailedAttempt {
        class,
        retry_after: retry_after.map(Duration::from_secs),
        error: "refused".to_owned(),
        response: None,
    }
}

fn policy(json: &str) -> RetryPolicy {
    serde_json::from_str(json).unwrap()
}

/// What panicked because of an event, or of an answer, would do so at each attempt.
#[test]
fn a_panic_is_final() {
    let verdict = verdict(
        &delivery(0, 0),
        &RetryPolicy::default(),
        &FailedAttempt::panicked(),
        NOW,
        0.5,
    );
    assert_eq!(
        verdict,
        FailureVerdict::GiveUp(DeadLetterReason::PermanentFailure)
    );
}

#[test]
fn the_class_of_failure_decides_first() {
    let policy = RetryPolicy::default();
    let of = |class| verdict(&delivery(0, 0), &policy, &failure(class, None), NOW, 0.5);
    let pause = Duration::from_millis(1500);
    assert_eq!(
        of(FailureClass::Permanent),
        FailureVerdict::GiveUp(DeadLetterReason::PermanentFailure)
    );
    assert_eq!(of(FailureClass::Gone), FailureVerdict::PauseSubscription);
    assert_eq!(of(FailureClass::Transient), FailureVerdict::Retry { pause });
    assert_eq!(of(FailureClass::Throttled), FailureVerdict::Retry { pause });
}

#[test]
fn attempts_and_age_end() {
    let transient = failure(FailureClass::Transient, None);
    let exhausted = FailureVerdict::GiveUp(DeadLetterReason::AttemptsExhausted);
    let expired = FailureVerdict::GiveUp(DeadLetterReason::Expired);
    for (json, attempts, age, want) in [
        ("{}", 183, 0, None),
        ("{}", 184, 0, Some(exhausted)),
        (r#"{"maxAttempts":1}"#, 0, 0, Some(exhausted)),
        (r#"{"maxAttempts":3}"#, 1, 0, None),
        (r#"{"maxAttempts":3}"#, 2, 0, Some(exhausted)),
        ("{}", 0, 24 * HOUR - 2001, None),
        ("{}", 0, 24 * HOUR - 2000, Some(expired)),
        ("{}", 0, 25 * HOUR, Some(expired)),
        (r#"{"maxAgeSeconds":7200}"#, 0, HOUR, None),
        (r#"{"maxAgeSeconds":7200}"#, 0, 2 * HOUR, Some(expired)),
    ] {
        let found = verdict(&delivery(attempts, age), &policy(json), &transient, NOW, 1.0);
        match want {
            Some(want) => assert_eq!(found, want, "{json} {attempts} {age}"),
            None => assert!(
                matches!(found, FailureVerdict::Retry { .. }),
                "{json} {attempts} {age}"
            ),
        }
    }
}

#[test]
fn a_function_that_names_a_time_is_not_called_before() {
    let policy = RetryPolicy::default();
    let throttled = failure(FailureClass::Throttled, Some(120));
    let pause = Duration::from_mins(2);
    assert_eq!(
        verdict(&delivery(0, 0), &policy, &throttled, NOW, 0.0),
        FailureVerdict::Retry { pause }
    );
    // There is no point in waiting for a time at which it is too late.
    assert_eq!(
        verdict(&delivery(0, 24 * HOUR - 60_000), &policy, &throttled, NOW, 0.0),
        FailureVerdict::GiveUp(DeadLetterReason::Expired)
    );
}

#[test]
fn what_was_received_too_often_is_not_attempted() {
    let policy = policy(r#"{"maxAttempts":3,"maxAgeSeconds":3600}"#);
    for (key, attempts, age, want) in [
        (None, 0, 0, false),
        (None, 2, 9 * HOUR, false),
        (None, 3, 0, true),
        (None, 9, 0, true),
        (Some("k"), 3, 0, false),
        (Some("k"), 1000, 0, true),
    ] {
        let mut delivery = delivery(attempts, age);
        delivery.ordering_key = key.map(Into::into);
        assert_eq!(is_exhausted(&delivery, &policy), want, "{key:?} {attempts} {age}");
    }
}

#[test]
fn age_counts_from_when_the_delivery_was_due() {
    let policy = policy(r#"{"maxAgeSeconds":3600}"#);
    let transient = failure(FailureClass::Transient, None);
    let retries = |delivery: &Delivery| {
        matches!(
            verdict(delivery, &policy, &transient, NOW, 0.0),
            FailureVerdict::Retry { .. }
        )
    };
    let mut delayed = delivery(0, 24 * HOUR);
    assert!(!retries(&delayed));
    delayed.deliver_at = Some(NOW - 1);
    assert!(retries(&delayed));
    // A clock that was set back makes nothing old.
    let mut early = delivery(0, 0);
    early.accepted_at = NOW + HOUR;
    assert!(retries(&early));
}

/// The gateway is among the functions that can be called: what comes back to it for ever ends.
#[test]
fn a_loop_is_given_up() {
    let mut looped = failure(FailureClass::Permanent, None);
    looped.response = Some(LastResponse::new(Some(508), b""));
    assert_eq!(
        verdict(&delivery(0, 0), &RetryPolicy::default(), &looped, NOW, 0.5),
        FailureVerdict::GiveUp(DeadLetterReason::Loop)
    );
}

#[test]
fn a_function_cannot_ask_to_be_left_alone_for_ever() {
    let hour = Duration::from_hours(1);
    for (json, named, heeded) in [
        ("{}", 7200, 3600),
        ("{}", 60, 60),
        (r#"{"maxDelay":10}"#, 7200, 3600),
        (r#"{"maxDelay":5400}"#, 7200, 5400),
    ] {
        let failure = failure(FailureClass::Throttled, Some(named)).heeding(&policy(json), hour);
        assert_eq!(
            failure.retry_after,
            Some(Duration::from_secs(heeded)),
            "{json} {named}"
        );
    }
    let silent = failure(FailureClass::Throttled, None).heeding(&policy("{}"), hour);
    assert_eq!(silent.retry_after, None);
}

#[test]
fn an_answer_can_be_a_failure() {
    let mut answer = FunctionAnswer {
        held: None,
        body: Bytes::from_static(b"no such user"),
        status: Some(404),
        rejection: None,
        passed_on: None,
    };
    assert_eq!(FailedAttempt::of_answer(&answer), None);
    answer.rejection = Some(Rejection {
        status: 404,
        class: FailureClass::Permanent,
        retry_after: None,
        challenge: None,
    });
    let failure = FailedAttempt::of_answer(&answer).unwrap();
    assert_eq!(failure.class, FailureClass::Permanent);
    assert_eq!(failure.status(), Some(404));
    assert_eq!(failure.response.unwrap().body, "no such user");
}

#[test]
fn dead_letters_say_what_happened() {
    let mut refused = failure(FailureClass::Permanent, None);
    refused.response = Some(LastResponse::new(Some(400), b"bad"));
    let delivery = delivery(4, HOUR);
    let letter = dead_letter(
        &delivery,
        DeadLetterReason::PermanentFailure,
        5,
        Some(refused),
        NOW,
    );
    assert_eq!(
        (letter.attempts, letter.accepted_at, letter.dead_at),
        (5, NOW - HOUR, NOW)
    );
    assert_eq!(letter.error.as_deref(), Some("refused"));
    assert_eq!(letter.last_response.unwrap().status, Some(400));
    assert_eq!(letter.ordering_key.as_deref(), Some("k"));
    assert_eq!(letter.event, delivery.event);
    let letter = dead_letter(&delivery, DeadLetterReason::Expired, 4, None, NOW);
    assert_eq!((letter.error, letter.last_response), (None, None));
}

#[test]
fn what_a_standby_does_not_take_waits_for_the_one_that_it_stood_in_for() {
    let pause = Duration::from_secs(40);
    for class in [FailureClass::Permanent, FailureClass::Gone] {
        let of_standby = failure(class, None).of_standby(pause);
        let verdict_of = |attempts, age, policy: &str| {
            verdict(
                &delivery(attempts, age),
                &self::policy(policy),
                &of_standby,
                NOW,
                0.5,
            )
        };
        assert_eq!(verdict_of(0, 0, "{}"), FailureVerdict::Retry { pause });
        // Not for ever.
        for (attempts, age, policy, reason) in [
            (2, 0, r#"{"maxAttempts":3}"#, DeadLetterReason::AttemptsExhausted),
            (0, HOUR, r#"{"maxAgeSeconds":3610}"#, DeadLetterReason::Expired),
        ] {
            assert_eq!(verdict_of(attempts, age, policy), FailureVerdict::GiveUp(reason));
        }
    }
    let throttled = failure(FailureClass::Throttled, Some(5));
    assert_eq!(throttled.clone().of_standby(pause), throttled);
}
