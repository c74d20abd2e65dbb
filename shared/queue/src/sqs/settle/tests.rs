//! What is decided about a message, whatever its deliveries came to.

use aws_sdk_sqs::config::BehaviorVersion;
use domain::event::{Envelope, Event, EventStamp};
use domain::json::Json;
use std::sync::Arc;
use tokio::time::Instant;

use super::super::due::Due;
use super::super::{Signing, SqsSettings};
use super::*;

const NOW: u64 = 1_700_000_000_000;
const HOUR: Duration = Duration::from_hours(1);

fn receipt(kind: SourceKind, subscriptions: &[&str], age: Duration) -> SqsReceipt {
    let config = aws_sdk_sqs::Config::builder().behavior_version(BehaviorVersion::v2026_01_12());
    let settings = SqsSettings {
        queue_url: "http://127.0.0.1:1/q".to_owned(),
        fifo_queue_url: Some("http://127.0.0.1:1/q.fifo".to_owned()),
        dead_letter_queue_url: None,
        fifo_dead_letter_queue_url: None,
        signing: Signing::default(),
        max_message_bytes: 1_000,
        fair: true,
        hidden_for: HOUR,
    };
    let queue = Sqs::new(aws_sdk_sqs::Client::from_conf(config.build()), settings);
    let stamp = EventStamp {
        id: "1".to_owned(),
        time: "2026-01-01T00:00:00Z".to_owned(),
    };
    let event = Arc::new(Event::V0_1(Box::new(Envelope::generated(
        stamp,
        "t",
        "",
        Json::null(),
    ))));
    let deliveries = subscriptions.iter().map(|subscription| Delivery {
        id: (*subscription).into(),
        space: "s".into(),
        subscription: (*subscription).into(),
        function: "f".into(),
        event: Arc::clone(&event),
        accepted_at: 1,
        attempts: 5,
        deliver_at: None,
        ordering_key: None,
        deduplication_key: None,
        arrival: domain::delivery::Arrival::default(),
    });
    let due = Due {
        message_id: "m".to_owned(),
        group: None,
        deliveries: deliveries.collect(),
        sent_at: NOW - millis(age),
        shown_at: NOW,
        received: Instant::now(),
    };
    SqsReceipt::new(queue, kind, due, Handle::Own("h".to_owned()))
}

fn retry(seconds: u64) -> Outcome {
    Outcome::Retry {
        pause: Duration::from_secs(seconds),
    }
}

fn defer(seconds: u64) -> Outcome {
    Outcome::Defer {
        pause: Duration::from_secs(seconds),
    }
}

/// The plan in short: what is sent again, with its attempts and pause in seconds.
fn shown(receipt: &SqsReceipt, outcomes: Vec<Outcome>) -> String {
    match plan(receipt, outcomes, NOW) {
        Plan::Complete => "complete".to_owned(),
        Plan::Hide(pause) => format!("hide {}", pause.as_secs()),
        Plan::SendAgain(deliveries) => {
            let line = |(delivery, pause): &(Delivery, Duration)| {
                format!("{}:{}:{}", delivery.id, delivery.attempts, pause.as_secs())
            };
            deliveries.iter().map(line).collect::<Vec<_>>().join(" ")
        }
    }
}

#[test]
fn a_message_is_hidden_only_if_all_of_it_failed_alike() {
    let receipt = receipt(SourceKind::Standard, &["a", "b"], HOUR);
    for (outcomes, want) in [
        (vec![Outcome::Done, Outcome::Done], "complete"),
        (vec![retry(0), retry(0)], "hide 0"),
        (vec![retry(10), retry(70)], "hide 70"),
        (vec![retry(10), retry(71)], "a:6:10 b:6:71"),
        (vec![retry(10), Outcome::Done], "a:6:10"),
        (vec![Outcome::Done, defer(3_600)], "b:5:3600"),
        (vec![defer(0), defer(0)], "a:5:0 b:5:0"),
        (vec![retry(1), defer(1)], "a:6:1 b:5:1"),
        // Whoever forgets an outcome loses nothing.
        (vec![Outcome::Done], "b:5:0"),
        (vec![], "a:5:0 b:5:0"),
        (vec![Outcome::Done, Outcome::Done, retry(1)], "complete"),
    ] {
        let described = format!("{outcomes:?}");
        assert_eq!(shown(&receipt, outcomes), want, "{described}");
    }
}

#[test]
fn what_sqs_cannot_hide_for_so_long_is_sent_again() {
    // Less than the twelve hours of SQS, of which some have passed when a message arrives.
    let young = receipt(SourceKind::Standard, &["a"], Duration::ZERO);
    assert_eq!(shown(&young, vec![retry(43_000)]), "hide 43000");
    assert_eq!(shown(&young, vec![retry(43_200)]), "a:6:43200");
    // SQS would drop it while it waits, or soon after.
    let old = receipt(
        SourceKind::Standard,
        &["a"],
        Duration::from_mins(10 * 24 * 60 - 1),
    );
    assert_eq!(shown(&old, vec![retry(60)]), "hide 60");
    assert_eq!(shown(&old, vec![retry(61)]), "a:6:61");
}

#[test]
fn what_others_wait_behind_is_never_sent_again() {
    for age in [HOUR, 24 * 13 * HOUR] {
        let receipt = receipt(SourceKind::Fifo, &["a"], age);
        assert_eq!(shown(&receipt, vec![Outcome::Done]), "complete");
        assert_eq!(shown(&receipt, vec![retry(3)]), "hide 3");
        assert_eq!(shown(&receipt, vec![defer(3)]), "hide 3");
        let Plan::Hide(pause) = plan(&receipt, vec![retry(43_200)], NOW) else {
            panic!()
        };
        assert!((11 * HOUR..12 * HOUR).contains(&pause), "{pause:?}");
    }
}
