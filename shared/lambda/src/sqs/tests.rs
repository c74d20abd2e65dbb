//! Batches against deliveries that succeed, fail, hang and panic.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::*;

/// Time left that no test uses up.
const LONG: Duration = Duration::from_mins(1);

const STANDARD: &str = "arn:aws:sqs:us-east-1:000000000000:deliveries";
const FIFO: &str = "arn:aws:sqs:us-east-1:000000000000:deliveries.fifo";

fn source_of_arn(arn: &str) -> Option<SourceKind> {
    match arn {
        STANDARD => Some(SourceKind::Standard),
        FIFO => Some(SourceKind::Fifo),
        _ => None,
    }
}

fn record(arn: &str, id: &str, group: &str, body: &str) -> Value {
    let attributes = json!({
        "MessageGroupId": group,
        "ApproximateReceiveCount": "3",
        "SentTimestamp": "1700000000000",
    });
    json!({
        "messageId": id,
        "receiptHandle": format!("handle-{id}"),
        "body": body,
        "attributes": attributes,
        "eventSourceARN": arn,
    })
}

/// The groups of a batch.
fn groups_of(records: &[Value]) -> Vec<MessageGroup> {
    let event: SqsEvent = serde_json::from_value(json!({ "Records": records })).unwrap();
    message_groups(event.records, source_of_arn)
}

/// Those of a batch of the standard queue, all of one group.
fn groups_of_bodies(messages: &[(&str, &str)]) -> Vec<MessageGroup> {
    let records = messages.iter().map(|(id, body)| record(STANDARD, id, "g", body));
    groups_of(&records.collect::<Vec<_>>())
}

/// Works through groups of messages when nothing has to be given back.
async fn work(
    message_groups: Vec<MessageGroup>,
    concurrency: usize,
    end: Instant,
    deliver: impl AsyncFn(SourceKind, HandedOut) -> Result<Settled, MalformedMessage>,
) -> SqsBatchResponse {
    let give_back = async |kind, handles| panic!("{kind:?} {handles:?}");
    work_through(message_groups, concurrency, end, deliver, give_back).await
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
    let message_groups = groups_of_bodies(&[
        ("1", "completes"),
        ("2", "fails"),
        ("3", "malformed"),
        ("4", "panics"),
        ("5", "completes"),
        ("6", "hangs"),
    ]);
    let calls = AtomicUsize::new(0);
    let deliver = async |_, message: HandedOut| {
        calls.fetch_add(1, Ordering::Relaxed);
        match &*message.body {
            "completes" => Ok(Settled::Completed),
            "fails" => Ok(Settled::Returned),
            "malformed" => Err(MalformedMessage::Event),
            "hangs" => std::future::pending().await,
            body => panic!("{body}"),
        }
    };
    let end = Instant::now() + Duration::from_millis(100);
    let response = work(message_groups, 10, end, deliver).await;
    assert_eq!(failed(&response), BTreeSet::from(["2", "3", "4", "6"]));
    assert_eq!(calls.into_inner(), 6);
    let json = serde_json::to_value(&response).unwrap();
    assert_eq!(json["batchItemFailures"].as_array().unwrap().len(), 4);
    assert!(json["batchItemFailures"][0]["itemIdentifier"].is_string());
}

#[tokio::test]
async fn messages_are_handed_over_as_received() {
    let message_groups = groups_of(&[record(STANDARD, "1", "g", "b"), json!({ "eventSourceARN": FIFO })]);
    let messages = Mutex::new(Vec::new());
    let deliver = async |kind, message: HandedOut| {
        messages.lock().unwrap().push((kind, message));
        Ok(Settled::Completed)
    };
    let response = work(message_groups, 1, Instant::now() + LONG, deliver).await;
    assert!(response.batch_item_failures.is_empty());
    let messages = messages.into_inner().unwrap();
    let [(SourceKind::Standard, full), (SourceKind::Fifo, bare)] = &*messages else {
        panic!("{messages:?}")
    };
    assert_eq!(
        (&*full.message_id, &*full.receipt_handle, &*full.body),
        ("1", "handle-1", "b")
    );
    assert_eq!((full.sent_at, full.receive_count), (Some(1_700_000_000_000), 3));
    assert_eq!(full.group.as_deref(), Some("g"));
    assert_eq!(
        (bare.sent_at, bare.receive_count, bare.group.as_deref()),
        (None, 1, None)
    );
}

/// One of a group after another, and none behind one that failed; other groups go on, and the standard queue knows none.
#[tokio::test]
async fn groups_of_the_fifo_queue_are_kept_in_order() {
    let message_groups = groups_of(&[
        record(FIFO, "a1", "a", "completes"),
        record(FIFO, "b1", "b", "completes"),
        record(FIFO, "a2", "a", "fails"),
        record(STANDARD, "s1", "a", "completes"),
        record(FIFO, "a3", "a", "completes"),
        record(FIFO, "b2", "b", "completes"),
        record(FIFO, "c1", "c", "malformed"),
        record(FIFO, "c2", "c", "completes"),
        record(FIFO, "a4", "a", "completes"),
        record(STANDARD, "s2", "a", "fails"),
    ]);
    let (running, most, begun) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let deliver = async |_, message: HandedOut| {
        begun.lock().unwrap().push(message.message_id);
        most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        running.fetch_sub(1, Ordering::Relaxed);
        match &*message.body {
            "fails" => Ok(Settled::Returned),
            "malformed" => Err(MalformedMessage::NoSubscriber),
            _ => Ok(Settled::Completed),
        }
    };
    let shown = Mutex::new(BTreeSet::new());
    let give_back = async |kind, handles: Vec<String>| {
        assert_eq!(kind, SourceKind::Fifo);
        shown.lock().unwrap().insert(handles.join(" "));
    };
    let response = work_through(message_groups, 10, Instant::now() + LONG, deliver, give_back).await;
    let returned = BTreeSet::from(["a2", "a3", "a4", "c1", "c2", "s2"]);
    assert_eq!(failed(&response), returned);
    let begun = begun.into_inner().unwrap();
    // The heads of three groups, and both of the standard queue, at once; then what is behind.
    assert_eq!(most.into_inner(), 5);
    let of = |group: char| {
        begun
            .iter()
            .filter(|id| id.starts_with(group))
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (of('a'), of('b')),
        (
            vec!["a1".to_owned(), "a2".to_owned()],
            vec!["b1".to_owned(), "b2".to_owned()]
        )
    );
    assert_eq!(of('c'), ["c1"]);
    let shown: Vec<_> = shown.into_inner().unwrap().into_iter().collect();
    assert_eq!(shown, ["handle-a3 handle-a4", "handle-c2"]);
}

/// The answer is in time, whatever SQS does.
#[tokio::test]
async fn giving_back_does_not_outlast_the_invocation() {
    let message_groups = groups_of(&[record(FIFO, "1", "g", ""), record(FIFO, "2", "g", "")]);
    let end = Instant::now();
    let deliver = async |_, _| Ok(Settled::Returned);
    let give_back = async |_, _| std::future::pending().await;
    let response = work_through(message_groups, 1, end, deliver, give_back).await;
    assert_eq!(failed(&response), BTreeSet::from(["1", "2"]));
    assert!(end.elapsed() < ANSWER_MARGIN, "{:?}", end.elapsed());
}

#[tokio::test]
async fn messages_of_other_queues_are_returned() {
    let message_groups = groups_of(&[
        record("arn:aws:sqs:us-east-1:000000000000:other", "1", "g", ""),
        json!({ "messageId": "2", "body": "" }),
        record(STANDARD, "3", "g", ""),
    ]);
    let response = work(message_groups, 1, Instant::now() + LONG, async |_, _| {
        Ok(Settled::Completed)
    })
    .await;
    assert_eq!(failed(&response), BTreeSet::from(["1", "2"]));
}

#[tokio::test]
async fn a_message_handed_out_twice_is_delivered_once() {
    let message_groups = groups_of_bodies(&[("1", "a"), ("1", "a"), ("2", "b"), ("1", "a")]);
    let calls = AtomicUsize::new(0);
    let deliver = async |_, _| {
        calls.fetch_add(1, Ordering::Relaxed);
        Ok(Settled::Returned)
    };
    let response = work(message_groups, 1, Instant::now() + LONG, deliver).await;
    assert_eq!(calls.into_inner(), 2);
    assert_eq!(response.batch_item_failures.len(), 2);
}

#[tokio::test]
async fn no_more_than_allowed_at_a_time() {
    let ids: Vec<_> = (0..30).map(|number| number.to_string()).collect();
    let messages: Vec<_> = ids.iter().map(|id| (&**id, "a")).collect();
    for concurrency in [1, 4, 100] {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let deliver = async |_, _| {
            most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            running.fetch_sub(1, Ordering::Relaxed);
            Ok(Settled::Completed)
        };
        let end = Instant::now() + LONG;
        let response = work(groups_of_bodies(&messages), concurrency, end, deliver).await;
        assert!(response.batch_item_failures.is_empty());
        assert_eq!(most.into_inner(), concurrency.min(30));
    }
}

#[tokio::test]
async fn a_message_without_id_fails_the_batch() {
    let message_groups = groups_of(&[json!({ "body": "", "eventSourceARN": STANDARD })]);
    let response = work(message_groups, 1, Instant::now() + LONG, async |_, _| {
        Ok(Settled::Returned)
    })
    .await;
    assert_eq!(failed(&response), BTreeSet::from([""]));
}

#[test]
fn deadlines_leave_time_for_calls_and_the_answer() {
    for (left, early, calls, end) in [
        (60_000, 5_000, 57_500, 59_500),
        (10_500, 4_000, 8_000, 10_000),
        (4_500, 1_000, 2_000, 4_000),
        (2_000, 0, 0, 1_500),
        (400, 0, 0, 0),
        (0, 0, 0, 0),
    ] {
        let now = Instant::now();
        let deadlines = Deadlines::of(SystemTime::now() + Duration::from_millis(left));
        for (got, want) in [
            (deadlines.dispatch.early, early),
            (deadlines.dispatch.end, calls),
            (deadlines.end, end),
        ] {
            let got = got - now;
            let want = Duration::from_millis(want);
            let tolerance = Duration::from_millis(100);
            assert!(
                got + tolerance >= want && got <= want + tolerance,
                "{left}: {got:?} {want:?}"
            );
        }
    }
}
