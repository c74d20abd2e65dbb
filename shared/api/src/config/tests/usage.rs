//! What a space used, as clients see it.

use domain::usage::{UsageCounts, UsageRow, hour_of};

use super::*;

/// A count of hours ago: so many events.
async fn used(api: &Api, hours_ago: u64, events: u64) {
    let row = UsageRow {
        space: "shop".into(),
        hour: hour_of(clocks::epoch_millis()) - hours_ago,
        writer: events,
        counts: UsageCounts {
            events,
            bytes: 10 * events,
            ..UsageCounts::default()
        },
    };
    api.config.store.put_usage(vec![row]).await.unwrap();
}

#[tokio::test]
async fn usage_is_told_by_the_hour_and_the_day() {
    let api = Api::start();
    let empty = api.get("/v1/spaces/shop/usage").await;
    assert_eq!(
        (empty.status, &empty.body["usage"]),
        (200, &serde_json::json!([]))
    );
    for (hours_ago, events) in [(0, 1), (0, 2), (2, 4), (48, 8), (24 * 40, 16)] {
        used(&api, hours_ago, events).await;
    }
    let hours = api.get("/v1/spaces/shop/usage?granularity=hour").await.body;
    let events = |report: &Value| -> Vec<u64> {
        let periods = report["usage"].as_array().unwrap().iter();
        periods.map(|period| period["events"].as_u64().unwrap()).collect()
    };
    assert_eq!(events(&hours), [4, 3]);
    assert_eq!(
        (&hours["granularity"], &hours["total"]["bytes"]),
        (&"hour".into(), &70.into())
    );
    let days = api.get("/v1/spaces/shop/usage").await.body;
    assert_eq!(events(&days).iter().sum::<u64>(), 15);
    assert_eq!(days["total"]["events"], 15);
    assert_eq!(api.get("/v1/spaces/other/usage").await.body["total"]["events"], 0);
    let refused = api.get("/v1/spaces/shop/usage?form=2026-11-30").await;
    assert_eq!(refused.status, 400);
}

#[tokio::test]
async fn usage_is_told_as_csv() {
    let api = Api::start();
    used(&api, 0, 3).await;
    let request = Request::get("/v1/spaces/shop/usage?granularity=hour");
    let request = request.header("host", "localhost").header("accept", "text/csv");
    let answer = router(api.config.clone())
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let media_type = &answer.headers()["content-type"];
    assert_eq!(media_type, "text/csv; charset=utf-8; header=present");
    assert_eq!(answer.headers()["vary"], "Accept");
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(body.to_vec()).unwrap();
    let lines: Vec<_> = text.split_terminator("\r\n").collect();
    assert_eq!(
        lines[0],
        "start,events,bytes,calls,deliveries,attempts,deadLetters"
    );
    assert!(lines[1].ends_with(":00:00Z,3,30,0,0,0,0"), "{text}");
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn where_nothing_is_counted_that_is_said() {
    let mut api = Api::start();
    api.config.usage = None;
    let answer = api.get("/v1/spaces/shop/usage").await;
    assert_eq!(answer.status, 501);
}

#[tokio::test]
async fn usage_takes_a_scope_of_its_own() {
    let mut api = Api::start();
    api.config.access_key = Some(AccessKey::new("root"));
    let root = ("authorization", "Bearer root");
    for (body, want) in [
        (r#"{"name":"k","scopes":["usage:read"]}"#, 200),
        (r#"{"name":"k","role":"viewer"}"#, 200),
        (r#"{"name":"k","role":"emitter"}"#, 403),
        (r#"{"name":"k","scopes":["config:read","audit:read"]}"#, 403),
    ] {
        let made = api.send_with(&[root], "POST", "/v1/spaces/shop/keys", body).await;
        let bearer = format!("Bearer {}", made.body["key"].as_str().unwrap());
        let with_key = [("authorization", &*bearer)];
        let answer = api.send_with(&with_key, "GET", "/v1/spaces/shop/usage", "").await;
        assert_eq!(answer.status, want, "{body}");
        let foreign = api
            .send_with(&with_key, "GET", "/v1/spaces/other/usage", "")
            .await;
        assert_eq!(foreign.status, 401, "{body}");
    }
}
