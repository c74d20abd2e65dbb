//! A space with something of everything in it, and all that can be learned of it.

use std::time::Duration;

use domain::delivery_attempt::{AttemptOutcome, DeliveryAttempt};
use domain::ids::Space;
use domain::quota::{FillRate, Quota, TokenRequest};
use domain::usage::{UsageCounts, UsageRow, hour_of};
use records::AttemptFilter;

use super::*;

/// How the buckets of these spaces fill: hardly at all.
fn rate() -> FillRate {
    FillRate::new(Duration::from_hours(1), 10)
}

/// Puts something of everything into a space: settings, four other resources, a key, two dead letters, a delivery that waits,
/// attempts, usage and a bucket.
pub(super) async fn fill(api: &Api, space: &str) {
    let path = |rest: &str| format!("/v1/spaces/{space}/{rest}");
    let function = r#"{"functionId":"f","type":"http","provider":{"url":"http://h"}}"#;
    for (kind, body) in [
        ("eventtypes", r#"{"name":"e"}"#.to_owned()),
        ("functions", function.to_owned()),
        ("cors", format!(r#"{{"path":"/{space}","method":"GET"}}"#)),
        (
            "subscriptions",
            format!(r#"{{"type":"async","eventType":"e","functionId":"f","path":"/{space}/p"}}"#),
        ),
    ] {
        let made = api.as_root("POST", &path(kind), &body).await;
        assert_eq!(made.status, 201, "{kind}: {}", made.body);
    }
    let described = api
        .as_root("PATCH", &format!("/v1/spaces/{space}"), r#"{"description":"d"}"#)
        .await;
    assert_eq!(described.status, 200, "{}", described.body);
    api.issue(space, r#"{"name":"k","role":"emitter"}"#).await;
    let list = api.as_root("GET", &path("subscriptions"), "").await;
    let subscription = list.all("subscriptions", "subscriptionId").remove(0);
    api.let_die(space, &subscription, 1..=2).await;
    let waiting = delivery(space, &subscription, 3);
    // Not for whoever receives while other spaces are filled.
    let waiting = domain::delivery::Delivery {
        deliver_at: Some(epoch_millis() + 60 * 60 * 1_000),
        ..waiting
    };
    let room = api.queue.reserve([&waiting], 1024).unwrap();
    room.send(vec![waiting]).await.unwrap();
    api.config.delivery_log.note(attempt(space, &subscription));
    let store = &api.config.store;
    let now = hour_of(epoch_millis());
    let row = |hour| UsageRow {
        space: space.into(),
        hour,
        writer: 7,
        counts: UsageCounts {
            events: 1,
            ..UsageCounts::default()
        },
    };
    store.put_usage(vec![row(now), row(now - 30)]).await.unwrap();
    store.claim_usage_day(&space.into(), now / 24).await.unwrap();
    let taken = store
        .take_tokens(&space.into(), Quota::Events, rate(), TokenRequest::exactly(3))
        .await;
    taken.unwrap().unwrap();
}

fn attempt(space: &str, subscription: &str) -> DeliveryAttempt {
    DeliveryAttempt {
        at: 1,
        delivery_id: "d".into(),
        space: space.into(),
        subscription_id: subscription.into(),
        function_id: "f".into(),
        variant: None,
        event_id: "i".to_owned(),
        event_type: "e".to_owned(),
        request_id: None,
        attempt: 1,
        outcome: AttemptOutcome::Retrying,
        status: Some(503),
        error: None,
        duration_ms: 7,
        next_attempt_at: None,
    }
}

/// All that can be learned of a space but for the records of its changes; empty where there is nothing.
pub(super) async fn everything_of(api: &Api, space: &str) -> Vec<String> {
    let (store, mut all) = (&api.config.store, Vec::new());
    let name = Space::from(space);
    for (kind, list) in [
        ("eventtypes", "eventTypes"),
        ("functions", "functions"),
        ("subscriptions", "subscriptions"),
        ("cors", "cors"),
        ("keys", "keys"),
        ("deadletters", "deadLetters"),
        ("deliveries", "deliveries"),
        ("deliveries/waiting", "deliveries"),
    ] {
        let shown = api
            .as_root("GET", &format!("/v1/spaces/{space}/{kind}"), "")
            .await;
        assert_eq!(shown.status, 200, "{kind}: {}", shown.body);
        let items = shown.body[list].as_array().unwrap();
        all.extend(items.iter().map(|item| {
            let mut item = item.clone();
            // Counted from the moment of the question.
            item.as_object_mut().unwrap().remove("dueAt");
            format!("{kind}: {item}")
        }));
    }
    let settings = api.as_root("GET", &format!("/v1/spaces/{space}"), "").await;
    if settings.body != serde_json::json!({ "space": space }) {
        all.push(settings.body.to_string());
    }
    let hour = hour_of(epoch_millis());
    let used = store.usage(&name, hour - 100..hour + 100).await.unwrap();
    all.extend(used.values().map(|counts| format!("usage: {counts:?}")));
    let left = store.tokens_left(&name, Quota::Events, rate()).await.unwrap();
    if left < 10 {
        all.push(format!("tokens: {left}"));
    }
    let log = api
        .config
        .delivery_log
        .read(&name, &AttemptFilter::default(), 10)
        .await;
    all.extend(log.unwrap().unwrap().iter().map(|attempt| format!("{attempt:?}")));
    all.extend(api.folders_of(space));
    all
}

impl Api {
    /// The folders of the delivery log that are called as a space.
    fn folders_of(&self, space: &str) -> Vec<String> {
        let folders = std::fs::read_dir(self.folder.path().join("attempts")).unwrap();
        let names = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name == space).collect()
    }
}
