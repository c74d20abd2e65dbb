//! Where the most specific path wins: against a matcher that is too simple to be wrong, and what a lookup costs at most.

use super::*;
use crate::configuration::{Snapshot, SpaceDefaults, SpaceRules};
use crate::resource::PathMode;
use crate::routing::path_tree::visits;
use crate::validation::{MAX_PATH_FORMS, MAX_PATH_SEGMENTS};

fn rules() -> SpaceRules {
    SpaceRules {
        defaults: SpaceDefaults {
            paths: PathMode::Specific,
            ..SpaceDefaults::default()
        },
        ..SpaceRules::default()
    }
}

fn specific(subscriptions: &[(&str, &str)], kind: &str) -> RoutingTable {
    let mut table = RoutingTable::new(rules());
    for (created, (space, path)) in (0..).zip(subscriptions) {
        table.apply(&added(subscription(space, kind, path), created));
    }
    table
}

fn with_method(method: &str, kind: &str, path: &str) -> Subscription {
    let body = format!(
        r#"{{"type":"{kind}","eventType":"e","functionId":"f","path":"{path}","method":"{method}"}}"#
    );
    Subscription::decode(&"one".into(), None, body.as_bytes()).unwrap()
}

#[test]
fn the_most_specific_path_wins() {
    let paths = [
        "/*rest",
        "/orders/:id",
        "/orders/mine",
        "/orders/:id/lines",
        "/orders/mine/*more",
        "/:kind/all/x",
        "/",
    ];
    let own: Vec<_> = paths.iter().map(|path| ("one", *path)).collect();
    for (request, want) in [
        ("/orders/mine", "/orders/mine"),
        ("/orders/7", "/orders/:id"),
        // Back from the literal to the parameter, and on to the wildcard.
        ("/orders/mine/lines", "/orders/mine/*more"),
        ("/orders/7/lines", "/orders/:id/lines"),
        ("/orders/all/x", "/:kind/all/x"),
        ("/orders/7/x", "/*rest"),
        // Empty segments are no value of a parameter.
        ("/orders/", "/*rest"),
        ("/orders", "/*rest"),
        ("/", "/"),
    ] {
        assert_eq!(
            hit(&specific(&own, "sync"), request).unwrap().1,
            want,
            "{request}"
        );
        let table = specific(&own, "async");
        let routes = table.routes("e", "GET", request);
        let found: Vec<_> = routes
            .asynchronous
            .iter()
            .map(|stored| stored.resource.path.as_str())
            .collect();
        assert_eq!((found, routes.pattern()), (vec![want], Some(want)), "{request}");
    }
}

#[test]
fn methods() {
    let mut table = RoutingTable::new(rules());
    for (created, (method, kind, path)) in (0..).zip([
        ("ANY", "sync", "/a"),
        ("GET", "sync", "/a"),
        ("ANY", "async", "/a"),
        ("POST", "async", "/:x"),
        ("GET", "sync", "/:x"),
    ]) {
        table.apply(&added(with_method(method, kind, path), created));
    }
    let found = |method: &str, path: &str| {
        let routes = table.routes("e", method, path);
        let asynchronous = routes.asynchronous.iter().map(|stored| &stored.resource);
        let all = routes.sync.into_iter().chain(asynchronous);
        all.map(|it| format!("{} {}", it.method, it.path))
            .collect::<Vec<_>>()
    };
    assert_eq!(found("GET", "/a"), ["GET /a", "ANY /a"]);
    assert_eq!(found("HEAD", "/a"), ["GET /a", "ANY /a"]);
    assert_eq!(found("HEAD", "/b"), ["GET /:x"]);
    assert_eq!(found("PUT", "/a"), ["ANY /a", "ANY /a"]);
    // A concrete method wins over any.
    assert_eq!(found("POST", "/a"), ["ANY /a", "POST /:x"]);
    assert_eq!(found("PUT", "/b"), Vec::<String>::new());
    // Subscriptions to any method on other paths take nothing from the path that was found.
    assert_eq!(table.routes("e", "POST", "/b").pattern(), Some("/:x"));
    for (method, kind, path) in [("ANY", "sync", "/a"), ("ANY", "async", "/a")] {
        table.apply(&removed(with_method(method, kind, path), 0));
    }
    assert!(table.routes("e", "PUT", "/a").is_empty());
}

/// What a request finds in a space alone: the lowest of what matches, segment by segment.
fn naive<'a>(paths: &[&'a str], request: &str) -> Option<&'a str> {
    let matches = |path: &&&str| {
        let values_of_parameters = path.split('/').zip(request.split('/'));
        let mut before_wildcard = values_of_parameters.take_while(|(segment, _)| !segment.starts_with('*'));
        naive_match(path, request)
            && !before_wildcard.any(|(segment, value)| segment.starts_with(':') && value.is_empty())
    };
    let kinds = |path: &str| -> Vec<u8> {
        let kind = |segment: &str| match segment.as_bytes().first() {
            Some(b':') => 1,
            Some(b'*') => 2,
            _ => 0,
        };
        path.split('/').map(kind).collect()
    };
    paths
        .iter()
        .filter(matches)
        .min_by_key(|path| kinds(path))
        .copied()
}

/// One path for each that would match the same requests.
fn distinct(candidates: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut known = std::collections::HashSet::new();
    let nameless = |path: &str| path.replace(":y", ":x");
    candidates
        .into_iter()
        .filter(|(space, path)| known.insert((space.clone(), nameless(path))))
        .collect()
}

proptest! {
    #[test]
    fn finds_what_a_naive_matcher_finds(candidates in subscriptions(), request in a_path(&["a", "b", "c", ""])) {
        let subscriptions = distinct(candidates);
        let borrowed: Vec<_> = subscriptions.iter().map(|(space, path)| (space.as_str(), path.as_str())).collect();
        let of = |space: &str| -> Vec<&str> {
            let own = borrowed.iter().filter(|(owner, _)| *owner == space);
            own.map(|(_, path)| *path).collect()
        };
        // Each space finds its own, and of those the earliest answers.
        let winners: Vec<_> = ["one", "two", "six"]
            .iter()
            .filter_map(|space| Some((*space, naive(&of(space), &request)?)))
            .collect();
        let want = borrowed.iter().find(|it| winners.contains(it));
        let want = want.map(|(space, path)| ((*space).to_owned(), (*path).to_owned()));
        prop_assert_eq!(hit(&specific(&borrowed, "sync"), &request), want);
        let table = specific(&borrowed, "async");
        let routes = table.routes("e", "GET", &request);
        let mut found: Vec<_> = routes
            .asynchronous
            .iter()
            .map(|stored| (stored.resource.space.as_str(), stored.resource.path.as_str()))
            .collect();
        let mut winners = winners;
        found.sort_unstable();
        winners.sort_unstable();
        prop_assert_eq!(found, winners);
    }

    #[test]
    fn the_order_of_application_does_not_matter(candidates in subscriptions(), request in a_path(&["a", "b", ""])) {
        let all: Vec<_> = (0..).zip(distinct(candidates)).collect();
        let (mut forward, mut backward) = (RoutingTable::new(rules()), RoutingTable::new(rules()));
        for (created, (space, path)) in &all {
            forward.apply(&added(subscription(space, "sync", path), *created));
        }
        for (created, (space, path)) in all.iter().rev() {
            backward.apply(&added(subscription(space, "sync", path), *created));
        }
        prop_assert_eq!(hit(&forward, &request), hit(&backward, &request));
        for (created, (space, path)) in &all {
            forward.apply(&removed(subscription(space, "sync", path), *created));
        }
        prop_assert_eq!(forward, RoutingTable::new(rules()));
    }

    #[test]
    fn another_mode_moves_everything(candidates in subscriptions(), request in a_path(&["a", "b", ""])) {
        let mut strict = Snapshot::default();
        for (created, (_, path)) in (1..).zip(distinct(candidates)) {
            for kind in ["sync", "async"] {
                let resource = Arc::new(subscription("one", kind, &path));
                strict.insert(Stored { resource, created });
            }
        }
        let mut other = strict.clone();
        let settings = crate::resource::SpaceSettings::decode(&"one".into(), None, br#"{"paths":"specific"}"#);
        other.insert(Stored { resource: Arc::new(settings.unwrap()), created: 0 });
        let built = RoutingTable::compile(PathOwnership::Shared, [&other]);
        let mut replaced = RoutingTable::compile(PathOwnership::Shared, [&strict]);
        replaced.replace(&strict, &other);
        prop_assert_eq!(&replaced, &built);
        prop_assert_eq!(hit(&replaced, &request), hit(&built, &request));
        replaced.replace(&other, &strict);
        prop_assert_eq!(replaced, RoutingTable::compile(PathOwnership::Shared, [&strict]));
    }
}

/// As many forms as may stand side by side, each with a way that a request follows to its last segment.
fn many_forms(depth: usize) -> Vec<String> {
    let path = |bits: usize| -> String {
        let segment = |at: usize| if bits >> at & 1 == 0 { "/a" } else { "/:x" };
        (0..depth).map(segment).chain(["/end"]).collect()
    };
    (1..=MAX_PATH_FORMS).map(path).collect()
}

#[test]
fn a_lookup_visits_so_many_places_at_each_depth() {
    for depth in [8, 20, MAX_PATH_SEGMENTS - 1] {
        let paths = many_forms(depth);
        let own: Vec<_> = paths.iter().map(|path| ("one", path.as_str())).collect();
        let table = specific(&own, "sync");
        let request = format!("{}/other", "/a".repeat(depth));
        let steps = visits(|| assert!(table.routes("e", "GET", &request).sync.is_none()));
        assert!(steps <= (MAX_PATH_FORMS + 1) * (depth + 1), "{depth}: {steps}");
    }
}

#[test]
fn literals_cost_nothing_however_many() {
    let steps = [100, 1600].map(|count| {
        let paths: Vec<_> = (0..count).map(|n| format!("/p{n}/:x/end")).collect();
        let own: Vec<_> = paths
            .iter()
            .map(|path| ("one", path.as_str()))
            .chain([("one", "/:any/mine")])
            .collect();
        let table = specific(&own, "sync");
        visits(|| assert!(table.routes("e", "GET", "/p7/mine").sync.is_some()))
    });
    assert_eq!(steps[0], steps[1]);
}

#[test]
fn lookups_are_linear_in_the_path() {
    let table = specific(
        &[("one", "/a/:x"), ("one", "/:x/a/*rest"), ("one", "/*rest")],
        "sync",
    );
    let path = |n: usize| "/a".repeat(n);
    ::scaling::assert_linear("a long path", 400, path, |path| {
        table.routes("e", "GET", path).is_empty()
    });
}
