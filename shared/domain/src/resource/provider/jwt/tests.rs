//! Settings of JWT authorizers, as tables.

use serde_json::json;

use crate::resource::{JwtAlgorithm, Provider};

fn decode(text: &str) -> Result<Provider, String> {
    let raw = serde_json::from_str(text).unwrap();
    Provider::decode("jwt", Some(raw)).map_err(|err| err.to_string())
}

fn with(member: &str, value: serde_json::Value) -> Result<Provider, String> {
    let mut settings = json!({"issuer": "https://i", "audience": ["a"], "jwksUrl": "https://i/keys"});
    settings[member] = value;
    decode(&settings.to_string())
}

#[test]
fn wire_form_round_trips() {
    for text in [
        r#"{"issuer":"https://i/","audience":["a"],"jwksUrl":"https://i/keys?p=1"}"#,
        r#"{"issuer":"i","audience":["a","b"],"jwksUrl":"http://127.0.0.1:1/keys","scopes":["read:x"],"algorithms":["PS256","EdDSA"],"leewaySeconds":0}"#,
    ] {
        let provider = decode(text).unwrap();
        let wire = serde_json::to_string(&provider).unwrap();
        assert_eq!(wire, format!(r#"{{"type":"jwt","provider":{text}}}"#));
        assert_eq!(serde_json::from_str::<Provider>(&wire).unwrap(), provider);
    }
}

#[test]
fn bad_settings_are_named() {
    let missing = "missing required fields for JWT authorizer";
    let algorithms =
        "algorithms must be a list of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and EdDSA";
    let url =
        "jwksUrl must be an https URL without userinfo and fragment; http is for loopback addresses only";
    let scopes = "scopes must have at most 32 entries, without spaces, quotation marks and backslashes";
    let audience = "audience must have at most 32 entries of 1 to 512 bytes";
    for (member, value, want) in [
        ("issuer", json!(""), missing),
        (
            "issuer",
            json!("i".repeat(513)),
            "issuer must have at most 512 bytes",
        ),
        ("audience", json!([]), missing),
        ("audience", json!(null), missing),
        ("audience", json!([""]), audience),
        ("audience", json!(["a".repeat(513)]), audience),
        ("audience", json!(vec!["a"; 33]), audience),
        ("jwksUrl", json!(""), missing),
        ("jwksUrl", json!("http://keys.example/"), url),
        ("jwksUrl", json!("https://u:p@keys.example/"), url),
        ("jwksUrl", json!("keys"), url),
        ("scopes", json!(["a b"]), scopes),
        ("scopes", json!(["a\"b"]), scopes),
        ("scopes", json!([""]), scopes),
        ("scopes", json!(vec!["a"; 33]), scopes),
        ("algorithms", json!(["none"]), algorithms),
        ("algorithms", json!(["HS256"]), algorithms),
        ("algorithms", json!(["RS256", "rs256"]), algorithms),
        ("algorithms", json!(vec!["RS256"; 33]), algorithms),
        ("leewaySeconds", json!(301), "leewaySeconds must be from 0 to 300"),
    ] {
        assert_eq!(with(member, value.clone()).unwrap_err(), want, "{member} {value}");
    }
}

#[test]
fn algorithms_are_those_of_the_settings_or_the_default() {
    let accepts = |provider: &Provider, algorithm| {
        let Provider::Jwt(authorizer) = provider else {
            panic!("{provider:?}")
        };
        authorizer.accepts(algorithm)
    };
    let plain = with("leewaySeconds", json!(null)).unwrap();
    for (algorithm, is_default) in [
        (JwtAlgorithm::RS256, true),
        (JwtAlgorithm::ES384, true),
        (JwtAlgorithm::PS256, false),
        (JwtAlgorithm::EdDSA, false),
    ] {
        assert_eq!(accepts(&plain, algorithm), is_default, "{algorithm:?}");
    }
    let own = with("algorithms", json!(["EdDSA"])).unwrap();
    assert!(accepts(&own, JwtAlgorithm::EdDSA) && !accepts(&own, JwtAlgorithm::RS256));
}
