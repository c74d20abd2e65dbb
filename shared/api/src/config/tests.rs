//! The Configuration API as its clients see it: requests to the router, over a store and a queue in a folder.

use axum::body::Body;
use domain::dead_letter::{DeadLetter, DeadLetterReason};
use domain::delivery::Delivery;
use domain::event::Event;
use gateway::metrics::MetricsLimits;
use http::Request;
use http_body_util::BodyExt as _;
use metrics_exporter_prometheus::PrometheusBuilder;
use queue::{DeadLetterLimits, DeliveryQueue, Durability, Limits, Outcome, SpaceShares};
use records::{AttemptFiles, AttemptFilesLimits};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::*;

mod apply;
mod audit;
mod browsers;
mod dead_letters;
mod deliveries;
mod diagnosis;
mod erasure;
mod health;
mod keys;
mod legacy;
mod patches;
mod secrets;
mod subscriptions;
mod tenant_races;
mod tenants;
mod unknown_members;
mod usage;

/// What clients send that want to know more of errors.
const DETAILS: [(&str, &str); 1] = [("X-Event-Gateway-Error-Details", "true")];

/// A Configuration API with folders of its own.
struct Api {
    config: ConfigApi,
    queue: DeliveryQueue,
    folder: TempDir,
}

/// Status, headers and body of an answer; `null` when it has none.
struct Reply {
    status: u16,
    headers: http::HeaderMap,
    body: Value,
}

impl Api {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = store::EmbeddedSettings::new(folder.path().join("store"));
        let queue = queue::Embedded::open(queue::EmbeddedSettings {
            directory: Some(folder.path().join("queue")),
            cache_bytes: 1024 * 1024,
            durability: Durability::OperatingSystem,
            reserve_bytes: 0,
            limits: Limits {
                deliveries: 1000,
                bytes: 1024 * 1024,
                workers: 1000,
                per_function: 1000,
                spaces: SpaceShares::HALVES,
                dead_letters: DeadLetterLimits::NONE,
            },
        })
        .unwrap();
        let limits = AttemptFilesLimits {
            bytes_per_space: 64 * 1024,
            bytes: 1024 * 1024,
        };
        let attempts = AttemptFiles::open(folder.path().join("attempts"), limits).unwrap();
        let delivery_queue = DeliveryQueue::Embedded(queue.clone());
        let recorder = PrometheusBuilder::new().build_recorder();
        let store = Store::Embedded(store::Embedded::open(store).unwrap());
        let counting = gateway::UsageSettings {
            interval: std::time::Duration::from_hours(1),
            most_rows: 100,
        };
        let in_flight = crate::BytesInFlight::new(0);
        let config = ConfigApi {
            diagnosis: Diagnosis::new(store.clone(), delivery_queue.clone(), in_flight),
            usage: Some(gateway::Usage::new(store.clone(), counting)),
            store,
            schemas: SchemaLimits::default(),
            limits: BodyLimits {
                bytes: 4096,
                time: std::time::Duration::from_secs(5),
                least_rate: crate::LeastRate {
                    bytes_per_second: 0,
                    window: std::time::Duration::from_secs(5),
                },
                in_flight,
            },
            metrics: MetricsPage::new(Some(recorder.handle()), MetricsLimits::default()),
            queue: delivery_queue.clone(),
            dead_letters: DeadLetters::Queue(queue),
            delivery_log: DeliveryLog::Files(attempts),
            legacy_api: false,
            rejects_unknown_members: false,
            access_key: None,
            secrets: SecretRules::default(),
            browsers: BrowserGuard::default(),
            answers: AnswerOptions::default(),
            access_log: None,
            health: HealthPaths::default(),
            own: OwnConfigApi::default(),
            transforms: dataflow::transform::TransformLimits::default(),
            authorizers: None,
            changes: None,
            leak_reports: None,
            recent_events: None,
            trusted_proxies: TrustedProxies::default(),
            max_sync_calls_per_space: None,
        };
        Self {
            config,
            queue: delivery_queue,
            folder,
        }
    }

    async fn send(&self, method: &str, path: &str, body: &str) -> Reply {
        self.send_with(&[], method, path, body).await
    }

    async fn send_with(&self, headers: &[(&str, &str)], method: &str, path: &str, body: &str) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let answer = router(self.config.clone()).oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        }
    }

    async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, "").await
    }

    /// An event type `e`, a function `f` and an async subscription of the one to the other; its id.
    async fn subscribe(&self) -> String {
        let resources = [
            ("eventtypes", r#"{"name":"e"}"#),
            (
                "functions",
                r#"{"functionId":"f","type":"http","provider":{"url":"http://localhost:1"}}"#,
            ),
        ];
        for (collection, body) in resources {
            let path = format!("/v1/spaces/default/{collection}");
            assert_eq!(self.send("POST", &path, body).await.status, 201, "{body}");
        }
        self.subscribe_as("async").await
    }

    async fn subscribe_as(&self, r#type: &str) -> String {
        let body = format!(r#"{{"type":"{type}","eventType":"e","functionId":"f","metadata":{{"a":"b"}}}}"#);
        let created = self.send("POST", "/v1/spaces/default/subscriptions", &body).await;
        assert_eq!(created.status, 201, "{}", created.body);
        created.body["subscriptionId"].as_str().unwrap().to_owned()
    }

    /// Has deliveries for a subscription, named by their numbers, become dead letters one after another.
    async fn let_die(&self, space: &str, subscription: &str, numbers: std::ops::RangeInclusive<u32>) {
        for number in numbers {
            let delivery = delivery(space, subscription, number);
            let room = self.queue.reserve([&delivery], 1024).unwrap();
            room.send(vec![delivery]).await.unwrap();
            let received = self.queue.receive().await.unwrap();
            let dead: Vec<_> = received.deliveries.iter().map(dead_letter).collect();
            self.queue.settle(received.receipt, dead).await;
        }
    }
}

impl Reply {
    /// The text of an error.
    fn message(&self) -> &str {
        assert_eq!(
            self.body["errors"].as_array().map(Vec::len),
            Some(1),
            "{}",
            self.body
        );
        self.body["errors"][0]["message"].as_str().unwrap()
    }

    /// A member of every item of a list, in its order.
    fn all(&self, list: &str, member: &str) -> Vec<String> {
        let items = self.body[list].as_array().unwrap().iter();
        items
            .map(|item| item[member].as_str().unwrap().to_owned())
            .collect()
    }
}

fn delivery(space: &str, subscription: &str, number: u32) -> Delivery {
    let event = r#"{"specversion":"1.0","type":"e","source":"/s","id":"1","data":{"a":1}}"#;
    let event: Event = serde_json::from_str(event).unwrap();
    Delivery {
        id: format!("{subscription}-{number}").into(),
        space: space.into(),
        subscription: subscription.into(),
        function: "f".into(),
        event: event.into(),
        accepted_at: 1_000 + u64::from(number),
        attempts: 3,
        deliver_at: None,
        ordering_key: None,
        deduplication_key: None,
        arrival: domain::delivery::Arrival::default(),
    }
}

fn dead_letter(delivery: &Delivery) -> Outcome {
    Outcome::DeadLetter(Box::new(DeadLetter {
        delivery_id: delivery.id.clone(),
        space: delivery.space.clone(),
        subscription_id: delivery.subscription.clone(),
        function_id: delivery.function.clone(),
        reason: DeadLetterReason::AttemptsExhausted,
        error: Some("it said no".to_owned()),
        last_response: None,
        attempts: delivery.attempts,
        accepted_at: delivery.accepted_at,
        dead_at: delivery.accepted_at + 10,
        ordering_key: None,
        arrival: delivery.arrival.clone(),
        event: delivery.event.clone(),
    }))
}

/// Requests to everything that a space has besides resources.
const REQUESTS: [(&str, &str); 9] = [
    ("GET", "/v1/spaces/default/deadletters"),
    ("DELETE", "/v1/spaces/default/deadletters"),
    ("GET", "/v1/spaces/default/deadletters/d"),
    ("DELETE", "/v1/spaces/default/deadletters/d"),
    ("POST", "/v1/spaces/default/deadletters/redrive"),
    ("GET", "/v1/spaces/default/deliveries"),
    ("POST", "/v1/spaces/default/explain"),
    ("POST", "/v1/spaces/default/subscriptions/s/pause"),
    ("POST", "/v1/spaces/default/subscriptions/s/resume"),
];

#[tokio::test]
async fn everything_wants_the_access_key() {
    let mut api = Api::start();
    api.config.access_key = Some(AccessKey::new("key"));
    for (method, path) in REQUESTS {
        let refused = api.send(method, path, "").await;
        assert_eq!(refused.status, 401, "{method} {path}");
        assert_eq!(refused.message(), "Unauthorized");
    }
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let api = Api::start();
    for (_, path) in REQUESTS {
        for method in ["PUT", "PATCH", "OPTIONS"] {
            assert_eq!(api.send(method, path, "{}").await.status, 405, "{method} {path}");
        }
        // HEAD is served where GET is (docs/contract.md §1.1).
        let has_get = REQUESTS.contains(&("GET", path));
        assert_eq!(api.send("HEAD", path, "").await.status != 405, has_get, "{path}");
    }
}

#[tokio::test]
async fn bodies_beyond_the_limit_are_refused() {
    let api = Api::start();
    let subscription = api.subscribe().await;
    let body = format!(r#"{{"reason":"{}"}}"#, "x".repeat(5000));
    for path in [
        "deadletters/redrive".to_owned(),
        "explain".to_owned(),
        format!("subscriptions/{subscription}/pause"),
    ] {
        let path = format!("/v1/spaces/default/{path}");
        assert_eq!(api.send("POST", &path, &body).await.status, 413, "{path}");
    }
}
