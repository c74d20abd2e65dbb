//! Health checks: who is told, and what fails.

use std::io;
use std::sync::Arc;

use store::StoreError;

use super::*;
use crate::config::AccessKey;
use crate::health::ready;

#[tokio::test]
async fn probes_need_neither_key_nor_name() {
    let mut api = Api::start();
    api.config.access_key = Some(AccessKey::new("k"));
    api.config.health = "/ops".parse().unwrap();
    for (method, path, want) in [
        ("GET", "/ops/healthz", 200),
        ("HEAD", "/ops/healthz", 200),
        ("GET", "/ops/readyz", 200),
        ("POST", "/ops/readyz", 405),
        ("GET", "/ops", 404),
        ("GET", "/healthz", 404),
    ] {
        let reply = api.send_with(&[("x-probe", "1")], method, path, "").await;
        assert_eq!(reply.status, want, "{method} {path}");
    }
    let reply = api.get("/ops/readyz").await;
    assert_eq!(reply.body["status"], "ready");
    assert_eq!(reply.headers["cache-control"], "no-store");
    api.queue.close();
    let reply = api.get("/ops/readyz").await;
    assert_eq!((reply.status, &reply.body["queue"]), (503, &"closed".into()));
    assert_eq!(api.get("/ops/healthz").await.status, 200);
}

#[tokio::test]
async fn what_fails_is_named_and_its_cause_is_not() {
    let api = Api::start();
    let failed = || StoreError::Unavailable {
        source: Arc::new(io::Error::other("s3cret host")),
    };
    for (store, draining, want) in [
        (Ok(()), false, 200),
        (Err(failed()), false, 503),
        (Ok(()), true, 503),
    ] {
        let shown = if store.is_err() { "failing" } else { "ok" };
        let answer = ready(std::future::ready(store), &api.queue, draining).await;
        assert_eq!(answer.status(), want);
        assert_eq!(answer.headers().contains_key("retry-after"), want == 503);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(!String::from_utf8_lossy(&body).contains("s3cret"));
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["store"], shown);
        assert_eq!(body["draining"], draining);
    }
}

#[tokio::test]
async fn no_subscription_moves_to_where_health_checks_are_answered() {
    let mut api = Api::start();
    let id = api.subscribe().await;
    api.config.health = "/ops".parse().unwrap();
    api.config.legacy_api = true;
    let path = format!("/v1/spaces/default/subscriptions/{id}");
    let hidden = r#"{"method":"GET","path":"/ops/healthz"}"#;
    let refused = api.send("PATCH", &path, hidden).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(
        refused
            .message()
            .ends_with("answers health checks (--health-path)")
    );
    // In the shape of 2017.
    let old = r#"{"event":"http","functionId":"f","method":"GET","path":"/ops/readyz"}"#;
    let refused = api.send("POST", "/v1/spaces/default/subscriptions", old).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(
        refused
            .message()
            .ends_with("answers health checks (--health-path)")
    );
    let moved = api.send("PATCH", &path, r#"{"path":"/ops/healthz"}"#).await;
    assert_eq!((moved.status, &moved.body["method"]), (200, &"POST".into()));
}
