//! JWT authorizers against a server of keys.

mod hostile;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use domain::resource::Provider;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::PublicKeyData as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{PrivatePkcs1KeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use targets::{Call, Caller, FunctionAnswer, InvokeError, Invoker, KeySetSettings, TargetSettings};
use tokio::task::JoinSet;

use crate::google_peer::now;
use crate::server::{Server, response};
use crate::{call, provider, with_settings};

const KEY: &str = include_str!("../data/test-only-issuer.pem");
const KEYS: &str = include_str!("../data/test-only-issuer.jwks.json");
const OTHER_KEY: &str = include_str!("../data/test-only-service-account.pem");
const OTHER_KEYS: &str = include_str!("../data/test-only-service-account.jwks.json");
const KID: &str = "issuer-key";

async fn serving(keys: impl Into<String>) -> Server {
    let keys = keys.into();
    Server::answering(move |_| response(200, &[("Content-Type", "application/json")], keys.clone())).await
}

fn authorizer(server: &Server, more: &Value) -> Provider {
    let mut settings = json!({
        "issuer": "https://i/", "audience": ["a", "b"], "jwksUrl": server.url("/keys?tenant=1"),
    });
    let more = more.as_object().unwrap().clone();
    settings.as_object_mut().unwrap().extend(more);
    provider("jwt", settings)
}

fn with_key_sets(key_sets: KeySetSettings) -> Invoker {
    with_settings(TargetSettings {
        timeout: Duration::from_mins(1),
        key_sets,
        ..TargetSettings::default()
    })
}

fn invoker() -> Invoker {
    with_key_sets(KeySetSettings::default())
}

fn rsa_key(pem: &str) -> EncodingKey {
    if let Ok(der) = PrivatePkcs1KeyDer::from_pem_slice(pem.as_bytes()) {
        return EncodingKey::from_rsa_der(der.secret_pkcs1_der());
    }
    // In PKCS #8 such a key stands behind 26 bytes that say what it is (RFC 5958, section 2).
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    EncodingKey::from_rsa_der(&der.secret_pkcs8_der()[26..])
}

fn signed(algorithm: Algorithm, kid: Option<&str>, key: &EncodingKey, claims: &Value) -> String {
    let mut header = Header::new(algorithm);
    header.kid = kid.map(str::to_owned);
    encode(&header, claims, key).unwrap()
}

/// Claims that are good, with changes.
fn claims(more: &Value) -> Value {
    let mut claims = json!({"iss": "https://i/", "aud": "a", "sub": "u-1", "exp": now() + 600});
    let more = more.as_object().unwrap().clone();
    claims.as_object_mut().unwrap().extend(more);
    claims
}

fn token(more: &Value) -> String {
    signed(Algorithm::RS256, Some(KID), &rsa_key(KEY), &claims(more))
}

/// Asks as the gateway does, about a request with this header.
async fn ask_with(
    invoker: &Invoker,
    authorizer: &Provider,
    header: Option<&str>,
) -> Result<FunctionAnswer, InvokeError> {
    let question = json!({"event": {}, "request": {"headers": {"Authorization": header}, "body": "x"}});
    let call = Call {
        payload: Bytes::from(question.to_string()),
        ..call("")
    };
    invoker.invoke(authorizer, call).await
}

async fn ask(invoker: &Invoker, authorizer: &Provider, token: &str) -> Result<FunctionAnswer, InvokeError> {
    ask_with(invoker, authorizer, Some(&format!("Bearer {token}"))).await
}

fn is_allowed(answer: &FunctionAnswer) -> bool {
    answer.rejection.is_none()
}

/// Status and challenge of a refusal.
fn refusal(answer: FunctionAnswer) -> (u16, String) {
    assert!(answer.body.is_empty());
    let rejection = answer.rejection.unwrap();
    let challenge = rejection.challenge.unwrap();
    (rejection.status, challenge.to_str().unwrap().to_owned())
}

fn invalid(why: &str) -> (u16, String) {
    let text = format!(
        r#"Bearer realm="event-gateway", error="invalid_token", error_description="the token {why}""#
    );
    (401, text)
}

#[tokio::test]
async fn a_good_token_allows_with_its_claims() {
    let server = serving(KEYS).await;
    let invoker = invoker();
    let authorizer = authorizer(&server, &json!({}));
    let end = now() + 600;
    for scheme in ["Bearer", "bearer", "BEARER "] {
        let token = token(&json!({"aud": ["x", "b"], "exp": end, "roles": ["r"]}));
        let header = format!("{scheme} {token}");
        let answer = ask_with(&invoker, &authorizer, Some(&header)).await.unwrap();
        let said: Value = serde_json::from_slice(&answer.body).unwrap();
        let context = json!({
            "iss": "https://i/", "aud": r#"["x","b"]"#, "sub": "u-1", "exp": end.to_string(), "roles": r#"["r"]"#,
        });
        assert_eq!(
            said,
            json!({"authorization": {"principalId": "u-1", "context": context}})
        );
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 1, "the keys are kept");
    let request = &requests[0];
    assert_eq!((&*request.method, &*request.target), ("GET", "/keys?tenant=1"));
    assert!(request.header("authorization").is_none() && request.body.is_empty());
}

#[tokio::test]
async fn all_algorithms_with_public_keys_are_checked() {
    let pair = rcgen::KeyPair::generate().unwrap();
    let ec = EncodingKey::from_ec_der(&pair.serialize_der());
    let point = pair.der_bytes();
    let part = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
    let mut keys: Value = serde_json::from_str(KEYS).unwrap();
    let rsa = &mut keys["keys"][0];
    rsa.as_object_mut().unwrap().remove("alg");
    let curve = json!({"kty": "EC", "crv": "P-256", "kid": "ec", "x": part(1..33), "y": part(33..65)});
    keys["keys"].as_array_mut().unwrap().push(curve);
    let server = serving(keys.to_string()).await;
    let all = json!({"algorithms": ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256"]});
    let (invoker, authorizer) = (invoker(), authorizer(&server, &all));
    let rsa = rsa_key(KEY);
    for (algorithm, key) in [
        (Algorithm::RS256, &rsa),
        (Algorithm::RS384, &rsa),
        (Algorithm::RS512, &rsa),
        (Algorithm::PS256, &rsa),
        (Algorithm::PS384, &rsa),
        (Algorithm::PS512, &rsa),
        (Algorithm::ES256, &ec),
    ] {
        let kid = if algorithm == Algorithm::ES256 { "ec" } else { KID };
        for kid in [Some(kid), None] {
            let token = signed(algorithm, kid, key, &claims(&json!({})));
            assert!(
                is_allowed(&ask(&invoker, &authorizer, &token).await.unwrap()),
                "{algorithm:?} {kid:?}"
            );
            // One letter less of a signature is another one.
            let cut = ask(&invoker, &authorizer, &token[..token.len() - 4])
                .await
                .unwrap();
            assert!(!is_allowed(&cut), "{algorithm:?}");
        }
    }
}

#[tokio::test]
async fn tokens_that_are_no_good_are_refused_with_the_reason() {
    let server = serving(KEYS).await;
    let (invoker, authorizer) = (invoker(), authorizer(&server, &json!({})));
    for (more, why) in [
        (json!({"iss": "https://i"}), "is of another issuer"),
        (json!({"iss": null}), "lacks iss, aud or exp"),
        (json!({"aud": "c"}), "is for another audience"),
        (json!({"aud": ["c"]}), "is for another audience"),
        (json!({"aud": []}), "is for another audience"),
        (json!({"aud": null}), "lacks iss, aud or exp"),
        (json!({"exp": now() - 61}), "has expired"),
        (json!({"exp": null}), "lacks iss, aud or exp"),
        (json!({"exp": "9999999999"}), "lacks iss, aud or exp"),
        (json!({"nbf": now() + 120}), "is not valid yet"),
        (json!({"nbf": "0"}), "is malformed"),
    ] {
        let answer = ask(&invoker, &authorizer, &token(&more)).await.unwrap();
        assert_eq!(refusal(answer), invalid(why), "{more}");
    }
    // Within what clocks may differ by.
    for more in [json!({"exp": now() - 30}), json!({"nbf": now() + 30})] {
        assert!(
            is_allowed(&ask(&invoker, &authorizer, &token(&more)).await.unwrap()),
            "{more}"
        );
    }
    let foreign = signed(
        Algorithm::RS256,
        Some(KID),
        &rsa_key(OTHER_KEY),
        &claims(&json!({})),
    );
    let answer = ask(&invoker, &authorizer, &foreign).await.unwrap();
    assert!(refusal(answer).1.contains("the signature of the token is wrong"));
}

#[tokio::test]
async fn who_sends_no_bearer_token_is_asked_for_one() {
    let server = serving(KEYS).await;
    let (invoker, authorizer) = (invoker(), authorizer(&server, &json!({})));
    for header in [
        None,
        Some(""),
        Some("Basic dTpw"),
        Some("Bearer"),
        Some("Token x"),
    ] {
        let answer = ask_with(&invoker, &authorizer, header).await.unwrap();
        assert_eq!(
            refusal(answer),
            (401, r#"Bearer realm="event-gateway""#.to_owned()),
            "{header:?}"
        );
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn scopes_are_needed_all() {
    let server = serving(KEYS).await;
    let (invoker, authorizer) = (
        invoker(),
        authorizer(&server, &json!({"scopes": ["read", "a:b"]})),
    );
    let allowed = ask(&invoker, &authorizer, &token(&json!({"scope": "a:b x read"}))).await;
    assert!(is_allowed(&allowed.unwrap()));
    let answer = ask(&invoker, &authorizer, &token(&json!({"scope": "read"})))
        .await
        .unwrap();
    let challenge = r#"Bearer realm="event-gateway", error="insufficient_scope", error_description="the token lacks a scope", scope="read a:b""#;
    assert_eq!(refusal(answer), (403, challenge.to_owned()));
}

/// An event that waited for its authorizer came with a token that was good then.
#[tokio::test]
async fn a_token_is_judged_by_the_time_at_which_the_event_came_in() {
    let server = serving(KEYS).await;
    let (invoker, authorizer) = (invoker(), authorizer(&server, &json!({})));
    let token = token(&json!({"exp": now() - 3600}));
    for (hours, is_good) in [(2, true), (0, false)] {
        let question = json!({
            "request": {"headers": {"Authorization": format!("Bearer {token}")}},
            "acceptedAt": (now() - hours * 3600) * 1000,
        });
        let call = Call {
            payload: Bytes::from(question.to_string()),
            ..call("")
        };
        let answer = invoker.invoke(&authorizer, call).await.unwrap();
        assert_eq!(is_allowed(&answer), is_good, "{hours}");
    }
}

#[tokio::test]
async fn it_is_no_function_for_events() {
    let server = serving(KEYS).await;
    let (invoker, authorizer) = (invoker(), authorizer(&server, &json!({})));
    for caller in [Caller::Queue, Caller::Client] {
        let call = Call { caller, ..call("{}") };
        let error = invoker.invoke(&authorizer, call).await.unwrap_err();
        assert!(
            error.to_string().contains("can only be an authorizer")
                || format!("{error:?}").contains("OnlyAuthorizes"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_new_key_of_the_issuer_is_found() {
    let fetches = Arc::new(AtomicUsize::new(0));
    let counted = fetches.clone();
    let server = Server::answering(move |_| {
        let keys = if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            OTHER_KEYS
        } else {
            KEYS
        };
        response(200, &[], keys)
    })
    .await;
    let invoker = with_key_sets(KeySetSettings {
        refetch_pause: Duration::ZERO,
        ..KeySetSettings::default()
    });
    let authorizer = authorizer(&server, &json!({}));
    for _ in 0..2 {
        assert!(is_allowed(
            &ask(&invoker, &authorizer, &token(&json!({}))).await.unwrap()
        ));
        assert_eq!(fetches.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn many_calls_share_a_fetch_and_spaces_do_not() {
    let server = serving(KEYS).await;
    let (invoker, authorizer) = (invoker(), authorizer(&server, &json!({})));
    let token = token(&json!({}));
    let question = json!({"request": {"headers": {"Authorization": format!("Bearer {token}")}}}).to_string();
    for (space, fetches) in [("one", 1), ("two", 2), ("one", 2)] {
        let mut calls = JoinSet::new();
        for _ in 0..20 {
            let (invoker, authorizer, question) = (invoker.clone(), authorizer.clone(), question.clone());
            calls.spawn(async move {
                let call = Call {
                    payload: Bytes::from(question),
                    ..call("")
                };
                invoker
                    .invoke_for(&space.into(), &authorizer, call)
                    .await
                    .unwrap()
            });
        }
        assert!(calls.join_all().await.iter().all(is_allowed));
        assert_eq!(server.requests().len(), fetches, "{space}");
    }
}
