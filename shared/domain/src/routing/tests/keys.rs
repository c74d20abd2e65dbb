//! What spaces that want keys take.

use super::*;
use crate::api_key::{GivenKey, SecretDigest, key_text};
use crate::ids::KeyId;
use crate::resource::{ApiKey, SpaceSettings};
use crate::routing::{KeyRefusal, Sending};

const SECRET: &str = "0123456789abcdefghijABCDEFGHIJ";

fn key(space: &str, id: &str, members: &str) -> Stored<ApiKey> {
    let body = format!(r#"{{"name":"k",{members}}}"#);
    let key = ApiKey::decode(&space.into(), Some(&KeyId::from(id)), body.as_bytes()).unwrap();
    Stored {
        resource: Arc::new(key.with_secret(SecretDigest::of(SECRET), 0)),
        created: 1,
    }
}

fn settings(space: &str, body: &str) -> Stored<SpaceSettings> {
    let settings = SpaceSettings::decode(&space.into(), None, body.as_bytes()).unwrap();
    Stored {
        resource: Arc::new(settings),
        created: 1,
    }
}

fn snapshot(space: &str, emit: &str, keys: &[Stored<ApiKey>]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.insert(settings(space, emit));
    for key in keys {
        snapshot.insert(key.clone());
    }
    snapshot
}

fn given(id: &str) -> GivenKey {
    GivenKey::read(&key_text(&id.into(), SECRET))
}

#[test]
fn only_keys_of_the_space_open_it() {
    let emitter = key(
        "shop",
        "emitter001",
        r#""role":"emitter","eventTypes":["order.*"],"paths":["/shop/*rest"]"#,
    );
    let viewer = key("shop", "viewer0001", r#""role":"viewer""#);
    let ended = key(
        "shop",
        "ended00001",
        r#""role":"emitter","expiresAt":"1970-01-01T00:00:01Z""#,
    );
    let foreign = key("other", "foreign001", r#""role":"emitter""#);
    let shop = snapshot("shop", r#"{"emit":"key"}"#, &[emitter, viewer, ended]);
    let other = snapshot("other", "{}", &[foreign]);
    for ownership in [PathOwnership::Shared, PathOwnership::BySpace] {
        let table = RoutingTable::compile(ownership, [&shop, &other]);
        assert!(table.needs_keys() && table.knows_keys());
        let admits = |space: &str, id: Option<&str>, event_type, path| {
            let key = id.map(given);
            let sending = Sending {
                key: key.as_ref(),
                event_type,
                path,
                now: 2_000,
            };
            table.admits(&space.into(), &sending)
        };
        for (id, event_type, path, want) in [
            (None, Some("order.created"), "/shop/a", Err(KeyRefusal::Missing)),
            (Some("emitter001"), Some("order.created"), "/shop/a", Ok(())),
            (Some("emitter001"), None, "/shop/a", Ok(())),
            (
                Some("emitter001"),
                Some("user.created"),
                "/shop/a",
                Err(KeyRefusal::Beyond),
            ),
            (Some("emitter001"), None, "/a", Err(KeyRefusal::Beyond)),
            (
                Some("viewer0001"),
                Some("order.created"),
                "/shop/a",
                Err(KeyRefusal::Beyond),
            ),
            (
                Some("ended00001"),
                Some("order.created"),
                "/shop/a",
                Err(KeyRefusal::Unknown),
            ),
            (
                Some("foreign001"),
                Some("order.created"),
                "/shop/a",
                Err(KeyRefusal::Unknown),
            ),
            (
                Some("nobody0001"),
                Some("order.created"),
                "/shop/a",
                Err(KeyRefusal::Unknown),
            ),
        ] {
            assert_eq!(
                admits("shop", id, event_type, path),
                want,
                "{id:?} {event_type:?} {path}"
            );
            assert_eq!(admits("other", id, event_type, path), Ok(()));
        }
        let guarding = table.guarding("/shop/a").map(Space::as_str);
        assert_eq!(guarding, (ownership == PathOwnership::BySpace).then_some("shop"));
        assert_eq!(table.guarding("/other/a"), None);
        let sending = Sending {
            key: Some(&GivenKey::Malformed),
            event_type: None,
            path: "/shop/a",
            now: 0,
        };
        assert_eq!(table.admits(&"shop".into(), &sending), Err(KeyRefusal::Unknown));
    }
}

#[test]
fn what_is_taken_away_leaves_nothing() {
    let (one, other) = (
        key("shop", "emitter001", r#""role":"emitter""#),
        key("shop", "emitter002", r#""role":"emitter""#),
    );
    let both = snapshot("shop", r#"{"emit":"key"}"#, &[one.clone(), other]);
    let open = snapshot("shop", "{}", &[one]);
    let mut table = RoutingTable::compile(PathOwnership::Shared, [&both]);
    table.replace(&both, &open);
    assert_eq!(table, RoutingTable::compile(PathOwnership::Shared, [&open]));
    assert!(table.knows_keys() && !table.needs_keys());
    table.replace(&open, &Snapshot::default());
    assert_eq!(table, RoutingTable::new(PathOwnership::Shared));
    assert!(!table.knows_keys());
}

#[test]
fn events_are_sent_where_a_key_may() {
    let members = r#""scopes":["events:emit"],"eventTypes":["order.*","http.request"],"paths":["/orders","/orders/:id","/files/*rest"]"#;
    let shop = snapshot("shop", r#"{"emit":"key"}"#, &[key("shop", "orders0001", members)]);
    let table = RoutingTable::compile(PathOwnership::Shared, [&shop]);
    let key = given("orders0001");
    for (event_type, path, want) in [
        ("order.created", "/orders", true),
        ("order.created", "/orders/7", true),
        ("order.created", "/orders/7/lines", false),
        ("http.request", "/files/a/b", true),
        ("user.created", "/orders", false),
        ("order.created", "/", false),
    ] {
        let sending = Sending {
            key: Some(&key),
            event_type: Some(event_type),
            path,
            now: 0,
        };
        let admitted = table.admits(&"shop".into(), &sending);
        assert_eq!(admitted.is_ok(), want, "{event_type} {path}");
    }
}
