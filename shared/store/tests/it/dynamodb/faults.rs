//! Items that cannot be read, tables that cannot be reached, and races that nobody wins.

use std::error::Error as _;
use std::time::Duration;

use domain::configuration::Configured;
use domain::ids::Space;
use domain::resource::{Cors, EventType, Function, Kind, MetadataFilter, Resource as _, Subscription};
use store::{DynamoDb, DynamoDbSettings, Edit, Operation, SpaceChange, Store, StoreError};

use super::{TestTable, number, text};
use crate::log;
use crate::resources::{asynchronous, cors, decode, event_type, function};

const SECRET: &str = "hunter2";

fn secretive(space: &Space) -> Function {
    let body = format!(
        r#"{{"functionId":"s","type":"awslambda","provider":{{"arn":"arn:aws:lambda:us-east-1:1:function:f",
        "region":"us-east-1","awsAccessKeyId":"AKIA","awsSecretAccessKey":"{SECRET}"}}}}"#
    );
    decode(space, None, &body)
}

fn assert_corrupt<T: std::fmt::Debug>(result: Result<T, StoreError>, key: &str) {
    let err = result.unwrap_err();
    assert_eq!(
        err.to_string(),
        format!("stored configuration {key} cannot be read")
    );
    assert!(err.source().is_some(), "{err:?}");
    assert!(!format!("{err:?}").contains(SECRET), "{err:?}");
}

#[tokio::test]
async fn an_item_that_cannot_be_read_is_named_and_takes_nothing_else_down() {
    log::keep();
    let table = TestTable::create().await;
    let space = Space::from("corrupt");
    table.store().create(function(&space, "f")).await.unwrap();
    let (pk, sk) = ("SPACE#corrupt", "FUNCTION#broken");
    let resource = text(format!(
        r#"{{"space":"corrupt","functionId":"broken","type":"{SECRET}"}}"#
    ));
    table
        .put([
            ("pk", text(pk)),
            ("sk", text(sk)),
            ("created", number(1)),
            ("resource", resource),
        ])
        .await;

    let store = table.store();
    let key = "SPACE#corrupt/FUNCTION#broken";
    assert_corrupt(store.get::<Function>(&space, &"broken".into()).await, key);
    assert_corrupt(
        store.list::<Function>(&space, &MetadataFilter::default()).await,
        key,
    );
    store.get::<Function>(&space, &"f".into()).await.unwrap();

    store.create(event_type(&space, "e")).await.unwrap();
    let logged = log::lines_with(key);
    assert!(logged.iter().any(|line| line.contains("ERROR")), "{logged:?}");
    store.create(asynchronous(&space, "e", "f", "/")).await.unwrap();
    assert_corrupt(store.create(function(&space, "broken")).await, key);
    assert_corrupt(store.update(function(&space, "broken")).await, key);
    assert_corrupt(store.delete::<Function>(&space, &"broken".into()).await, key);
    assert!(log::lines_with(SECRET).is_empty());
    table.delete().await;
}

#[tokio::test]
async fn a_table_that_is_not_there_is_unavailable() {
    let table = TestTable::create().await;
    let name = format!("{}-absent", table.name);
    let settings = DynamoDbSettings {
        table: name,
        ..table.settings()
    };
    let store = Store::DynamoDb(DynamoDb::new(table.client.clone(), settings));
    let space = Space::from("absent");
    let failures = [
        store.create(secretive(&space)).await.unwrap_err(),
        store.delete::<Function>(&space, &"f".into()).await.unwrap_err(),
        store.get::<Function>(&space, &"f".into()).await.unwrap_err(),
        store
            .list::<Function>(&space, &MetadataFilter::default())
            .await
            .unwrap_err(),
        store.counts().await.unwrap_err(),
    ];
    for err in failures {
        assert!(matches!(err, StoreError::Unavailable { .. }), "{err:?}");
        let cause = err.source().unwrap();
        assert!(
            format!("{cause:?}").contains("ResourceNotFoundException"),
            "{cause:?}"
        );
        assert!(!format!("{err:?}").contains(SECRET), "{err:?}");
    }
    table.delete().await;
}

#[tokio::test]
async fn a_write_that_never_finds_its_state_gives_up_in_time() {
    let table = TestTable::create().await;
    let space = Space::from("contended");
    // A resource without a version of its space, as when only some items were copied from elsewhere.
    let resource = serde_json::to_string(&function(&space, "f")).unwrap();
    table
        .put([
            ("pk", text("SPACE#contended")),
            ("sk", text("FUNCTION#f")),
            ("created", number(1)),
            ("resource", text(resource)),
        ])
        .await;
    let settings = DynamoDbSettings {
        write_timeout: Duration::from_secs(2),
        ..table.settings()
    };
    let store = Store::DynamoDb(DynamoDb::new(table.client.clone(), settings));
    let start = std::time::Instant::now();
    let err = store.create(function(&space, "f")).await.unwrap_err();
    assert!(
        matches!(&err, StoreError::Contended { space: of } if *of == space),
        "{err:?}"
    );
    assert!(start.elapsed() < Duration::from_secs(4));
    store.create(function(&space, "g")).await.unwrap();
    table.delete().await;
}

/// What the item of the newest change tells.
async fn newest_change(table: &TestTable) -> SpaceChange {
    let change = table.attribute("SPACE#log", "CHANGE", "change").await.unwrap();
    SpaceChange::parse(change.as_s().unwrap()).unwrap()
}

fn put<R: Configured>(edit: &Edit<R>) -> &R {
    match edit {
        Edit::Put(stored) => &stored.resource,
        Edit::Move(..) | Edit::Remove(_) => panic!("it is gone"),
    }
}

#[tokio::test]
async fn every_write_is_the_newest_change_of_its_space() {
    let table = TestTable::create().await;
    let (store, space) = (table.store(), Space::from("log"));
    store.create(secretive(&space)).await.unwrap();
    let change = newest_change(&table).await;
    assert_eq!((&change.space, change.version), (&space, 1));
    assert!(matches!(&change.operation, Operation::Function(edit) if *put(edit) == secretive(&space)));

    store.create(event_type(&space, "e")).await.unwrap();
    let updated: EventType = decode(&space, Some(&"e".into()), r#"{"authorizerId":"s"}"#);
    store.update(updated.clone()).await.unwrap();
    let change = newest_change(&table).await;
    assert_eq!(change.version, 3);
    assert!(matches!(&change.operation, Operation::EventType(edit) if *put(edit) == updated));

    let subscription = asynchronous(&space, "e", "s", "/");
    store.create(subscription.clone()).await.unwrap();
    store
        .delete::<Subscription>(&space, subscription.id())
        .await
        .unwrap();
    let change = newest_change(&table).await;
    assert_eq!(change.version, 5);
    let removed = Operation::Subscription(Edit::Remove(subscription.subscription_id));
    assert_eq!(change.operation, removed);

    store.create(cors(&space, "/")).await.unwrap();
    let change = newest_change(&table).await;
    assert!(matches!(&change.operation, Operation::Cors(edit) if *put(edit) == cors(&space, "/")));
    table.delete().await;
}

#[tokio::test]
async fn versions_go_on_after_everything_is_deleted() {
    let table = TestTable::create().await;
    let space = Space::from("emptied");
    for round in 0..3 {
        // A process of its own each time: nothing is known but what is in the table.
        let store = table.store();
        let made = store.create(cors(&space, "/")).await.unwrap();
        assert_eq!(made.version.unwrap().version, 2 * round + 1);
        let counts = store.counts().await.unwrap();
        assert!(counts.contains(&(space.clone(), Kind::Cors, 1)), "{counts:?}");
        let gone = table
            .store()
            .delete::<Cors>(&space, made.value.id())
            .await
            .unwrap();
        assert_eq!(gone.version.unwrap().version, 2 * round + 2);
        assert!(store.counts().await.unwrap().is_empty());
    }
    table.delete().await;
}
