//! What is masked, and what a mask that comes back stands for.

use super::*;
use crate::resource::Function;

fn function(kind: &str, provider: &str) -> Function {
    let body = format!(r#"{{"functionId":"f","type":"{kind}","provider":{{{provider}}}}}"#);
    Function::decode(&"default".into(), None, body.as_bytes()).unwrap()
}

fn json(function: &Function) -> String {
    serde_json::to_string(function).unwrap()
}

const SIGNING: &str = "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk";
const NEWER: &str = "whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3";

fn http(token: &str, header: &str, signing: &str) -> Function {
    function(
        "http",
        &format!(
            r#""url":"http://u:p@x","headers":{{"X-A":"{header}","X-B":{{"file":"b"}}}},
            "authorization":{{"type":"bearer","token":"{token}"}},"signingSecrets":[{signing}]"#
        ),
    )
}

#[test]
fn every_inline_secret_is_masked_and_nothing_else() {
    let stored = http("tok", "head", &format!("\"{SIGNING}\""));
    let shown = json(&masked(&stored));
    for secret in ["tok\"", "head\"", SIGNING] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(
        shown.contains(r#""X-B":{"file":"b"}"#) && shown.contains("http://*****@x"),
        "{shown}"
    );
    assert_eq!(shown.matches(MASK).count(), 4, "{shown}");
    let plain = function("http", r#""url":"http://x""#);
    assert!(matches!(json(&masked(&plain)), shown if shown == json(&plain)));
}

#[test]
fn masks_that_come_back_keep_what_is_stored() {
    let stored = http("tok", "head", &format!("\"{SIGNING}\""));
    let mut back = masked(&stored).into_owned();
    back.keep_masked(Some(&stored)).unwrap();
    assert_eq!(back, stored);
    let mut changed = http("new", MASK, &format!("\"{MASK}\",\"{NEWER}\""));
    changed.keep_masked(Some(&stored)).unwrap();
    assert_eq!(
        changed,
        http("new", "head", &format!("\"{SIGNING}\",\"{NEWER}\""))
    );
}

/// For every provider and secret: each member that says where it goes, changed on its own.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn secrets_do_not_follow_to_another_place() {
    let oauth = r#""authorization":{"type":"oauth2ClientCredentials","tokenUrl":"https://t/a?k=SECRET","clientId":"c","clientSecret":"SECRET"}"#;
    let api_key = |name: &str, place: &str| {
        format!(
            r#""url":"https://h/","authorization":{{"type":"apiKey","name":"{name}","value":"SECRET","in":"{place}"}}"#
        )
    };
    let entra = |authority: &str| {
        format!(
            r#""entra":{{"tenantId":"t","clientId":"c","clientSecret":"SECRET","scope":"s/.default","authority":"{authority}"}}"#
        )
    };
    let pair = |old: &str, new: &str| (old.to_owned(), new.to_owned());
    let aws = r#""awsAccessKeyId":"SECRET","awsSecretAccessKey":"SECRET""#;
    let headers = r#""headers":{"X-Key":"SECRET"}"#;
    let signed = format!(r#""signingSecrets":["{SIGNING}"]"#);
    let key = r#""credentials":{"type":"serviceAccount","key":"{\"type\":\"service_account\",\"client_email\":\"a\",\"private_key\":\"-----BEGIN PRIVATE KEY-----\\nU0VD\\n-----END PRIVATE KEY-----\"}"}"#;
    let certificate = r"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----";
    let cases = [
        (
            "http",
            pair(
                &format!(r#""url":"https://h/a",{headers}"#),
                &format!(r#""url":"https://evil/a",{headers}"#),
            ),
            "url",
        ),
        (
            "http",
            pair(
                &format!(r#""url":"https://h/a",{headers}"#),
                &format!(r#""url":"http://h/a",{headers}"#),
            ),
            "url",
        ),
        (
            "http",
            pair(
                &format!(r#""url":"https://h/a",{headers}"#),
                &format!(r#""url":"https://h:8443/a",{headers}"#),
            ),
            "url",
        ),
        (
            "http",
            pair(
                &format!(r#""url":"https://h",{signed}"#),
                &format!(r#""url":"https://h.evil",{signed}"#),
            ),
            "url",
        ),
        (
            "http",
            pair(
                r#""url":"https://u:SECRET@h/""#,
                r#""url":"https://u:SECRET@evil/""#,
            ),
            "url",
        ),
        (
            "http",
            pair(
                r#""url":"https://h/?code=SECRET""#,
                r#""url":"https://evil/?code=SECRET""#,
            ),
            "url",
        ),
        (
            "http",
            pair(
                &format!(r#""url":"https://h",{oauth}"#),
                &format!(r#""url":"https://evil",{oauth}"#),
            ),
            "url",
        ),
        (
            "http",
            pair(
                &format!(r#""url":"https://h",{oauth}"#),
                &format!(r#""url":"https://h",{}"#, oauth.replace("//t/", "//evil/")),
            ),
            "authorization.tokenUrl",
        ),
        (
            "http",
            pair(&api_key("X-Key", "header"), &api_key("X-Echo", "header")),
            "authorization.name",
        ),
        (
            "http",
            pair(&api_key("X-Key", "header"), &api_key("X-Key", "query")),
            "authorization.in",
        ),
        (
            "http",
            pair(
                &format!(r#""url":"https://h",{headers}"#),
                &format!(r#""url":"https://h",{headers},"tls":{{"certificateAuthority":"{certificate}"}}"#),
            ),
            "tls.certificateAuthority",
        ),
        (
            "awslambda",
            pair(
                &format!(r#""arn":"a","region":"r",{aws}"#),
                &format!(r#""arn":"a","region":"s",{aws}"#),
            ),
            "region",
        ),
        (
            "awssqs",
            pair(
                &format!(r#""queueUrl":"https://q/1","region":"r",{aws}"#),
                &format!(r#""queueUrl":"https://evil/1","region":"r",{aws}"#),
            ),
            "queueUrl",
        ),
        (
            "azurefunction",
            pair(
                &format!(r#""url":"https://h/",{}"#, entra("https://l")),
                &format!(r#""url":"https://h/",{}"#, entra("https://evil")),
            ),
            "entra.authority",
        ),
        (
            "azurefunction",
            pair(
                r#""url":"https://h/?code=SECRET","functionKey":"SECRET""#,
                r#""url":"https://evil/","functionKey":"SECRET""#,
            ),
            "url",
        ),
        (
            "azureeventgrid",
            pair(
                r#""endpoint":"https://h/","accessKey":"SECRET""#,
                r#""endpoint":"https://evil/","accessKey":"SECRET""#,
            ),
            "endpoint",
        ),
        (
            "openwhisk",
            pair(
                r#""apiHost":"https://h","action":"a","authKey":"u:SECRET""#,
                r#""apiHost":"https://evil","action":"a","authKey":"u:SECRET""#,
            ),
            "apiHost",
        ),
        (
            "openwhisk",
            pair(
                r#""apiHost":"https://h","action":"a","iam":{"apiKey":"SECRET"}"#,
                r#""apiHost":"https://h","action":"a","iam":{"apiKey":"SECRET","tokenUrl":"https://evil"}"#,
            ),
            "iam.tokenUrl",
        ),
        (
            "googlecloudfunction",
            pair(
                &format!(r#""url":"https://h",{key}"#),
                &format!(r#""url":"https://evil",{key}"#),
            ),
            "url",
        ),
        (
            "googlepubsub",
            pair(
                &format!(r#""topic":"projects/p/topics/abc",{key}"#),
                &format!(r#""topic":"projects/p/topics/abc","endpoint":"https://evil",{key}"#),
            ),
            "endpoint",
        ),
    ];
    for (kind, (before, after), destination) in cases {
        let stored = function(kind, &before);
        let elsewhere = masked(&function(kind, &after)).into_owned();
        let error = elsewhere
            .clone()
            .keep_masked(Some(&stored))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(" is masked, and ")
                && error.contains(&format!(" {destination} is not what is stored")),
            "{after}: {error}"
        );
        // The same place, whatever else changes, keeps them; nothing stored keeps none.
        let mut back = masked(&stored).into_owned();
        assert_ne!(back, stored, "{before}");
        back.keep_masked(Some(&stored)).unwrap();
        assert_eq!(back, stored, "{before}");
        let error = elsewhere.clone().keep_masked(None).unwrap_err().to_string();
        assert!(error.contains("no stored secret of that member"), "{error}");
    }
}

#[test]
fn another_path_of_the_same_server_keeps_secrets() {
    let stored = function(
        "http",
        r#""url":"https://u:p@h/a?k=K","headers":{"X-Key":"SECRET"}"#,
    );
    let mut moved = function(
        "http",
        r#""url":"https://*****@H:443/b?k=*****&n=1","headers":{"X-Key":"*****"}"#,
    );
    moved.keep_masked(Some(&stored)).unwrap();
    let want = function(
        "http",
        r#""url":"https://u:p@H:443/b?k=K&n=1","headers":{"X-Key":"SECRET"}"#,
    );
    assert_eq!(moved, want);
}

#[test]
fn no_mask_stands_for_a_reference() {
    let stored = function("http", r#""url":"https://h","headers":{"X-Key":{"file":"k"}}"#);
    let mut back = function("http", r#""url":"https://h","headers":{"X-Key":"*****"}"#);
    let error = back.keep_masked(Some(&stored)).unwrap_err().to_string();
    assert!(error.contains("headers.X-Key is masked"), "{error}");
}

#[test]
fn masks_of_nothing_are_refused() {
    let two = format!("\"{SIGNING}\",\"{NEWER}\"");
    let stored = http("tok", "head", &two);
    let lambda = |id: &str| {
        function(
            "awslambda",
            &format!(r#""arn":"a","region":"r","awsAccessKeyId":"{id}""#),
        )
    };
    let queue = function(
        "awssqs",
        &format!(r#""queueUrl":"q","region":"r","awsAccessKeyId":"{MASK}""#),
    );
    let other = function(
        "http",
        &format!(r#""url":"http://x","headers":{{"X-C":"{MASK}"}}"#),
    );
    for (given, stored, member) in [
        (lambda(MASK), None, "awsAccessKeyId"),
        (lambda(MASK), Some(lambda("")), "awsAccessKeyId"),
        (queue, Some(lambda("key")), "awsAccessKeyId"),
        (other, Some(stored.clone()), "headers.X-C"),
        (
            http("t", "h", &format!("\"{MASK}\"")),
            Some(stored),
            "signingSecrets",
        ),
    ] {
        let err = given
            .clone()
            .keep_masked(stored.as_ref())
            .unwrap_err()
            .to_string();
        assert!(err.contains(&format!("error: {member} is masked")), "{err}");
    }
}

#[test]
fn paths_are_unique() {
    let mut function = http("t", "h", &format!("\"{SIGNING}\",\"{NEWER}\""));
    let mut paths: Vec<_> = function.secrets_mut().into_iter().map(|(path, _)| path).collect();
    assert_eq!(
        paths,
        [
            "signingSecrets.0",
            "signingSecrets.1",
            "headers.X-A",
            "headers.X-B",
            "authorization.token"
        ]
    );
    paths.dedup();
    assert_eq!(paths.len(), 5);
}
