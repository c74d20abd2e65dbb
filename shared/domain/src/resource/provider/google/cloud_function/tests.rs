//! Which Google Cloud functions can be registered.

use super::*;
use crate::resource::Provider;

fn function(members: &str) -> Result<GoogleCloudFunction, String> {
    let provider = format!("{{{members}}}");
    let raw = serde_json::from_str(&provider).unwrap();
    match Provider::decode("googlecloudfunction", Some(raw)) {
        Ok(Provider::GoogleCloudFunction(function)) => Ok(function),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.to_string()),
    }
}

const KEY: &str = r#""credentials":{"type":"serviceAccount","key":{"file":"key.json"}}"#;
const FEDERATION: &str = r#""credentials":{"type":"workloadIdentity","configuration":{"file":"c.json"}}"#;

#[test]
fn tokens_are_sent_in_secret() {
    for (url, ok) in [
        ("https://f-abc.a.run.app/", true),
        ("https://f.example:8443/x?y=1", true),
        ("http://127.0.0.1:8080/", true),
        ("http://[::1]:8080/", true),
        ("http://localhost", true),
        ("http://f.example/", false),
        ("https://u:p@f.example/", false),
        ("ftp://f.example/", false),
        ("/path", false),
        ("", false),
    ] {
        assert_eq!(function(&format!(r#""url":"{url}""#)).is_ok(), ok, "{url}");
    }
}

#[test]
fn audiences() {
    let plain = function(r#""url":"https://f.example/a?b=1#c""#).unwrap();
    assert_eq!(plain.token_audience(), "https://f.example/a");
    assert_eq!(
        serde_json::to_string(&plain).unwrap(),
        r#"{"url":"https://f.example/a?b=1#c"}"#
    );
    for (credentials, audience, ok) in [
        (r#""x":1"#, "https://f.example", true),
        (r#""x":1"#, "https://F.example:443/other", true),
        (r#""x":1"#, "https://g.example", false),
        (r#""x":1"#, "https://f.example:8443", false),
        (r#""x":1"#, "http://f.example", false),
        (r#""x":1"#, "https://f.example@g.example", false),
        (r#""x":1"#, "32555940559.apps.googleusercontent.com", false),
        (FEDERATION, "https://f.example", true),
        (FEDERATION, "https://g.example", false),
        (KEY, "https://g.example", true),
        (KEY, "32555940559.apps.googleusercontent.com", true),
        (KEY, "with blank", false),
    ] {
        let members = format!(r#""url":"https://f.example/a","audience":"{audience}",{credentials}"#);
        let result = function(&members);
        assert_eq!(result.is_ok(), ok, "{members}: {result:?}");
        if let Ok(function) = result {
            assert_eq!(function.token_audience(), audience);
        }
    }
}

#[test]
fn credentials() {
    let with = |credentials: &str| {
        function(&format!(
            r#""url":"https://f.example/","credentials":{credentials}"#
        ))
    };
    assert_eq!(with("{}").unwrap().credentials, GoogleCredentials::MetadataServer);
    assert!(with(r#"{"type":"metadataServer"}"#).is_ok());
    // A mask stands for a stored key, which has been checked.
    assert!(with(r#"{"type":"serviceAccount","key":"*****"}"#).is_ok());
    for (credentials, text) in [
        (
            r#"{"type":"serviceAccount"}"#,
            "missing required fields for Google Cloud function",
        ),
        (
            r#"{"type":"workloadIdentity"}"#,
            "missing required fields for Google Cloud function",
        ),
        (
            r#"{"type":"serviceAccount","key":"SECRET"}"#,
            "credentials.key must be the JSON",
        ),
        (
            r#"{"type":"workloadIdentity","configuration":"SECRET"}"#,
            "credentials.configuration must be",
        ),
        (r#"{"type":"other"}"#, "credentials must have one of the types"),
    ] {
        let error = with(credentials).unwrap_err();
        assert!(error.starts_with(text) && !error.contains("SECRET"), "{error}");
    }
    let format = function(r#""url":"https://f.example/","format":"0.5""#).unwrap_err();
    assert_eq!(format, "format must be structured or binary");
}

#[test]
fn without_a_service_account_there_are_no_id_tokens() {
    let configuration = serde_json::json!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/aws",
        "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {"environment_id": "aws1"},
    });
    let credentials =
        serde_json::json!({"type": "workloadIdentity", "configuration": configuration.to_string()});
    let members = format!(r#""credentials":{credentials}"#);
    let error = function(&format!(r#""url":"https://f.example/",{members}"#)).unwrap_err();
    assert!(error.contains("service_account_impersonation_url"), "{error}");
    let provider = format!(r#"{{"topic":"projects/p/topics/abc",{members}}}"#);
    let raw = serde_json::from_str(&provider).unwrap();
    assert!(Provider::decode("googlepubsub", Some(raw)).is_ok());
}
