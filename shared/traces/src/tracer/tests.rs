//! Which spans there are, and what they say.

use http::HeaderValue;
use tokio::sync::mpsc::Receiver;

use super::*;
use crate::recording::Command;
use crate::span::{Span, Value};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn tracer(share: f64) -> (Tracer, Receiver<Command>) {
    let (recording, commands) = Recording::new(share, 10);
    (Tracer::recording(recording), commands)
}

fn sent_by(parent: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", HeaderValue::from_static(parent));
    headers
}

fn noted(commands: &mut Receiver<Command>) -> Vec<Span> {
    let mut spans = Vec::new();
    while let Ok(Command::Span(span)) = commands.try_recv() {
        spans.push(*span);
    }
    spans
}

#[test]
fn one_that_is_off_makes_nothing() {
    let tracer = Tracer::default();
    assert!(!tracer.is_on());
    assert!(tracer.serve(&sent_by(PARENT), "GET").is_none());
    let parent = sender(&sent_by(PARENT)).unwrap();
    let span = tracer.begin(SpanKind::Client, parent, || panic!("nobody asks for the name"));
    assert!(span.is_none());
}

#[test]
fn the_caller_decides_whether_its_trace_is_recorded() {
    // Not by chance, and it is not left out by chance.
    let (tracer, mut commands) = tracer(0.0);
    let placed = tracer.serve(&sent_by(PARENT), "GET").unwrap();
    let parent = sender(&sent_by(PARENT)).unwrap();
    assert_eq!(placed.context.trace, parent.trace);
    assert!(placed.context.is_sampled && placed.context.span != parent.span);
    let inner = tracer.begin(SpanKind::Client, placed.context, || "invoke f".to_owned());
    drop(inner.unwrap());
    let context = placed.context;
    drop(placed);
    let spans = noted(&mut commands);
    assert_eq!(
        spans.iter().map(|span| span.parent).collect::<Vec<_>>(),
        [Some(context.span), Some(parent.span)]
    );
    assert!(
        spans
            .iter()
            .all(|span| span.context.trace == parent.trace && span.ended >= span.began)
    );
    // What is not recorded goes on as it came, also where all others are recorded.
    let (tracer, mut commands) = self::tracer(1.0);
    let unsampled = sent_by("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
    assert!(tracer.serve(&unsampled, "GET").is_none());
    let parent = sender(&unsampled).unwrap();
    assert!(tracer.begin(SpanKind::Client, parent, String::new).is_none());
    assert_eq!(noted(&mut commands), []);
}

#[test]
fn traces_that_begin_here_are_recorded_by_chance() {
    for (share, is_sampled) in [(0.0, false), (1.0, true)] {
        let (tracer, mut commands) = tracer(share);
        for headers in [HeaderMap::new(), sent_by("nonsense")] {
            let placed = tracer.serve(&headers, "GET").unwrap();
            assert_eq!(placed.context.is_sampled, is_sampled);
            assert_eq!(placed.span.is_some(), is_sampled);
        }
        let spans = noted(&mut commands);
        assert_eq!(spans.len(), if is_sampled { 2 } else { 0 });
        assert!(spans.iter().all(|span| span.parent.is_none()));
    }
}

#[test]
fn a_span_says_the_last_word_on_each_thing() {
    let (tracer, mut commands) = tracer(1.0);
    let mut span = tracer.serve(&HeaderMap::new(), "GET").unwrap().span.unwrap();
    span.rename("GET /users/:id");
    span.number("http.response.status_code", 500);
    span.text("name", &"x".repeat(1000));
    span.fail("abandoned");
    span.fail("500");
    drop(span);
    let mut span = tracer.serve(&HeaderMap::new(), "GET").unwrap().span.unwrap();
    span.fail("abandoned");
    span.succeed();
    drop(span);
    tracer
        .serve(&HeaderMap::new(), "GET")
        .unwrap()
        .span
        .unwrap()
        .discard();
    let spans = noted(&mut commands);
    let [failed, succeeded] = spans.as_slice() else {
        panic!("{spans:?}");
    };
    assert_eq!(failed.name, "GET /users/:id");
    assert!(failed.is_error && !succeeded.is_error);
    let long = format!("{}…", "x".repeat(256));
    assert_eq!(
        failed.attributes,
        [
            ("http.response.status_code", Value::Number(500)),
            ("name", Value::Text(long)),
            ("error.type", Value::Text("500".to_owned())),
        ]
    );
    assert_eq!(succeeded.attributes, []);
}
