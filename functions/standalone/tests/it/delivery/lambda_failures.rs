//! What a Lambda function says of its own failure is told wherever somebody looks for the reason of a failed call: system
//! event, log, delivery log and dead letter.

use std::io::Write as _;

use serde_json::{Value, json};

use super::{ask, dead_letters, emit, quick, subscribe_more};
use crate::function_server::FunctionServer;
use crate::gateway_process::{GatewayProcess, wait_until};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// What passes for AWS Lambda, with a function that fails and says so.
fn lambda(payload: &Value) -> FunctionServer {
    let payload = payload.to_string();
    FunctionServer::start(move |stream, _| {
        let length = payload.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\nX-Amz-Function-Error: Unhandled\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all((head + &payload).as_bytes())
    })
}

#[test]
fn what_a_lambda_function_says_is_told_everywhere() {
    const FAILED: &str = "eventgateway.function.invocationFailed";
    // More than is told, with something in it that nobody may see.
    let said = format!("no luck with {SECRET}, {}", "x".repeat(2000));
    let aws = lambda(&json!({"errorType": "TypeError", "errorMessage": said, "trace": ["at f"]}));
    let gateway = GatewayProcess::start(&["-aws-endpoint-url", &aws.url("")]);
    let observer = FunctionServer::answering("{}");
    gateway.function("observer", &observer.url("/"));
    gateway.event_type(FAILED);
    gateway.subscribe("async", FAILED, "observer", "/");
    gateway.event_type("ev");
    let provider = json!({
        "arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "region": "us-east-1",
        "awsAccessKeyId": "AKIAIOSFODNN7EXAMPLE", "awsSecretAccessKey": SECRET,
    });
    gateway.create(
        "functions",
        &json!({"functionId": "f", "type": "awslambda", "provider": provider}),
    );
    subscribe_more(&gateway, "f", &quick(1));
    emit(&gateway, "x");

    wait_until("the dead letter", || dead_letters(&gateway).len() == 1);
    wait_until("the system event", || !observer.calls().is_empty());
    let letter = dead_letters(&gateway).remove(0);
    let listed = ask(&gateway, "GET", "deliveries", &Value::Null).json();
    let attempts = listed["deliveries"].as_array().unwrap();
    let attempt = attempts.iter().find(|attempt| attempt["functionId"] == "f");
    let told = observer.calls()[0].json();
    let log = gateway.log.so_far();
    let line = log
        .lines()
        .find(|line| line.contains("Function invocation failed."));
    let line: Value = serde_json::from_str(line.unwrap()).unwrap();

    let want =
        "Function call failed because of runtime error. Error: Unhandled: TypeError: no luck with *****, x";
    for (place, error) in [
        ("dead letter", &letter["error"]),
        ("delivery log", &attempt.unwrap()["error"]),
        ("system event", &told["data"]["error"]["message"]),
        ("log", &line["error"]),
    ] {
        let error = error.as_str().unwrap_or_default();
        assert!(error.starts_with(want), "{place}: {error}");
        let cut = want.len() + 512;
        assert!(error.len() < cut, "{place} has {} bytes of it", error.len());
    }
    for (place, text) in [
        ("dead letter", letter.to_string()),
        ("delivery log", listed.to_string()),
        ("system event", told.to_string()),
        ("log", log),
    ] {
        assert!(!text.contains(SECRET), "{place}: {text}");
    }
}
