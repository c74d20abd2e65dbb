//! Credentials of HTTP endpoints: what the server gets, and that nobody else does.

use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};
use targets::InvokeError;

use crate::server::{Server, response};
use crate::{EVENT, call, invoker, queued, with_options};

const SECRET: &str = "se/cr?et&1";
const ENCODED: &str = "se%2Fcr%3Fet%261";
/// `user:se/cr?et&1` in base64.
const PAIR: &str = "dXNlcjpzZS9jcj9ldCYx";

fn kinds() -> [Value; 5] {
    [
        json!({"authorization": {"type": "bearer", "token": SECRET}}),
        json!({"authorization": {"type": "basic", "username": "user", "password": SECRET}}),
        json!({"authorization": {"type": "apiKey", "name": "X-Key", "value": SECRET}}),
        json!({"authorization": {"type": "apiKey", "name": "key", "value": SECRET, "in": "query"}}),
        json!({"headers": {"x-key": SECRET}}),
    ]
}

#[tokio::test]
async fn credentials_arrive() {
    let server = Server::answering(|_| response(200, &[], "")).await;
    let wanted = [
        ("/f?a=b", "authorization", Some(format!("Bearer {SECRET}"))),
        ("/f?a=b", "authorization", Some(format!("Basic {PAIR}"))),
        ("/f?a=b", "x-key", Some(SECRET.to_owned())),
        ("/f?a=b&key=se%2Fcr%3Fet%261", "authorization", None),
        ("/f?a=b", "x-key", Some(SECRET.to_owned())),
    ];
    for (options, (target, header, value)) in kinds().into_iter().zip(wanted) {
        let provider = with_options(&server.url("/f?a=b"), options.clone());
        invoker().invoke(&provider, call(EVENT)).await.unwrap();
        let request = server.requests().pop().unwrap();
        assert_eq!(request.target, target, "{options}");
        assert_eq!(request.header(header), value.as_deref(), "{options}");
    }
}

#[tokio::test]
async fn they_go_before_those_of_the_url() {
    let server = Server::answering(|_| response(200, &[], "")).await;
    let url = format!("http://other:password@{}/", server.address());
    let provider = with_options(&url, kinds()[1].clone());
    invoker().invoke(&provider, call(EVENT)).await.unwrap();
    let request = server.requests().pop().unwrap();
    assert_eq!(
        request.header("authorization"),
        Some(format!("Basic {PAIR}").as_str())
    );
    assert_eq!(request.headers.get_all("authorization").iter().count(), 1);
}

/// A function that repeats what it was called with.
fn echo(status: u16, request: &crate::server::Received) -> Response<Full<bytes::Bytes>> {
    let headers = &request.headers;
    response(
        status,
        &[],
        format!("before {} {headers:?} after {SECRET}", request.target),
    )
}

#[tokio::test]
async fn what_failed_calls_leave_shows_no_credentials() {
    for status in [400, 401, 429, 500, 503] {
        let server = Server::answering(move |request| echo(status, request)).await;
        for options in kinds() {
            let provider = with_options(&server.url("/"), options.clone());
            let answered = invoker().invoke(&provider, queued(EVENT)).await;
            let shown = format!("{answered:?} {provider:?}");
            let kept = match &answered {
                Ok(answer) => answer.last_response().unwrap(),
                Err(error) => error.last_response().unwrap(),
            };
            assert!(
                kept.body.starts_with("before ") && kept.body.contains("after *****"),
                "{kept:?}"
            );
            for secret in [SECRET, ENCODED, PAIR] {
                assert!(
                    !shown.contains(secret) && !kept.body.contains(secret),
                    "{options}: {shown}"
                );
            }
        }
    }
}

/// Below 500 the body is the result (docs/contract.md A10): a caller or an authorizer gets what the function said.
#[tokio::test]
async fn results_are_not_touched() {
    for status in [200, 302, 404, 429] {
        let server = Server::answering(move |request| echo(status, request)).await;
        let provider = with_options(&server.url("/"), kinds()[0].clone());
        let answer = invoker().invoke(&provider, call(EVENT)).await.unwrap();
        assert!(answer.body.ends_with(SECRET.as_bytes()), "{answer:?}");
    }
    let server = Server::answering(|request| echo(200, request)).await;
    let provider = with_options(&server.url("/"), kinds()[0].clone());
    let answer = invoker().invoke(&provider, queued(EVENT)).await.unwrap();
    assert!(answer.body.ends_with(SECRET.as_bytes()), "{answer:?}");
}

#[tokio::test]
async fn headers_that_are_no_secrets_are_no_reason_to_cut() {
    let body = r#"{"headers":{"Content-Type":"application/json"},"body":"acme is unknown to agent 7"}"#;
    let server = Server::answering(move |_| response(404, &[], body)).await;
    let headers = json!({"X-Tenant": "acme", "Content-Type": "application/json", "user-agent": "agent 7"});
    let provider = with_options(&server.url("/"), json!({"headers": headers}));
    let answer = invoker().invoke(&provider, queued(EVENT)).await.unwrap();
    assert_eq!(
        answer.last_response().unwrap().body,
        body.replace("acme", "*****")
    );
    let answer = invoker().invoke(&provider, call(EVENT)).await.unwrap();
    assert_eq!(answer.body, body);
}

#[tokio::test]
async fn errors_of_unreachable_servers_show_no_credentials() {
    let address = Server::answering(|_| response(200, &[], "")).await.address();
    for options in kinds() {
        let provider = with_options(&format!("http://{address}/"), options);
        let error = invoker().invoke(&provider, call(EVENT)).await.unwrap_err();
        assert!(
            matches!(error, InvokeError::Unavailable { permanent: false, .. }),
            "{error:?}"
        );
        let shown = format!("{error} {error:?}");
        for secret in [SECRET, ENCODED, PAIR] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

/// A value that is looked up at the time of a call may turn out to be none; so may those that were stored unchecked.
#[tokio::test]
async fn values_that_fit_no_header_fail_for_good() {
    let server = Server::answering(|_| response(200, &[], "")).await;
    for options in [
        json!({"headers": {"x-key": "HIDDEN\r\nx: y"}}),
        json!({"authorization": {"type": "bearer", "token": "HIDDEN\n"}}),
        json!({"authorization": {"type": "apiKey", "name": "x-key", "value": "HIDDEN\0"}}),
    ] {
        let provider = with_options(&server.url("/"), options);
        let error = invoker().invoke(&provider, call(EVENT)).await.unwrap_err();
        assert!(
            matches!(error, InvokeError::Unavailable { permanent: true, .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains("the value of the header"), "{error}");
        assert!(!format!("{error} {error:?}").contains("HIDDEN"));
    }
    assert!(server.requests().is_empty());
}
