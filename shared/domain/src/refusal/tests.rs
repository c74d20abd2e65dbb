//! Refused bodies and what is told of them.

use super::*;
use crate::ids::Space;
use crate::resource::{Cors, EventType, Function, Resource, Subscription};

fn refusal<R: Resource>(body: &str) -> Refusal {
    let space = Space::from("default");
    let error = R::decode(&space, None, body.as_bytes()).map(drop).unwrap_err();
    Refusal::of(&error.into(), Some(body.as_bytes()))
}

/// Field, value, rule and hint; a hint that begins so.
fn assert_told(refusal: &Refusal, want: [&str; 4], body: &str) {
    let [field, value, rule, hint] = want;
    assert_eq!(refusal.field.as_deref().unwrap_or_default(), field, "{body}");
    assert_eq!(refusal.value.as_deref().unwrap_or_default(), value, "{body}");
    assert_eq!(refusal.rule.unwrap_or_default(), rule, "{body}");
    let told = refusal.hint.as_deref().unwrap_or_default();
    assert!(
        told.starts_with(hint) && told.is_empty() == hint.is_empty(),
        "{body}: {told}"
    );
}

#[test]
fn fields_are_named_as_they_are_sent() {
    for (body, want) in [
        (
            r#"{"type":"both","eventType":"e","functionId":"f"}"#,
            ["type", "both", "eq=async|eq=sync", "it must be async"],
        ),
        (
            r#"{"type":"sync","eventType":"a b","functionId":"f"}"#,
            ["eventType", "a b", "eventType", "it must be made of"],
        ),
        (
            r#"{"type":"sync","eventType":"e"}"#,
            ["functionId", "", "required", "it must be set"],
        ),
        (
            r#"{"type":"async","eventType":"e","functionId":"f","retry":{"maxAttempts":0}}"#,
            ["retry.maxAttempts", "0", "min", "it is too small"],
        ),
        (
            r#"{"type":"async","eventType":"e","functionId":"f","METHOD":"trace"}"#,
            [
                "method",
                "trace",
                "eq=GET|eq=POST|eq=DELETE|eq=PUT|eq=PATCH|eq=HEAD|eq=OPTIONS",
                "it must be GET",
            ],
        ),
        (r#"{"type":5}"#, ["type", "5", "type", "it must be a text"]),
        ("{", ["", "", "json", "the body must be"]),
    ] {
        assert_told(&refusal::<Subscription>(body), want, body);
    }
    let body = r#"{"name":"a/b"}"#;
    assert_told(
        &refusal::<EventType>(body),
        ["name", "a/b", "eventType", "it must be made of"],
        body,
    );
    let body = r#"{"method":"GET","path":"/","allowedOrigins":["*"],"allowCredentials":true}"#;
    assert_told(
        &refusal::<Cors>(body),
        ["allowedOrigins", "[\"*\"]", "credentials", ""],
        body,
    );
}

#[test]
fn functions_tell_of_their_providers_but_of_no_secret() {
    for (body, want) in [
        (
            r#"{"functionId":"a/b","type":"http","provider":{"url":"http://x"}}"#,
            ["functionId", "a/b", "functionid", "it must"],
        ),
        (
            r#"{"functionId":"f","type":"HTTP","provider":{}}"#,
            ["type", "HTTP", "oneof", "it must be one of the types"],
        ),
        (r#"{"functionId":"f"}"#, ["", "", "required", "type and provider"]),
        (
            r#"{"functionId":"f","type":"http","provider":{}}"#,
            ["provider.url", "", "required", "it must be set"],
        ),
        (
            r#"{"functionId":"f","type":"http","provider":{"url":"SECRET.example.com/f"}}"#,
            ["provider.url", "", "url", "it must be an absolute URL"],
        ),
        (
            r#"{"functionId":"f","type":"http","provider":{"url":"http://x","authorization":{"type":"bearer"}}}"#,
            ["provider.authorization.token", "", "required", "it must be set"],
        ),
        (
            r#"{"functionId":"f","type":"http","provider":{"url":["SECRET"]}}"#,
            ["provider.url", "", "type", "it must be a text"],
        ),
        (
            r#"{"functionId":"f","type":"http","provider":{"url":"http://x","timeoutSeconds":0}}"#,
            ["provider.timeoutSeconds", "0", "form", "timeoutSeconds must be"],
        ),
        (
            r#"{"functionId":"f","type":"http","provider":{"url":"http://x","authorization":{"type":"SECRET"}}}"#,
            ["provider.authorization", "", "form", "authorization must"],
        ),
        (
            r#"{"functionId":"f","type":"http","provider":{"url":"http://x","signingSecrets":["SECRET"]}}"#,
            ["provider.signingSecrets", "", "form", ""],
        ),
    ] {
        let told = refusal::<Function>(body);
        assert_told(&told, want, body);
        assert!(!format!("{told:?}").contains("SECRET"), "{told:?}");
    }
}

#[test]
fn long_values_are_cut() {
    let body = format!(r#"{{"name":"{}"}}"#, "\u{e9}/".repeat(10_000));
    let told = refusal::<EventType>(&body);
    assert_eq!(told.value, Some("\u{e9}/".repeat(64) + "\u{2026}"));
}

#[test]
fn what_concerns_other_resources() {
    let of = |error: ConfigurationError| {
        Refusal::of(&error, Some(br#"{"eventType":"e","functionId":"f","path":"/a"}"#))
    };
    let kind = Kind::Subscription;
    for (error, want) in [
        (
            ConfigurationError::MissingReference {
                kind: Kind::EventType,
                id: "e".to_owned(),
            },
            ["eventType", "e", "exists", "register it first"],
        ),
        (
            ConfigurationError::MissingReference {
                kind: Kind::Function,
                id: "f".to_owned(),
            },
            ["functionId", "f", "exists", "register it first"],
        ),
        (
            ConfigurationError::Immutable {
                kind,
                field: "FunctionID",
            },
            ["functionId", "f", "immutable", "change it with PATCH"],
        ),
        (
            ConfigurationError::Immutable { kind, field: "Type" },
            ["type", "", "immutable", "delete"],
        ),
        (
            ConfigurationError::AlreadyExists {
                kind,
                id: "x".to_owned(),
            },
            ["", "", "unique", "change it with PUT"],
        ),
        (
            ConfigurationError::NotFound {
                kind,
                id: "x".to_owned(),
            },
            ["", "", "", ""],
        ),
        (
            ConfigurationError::FunctionInUse,
            ["", "", "unused", "delete the subscriptions"],
        ),
    ] {
        assert_told(&of(error.clone()), want, &error.to_string());
    }
}

#[test]
fn filters_are_told_by_their_place() {
    let of =
        |filters: &str| format!(r#"{{"type":"async","eventType":"e","functionId":"f","filters":{filters}}}"#);
    for (filters, field, value) in [
        (
            r#"[{"any":[{"exact":{"a":"b"}},{"sql":"("}]}]"#,
            "filters/0/any/1/sql",
            "(",
        ),
        (
            r#"[{"exact":{"a":"b"}},{"equals":{"a":"b"}}]"#,
            "filters/1/equals",
            "{\"a\":\"b\"}",
        ),
        ("[5]", "filters/0", "5"),
    ] {
        let body = of(filters);
        let told = refusal::<Subscription>(&body);
        assert_eq!(
            (told.field.as_deref(), told.rule),
            (Some(field), Some("filter")),
            "{body}"
        );
        assert_eq!(told.value.as_deref(), Some(value), "{body}");
        assert!(told.hint.is_some_and(|hint| !hint.is_empty()), "{body}");
    }
}
