//! Where spaces own their paths: whatever others register, a request finds what it would find if its space were alone.

use super::*;
use crate::configuration::{Snapshot, Stored};

const SPACES: [&str; 3] = ["one", "two", "six"];

fn insert<R: Configured>(snapshot: &mut Snapshot, resource: R, created: u64) {
    snapshot.insert(Stored {
        resource: Arc::new(resource),
        created,
    });
}

fn cors(space: &str, path: &str) -> Cors {
    let body = format!(r#"{{"method":"GET","path":"{path}"}}"#);
    Cors::decode(&space.into(), None, body.as_bytes()).unwrap()
}

/// Everything that may stand on a path, on each of these paths.
fn snapshot(space: &str, paths: &[(String, u64)]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for (path, created) in paths {
        for kind in ["sync", "async"] {
            insert(&mut snapshot, subscription(space, kind, path), *created);
        }
        insert(&mut snapshot, cors(space, path), *created);
    }
    snapshot
}

/// Spaces and paths of all that a request reaches.
fn reached(table: &RoutingTable, path: &str) -> Vec<(String, String)> {
    let routes = table.routes("e", "GET", path);
    let subscriptions = routes.asynchronous.iter().map(|stored| &stored.resource);
    let subscriptions = subscriptions.chain(routes.sync);
    let cors = table.cors("GET", path).into_iter();
    subscriptions
        .map(|it| (it.space.to_string(), it.path.clone()))
        .chain(cors.map(|it| (it.space.to_string(), it.path.clone())))
        .collect()
}

fn paths() -> impl Strategy<Value = Vec<(String, u64)>> {
    let path = a_path(&["one", "two", "six", ":x", "a", "", "*w"]);
    prop::collection::vec((path, 0..100u64), 0..12)
}

proptest! {
    #[test]
    fn others_change_nothing(
        one in paths(), two in paths(), six in paths(),
        request in a_path(&["one", "two", "six", "a", ""]),
    ) {
        let snapshots = [snapshot("one", &one), snapshot("two", &two), snapshot("six", &six)];
        let table = RoutingTable::compile(PathOwnership::BySpace, &snapshots);
        let found = reached(&table, &request);
        let owner = request.split('/').nth(1).unwrap_or_default();
        if let Some(at) = SPACES.iter().position(|space| *space == owner) {
            let alone = RoutingTable::compile(PathOwnership::BySpace, [&snapshots[at]]);
            prop_assert_eq!(&found, &reached(&alone, &request));
            let is_own = |path: &str| PathOwnership::BySpace.allows(&owner.into(), path);
            let all_own = found.iter().all(|(space, path)| space == owner && is_own(path));
            prop_assert!(all_own);
        } else {
            prop_assert_eq!(&found, &Vec::new());
        }
    }
}

#[test]
fn a_hostile_space_gets_nothing_of_another() {
    let hostile = [
        "/victim/orders",
        "/victim/:x",
        "/victim/*all",
        "/victim/",
        "/:any/orders",
        "/*all",
        "/",
        "/victim",
    ];
    let hostile: Vec<_> = hostile
        .iter()
        .zip(1..)
        .map(|(path, created)| ((*path).to_owned(), created))
        .collect();
    // Created last, which shared paths would make it lose by.
    let victim = snapshot("victim", &[("/victim/orders".to_owned(), 100)]);
    let hostile = snapshot("hostile", &hostile);
    let shared = RoutingTable::compile(PathOwnership::Shared, [&hostile, &victim]);
    assert_eq!(reached(&shared, "/victim/orders")[0].0, "hostile");
    let table = RoutingTable::compile(PathOwnership::BySpace, [&hostile, &victim]);
    let own = ("victim".to_owned(), "/victim/orders".to_owned());
    assert_eq!(reached(&table, "/victim/orders"), vec![own; 3]);
    for path in [
        "/victim",
        "/victim/",
        "/victim/x",
        "/",
        "/hostile/orders",
        "/VICTIM/orders",
        "/%76ictim/orders",
        "//victim/orders",
    ] {
        assert_eq!(reached(&table, path), [], "{path}");
    }
    // Deliveries that were accepted before still know their subscription.
    let waiting = subscription("hostile", "async", "/victim/orders").subscription_id;
    assert!(table.subscription(&"hostile".into(), &waiting).is_some());
    let subscription = subscription("victim", "sync", "/victim/orders");
    assert_eq!(table.shadowing(&subscription), None);
    assert_eq!(foreign_paths(PathOwnership::BySpace, &victim).count(), 0);
    assert_eq!(foreign_paths(PathOwnership::Shared, &hostile).count(), 0);
    // Async, sync and CORS on each of the paths.
    assert_eq!(foreign_paths(PathOwnership::BySpace, &hostile).count(), 24);
}

#[test]
fn tables_of_spaces_go_with_what_is_in_them() {
    let empty = RoutingTable::new(PathOwnership::BySpace);
    let mut table = empty.clone();
    let (own, foreign) = (
        subscription("one", "sync", "/one/a"),
        subscription("one", "sync", "/two/a"),
    );
    table.apply(&added(foreign.clone(), 1));
    assert_eq!(table, empty);
    table.apply(&added(own.clone(), 2));
    assert_ne!(table, empty);
    table.apply(&removed(foreign, 1));
    table.apply(&removed(own, 2));
    table.apply(&added(cors("one", "/one/a"), 3));
    table.apply(&removed(cors("one", "/one/a"), 3));
    assert_eq!(table, empty);
}
