//! Request bodies and what becomes of them, as tables.

use super::*;

fn decode(body: &str) -> Result<Subscription, String> {
    Subscription::decode(&"default".into(), None, body.as_bytes()).map_err(|err| err.to_string())
}

#[test]
fn defaults_and_normalisation() {
    let plain = decode(r#"{"type":"async","eventType":"e","functionId":"f"}"#).unwrap();
    assert_eq!((plain.path.as_str(), plain.method.as_str()), ("/", "POST"));
    let given =
        decode(r#"{"type":"sync","eventType":"e","functionId":"f","path":"a//b/","method":"get"}"#).unwrap();
    assert_eq!((given.path.as_str(), given.method.as_str()), ("/a//b/", "GET"));
}

#[test]
fn all_broken_fields_are_named() {
    let want = [
        "Type' failed on the 'required'",
        "EventType' failed on the 'required'",
        "FunctionID' failed",
    ];
    let text = decode("{}").unwrap_err();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    for (line, want) in lines.iter().zip(want) {
        assert!(line.contains(want), "{line}");
    }
    assert!(
        decode(r#"{"type":"SYNC","eventType":"e","functionId":"f"}"#)
            .unwrap_err()
            .contains("eq=async|eq=sync")
    );
    assert!(
        decode(r#"{"type":"sync","eventType":"e","functionId":"f","method":"TRACE"}"#)
            .unwrap_err()
            .ends_with(&format!("failed on the '{METHOD_TAG}' tag"))
    );
}

#[test]
fn the_first_changed_field_is_found() {
    let base = decode(r#"{"type":"async","eventType":"e","functionId":"f"}"#).unwrap();
    let other = decode(r#"{"type":"async","eventType":"e","functionId":"g","method":"PUT"}"#).unwrap();
    assert_eq!(base.changed_field(&other), Some("FunctionID"));
    assert_eq!(base.changed_field(&base), None);
}

const MEMBERS: &str = r#""type":"async","eventType":"e","functionId":"f""#;
const SYNC: &str = r#""type":"sync","eventType":"e","functionId":"f""#;

/// What older clients know, in the order of the wire.
const PLAIN: &str = r#"{"space":"default","subscriptionId":"YXN5bmMsZSxmLCUyRixQT1NU","type":"async","eventType":"e","functionId":"f","path":"/","method":"POST""#;

#[test]
fn bodies_of_older_clients_give_the_json_they_always_gave() {
    for (more, want) in [
        ("", ""),
        (
            r#","metadata":{"b":"1","a":"2"}"#,
            r#","metadata":{"a":"2","b":"1"}"#,
        ),
        (
            r#","retry":{},"ordered":false,"paused":false,"pausedReason":"none""#,
            "",
        ),
        (
            r#","retry":null,"ordered":null,"paused":null,"pausedReason":null"#,
            "",
        ),
        (r#","retry":{"maxAttempts":null,"unknown":5}"#, ""),
    ] {
        let subscription = decode(&format!("{{{MEMBERS}{more}}}")).unwrap();
        let json = serde_json::to_string(&subscription).unwrap();
        assert_eq!(json, format!("{PLAIN}{want}}}"), "{more}");
        assert_eq!(serde_json::from_str::<Subscription>(&json).unwrap(), subscription);
    }
}

#[test]
fn what_is_set_for_the_queue_comes_back() {
    for (more, want) in [
        (
            r#","RETRY":{"minDelay":0.05,"maxAttempts":3}"#,
            r#","retry":{"maxAttempts":3,"minDelay":0.05}"#,
        ),
        (r#","Ordered":true"#, r#","ordered":true"#),
        (r#","paused":true"#, r#","paused":true"#),
        (r#","paused":true,"pausedReason":"""#, r#","paused":true"#),
        (
            r#","pausedReason":"\u0041 move","paused":true,"ordered":true,"metadata":{"a":"b"}"#,
            r#","metadata":{"a":"b"},"ordered":true,"paused":true,"pausedReason":"A move""#,
        ),
    ] {
        let subscription = decode(&format!("{{{MEMBERS}{more}}}")).unwrap();
        let json = serde_json::to_string(&subscription).unwrap();
        assert_eq!(json, format!("{PLAIN}{want}}}"), "{more}");
        assert_eq!(serde_json::from_str::<Subscription>(&json).unwrap(), subscription);
    }
}

#[test]
fn reasons_are_counted_in_bytes() {
    let paused = |reason: &str| {
        decode(&format!(
            r#"{{{MEMBERS},"paused":true,"pausedReason":"{reason}"}}"#
        ))
    };
    let longest = "é".repeat(512);
    assert_eq!(paused(&longest).unwrap().paused_reason, Some(longest.clone()));
    assert_eq!(
        paused(&format!("{longest}.")).unwrap_err(),
        "Subscription doesn't validate. Validation error: Key: 'Subscription.PausedReason' \
         Error:Field validation for 'PausedReason' failed on the 'max' tag"
    );
    let running = decode(&format!(r#"{{{MEMBERS},"pausedReason":"{longest}."}}"#)).unwrap();
    assert_eq!(running.paused_reason, None);
}

#[test]
fn nothing_is_queued_for_sync_subscriptions() {
    for (more, fields) in [
        (r#","retry":{"maxAttempts":3}"#, &["Retry"][..]),
        (r#","ordered":true"#, &["Ordered"]),
        (r#","paused":true,"pausedReason":"x""#, &["Paused"]),
        (
            r#","retry":{"maxDelay":1},"ordered":true,"paused":true"#,
            &["Retry", "Ordered", "Paused"],
        ),
    ] {
        let lines: Vec<_> = fields
            .iter()
            .map(|field| {
                format!(
                    "Key: 'Subscription.{field}' Error:Field validation for '{field}' failed on the 'eq=async' tag"
                )
            })
            .collect();
        assert_eq!(
            decode(&format!("{{{SYNC}{more}}}")).unwrap_err(),
            format!(
                "Subscription doesn't validate. Validation error: {}",
                lines.join("\n")
            ),
        );
    }
    for more in [
        r#","retry":{}"#,
        r#","ordered":false,"paused":false,"pausedReason":"x""#,
    ] {
        let subscription = decode(&format!("{{{SYNC}{more}}}")).unwrap();
        assert_eq!(subscription, decode(&format!("{{{SYNC}}}")).unwrap());
    }
}

#[test]
fn queue_members_are_not_coerced() {
    for (more, found, wanted) in [
        (r#""retry":3"#, "number", "retry of type object"),
        (r#""retry":[]"#, "array", "retry of type object"),
        (
            r#""retry":{"maxAttempts":"3"}"#,
            "string",
            "maxAttempts of type int",
        ),
        (r#""ordered":"true""#, "string", "ordered of type bool"),
        (r#""paused":1"#, "number", "paused of type bool"),
        (r#""pausedReason":true"#, "bool", "pausedReason of type string"),
    ] {
        assert_eq!(
            decode(&format!("{{{MEMBERS},{more}}}")).unwrap_err(),
            format!(
                "Subscription doesn't validate. Validation error: \
                 json: cannot unmarshal {found} into Go struct field {wanted}"
            ),
        );
    }
}

#[test]
fn broken_policies_are_named_with_the_other_fields() {
    let text = decode(r#"{"type":"async","functionId":"f","retry":{"maxAttempts":0}}"#).unwrap_err();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].contains("'Subscription.EventType'"), "{text}");
    assert_eq!(
        lines[1],
        "Key: 'Subscription.Retry.MaxAttempts' Error:Field validation for 'MaxAttempts' failed on the 'min' tag"
    );
}

#[test]
fn what_concerns_the_queue_may_change() {
    let plain = decode(&format!("{{{MEMBERS}}}")).unwrap();
    for more in [
        r#""retry":{"maxAttempts":3}"#,
        r#""ordered":true"#,
        r#""paused":true"#,
        r#""paused":true,"pausedReason":"x""#,
    ] {
        let changed = decode(&format!("{{{MEMBERS},{more}}}")).unwrap();
        assert_ne!(changed, plain);
        assert_eq!(plain.changed_field(&changed), None, "{more}");
        assert_eq!(changed.changed_field(&plain), None, "{more}");
    }
}

#[test]
fn filters_are_kept_as_text() {
    let of = |filters: &str| decode(&format!(r#"{{{MEMBERS},"filters":{filters}}}"#));
    let text = r#"[ {"exact": {"b": "1","a":"2"}} ]"#;
    let subscription = of(text).unwrap();
    assert_eq!(subscription.filters.as_ref().unwrap().text(), text);
    let json = serde_json::to_string(&subscription).unwrap();
    assert!(json.ends_with(&format!(r#","filters":{text}}}"#)), "{json}");
    assert_eq!(serde_json::from_str::<Subscription>(&json).unwrap(), subscription);
    for none in ["null", "[]", "[ ]", "[\n]"] {
        let subscription = of(none).unwrap();
        let json = serde_json::to_string(&subscription).unwrap();
        assert_eq!(json, format!("{PLAIN}}}"), "{none}");
    }
    let wrong = of(r#"{"exact":{"a":"b"}}"#).unwrap_err();
    assert!(wrong.ends_with("field filters of type array"), "{wrong}");
    for wrong in ["[[]]", "[5]", r#"[{"equals":{"a":"b"}}]"#, "[null]"] {
        let error = of(wrong).unwrap_err();
        assert!(error.contains("Validation error: filters"), "{wrong}: {error}");
    }
}

#[test]
fn ids_tell_filters_apart() {
    let of = |filters: &str| {
        let body = format!(r#"{{{MEMBERS},"filters":{filters}}}"#);
        decode(&body).unwrap().subscription_id
    };
    let plain = of("[]");
    let (one, other) = (of(r#"[{"exact":{"a":"b"}}]"#), of(r#"[{"exact":{"a":"c"}}]"#));
    assert!(one.as_str().starts_with(&format!("{plain}.")), "{one}");
    assert_ne!(one, other);
    assert_eq!(one, of(r#"[{"exact":{"a":"b"}}]"#));
}
