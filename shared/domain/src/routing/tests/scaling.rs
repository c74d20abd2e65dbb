//! How the steps of a lookup grow with what is registered and with what is sent.

use super::*;
use crate::routing::path_tree::visits;
use crate::validation::MAX_PATH_SEGMENTS;

fn cors(path: &str) -> Cors {
    let body = format!(r#"{{"method":"GET","path":"{path}"}}"#);
    Cors::decode(&"one".into(), None, body.as_bytes()).unwrap()
}

fn cors_table(paths: impl IntoIterator<Item = String>) -> RoutingTable {
    let mut table = RoutingTable::new(PathOwnership::Shared);
    for (created, path) in (0..).zip(paths) {
        table.apply(&added(cors(&path), created));
    }
    table
}

fn cors_visits(table: &RoutingTable, path: &str) -> usize {
    visits(|| assert!(table.cors("GET", path).is_none(), "{path}"))
}

/// Patterns that a request follows to their last segment, all at once: each combination of a text and a parameter.
fn combinations(depth: usize, end: &str) -> impl Iterator<Item = String> {
    (0..1usize << depth).map(move |bits| {
        let segment = |at: usize| if bits >> at & 1 == 0 { "/a" } else { "/:x" };
        let path: String = (0..depth).map(segment).collect();
        format!("{path}/{end}")
    })
}

#[test]
fn patterns_that_nearly_match() {
    let steps = [6, 8].map(|depth| {
        cors_visits(
            &cors_table(combinations(depth, "b")),
            &format!("{}/c", "/a".repeat(depth)),
        )
    });
    assert!(steps[1] <= steps[0] * 4 + 4, "{steps:?}");
    // No more than the segments that are registered.
    assert!(steps[1] <= 256 * 9, "{steps:?}");
}

#[test]
fn patterns_that_match() {
    let table = cors_table(combinations(8, "b"));
    let path = format!("{}/b", "/a".repeat(8));
    let steps = visits(|| {
        let found = table.cors("GET", &path).unwrap();
        assert_eq!(found.path, path);
    });
    assert!(steps <= 256 * 9, "{steps}");
}

#[test]
fn patterns_that_do_not_begin_alike_cost_nothing() {
    let steps = [1000, 4000].map(|count| {
        let table = cors_table((0..count).map(|n| format!("/p{n}/:x/end")));
        cors_visits(&table, "/p7/x/other") + cors_visits(&table, "/other")
    });
    assert_eq!(steps[0], steps[1]);
    assert!(steps[0] < 10, "{steps:?}");
}

#[test]
fn the_longest_paths() {
    let deep = "/a".repeat(MAX_PATH_SEGMENTS);
    let table = cors_table([deep.clone(), "/:x".repeat(MAX_PATH_SEGMENTS)]);
    let steps = [1, 4].map(|times| cors_visits(&table, &deep.repeat(times + 1)));
    // A request may have more segments than anything that is registered: they are not looked at.
    assert_eq!(steps[0], steps[1]);
    assert!(steps[0] <= 2 * (MAX_PATH_SEGMENTS + 1), "{steps:?}");
}

#[test]
fn spaces_that_share_paths() {
    let table = |spaces: u64| {
        let mut table = RoutingTable::new(PathOwnership::Shared);
        for number in 0..spaces {
            let space = format!("space-{number}");
            // Those that match on the root come after the wildcards, which must all be passed over.
            table.apply(&added(subscription(&space, "sync", "/*all"), number));
            table.apply(&added(subscription(&space, "sync", "/"), spaces + number));
            let text = if number % 2 == 0 { "x" } else { ":x" };
            table.apply(&added(
                subscription(&format!("{space}-b"), "sync", &format!("/{text}/{number}")),
                number,
            ));
        }
        table
    };
    let steps = [100, 400].map(|spaces| {
        let table = table(spaces);
        let root = visits(|| assert!(table.routes("e", "GET", "/").sync.is_some()));
        let deep = visits(|| assert!(table.routes("e", "GET", "/x/y").sync.is_some()));
        (root, deep)
    });
    assert!(steps[1].0 <= steps[0].0 * 4 && steps[1].0 <= 400, "{steps:?}");
    assert!(steps[1].1 <= 2 * 400, "{steps:?}");
}
