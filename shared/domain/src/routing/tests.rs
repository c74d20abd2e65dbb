//! The index against a matcher that is too simple to be wrong, and against itself built in another order.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::configuration::Stored;
use crate::resource::Resource;

mod filters;
mod hooks;
mod isolation;
mod keys;
mod scaling;
mod specific;
mod tenants;

fn subscription(space: &str, kind: &str, path: &str) -> Subscription {
    let body = format!(
        r#"{{"type":"{kind}","eventType":"e","functionId":"f-{space}","path":"{path}","method":"GET"}}"#
    );
    Subscription::decode(&space.into(), None, body.as_bytes()).unwrap()
}

fn added<R>(resource: R, created: u64) -> Change<R> {
    Change {
        before: None,
        after: Some(Stored {
            resource: Arc::new(resource),
            created,
        }),
    }
}

fn removed<R>(resource: R, created: u64) -> Change<R> {
    Change {
        before: Some(Stored {
            resource: Arc::new(resource),
            created,
        }),
        after: None,
    }
}

fn table(subscriptions: &[(&str, &str)]) -> RoutingTable {
    let mut table = RoutingTable::new(PathOwnership::Shared);
    for (created, (space, path)) in (0..).zip(subscriptions) {
        table.apply(&added(subscription(space, "sync", path), created));
    }
    table
}

#[test]
fn it_is_known_whether_any_function_has_a_limit() {
    let function = |limit: &str| {
        let body = format!(r#"{{"functionId":"f","type":"http","provider":{{"url":"http://f"}}{limit}}}"#);
        Function::decode(&"one".into(), None, body.as_bytes()).unwrap()
    };
    let (plain, limited) = (function(""), function(r#","rateLimit":{"rate":1}"#));
    let mut table = RoutingTable::new(PathOwnership::Shared);
    table.apply(&added(plain.clone(), 1));
    assert!(!table.has_limited_functions());
    let change = |before: &Function, after: &Function| Change {
        before: added(before.clone(), 1).after,
        after: added(after.clone(), 1).after,
    };
    table.apply(&change(&plain, &limited));
    assert!(table.has_limited_functions());
    table.apply(&change(&limited, &limited));
    table.apply(&change(&limited, &plain));
    assert!(!table.has_limited_functions());
    table.apply(&change(&plain, &limited));
    table.apply(&removed(limited, 1));
    assert!(!table.has_limited_functions());
}

#[test]
fn the_authorizer_of_a_subscription_wins() {
    let event_type = |space: &str| {
        EventType::decode(&space.into(), None, br#"{"name":"e","authorizerId":"of-type"}"#).unwrap()
    };
    let of = |kind: &str, authorizer: &str| {
        let mut subscription = subscription("one", kind, "/a");
        subscription.authorizer_id = Some(authorizer.into()).filter(|_| !authorizer.is_empty());
        subscription
    };
    for kind in ["sync", "async"] {
        let mut table = RoutingTable::new(PathOwnership::Shared);
        table.apply(&added(event_type("one"), 0));
        let (plain, own) = (of(kind, ""), of(kind, "own"));
        let id = &plain.subscription_id;
        let asked = |table: &RoutingTable, space: &str, event_type: &str| {
            let authorizer = table.authorizer(&space.into(), id, event_type);
            authorizer.map(ToString::to_string)
        };
        table.apply(&added(plain.clone(), 1));
        let bare = table.clone();
        assert!(!table.has_own_authorizers());
        assert_eq!(asked(&table, "one", "e").as_deref(), Some("of-type"));
        let change = |before: &Subscription, after: &Subscription| Change {
            before: added(before.clone(), 1).after,
            after: added(after.clone(), 1).after,
        };
        table.apply(&change(&plain, &own));
        assert!(table.has_own_authorizers());
        assert_eq!(asked(&table, "one", "e").as_deref(), Some("own"));
        // Also where the type has none, and nowhere else.
        assert_eq!(asked(&table, "one", "x").as_deref(), Some("own"));
        assert_eq!(asked(&table, "two", "e"), None);
        table.apply(&change(&own, &plain));
        assert_eq!(table, bare);
    }
}

fn hit(table: &RoutingTable, path: &str) -> Option<(String, String)> {
    let found = table.routes("e", "GET", path).sync?;
    Some((found.space.to_string(), found.path.clone()))
}

#[test]
fn sync_paths() {
    for (path, request, want) in [
        ("/h", "/h", true),
        ("/h", "/h/", false),
        ("/h", "/H", false),
        ("/h", "//h", false),
        ("/h", "/%68", false),
        ("/a/", "/a/", true),
        ("/a/", "/a", false),
        ("/", "/", true),
        ("/", "//", false),
        ("/p/:id/x/:n", "/p//x/", true),
        ("/:id", "/", false),
        ("/w/*x", "/w/", true),
        ("/w/*x", "/w/a/b/c", true),
        ("/w/*x", "/w", false),
        ("/*x", "/", true),
        ("/*x", "/a/b", true),
        ("/a/b/c/d", "/a/b", false),
    ] {
        assert_eq!(
            hit(&table(&[("one", path)]), request).is_some(),
            want,
            "{path} {request}"
        );
    }
}

#[test]
fn the_root_comes_before_a_wildcard_of_its_space() {
    let table = table(&[("one", "/*x"), ("one", "/")]);
    assert_eq!(hit(&table, "/").unwrap().1, "/");
    assert_eq!(hit(&table, "/a").unwrap().1, "/*x");
}

#[test]
fn the_earliest_space_wins_and_the_next_is_promoted() {
    let mut table = table(&[("one", "/a/:id"), ("two", "/a/b"), ("two", "/c")]);
    assert_eq!(hit(&table, "/a/b").unwrap().0, "one");
    assert!(table.shadowing(&subscription("two", "sync", "/a/b")).is_some());
    assert!(table.shadowing(&subscription("two", "sync", "/c")).is_none());
    table.apply(&removed(subscription("one", "sync", "/a/:id"), 0));
    assert_eq!(hit(&table, "/a/b").unwrap().0, "two");
    assert_eq!(hit(&table, "/a/x"), None);
}

#[test]
fn async_paths_are_literal_and_keep_the_order_of_creation() {
    let mut table = RoutingTable::new(PathOwnership::Shared);
    table.apply(&added(subscription("two", "async", "/u/:id"), 2));
    table.apply(&added(subscription("one", "async", "/u/:id"), 1));
    assert!(table.routes("e", "GET", "/u/1").asynchronous.is_empty());
    let spaces: Vec<_> = table
        .routes("e", "GET", "/u/:id")
        .asynchronous
        .iter()
        .map(|stored| stored.resource.space.as_str())
        .collect();
    assert_eq!(spaces, ["one", "two"]);
}

#[test]
fn async_subscriptions_are_found_by_space_and_id() {
    let mut table = RoutingTable::new(PathOwnership::Shared);
    let (one, two) = (
        subscription("one", "async", "/a"),
        subscription("two", "sync", "/a"),
    );
    table.apply(&added(one.clone(), 1));
    table.apply(&added(two.clone(), 2));
    let find = |table: &RoutingTable, space: &str| {
        let found = table.subscription(&space.into(), &one.subscription_id);
        found.map(|found| (**found).clone())
    };
    assert_eq!(find(&table, "one"), Some(one.clone()));
    assert_eq!(find(&table, "two"), None);
    assert!(table.subscription(&"two".into(), &two.subscription_id).is_none());

    let paused = Subscription {
        paused: true,
        ..one.clone()
    };
    let mut change = added(paused.clone(), 1);
    change.before = removed(one.clone(), 1).before;
    let older = table.clone();
    table.apply(&change);
    assert_eq!(find(&table, "one"), Some(paused.clone()));
    assert_ne!(table, older);
    assert_eq!(find(&older, "one"), Some(one.clone()));

    table.apply(&removed(paused, 1));
    table.apply(&removed(two, 2));
    assert_eq!(table, RoutingTable::new(PathOwnership::Shared));
}

#[test]
fn cors_prefers_the_very_path_then_the_earliest_pattern() {
    let cors = |path: &str| {
        Cors::decode(
            &"one".into(),
            None,
            format!(r#"{{"method":"GET","path":"{path}"}}"#).as_bytes(),
        )
        .unwrap()
    };
    let mut table = RoutingTable::new(PathOwnership::Shared);
    for (created, path) in (0..).zip(["/c/*rest", "/c/:id", "/c/exact"]) {
        table.apply(&added(cors(path), created));
    }
    assert_eq!(table.cors("GET", "/c/exact").unwrap().path, "/c/exact");
    assert_eq!(table.cors("GET", "/c/other").unwrap().path, "/c/*rest");
    table.apply(&removed(cors("/c/*rest"), 0));
    assert_eq!(table.cors("GET", "/c/other").unwrap().path, "/c/:id");
    assert!(table.cors("PUT", "/c/exact").is_none());
}

#[test]
fn parameters_are_as_sent() {
    for (pattern, path, want) in [
        ("/p/:id/x/:n", "/p//x/c%2Fd", vec![("id", ""), ("n", "c%2Fd")]),
        ("/w/*rest", "/w/a/b/", vec![("rest", "a/b/")]),
        ("/*rest", "/", vec![("rest", "")]),
        ("/", "/", vec![]),
    ] {
        assert_eq!(path_parameters(pattern, path), want);
    }
}

/// Whether a pattern matches a path, segment by segment.
fn naive_match(pattern: &str, path: &str) -> bool {
    if pattern == "/" || path == "/" {
        return pattern == path || (path == "/" && pattern.starts_with("/*"));
    }
    let (pattern, path): (Vec<_>, Vec<_>) =
        (pattern[1..].split('/').collect(), path[1..].split('/').collect());
    for (at, segment) in pattern.iter().enumerate() {
        if segment.starts_with('*') {
            return path.len() > at;
        }
        match path.get(at) {
            Some(value) if segment.starts_with(':') || segment == value => {}
            _ => return false,
        }
    }
    pattern.len() == path.len()
}

fn a_path(segments: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(segments), 0..4)
        .prop_map(|parts| format!("/{}", parts.join("/")))
}

fn subscriptions() -> impl Strategy<Value = Vec<(String, String)>> {
    let pattern =
        (a_path(&["a", "b", "", ":x", ":y"]), prop::option::of(Just("*w"))).prop_map(|(path, wildcard)| {
            match wildcard {
                None => path,
                Some(wildcard) if path == "/" => format!("/{wildcard}"),
                Some(wildcard) => format!("{path}/{wildcard}"),
            }
        });
    prop::collection::vec(
        (
            prop::sample::select(&["one", "two", "six"][..]).prop_map(str::to_owned),
            pattern,
        ),
        0..12,
    )
}

/// Leaves out what the rules of a space would refuse.
fn valid(candidates: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut spaces = std::collections::HashMap::<String, crate::configuration::SyncPaths>::new();
    candidates
        .into_iter()
        .filter(|(space, path)| {
            let paths = spaces.entry(space.clone()).or_default();
            let one = subscription(space, "sync", path);
            let free = paths.check(&one).is_ok();
            if free {
                paths.insert(&one);
            }
            free
        })
        .collect()
}

proptest! {
    #[test]
    fn finds_what_a_naive_matcher_finds(candidates in subscriptions(), request in a_path(&["a", "b", "c", ""])) {
        let subscriptions = valid(candidates);
        let borrowed: Vec<_> = subscriptions.iter().map(|(space, path)| (space.as_str(), path.as_str())).collect();
        let matching = |&&(space, path): &&(&str, &str)| {
            let shadowed = request == "/" && path != "/" && borrowed.contains(&(space, "/"));
            naive_match(path, &request) && !shadowed
        };
        let want = borrowed.iter().find(matching).map(|(space, path)| ((*space).to_owned(), (*path).to_owned()));
        prop_assert_eq!(hit(&table(&borrowed), &request), want);
    }

    #[test]
    fn the_order_of_application_does_not_matter(
        candidates in subscriptions(),
        request in a_path(&["a", "b", ""]),
        gone in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let all: Vec<_> = (0..).zip(valid(candidates)).collect();
        let is_gone = |at: usize| gone.iter().any(|index| !all.is_empty() && index.index(all.len()) == at);
        let mut forward = RoutingTable::new(PathOwnership::Shared);
        for (created, (space, path)) in &all {
            forward.apply(&added(subscription(space, "sync", path), *created));
        }
        for (at, (created, (space, path))) in all.iter().enumerate() {
            if is_gone(at) {
                forward.apply(&removed(subscription(space, "sync", path), *created));
            }
        }
        let mut backward = RoutingTable::new(PathOwnership::Shared);
        for (at, (created, (space, path))) in all.iter().enumerate().rev() {
            if !is_gone(at) {
                backward.apply(&added(subscription(space, "sync", path), *created));
            }
        }
        prop_assert_eq!(hit(&forward, &request), hit(&backward, &request));
        if all.iter().enumerate().all(|(at, _)| is_gone(at)) {
            prop_assert_eq!(&forward.paths, &Paths::Shared(PathRoutes::default()));
        }
    }
}

#[test]
fn it_is_known_whether_anybody_gets_the_gateways_own_events() {
    let mut table = RoutingTable::new(PathOwnership::Shared);
    let subscription = |kind: &str, event_type: &str| {
        let body = format!(r#"{{"type":"{kind}","eventType":"{event_type}","functionId":"f","path":"/"}}"#);
        Subscription::decode(&"one".into(), None, body.as_bytes()).unwrap()
    };
    let own = "eventgateway.function.invoked";
    for other in [subscription("async", "e"), subscription("sync", own)] {
        table.apply(&added(other, 1));
        assert!(!table.has_system_subscribers());
    }
    let subscribed = subscription("async", own);
    table.apply(&added(subscribed.clone(), 2));
    assert!(table.has_system_subscribers());
    table.apply(&Change {
        before: added(subscribed.clone(), 2).after,
        after: added(subscribed.clone(), 2).after,
    });
    assert!(table.has_system_subscribers());
    table.apply(&removed(subscribed, 2));
    assert!(!table.has_system_subscribers());
}
