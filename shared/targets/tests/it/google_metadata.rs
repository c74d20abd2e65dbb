//! Calls by the identity that the metadata server of a machine at Google tells.

use std::time::{Duration, SystemTime};

use domain::resource::GoogleCredentials;
use domain::retry::FailureClass;
use targets::{Invoker, NetworkGuard, TargetSettings};

use crate::google_peer::{form, guarded, id_token, now, provider, service_account, token_server};
use crate::server::{Received, Server, response};
use crate::{EVENT, call, with_settings};

const HOUR: i64 = 3600;

fn invoker_of(metadata: &Server) -> Invoker {
    with_settings(TargetSettings {
        google_metadata_host: Some(metadata.address().to_string()),
        timeout: Duration::from_mins(1),
        ..TargetSettings::default()
    })
}

/// The time of a clock that is ahead by so many seconds.
fn shifted(seconds: i64) -> u64 {
    now().checked_add_signed(seconds).unwrap()
}

/// The audience that an ID token is asked for, if it is asked as Google wants it.
fn audience(request: &Received) -> Option<String> {
    let path = "/computeMetadata/v1/instance/service-accounts/default/identity?";
    let query = form(request.target.strip_prefix(path)?.as_bytes());
    let is_asked_well = request.method == "GET"
        && request.header("metadata-flavor") == Some("Google")
        && query.get("format").map(String::as_str) == Some("full")
        && request.body.is_empty();
    query.get("audience").cloned().filter(|_| is_asked_well)
}

/// A metadata server whose clock is ahead by so many seconds.
async fn metadata_server(ahead: i64) -> Server {
    Server::answering(move |request| {
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(shifted(ahead));
        let date = httpdate::fmt_http_date(date);
        let headers = [("Metadata-Flavor", "Google"), ("Date", date.as_str())];
        match audience(request) {
            Some(audience) => response(200, &headers, id_token(&audience, shifted(ahead), 3600) + "\n"),
            None => response(404, &headers, "not found"),
        }
    })
    .await
}

async fn function_server(ahead: i64) -> Server {
    Server::answering(move |request| {
        let audience = format!("http://{}{}", request.header("host").unwrap(), request.target);
        guarded(request, &audience, shifted(ahead), || {
            response(200, &[], "result")
        })
    })
    .await
}

#[tokio::test]
async fn the_machines_identity_is_kept_whatever_the_clock_says() {
    for ahead in [0, 3 * HOUR, -3 * HOUR] {
        let (metadata, server) = (metadata_server(ahead).await, function_server(ahead).await);
        let invoker = invoker_of(&metadata);
        for path in ["/f", "/g/%20&+?", "/f"] {
            let url = server.url(path.trim_end_matches('?'));
            let provider = provider(url, GoogleCredentials::MetadataServer);
            for _ in 0..20 {
                let answer = invoker.invoke(&provider, call(EVENT)).await.unwrap();
                assert_eq!(answer.body, "result", "{ahead} {path}");
            }
        }
        assert_eq!(
            (server.requests().len(), metadata.requests().len()),
            (60, 2),
            "{ahead}"
        );
    }
}

#[tokio::test]
async fn what_is_no_metadata_server_is_not_believed() {
    let server = function_server(0).await;
    let provider = provider(server.url("/f"), GoogleCredentials::MetadataServer);
    for (status, headers, class, text) in [
        (200, &[][..], FailureClass::Transient, "what answers is not one"),
        (
            200,
            &[("Metadata-Flavor", "google")],
            FailureClass::Transient,
            "what answers is not one",
        ),
        (404, &[], FailureClass::Transient, "what answers is not one"),
        (
            404,
            &[("Metadata-Flavor", "Google")],
            FailureClass::Permanent,
            "status code 404",
        ),
        (
            503,
            &[("Metadata-Flavor", "Google")],
            FailureClass::Transient,
            "status code 503",
        ),
    ] {
        let metadata = Server::answering(move |request| {
            let token = id_token(&audience(request).unwrap(), now(), 3600);
            response(status, headers, token)
        })
        .await;
        let error = invoker_of(&metadata)
            .invoke(&provider, call(EVENT))
            .await
            .unwrap_err();
        let shown = error.to_string();
        assert_eq!(error.class(), class, "{shown}");
        assert!(
            shown.contains("Google's metadata server: ") && shown.contains(text),
            "{shown}"
        );
        assert!(!format!("{error:?}").contains("eyJ"), "{error:?}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn the_network_guard_lets_the_metadata_server_through_and_nothing_else() {
    let (metadata, function) = (metadata_server(0).await, function_server(0).await);
    let tokens = token_server(3600).await;
    let invoker = with_settings(TargetSettings {
        google_metadata_host: Some(metadata.address().to_string()),
        guard: Some(NetworkGuard::default()),
        ..TargetSettings::default()
    });
    for credentials in [GoogleCredentials::MetadataServer, service_account(&tokens)] {
        let provider = provider(function.url("/f"), credentials);
        let error = invoker.invoke(&provider, call(EVENT)).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::Permanent, "{error}");
        assert!(error.to_string().contains("address is not allowed"), "{error}");
    }
    assert_eq!(metadata.requests().len(), 1);
    assert!(tokens.requests().is_empty() && function.requests().is_empty());
}
