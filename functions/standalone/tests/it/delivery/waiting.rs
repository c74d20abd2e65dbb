//! Deliveries that wait: how long they may, what can be seen and done of them, and that no space waits for another one.

use std::io::Read as _;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{ask, dead_letters, emit, emit_with, subscribe};
use crate::client::send;
use crate::function_server::FunctionServer;
use crate::gateway_process::{GatewayProcess, wait_until};

fn in_hours(hours: u64) -> String {
    let time = SystemTime::now() + Duration::from_secs(hours * 3600);
    OffsetDateTime::from(time).format(&Rfc3339).unwrap()
}

fn waiting(gateway: &GatewayProcess) -> Vec<Value> {
    let listed = ask(gateway, "GET", "deliveries/waiting", &Value::Null);
    assert_eq!(listed.status, 200, "{}", listed.text());
    listed.json()["deliveries"].as_array().unwrap().clone()
}

#[test]
fn a_delay_has_an_end_and_what_waits_can_be_cancelled() {
    let gateway = GatewayProcess::start(&["--max-deliver-delay=7200000"]);
    let functions = FunctionServer::answering("{}");
    let subscription = subscribe(&gateway, &functions.url("/"), &json!({}));
    let headers = [("Event", "ev"), ("X-Deliver-At", "9999-12-31T23:59:59Z")];
    let refused = gateway.post_event("/a", &headers, "x");
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.error_message(),
        "x-deliver-at: 9999-12-31T23:59:59Z is more than 7200 seconds ahead, which is the longest delay"
    );
    for data in ["one", "two"] {
        emit_with(&gateway, &[("X-Deliver-At", &in_hours(1))], data);
    }
    emit(&gateway, "now");
    wait_until("one has arrived", || {
        functions.calls().len() == 1 && waiting(&gateway).len() == 2
    });
    let listed = waiting(&gateway);
    assert_eq!(listed[0]["subscriptionId"], *subscription);
    assert_eq!(
        (&listed[0]["functionId"], &listed[0]["attempts"]),
        (&json!("f"), &json!(0))
    );

    let all = ask(&gateway, "DELETE", "deliveries/waiting", &Value::Null);
    assert_eq!(all.status, 400, "{}", all.text());
    let id = listed[0]["eventId"].as_str().unwrap();
    for (query, cancelled) in [
        (format!("eventId={id}"), 1),
        ("all=true".to_owned(), 1),
        ("all=true".to_owned(), 0),
    ] {
        let answer = ask(
            &gateway,
            "DELETE",
            &format!("deliveries/waiting?{query}"),
            &Value::Null,
        );
        assert_eq!(answer.json(), json!({"cancelled": cancelled}), "{query}");
    }
    assert!(waiting(&gateway).is_empty());
    let metrics = gateway.get_config("/v1/metrics").text();
    assert!(
        metrics.contains("eventgateway_events_cancelled_total{space=\"default\"} 2"),
        "{metrics}"
    );
}

#[test]
fn what_a_deleted_subscription_leaves_is_given_up_at_once() {
    let gateway = GatewayProcess::start(&[]);
    let functions = FunctionServer::answering("{}");
    let subscription = subscribe(&gateway, &functions.url("/"), &json!({}));
    emit_with(&gateway, &[("X-Deliver-At", &in_hours(100))], "late");
    assert_eq!(waiting(&gateway).len(), 1);
    let deleted = ask(
        &gateway,
        "DELETE",
        &format!("subscriptions/{subscription}"),
        &Value::Null,
    );
    assert_eq!(deleted.status, 204);
    wait_until("it is a dead letter", || !dead_letters(&gateway).is_empty());
    let letters = dead_letters(&gateway);
    assert_eq!(
        (letters.len(), &letters[0]["reason"]),
        (1, &json!("subscriptionDeleted"))
    );
    assert!(waiting(&gateway).is_empty());
    assert!(functions.calls().is_empty());
}

/// A space whose functions hang has its share of the workers and of the room; a quiet one beside it does not notice.
#[test]
fn a_space_with_functions_that_hang_holds_up_nobody() {
    let gateway = GatewayProcess::start(&["--workers=8", "--workers-backlog=40"]);
    let hanging = FunctionServer::start(|stream, _| {
        // Until the gateway goes away.
        stream.read(&mut [0]).map(|_| ())
    });
    let functions = FunctionServer::answering("{}");
    subscribe(&gateway, &functions.url("/"), &json!({}));
    let create = |collection: &str, body: &Value| {
        let path = format!("/v1/spaces/loud/{collection}");
        let created = send(gateway.config, "POST", &path, &[], body.to_string());
        assert_eq!(created.status, 201, "{}", created.text());
    };
    create("eventtypes", &json!({"name": "loud"}));
    for function in ["one", "two", "three"] {
        let provider = json!({"url": hanging.url("/"), "timeoutSeconds": 60});
        create(
            "functions",
            &json!({"functionId": function, "type": "http", "provider": provider}),
        );
        create(
            "subscriptions",
            &json!({"type": "async", "eventType": "loud", "functionId": function, "path": "/loud"}),
        );
    }
    let mut refused = None;
    for _ in 0..60 {
        let answer = gateway.post_event("/loud", &[("Event", "loud")], "x");
        if answer.status != 202 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    assert_eq!(
        refused.error_message(),
        "the delivery queue has no more room for space \"loud\""
    );
    for number in 0..5 {
        emit(&gateway, "quiet");
        wait_until("the quiet one has arrived", || {
            functions.calls().len() == number + 1
        });
    }
    assert!(hanging.calls().len() <= 4, "{}", hanging.calls().len());
}
