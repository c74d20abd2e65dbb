//! Tokens by client credentials: how they are asked for, how long they are used, and what happens without them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use domain::hops::Hops;
use domain::resource::Provider;
use domain::retry::FailureClass;
use serde_json::{Value, json};
use targets::{InvokeError, Invoker, SecretSettings, TargetSettings};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::server::{Server, response};
use crate::{EVENT, call, invoker, with_options, with_settings};

const CLIENT_SECRET: &str = "s3cr&t:é";

fn granted(token: &str, more: &str) -> String {
    format!(r#"{{"access_token":"{token}","token_type":"Bearer"{more}}}"#)
}

/// An authorization server that numbers its tokens.
async fn issuing(more: &'static str) -> Server {
    let issued = AtomicU32::new(0);
    Server::answering(move |_| {
        let number = issued.fetch_add(1, Ordering::SeqCst) + 1;
        response(
            200,
            &[("Content-Type", "application/json")],
            granted(&format!("token-{number}"), more),
        )
    })
    .await
}

fn protected(function: &Server, authorization_server: &Server, more: Value) -> Provider {
    let mut authorization = json!({
        "type": "oauth2ClientCredentials",
        "tokenUrl": authorization_server.url("/token?tenant=1"),
        "clientId": "the client",
        "clientSecret": CLIENT_SECRET,
    });
    let Value::Object(more) = more else {
        panic!("{more}")
    };
    authorization.as_object_mut().unwrap().extend(more);
    with_options(&function.url("/"), json!({"authorization": authorization}))
}

async fn deliver(invoker: &Invoker, provider: &Provider) -> Result<targets::FunctionAnswer, InvokeError> {
    invoker.invoke(provider, call(EVENT)).await
}

/// The bearer tokens that a function was called with.
fn tokens(function: &Server) -> Vec<String> {
    let requests = function.requests();
    let token = |value: &str| value.strip_prefix("Bearer ").unwrap().to_owned();
    requests
        .iter()
        .map(|request| token(request.header("authorization").unwrap()))
        .collect()
}

#[tokio::test]
async fn token_requests_are_those_of_the_specification() {
    let function = Server::answering(|_| response(200, &[], "")).await;
    let server = issuing(r#","expires_in":3600"#).await;
    let full = json!({"scopes": ["a:read", "b"], "audience": "https://me/"});
    let mut in_body = full.clone();
    in_body["clientAuthentication"] = json!("body");
    for (more, authorization, body) in [
        // The pair is encoded as in a form, then in base64.
        (
            json!({}),
            Some("Basic dGhlK2NsaWVudDpzM2NyJTI2dCUzQSVDMyVBOQ=="),
            "grant_type=client_credentials",
        ),
        (
            full,
            Some("Basic dGhlK2NsaWVudDpzM2NyJTI2dCUzQSVDMyVBOQ=="),
            "grant_type=client_credentials&scope=a%3Aread+b&audience=https%3A%2F%2Fme%2F",
        ),
        (
            in_body,
            None,
            "grant_type=client_credentials&scope=a%3Aread+b&audience=https%3A%2F%2Fme%2F&client_id=the+client&client_secret=s3cr%26t%3A%C3%A9",
        ),
    ] {
        deliver(&invoker(), &protected(&function, &server, more))
            .await
            .unwrap();
        let request = server.requests().pop().unwrap();
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("POST", "/token?tenant=1")
        );
        assert_eq!(
            request.header("content-type"),
            Some("application/x-www-form-urlencoded")
        );
        assert_eq!(request.header("accept"), Some("application/json"));
        assert_eq!(request.header("authorization"), authorization);
        assert_eq!(request.body, body);
    }
    assert_eq!(tokens(&function), ["token-1", "token-2", "token-3"]);
}

#[tokio::test]
async fn ten_thousand_deliveries_ask_once() {
    let function = Server::answering(|_| response(200, &[], "")).await;
    let server = issuing(r#","expires_in":3600"#).await;
    let (invoker, provider) = (invoker(), Arc::new(protected(&function, &server, json!({}))));
    let mut lanes = JoinSet::new();
    for _ in 0..100 {
        let (invoker, provider) = (invoker.clone(), Arc::clone(&provider));
        lanes.spawn(async move {
            for _ in 0..100 {
                deliver(&invoker, &provider).await.unwrap();
            }
        });
    }
    lanes.join_all().await;
    assert_eq!(server.requests().len(), 1);
    let tokens = tokens(&function);
    assert!(tokens.len() == 10_000 && tokens.iter().all(|token| token == "token-1"));
}

#[tokio::test]
async fn clients_and_scopes_have_tokens_of_their_own() {
    let function = Server::answering(|_| response(200, &[], "")).await;
    let server = issuing("").await;
    let invoker = invoker();
    let differing = [
        json!({}),
        json!({"clientId": "other"}),
        json!({"clientSecret": "other"}),
        json!({"scopes": ["a"]}),
        json!({"scopes": ["a", "b"]}),
        json!({"audience": "a"}),
        json!({"tokenUrl": server.url("/other")}),
    ];
    for _ in 0..2 {
        for more in &differing {
            deliver(&invoker, &protected(&function, &server, more.clone()))
                .await
                .unwrap();
        }
    }
    assert_eq!(server.requests().len(), differing.len());
    let tokens = tokens(&function);
    assert_eq!(tokens[..differing.len()], tokens[differing.len()..]);
}

#[tokio::test]
async fn tokens_that_are_over_at_once_are_used_once() {
    let function = Server::answering(|_| response(200, &[], "")).await;
    let server = issuing(r#","expires_in":"0""#).await;
    let (invoker, provider) = (invoker(), protected(&function, &server, json!({})));
    for _ in 0..3 {
        deliver(&invoker, &provider).await.unwrap();
    }
    assert_eq!(tokens(&function), ["token-1", "token-2", "token-3"]);
}

/// The function's clock is ahead of the authorization server's, or the token was revoked.
#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let function = Server::answering(|request| match request.header("authorization") {
        Some("Bearer token-1") => response(401, &[], "expired"),
        _ => response(200, &[], "done"),
    })
    .await;
    let server = issuing(r#","expires_in":3600"#).await;
    let (invoker, provider) = (invoker(), protected(&function, &server, json!({})));
    for _ in 0..3 {
        assert_eq!(deliver(&invoker, &provider).await.unwrap().body, "done");
    }
    assert_eq!(tokens(&function), ["token-1", "token-2", "token-2", "token-2"]);
    assert!(function.requests().iter().all(|request| request.body == EVENT));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_function_that_refuses_every_token_does_not_flood_the_server() {
    let function = Server::answering(|_| response(401, &[], "no")).await;
    let server = issuing(r#","expires_in":3600"#).await;
    let (invoker, provider) = (invoker(), protected(&function, &server, json!({})));
    for _ in 0..20 {
        let answer = deliver(&invoker, &provider).await.unwrap();
        assert_eq!(answer.rejection.unwrap().class, FailureClass::Permanent);
    }
    assert_eq!((server.requests().len(), function.requests().len()), (2, 21));
}

#[tokio::test]
async fn refusals_of_the_server() {
    let function = Server::answering(|_| response(200, &[], "")).await;
    for (status, body, text, class) in [
        (
            401,
            r#"{"error":"invalid_client","error_description":"s3cr&t:é the client"}"#,
            "Function call failed. Error: access refused by the authorization server: invalid_client, HTTP status code 401",
            FailureClass::Permanent,
        ),
        (
            400,
            r#"{"error":"s3cr&t:é"}"#,
            "Function call failed. Error: access refused by the authorization server: no known code, HTTP status code 400",
            FailureClass::Permanent,
        ),
        (
            429,
            "",
            "Function call failed. Error: the authorization server failed: no known code, HTTP status code 429",
            FailureClass::Throttled,
        ),
        (
            500,
            "s3cr&t:é",
            "Function call failed. Error: the authorization server failed: no known code, HTTP status code 500",
            FailureClass::Transient,
        ),
        (
            307,
            "",
            "Function call failed. Error: access refused by the authorization server: no known code, HTTP status code 307",
            FailureClass::Permanent,
        ),
        (
            200,
            "s3cr&t:é",
            "Function call failed. Error: the authorization server answered no access token",
            FailureClass::Permanent,
        ),
    ] {
        let server = Server::answering(move |_| {
            response(status, &[("Retry-After", "7"), ("Location", "/elsewhere")], body)
        })
        .await;
        let (invoker, provider) = (invoker(), protected(&function, &server, json!({})));
        for asked in 1..=2 {
            let error = deliver(&invoker, &provider).await.unwrap_err();
            assert_eq!((error.to_string().as_str(), error.class()), (text, class));
            let wait = (class == FailureClass::Throttled).then_some(Duration::from_secs(7));
            assert_eq!(error.retry_after(), wait);
            assert!(!format!("{error:?}").contains("s3cr"), "{error:?}");
            // Failures are not kept.
            assert_eq!(server.requests().len(), asked);
        }
    }
    assert!(function.requests().is_empty());
}

#[tokio::test]
async fn servers_that_do_not_answer_as_they_should() {
    let function = Server::answering(|_| response(200, &[], "")).await;
    let huge = Server::answering(|_| response(200, &[], granted(&"x".repeat(100_000), ""))).await;
    let error = deliver(&invoker(), &protected(&function, &huge, json!({})))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("larger than 65536 bytes"), "{error}");

    let closing = Server::bare(|_, stream| async move { drop(stream) }).await;
    let error = deliver(&invoker(), &protected(&function, &closing, json!({})))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no answer of the authorization server"),
        "{error}"
    );
    assert_eq!(error.class(), FailureClass::Transient);

    // The time of the call is over before that of the token request.
    let hanging = Server::bare(|_, stream| async move {
        let _ = stream.readable().await;
        std::future::pending::<()>().await;
    })
    .await;
    let hurried = with_settings(TargetSettings {
        timeout: Duration::from_millis(100),
        ..TargetSettings::default()
    });
    let error = deliver(&hurried, &protected(&function, &hanging, json!({})))
        .await
        .unwrap_err();
    assert!(matches!(error, InvokeError::TimedOut { .. }), "{error:?}");
    assert!(function.requests().is_empty());
}

#[tokio::test]
async fn a_client_secret_that_is_refused_later_is_read_anew() {
    let function = Server::answering(|_| response(200, &[], "{}")).await;
    let is_changed = Arc::new(AtomicBool::new(false));
    let changed = Arc::clone(&is_changed);
    let authorization_server = Server::answering(move |request| {
        let accepted = if changed.load(Ordering::SeqCst) {
            "new"
        } else {
            "old"
        };
        let form = String::from_utf8_lossy(&request.body);
        if form.contains(&format!("client_secret={accepted}")) {
            response(200, &[], granted(accepted, r#","expires_in":0"#))
        } else {
            response(401, &[], r#"{"error":"invalid_client"}"#)
        }
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("client");
    std::fs::write(&file, "old").unwrap();
    let invoker = with_settings(TargetSettings {
        secrets: SecretSettings {
            directory: Some(directory.path().to_owned()),
            ..SecretSettings::default()
        },
        ..TargetSettings::default()
    });
    let more = json!({"clientSecret": {"file": "client"}, "clientAuthentication": "body"});
    let provider = protected(&function, &authorization_server, more);
    deliver(&invoker, &provider).await.unwrap();

    is_changed.store(true, Ordering::SeqCst);
    std::fs::write(&file, "new").unwrap();
    let error = deliver(&invoker, &provider).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Transient, "{error}");
    deliver(&invoker, &provider).await.unwrap();
    assert_eq!(tokens(&function), ["old", "new"]);
}

/// A token server slower than the calls it is asked for.
#[tokio::test]
async fn a_token_that_comes_late_serves_the_next_call() {
    let function = Server::answering(|_| response(200, &[], "done")).await;
    let answer = Arc::new(Notify::new());
    let released = Arc::clone(&answer);
    let slow = Server::bare(move |_, mut stream| {
        let released = Arc::clone(&released);
        async move {
            released.notified().await;
            let body = granted("late", r#","expires_in":3600"#);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).await.unwrap();
        }
    })
    .await;
    let invoker = with_settings(TargetSettings {
        timeout: Duration::from_millis(100),
        ..TargetSettings::default()
    });
    let provider = protected(&function, &slow, json!({}));
    for _ in 0..2 {
        let error = deliver(&invoker, &provider).await.unwrap_err();
        assert!(matches!(error, InvokeError::TimedOut { .. }), "{error:?}");
    }
    answer.notify_one();
    let mut patient = provider;
    let Provider::Http(endpoint) = &mut patient else {
        panic!("{patient:?}")
    };
    endpoint.timeout_seconds = Some(60);
    assert_eq!(deliver(&invoker, &patient).await.unwrap().body, "done");
    assert_eq!(
        (tokens(&function), slow.connections()),
        (vec!["late".to_owned()], 1)
    );
}

/// The function, what it leads to, and the server of its tokens may all be the gateway itself.
#[tokio::test]
async fn every_request_of_a_call_says_how_often_its_event_was_passed_on() {
    const HOPS: &str = "x-event-gateway-hops";
    let function = Server::answering(|request| match request.target.as_str() {
        "/" => response(307, &[("Location", "/moved")], ""),
        _ => response(200, &[], ""),
    })
    .await;
    let server = issuing(r#","expires_in":3600"#).await;
    for hops in [0, 3] {
        let invoker = invoker();
        let mut call = call(EVENT);
        call.hops = Hops::new(hops);
        let provider = protected(&function, &server, json!({}));
        invoker.invoke(&provider, call).await.unwrap();
        let told = function.requests().into_iter().chain(server.requests());
        let told: Vec<_> = told
            .map(|request| request.header(HOPS).map(str::to_owned))
            .collect();
        let want = (hops > 0).then(|| hops.to_string());
        let told: Vec<_> = told.into_iter().filter(|told| *told == want).collect();
        assert_eq!(told.len(), 3, "{hops}");
    }
}
