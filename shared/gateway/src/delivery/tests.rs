//! Deliveries that have little time, to functions that answer at once or never.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::dead_letter::DeadLetterReason;
use domain::delivery::{Arrival, Delivery};
use domain::event::{Envelope, Event, EventStamp};
use domain::ids::{SubscriptionId, TenantId};
use domain::json::Json;
use domain::resource::{
    EventType, Function, Resource as _, SpaceSettings, Subscription, Tenant, TenantDeletion,
};
use domain::timestamp::Timestamp;
use queue::{
    DeadLetterLimits, DeliveryQueue, Durability, EmbeddedSettings, Limits, Outcome, Received, SpaceShares,
};
use records::DeliveryLog;
use store::{Embedded, Store};
use targets::{Invoker, TargetSettings};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::dead_letters::DeadLetters;
use super::step::DeliveryStep;
use super::*;
use crate::gateway::{Gateway, GatewayParts};
use crate::invocation::circuit_breaker::{CircuitAdmission, Registered};
use crate::test_settings::{LONG, settings};

const SPACE: &str = "default";

/// A gateway with a function `f`, whose calls may take a minute, and a weighted one that always is `f`.
struct Fixture {
    gateway: Gateway,
    calls: Arc<AtomicUsize>,
    _folder: TempDir,
}

impl Fixture {
    /// Functions answer at once, or never. One failure opens their circuits.
    async fn start(answers: bool) -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        let url = serve(answers, Arc::clone(&calls)).await;
        let folder = tempfile::tempdir().unwrap();
        let store = Embedded::open(store::EmbeddedSettings::new(folder.path())).unwrap();
        let queue = queue::Embedded::open(EmbeddedSettings {
            directory: None,
            cache_bytes: 1024 * 1024,
            durability: Durability::OperatingSystem,
            reserve_bytes: 0,
            limits: Limits {
                deliveries: 10,
                bytes: 1024 * 1024,
                workers: 1000,
                per_function: 10,
                spaces: SpaceShares::HALVES,
                dead_letters: DeadLetterLimits::NONE,
            },
        })
        .unwrap();
        let gateway = Gateway::new(
            GatewayParts {
                store: Store::Embedded(store),
                queue: DeliveryQueue::Embedded(queue.clone()),
                dead_letters: DeadLetters::Queue(queue),
                delivery_log: DeliveryLog::Tracing,
                invoker: Invoker::new(TargetSettings::default()).unwrap(),
                usage: None,
                tracer: traces::Tracer::default(),
            },
            settings(),
        );
        let store = gateway.store();
        let space = &SPACE.into();
        let f =
            format!(r#"{{"functionId":"f","type":"http","provider":{{"url":"{url}","timeoutSeconds":60}}}}"#);
        let w =
            r#"{"functionId":"w","type":"weighted","provider":{"weighted":[{"functionId":"f","weight":1}]}}"#;
        for body in [&f, w] {
            let function = Function::decode(space, None, body.as_bytes()).unwrap();
            store.create(function).await.unwrap();
        }
        for body in [r#"{"name":"e"}"#, r#"{"name":"guarded","authorizerId":"f"}"#] {
            let event_type = EventType::decode(space, None, body.as_bytes()).unwrap();
            store.create(event_type).await.unwrap();
        }
        Self {
            gateway,
            calls,
            _folder: folder,
        }
    }

    async fn subscribe(&self, function: &str) -> SubscriptionId {
        self.subscribe_to("e", function).await
    }

    async fn subscribe_to(&self, event_type: &str, function: &str) -> SubscriptionId {
        let body = format!(
            r#"{{"type":"async","eventType":"{event_type}","functionId":"{function}","retry":{{"minDelay":0,"maxDelay":0}}}}"#
        );
        let subscription = Subscription::decode(&SPACE.into(), None, body.as_bytes()).unwrap();
        let id = subscription.subscription_id.clone();
        self.gateway.store().create(subscription).await.unwrap();
        id
    }

    async fn send(&self, subscription: &SubscriptionId, function: &str) {
        self.send_of("e", subscription, function, Arrival::default())
            .await;
    }

    async fn send_of(
        &self,
        event_type: &str,
        subscription: &SubscriptionId,
        function: &str,
        arrival: Arrival,
    ) {
        let stamp = EventStamp {
            id: "1".to_owned(),
            time: "2026-01-01T00:00:00Z".to_owned(),
        };
        let delivery = Delivery {
            id: "d".into(),
            space: SPACE.into(),
            subscription: subscription.clone(),
            function: function.into(),
            event: Arc::new(Event::V0_1(Box::new(Envelope::generated(
                stamp,
                event_type,
                "",
                Json::null(),
            )))),
            accepted_at: clocks::epoch_millis(),
            attempts: 0,
            deliver_at: None,
            ordering_key: None,
            deduplication_key: None,
            arrival,
        };
        let room = self.gateway.queue().reserve([&delivery], 1024).unwrap();
        room.send(vec![delivery]).await.unwrap();
    }

    fn deliverer(&self) -> &Deliverer {
        &self.gateway.stages().deliverer
    }

    /// The next message; fails instead of waiting for ever.
    async fn receive(&self) -> Received {
        let received = tokio::time::timeout(Duration::from_secs(30), self.gateway.queue().receive());
        received.await.unwrap().unwrap()
    }
}

/// A function over HTTP that counts its calls.
async fn serve(answers: bool, calls: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            calls.fetch_add(1, Ordering::SeqCst);
            if answers {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(answer.as_bytes()).await;
            }
            kept.push(stream);
        }
    });
    url
}

/// A time with so many seconds left, at its beginning or later.
fn time(is_early: bool, seconds: u64) -> DispatchTime {
    let now = Instant::now();
    DispatchTime {
        early: if is_early { now + LONG } else { now },
        end: now + Duration::from_secs(seconds),
    }
}

#[tokio::test]
async fn deliveries_begin_while_their_calls_still_fit() {
    let fixture = Fixture::start(true).await;
    for function in ["f", "w"] {
        let subscription = fixture.subscribe(function).await;
        for (is_early, seconds, is_begun) in [
            (false, 100, true),
            (false, 59, false),
            // Less than a call of another function may take.
            (false, 4, false),
            (false, 0, false),
            // It never fits.
            (true, 59, true),
        ] {
            fixture.send(&subscription, function).await;
            let received = fixture.receive().await;
            let before = fixture.calls.load(Ordering::SeqCst);
            fixture
                .gateway
                .dispatch(received, Some(time(is_early, seconds)))
                .await;
            let begun = fixture.calls.load(Ordering::SeqCst) - before;
            assert_eq!(begun, usize::from(is_begun), "{function} {is_early} {seconds}");
            if !is_begun {
                // It is there at once, and that was no attempt.
                let received = fixture.receive().await;
                assert_eq!(received.deliveries[0].attempts, 0);
                fixture.gateway.dispatch(received, None).await;
            }
        }
    }
}

#[tokio::test]
async fn a_call_that_is_cut_is_an_attempt_and_says_nothing_of_the_function() {
    let fixture = Fixture::start(false).await;
    let subscription = fixture.subscribe("f").await;
    fixture.send(&subscription, "f").await;
    let received = fixture.receive().await;
    fixture.gateway.dispatch(received, Some(time(true, 2))).await;
    assert_eq!(fixture.calls.load(Ordering::SeqCst), 1);
    let circuits = &fixture.gateway.stages().invocation.circuit_breakers;
    let admission = circuits.admit(&SPACE.into(), &"f".into(), Registered::default(), Instant::now());
    assert!(
        matches!(admission, CircuitAdmission::Call(_)),
        "the circuit is open"
    );
    assert_eq!(fixture.receive().await.deliveries[0].attempts, 1);
}

/// No subscription changes its function, so a delivery that names another was not made by the gateway.
#[tokio::test]
async fn no_message_has_a_function_called_that_is_not_its_subscriptions() {
    let fixture = Fixture::start(true).await;
    let subscription = fixture.subscribe("w").await;
    for function in ["f", "unknown"] {
        fixture.send(&subscription, function).await;
        let received = fixture.receive().await;
        fixture.gateway.dispatch(received, None).await;
    }
    assert_eq!(fixture.calls.load(Ordering::SeqCst), 0);
    fixture.send(&subscription, "w").await;
    let received = fixture.receive().await;
    fixture.gateway.dispatch(received, None).await;
    assert_eq!(fixture.calls.load(Ordering::SeqCst), 1);
    assert_eq!(fixture.gateway.queue().backlog(), 0);
}

/// An authorizer that never answers has the time of the dispatcher at most, and none where its call does not fit.
#[tokio::test]
async fn authorizers_of_redriven_deliveries_have_the_time_of_their_message() {
    let fixture = Fixture::start(false).await;
    let subscription = fixture.subscribe_to("guarded", "f").await;
    let arrival = Arrival {
        unauthorized: Some(Arc::new(Json::null())),
        ..Arrival::default()
    };
    fixture.send_of("guarded", &subscription, "f", arrival).await;
    let received = fixture.receive().await;
    let delivery = &received.deliveries[0];
    let step = fixture.deliverer().step(delivery, Some(time(false, 59))).await;
    assert!(
        matches!(step, DeliveryStep::Settle(Outcome::Defer { .. })),
        "it is asked"
    );
    assert_eq!(fixture.calls.load(Ordering::SeqCst), 0);
    let step = fixture.deliverer().step(delivery, Some(time(true, 1))).await;
    let DeliveryStep::Settle(Outcome::DeadLetter(dead_letter)) = step else {
        panic!("it is asked again");
    };
    assert_eq!(dead_letter.reason, DeadLetterReason::AuthorizerFailed);
    assert_eq!(fixture.calls.load(Ordering::SeqCst), 1);
}

/// What panics on the way to its attempt would do so for ever.
#[tokio::test]
async fn a_delivery_that_panics_before_its_attempt_is_given_up() {
    let fixture = Fixture::start(true).await;
    let subscription = fixture.subscribe("f").await;
    fixture.send(&subscription, "f").await;
    let received = fixture.receive().await;
    let delivery = &received.deliveries[0];
    let panicked = std::panic::catch_unwind(|| panic!("broken"));
    let step = fixture.deliverer().unless_panicked(delivery, panicked);
    let DeliveryStep::Settle(Outcome::DeadLetter(dead_letter)) = step else {
        panic!("it is attempted again");
    };
    assert_eq!(dead_letter.reason, DeadLetterReason::PermanentFailure);
    assert_eq!(dead_letter.attempts, 0);
}

/// Of a tenant whose time to be deleted has come nothing is attempted, and nothing becomes a dead letter.
#[tokio::test]
async fn deliveries_of_a_tenant_that_is_deleted_are_dropped_when_its_time_has_come() {
    let fixture = Fixture::start(true).await;
    let subscription = fixture.subscribe("f").await;
    let store = fixture.gateway.store();
    let id = TenantId::from("acme");
    let place = id.place();
    let tenant = Tenant::decode(&place, None, br#"{"name":"n"}"#).unwrap();
    let later = Timestamp::of_millis(clocks::epoch_millis() + 60 * 60 * 1_000);
    store.create(tenant.to_be_deleted(later)).await.unwrap();
    let space = SPACE.into();
    let of_tenant = SpaceSettings {
        tenant: Some(id),
        ..SpaceSettings::unset(&space)
    };
    store.create(of_tenant).await.unwrap();
    fixture.send(&subscription, "f").await;
    let received = fixture.receive().await;
    let delivery = &received.deliveries[0];
    let waits = fixture.deliverer().step(delivery, None).await;
    assert!(matches!(waits, DeliveryStep::Wait { .. }));
    let pass = |stored: &Tenant| {
        let deletion = Some(TenantDeletion::at(Timestamp::of_millis(1_000)));
        Ok(Tenant {
            deletion,
            ..stored.clone()
        })
    };
    store.revise(&place, &place, pass).await.unwrap();
    let dropped = fixture.deliverer().step(delivery, None).await;
    assert!(matches!(dropped, DeliveryStep::Settle(Outcome::Done)));
    assert_eq!(fixture.calls.load(Ordering::SeqCst), 0);
}
