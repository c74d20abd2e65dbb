//! Explanations as tables.

use std::sync::Arc;

use super::*;
use crate::resource::{EventType, Resource};
use crate::routing::PathOwnership;

mod agreement;

fn decode<R: Resource>(body: &str) -> Arc<R> {
    Arc::new(R::decode(&"default".into(), None, body.as_bytes()).unwrap())
}

fn subscription(kind: &str, event_type: &str, method: &str, path: &str, more: &str) -> Arc<Subscription> {
    decode(&format!(
        r#"{{"type":"{kind}","eventType":"{event_type}","functionId":"f","method":"{method}","path":"{path}"{more}}}"#
    ))
}

fn function(id: &str) -> Arc<Function> {
    decode(&format!(
        r#"{{"functionId":"{id}","type":"http","provider":{{"url":"http://x"}}}}"#
    ))
}

fn ask(event_type: &str, method: &str, path: &str) -> ExplainRequest {
    ExplainRequest {
        event_type: event_type.into(),
        method: method.to_owned(),
        path: path.to_owned(),
        event: None,
    }
}

/// Explains a request in a space with the function `f` and without event types.
fn explain(request: ExplainRequest, subscriptions: &[Arc<Subscription>]) -> Vec<SubscriptionExplanation> {
    let space = SpaceResources {
        filter_steps: usize::MAX,
        subscriptions,
        event_types: &[],
        functions: &[function("f")],
        paths: PathOwnership::Shared,
        mode: PathMode::Strict,
        answering: None,
    };
    Explanation::of(request, space).subscriptions
}

fn reasons(request: ExplainRequest, subscription: Arc<Subscription>) -> (bool, String) {
    let mut explained = explain(request, &[subscription]);
    let explained = explained.remove(0);
    (
        explained.matches,
        serde_json::to_string(&explained.reasons).unwrap(),
    )
}

#[test]
fn each_difference_is_a_reason() {
    let asynchronous = || subscription("async", "e", "POST", "/a", "");
    let sync = || subscription("sync", "e", "GET", "/u/:id", "");
    for (request, subscription, matches, want) in [
        (ask("e", "POST", "/a"), asynchronous(), true, "[]"),
        (
            ask("x", "POST", "/a"),
            asynchronous(),
            false,
            r#"[{"reason":"eventType","wanted":"e"}]"#,
        ),
        (
            ask("e", "PUT", "/a"),
            asynchronous(),
            false,
            r#"[{"reason":"method","wanted":"POST"}]"#,
        ),
        (
            ask("e", "POST", "/a/"),
            asynchronous(),
            false,
            r#"[{"reason":"path","wanted":"/a"}]"#,
        ),
        (
            ask("x", "GET", "/"),
            asynchronous(),
            false,
            r#"[{"reason":"eventType","wanted":"e"},{"reason":"method","wanted":"POST"},{"reason":"path","wanted":"/a"}]"#,
        ),
        (ask("e", "GET", "/u/1"), sync(), true, "[]"),
        (
            ask("e", "GET", "/u/1/2"),
            sync(),
            false,
            r#"[{"reason":"path","wanted":"/u/:id"}]"#,
        ),
        // Patterns are for sync subscriptions only.
        (
            ask("e", "GET", "/u/1"),
            self::subscription("async", "e", "GET", "/u/:id", ""),
            false,
            r#"[{"reason":"path","wanted":"/u/:id"}]"#,
        ),
        (
            ask("e", "POST", "/"),
            self::subscription("async", "e", "POST", "/", r#","paused":true"#),
            true,
            r#"[{"reason":"paused"}]"#,
        ),
        (
            ask("e", "POST", "/"),
            self::subscription(
                "async",
                "e",
                "POST",
                "/",
                r#","paused":true,"pausedReason":"410""#,
            ),
            true,
            r#"[{"reason":"paused","pausedReason":"410"}]"#,
        ),
        // What does not match does not wait either.
        (
            ask("e", "GET", "/"),
            self::subscription("async", "e", "POST", "/", r#","paused":true"#),
            false,
            r#"[{"reason":"method","wanted":"POST"}]"#,
        ),
    ] {
        let shown = format!("{request:?} {subscription:?}");
        assert_eq!(
            reasons(request, subscription),
            (matches, want.to_owned()),
            "{shown}"
        );
    }
}

#[test]
fn the_root_shadows_a_wildcard() {
    let root = subscription("sync", "e", "GET", "/", "");
    let wildcard = subscription("sync", "e", "GET", "/*rest", "");
    let both = [wildcard.clone(), root.clone()];
    let explained = explain(ask("e", "GET", "/"), &both);
    assert_eq!(
        (&explained[0].subscription_id, explained[0].matches),
        (&root.subscription_id, true)
    );
    assert_eq!(
        (explained[1].matches, &explained[1].reasons[..]),
        (
            false,
            &[Reason::Shadowed {
                by_space: None,
                by: root.subscription_id.clone()
            }][..]
        )
    );
    assert_eq!(explained[1].parameters, BTreeMap::new());
    let explained = explain(ask("e", "GET", "/a/b"), &both);
    assert_eq!(
        (
            &explained[0].subscription_id,
            &explained[0].parameters["rest"][..]
        ),
        (&wildcard.subscription_id, "a/b")
    );
    let alone = explain(ask("e", "GET", "/"), &both[..1]);
    assert!(alone[0].matches && alone[0].reasons.is_empty());
    // Each method has slots of its own, and async subscriptions none.
    let others = [
        wildcard,
        subscription("sync", "e", "PUT", "/", ""),
        subscription("async", "e", "GET", "/", ""),
    ];
    let explained = explain(ask("e", "GET", "/"), &others);
    assert_eq!(explained.iter().filter(|it| it.matches).count(), 2);
}

#[test]
fn the_whole_answer() {
    let subscriptions = [
        subscription("async", "other", "POST", "/", ""),
        subscription("sync", "e", "GET", "/u/:id/*rest", ""),
        subscription(
            "async",
            "e",
            "GET",
            "/u/1/x/y",
            r#","paused":true,"pausedReason":"move""#,
        ),
    ];
    let with = |authorizer: &str, functions: &[&str]| {
        let functions: Vec<_> = functions.iter().map(|id| function(id)).collect();
        let space = SpaceResources {
            filter_steps: usize::MAX,
            subscriptions: &subscriptions,
            event_types: &[
                decode(r#"{"name":"other","authorizerId":"unasked"}"#),
                decode(&format!(r#"{{"name":"e"{authorizer}}}"#)),
            ],
            functions: &functions,
            paths: PathOwnership::Shared,
            mode: PathMode::Strict,
            answering: None,
        };
        serde_json::to_string(&Explanation::of(ask("e", "GET", "/u/1/x/y"), space)).unwrap()
    };
    let [other, sync, asynchronous] = subscriptions
        .each_ref()
        .map(|subscription| subscription.subscription_id.as_str());
    let start = r#"{"eventType":"e","method":"GET","path":"/u/1/x/y","subscriptions":["#;
    let end = format!(
        r#"{{"subscriptionId":"{other}","functionId":"f","type":"async","matches":false,"reasons":[{{"reason":"eventType","wanted":"other"}},{{"reason":"method","wanted":"POST"}},{{"reason":"path","wanted":"/"}}]}}]}}"#
    );
    let parameters = r#""parameters":{"id":"1","rest":"x/y"}"#;
    let paused = r#"{"reason":"paused","pausedReason":"move"}"#;
    assert_eq!(
        with("", &["f"]),
        format!(
            r#"{start}{{"subscriptionId":"{asynchronous}","functionId":"f","type":"async","matches":true,"reasons":[{paused}]}},{{"subscriptionId":"{sync}","functionId":"f","type":"sync","matches":true,{parameters}}},{end}"#
        )
    );
    assert_eq!(
        with(r#","authorizerId":"auth""#, &["f", "auth"]),
        format!(
            r#"{start}{{"subscriptionId":"{asynchronous}","functionId":"f","type":"async","matches":true,"reasons":[{paused}],"authorizer":"auth"}},{{"subscriptionId":"{sync}","functionId":"f","type":"sync","matches":true,{parameters},"authorizer":"auth"}},{end}"#
        )
    );
    let missing = r#"{"reason":"authorizerMissing","functionId":"auth"}"#;
    let gone = r#"{"reason":"functionMissing","functionId":"f"}"#;
    assert_eq!(
        with(r#","authorizerId":"auth""#, &[]),
        format!(
            r#"{start}{{"subscriptionId":"{asynchronous}","functionId":"f","type":"async","matches":true,"reasons":[{missing},{paused},{gone}],"authorizer":"auth"}},{{"subscriptionId":"{sync}","functionId":"f","type":"sync","matches":true,"reasons":[{missing},{gone}],{parameters},"authorizer":"auth"}},{end}"#
        )
    );
}

#[test]
fn the_authorizer_of_a_subscription_is_told() {
    let own = r#","authorizerId":"gone""#;
    let explained = explain(
        ask("e", "POST", "/a"),
        &[subscription("async", "e", "POST", "/a", own)],
    );
    assert_eq!(explained[0].authorizer, Some("gone".into()));
    let missing = Reason::AuthorizerMissing {
        function_id: "gone".into(),
    };
    assert_eq!(explained[0].reasons, [missing]);
}

#[test]
fn the_schema_names_what_is_written() {
    let schema = serde_json::to_value(<Reason as utoipa::PartialSchema>::schema()).unwrap();
    let reasons = [
        Reason::EventType { wanted: "e".into() },
        Reason::NotRegistered {
            event_type: "e".into(),
        },
        Reason::Filters {},
        Reason::Method {
            wanted: String::new(),
        },
        Reason::Path {
            wanted: String::new(),
        },
        Reason::ForeignPath {
            wanted: String::new(),
        },
        Reason::Shadowed {
            by: "s".into(),
            by_space: Some("one".into()),
        },
        Reason::FiltersNotTried {},
        Reason::Paused {
            paused_reason: Some(String::new()),
        },
        Reason::AuthorizerMissing {
            function_id: "f".into(),
        },
        Reason::KeyNeeded {},
        Reason::TenantSuspended {},
        Reason::FunctionMissing {
            function_id: "f".into(),
        },
    ];
    assert_eq!(schema["oneOf"].as_array().unwrap().len(), reasons.len());
    for (reason, schema) in reasons.iter().zip(schema["oneOf"].as_array().unwrap()) {
        let written = serde_json::to_value(reason).unwrap();
        let names =
            |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&written), names(&schema["properties"]));
        assert_eq!(schema["properties"]["reason"]["enum"][0], written["reason"]);
    }
}

#[test]
fn what_answers_in_another_space_is_named() {
    let own = subscription("sync", "e", "GET", "/a", "");
    let other = Subscription::decode(
        &"older".into(),
        None,
        br#"{"type":"sync","eventType":"e","functionId":"f","method":"GET","path":"/:x"}"#,
    )
    .unwrap();
    let space = |answering| SpaceResources {
        filter_steps: usize::MAX,
        subscriptions: std::slice::from_ref(&own),
        event_types: &[],
        functions: &[],
        paths: PathOwnership::Shared,
        mode: PathMode::Strict,
        answering,
    };
    let explained = Explanation::of(ask("e", "GET", "/a"), space(Some(&other)))
        .subscriptions
        .remove(0);
    assert!(!explained.matches);
    let (by, by_space) = (other.subscription_id.clone(), Some(other.space.clone()));
    assert_eq!(explained.reasons, [Reason::Shadowed { by, by_space }]);
    assert!(Explanation::of(ask("e", "GET", "/a"), space(Some(&own))).subscriptions[0].matches);
}

#[test]
fn functions_that_a_weighted_one_is_made_of_are_named() {
    let weighted = r#"{"functionId":"f","type":"weighted","provider":{"weighted":[{"functionId":"g","weight":3},
        {"functionId":"gone","weight":1},{"functionId":"never","weight":0}]}}"#;
    let space = SpaceResources {
        filter_steps: usize::MAX,
        subscriptions: &[subscription("async", "e", "POST", "/a", "")],
        event_types: &[],
        functions: &[decode(weighted), function("g")],
        paths: PathOwnership::Shared,
        mode: PathMode::Strict,
        answering: None,
    };
    let explained = Explanation::of(ask("e", "POST", "/a"), space)
        .subscriptions
        .remove(0);
    let shares: Vec<_> = explained
        .variants
        .iter()
        .map(|it| (it.function_id.as_str(), it.weight))
        .collect();
    assert_eq!(shares, [("g", 3), ("gone", 1)]);
    let function_id = "gone".into();
    assert_eq!(explained.reasons, [Reason::FunctionMissing { function_id }]);
}
