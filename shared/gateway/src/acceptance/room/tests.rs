//! Spaces that subscribe on the same path: what one of them lacks keeps no event away from the others.

use std::net::TcpListener as Listener;
use std::time::Duration;

use domain::quota::QuotaPlans;
use domain::resource::{EventType, Function, Resource as _, SpaceSettings, Subscription};
use queue::{DeadLetterLimits, DeliveryQueue, Durability, EmbeddedSettings, Limits, Share, SpaceShares};
use records::DeliveryLog;
use store::{Embedded, Store};
use targets::{Invoker, TargetSettings};
use tempfile::TempDir;

use crate::answer::Answer;
use crate::delivery::dead_letters::DeadLetters;
use crate::error::GatewayError;
use crate::gateway::{Gateway, GatewayParts};
use crate::intake::client::Client;
use crate::invocation::circuit_breaker::CircuitBreakerSettings;
use crate::settings::GatewaySettings;
use crate::test_settings::{self, LONG};

const LATER: (&str, &str) = ("x-deliver-at", "2999-01-01T00:00:00Z");

/// A gateway where `loud` and `quiet` want events on `/a`, and `loud` alone those on `/loud`. Of the type `guarded`, `loud`
/// has an authorizer that hangs, or one that nobody runs. A space may have one key and a delivery of `most` wait.
struct Fixture {
    gateway: Gateway,
    _authorizer: Option<Listener>,
    _folder: TempDir,
}

impl Fixture {
    async fn start(most: usize, hangs: bool) -> Self {
        Self::planned(most, hangs, None).await
    }

    /// The same where `loud` is on the plan `slow`, if there are plans.
    async fn planned(most: usize, hangs: bool, plans: Option<&str>) -> Self {
        let listener = Listener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let fixture = Self {
            gateway: gateway(&folder, most, plans),
            _authorizer: hangs.then_some(listener),
            _folder: folder,
        };
        let store = fixture.gateway.store();
        if plans.is_some() {
            let settings = SpaceSettings::decode(&"loud".into(), None, br#"{"plan":"slow"}"#);
            store.create(settings.unwrap()).await.unwrap();
        }
        for (space, paths) in [("quiet", &["/a"][..]), ("loud", &["/a", "/loud"])] {
            let space = &space.into();
            let function = format!(
                r#"{{"functionId":"f","type":"http","provider":{{"url":"{url}","timeoutSeconds":60}}}}"#
            );
            store
                .create(Function::decode(space, None, function.as_bytes()).unwrap())
                .await
                .unwrap();
            for name in ["open", "guarded"] {
                let guarded = *space == "loud".into() && name == "guarded";
                let authorizer = if guarded { r#","authorizerId":"f""# } else { "" };
                let event_type = format!(r#"{{"name":"{name}"{authorizer}}}"#);
                store
                    .create(EventType::decode(space, None, event_type.as_bytes()).unwrap())
                    .await
                    .unwrap();
                for path in paths {
                    let subscription = format!(
                        r#"{{"type":"async","eventType":"{name}","functionId":"f","path":"{path}"}}"#
                    );
                    store
                        .create(Subscription::decode(space, None, subscription.as_bytes()).unwrap())
                        .await
                        .unwrap();
                }
            }
        }
        fixture
    }

    /// Whether a request is accepted, or why not.
    async fn post(&self, path: &str, headers: &[(&str, &str)], body: String) -> Result<(), GatewayError> {
        let mut request = http::Request::post(path).header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let received = self
            .gateway
            .receive(&parts, Ok(body.into()), &Client::default())
            .await;
        received
            .outcome
            .map(|answer| assert!(matches!(answer, Answer::Accepted)))
    }

    async fn emit(&self, event_type: &str, path: &str, header: (&str, &str)) -> Result<(), GatewayError> {
        self.post(path, &[("event", event_type), header], "x".to_owned())
            .await
    }

    async fn batch(&self, path: &str, types: [&str; 2]) -> Result<(), GatewayError> {
        let events = types
            .map(|name| format!(r#"{{"specversion":"1.0","type":"{name}","source":"/s","id":"{name}"}}"#));
        let headers = [("content-type", "application/cloudevents-batch+json")];
        self.post(path, &headers, format!("[{}]", events.join(","))).await
    }

    /// The spaces and types of what is queued and due, an asterisk behind what its authorizer failed for; takes it out.
    async fn queued(&self) -> Vec<String> {
        let mut queued = Vec::new();
        // What is due is handed out at once.
        while let Ok(Some(received)) =
            tokio::time::timeout(Duration::from_millis(200), self.gateway.queue().receive()).await
        {
            let delivery = &received.deliveries[0];
            let lost = if delivery.arrival.unauthorized.is_some() {
                "*"
            } else {
                ""
            };
            queued.push(format!(
                "{} {}{lost}",
                delivery.space,
                delivery.event.event_type()
            ));
            self.gateway
                .queue()
                .settle(received.receipt, vec![queue::Outcome::Done])
                .await;
        }
        queued.sort_unstable();
        queued
    }
}

fn gateway(folder: &TempDir, most: usize, plans: Option<&str>) -> Gateway {
    let mut settings = store::EmbeddedSettings::new(folder.path());
    settings.rules.plans = plans.map(|json| &*Box::leak(Box::new(QuotaPlans::read(json, None).unwrap())));
    let store = Embedded::open(settings).unwrap();
    let queue = queue::Embedded::open(EmbeddedSettings {
        directory: None,
        cache_bytes: 1024 * 1024,
        durability: Durability::OperatingSystem,
        reserve_bytes: 0,
        limits: Limits {
            deliveries: 1000,
            bytes: 1024 * 1024,
            workers: 1000,
            per_function: 1000,
            spaces: SpaceShares {
                deliveries: Share::Fixed(most),
                deduplication_keys: 1,
                ..SpaceShares::HALVES
            },
            dead_letters: DeadLetterLimits::NONE,
        },
    })
    .unwrap();
    Gateway::new(
        GatewayParts {
            store: Store::Embedded(store),
            queue: DeliveryQueue::Embedded(queue.clone()),
            dead_letters: DeadLetters::Queue(queue),
            delivery_log: DeliveryLog::Tracing,
            invoker: Invoker::new(TargetSettings::default()).unwrap(),
            usage: None,
            tracer: traces::Tracer::default(),
        },
        GatewaySettings {
            max_concurrent_deliveries: 1000,
            max_sync_calls_per_space: Some(1),
            max_deliver_delay: Duration::from_hours(24 * 365 * 1000),
            circuit_breaker: CircuitBreakerSettings {
                failure_threshold: 1000,
                min_open: LONG,
                max_open: LONG,
            },
            ..test_settings::settings()
        },
    )
}

const PLAIN: (&str, &str) = ("x-plain", "1");

#[tokio::test]
async fn an_authorizer_that_fails_keeps_events_from_its_space_alone() {
    let fixture = Fixture::start(100, false).await;
    fixture.emit("guarded", "/a", PLAIN).await.unwrap();
    assert_eq!(fixture.queued().await, ["loud guarded*", "quiet guarded"]);
    fixture.batch("/a", ["open", "guarded"]).await.unwrap();
    assert_eq!(
        fixture.queued().await,
        ["loud guarded*", "loud open", "quiet guarded", "quiet open"]
    );
    // Where nobody else gets the event, nobody was promised anything.
    for refused in [
        fixture.emit("guarded", "/loud", PLAIN).await,
        fixture.batch("/loud", ["open", "guarded"]).await,
    ] {
        assert!(matches!(refused, Err(GatewayError::AuthorizerFailed(_))));
    }
    assert!(fixture.queued().await.is_empty());
}

#[tokio::test]
async fn a_share_that_is_full_keeps_events_from_its_space_alone() {
    let fixture = Fixture::start(2, false).await;
    for _ in 0..2 {
        fixture.emit("open", "/loud", LATER).await.unwrap();
    }
    fixture.emit("open", "/a", PLAIN).await.unwrap();
    assert_eq!(fixture.queued().await, ["quiet open"]);
    fixture.batch("/a", ["open", "open"]).await.unwrap();
    assert_eq!(fixture.queued().await, ["quiet open", "quiet open"]);
    for refused in [
        fixture.emit("open", "/loud", PLAIN).await,
        fixture.batch("/loud", ["open", "open"]).await,
    ] {
        assert!(matches!(refused, Err(GatewayError::SpaceFull(_))));
    }
    assert!(fixture.queued().await.is_empty());
}

/// Whether there is room for a key shows only when the queue has the event in hand.
#[tokio::test]
async fn keys_that_are_used_up_keep_events_from_their_space_alone() {
    let fixture = Fixture::start(100, false).await;
    let key = |key| ("x-deduplication-key", key);
    fixture.emit("open", "/loud", key("1")).await.unwrap();
    fixture.emit("open", "/a", key("2")).await.unwrap();
    assert_eq!(fixture.queued().await, ["loud open", "quiet open"]);
    let refused = fixture.emit("open", "/a", key("3")).await;
    assert!(matches!(refused, Err(GatewayError::SpaceFull(_))));
}

#[tokio::test]
async fn authorizers_that_hang_keep_events_from_their_space_alone() {
    let fixture = Fixture::start(100, true).await;
    // One call of the space is in progress.
    let table = fixture.gateway.store().routing_table(&[]).await.unwrap();
    let room = &fixture.gateway.stages().acceptance.room;
    let _call = room.begin_sync_calls(&table, [&"loud".into()]).unwrap();
    fixture.emit("guarded", "/a", PLAIN).await.unwrap();
    assert_eq!(fixture.queued().await, ["quiet guarded"]);
    let refused = fixture.emit("guarded", "/loud", PLAIN).await;
    assert!(matches!(refused, Err(GatewayError::SpaceBusy { .. })));
    // What has no authorizer waits for nobody.
    fixture.batch("/a", ["open", "guarded"]).await.unwrap();
    assert_eq!(
        fixture.queued().await,
        ["loud open", "quiet guarded", "quiet open"]
    );
}

#[tokio::test]
async fn a_rate_that_is_used_up_keeps_events_from_its_space_alone() {
    let plans = r#"{"slow":{"events":{"rate":0.001,"burst":2}}}"#;
    let fixture = Fixture::planned(100, false, Some(plans)).await;
    fixture.emit("open", "/a", PLAIN).await.unwrap();
    assert_eq!(fixture.queued().await, ["loud open", "quiet open"]);
    // There is one left, which is not enough for both.
    fixture.batch("/a", ["open", "open"]).await.unwrap();
    assert_eq!(fixture.queued().await, ["quiet open", "quiet open"]);
    fixture.emit("open", "/loud", PLAIN).await.unwrap();
    assert_eq!(fixture.queued().await, ["loud open"]);
    let Err(GatewayError::QuotaUsedUp(used_up)) = fixture.emit("open", "/loud", PLAIN).await else {
        panic!("it is taken");
    };
    assert_eq!((used_up.space.as_str(), used_up.empty.left), ("loud", 0));
    fixture.emit("open", "/a", PLAIN).await.unwrap();
    assert_eq!(fixture.queued().await, ["quiet open"]);
}
