//! JSON a hundred thousand levels deep, wherever JSON is read: no stack may grow with it.

use std::io::Write as _;

use serde_json::Value;

use super::{assert_unharmed, deep_array, deep_object};
use crate::client::send;
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::GatewayProcess;

const LEVELS: usize = 100_000;

/// JSON so deep, whole and cut in the middle.
fn deep() -> [String; 4] {
    let [array, object] = [deep_array(LEVELS), deep_object(LEVELS)];
    let half = |text: &String| text[..text.len() / 2].to_owned();
    [half(&array), half(&object), array, object]
}

#[test]
fn configuration_bodies() {
    let mut gateway = GatewayProcess::start(&[]);
    for collection in ["eventtypes", "functions", "subscriptions", "cors"] {
        let path = format!("/v1/spaces/default/{collection}");
        for deep in deep() {
            for body in [
                deep.clone(),
                format!(r#"{{"metadata":{deep}}}"#),
                format!(r#"{{"metadata":{{"a":{deep}}}}}"#),
                format!(r#"{{"type":"http","provider":{deep}}}"#),
                format!(r#"{{"type":"http","provider":{{"url":{deep}}}}}"#),
                format!(r#"{{"method":"GET","path":"/a","allowedOrigins":{deep}}}"#),
                format!(r#"{{"unknown":{deep}}}"#),
            ] {
                let answer = send(gateway.config, "POST", &path, &[], &body);
                assert_eq!(answer.status, 400, "{collection} {}", &body[..40]);
                assert!(answer.error_message().contains("doesn't validate"));
            }
        }
        assert_eq!(gateway.list(collection), [Value::Null; 0]);
    }
    let [.., whole] = deep();
    let body = format!(r#"{{"name":"a","unknown":{whole}}}"#);
    assert_eq!(
        send(gateway.config, "POST", "/v1/spaces/default/eventtypes", &[], body).status,
        201
    );
    assert_unharmed(&mut gateway);
}

#[test]
fn events() {
    let mut gateway = GatewayProcess::start(&[]);
    let functions = FunctionServer::answering("{}");
    gateway.function("f", &functions.url("/"));
    for event_type in ["http.request", "ev", "eventgateway.event.received"] {
        gateway.event_type(event_type);
    }
    gateway.subscribe("sync", "http.request", "f", "/");
    gateway.subscribe("sync", "ev", "f", "/");
    gateway.subscribe("async", "eventgateway.event.received", "f", "/");
    let structured = "application/cloudevents+json";
    for deep in deep() {
        let is_whole = deep.ends_with(['}', ']']);
        let event = |member: &str| {
            format!(
                r#"{{"eventType":"ev","cloudEventsVersion":"0.1","source":"/a","eventID":"1","{member}":{deep}}}"#
            )
        };
        let v1 = format!(r#"{{"specversion":"1.0","type":"ev","source":"/a","id":"1","data":{deep}}}"#);
        for (content_type, body) in [
            ("application/json", deep.clone()),
            ("application/json", event("data")),
            (structured, deep.clone()),
            (structured, event("data")),
            (structured, event("extensions")),
            (structured, event("eventTime")),
            (structured, event("unknown")),
            (structured, v1.clone()),
            ("application/cloudevents-batch+json", deep.clone()),
            ("application/cloudevents-batch+json", format!("[{v1}]")),
        ] {
            for headers in [&[][..], &[("Event", "ev")]] {
                let headers = [headers, &[("Content-Type", content_type)]].concat();
                let answer = gateway.post_event("/", &headers, &body);
                let what = format!("{content_type} {} {is_whole}", &body[..80]);
                match answer.status {
                    200 | 202 => {}
                    400 => assert!(!answer.error_message().is_empty()),
                    status => panic!("{what}: {status} {}", answer.text()),
                }
                if content_type == "application/json" {
                    assert_eq!(answer.status, 200, "{what}");
                }
            }
        }
        let answer = gateway.post_event("/", &[("Content-Type", structured)], event("data"));
        assert_eq!(answer.status, if is_whole { 200 } else { 400 });
    }
    assert_unharmed(&mut gateway);
}

#[test]
fn results_of_functions_and_authorizers() {
    let mut gateway = GatewayProcess::start(&[]);
    let results: Vec<(String, u16, u16)> = deep()
        .into_iter()
        .flat_map(|deep| {
            let is_whole = deep.ends_with(['}', ']']);
            let object = |text: String, function, authorizer| {
                // Cut results are nothing to anybody.
                if is_whole {
                    (text, function, authorizer)
                } else {
                    (text, 500, 403)
                }
            };
            let bare = if deep.starts_with('{') { 200 } else { 500 };
            [
                object(deep.clone(), bare, 403),
                object(format!(r#"{{"headers":{deep}}}"#), 500, 403),
                object(format!(r#"{{"headers":{{"a":{deep}}}}}"#), 500, 403),
                object(format!(r#"{{"body":{deep}}}"#), 500, 403),
                object(
                    format!(r#"{{"unknown":{deep},"authorization":{{"principalId":"p"}}}}"#),
                    200,
                    200,
                ),
                object(
                    format!(r#"{{"authorization":{deep}}}"#),
                    200,
                    if bare == 200 { 200 } else { 403 },
                ),
                object(
                    format!(r#"{{"authorization":{{"context":{{"a":{deep}}}}}}}"#),
                    200,
                    403,
                ),
                object(format!(r#"{{"error":{deep}}}"#), 200, 403),
            ]
        })
        .collect();
    let texts: Vec<_> = results.iter().map(|(text, ..)| text.clone()).collect();
    let functions = FunctionServer::start(move |stream, call| {
        let text = call.path[1..].parse::<usize>().map_or("{}", |at| &texts[at]);
        stream.write_all(answer(200, text).as_bytes())
    });
    gateway.function("f", &functions.url("/ok"));
    gateway.event_type("plain");
    for (at, (text, function, authorizer)) in results.iter().enumerate() {
        let (id, path) = (format!("f{at}"), format!("/{at}"));
        gateway.function(&id, &functions.url(&path));
        gateway.subscribe("sync", "plain", &id, &path);
        gateway.create("eventtypes", &serde_json::json!({"name": id, "authorizerId": id}));
        gateway.subscribe("sync", &id, "f", &path);
        let what = &text[..text.len().min(60)];
        let as_function = gateway.post_event(&path, &[("Event", "plain")], "");
        assert_eq!(as_function.status, *function, "function: {what}");
        let as_authorizer = gateway.post_event(&path, &[("Event", &id)], "");
        assert_eq!(as_authorizer.status, *authorizer, "authorizer: {what}");
    }
    assert_unharmed(&mut gateway);
}
