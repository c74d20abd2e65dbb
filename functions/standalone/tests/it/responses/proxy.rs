//! Response objects of Amazon API Gateway.

use serde_json::{Value, json};

use crate::client::get;
use crate::function_server::FunctionServer;
use crate::gateway_process::{GatewayProcess, PATIENCE};

#[test]
fn binary_bodies_cookies_and_repeated_headers() {
    let result = json!({
        "statusCode": 201,
        "headers": {"Content-Type": "image/png"},
        "multiValueHeaders": {"x-many": ["a", "b"]},
        "cookies": ["a=1; Path=/", "b=2"],
        "body": "iVBORwD/",
        "isBase64Encoded": true,
    });
    let functions = FunctionServer::answering(result.to_string());
    let gateway = GatewayProcess::start(&[]);
    gateway.answer_with("proxy", "GET", "/proxy", &functions.url("/"));
    let answer = get(gateway.events, "/proxy");
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body, b"\x89PNG\x00\xff");
    assert_eq!(answer.header("content-type"), Some("image/png"));
    let lines = |name: &str| -> Vec<String> {
        let all = answer.headers.iter().filter(|(own, _)| own == name);
        all.map(|(_, value)| value.clone()).collect()
    };
    assert_eq!(lines("x-many"), ["a", "b"]);
    assert_eq!(lines("set-cookie"), ["a=1; Path=/", "b=2"]);

    // The default stays what it was (docs/contract.md §2.6).
    gateway.answer_with("object", "GET", "/object", &functions.url("/"));
    let answer = get(gateway.events, "/object");
    assert_eq!((answer.status, answer.text().as_str()), (201, "iVBORwD/"));
    assert_eq!(
        (answer.header("set-cookie"), answer.header("x-many")),
        (None, None)
    );
}

#[test]
fn any_json_is_a_body_and_the_rest_is_malformed() {
    let gateway = GatewayProcess::start(&[]);
    let object = FunctionServer::answering(r#"{"n":1.10}"#);
    gateway.answer_with("proxy", "GET", "/json", &object.url("/"));
    let answer = get(gateway.events, "/json");
    assert_eq!((answer.status, answer.text().as_str()), (200, r#"{"n":1.10}"#));
    assert_eq!(answer.header("content-type"), Some("application/json"));

    let text = FunctionServer::answering("plain text");
    gateway.answer_with("proxy", "GET", "/text", &text.url("/"));
    let answer = get(gateway.events, "/text");
    assert_eq!(answer.status, 500);
    assert_eq!(answer.error_message(), "HTTP response object malformed");

    // The caller is told no more, and of an object without known members nothing at all (docs/contract.md §2.6): the log says it.
    gateway.answer_with("object", "GET", "/object", &object.url("/"));
    let answer = get(gateway.events, "/object");
    assert_eq!((answer.status, answer.text().as_str()), (200, ""));
    let logged = |message: &str| {
        let found = gateway.log.wait_for(PATIENCE, |line| {
            let line: Value = serde_json::from_str(line).ok()?;
            line["msg"].as_str()?.contains(message).then_some(line)
        });
        found.unwrap_or_else(|| panic!("{message}\n{}", gateway.log.so_far()))
    };
    let line = logged("HTTP response object malformed.");
    assert_eq!(
        line["error"],
        "HTTP response object malformed: the result is not exactly one JSON value"
    );
    let line = logged("which lacks members of a response object");
    assert_eq!(
        (&line["functionId"], &line["missing"]),
        (&json!("object"), &json!("statusCode, headers, body"))
    );
}
