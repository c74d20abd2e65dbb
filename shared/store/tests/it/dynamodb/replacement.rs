//! Several changes in one transaction: what others that follow the changes of the table make of them.

use domain::ids::Space;
use domain::resource::{Function, Subscription};
use store::{Store, StoreError};

use super::encryption::{newest_change, store as store_with_key};
use super::instance::Instance;
use super::kms_peer::KmsPeer;
use super::{TestTable, text};
use crate::encryption::{shows_secrets, with_secrets};
use crate::replacement::{filled, put};
use crate::resources::{event_type, function};

/// The version that a space has in the table.
async fn version(store: &Store, space: &Space) -> u64 {
    let written = store.create(event_type(space, "version")).await.unwrap();
    written.version.unwrap().version
}

#[tokio::test]
async fn each_change_counts_and_the_gap_is_read_anew() {
    let table = TestTable::create().await;
    let space = Space::from("one");
    let (first, other) = (Instance::new(&table), Instance::new(&table));
    let publisher = first.dynamodb.publisher();
    // Both know the space, and it is published.
    first.store.create(event_type(&space, "a")).await.unwrap();
    assert!(
        publisher
            .apply(vec![newest_change(&table, &space).await])
            .await
            .is_empty()
    );
    other.store.create(event_type(&space, "b")).await.unwrap();
    assert!(
        publisher
            .apply(vec![newest_change(&table, &space).await])
            .await
            .is_empty()
    );

    let state = first.store.space_state(&space).await.unwrap();
    let written = first
        .store
        .replace(state.clone(), filled(&state, 3))
        .await
        .unwrap()
        .unwrap();
    let led_to = written.version.unwrap();
    assert_eq!(led_to.version, 2 + 5);
    // What follows the stream is told of the last one alone.
    let told = newest_change(&table, &space).await;
    assert_eq!(told.version, 7);
    assert!(publisher.apply(vec![told]).await.is_empty());
    let reader = Instance::new(&table);
    let routes = reader.routes().await.unwrap();
    for number in 0..3 {
        assert!(
            routes
                .routes("e", "GET", &format!("/{space}/{number}"))
                .sync
                .is_some()
        );
    }
    assert_eq!(reader.queries(), 1, "all of it is published");
    // A writer that knew an earlier state decides on this one.
    let refused = other.store.create(function(&space, "f")).await;
    assert!(matches!(refused, Err(StoreError::Rejected(_))), "{refused:?}");
    assert_eq!(version(&other.store, &space).await, 8);
    // One change by itself is as any other.
    let state = other.store.space_state(&space).await.unwrap();
    let mut after = state.snapshot.clone();
    after.remove::<Subscription>(
        &state
            .snapshot
            .iter::<Subscription>()
            .next()
            .unwrap()
            .resource
            .subscription_id,
    );
    let written = other.store.replace(state, after).await.unwrap().unwrap();
    assert_eq!(written.version.unwrap().version, 9);
    table.delete().await;
}

#[tokio::test]
async fn secrets_of_several_functions_are_encrypted() {
    let table = TestTable::create().await;
    let kms = KmsPeer::default();
    let space = Space::from("default");
    let store = store_with_key(&table, Some(kms.key()));
    let state = store.space_state(&space).await.unwrap();
    let mut after = state.snapshot.clone();
    for id in ["f", "g"] {
        put(&mut after, with_secrets(&space, id), state.next_created);
    }
    store.replace(state, after).await.unwrap().unwrap();
    let items = table.items(&["SPACE#default"]).await;
    assert!(items.len() >= 3 && !shows_secrets(format!("{items:?}").as_bytes()));
    let other = store_with_key(&table, Some(kms.key()));
    let read = other.space_state(&space).await.unwrap();
    assert_eq!(
        *read.snapshot.get::<Function>(&"g".into()).unwrap(),
        with_secrets(&space, "g")
    );
    table.delete().await;
}

/// A resource that cannot be read is not written over, and is told of.
#[tokio::test]
async fn what_cannot_be_read_is_not_written_over() {
    let table = TestTable::create().await;
    let space = Space::from("default");
    let store = table.store();
    store.create(event_type(&space, "e")).await.unwrap();
    table
        .put([
            ("pk", text("SPACE#default")),
            ("sk", text("FUNCTION#f")),
            ("resource", text("{")),
        ])
        .await;
    let state = store.space_state(&space).await.unwrap();
    let refused = store.replace(state.clone(), filled(&state, 2)).await;
    assert!(matches!(refused, Err(StoreError::Corrupt { .. })), "{refused:?}");
    table.delete().await;
}
