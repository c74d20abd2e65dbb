//! Options of HTTP endpoints: method, headers, form of the event, size of the answer, redirects.

use domain::event::{Event, EventLimits, Incoming, decode};
use domain::retry::FailureClass;
use http::Request;
use serde_json::{Value, json};
use targets::{Call, InvokeError};

use crate::server::{Received, Server, response};
use crate::{EVENT, call, invoker, with_options};

/// Calls an endpoint with options and gives what arrived last.
async fn called(server: &Server, options: Value) -> Received {
    let provider = with_options(&server.url("/f?q=1"), options);
    invoker().invoke(&provider, call(EVENT)).await.unwrap();
    server.requests().pop().unwrap()
}

fn structured(text: &str) -> Event {
    let request = Request::post("/").header("content-type", "application/cloudevents+json");
    let parts = request.body(()).unwrap().into_parts().0;
    let limits = EventLimits {
        max_attributes: 256,
        max_batch_events: 0,
    };
    match decode(&parts, text.as_bytes(), limits, || unreachable!()).unwrap() {
        Incoming::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn methods_with_the_event() {
    let server = Server::answering(|_| response(200, &[], "")).await;
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "REPORT"] {
        let request = called(&server, json!({"method": method})).await;
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            (method, "/f?q=1")
        );
        assert_eq!(request.body, EVENT, "{method}");
        assert_eq!(
            request.header("content-type"),
            Some("application/cloudevents+json")
        );
        assert_eq!(
            request.header("content-length"),
            Some(EVENT.len().to_string().as_str())
        );
    }
}

#[tokio::test]
async fn methods_without_the_event() {
    let server = Server::answering(|_| response(200, &[], "")).await;
    for method in ["GET", "HEAD"] {
        let request = called(&server, json!({"method": method})).await;
        assert_eq!((request.method.as_str(), request.body.len()), (method, 0));
        assert_eq!(
            (request.header("content-type"), request.header("content-length")),
            (None, None)
        );
    }
}

#[tokio::test]
async fn headers_are_added() {
    let server = Server::answering(|_| response(200, &[], "")).await;
    let headers = json!({"X-Tenant": "a b", "Content-Type": "application/json", "user-agent": "mine"});
    let request = called(&server, json!({"headers": headers})).await;
    for (name, want) in [
        ("x-tenant", "a b"),
        ("content-type", "application/json"),
        ("user-agent", "mine"),
    ] {
        assert_eq!(request.headers.get_all(name).iter().count(), 1, "{name}");
        assert_eq!(request.header(name), Some(want));
    }
    assert_eq!(request.header("host").unwrap(), server.address().to_string());
    assert_eq!(request.body, EVENT);
}

#[tokio::test]
async fn binary_mode() {
    let server = Server::answering(|_| response(200, &[], "")).await;
    let event = structured(
        r#"{"specversion":"1.0","type":"t","source":"/s","id":"é","datacontenttype":"image/png","data_base64":"aGk="}"#,
    );
    let too_odd = structured(
        r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1","extensions":{"ä":1}}"#,
    );
    let provider =
        |method: &str| with_options(&server.url("/"), json!({"format": "binary", "method": method}));
    let send = async |method: &str, event: Option<&Event>| {
        let call = Call { event, ..call(EVENT) };
        invoker().invoke(&provider(method), call).await.unwrap();
        server.requests().pop().unwrap()
    };
    let request = send("POST", Some(&event)).await;
    assert_eq!(request.body, "hi");
    assert_eq!(request.header("content-type"), Some("image/png"));
    assert_eq!(request.header("ce-id"), Some("%C3%A9"));
    assert_eq!(request.header("ce-specversion"), Some("1.0"));
    // The attributes alone.
    let request = send("GET", Some(&event)).await;
    assert_eq!(
        (request.header("ce-id"), request.header("content-type")),
        (Some("%C3%A9"), None)
    );
    assert!(request.body.is_empty());
    // An event that headers cannot carry, and what is no event.
    for event in [Some(&too_odd), None] {
        let request = send("POST", event).await;
        assert_eq!(request.body, EVENT);
        assert_eq!(
            request.header("content-type"),
            Some("application/cloudevents+json")
        );
        assert_eq!(request.header("ce-specversion"), None);
    }
}

#[tokio::test]
async fn answers_may_be_limited_further() {
    let server = Server::answering(|_| response(200, &[], vec![b'x'; 100])).await;
    for (limit, fits) in [(100, true), (u32::MAX, true), (99, false), (1, false)] {
        let provider = with_options(&server.url("/"), json!({"maxResponseBytes": limit}));
        match invoker().invoke(&provider, call(EVENT)).await {
            Ok(answer) => assert!(fits && answer.body.len() == 100),
            Err(InvokeError::ResponseTooLarge { limit: told }) => {
                assert!(!fits && told == usize::try_from(limit).unwrap());
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test]
async fn the_time_of_an_endpoint_is_its_own() {
    let server = Server::bare(|_, stream| async move {
        // Holds the connection until the client goes.
        let _ = stream.readable().await;
        std::future::pending::<()>().await;
    })
    .await;
    let provider = with_options(&server.url("/"), json!({"timeoutSeconds": 1, "method": "PUT"}));
    let error = invoker().invoke(&provider, call(EVENT)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Function call failed. Error: no answer within 1s"
    );
}

#[tokio::test]
async fn redirects_on_the_same_server() {
    let server = Server::answering(|request| match request.target.split('?').next().unwrap() {
        "/303" => response(303, &[("Location", "/end")], ""),
        "/307" => response(307, &[("Location", "/end")], ""),
        _ => response(200, &[], "end"),
    })
    .await;
    let options = |method: &str| {
        json!({
            "method": method, "headers": {"x-key": "k"},
            "authorization": {"type": "apiKey", "name": "a/b", "value": "1 2", "in": "query"}
        })
    };
    for (path, method, want) in [
        ("/303", "PUT", "GET"),
        ("/307", "PUT", "PUT"),
        ("/303", "GET", "GET"),
        ("/303", "HEAD", "HEAD"),
        ("/307", "HEAD", "HEAD"),
    ] {
        let provider = with_options(&server.url(path), options(method));
        invoker().invoke(&provider, call(EVENT)).await.unwrap();
        let end = server.requests().pop().unwrap();
        assert_eq!(
            (end.method.as_str(), end.target.as_str()),
            (want, "/end?a%2Fb=1%202"),
            "{path}"
        );
        assert_eq!(end.header("x-key"), Some("k"));
        assert_eq!(end.body.is_empty(), want != "PUT");
        assert_eq!(end.header("content-type").is_some(), want == "PUT");
    }
}

#[tokio::test]
async fn redirects_elsewhere_are_followed_by_plain_endpoints_only() {
    let other = Server::answering(|_| response(200, &[], "other")).await;
    let elsewhere = other.url("/x");
    let server = Server::answering(move |_| response(307, &[("Location", &elsewhere)], "")).await;
    for (options, is_followed) in [
        (json!({}), true),
        (json!({"format": "binary"}), true),
        (json!({"maxResponseBytes": 1000}), true),
        (json!({"method": "POST"}), false),
        (json!({"headers": {"x-key": "HIDDEN"}}), false),
        (
            json!({"authorization": {"type": "bearer", "token": "HIDDEN"}}),
            false,
        ),
        (
            json!({"authorization": {"type": "apiKey", "name": "k", "value": "HIDDEN", "in": "query"}}),
            false,
        ),
    ] {
        let before = other.requests().len();
        let provider = with_options(&server.url("/"), options.clone());
        match invoker().invoke(&provider, call(EVENT)).await {
            Ok(answer) => assert!(is_followed && answer.body == "other", "{options}"),
            Err(error) => {
                assert!(!is_followed, "{options}: {error}");
                assert_eq!(error.class(), FailureClass::Permanent);
                assert!(
                    error.to_string().contains("redirected to another server"),
                    "{error}"
                );
                assert!(!format!("{error} {error:?}").contains("HIDDEN"));
            }
        }
        assert_eq!(
            other.requests().len() - before,
            usize::from(is_followed),
            "{options}"
        );
    }
}
