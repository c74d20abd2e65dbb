//! Batches against functions that succeed, fail, hang and panic.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::event::{Envelope, Event, EventStamp};
use domain::json::Json;
use serde_json::json;

use super::*;

/// Time left that no test uses up.
const LONG: Duration = Duration::from_mins(1);

fn body(function: &str) -> String {
    let stamp = EventStamp {
        id: "1".to_owned(),
        time: "2026-01-01T00:00:00Z".to_owned(),
    };
    let event = Event::V0_1(Box::new(Envelope::generated(stamp, "t", "", Json::null())));
    let subscribers = json!([{ "subscription": "s", "function": function }]);
    json!({ "space": "default", "event": event, "subscribers": subscribers }).to_string()
}

fn batch(messages: &[(&str, String)]) -> SqsEvent {
    let records = messages
        .iter()
        .map(|(id, body)| json!({ "messageId": id, "body": body }));
    serde_json::from_value(json!({ "Records": records.collect::<Vec<_>>() })).unwrap()
}

fn left(begin: Duration, end: Duration) -> Deadlines {
    let now = Instant::now();
    Deadlines {
        begin: now + begin,
        end: now + end,
    }
}

fn failed(response: &SqsBatchResponse) -> BTreeSet<&str> {
    response
        .batch_item_failures
        .iter()
        .map(|failure| &*failure.item_identifier)
        .collect()
}

#[tokio::test]
async fn each_message_fails_for_itself() {
    let event = batch(&[
        ("1", body("completes")),
        ("2", body("fails")),
        ("3", "{}".to_owned()),
        ("4", body("panics")),
        ("5", body("completes")),
        ("6", body("hangs")),
    ]);
    let calls = AtomicUsize::new(0);
    let dispatch = async |deliveries: Vec<Delivery>| {
        calls.fetch_add(1, Ordering::Relaxed);
        match &*deliveries[0].function.to_string() {
            "completes" => Dispatched::Completed,
            "fails" => Dispatched::Retry,
            "hangs" => std::future::pending().await,
            function => panic!("{function}"),
        }
    };
    let deadlines = left(LONG, Duration::from_millis(100));
    let response = process(event, 10, deadlines, dispatch).await;
    assert_eq!(failed(&response), BTreeSet::from(["2", "3", "4", "6"]));
    assert_eq!(calls.into_inner(), 5);
    let json = serde_json::to_value(&response).unwrap();
    assert_eq!(json["batchItemFailures"].as_array().unwrap().len(), 4);
    assert!(json["batchItemFailures"][0]["itemIdentifier"].is_string());
}

#[tokio::test]
async fn a_message_handed_out_twice_is_delivered_once() {
    let event = batch(&[
        ("1", body("a")),
        ("1", body("a")),
        ("2", body("b")),
        ("1", body("a")),
    ]);
    let calls = AtomicUsize::new(0);
    let dispatch = async |_| {
        calls.fetch_add(1, Ordering::Relaxed);
        Dispatched::Retry
    };
    let response = process(event, 1, left(LONG, LONG), dispatch).await;
    assert_eq!(calls.into_inner(), 2);
    assert_eq!(response.batch_item_failures.len(), 2);
}

#[tokio::test]
async fn no_more_than_allowed_at_a_time() {
    let messages: Vec<_> = (0..30).map(|n| (n.to_string(), body("a"))).collect();
    let messages: Vec<_> = messages.iter().map(|(id, body)| (&**id, body.clone())).collect();
    for concurrency in [1, 4, 100] {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let dispatch = async |_| {
            most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            running.fetch_sub(1, Ordering::Relaxed);
            Dispatched::Completed
        };
        let response = process(batch(&messages), concurrency, left(LONG, LONG), dispatch).await;
        assert!(response.batch_item_failures.is_empty());
        assert_eq!(most.into_inner(), concurrency.min(30));
    }
}

#[tokio::test]
async fn messages_without_time_left_are_returned_untouched() {
    let event = batch(&[("1", body("a")), ("2", body("a")), ("3", body("a"))]);
    let deadlines = left(Duration::from_millis(50), LONG);
    let calls = AtomicUsize::new(0);
    let dispatch = async |_| {
        calls.fetch_add(1, Ordering::Relaxed);
        // The first delivery lasts until none may begin any more.
        tokio::time::sleep_until(deadlines.begin).await;
        Dispatched::Completed
    };
    let response = process(event, 1, deadlines, dispatch).await;
    assert_eq!(failed(&response), BTreeSet::from(["2", "3"]));
    assert_eq!(calls.into_inner(), 1);
}

#[tokio::test]
async fn a_message_without_id_fails_the_batch() {
    let event = serde_json::from_value(json!({ "Records": [{ "body": "" }] })).unwrap();
    let response = process(event, 1, left(LONG, LONG), async |_| Dispatched::Completed).await;
    assert_eq!(failed(&response), BTreeSet::from([""]));
}

#[test]
fn deadlines_leave_time_for_calls_and_the_answer() {
    for (left, call, begin, end) in [
        (60_000, 5_000, 52_500, 59_500),
        (10_500, 5_000, 5_000, 10_000),
        (4_500, 5_000, 2_000, 4_000),
        (400, 5_000, 0, 0),
        (0, 0, 0, 0),
    ] {
        let now = Instant::now();
        let invocation = SystemTime::now() + Duration::from_millis(left);
        let deadlines = Deadlines::of(invocation, Duration::from_millis(call));
        for (got, want) in [(deadlines.begin, begin), (deadlines.end, end)] {
            let got = got - now;
            let want = Duration::from_millis(want);
            let tolerance = Duration::from_millis(100);
            assert!(
                got + tolerance >= want && got <= want + tolerance,
                "{left} {call}: {got:?} {want:?}"
            );
        }
    }
}
