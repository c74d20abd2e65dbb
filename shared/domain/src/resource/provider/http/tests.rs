//! Options of HTTP endpoints: what is accepted comes out again, what is not is told at once and never repeated.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::*;
use crate::resource::Provider;

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";

fn decode(settings: &Value) -> Result<Box<HttpEndpoint>, ProviderError> {
    let raw = RawValue::from_string(settings.to_string()).unwrap();
    match Provider::decode("http", Some(&raw))? {
        Provider::Http(endpoint) => Ok(endpoint),
        other => panic!("{other:?}"),
    }
}

/// An endpoint with one more member.
fn with(member: &str, value: Value) -> Value {
    let mut settings = json!({"url": "https://h/"});
    settings[member] = value;
    settings
}

#[test]
fn a_url_alone_is_plain() {
    let endpoint =
        decode(&json!({"url": "http://h/", "unknown": 1, "tls": {}, "headers": {}, "method": ""})).unwrap();
    assert!(endpoint.is_plain() && endpoint.is_open() && endpoint.sends_event());
    assert_eq!(
        serde_json::to_value(&endpoint).unwrap(),
        json!({"url": "http://h/"})
    );
}

#[test]
fn options_come_out_as_they_went_in() {
    for (member, value, is_open) in [
        ("method", json!("PUT"), false),
        ("method", json!("X-SPECIAL"), false),
        (
            "headers",
            json!({"X-Key": "a b", "content-type": "application/json", "x-ref": {"file": "key"}}),
            false,
        ),
        ("maxResponseBytes", json!(1), true),
        ("format", json!("binary"), true),
        (
            "authorization",
            json!({"type": "bearer", "token": {"environment": "EVENT_GATEWAY_SECRET_T"}}),
            false,
        ),
        (
            "authorization",
            json!({"type": "basic", "username": "u", "password": "p:ü"}),
            false,
        ),
        ("authorization", json!({"type": "basic", "username": "ü"}), false),
        (
            "authorization",
            json!({"type": "apiKey", "name": "X-Key", "value": "v"}),
            false,
        ),
        (
            "authorization",
            json!({"type": "apiKey", "name": "k&y", "value": "ü", "in": "query"}),
            false,
        ),
        (
            "authorization",
            json!({
                "type": "oauth2ClientCredentials", "tokenUrl": "https://auth/token?tenant=1", "clientId": "c",
                "clientSecret": "s", "scopes": ["a:read", "https://x/.default"], "audience": "me",
                "clientAuthentication": "body"
            }),
            false,
        ),
        (
            "authorization",
            json!({
                "type": "oauth2ClientCredentials", "tokenUrl": "http://127.0.0.1/token", "clientId": "c",
                "clientSecret": "s"
            }),
            false,
        ),
        (
            "tls",
            json!({"certificateAuthority": CERTIFICATE.repeat(2)}),
            false,
        ),
        (
            "tls",
            json!({"clientCertificate": CERTIFICATE, "clientKey": KEY}),
            false,
        ),
        (
            "tls",
            json!({"clientCertificate": CERTIFICATE, "clientKey": {"file": "key.pem"}}),
            false,
        ),
        (
            "tls",
            json!({"clientCertificate": CERTIFICATE, "clientKey": "*****"}),
            false,
        ),
    ] {
        let settings = with(member, value);
        let endpoint = decode(&settings).unwrap_or_else(|err| panic!("{settings}: {err}"));
        let written = serde_json::to_string(&endpoint).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), settings);
        assert_eq!(serde_json::from_str::<HttpEndpoint>(&written).unwrap(), *endpoint);
        assert!(
            !endpoint.is_plain() && endpoint.is_open() == is_open,
            "{settings}"
        );
    }
}

/// Fails unless each of these settings is refused with a text that begins like this and repeats none of it.
fn assert_refused<const N: usize>(cases: [((&'static str, Value), &str); N]) {
    for ((member, value), want) in cases {
        let settings = with(member, value);
        let error = decode(&settings).expect_err(&settings.to_string()).to_string();
        assert!(error.starts_with(want), "{settings}: {error}");
        assert!(!error.contains("SHOWN"), "{error}");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    assert_refused([
        (
            ("method", json!("put")),
            "method must be an HTTP method in capitals, other than CONNECT and TRACE",
        ),
        (("method", json!("GET /SHOWN")), "method must be"),
        (("method", json!("CONNECT")), "method must be"),
        (("method", json!("A".repeat(33))), "method must be"),
        (("method", json!(1)), "unable to load function provider config"),
        (("headers", json!({"a b": "SHOWN"})), "headers must have names"),
        (("headers", json!({"": "SHOWN"})), "headers must have names"),
        (
            ("headers", json!({"Host": "SHOWN"})),
            "headers must not name headers that the gateway sets itself",
        ),
        (
            ("headers", json!({"transfer-encoding": "SHOWN"})),
            "headers must not name",
        ),
        (
            ("headers", json!({"Content-Length": "1"})),
            "headers must not name",
        ),
        (
            ("headers", json!({"Webhook-Signature": "SHOWN"})),
            "headers must not name",
        ),
        (
            ("headers", json!({"X-Event-Gateway-Attempt": "1"})),
            "headers must not name",
        ),
        (("headers", json!({"ce-id": "1"})), "headers must not name"),
        (
            ("headers", json!({"x-a": "1", "X-A": "2"})),
            "headers must not name a header twice",
        ),
        (
            ("headers", json!({"x-a": "SHOWN\r\nx-b: 1"})),
            "headers must have values of visible ASCII",
        ),
        (("headers", json!({"x-a": "ü"})), "headers must have values"),
        (("headers", json!({"x-a": ""})), "headers must have values"),
        (
            ("headers", json!({"x-a": 5})),
            "headers must be a string, or an object",
        ),
        (
            ("maxResponseBytes", json!(0)),
            "maxResponseBytes must be at least 1",
        ),
        (("format", json!("xml")), "format must be"),
    ]);
}

#[test]
fn authorization_that_cannot_be_is_refused() {
    let authorization = |value: Value| ("authorization", value);
    assert_refused([
        (
            authorization(json!({})),
            "authorization must have one of the types",
        ),
        (
            authorization(json!({"type": "bearer"})),
            "missing required fields for HTTP endpoint",
        ),
        (
            authorization(json!({"type": "bearer", "token": "SHOWN\n"})),
            "authorization must have a token",
        ),
        (
            authorization(json!({"type": "basic", "username": "a:b"})),
            "authorization must have a username",
        ),
        (
            authorization(json!({"type": "apiKey", "name": "Host", "value": "v"})),
            "authorization must name a header",
        ),
        (
            authorization(json!({"type": "apiKey", "name": "a b", "value": "v"})),
            "authorization must name a header",
        ),
        (
            authorization(json!({"type": "apiKey", "name": "a", "value": "SHOWN\0"})),
            "authorization must have a value",
        ),
        (
            authorization(json!({"type": "apiKey", "name": "a", "value": "v", "in": "cookie"})),
            "in must be header or query",
        ),
        (
            authorization(
                json!({"type": "oauth2ClientCredentials", "tokenUrl": "ftp://h", "clientId": "c", "clientSecret": "s"}),
            ),
            "authorization.tokenUrl must be an https URL without userinfo and fragment; http is for loopback addresses only",
        ),
        (
            authorization(
                json!({"type": "oauth2ClientCredentials", "tokenUrl": "https://h/#f", "clientId": "c", "clientSecret": "s"}),
            ),
            "authorization.tokenUrl must be an https URL",
        ),
        (
            authorization(
                json!({"type": "oauth2ClientCredentials", "tokenUrl": "http://h/", "clientId": "c", "clientSecret": "SHOWN"}),
            ),
            "authorization.tokenUrl must be an https URL",
        ),
        (
            authorization(
                json!({"type": "oauth2ClientCredentials", "tokenUrl": "https://u:SHOWN@h/", "clientId": "c", "clientSecret": "s"}),
            ),
            "authorization.tokenUrl must be an https URL",
        ),
        (
            authorization(
                json!({"type": "oauth2ClientCredentials", "tokenUrl": "https://h/", "clientId": "c", "clientSecret": "s", "scopes": ["a b"]}),
            ),
            "authorization must have scopes",
        ),
    ]);
}

#[test]
fn certificates_that_cannot_be_are_refused() {
    assert_refused([
        (
            ("tls", json!({"certificateAuthority": "SHOWN"})),
            "tls.certificateAuthority must be certificates in PEM",
        ),
        (
            ("tls", json!({"certificateAuthority": KEY})),
            "tls.certificateAuthority must be certificates in PEM",
        ),
        (
            (
                "tls",
                json!({"certificateAuthority": CERTIFICATE.replace("MAA=", "SHOWN")}),
            ),
            "tls.certificateAuthority must be certificates in PEM",
        ),
        (
            ("tls", json!({"clientCertificate": CERTIFICATE})),
            "tls must have clientCertificate and clientKey together",
        ),
        (
            ("tls", json!({"clientKey": KEY})),
            "tls must have clientCertificate and clientKey together",
        ),
        (
            (
                "tls",
                json!({"clientCertificate": CERTIFICATE, "clientKey": "SHOWN"}),
            ),
            "tls.clientKey must be a private key in PEM, not encrypted",
        ),
    ]);
}

#[test]
fn members_have_to_fit_together() {
    let signing = json!(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]);
    for (settings, want) in [
        (
            json!({"url": "https://h/", "method": "GET", "signingSecrets": signing}),
            "method must be one that sends the event, which signingSecrets sign",
        ),
        (
            json!({"url": "http://h/", "tls": {"certificateAuthority": CERTIFICATE}}),
            "tls must go with an https URL",
        ),
        (
            json!({"url": "https://h/", "headers": {"AUTHORIZATION": "x"}, "authorization": {"type": "bearer", "token": "t"}}),
            "headers must not name the header that authorization sets",
        ),
        (
            json!({"url": "https://h/", "headers": {"x-key": "x"}, "authorization": {"type": "apiKey", "name": "X-Key", "value": "t"}}),
            "headers must not name the header that authorization sets",
        ),
        (
            json!({"url": "https://h/f?a=1&key=old#x", "authorization": {"type": "apiKey", "name": "key", "value": "t", "in": "query"}}),
            "url must not have the parameter that authorization sets",
        ),
        (
            json!({"url": "https://h/f?x&a%20b=%zz", "authorization": {"type": "apiKey", "name": "a b", "value": "t", "in": "query"}}),
            "url must not have the parameter that authorization sets",
        ),
    ] {
        assert_eq!(decode(&settings).unwrap_err().to_string(), want, "{settings}");
    }
    decode(&json!({"url": "HTTPS://h/", "method": "DELETE", "signingSecrets": signing, "tls": {"certificateAuthority": CERTIFICATE}})).unwrap();
    for free in [
        json!({"url": "https://h/key?keys=1&x=key#?key=1", "authorization": {"type": "apiKey", "name": "key", "value": "t", "in": "query"}}),
        json!({"url": "https://h/f?key=1", "authorization": {"type": "apiKey", "name": "key", "value": "t"}}),
    ] {
        decode(&free).unwrap();
    }
    let too_many: serde_json::Map<_, _> = (0..65).map(|n| (format!("x-{n}"), json!("v"))).collect();
    assert!(decode(&with("headers", too_many.into())).is_err());
}

#[test]
fn secrets_are_named_and_not_shown() {
    let mut endpoint = decode(&json!({
        "url": "https://h/", "headers": {"x-key": "HIDDEN"},
        "authorization": {"type": "basic", "username": "u", "password": "HIDDEN"},
        "tls": {"clientCertificate": CERTIFICATE, "clientKey": KEY},
    }))
    .unwrap();
    let shown = format!("{endpoint:?}");
    assert!(
        !shown.contains("HIDDEN") && !shown.contains("PRIVATE KEY"),
        "{shown}"
    );
    assert_eq!(endpoint.secrets_mut().len(), 3);
}
