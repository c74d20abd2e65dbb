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
        space: "s\u{FFFE}".into(),
        subscription: subscription.into(),
        function: "f".into(),
        event: Arc::new(event),
    }
}

fn body(deliveries: &[&Delivery]) -> String {
    let (first, rest) = deliveries.split_first().unwrap();
    let mut body = head(&event_text(&first.event), &first.space) + &subscriber_text(first);
    for delivery in rest {
        add(&mut body, &subscriber_text(delivery));
    }
    end(body)
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
    assert_eq!(
        tail,
        r#""s\ufffe","subscribers":[{"subscription":"a","function":"f"},{"subscription":"b\"","function":"f"}]}"#
    );
    let parsed = parse_message(&body).unwrap();
    assert_eq!(parsed, [first, second]);
    assert!(Arc::ptr_eq(&parsed[0].event, &parsed[1].event));
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
    let parsed = &parse_message(&body).unwrap()[0];
    assert_eq!(parsed.subscription.as_str(), text);
    let Event::V0_1(envelope) = &*parsed.event else {
        panic!()
    };
    let data = envelope.data.as_ref().unwrap().get();
    assert_eq!(serde_json::from_str::<String>(data).unwrap(), text);
}

#[test]
fn sizes_are_those_of_the_bodies() {
    let (first, second) = (delivery(event("\"ä\u{FFFF}\""), "a"), delivery(event("1"), "ü"));
    let head = head(&event_text(&first.event), &first.space);
    let subscriber = subscriber_text(&first);
    assert_eq!(size_alone(&head, &subscriber), body(&[&first]).len());
    let with = size_with(&(head + &subscriber), &subscriber_text(&second));
    assert_eq!(with, body(&[&first, &second]).len());
}

#[test]
fn later_members_are_ignored() {
    let sent = delivery(event("{}"), "a");
    let body = body(&[&sent]);
    let later = body.replacen('{', r#"{"version":2,"attempts":[1],"#, 1);
    let later = later.replace(r#""function""#, r#""attempt":{"n":3},"function""#);
    assert_ne!(later, body);
    assert_eq!(parse_message(&later).unwrap(), [sent]);
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
        let error = parse_message(&body).unwrap_err();
        assert_eq!(discriminant(&error), discriminant(&want), "{body}");
        assert!(!format!("{error} {error:?}").contains("SECRET"));
    }
}
