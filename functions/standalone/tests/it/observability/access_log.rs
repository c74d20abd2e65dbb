//! Lines of the access log: where they go, and what they never hold.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::client::send;
use crate::function_server::FunctionServer;
use crate::gateway_process::{GatewayProcess, PATIENCE};

const SECRET: &str = "s3cret";

fn subscribed(gateway: &GatewayProcess, functions: &FunctionServer) {
    gateway.event_type("http.request");
    let provider = json!({"url": functions.url("/f"), "response": "raw"});
    gateway.create(
        "functions",
        &json!({"functionId": "f", "type": "http", "provider": provider}),
    );
    gateway.create(
        "subscriptions",
        &json!({"type": "sync", "eventType": "http.request", "functionId": "f", "method": "GET", "path": "/users/:id"}),
    );
}

#[test]
fn paths_are_patterns_and_queries_are_nobodys_business() {
    let functions = FunctionServer::answering("hello");
    let gateway = GatewayProcess::start(&["--access-log=all", "--trace-context=on"]);
    subscribed(&gateway, &functions);
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = [("X-Request-Id", "r-1"), ("traceparent", trace)];
    let path = format!("/users/{SECRET}?token={SECRET}");
    let answer = send(gateway.events, "GET", &path, &headers, "");
    assert_eq!((answer.status, answer.text().as_str()), (200, "hello"));
    let of = |id: &'static str| {
        let found = gateway.log.wait_for(PATIENCE, |line| {
            let line: Value = serde_json::from_str(line).ok()?;
            (line["requestId"] == id).then_some(line)
        });
        found.unwrap()
    };
    let line = of("r-1");
    assert_eq!(
        (&line["path"], &line["bytesOut"]),
        (&"/users/:id".into(), &5.into()),
        "{line}"
    );
    assert_eq!(line["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(line["client"], "127.0.0.1");
    let path = format!("/v1/spaces/default/functions/none?token={SECRET}");
    let answer = send(gateway.config, "GET", &path, &[("X-Request-Id", "r-2")], "");
    assert_eq!(answer.status, 404);
    let line = of("r-2");
    assert_eq!(
        (&line["api"], &line["status"]),
        (&"config".into(), &404.into()),
        "{line}"
    );
    assert_eq!(line["path"], "/v1/spaces/{space}/functions/{id}");
    assert!(!gateway.log.so_far().contains(SECRET), "{}", gateway.log.so_far());
}

#[test]
fn failures_alone_go_to_a_file_in_the_combined_format() {
    let functions = FunctionServer::answering("hello");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.log");
    let flag = format!("--access-log-file={}", file.display());
    let flags = ["--access-log=failures", "--access-log-format=combined", &flag];
    let mut gateway = GatewayProcess::start(&flags);
    subscribed(&gateway, &functions);
    let headers = [("X-Request-Id", "r-1"), ("User-Agent", "me \"1\"")];
    assert_eq!(send(gateway.events, "GET", "/users/1", &headers, "").status, 200);
    let refused = [
        ("Content-Type", "application/cloudevents+json"),
        headers[0],
        headers[1],
    ];
    assert_eq!(
        send(gateway.events, "POST", "/users/1", &refused, "{").status,
        400
    );
    // What was noted is written before the end.
    assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));
    let written = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<_> = written.lines().collect();
    let [line] = lines.as_slice() else {
        panic!("{written}");
    };
    assert!(line.starts_with("127.0.0.1 - - ["), "{line}");
    assert!(line.contains(r#"] "POST - HTTP/1.1" 400 "#), "{line}");
    assert!(line.contains(r#" "-" "me \"1\"" r-1 "#), "{line}");
}
