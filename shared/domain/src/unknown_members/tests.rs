//! Bodies, and what is not known in them.

use super::*;
use crate::resource::Kind;

fn of(kind: Kind, body: &str) -> UnknownMembers {
    UnknownMembers::of(kind, body.as_bytes(), false)
}

/// Each body has one misspelt member, told with the one that was meant.
fn assert_misspelt(kind: Kind, body: &str, given: &str, want: &str) {
    let found = of(kind, body);
    let text = format!("member \"{given}\" is not known: did you mean \"{want}\"?");
    assert_eq!(found.misspelt(), Some(text.clone()), "{body}");
    assert_eq!(found.to_string(), text, "{body}");
    assert_eq!(found.first_misspelt(), Some(given));
}

#[test]
fn misspelt_members_are_told() {
    for (kind, body, given, want) in [
        (
            Kind::EventType,
            r#"{"name":"t","authorizer":"f"}"#,
            "authorizer",
            "authorizerId",
        ),
        (Kind::EventType, r#"{"nmae":"t"}"#, "nmae", "name"),
        (
            Kind::Subscription,
            r#"{"type":"async","event":"e"}"#,
            "event",
            "eventType",
        ),
        (Kind::Subscription, r#"{"Retry":{}}"#, "Retry", "retry"),
        (
            Kind::Subscription,
            r#"{"retry":{"maxAttempt":3}}"#,
            "retry.maxAttempt",
            "retry.maxAttempts",
        ),
        (
            Kind::Subscription,
            r#"{"retry":{"MINDELAY":3}}"#,
            "retry.MINDELAY",
            "retry.minDelay",
        ),
        (Kind::Subscription, r#"{"pause":true}"#, "pause", "paused"),
        (
            Kind::Cors,
            r#"{"allowedOrigin":[]}"#,
            "allowedOrigin",
            "allowedOrigins",
        ),
        (
            Kind::Cors,
            r#"{"allowCredential":true}"#,
            "allowCredential",
            "allowCredentials",
        ),
    ] {
        assert_misspelt(kind, body, given, want);
    }
}

#[test]
fn misspelt_members_of_functions_are_told_at_every_depth() {
    let http = |inner: &str| {
        format!(r#"{{"functionId":"f","type":"http","provider":{{"url":"http://x",{inner}}}}}"#)
    };
    for (kind, body, given, want) in [
        (
            Kind::Function,
            http(r#""urll":"x""#),
            "provider.urll",
            "provider.url",
        ),
        (
            Kind::Function,
            http(r#""timeout":5"#),
            "provider.timeout",
            "provider.timeoutSeconds",
        ),
        (
            Kind::Function,
            http(r#""signingSecret":[]"#),
            "provider.signingSecret",
            "provider.signingSecrets",
        ),
        (
            Kind::Function,
            http(r#""tls":{"clientkey":""}"#),
            "provider.tls.clientkey",
            "provider.tls.clientKey",
        ),
        (
            Kind::Function,
            http(r#""authorization":{"type":"bearer","tokn":"s"}"#),
            "provider.authorization.tokn",
            "provider.authorization.token",
        ),
        (
            Kind::Function,
            http(r#""headers":{"X-Key":{"environmen":"A"}}"#),
            "provider.headers.X-Key.environmen",
            "provider.headers.X-Key.environment",
        ),
        (
            Kind::Function,
            http(r#""authorization":{"type":"bearer","token":{"secretArn":"a","jsonkey":"k"}}"#),
            "provider.authorization.token.jsonkey",
            "provider.authorization.token.jsonKey",
        ),
        (
            Kind::Function,
            r#"{"type":"weighted","provider":{"weighted":[{"functionId":"a","weight":1},{"function":"b"}]}}"#
                .to_owned(),
            "provider.weighted[1].function",
            "provider.weighted[1].functionId",
        ),
    ] {
        assert_misspelt(kind, &body, given, want);
    }
}

#[test]
fn other_members_are_told_by_their_paths() {
    for (kind, body, want) in [
        (
            Kind::EventType,
            r#"{"name":"t","colour":"red","nested":{"a":[1]}}"#,
            &["colour", "nested"][..],
        ),
        (
            Kind::Subscription,
            r#"{"sieve":{},"filters":[{"exact":{"a":"b"}}],"retry":{"attempts":3}}"#,
            &["sieve", "retry.attempts"],
        ),
        // Of another type, or of another kind of authorization.
        (
            Kind::Function,
            r#"{"type":"http","provider":{"url":"x","region":"r"}}"#,
            &["provider.region"],
        ),
        (
            Kind::Function,
            r#"{"type":"http","provider":{"authorization":{"type":"bearer","token":"t","username":"u"}}}"#,
            &["provider.authorization.username"],
        ),
        (
            Kind::Function,
            r#"{"type":"http","provider":{"type":"http"}}"#,
            &["provider.type"],
        ),
        (Kind::Cors, "{\"a\\r\\nb\\\"\":1}", &["a??b?"]),
    ] {
        let found = of(kind, body);
        assert_eq!(found.misspelt(), None, "{body}");
        let texts: Vec<_> = want
            .iter()
            .map(|path| format!("member \"{path}\" is not known"))
            .collect();
        assert_eq!(found.to_string(), texts.join(", "), "{body}");
        assert_eq!(found.first(), want.first().copied());
    }
}

#[test]
fn what_is_known_is_not_told() {
    for (kind, body) in [
        // As clients send them, and as they send back what they got.
        (
            Kind::EventType,
            r#"{"SPACE":"s","Name":"t","authorizerID":"f","metadata":{"a":"b"}}"#,
        ),
        (
            Kind::Subscription,
            r#"{"space":"s","subscriptionId":"x","type":"async","EVENTTYPE":"e","functionID":"f","path":"/","method":"GET",
            "metadata":{"servic":"a"},"retry":{"maxAttempts":1,"maxAgeSeconds":1,"minDelay":1,"maxDelay":2},"ordered":true,
            "paused":true,"pausedReason":"r"}"#,
        ),
        (
            Kind::Cors,
            r#"{"space":"s","corsId":"c","method":"GET","path":"/","allowedOrigins":["urll"],"allowedMethods":[],
            "allowedHeaders":[],"allowCredentials":true,"metadata":{}}"#,
        ),
        (
            Kind::Function,
            r#"{"space":"s","functionId":"f","type":"awslambda","provider":{"arn":"a","region":"r","awsAccessKeyID":"k",
            "awsSecretAccessKey":{"secretArn":"a","jsonKey":"b"},"roleArn":"r"},"metadata":{}}"#,
        ),
        (
            Kind::Function,
            r#"{"type":"http","provider":{"url":"u","headers":{"urll":"x","y":{"file":"f"}},"tls":{"clientKey":""},
            "authorization":{"type":"apiKey","name":"n","value":"v","in":"query"},"signingSecrets":["a"]}}"#,
        ),
        (
            Kind::Function,
            r#"{"type":"weighted","provider":{"weighted":[{"functionId":"f","weight":1}],"failover":true}}"#,
        ),
        // A type that there is not has all members.
        (
            Kind::Function,
            r#"{"type":"nope","provider":{"url":"u","region":"r"}}"#,
        ),
        // Absent, or no object.
        (Kind::EventType, r#"{"name":"t","authorizer":null}"#),
        (Kind::EventType, "null"),
        (Kind::EventType, "[]"),
        (Kind::EventType, ""),
        (Kind::EventType, "{"),
        (Kind::EventType, r#"{"name":"t"} {"x":1}"#),
        (Kind::Function, r#"{"type":"http","provider":"x"}"#),
        // Nobody means what is derived.
        (Kind::Function, r#"{"provider":{}}"#),
    ] {
        let found = of(kind, body);
        assert!(found.is_empty(), "{body}: {found}");
        assert_eq!(found.to_string(), "");
        assert_eq!(found.first(), None);
    }
    assert_eq!(of(Kind::EventType, r#"{"spaces":"s"}"#).misspelt(), None);
}

#[test]
fn clients_of_2017_have_members_of_their_own() {
    for (kind, body) in [
        (
            Kind::Subscription,
            r#"{"type":"sync","event":"http","cors":{"origins":[]}}"#,
        ),
        (
            Kind::Function,
            r#"{"type":"http","provider":{"type":"http","url":"u"}}"#,
        ),
    ] {
        assert!(
            UnknownMembers::of(kind, body.as_bytes(), true).is_empty(),
            "{body}"
        );
        assert!(!of(kind, body).is_empty(), "{body}");
    }
}

#[test]
fn many_members_are_counted_and_long_names_cut() {
    let members: Vec<_> = (0..1000).map(|i| format!("\"x{i}\":1")).collect();
    let found = of(Kind::Cors, &format!("{{{}}}", members.join(",")));
    assert!(
        found
            .to_string()
            .ends_with("member \"x7\" is not known, and 992 more"),
        "{found}"
    );
    let found = of(Kind::Cors, &format!(r#"{{"{}":1}}"#, "y".repeat(100_000)));
    assert_eq!(
        found.to_string(),
        format!("member \"{}...\" is not known", "y".repeat(64))
    );
    // Of the members that come late, none is compared with what is known.
    let late = of(Kind::Cors, &format!(r#"{{{},"pth":1}}"#, members.join(",")));
    assert_eq!(late.misspelt(), None);
}

#[test]
fn patches_are_read_with_what_they_make() {
    let http = r#"{"functionId":"f","type":"http","provider":{"url":"http://x","authorization":{"type":"bearer","token":"t"}}}"#;
    let whole = Some(http.as_bytes());
    for (patch, whole, want) in [
        // `null` takes something away, which must not be something else.
        (r#"{"metdata":null}"#, whole, Some("metdata")),
        (
            r#"{"provider":{"timeoutSecond":null}}"#,
            whole,
            Some("provider.timeoutSecond"),
        ),
        (
            r#"{"metadata":null,"provider":{"timeoutSeconds":null}}"#,
            whole,
            None,
        ),
        (r#"{"metadata":{"any":null}}"#, whole, None),
        // Of the type that is stored, at every depth; without it, of any.
        (r#"{"provider":{"region":"r"}}"#, whole, Some("provider.region")),
        (r#"{"provider":{"region":"r"}}"#, None, None),
        (r#"{"provider":{"region":null}}"#, whole, Some("provider.region")),
        (
            r#"{"provider":{"authorization":{"username":"u"}}}"#,
            whole,
            Some("provider.authorization.username"),
        ),
        (r#"{"provider":{"authorization":{"token":"u"}}}"#, whole, None),
        (
            r#"{"provider":{"url":"u","headers":{"X-A":{"environment":"A"}}}}"#,
            whole,
            None,
        ),
        // No client of 2017 sends one.
        (r#"{"provider":{"type":"http"}}"#, whole, Some("provider.type")),
    ] {
        let found = UnknownMembers::of_patch(Kind::Function, patch.as_bytes(), whole);
        assert_eq!(found.first(), want, "{patch}");
    }
    for member in ["event", "cors"] {
        let patch = format!(r#"{{"{member}":{{}}}}"#);
        let found = UnknownMembers::of_patch(Kind::Subscription, patch.as_bytes(), None);
        assert_eq!(found.first(), Some(member));
    }
}
