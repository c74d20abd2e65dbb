//! Clients that wait for functions of one space leave room for those of others.

use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::client::{Connection, get, request, send};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

/// Functions that hang until the gateway hangs up, but for a moment of `begins`, and only the first time.
fn hanging_once(begins: &'static str) -> FunctionServer {
    let has_hung = AtomicBool::new(false);
    FunctionServer::start(move |stream, call| {
        if call.path == "/slow" && !has_hung.swap(true, Ordering::Relaxed) {
            stream.write_all(begins.as_bytes())?;
            return stream.read(&mut [0]).map(|_| ());
        }
        stream.write_all(answer(200, "{}").as_bytes())
    })
}

fn other_space(gateway: &GatewayProcess, url: &str) {
    let create = |collection: &str, body: &Value| {
        let path = format!("/v1/spaces/other/{collection}");
        let created = send(gateway.config, "POST", &path, &[], body.to_string());
        assert_eq!(created.status, 201, "{}", created.text());
    };
    create("eventtypes", &json!({"name": "http.request"}));
    let provider = json!({"url": url, "response": "raw"});
    create(
        "functions",
        &json!({"functionId": "f", "type": "http", "provider": provider}),
    );
    create(
        "subscriptions",
        &json!({"type": "sync", "eventType": "http.request", "functionId": "f", "method": "GET", "path": "/other"}),
    );
}

#[test]
fn a_space_that_is_busy_is_answered_503_and_others_are_not() {
    let stream = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nx";
    for (mode, begins) in [("raw", ""), ("stream", stream)] {
        let gateway = GatewayProcess::start(&["--max-sync-calls-per-space=1"]);
        let functions = hanging_once(begins);
        gateway.answer_with(mode, "GET", "/slow", &functions.url("/slow"));
        other_space(&gateway, &functions.url("/other"));
        let mut waiting = Connection::open(gateway.events);
        waiting.send(request("GET", "/slow", &[], "")).unwrap();
        wait_until("the function was called", || functions.calls().len() == 1);
        if mode == "stream" {
            assert_eq!(waiting.head().unwrap().status, 200);
        }
        let refused = get(gateway.events, "/slow");
        assert_eq!(
            (refused.status, refused.header("retry-after")),
            (503, Some("1")),
            "{mode}"
        );
        assert_eq!(
            refused.error_message(),
            "too many calls of functions of space \"default\" are in progress"
        );
        assert_eq!(get(gateway.events, "/other").status, 200, "{mode}");
        // Who goes away makes room.
        drop(waiting);
        wait_until("there is room again", || {
            get(gateway.events, "/slow").status == 200
        });
    }
}
