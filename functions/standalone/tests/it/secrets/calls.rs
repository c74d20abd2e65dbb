//! Calls of functions with credentials, good and bad, at the most talkative log level.

use std::io::{self, ErrorKind, Write as _};
use std::net::TcpStream;

use rustix::process::Signal;
use serde_json::json;

use crate::function_server::{Call, FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

const SECRETS: [&str; 5] = [
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "FwoGZXIvYXdzEXAMPLESESSIONTOKEN",
    "urlpassword",
    "urlquerytoken",
];

const SYSTEM_EVENTS: [&str; 4] = [
    "eventgateway.event.received",
    "eventgateway.function.invoking",
    "eventgateway.function.invoked",
    "eventgateway.function.invocationFailed",
];

fn assert_keeps_secrets(what: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what} shows {secret}:\n{text}");
    }
}

/// Something that passes for AWS, as often as not in a bad mood; the path says in which.
fn aws(behave: impl Fn(&mut TcpStream) -> io::Result<()> + Send + Sync + 'static) -> FunctionServer {
    FunctionServer::start(move |stream, _: &Call| behave(stream))
}

fn error(stream: &mut TcpStream, status: u16, code: &str, message: &str) -> io::Result<()> {
    let body = json!({"__type": code, "message": message}).to_string();
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\nx-amzn-ErrorType: {code}\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all((head + &body).as_bytes())
}

/// Calls functions of every provider, whose services behave so, and looks everywhere for the secrets.
fn call_all(aws: &FunctionServer) {
    let flags = [
        "-log-level=debug",
        "-dev",
        "-function-timeout=2000",
        "-aws-endpoint-url",
        &aws.url(""),
    ];
    let mut gateway = GatewayProcess::start(&flags);
    let observer = FunctionServer::answering("{}");
    gateway.function("observer", &observer.url("/"));
    for event_type in SYSTEM_EVENTS {
        gateway.event_type(event_type);
        gateway.subscribe("async", event_type, "observer", "/");
    }
    gateway.event_type("ev");
    let [key, secret, token, ..] = SECRETS;
    let with_keys = |mut provider: serde_json::Value| {
        provider["region"] = "us-east-1".into();
        provider["awsAccessKeyId"] = key.into();
        provider["awsSecretAccessKey"] = secret.into();
        provider["awsSessionToken"] = token.into();
        provider
    };
    let providers = [
        (
            "awslambda",
            with_keys(json!({"arn": "arn:aws:lambda:us-east-1:123456789012:function:f"})),
        ),
        ("awskinesis", with_keys(json!({"streamName": "s"}))),
        ("awsfirehose", with_keys(json!({"deliveryStreamName": "s"}))),
        (
            "awssqs",
            with_keys(json!({"queueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/q"})),
        ),
        (
            "http",
            json!({"url": "http://user:urlpassword@127.0.0.1:1/?token=urlquerytoken"}),
        ),
    ];
    let mut calls = 0;
    for (kind, provider) in &providers {
        gateway.create(
            "functions",
            &json!({"functionId": kind, "type": kind, "provider": provider}),
        );
        gateway.subscribe("sync", "ev", kind, &format!("/{kind}"));
        gateway.subscribe("async", "ev", kind, &format!("/{kind}"));
        let answer = gateway.post_event(&format!("/{kind}"), &[("Event", "ev")], "{}");
        assert_keeps_secrets("an answer", &answer.text());
        calls += 2;
    }
    // Each call is announced, and then ends; each request is announced as well. On a busy machine some are tried again
    // meanwhile.
    wait_until("all system events", || {
        observer.calls().len() >= calls * 2 + providers.len()
    });
    for call in observer.calls() {
        assert_keeps_secrets("a system event", &String::from_utf8_lossy(&call.body));
    }
    assert_keeps_secrets("the metrics page", &gateway.get_config("/v1/metrics").text());
    assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));
    let log = gateway.log.whole();
    assert!(log.contains("Invoking function."), "{log}");
    assert_keeps_secrets("the log", &log);
}

#[test]
fn calls_that_succeed() {
    call_all(&aws(|stream| {
        stream.write_all(answer(200, r#"{"MessageId":"1"}"#).as_bytes())
    }));
}

#[test]
fn calls_that_are_denied() {
    call_all(&aws(|stream| {
        error(stream, 403, "AccessDeniedException", "not allowed")
    }));
    call_all(&aws(|stream| {
        error(stream, 400, "UnrecognizedClientException", "unknown token")
    }));
}

#[test]
fn calls_that_meet_no_answer() {
    call_all(&aws(|_| Err(ErrorKind::ConnectionReset.into())));
}

#[test]
fn calls_that_meet_nonsense() {
    call_all(&aws(|stream| stream.write_all(b"\x16\x03nonsense\r\n\r\n")));
}

#[test]
fn services_that_quote_the_credentials_in_their_errors() {
    let quoted = SECRETS[..3].join(" ");
    call_all(&aws(move |stream| {
        error(stream, 403, "InvalidSignatureException", &quoted)
    }));
}
