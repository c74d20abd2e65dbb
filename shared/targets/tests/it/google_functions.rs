//! Calls of Google Cloud functions by the key of a service account.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::event::Event;
use domain::resource::{EventFormat, FormatWord, Provider};
use domain::retry::FailureClass;
use targets::{Call, InvokeError};

use crate::google_peer::{
    delivery, function, guarded, key_file, now, provider, service_account, token_server,
};
use crate::server::{Received, Server, response};
use crate::{EVENT, call, invoker, queued};

/// A function that expects its own URL as the audience.
async fn function_server() -> Server {
    Server::answering(|request| {
        guarded(request, &audience(request), now(), || {
            response(200, &[], "result")
        })
    })
    .await
}

fn audience(request: &Received) -> String {
    format!("http://{}/f", request.header("host").unwrap())
}

#[tokio::test]
async fn the_event_arrives_with_an_id_token() {
    let (tokens, server) = (token_server(3600).await, function_server().await);
    let provider = provider(server.url("/f?x=1"), service_account(&tokens));
    let answer = invoker().invoke(&provider, delivery(EVENT)).await.unwrap();
    assert_eq!((&answer.body[..], answer.status), (&b"result"[..], Some(200)));
    let [request] = &server.requests()[..] else {
        panic!("one request")
    };
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/f?x=1")
    );
    assert_eq!(request.body, EVENT);
    for (name, want) in [
        ("content-type", "application/cloudevents+json"),
        ("accept-encoding", "gzip"),
        ("webhook-id", "d-1"),
        ("x-event-gateway-attempt", "2"),
        ("x-event-gateway-subscription-id", "subscription"),
    ] {
        assert_eq!(request.header(name), Some(want), "{name}");
    }
}

#[tokio::test]
async fn binary_events_are_headers_and_data() {
    let (tokens, server) = (token_server(3600).await, function_server().await);
    let json = r#"{"specversion":"1.0","id":"1","source":"/s","type":"t.x","datacontenttype":"application/json","data":{"n":1.10}}"#;
    let event: Event = serde_json::from_str(json).unwrap();
    let mut function = function(server.url("/f"), service_account(&tokens));
    function.format = EventFormat::Word(FormatWord::Binary);
    let call = Call {
        event: Some(&event),
        ..delivery(json)
    };
    invoker()
        .invoke(&Provider::GoogleCloudFunction(function), call)
        .await
        .unwrap();
    let request = &server.requests()[0];
    assert_eq!(request.body, r#"{"n":1.10}"#);
    for (name, want) in [
        ("ce-type", "t.x"),
        ("ce-id", "1"),
        ("content-type", "application/json"),
        ("webhook-id", "d-1"),
    ] {
        assert_eq!(request.header(name), Some(want), "{name}");
    }
}

#[tokio::test]
async fn any_number_of_deliveries_costs_one_token() {
    let (tokens, server) = (token_server(3600).await, function_server().await);
    let provider = provider(server.url("/f"), service_account(&tokens));
    let invoker = invoker();
    for _ in 0..20 {
        let calls = (0..50).map(|_| {
            let (invoker, provider) = (invoker.clone(), provider.clone());
            tokio::spawn(async move { invoker.invoke(&provider, call(EVENT)).await })
        });
        for called in calls.collect::<Vec<_>>() {
            assert_eq!(called.await.unwrap().unwrap().status, Some(200));
        }
    }
    assert_eq!((server.requests().len(), tokens.requests().len()), (1000, 1));
    // Another function is another audience.
    let mut other = function(server.url("/f"), service_account(&tokens));
    other.audience = Some("another".to_owned());
    let _ = invoker
        .invoke(&Provider::GoogleCloudFunction(other), call(EVENT))
        .await;
    assert!(tokens.requests().len() > 1);
}

#[tokio::test]
async fn tokens_are_replaced_before_they_expire() {
    let (tokens, server) = (token_server(2).await, function_server().await);
    let provider = provider(server.url("/f"), service_account(&tokens));
    let invoker = invoker();
    let until_the_third_token = async {
        while tokens.requests().len() < 3 {
            // The function would answer 401 to a token that is over.
            let answer = invoker.invoke(&provider, call(EVENT)).await.unwrap();
            assert_eq!(answer.status, Some(200));
        }
    };
    tokio::time::timeout(Duration::from_mins(1), until_the_third_token)
        .await
        .unwrap();
    assert!(server.requests().iter().all(|request| request.body == EVENT));
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let tokens = token_server(3600).await;
    let calls = AtomicUsize::new(0);
    let server = Server::answering(move |request| {
        // Only the second call is let in.
        let now = if calls.fetch_add(1, Ordering::SeqCst) == 0 {
            now() + 7200
        } else {
            now()
        };
        guarded(request, &audience(request), now, || response(200, &[], "late"))
    })
    .await;
    let provider = provider(server.url("/f"), service_account(&tokens));
    let answer = invoker().invoke(&provider, call(EVENT)).await.unwrap();
    assert_eq!(answer.body, "late");
    assert_eq!((server.requests().len(), tokens.requests().len()), (2, 2));
}

#[tokio::test]
async fn a_function_that_refuses_every_token_is_no_reason_to_try_again() {
    let (tokens, server) = (token_server(3600).await, function_server().await);
    let mut function = function(server.url("/f"), service_account(&tokens));
    function.audience = Some("https://another.example".to_owned());
    let provider = Provider::GoogleCloudFunction(function);
    let invoker = invoker();
    for _ in 0..10 {
        let error = invoker.invoke(&provider, call(EVENT)).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::Permanent);
        assert_eq!(
            error.to_string(),
            "Function call failed. Error: Google does not accept the ID token for the audience \
             \"https://another.example\": status code 401"
        );
    }
    // Nor to ask for a token with every call.
    assert_eq!((server.requests().len(), tokens.requests().len()), (11, 2));
}

#[tokio::test]
async fn denials_of_google_are_told_from_those_of_functions() {
    let page =
        "<html><h1>Error: Forbidden</h1><h2>Your client does not have permission to get URL /f</h2></html>";
    let front_end = [
        ("Server", "Google Frontend"),
        ("Content-Type", "text/html; charset=UTF-8"),
    ];
    let tokens = token_server(3600).await;
    let server = Server::answering(move |request| match request.target.as_str() {
        "/denied" => response(403, &front_end, page),
        "/own-403" => response(403, &front_end[..1], r#"{"error":"not yours"}"#),
        "/own-401" => response(401, &front_end, "who are you?"),
        _ => response(503, &[("Retry-After", "7")], "busy"),
    })
    .await;
    let invoker = invoker();
    let invoke = async |path| {
        let provider = provider(server.url(path), service_account(&tokens));
        invoker.invoke(&provider, call(EVENT)).await
    };
    let denied = invoke("/denied").await.unwrap_err();
    assert_eq!(denied.class(), FailureClass::Permanent);
    assert!(
        denied
            .to_string()
            .contains("Google denies access: status code 403"),
        "{denied}"
    );
    for (path, status, body) in [
        ("/own-403", 403, r#"{"error":"not yours"}"#),
        ("/own-401", 401, "who are you?"),
    ] {
        let answer = invoke(path).await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (Some(status), body.as_bytes()));
        assert_eq!(answer.rejection.unwrap().class, FailureClass::Permanent);
    }
    let busy = invoke("/503").await.unwrap_err();
    assert_eq!(
        (busy.class(), busy.retry_after()),
        (FailureClass::Throttled, Some(Duration::from_secs(7)))
    );
}

#[tokio::test]
async fn tokens_that_a_function_repeats_are_cut_out() {
    let tokens = token_server(3600).await;
    let server = Server::answering(|request| {
        let status = if request.target == "/500" { 500 } else { 400 };
        response(
            status,
            &[],
            format!("got {}", request.header("authorization").unwrap()),
        )
    })
    .await;
    let invoker = invoker();
    for path in ["/500", "/400"] {
        let provider = provider(server.url(path), service_account(&tokens));
        let kept = match invoker.invoke(&provider, queued(EVENT)).await {
            Ok(answer) => answer.last_response(),
            Err(error) => error.last_response(),
        };
        assert_eq!(kept.unwrap().body, "got Bearer *****", "{path}");
    }
    // A result stays as it is.
    let provider = provider(server.url("/400"), service_account(&tokens));
    let answer = invoker.invoke(&provider, call(EVENT)).await.unwrap();
    assert_ne!(answer.body, "got Bearer *****");
}

#[tokio::test]
async fn token_servers_that_fail() {
    let server = function_server().await;
    let invoker = invoker();
    let invoke = async |tokens: &Server| {
        let provider = provider(server.url("/f"), service_account(tokens));
        invoker.invoke(&provider, call(EVENT)).await.unwrap_err()
    };
    for (status, body, class, text) in [
        (
            400,
            r#"{"error":"invalid_grant","error_description":"ECHO"}"#,
            FailureClass::Permanent,
            "invalid_grant: *****: status code 400",
        ),
        (
            401,
            r#"{"error":"invalid_client"}"#,
            FailureClass::Permanent,
            "invalid_client: status code 401",
        ),
        (429, "", FailureClass::Throttled, "status code 429"),
        (503, "", FailureClass::Transient, "status code 503"),
        (307, "", FailureClass::Permanent, "status code 307"),
        (200, "", FailureClass::Transient, "no token in its answer"),
        (
            200,
            r#"{"access_token":"x"}"#,
            FailureClass::Transient,
            "no token in its answer",
        ),
        (
            200,
            r#"{"id_token":"x"}"#,
            FailureClass::Transient,
            "no JSON Web Token",
        ),
        (200, "LARGE", FailureClass::Transient, "too large"),
    ] {
        let tokens = Server::answering(move |request| {
            let echo = String::from_utf8_lossy(&request.body).into_owned();
            let large = "x".repeat(if body == "LARGE" { 70_000 } else { 0 });
            response(
                status,
                &[("Location", "http://127.0.0.1:1/")],
                body.replace("ECHO", &echo) + &large,
            )
        })
        .await;
        let error = invoke(&tokens).await;
        let shown = error.to_string();
        assert_eq!(error.class(), class, "{shown}");
        assert!(
            shown.contains("token server of the service account: ") && shown.contains(text),
            "{shown}"
        );
        assert!(!format!("{error:?}").contains("eyJ"), "{error:?}");
    }
    let gone = Server::bare(|_, stream| async move { drop(stream) }).await;
    let error = invoke(&gone).await;
    assert_eq!(error.class(), FailureClass::Transient);
    assert!(
        error
            .to_string()
            .contains("token server of the service account: no answer"),
        "{error}"
    );
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_token_server_that_hangs_takes_the_time_of_the_call_only() {
    let (hanging, server) = (
        Server::bare(|_, stream| async move {
            let _open = stream;
            std::future::pending::<()>().await;
        })
        .await,
        function_server().await,
    );
    let provider = provider(server.url("/f"), service_account(&hanging));
    let invoker = crate::with_settings(targets::TargetSettings {
        timeout: Duration::from_millis(200),
        ..targets::TargetSettings::default()
    });
    let error = invoker.invoke(&provider, call(EVENT)).await.unwrap_err();
    assert!(matches!(error, InvokeError::TimedOut { .. }), "{error:?}");
}

#[tokio::test]
async fn unusable_keys_are_no_reason_to_try_again() {
    let server = function_server().await;
    let elliptic = STANDARD.encode(rcgen::KeyPair::generate().unwrap().serialize_der());
    let mut file: serde_json::Value = serde_json::from_str(&key_file("http://127.0.0.1:1/")).unwrap();
    file["private_key"] =
        format!("-----BEGIN PRIVATE KEY-----\n{elliptic}\n-----END PRIVATE KEY-----").into();
    for (key, text) in [
        (file.to_string(), "no RSA key"),
        ("{}".to_owned(), "credentials.key must be"),
        (
            key_file("http://token.example/"),
            "token_uri must be an https URL",
        ),
    ] {
        let credentials = domain::resource::GoogleCredentials::ServiceAccount {
            key: key.as_str().into(),
        };
        let provider = provider(server.url("/f"), credentials);
        let error = invoker().invoke(&provider, call(EVENT)).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::Permanent);
        assert!(error.to_string().contains(text), "{error}");
        assert!(!format!("{error:?}").contains("BEGIN"), "{error:?}");
    }
}
