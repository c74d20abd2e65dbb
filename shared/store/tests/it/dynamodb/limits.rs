//! What is longer or larger than the table can take, and what takes more than one page to read.

use std::collections::BTreeMap;

use domain::ids::{Space, SubscriptionId};
use domain::resource::{Cors, Function, Kind, MetadataFilter, Resource as _, Subscription};
use store::StoreError;

use super::{TestTable, text};
use crate::resources::{cors, event_type, function, sync};

/// A function of about this many bytes.
fn large(space: &Space, id: &str, bytes: usize) -> Function {
    let metadata = BTreeMap::from([("padding".to_owned(), "x".repeat(bytes))]);
    Function {
        metadata,
        ..function(space, id)
    }
}

#[tokio::test]
async fn ids_may_be_longer_than_keys() {
    let table = TestTable::create().await;
    let store = table.store();
    let space = Space::from("s".repeat(3000));
    let long = |last: char| format!("/{}{last}", "é".repeat(1023));
    assert_eq!(long('a').len(), 2048);
    let id = "f".repeat(2000);
    store.create(event_type(&space, &"e".repeat(2000))).await.unwrap();
    store.create(function(&space, &id)).await.unwrap();
    let mut made: Vec<SubscriptionId> = Vec::new();
    for path in [long('a'), long('b')] {
        let subscription = sync(&space, &"e".repeat(2000), &id, &path);
        made.push(store.create(subscription).await.unwrap().value.id().clone());
        store.create(cors(&space, &path)).await.unwrap();
    }
    let all = MetadataFilter::default();
    let listed = store.list::<Subscription>(&space, &all).await.unwrap();
    let ids: Vec<_> = listed
        .iter()
        .map(|subscription| subscription.id().clone())
        .collect();
    made.sort_by(|one, other| other.cmp(one));
    assert_eq!(ids, made);
    assert_eq!(store.list::<Cors>(&space, &all).await.unwrap().len(), 2);
    let counts = store.counts().await.unwrap();
    assert!(
        counts.contains(&(space.clone(), Kind::Subscription, 2)),
        "{counts:?}"
    );

    // Another process knows them too.
    let other = table.store();
    let twice = other.create(cors(&space, &long('b'))).await.unwrap_err();
    assert!(twice.to_string().ends_with("already exists."), "{twice}");
    other.delete::<Subscription>(&space, &made[0]).await.unwrap();
    let gone = store.get::<Subscription>(&space, &made[0]).await.unwrap_err();
    assert!(matches!(gone, StoreError::Rejected(_)), "{gone:?}");
    store.get::<Subscription>(&space, &made[1]).await.unwrap();
    table.delete().await;
}

#[tokio::test]
async fn a_resource_that_is_too_large_is_refused() {
    let table = TestTable::create().await;
    let store = table.store();
    let space = Space::from("large");
    let refused = store.create(large(&space, "f", 400_000)).await.unwrap_err();
    let StoreError::TooLarge { bytes, limit } = refused else {
        panic!("{refused:?}")
    };
    assert!(bytes > 400_000 && limit <= 400 * 1024, "{bytes} {limit}");
    assert!(
        table.attribute("VERSIONS", "large", "version").await.is_none(),
        "nothing was written"
    );

    let largest = large(&space, "f", 399_000);
    let written = store.create(largest.clone()).await.unwrap();
    assert_eq!(written.version.unwrap().version, 1);
    assert_eq!(
        *store.get::<Function>(&space, &"f".into()).await.unwrap(),
        largest
    );
    let refused = store.update(large(&space, "f", 400_000)).await.unwrap_err();
    assert!(matches!(refused, StoreError::TooLarge { .. }), "{refused:?}");
    assert_eq!(
        *store.get::<Function>(&space, &"f".into()).await.unwrap(),
        largest
    );
    table.delete().await;
}

#[tokio::test]
async fn all_pages_are_read() {
    const FUNCTIONS: usize = 30;

    let table = TestTable::create().await;
    let store = table.store();
    let space = Space::from("pages");
    for number in 0..FUNCTIONS {
        let function = large(&space, &format!("f{number:02}"), 100_000);
        store.create(function).await.unwrap();
    }
    store.create(event_type(&space, "e")).await.unwrap();
    // Subscriptions come after all functions in the partition.
    store.create(sync(&space, "e", "f29", "/")).await.unwrap();
    let query = table.client.query().table_name(&table.name);
    let query = query.key_condition_expression("pk = :pk");
    let page = query
        .expression_attribute_values(":pk", text("SPACE#pages"))
        .send()
        .await
        .unwrap();
    assert!(
        page.count() < 15 && page.last_evaluated_key().is_some(),
        "this is to take several pages"
    );

    let listed = store
        .list::<Function>(&space, &MetadataFilter::default())
        .await
        .unwrap();
    let ids: Vec<_> = listed.iter().map(|function| function.id().to_string()).collect();
    let want: Vec<_> = (0..FUNCTIONS)
        .rev()
        .map(|number| format!("f{number:02}"))
        .collect();
    assert_eq!(ids, want);
    let refused = table
        .store()
        .delete::<Function>(&space, &"f29".into())
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Function cannot be deleted because it's subscribed to a least one event."
    );
    table.delete().await;
}
