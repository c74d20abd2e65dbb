//! The recorded functions, called over real connections.

use std::{io::Read as _, time::Duration};

use serde_json::{Value, json};

use super::{FunctionKey, RecordingTarget, Reply};
use crate::client::{Answer, Api, ExchangeError, Host, Request};

const LIMIT: Duration = Duration::from_secs(5);

fn key(name: &str) -> FunctionKey {
    FunctionKey {
        token: "k".to_owned(),
        name: name.to_owned(),
    }
}

fn reply(written: &Value) -> Reply {
    match serde_json::from_value(written.clone()) {
        Ok(reply) => reply,
        Err(error) => panic!("{written}: {error}"),
    }
}

async fn call(target: &RecordingTarget, path: &str, body: &str) -> Result<Answer, ExchangeError> {
    let host = Host::Tcp {
        events: target.address,
        config: target.address,
    };
    let request = Request {
        method: "POST".to_owned(),
        target: path.to_owned(),
        headers: vec![("X-Token".to_owned(), "t".to_owned())],
        body: Some(body.as_bytes().to_vec()),
        chunked: false,
    };
    host.send(Api::Events, &request, LIMIT).await
}

#[tokio::test]
async fn functions_answer_as_they_are_told() -> anyhow::Result<()> {
    let target = RecordingTarget::start().await?;
    for (path, set, status, body) in [
        ("/k/f", json!({}), 200, "{}"),
        ("/k/f", json!({"status": 404, "body": "gone"}), 404, "gone"),
        (
            "/k/f",
            json!({"json": {"statusCode": 201}}),
            200,
            r#"{"statusCode":201}"#,
        ),
        ("/k/f", json!({"json": [1], "b64": "aGk="}), 200, "hi"),
        ("/k/f", json!({"redirect": "/elsewhere"}), 302, "{}"),
        (
            "/k/f",
            json!({"redirect": "/elsewhere", "redirect_status": 307, "status": 200}),
            307,
            "{}",
        ),
        ("/k/f?status=418&body=tea%20pot", json!({}), 418, "tea pot"),
        ("/k/f?status=418&body=tea", json!({"status": 500}), 500, "tea"),
        (
            "/k/f?colour=red",
            json!({}),
            501,
            "impossible reply: Failed to deserialize query string",
        ),
        (
            "/k/f",
            json!({"status": 5000}),
            501,
            "impossible reply: invalid status code",
        ),
    ] {
        target.set_reply(key("f"), reply(&set));
        let answer = call(&target, path, "").await?;
        let text = answer.text();
        assert!(
            answer.status == status && text.starts_with(body),
            "{path} {set}: {} {text}",
            answer.status
        );
        assert_eq!(
            answer.header_values("Location").is_empty(),
            set.get("redirect").is_none()
        );
    }
    Ok(())
}

#[tokio::test]
async fn headers_and_compression_are_sent() -> anyhow::Result<()> {
    let target = RecordingTarget::start().await?;
    target.set_reply(
        key("f"),
        reply(&json!({"headers": {"X-A": "b"}, "body": "text", "gzip": true})),
    );
    let answer = call(&target, "/k/f", "").await?;
    assert_eq!(answer.header_values("x-a"), ["b"]);
    assert_eq!(answer.header_values("content-encoding"), ["gzip"]);
    let mut text = String::new();
    flate2::read::GzDecoder::new(answer.body.as_slice()).read_to_string(&mut text)?;
    assert_eq!(text, "text");
    Ok(())
}

#[tokio::test]
async fn a_function_can_hang_up_or_take_its_time() -> anyhow::Result<()> {
    let target = RecordingTarget::start().await?;
    target.set_reply(key("f"), reply(&json!({"close": true})));
    assert!(matches!(
        call(&target, "/k/f", "").await,
        Err(ExchangeError::Closed)
    ));
    target.set_reply(key("f"), reply(&json!({"delay": 0.2})));
    let began = std::time::Instant::now();
    assert_eq!(call(&target, "/k/f", "").await?.status, 200);
    assert!(began.elapsed() >= Duration::from_millis(200));
    Ok(())
}

#[tokio::test]
async fn calls_are_recorded_under_their_function() -> anyhow::Result<()> {
    let target = RecordingTarget::start().await?;
    assert_eq!(target.base_url("k"), format!("http://{}/k", target.address));
    assert_eq!(target.count(&key("f")), 0);
    for body in ["one", "two"] {
        call(&target, "/k/f", body).await?;
    }
    call(&target, "/other/f", "three").await?;
    assert_eq!(target.count(&key("f")), 2);
    let calls = target.wait_for(&key("f"), 0, 2, |_| true, LIMIT).await;
    assert_eq!(
        calls.iter().map(super::Call::text).collect::<Vec<_>>(),
        ["one", "two"]
    );
    assert_eq!(calls[0].header("x-token").as_deref(), Some("t"));
    let later = target.wait_for(&key("f"), 1, 1, |_| true, LIMIT).await;
    assert_eq!(later.len(), 1);
    let none = target
        .wait_for(
            &key("f"),
            0,
            1,
            |call| call.json().is_some(),
            Duration::from_millis(10),
        )
        .await;
    assert!(none.is_empty());
    Ok(())
}

#[tokio::test]
async fn waiting_ends_with_the_call() -> anyhow::Result<()> {
    let target = RecordingTarget::start().await?;
    let function = key("f");
    let waiting = target.wait_for(&function, 0, 1, |_| true, Duration::from_mins(1));
    let (calls, answer) = tokio::join!(waiting, call(&target, "/k/f", "late"));
    assert_eq!((calls.len(), answer?.status), (1, 200));
    Ok(())
}
