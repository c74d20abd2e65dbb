//! Spans on their way to a server that takes them, or does not.

use domain::trace::SpanContext;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;
use crate::otlp::OtlpSettings;
use crate::recording::Recording;
use crate::sink::SinkSettings;
use crate::span::SpanKind;

const PATIENCE: Duration = Duration::from_secs(20);

fn span(name: &str) -> Box<Span> {
    Box::new(Span {
        context: SpanContext {
            trace: 1,
            span: 2,
            is_sampled: true,
        },
        parent: None,
        link: None,
        kind: SpanKind::Server,
        name: name.to_owned(),
        began: 0,
        ended: 0,
        attributes: Vec::new(),
        is_error: false,
    })
}

/// A server that answers one request after the other with these statuses, and says what it got.
async fn server(statuses: &'static [u16]) -> (String, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (got, requests) = unbounded_channel();
    tokio::spawn(async move {
        for status in statuses {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = String::new();
            let whole = |text: &str| {
                let (head, body) = text.split_once("\r\n\r\n")?;
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "))?;
                Some(body.len() >= length.parse().ok()?)
            };
            while whole(&text) != Some(true) {
                let mut bytes = [0; 4096];
                let read = stream.read(&mut bytes).await.unwrap();
                text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
            }
            got.send(text).unwrap();
            let answer = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (format!("http://{address}"), requests)
}

/// Spans that go to a server, two together.
fn recording(url: &str) -> (Recording, tokio::task::JoinHandle<()>) {
    let settings = OtlpSettings {
        endpoint: url.parse().unwrap(),
        headers: "api-key=s3cret".parse().unwrap(),
        timeout: PATIENCE,
        service: "gate".to_owned(),
        version: "1",
    };
    let batches = Batches {
        batch: 2,
        interval: Duration::from_hours(1),
    };
    let mut exporter = Exporter::new(Sink::open(SinkSettings::Otlp(settings)).unwrap(), batches);
    exporter.first_pause = Duration::from_millis(1);
    let (recording, commands) = Recording::new(1.0, 10);
    (recording, tokio::spawn(exporter.run(commands)))
}

#[tokio::test]
async fn spans_are_sent_together_again_where_that_helps_and_at_the_end() {
    let (url, mut requests) = server(&[503, 200, 200, 200]).await;
    let (recording, task) = recording(&url);
    for name in ["one", "two", "three"] {
        recording.note(span(name));
    }
    let first = requests.recv().await.unwrap();
    assert!(first.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{first}");
    assert!(first.contains("api-key: s3cret\r\n"), "{first}");
    assert!(first.contains("content-type: application/json\r\n"), "{first}");
    let body = |request: &str| {
        let (_, body) = request.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        let spans = body["resourceSpans"][0]["scopeSpans"][0]["spans"].clone();
        let spans = spans.as_array().unwrap().iter();
        let names = spans.map(|span| span["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(body(&first), ["one", "two"]);
    let again = requests.recv().await.unwrap();
    assert_eq!(body(&again), body(&first));
    // One alone waits for another, unless somebody wants it sent.
    recording.flush(PATIENCE).await;
    assert_eq!(body(&requests.recv().await.unwrap()), ["three"]);
    recording.note(span("four"));
    drop(recording);
    task.await.unwrap();
    assert_eq!(body(&requests.recv().await.unwrap()), ["four"]);
}

#[test]
fn what_is_not_taken_is_counted_and_nobody_waits() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let page = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let (url, mut requests) = server(&[400, 503, 429, 502, 504]).await;
            let (recording, task) = recording(&url);
            let dropped = || {
                let page = page.render();
                let mut lines = page.lines();
                let value = lines.find_map(|line| line.strip_prefix("eventgateway_spans_dropped_total "));
                value.map_or(0, |value| value.parse().unwrap())
            };
            // For good, and once while somebody waits.
            for count in 1..=2 {
                recording.note(span("refused"));
                recording.flush(PATIENCE).await;
                assert_eq!(dropped(), count);
            }
            for _ in 0..2 {
                recording.note(span("refused three times"));
            }
            for _ in 0..5 {
                requests.recv().await.unwrap();
            }
            recording.flush(PATIENCE).await;
            assert_eq!(dropped(), 4);
            // Nothing is taken from the queue before this test waits for something.
            for _ in 0..15 {
                recording.note(span("more than there is room for"));
            }
            assert_eq!(dropped(), 9);
            task.abort();
        });
    });
}
