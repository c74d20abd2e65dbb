//! What a body looks like, which bodies are read, and that no error repeats one.

use std::mem::discriminant;

use domain::event::{Envelope, EventStamp};

use super::*;

fn event(data: &str) -> Event {
    let stamp = EventStamp {
        id: "1".to_owned(),
        time: "2026-01-01T00:00:00Z".to_owned(),
    };
    let raw: Box<RawValue> = serde_json::from_str(data).unwrap();
    let data = Json::from_raw(&raw);
    Event::V0_1(Box::new(Envelope::generated(stamp, "t", "", data)))
}

fn delivery(event: Event, subscription: &str) -> Delivery {
    Delivery {
        id: format!("id-{subscription}").into(),
        space: "s\u{FFFE}".into(),
        subscription: subscription.into(),
        function: "f".into(),
        event: Arc::new(event),
        accepted_at: 1_700_000_000_000,
        attempts: 0,
        deliver_at: None,
        ordering_key: None,
        deduplication_key: None,
        arrival: domain::delivery::Arrival::default(),
    }
}

fn common(delivery: &Delivery) -> Common<'_> {
    Common {
        space: &delivery.space,
        accepted_at: delivery.accepted_at,
        deliver_at: delivery.deliver_at,
        ordering_key: delivery.ordering_key.as_deref(),
        hops: delivery.arrival.hops,
        unauthorized: delivery.arrival.unauthorized.as_deref().map(Json::get),
        trace: delivery.arrival.trace.as_deref(),
    }
}

fn deliveries(body: &str) -> Vec<Delivery> {
    let parsed = parse(body, "m", 7).unwrap();
    assert_eq!(parsed.not_before, None);
    parsed.deliveries
}

fn body(deliveries: &[&Delivery]) -> String {
    let (first, rest) = deliveries.split_first().unwrap();
    let mut body = head(&event_text(&first.event), &common(first)) + &subscriber_text(first);
    for delivery in rest {
        add(&mut body, &subscriber_text(delivery));
    }
    let notes = Notes {
        attempts: first.attempts,
        not_before: None,
    };
    end(&body, notes)
}

fn is_taken_by_sqs(text: &str) -> bool {
    text.chars()
        .all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..))
}

#[test]
fn a_body_reads_as_documented() {
    let (first, second) = (delivery(event("1.50"), "a"), delivery(event("1.50"), "b\""));
    let body = body(&[&first, &second]);
    let (head, tail) = body.split_once(",\"space\":").unwrap();
    assert_eq!(
        head,
        format!(
            "{{\"event\":{}",
            String::from_utf8(first.event.to_json()).unwrap()
        )
    );
    let plain = concat!(
        r#""s\ufffe","acceptedAt":1700000000000,"subscribers":["#,
        r#"{"id":"id-a","subscription":"a","function":"f"},"#,
        r#"{"id":"id-b\"","subscription":"b\"","function":"f"}]}"#
    );
    assert_eq!(tail, plain);
    let parsed = deliveries(&body);
    assert_eq!(parsed, [first, second]);
    assert!(Arc::ptr_eq(&parsed[0].event, &parsed[1].event));
}

#[test]
fn what_is_not_always_there_is_written_where_it_is() {
    let mut sent = delivery(event("1"), "a");
    sent.deliver_at = Some(1_800_000_000_000);
    sent.ordering_key = Some("k\u{FFFF}".into());
    sent.attempts = 3;
    sent.arrival = Arrival {
        hops: Hops::new(5),
        unauthorized: Some(Arc::new(Json::from_value("\u{FFFE}"))),
        trace: Some(Arc::new(serde_json::from_str(r#"{"requestId":"r"}"#).unwrap())),
    };
    // Has done its work when a delivery is queued.
    sent.deduplication_key = Some("d".into());
    let begun = head(&event_text(&sent.event), &common(&sent)) + &subscriber_text(&sent);
    let notes = Notes {
        attempts: 3,
        not_before: Some(1_900_000_000_000),
    };
    let body = end(&begun, notes);
    let (_, tail) = body.split_once(",\"acceptedAt\":").unwrap();
    let want = concat!(
        r#"1700000000000,"deliverAt":1800000000000,"orderingKey":"k\uffff","hops":5,"unauthorized":"\ufffe","#,
        r#""trace":{"requestId":"r"},"subscribers":["#,
        r#"{"id":"id-a","subscription":"a","function":"f"}],"attempts":3,"notBefore":1900000000000}"#
    );
    assert_eq!(tail, want);
    let parsed = parse(&body, "m", 7).unwrap();
    sent.deduplication_key = None;
    let unauthorized = serde_json::from_str(r#""\ufffe""#).unwrap();
    sent.arrival.unauthorized = Some(Arc::new(unauthorized));
    assert_eq!(
        (parsed.deliveries, parsed.not_before),
        (vec![sent], Some(1_900_000_000_000))
    );
}

#[test]
fn bodies_of_versions_before_are_read() {
    let event = String::from_utf8(event("1").to_json()).unwrap();
    let subscribers = r#"[{"subscription":"a","function":"f"},{"subscription":"b","function":"f"}]"#;
    let body = format!(r#"{{"event":{event},"space":"s","subscribers":{subscribers}}}"#);
    let parsed = parse(&body, "m", 7).unwrap();
    let [a, b] = &*parsed.deliveries else { panic!() };
    assert_ne!(a.id, b.id);
    assert!(!a.id.as_str().is_empty());
    assert_eq!((a.accepted_at, a.attempts, a.deliver_at), (7, 0, None));
    // The ids stay the same over all receipts of a message, and are not those of one with an equal event.
    assert_eq!(parse(&body, "m", 8).unwrap().deliveries[0].id, a.id);
    assert_ne!(parse(&body, "n", 7).unwrap().deliveries[0].id, a.id);
}

#[test]
fn bodies_hold_only_characters_that_sqs_takes() {
    let text: String = ('\0'..=char::MAX)
        .step_by(7)
        .chain(['\u{FFFE}', '\u{FFFF}', '\u{7F}', '\u{85}'])
        .collect();
    let sent = delivery(event(&serde_json::to_string(&text).unwrap()), &text);
    let body = body(&[&sent]);
    assert!(is_taken_by_sqs(&body));
    let parsed = &deliveries(&body)[0];
    assert_eq!(parsed.subscription.as_str(), text);
    let Event::V0_1(envelope) = &*parsed.event else {
        panic!()
    };
    let data = envelope.data.as_ref().unwrap().get();
    assert_eq!(serde_json::from_str::<String>(data).unwrap(), text);
}

#[test]
fn sizes_are_those_of_the_bodies_with_their_longest_end() {
    let (first, second) = (delivery(event("\"ä\u{FFFF}\""), "a"), delivery(event("1"), "ü"));
    let head = head(&event_text(&first.event), &common(&first));
    let subscriber = subscriber_text(&first);
    let longest = |begun: &str| {
        let notes = Notes {
            attempts: u32::MAX,
            not_before: Some(u64::MAX),
        };
        end(begun, notes).len()
    };
    let mut begun = head.clone() + &subscriber;
    assert_eq!(size_alone(&head, &subscriber), longest(&begun));
    let with = size_with(&begun, &subscriber_text(&second));
    add(&mut begun, &subscriber_text(&second));
    assert_eq!(with, longest(&begun));
}

#[test]
fn later_members_are_ignored() {
    let sent = delivery(event("{}"), "a");
    let body = body(&[&sent]);
    let later = body.replacen('{', r#"{"version":2,"tries":[1],"#, 1);
    let later = later.replace(r#""function""#, r#""attempt":{"n":3},"function""#);
    assert_ne!(later, body);
    assert_eq!(deliveries(&later), [sent]);
}

#[test]
fn malformed_messages_are_told_without_their_payload() {
    let event = String::from_utf8(event("\"SECRET\"").to_json()).unwrap();
    let form = MalformedMessage::Form { line: 1, column: 1 };
    for (body, want) in [
        (String::new(), form),
        ("SECRET".to_owned(), form),
        (r#"{"event":{},"space":["SECRET"]}"#.to_owned(), form),
        (r#"{"event":{},"subscribers":"SECRET"}"#.to_owned(), form),
        (format!(r#"{{"event":{event},"space":"s"}}"#), form),
        (
            r#"{"event":{},"space":"s","subscribers":[],"attempts":-1}"#.to_owned(),
            form,
        ),
        (
            r#"{"event":"SECRET","space":"s","subscribers":[{"subscription":"a","function":"f"}]}"#.to_owned(),
            MalformedMessage::Event,
        ),
        (
            r#"{"event":{"specversion":"SECRET"},"space":"s","subscribers":[{"subscription":"a","function":"f"}]}"#.to_owned(),
            MalformedMessage::Event,
        ),
        (
            format!(r#"{{"event":{event},"space":"s","subscribers":[]}}"#),
            MalformedMessage::NoSubscriber,
        ),
    ] {
        let error = parse(&body, "m", 7).unwrap_err();
        assert_eq!(discriminant(&error), discriminant(&want), "{body}");
        assert!(!format!("{error} {error:?}").contains("SECRET"));
    }
}

/// What is in the queue was accepted once: it is read in one pass, whatever it holds.
#[test]
fn reading_is_linear() {
    type Parts<'p> = &'p dyn Fn(usize) -> (String, String);
    let list = |n: usize, thing: fn(usize) -> String| (0..n).map(thing).collect::<Vec<_>>().join(",");
    let subscriber = |i| format!(r#"{{"id":"i{i}","subscription":"s{i}","function":"f"}}"#);
    let bodies: [(&str, Parts<'_>); 4] = [
        ("subscribers", &|n| (String::new(), list(n, subscriber))),
        ("attributes", &|n| {
            (list(n, |i| format!(r#""a{i}":"v""#)) + ",", subscriber(0))
        }),
        ("one attribute", &|n| {
            (list(n, |_| r#""a":"v""#.to_owned()) + ",", subscriber(0))
        }),
        ("a deep payload", &|n| {
            let data = "[".repeat(n) + &"]".repeat(n);
            (format!(r#""data":{data},"#), subscriber(0))
        }),
    ];
    for (name, parts) in bodies {
        let body = |n: usize| {
            let (members, subscribers) = parts(n);
            format!(
                r#"{{"event":{{{members}"specversion":"1.0","id":"1","source":"/s","type":"t"}},"space":"s","subscribers":[{subscribers}]}}"#
            )
        };
        scaling::assert_linear(name, 2_000, body, |body| parse(body, "m", 7).unwrap());
    }
}
