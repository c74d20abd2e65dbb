//! Which functions may be called, with what, and for how long.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::configuration::{Snapshot, Stored};
use domain::event::{Envelope, Event};
use domain::json::Json;
use domain::resource::{EventType, Resource as _};
use domain::routing::PathOwnership;

use crate::acceptance::authorizers::Authorizers;
use crate::error::GatewayError;
use crate::stamp::event_stamp;

use domain::origin::{Origin, TrustedProxies};

use super::*;

#[test]
fn functions_whose_secrets_are_not_open_are_called_later() {
    let space = Space::from("default");
    let mut snapshot = Snapshot::default();
    for id in ["f", "g"] {
        let body = format!(r#"{{"functionId":"{id}","type":"http","provider":{{"url":"http://x"}}}}"#);
        let function = Function::decode(&space, None, body.as_bytes()).unwrap();
        snapshot.insert(Stored {
            resource: Arc::new(function),
            created: 1,
        });
    }
    let mut table = RoutingTable::compile(PathOwnership::Shared, [&snapshot]);
    table.set_sealed(&space, &BTreeSet::from(["f".into()]));
    let error = callable(&table, &space, &"f".into()).unwrap_err();
    assert!(matches!(error, CallError::Sealed));
    assert!(callable(&table, &space, &"g".into()).is_ok());
    let unknown = callable(&table, &space, &"h".into()).unwrap_err();
    assert!(matches!(unknown, CallError::UnknownFunction));
    let weighted =
        r#"{"functionId":"w","type":"weighted","provider":{"weighted":[{"functionId":"f","weight":1}]}}"#;
    let weighted = Function::decode(&space, None, weighted.as_bytes()).unwrap();
    let event_type = EventType::decode(&space, None, br#"{"name":"e","authorizerId":"w"}"#).unwrap();
    let mut snapshot = Snapshot::default();
    snapshot.insert(Stored {
        resource: Arc::new(weighted),
        created: 1,
    });
    snapshot.insert(Stored {
        resource: Arc::new(event_type),
        created: 1,
    });
    table.replace(&Snapshot::default(), &snapshot);
    // Nobody denied it.
    let event = |event_type| {
        Event::V0_1(Box::new(Envelope::generated(
            event_stamp(),
            event_type,
            "",
            Json::null(),
        )))
    };
    let check = |event_type| Authorizers::check(&table, &event(event_type), &space, &"s".into());
    let refused = check("e").unwrap_err();
    assert!(matches!(refused, GatewayError::Call(CallError::Sealed)));
    assert!(check("other").is_ok());
    table.set_sealed(&space, &BTreeSet::new());
    let checked = Authorizers::check(&table, &event("e"), &space, &"s".into());
    assert!(checked.is_ok());
    assert!(callable(&table, &space, &"f".into()).is_ok());
}

/// Functions over HTTP learn it from a header, and their events stay as they came in.
#[tokio::test]
async fn what_travels_without_headers_says_how_often_it_was_passed_on() {
    let provider = |kind: &str, settings: &str| {
        let body = format!(r#"{{"functionId":"f","type":"{kind}","provider":{settings}}}"#);
        Function::decode(&Space::from("default"), None, body.as_bytes())
            .unwrap()
            .provider
    };
    let queue = r#"{"queueUrl":"https://sqs.eu-west-1.amazonaws.com/1/q","region":"eu-west-1"}"#;
    let lambda = r#"{"arn":"arn:aws:lambda:eu-west-1:1:function:f","region":"eu-west-1"}"#;
    let event = |data: &str| {
        let envelope = Envelope::generated(event_stamp(), "t", "", Json::from_value(data));
        Arc::new(Event::V0_1(Box::new(envelope)))
    };
    // The JSON of the other one is made elsewhere.
    let events = [event(""), event(&"x".repeat(offload::LARGE_BODY))];
    let id = delivery_id();
    let cases = [
        ("http", r#"{"url":"http://x"}"#, true, 3, None),
        ("http", r#"{"url":"http://x"}"#, false, 3, None),
        ("awssqs", queue, true, 0, Some(1)),
        ("awssqs", queue, false, 0, Some(1)),
        ("awssqs", queue, false, 3, Some(4)),
        ("awslambda", lambda, true, 0, Some(1)),
        // What it gets from callers stays as it was.
        ("awslambda", lambda, false, 0, None),
        ("awslambda", lambda, false, 3, Some(4)),
    ];
    let cases = cases
        .iter()
        .flat_map(|case| events.each_ref().map(|event| (*case, event)));
    let (parts, ()) = http::Request::new(()).into_parts();
    let original = OriginalRequest {
        parts: &parts,
        body: &Bytes::new(),
        path: "/",
        pattern: "/",
        origin: Origin::default(),
        trusted: &TrustedProxies::default(),
        is_batch: false,
        can_upgrade: false,
    };
    for ((kind, settings, is_queued, came, told), event) in cases {
        let plain = String::from_utf8(event.to_json()).unwrap();
        let call = SubscriberCall {
            space: &"s".into(),
            subscription: &"u".into(),
            function: &"f".into(),
            event,
            hops: Hops::new(came),
            trace: None,
            occasion: if is_queued {
                let (attempt, end) = (1, None);
                Occasion::Delivery {
                    id: &id,
                    attempt,
                    end,
                }
            } else {
                Occasion::Sync {
                    id: &id,
                    original: &original,
                    end: None,
                }
            },
        };
        let call = call.as_call(&provider(kind, settings)).ready().await;
        assert_eq!(call.hops, Hops::new(came + 1));
        let text = String::from_utf8(call.payload.to_vec()).unwrap();
        match told {
            None => assert_eq!(text, plain, "{kind} {is_queued} {came}"),
            Some(count) => {
                let member = format!(r#""eventgatewayhops":{count}"#);
                assert!(text.contains(&member), "{text}");
            }
        }
    }
}

#[tokio::test]
async fn a_call_is_over_when_whoever_makes_it_is() {
    let end = Instant::now() + Duration::from_millis(20);
    let called = until(end, std::future::pending()).await;
    let Err(CallError::Invoke(error)) = called else {
        panic!("a call without an end has ended")
    };
    assert!(matches!(error, InvokeError::TimedOut { .. }), "{error:?}");
    let called = until(end, async { Err(CallError::UnknownFunction) }).await;
    assert!(matches!(called, Err(CallError::UnknownFunction)));
}
