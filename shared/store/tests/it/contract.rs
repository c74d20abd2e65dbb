//! What every kind of store does, as one function. It minds only spaces of its own, so the store may hold more.

use std::sync::Arc;

use domain::configuration::ConfigurationError;
use domain::ids::{CorsId, EventTypeName, Space};
use domain::resource::{Cors, EventType, Function, Kind, MetadataFilter, Resource as _, Subscription};
use domain::routing::RoutingTable;
use store::{Store, StoreError, Written};

use crate::resources::{asynchronous, cors, decode, event_type, function, sync};
use crate::{audit, buckets, replacement, tenants, usage};

/// Runs the contract.
pub(crate) async fn contract(store: Store) {
    reads_what_was_written(&store).await;
    lists(&store).await;
    refuses_what_breaks_a_rule(&store).await;
    keeps_spaces_apart(&store).await;
    routes_what_is_there(&store).await;
    routes_in_the_order_of_creation(&store).await;
    counts(&store).await;
    revises_what_is_there_at_that_moment(&store).await;
    replacement::contract(&store).await;
    audit::contract(&store).await;
    buckets::contract(&store).await;
    usage::contract(&store).await;
    tenants::contract(&store).await;
}

fn reason<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    match result.unwrap_err() {
        StoreError::Rejected(err) => err.to_string(),
        other => panic!("{other:?}"),
    }
}

/// The index as who made a write may ask for it.
async fn routing_table_after<T>(store: &Store, written: &Written<T>) -> Arc<RoutingTable> {
    store.routing_table(written.version.as_slice()).await.unwrap()
}

async fn reads_what_was_written(store: &Store) {
    let space = Space::from("contract-crud");
    let made = store.create(function(&space, "f")).await.unwrap().value;
    assert_eq!(*made, function(&space, "f"));
    assert_eq!(store.get::<Function>(&space, &"f".into()).await.unwrap(), made);

    let moved = r#"{"type":"http","provider":{"url":"http://localhost/moved"},"metadata":{"a":"b"}}"#;
    let moved: Function = decode(&space, Some(&"f".into()), moved);
    assert_eq!(*store.update(moved.clone()).await.unwrap().value, moved);
    assert_eq!(*store.get::<Function>(&space, &"f".into()).await.unwrap(), moved);

    store.create(event_type(&space, "e")).await.unwrap();
    let subscription = store.create(sync(&space, "e", "f", "/a")).await.unwrap().value;
    let found = store
        .get::<Subscription>(&space, subscription.id())
        .await
        .unwrap();
    assert_eq!(found, subscription);
    store.create(cors(&space, "/a")).await.unwrap();
    let id = CorsId::of("GET", "/a");
    assert_eq!(*store.get::<Cors>(&space, &id).await.unwrap(), cors(&space, "/a"));

    store.delete::<Cors>(&space, &id).await.unwrap();
    store
        .delete::<Subscription>(&space, subscription.id())
        .await
        .unwrap();
    store.delete::<EventType>(&space, &"e".into()).await.unwrap();
    store.delete::<Function>(&space, &"f".into()).await.unwrap();
    let gone = reason(store.get::<Cors>(&space, &id).await);
    assert_eq!(gone, "CORS configuration \"GET%2Fa\" not found.");
    assert_eq!(
        reason(store.get::<EventType>(&space, &"e".into()).await),
        "Event Type \"e\" not found."
    );
    assert_eq!(
        reason(store.get::<Function>(&space, &"f".into()).await),
        "Function \"f\" not found."
    );
}

async fn lists(store: &Store) {
    let space = Space::from("contract-list");
    let all = MetadataFilter::default();
    assert!(store.list::<Function>(&space, &all).await.unwrap().is_empty());
    for (id, label) in [("b", "1"), ("a", "1"), ("c", "2"), ("B", "1")] {
        let body = format!(
            r#"{{"functionId":"{id}","type":"http","provider":{{"url":"http://x"}},"metadata":{{"k":"{label}"}}}}"#
        );
        store
            .create(decode::<Function>(&space, None, &body))
            .await
            .unwrap();
    }
    for (filter, want) in [
        (all, "c b a B"),
        (MetadataFilter::from_query([("metadata.k", "1")]), "b a B"),
        (MetadataFilter::from_query([("metadata.k", "3")]), ""),
    ] {
        let listed = store.list::<Function>(&space, &filter).await.unwrap();
        let ids: Vec<_> = listed
            .iter()
            .map(|function| function.function_id.as_str())
            .collect();
        assert_eq!(ids.join(" "), want);
    }
    let invalid = Space::from("no such space!");
    assert!(
        store
            .list::<Cors>(&invalid, &MetadataFilter::default())
            .await
            .unwrap()
            .is_empty()
    );
}

async fn refuses_what_breaks_a_rule(store: &Store) {
    let space = &Space::from("contract-rules");
    let missing = reason(store.create(sync(space, "e", "f", "/u/:id")).await);
    assert_eq!(missing, "Event Type \"e\" not found.");
    store.create(event_type(space, "e")).await.unwrap();
    let missing = store.create(sync(space, "e", "f", "/u/:id")).await.unwrap_err();
    let want = ConfigurationError::MissingReference {
        kind: Kind::Function,
        id: "f".to_owned(),
    };
    assert!(matches!(missing, StoreError::Rejected(err) if err == want));
    store.create(function(space, "f")).await.unwrap();
    let subscription = store.create(sync(space, "e", "f", "/u/:id")).await.unwrap().value;

    let twice = reason(store.create(function(space, "f")).await);
    assert_eq!(twice, "Function \"f\" already registered.");
    let conflict = reason(store.create(sync(space, "e", "f", "/u/:name")).await);
    assert_eq!(
        conflict,
        "Subscription path conflict: parameter with different name (\"id\") already defined: for route: /u/:name"
    );
    let used = reason(store.delete::<Function>(space, &"f".into()).await);
    assert_eq!(
        used,
        "Function cannot be deleted because it's subscribed to a least one event."
    );
    let used = reason(store.delete::<EventType>(space, &"e".into()).await);
    assert_eq!(
        used,
        "Event type cannot be deleted because there are subscriptions using it."
    );
    let moved = r#"{"type":"sync","eventType":"e","functionId":"f","path":"/other","method":"GET"}"#;
    let moved = decode::<Subscription>(space, Some(subscription.id()), moved);
    let fixed = reason(store.update(moved).await);
    assert_eq!(
        fixed,
        "Invalid update. 'Path' of existing subscription cannot be updated."
    );
    let absent = reason(store.update(function(space, "absent")).await);
    assert_eq!(absent, "Function \"absent\" not found.");

    store
        .delete::<Subscription>(space, subscription.id())
        .await
        .unwrap();
    store.create(sync(space, "e", "f", "/u/:name")).await.unwrap();
}

async fn keeps_spaces_apart(store: &Store) {
    let (one, two) = (Space::from("contract-one"), Space::from("contract-two"));
    store.create(function(&one, "f")).await.unwrap();
    let absent = reason(store.get::<Function>(&two, &"f".into()).await);
    assert_eq!(absent, "Function \"f\" not found.");
    store.create(function(&two, "f")).await.unwrap();
    store.delete::<Function>(&one, &"f".into()).await.unwrap();
    store.get::<Function>(&two, &"f".into()).await.unwrap();
}

async fn routes_what_is_there(store: &Store) {
    let space = Space::from("contract-routes");
    store.create(function(&space, "f")).await.unwrap();
    store.create(event_type(&space, "contract.routes")).await.unwrap();
    for round in 0..20 {
        let path = format!("/contract-routes/{round}");
        let made = store
            .create(sync(&space, "contract.routes", "f", &path))
            .await
            .unwrap();
        let table = routing_table_after(store, &made).await;
        let sync = table.routes("contract.routes", "GET", &path).sync;
        assert_eq!(sync, Some(&made.value));
        assert!(table.function(&space, &"f".into()).is_some());
        let gone = store
            .delete::<Subscription>(&space, made.value.id())
            .await
            .unwrap();
        let without = routing_table_after(store, &gone).await;
        assert!(without.routes("contract.routes", "GET", &path).sync.is_none());
        assert!(
            table.routes("contract.routes", "GET", &path).sync.is_some(),
            "a table never changes"
        );
    }
    let made = store.create(cors(&space, "/contract-routes")).await.unwrap();
    let table = routing_table_after(store, &made).await;
    assert!(table.cors("GET", "/contract-routes").is_some());
}

async fn routes_in_the_order_of_creation(store: &Store) {
    let space = Space::from("contract-order");
    store.create(event_type(&space, "contract.order")).await.unwrap();
    for id in ["m", "z", "a"] {
        store.create(function(&space, id)).await.unwrap();
        store
            .create(asynchronous(&space, "contract.order", id, "/"))
            .await
            .unwrap();
    }
    let labelled = asynchronous(&space, "contract.order", "m", "/");
    let labelled = Subscription {
        metadata: [("a".to_owned(), "b".to_owned())].into(),
        ..labelled
    };
    let labelled = store.update(labelled).await.unwrap();
    let table = routing_table_after(store, &labelled).await;
    let routes = table.routes("contract.order", "GET", "/").asynchronous;
    let functions: Vec<_> = routes
        .iter()
        .map(|stored| stored.resource.function_id.as_str())
        .collect();
    assert_eq!(functions, ["m", "z", "a"], "an update keeps the place");
}

async fn counts(store: &Store) {
    let space = Space::from("contract-counts");
    store.create(function(&space, "f")).await.unwrap();
    store.create(function(&space, "g")).await.unwrap();
    store.create(event_type(&space, "e")).await.unwrap();
    let counts = async || {
        let counts = store.counts().await.unwrap().into_iter();
        counts
            .filter(|(of, ..)| *of == space)
            .map(|(_, kind, count)| (kind, count))
            .collect::<Vec<_>>()
    };
    let want = [
        (Kind::EventType, 1),
        (Kind::Function, 2),
        (Kind::Subscription, 0),
        (Kind::Cors, 0),
        (Kind::Space, 0),
        (Kind::Key, 0),
        (Kind::Tenant, 0),
    ];
    assert_eq!(counts().await, want);
    store.delete::<Function>(&space, &"f".into()).await.unwrap();
    store.delete::<Function>(&space, &"g".into()).await.unwrap();
    store.delete::<EventType>(&space, &"e".into()).await.unwrap();
    assert_eq!(counts().await, [], "a space without anything is gone");
}

/// Revisions that race see each other's outcome, and what is refused changes nothing.
async fn revises_what_is_there_at_that_moment(store: &Store) {
    let space = Space::from("contract-revise");
    let id = EventTypeName::from("e");
    store.create(event_type(&space, "e")).await.unwrap();
    let count = |stored: &EventType| -> usize {
        let text = stored.metadata.get("n");
        text.map_or(0, |text| text.parse().unwrap())
    };
    let one_more = move |stored: &EventType| {
        let mut revised = stored.clone();
        revised
            .metadata
            .insert("n".to_owned(), (count(stored) + 1).to_string());
        Ok(revised)
    };
    let racing = (0..8).map(|_| store.revise(&space, &id, one_more));
    for written in futures::future::join_all(racing).await {
        written.unwrap();
    }
    let stored = store.get::<EventType>(&space, &id).await.unwrap();
    assert_eq!(count(&stored), 8);

    let changed = || ConfigurationError::PreconditionFailed {
        kind: Kind::EventType,
        id: "e".to_owned(),
    };
    let refused = reason(
        store
            .revise(&space, &id, move |_: &EventType| Err(changed()))
            .await,
    );
    assert_eq!(
        refused,
        "Event Type \"e\" has been changed: it is not what If-Match names."
    );
    let kept = store.delete_checked(&space, &id, move |_: &EventType| Err(changed()));
    assert_eq!(reason(kept.await), refused);
    assert_eq!(store.get::<EventType>(&space, &id).await.unwrap(), stored);
    let missing = store.revise(&space, &"none".into(), one_more).await;
    assert_eq!(reason(missing), "Event Type \"none\" not found.");
    let is_counted = move |stored: &EventType| {
        assert_eq!(count(stored), 8);
        Ok(())
    };
    store.delete_checked(&space, &id, is_counted).await.unwrap();
    let gone = reason(store.delete_checked(&space, &id, is_counted).await);
    assert_eq!(gone, "Event Type \"e\" not found.");
}
