//! Stores of gateways whose spaces own their paths.

use std::path::Path;
use std::sync::Arc;

use domain::configuration::{ConfigurationError, SchemaBounds, SpaceDefaults, SpaceRules};
use domain::ids::Space;
use domain::resource::{Cors, PathMode, Resource as _, Subscription, Unmatched};
use domain::routing::PathOwnership;
use store::{DynamoDb, DynamoDbSettings, Embedded, EmbeddedSettings, Store, StoreError};

use crate::dynamodb::TestTable;
use crate::log;
use crate::resources::{cors, event_type, function, sync};

const SHARED: SpaceRules = rules(PathOwnership::Shared);
const OWNED: SpaceRules = rules(PathOwnership::BySpace);

const fn rules(paths: PathOwnership) -> SpaceRules {
    SpaceRules {
        paths,
        max_cors: 40,
        schemas: SchemaBounds::DEFAULT,
        defaults: SpaceDefaults {
            paths: PathMode::Strict,
            unmatched: Unmatched::Accepted,
        },
    }
}

fn embedded(directory: &Path, rules: SpaceRules) -> Store {
    let settings = EmbeddedSettings {
        rules,
        ..EmbeddedSettings::new(directory)
    };
    Store::Embedded(Embedded::open(settings).unwrap())
}

fn dynamodb(table: &TestTable, rules: SpaceRules) -> Store {
    let settings = DynamoDbSettings {
        rules,
        ..table.settings()
    };
    Store::DynamoDb(DynamoDb::new(table.client.clone(), settings))
}

async fn reached(store: &Store, path: &str) -> Option<Arc<Subscription>> {
    let table = store.routing_table(&[]).await.unwrap();
    table.routes("e", "GET", path).sync.cloned()
}

fn is_refused<T>(result: &Result<T, StoreError>) -> bool {
    matches!(
        result,
        Err(StoreError::Rejected(ConfigurationError::ForeignPath { .. }))
    )
}

/// `open` opens one store again and again; each name is for one test alone.
async fn what_was_stored_on_paths_of_others(name: &str, open: impl Fn(SpaceRules) -> Store) {
    log::keep();
    let (hostile, victim) = (
        Space::from(format!("{name}-hostile")),
        Space::from(format!("{name}-victim")),
    );
    let orders = format!("/{victim}/orders");
    let store = open(SHARED);
    for space in [&hostile, &victim] {
        store.create(event_type(space, "e")).await.unwrap();
        store.create(function(space, "f")).await.unwrap();
    }
    let foreign = sync(&hostile, "e", "f", &orders);
    store.create(foreign.clone()).await.unwrap();
    store.create(cors(&hostile, &orders)).await.unwrap();
    for number in 0..30 {
        let path = format!("/others/{number}");
        store.create(cors(&hostile, &path)).await.unwrap();
    }
    let own = sync(&victim, "e", "f", &orders);
    store.create(own.clone()).await.unwrap();
    assert_eq!(reached(&store, &orders).await.as_deref(), Some(&foreign));
    drop(store);

    let store = open(OWNED);
    assert_eq!(reached(&store, &orders).await.as_deref(), Some(&own));
    let table = store.routing_table(&[]).await.unwrap();
    assert_eq!(table.cors("GET", &orders), None);
    let lines = log::lines_with(hostile.as_str());
    let told = lines.iter().filter(|line| line.contains("Not routed")).count();
    assert_eq!(told, 20, "{lines:?}");

    // It can be seen and deleted, and nothing else.
    let mut labelled = foreign.clone();
    labelled.metadata.insert("a".to_owned(), "b".to_owned());
    assert!(is_refused(&store.update(labelled.clone()).await));
    assert!(is_refused(&store.update_masked(labelled).await));
    let other = format!("/{victim}/other");
    assert!(is_refused(&store.create(sync(&hostile, "e", "f", &other)).await));
    assert!(is_refused(&store.create(cors(&hostile, "/*all")).await));
    let id = &foreign.subscription_id;
    store.get::<Subscription>(&hostile, id).await.unwrap();
    store.delete::<Subscription>(&hostile, id).await.unwrap();
    let path = format!("/{hostile}/orders");
    let moved = sync(&hostile, "e", "f", &path);
    store.create(moved.clone()).await.unwrap();
    drop(store);
    let store = open(OWNED);
    assert_eq!(reached(&store, &path).await.as_deref(), Some(&moved));
    assert_eq!(reached(&store, &orders).await.as_deref(), Some(&own));

    // Nine more are as many as the space may have.
    for number in 0..9 {
        let path = format!("/{hostile}/{number}");
        store.create(cors(&hostile, &path)).await.unwrap();
    }
    let path = format!("/{hostile}/9");
    let refused = store.create(cors(&hostile, &path)).await;
    assert!(matches!(
        refused,
        Err(StoreError::Rejected(ConfigurationError::TooMany {
            limit: 40,
            ..
        }))
    ));
    store
        .delete::<Cors>(&hostile, cors(&hostile, &orders).id())
        .await
        .unwrap();
    store.create(cors(&hostile, &path)).await.unwrap();
}

#[tokio::test]
async fn embedded_routes_nothing_of_others() {
    let directory = tempfile::tempdir().unwrap();
    let open = |rules| embedded(directory.path(), rules);
    what_was_stored_on_paths_of_others("embedded", open).await;
}

#[tokio::test]
async fn dynamodb_routes_nothing_of_others() {
    let table = TestTable::create().await;
    let open = |rules| dynamodb(&table, rules);
    what_was_stored_on_paths_of_others("dynamodb", open).await;
    table.delete().await;
}
