//! Credentials that were replaced: once a token server, or the function, refuses the old ones, the new ones are read.

use std::sync::{Arc, Mutex};

use domain::resource::Provider;
use domain::retry::FailureClass;
use http::Response;
use http_body_util::Full;
use jsonwebtoken::decode_header;
use serde_json::{Value, json};
use targets::{SecretSettings, TargetSettings};

use crate::google_peer::{form, id_token, key_file, now};
use crate::server::{Received, Server, response};
use crate::{EVENT, provider, queued, with_settings};

const OLD: &str = "old-credential";
const NEW: &str = "new-credential";

/// Which credential is good, and which one the last token was given for.
#[derive(Clone)]
struct Credential {
    good: &'static str,
    shown: String,
}

/// A token server that takes one credential, and a function that takes tokens of that one.
async fn peer(credential: Arc<Mutex<Credential>>) -> Server {
    Server::answering(move |request| {
        let mut credential = credential.lock().unwrap();
        match request.target.as_str() {
            "/checks" if credential.shown != credential.good => forbidden(),
            "/function" | "/checks" | "/api/v1/namespaces/_/actions/a?blocking=false&result=false" => {
                response(200, &[], "{}")
            }
            // Whatever it is given for; the function looks.
            "/blind" => {
                credential.shown = shown(request);
                token()
            }
            _ if shown(request) == credential.good => token(),
            _ => response(400, &[], r#"{"error":"invalid_grant"}"#),
        }
    })
    .await
}

/// A token that is used once.
fn token() -> Response<Full<bytes::Bytes>> {
    let id_token = id_token("a", now(), 0);
    let granted = json!({"access_token": "t", "id_token": id_token, "token_type": "Bearer", "expires_in": 0});
    response(200, &[], granted.to_string())
}

/// How Google's front end denies access to a function.
fn forbidden() -> Response<Full<bytes::Bytes>> {
    let headers = [("Server", "Google Frontend"), ("Content-Type", "text/html")];
    response(403, &headers, "Your client does not have permission")
}

/// The credential of a token request.
fn shown(request: &Received) -> String {
    let form = form(&request.body);
    let key = form
        .get("assertion")
        .and_then(|assertion| decode_header(assertion).unwrap().kid);
    let secret = form.get("client_secret").or_else(|| form.get("apikey"));
    key.or_else(|| secret.cloned()).unwrap()
}

fn service_account(token_uri: &str, id: &str) -> String {
    key_file(token_uri).replace("service-account-key", id)
}

/// Calls a function before its credential is replaced, right after, and once more.
async fn replace(credential: &Mutex<Credential>, target: &Provider, stored: [String; 2]) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("credential");
    let invoker = with_settings(TargetSettings {
        secrets: SecretSettings {
            directory: Some(directory.path().to_owned()),
            ..SecretSettings::default()
        },
        ..TargetSettings::default()
    });
    let [old, new] = stored;
    std::fs::write(&file, old).unwrap();
    credential.lock().unwrap().good = OLD;
    invoker.invoke(target, queued(EVENT)).await.unwrap();

    std::fs::write(&file, new).unwrap();
    credential.lock().unwrap().good = NEW;
    let error = invoker.invoke(target, queued(EVENT)).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Transient, "{error}");
    invoker.invoke(target, queued(EVENT)).await.unwrap();

    // It is no better when it is read anew.
    credential.lock().unwrap().good = "another";
    let error = invoker.invoke(target, queued(EVENT)).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Transient, "{error}");
    let error = invoker.invoke(target, queued(EVENT)).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Permanent, "{error}");
}

#[tokio::test]
async fn credentials_that_are_refused_are_read_anew() {
    let credential = Arc::new(Mutex::new(Credential {
        good: OLD,
        shown: String::new(),
    }));
    let server = peer(Arc::clone(&credential)).await;
    let reference = json!({"file": "credential"});
    let azure = json!({
        "url": server.url("/function"),
        "entra": {
            "authority": server.url("/"), "tenantId": "t", "clientId": "c", "clientSecret": reference,
            "scope": "s/.default",
        },
    });
    let openwhisk = json!({
        "apiHost": server.url("/"), "action": "a",
        "iam": {"tokenUrl": server.url("/token"), "apiKey": reference},
    });
    for (kind, settings) in [("azurefunction", azure), ("openwhisk", openwhisk)] {
        let target = provider(kind, settings);
        replace(&credential, &target, [OLD, NEW].map(str::to_owned)).await;
    }
    // The one is refused a token, the other one gets tokens that the function does not take.
    for (function, token_path) in [("/function", "/token"), ("/checks", "/blind")] {
        let credentials: Value = json!({"type": "serviceAccount", "key": reference});
        let settings = json!({"url": server.url(function), "credentials": credentials});
        let target = provider("googlecloudfunction", settings);
        let stored = [OLD, NEW].map(|id| service_account(&server.url(token_path), id));
        replace(&credential, &target, stored).await;
    }
}
