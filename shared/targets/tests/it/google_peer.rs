//! What stands for Google: token servers that check what they are asked with, functions that check ID tokens.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use domain::resource::{GoogleCloudFunction, GoogleCredentials, Provider};
use http::Response;
use http_body_util::Full;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use rustls::pki_types::PrivatePkcs1KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use targets::{Call, CallIdentity};

use crate::server::{Received, Server, response};

pub(crate) const ACCOUNT: &str = "caller@project.iam.gserviceaccount.com";
const ACCOUNT_KEY: &str = include_str!("../data/test-only-service-account.pem");
const ACCOUNT_JWKS: &str = include_str!("../data/test-only-service-account.jwks.json");
const ISSUER: &str = "https://accounts.google.com";
const ISSUER_KEY: &str = include_str!("../data/test-only-issuer.pem");
const ISSUER_JWKS: &str = include_str!("../data/test-only-issuer.jwks.json");
/// What access tokens of the token server begin with.
pub(crate) const ACCESS_TOKEN: &str = "ya29.access-";

/// Seconds since the Unix epoch.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The key file of the service account.
pub(crate) fn key_file(token_uri: &str) -> String {
    json!({
        "type": "service_account",
        "project_id": "project",
        "private_key_id": "service-account-key",
        "private_key": ACCOUNT_KEY,
        "client_email": ACCOUNT,
        "client_id": "1",
        "token_uri": token_uri,
    })
    .to_string()
}

pub(crate) fn service_account(token_server: &Server) -> GoogleCredentials {
    GoogleCredentials::ServiceAccount {
        key: key_file(&token_server.url("/token")).as_str().into(),
    }
}

pub(crate) fn function(url: String, credentials: GoogleCredentials) -> GoogleCloudFunction {
    let settings = json!({"url": ""});
    GoogleCloudFunction {
        url: url.into(),
        credentials,
        ..serde_json::from_value(settings).unwrap()
    }
}

pub(crate) fn provider(url: String, credentials: GoogleCredentials) -> Provider {
    Provider::GoogleCloudFunction(function(url, credentials))
}

/// A call as of a delivery.
pub(crate) fn delivery(payload: &'static str) -> Call<'static> {
    Call {
        identity: Some(CallIdentity {
            delivery: "d-1".into(),
            subscription: Some("subscription".into()),
            attempt: 2,
            trace: None,
        }),
        ..crate::call(payload)
    }
}

/// An ID token that is good for so many seconds.
pub(crate) fn id_token(audience: &str, issued: u64, lifetime: u64) -> String {
    let der = PrivatePkcs1KeyDer::from_pem_slice(ISSUER_KEY.as_bytes()).unwrap();
    let key = EncodingKey::from_rsa_der(der.secret_pkcs1_der());
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some("issuer-key".to_owned());
    let claims = json!({
        "iss": ISSUER, "aud": audience, "azp": ACCOUNT, "email": ACCOUNT, "sub": "1",
        "iat": issued, "exp": issued + lifetime,
    });
    encode(&header, &claims, &key).unwrap()
}

/// The claims of a token that a key of the set signed for the audience. Its times are left to the caller.
fn verified(token: &str, jwks: &str, audience: &str) -> Result<Value, String> {
    let text = |error: jsonwebtoken::errors::Error| error.to_string();
    let jwks: JwkSet = serde_json::from_str(jwks).unwrap();
    let id = decode_header(token).map_err(text)?.kid.ok_or("no key id")?;
    let key = DecodingKey::from_jwk(jwks.find(&id).ok_or("unknown key")?).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[audience]);
    validation.validate_exp = false;
    Ok(decode::<Value>(token, &key, &validation).map_err(text)?.claims)
}

/// The token of a request.
pub(crate) fn bearer(request: &Received) -> Option<&str> {
    request.header("authorization")?.strip_prefix("Bearer ")
}

/// What a function behind Google's front end answers: its own answer to callers with a token that is good at this
/// time, 401 to all others.
pub(crate) fn guarded(
    request: &Received,
    audience: &str,
    now: u64,
    answer: impl FnOnce() -> Response<Full<Bytes>>,
) -> Response<Full<Bytes>> {
    let claims = bearer(request)
        .ok_or_else(|| "no token".to_owned())
        .and_then(|token| verified(token, ISSUER_JWKS, audience));
    let is_good = |claims: &Value| {
        claims["iss"] == ISSUER && claims["email"] == ACCOUNT && claims["exp"].as_u64().unwrap() > now
    };
    match claims {
        Ok(claims) if is_good(&claims) => answer(),
        other => unauthorized(&format!("{other:?}")),
    }
}

/// How Google's front end refuses a token.
pub(crate) fn unauthorized(why: &str) -> Response<Full<Bytes>> {
    let challenge =
        "Bearer error=\"invalid_token\" error_description=\"The access token could not be verified\"";
    response(401, &[("WWW-Authenticate", challenge)], why.to_owned())
}

/// The fields of a form.
pub(crate) fn form(body: &[u8]) -> HashMap<String, String> {
    url::form_urlencoded::parse(body).into_owned().collect()
}

/// The claims of an assertion that the token server at this URI may accept.
fn assertion(request: &Received, token_uri: &str) -> Result<Value, String> {
    if request.method != "POST" || request.header("content-type") != Some("application/x-www-form-urlencoded")
    {
        return Err("no form".to_owned());
    }
    let form = form(&request.body);
    if form.get("grant_type").map(String::as_str) != Some("urn:ietf:params:oauth:grant-type:jwt-bearer") {
        return Err("grant type".to_owned());
    }
    let claims = verified(
        form.get("assertion").ok_or("no assertion")?,
        ACCOUNT_JWKS,
        token_uri,
    )?;
    let (issued, expiry) = (
        claims["iat"].as_u64().ok_or("iat")?,
        claims["exp"].as_u64().ok_or("exp")?,
    );
    if claims["iss"] != ACCOUNT || issued > now() || expiry <= now() || expiry - issued > 3600 {
        return Err(format!("claims {claims}"));
    }
    Ok(claims)
}

/// The token server of the service account: ID tokens for the audience that an assertion names, access tokens for its
/// scope, good for so many seconds. Access tokens are numbered from 0.
pub(crate) async fn token_server(lifetime: u64) -> Server {
    let issued = std::sync::atomic::AtomicUsize::new(0);
    Server::answering(move |request| {
        let uri = format!("http://{}/token", request.header("host").unwrap());
        let claims = match assertion(request, &uri) {
            Ok(claims) => claims,
            Err(why) => {
                let error = json!({"error": "invalid_grant", "error_description": why});
                return response(400, &[], error.to_string());
            }
        };
        let answer = match (claims["target_audience"].as_str(), claims["scope"].as_str()) {
            (Some(audience), None) => json!({"id_token": id_token(audience, now(), lifetime)}),
            (None, Some("https://www.googleapis.com/auth/pubsub")) => {
                let number = issued.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let token = format!("{ACCESS_TOKEN}{number}");
                json!({"access_token": token, "expires_in": lifetime, "token_type": "Bearer"})
            }
            _ => return response(400, &[], json!({"error": "invalid_scope"}).to_string()),
        };
        response(200, &[("Content-Type", "application/json")], answer.to_string())
    })
    .await
}
