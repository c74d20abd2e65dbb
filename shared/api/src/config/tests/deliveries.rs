//! What the delivery log holds is shown, the newest first; where it is elsewhere, the answer says so.

use domain::delivery_attempt::{AttemptOutcome, DeliveryAttempt};

use super::*;

const DELIVERIES: &str = "/v1/spaces/default/deliveries";

fn attempt(space: &str, event: &str, delivery: &str, subscription: &str, at: u64) -> DeliveryAttempt {
    DeliveryAttempt {
        at,
        delivery_id: delivery.into(),
        space: space.into(),
        subscription_id: subscription.into(),
        function_id: "f".into(),
        variant: None,
        event_id: event.to_owned(),
        event_type: "e".to_owned(),
        request_id: None,
        attempt: 1,
        outcome: AttemptOutcome::Retrying,
        status: Some(503),
        error: None,
        duration_ms: 7,
        next_attempt_at: Some(at + 1000),
    }
}

async fn deliveries(api: &Api, query: &str) -> Vec<String> {
    let list = api.get(&format!("{DELIVERIES}{query}")).await;
    assert_eq!(list.status, 200, "{query}: {}", list.body);
    list.all("deliveries", "deliveryId")
}

#[tokio::test]
async fn attempts_are_shown_newest_first_and_filtered() {
    let api = Api::start();
    for attempt in [
        attempt("default", "e1", "d1", "s1", 1),
        attempt("default", "e1", "d2", "s2", 2),
        attempt("default", "e 2", "d3", "s1", 3),
        attempt("other", "e1", "d4", "s1", 4),
    ] {
        api.config.delivery_log.note(attempt);
    }
    for (query, want) in [
        ("", &["d3", "d2", "d1"][..]),
        ("?eventId=e1", &["d2", "d1"]),
        ("?eventId=e+2", &["d3"]),
        ("?subscriptionId=s1", &["d3", "d1"]),
        ("?deliveryId=d2", &["d2"]),
        ("?eventId=e1&subscriptionId=s1", &["d1"]),
        ("?eventId=e3", &[]),
        ("?limit=2", &["d3", "d2"]),
        ("?limit=100000", &["d3", "d2", "d1"]),
    ] {
        assert_eq!(deliveries(&api, query).await, want, "{query}");
    }
    let list = api.get(&format!("{DELIVERIES}?deliveryId=d1")).await;
    let first = &list.body["deliveries"][0];
    assert_eq!(
        (&first["status"], &first["outcome"]),
        (&503.into(), &"retrying".into())
    );
    assert_eq!(first["nextAttemptAt"], 1001);
}

#[tokio::test]
async fn an_empty_log_is_an_empty_list() {
    let api = Api::start();
    assert_eq!(api.get(DELIVERIES).await.body.to_string(), r#"{"deliveries":[]}"#);
}

#[tokio::test]
async fn queries_that_are_refused() {
    let api = Api::start();
    for query in ["limit=0", "limit=-1", "eventId=", "eventid=e1", "next=x"] {
        assert_eq!(
            api.get(&format!("{DELIVERIES}?{query}")).await.status,
            400,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_log_that_is_elsewhere_is_named() {
    let mut api = Api::start();
    api.config.delivery_log = DeliveryLog::Tracing;
    let answer = api.get(DELIVERIES).await;
    assert_eq!(answer.status, 501);
    assert_eq!(
        answer.message(),
        "the delivery log of this deployment is in its structured logs"
    );
}
