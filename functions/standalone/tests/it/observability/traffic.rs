//! A gateway to which everything has happened that is counted.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::client::send;
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

/// A gateway and the functions that it calls.
pub(super) struct Traffic {
    pub(super) gateway: GatewayProcess,
    _functions: FunctionServer,
}

/// Bytes of dead letters that are kept: one of those that are made here.
const DEAD_LETTERS: &str = "--dead-letters-bytes=3000";

fn event(event_type: &str, data: &Value) -> String {
    json!({"specversion": "1.0", "id": "e", "source": "/s", "type": event_type, "data": data}).to_string()
}

fn post(gateway: &GatewayProcess, path: &str, event_type: &str, data: &Value) -> u16 {
    let headers = [("Content-Type", "application/cloudevents+json")];
    let body = event(event_type, data);
    send(gateway.events, "POST", path, &headers, body).status
}

fn functions() -> FunctionServer {
    FunctionServer::start(|stream, call| {
        let (status, body) = match call.path.as_str() {
            "/broken" => (500, ""),
            "/refusing" => (400, ""),
            "/busy" => (503, ""),
            "/hook" => (200, ""),
            "/authorizer" => (200, r#"{"error":{"message":"no"}}"#),
            _ => (200, r#"{"statusCode":200}"#),
        };
        stream.write_all(answer(status, body).as_bytes())
    })
}

/// Starts a gateway, registers some of everything, and sends events that fare in all ways.
pub(super) fn under_traffic() -> Traffic {
    let functions = functions();
    let gateway = GatewayProcess::start(&["--access-log=failures", DEAD_LETTERS]);
    for function in ["ok", "broken", "refusing", "busy", "authorizer", "hook"] {
        gateway.function(function, &functions.url(&format!("/{function}")));
    }
    let weighted = json!([{"functionId": "ok", "weight": 1}]);
    gateway.create(
        "functions",
        &json!({"functionId": "weighted", "type": "weighted", "provider": {"weighted": weighted}}),
    );
    gateway.create(
        "eventtypes",
        &json!({
            "name": "ev", "validation": "warn", "schema": {"type": "object"},
            "hooks": [{"point": "receive", "functionId": "hook"}],
        }),
    );
    gateway.create(
        "eventtypes",
        &json!({"name": "guarded", "authorizerId": "authorizer"}),
    );
    gateway.create("cors", &json!({"method": "GET", "path": "/"}));
    for (kind, event_type, function, path) in [
        ("sync", "ev", "ok", "/ok"),
        ("sync", "ev", "broken", "/broken"),
        ("sync", "ev", "weighted", "/weighted"),
        ("async", "ev", "refusing", "/dead"),
        ("async", "guarded", "ok", "/guarded"),
    ] {
        gateway.subscribe(kind, event_type, function, path);
    }
    let retried = json!({
        "type": "async", "eventType": "ev", "functionId": "busy", "path": "/busy",
        "retry": {"minDelay": 0.01, "maxDelay": 0.01},
    });
    gateway.create("subscriptions", &retried);
    let paused = json!({
        "type": "async", "eventType": "ev", "functionId": "ok", "path": "/paused", "paused": true,
    });
    gateway.create("subscriptions", &paused);
    let large = json!("x".repeat(1500));
    for (path, event_type, data, status) in [
        ("/ok", "ev", &json!({}), 200),
        ("/ok", "ev", &json!([]), 200),
        ("/broken", "ev", &json!({}), 500),
        ("/weighted", "ev", &json!({}), 200),
        ("/nobody", "ev", &json!({}), 202),
        ("/guarded", "guarded", &json!({}), 202),
        ("/busy", "ev", &json!({}), 202),
        ("/paused", "ev", &json!({}), 202),
        ("/dead", "ev", &large, 202),
        ("/dead", "ev", &large, 202),
        ("/dead", "ev", &large, 202),
    ] {
        assert_eq!(post(&gateway, path, event_type, data), status, "{path}");
    }
    wait_until("what waits is cancelled", || {
        let cancelled = gateway.configure("DELETE", "deliveries/waiting", &json!({"functionId": "ok"}));
        assert_eq!(cancelled.status, 200, "{}", cancelled.text());
        cancelled.json()["cancelled"] == 1
    });
    Traffic {
        gateway,
        _functions: functions,
    }
}
