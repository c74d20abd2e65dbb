//! What keys may say, and what they open.

use super::*;
use crate::api_key::{SecretDigest, key_text};

const FIRST: &str = "0123456789abcdefghijABCDEFGHI1";
const SECOND: &str = "0123456789abcdefghijABCDEFGHI2";
const THIRD: &str = "0123456789abcdefghijABCDEFGHI3";

fn decode(body: &str) -> Result<ApiKey, String> {
    let id = KeyId::from("abcDEF0123");
    ApiKey::decode(&"shop".into(), Some(&id), body.as_bytes()).map_err(|err| err.to_string())
}

fn presented(secret: &str) -> PresentedKey {
    PresentedKey::parse(&key_text(&"abcDEF0123".into(), secret)).unwrap()
}

fn of_role(role: &str) -> ApiKey {
    decode(&format!(r#"{{"name":"k","role":"{role}"}}"#)).unwrap()
}

#[test]
fn what_is_stored_is_what_was_sent_and_no_more() {
    let body = r#"{"name":"shop","scopes":["dlq:write","events:emit","dlq:write"],"eventTypes":["order.*"],
        "paths":["/orders/:id"],"expiresAt":"2027-01-01T01:00:00+01:00","metadata":{"team":"a"},"secrets":[{"state":"active"}]}"#;
    let key = decode(body).unwrap().with_secret(SecretDigest::of(FIRST), 1_000);
    let json = serde_json::to_string(&key).unwrap();
    let start = r#"{"space":"shop","keyId":"abcDEF0123","name":"shop","scopes":["events:emit","dlq:write"],"eventTypes":["order.*"],"paths":["/orders/:id"],"expiresAt":"2027-01-01T00:00:00Z","metadata":{"team":"a"},"secrets":[{"state":"active","sha256":""#;
    assert!(json.starts_with(start), "{json}");
    assert!(!json.contains(FIRST));
    assert_eq!(serde_json::from_str::<ApiKey>(&json).unwrap(), key);
    let shown = serde_json::to_string(&key.shown()).unwrap();
    assert!(
        shown.ends_with(r#""secrets":[{"state":"active","createdAt":"1970-01-01T00:00:01Z"}]}"#),
        "{shown}"
    );
    // What is shown opens nothing.
    assert!(
        !serde_json::from_str::<ApiKey>(&shown)
            .unwrap()
            .is_opened_by(&presented(FIRST), 0)
    );
}

#[test]
fn what_breaks_a_rule_is_named() {
    let many = |text: &str| vec![format!("\"{text}\""); MAX_KEY_LIMITS + 1].join(",");
    for (members, field) in [
        (r#""name":"","role":"viewer""#.to_owned(), "'Key.Name'"),
        (
            format!(
                r#""name":"{}","role":"viewer""#,
                "n".repeat(MAX_KEY_NAME_BYTES + 1)
            ),
            "'Key.Name'",
        ),
        (r#""name":"k""#.to_owned(), "'Key.Role'"),
        (r#""name":"k","role":"root""#.to_owned(), "'Key.Role'"),
        (
            r#""name":"k","role":"viewer","scopes":["config:read"]"#.to_owned(),
            "'Key.Role'",
        ),
        (r#""name":"k","scopes":["config:*"]"#.to_owned(), "'Key.Scopes'"),
        (
            r#""name":"k","role":"emitter","eventTypes":["order*"]"#.to_owned(),
            "'Key.EventTypes'",
        ),
        (
            r#""name":"k","role":"viewer","eventTypes":["order.*"]"#.to_owned(),
            "'Key.EventTypes'",
        ),
        (
            r#""name":"k","role":"owner","paths":["/a"]"#.to_owned(),
            "'Key.Paths'",
        ),
        (
            r#""name":"k","role":"emitter","paths":["a"]"#.to_owned(),
            "'Key.Paths'",
        ),
        (
            format!(r#""name":"k","role":"emitter","paths":[{}]"#, many("/a")),
            "'Key.Paths'",
        ),
        (
            format!(r#""name":"k","role":"emitter","eventTypes":[{}]"#, many("a")),
            "'Key.EventTypes'",
        ),
        (
            r#""name":"k","role":"emitter","expiresAt":"soon""#.to_owned(),
            "'Key.ExpiresAt'",
        ),
    ] {
        let text = decode(&format!("{{{members}}}")).unwrap_err();
        assert!(text.contains(field), "{members}: {text}");
    }
}

#[test]
fn only_its_secret_opens_a_key_and_not_beyond_its_end() {
    let key = decode(r#"{"name":"k","role":"emitter","expiresAt":"1970-01-01T00:00:05Z"}"#).unwrap();
    let key = key.with_secret(SecretDigest::of(FIRST), 0);
    assert!(key.is_opened_by(&presented(FIRST), 4_999));
    assert!(!key.is_opened_by(&presented(FIRST), 5_000));
    assert!(!key.is_opened_by(&presented(SECOND), 0));
    let other = PresentedKey::parse(&key_text(&"abcDEF0124".into(), FIRST)).unwrap();
    assert!(!key.is_opened_by(&other, 0));
}

#[test]
fn a_key_is_rolled_in_two_steps_without_a_gap() {
    let opens =
        |key: &ApiKey, now| [FIRST, SECOND, THIRD].map(|secret| key.is_opened_by(&presented(secret), now));
    let key = of_role("emitter").with_secret(SecretDigest::of(FIRST), 0);
    let next = key.rolled(SecretDigest::of(SECOND), 10, 100);
    assert_eq!(opens(&next, 1_000_000), [true, true, false]);
    assert!(next.has_secret(&SecretDigest::of(SECOND)));
    // The second step takes no new secret.
    let rolled = next.rolled(SecretDigest::of(THIRD), 20, 100);
    assert_eq!(opens(&rolled, 119), [true, true, false]);
    assert_eq!(opens(&rolled, 120), [false, true, false]);
    assert!(!rolled.has_secret(&SecretDigest::of(THIRD)));
    // Meanwhile the next round may begin: up to three are taken.
    let again = rolled.rolled(SecretDigest::of(THIRD), 30, 0);
    assert_eq!(opens(&again, 50), [true, true, true]);
    let done = again.rolled(SecretDigest::of("x"), 40, 0);
    assert_eq!(opens(&done, 40), [false, false, true]);
    assert_eq!(done.secrets.len(), 2);
    // What has ended is gone with the next step.
    assert_eq!(done.rolled(SecretDigest::of("x"), 41, 0).secrets.len(), 2);
}

#[test]
fn keys_make_no_keys_that_may_do_more() {
    for (one, other, want) in [
        ("owner", "owner", true),
        ("owner", "admin", true),
        ("admin", "admin", true),
        ("admin", "owner", false),
        ("developer", "emitter", true),
        ("developer", "admin", false),
        ("operator", "viewer", true),
        ("viewer", "emitter", false),
    ] {
        assert_eq!(of_role(one).covers(&of_role(other)), want, "{one} {other}");
    }
}

#[test]
fn what_is_for_a_while_makes_nothing_that_lasts() {
    let ending = |members: &str| decode(&format!(r#"{{"name":"k","role":"admin"{members}}}"#)).unwrap();
    let (lasting, soon, later) = (
        ending(""),
        ending(r#","expiresAt":"2027-01-01T00:00:00Z""#),
        ending(r#","expiresAt":"2027-01-02T00:00:00Z""#),
    );
    for (end, other, want) in [
        (None, &lasting, true),
        (None, &later, true),
        (soon.expires_at, &soon, true),
        (soon.expires_at, &later, false),
        (soon.expires_at, &lasting, false),
        (later.expires_at, &soon, true),
    ] {
        assert_eq!(lasting.may_issue(end, other), want, "{end:?} {other:?}");
    }
    assert!(!of_role("viewer").may_issue(None, &lasting));
}

#[test]
fn what_somebody_has_of_a_key_ends_with_its_secret() {
    let of = |key: &ApiKey, secret| key.end_of(&presented(secret)).map(Timestamp::millis);
    let key = of_role("admin").with_secret(SecretDigest::of(FIRST), 0);
    assert_eq!(of(&key, FIRST), None);
    let rolled = key.rolled(SecretDigest::of(SECOND), 10, 100);
    let mut rolled = rolled.rolled(SecretDigest::of(THIRD), 20, 100);
    assert_eq!((of(&rolled, FIRST), of(&rolled, SECOND)), (Some(120), None));
    // Whoever has the secret that retires gets none that stays.
    assert!(!rolled.may_issue(rolled.end_of(&presented(FIRST)), &rolled));
    assert!(rolled.may_issue(rolled.end_of(&presented(SECOND)), &rolled));
    rolled.expires_at = Some(Timestamp::of_millis(50));
    assert_eq!((of(&rolled, FIRST), of(&rolled, SECOND)), (Some(50), Some(50)));
}
