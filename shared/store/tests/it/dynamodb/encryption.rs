//! Encryption of the store in DynamoDB: what is in the table, what KMS is asked for, and what does not open.

use std::error::Error;

use domain::ids::Space;
use domain::resource::{Function, MetadataFilter, Provider};
use domain::routing::RoutingTable;
use store::{DynamoDb, DynamoDbSettings, KmsKey, SpaceChange, Store, StoreError};

use super::kms_peer::{KmsPeer, any_key};
use super::{TestTable, text};
use crate::encryption::{masks_and_races, shows_secrets, with_secrets};
use crate::resources::{asynchronous, event_type, function};

/// A store as one of another process, with a key or without.
pub(super) fn instance(table: &TestTable, kms: Option<KmsKey>) -> DynamoDb {
    let settings = DynamoDbSettings {
        kms,
        ..table.settings()
    };
    DynamoDb::new(table.client.clone(), settings)
}

pub(super) fn store(table: &TestTable, kms: Option<KmsKey>) -> Store {
    Store::DynamoDb(instance(table, kms))
}

/// Everything in the table, as text.
async fn contents(table: &TestTable, space: &Space) -> String {
    let (resources, snapshot) = (format!("SPACE#{space}"), format!("SNAPSHOT#{space}"));
    let items = table.items(&[&resources, &snapshot, "VERSIONS"]).await;
    format!("{items:?}")
}

/// The change that the table has as the newest of a space.
pub(super) async fn newest_change(table: &TestTable, space: &Space) -> SpaceChange {
    let change = table
        .attribute(&format!("SPACE#{space}"), store::NEWEST_CHANGE, store::CHANGE)
        .await;
    SpaceChange::parse(change.unwrap().as_s().unwrap()).unwrap()
}

/// The function of a path, as the routes have it.
pub(super) fn routed(routes: &RoutingTable, space: &Space, id: &str) -> Option<Provider> {
    routes
        .function(space, &id.into())
        .map(|function| function.provider.clone())
}

fn causes(err: &StoreError) -> String {
    let causes = std::iter::successors(Some(err as &dyn Error), |&err| err.source());
    causes.map(|err| format!("{err} ")).collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn no_secret_is_in_the_table_and_every_reader_gets_it() {
    let table = TestTable::create().await;
    let kms = KmsPeer::default();
    let space = Space::from("default");
    let writer = instance(&table, Some(kms.key()));
    let through = Store::DynamoDb(writer.clone());
    through.create(event_type(&space, "e")).await.unwrap();
    through.create(with_secrets(&space, "f")).await.unwrap();
    let first = newest_change(&table, &space).await;
    through
        .create(asynchronous(&space, "e", "f", "/f"))
        .await
        .unwrap();
    let other = Store::DynamoDb(instance(&table, Some(kms.key())));
    // From the items, then by a change, then from the snapshot.
    let from_items = store(&table, Some(kms.key())).routing_table(&[]).await.unwrap();
    let failures = writer
        .publisher()
        .apply(vec![first, newest_change(&table, &space).await])
        .await;
    assert!(failures.is_empty(), "{failures:?}");
    let from_snapshot = store(&table, Some(kms.key())).routing_table(&[]).await.unwrap();
    let wanted = Some(with_secrets(&space, "f").provider);
    assert_eq!(routed(&from_items, &space, "f"), wanted);
    assert_eq!(routed(&from_snapshot, &space, "f"), wanted);
    let listed = other
        .list::<Function>(&space, &MetadataFilter::default())
        .await
        .unwrap();
    assert_eq!(*listed[0], with_secrets(&space, "f"));
    other.update(with_secrets(&space, "f")).await.unwrap();
    through.update(with_secrets(&space, "f")).await.unwrap();
    assert_eq!(
        *through.get::<Function>(&space, &"f".into()).await.unwrap(),
        with_secrets(&space, "f")
    );
    let contents = contents(&table, &space).await;
    assert!(contents.contains("dataKey") && !shows_secrets(contents.as_bytes()));
    table.delete().await;
}

/// With whatever KMS the environment names.
#[tokio::test]
async fn any_kms_keeps_secrets() {
    let table = TestTable::create().await;
    let key = any_key().await;
    let space = Space::from("default");
    let writer = instance(&table, Some(key.clone()));
    let through = Store::DynamoDb(writer.clone());
    through.create(with_secrets(&space, "f")).await.unwrap();
    writer.publisher().catch_up().await.unwrap();
    let contents = contents(&table, &space).await;
    assert!(contents.contains("dataKey") && !shows_secrets(contents.as_bytes()));
    // Another process, which has to ask KMS.
    let cold = store(&table, Some(key.clone()));
    let stored = cold.get::<Function>(&space, &"f".into()).await.unwrap();
    assert_eq!(*stored, with_secrets(&space, "f"));
    let routes = cold.routing_table(&[]).await.unwrap();
    assert_eq!(
        routed(&routes, &space, "f"),
        Some(with_secrets(&space, "f").provider)
    );
    let elsewhere = KmsKey {
        bound_to: Some("another table".to_owned()),
        ..key
    };
    let refused = store(&table, Some(elsewhere))
        .get::<Function>(&space, &"f".into())
        .await;
    assert!(matches!(refused, Err(StoreError::Sealed { .. })), "{refused:?}");
    table.delete().await;
}

#[tokio::test]
async fn snapshots_hold_no_secret_when_they_are_inflated() {
    let table = TestTable::create().await;
    let kms = KmsPeer::default();
    let space = Space::from("default");
    let writer = instance(&table, Some(kms.key()));
    Store::DynamoDb(writer.clone())
        .create(with_secrets(&space, "f"))
        .await
        .unwrap();
    writer.publisher().catch_up().await.unwrap();
    let data = table
        .attribute("SNAPSHOT#default", "LATEST", "data")
        .await
        .unwrap();
    let mut document = Vec::new();
    let mut inflate = flate2::read::ZlibDecoder::new(data.as_b().unwrap().as_ref());
    std::io::Read::read_to_end(&mut inflate, &mut document).unwrap();
    let document = String::from_utf8(document).unwrap();
    assert!(
        document.contains("\"seal\":{\"dataKey\":") && document.contains("awsAccessKeyId"),
        "{document}"
    );
    assert!(!shows_secrets(document.as_bytes()));
    table.delete().await;
}

#[tokio::test]
async fn data_keys_are_used_again() {
    let table = TestTable::create().await;
    let kms = KmsPeer::default();
    let store = store(&table, Some(kms.key()));
    let (one, two) = (Space::from("one"), Space::from("two"));
    for number in 0..20 {
        store
            .create(with_secrets(&one, &format!("f{number}")))
            .await
            .unwrap();
        store
            .create(function(&one, &format!("plain{number}")))
            .await
            .unwrap();
    }
    store.create(with_secrets(&two, "f")).await.unwrap();
    store
        .list::<Function>(&one, &MetadataFilter::default())
        .await
        .unwrap();
    assert_eq!(kms.calls(), (2, 0), "one for each space");
    let cold = self::store(&table, Some(kms.key()));
    for _ in 0..3 {
        cold.list::<Function>(&one, &MetadataFilter::default())
            .await
            .unwrap();
    }
    assert_eq!(kms.calls(), (2, 1));
    table.delete().await;
}

#[tokio::test]
async fn a_thousand_writes_take_two_data_keys() {
    let table = TestTable::create().await;
    let kms = KmsPeer::default();
    let store = store(&table, Some(kms.key()));
    let space = Space::from("default");
    store.create(with_secrets(&space, "f")).await.unwrap();
    for _ in 0..1000 {
        store.update(with_secrets(&space, "f")).await.unwrap();
    }
    assert_eq!(kms.calls().0, 2);
    table.delete().await;
}

#[tokio::test]
async fn without_the_key_nothing_is_read_and_nothing_is_lost() {
    let table = TestTable::create().await;
    let kms = KmsPeer::default();
    let space = Space::from("default");
    let right = store(&table, Some(kms.key()));
    right.create(event_type(&space, "e")).await.unwrap();
    right.create(with_secrets(&space, "f")).await.unwrap();
    instance(&table, Some(kms.key()))
        .publisher()
        .catch_up()
        .await
        .unwrap();
    let denied = KmsPeer::default();
    denied.fail(Some("AccessDeniedException"));
    let renamed = KmsKey {
        bound_to: Some("another table".to_owned()),
        ..kms.key()
    };
    for (key, want) in [
        (None, "encrypted with a data key of KMS, and none is set"),
        (Some(KmsPeer::default().key()), "cannot be had from KMS"),
        (Some(denied.key()), "cannot be had from KMS"),
        (Some(renamed), "cannot be had from KMS"),
    ] {
        let wrong = instance(&table, key);
        let through = Store::DynamoDb(wrong.clone());
        let got = through.get::<Function>(&space, &"f".into()).await.unwrap_err();
        let listed = through
            .list::<Function>(&space, &MetadataFilter::default())
            .await
            .unwrap_err();
        let written = through.create(event_type(&space, "e2")).await.unwrap_err();
        for err in [got, listed, written] {
            let text = causes(&err);
            assert!(text.contains(want) && text.contains("decrypted"), "{text}");
        }
        // The routes have it, not to be called.
        let routes = through.routing_table(&[]).await.unwrap();
        assert!(routed(&routes, &space, "f").is_some() && routes.is_sealed(&space, &"f".into()));
        // Neither does it publish the space without the function.
        let published = table.items(&["SNAPSHOT#default"]).await;
        let failures = wrong
            .publisher()
            .apply(vec![newest_change(&table, &space).await])
            .await;
        assert_eq!(failures.len(), 1);
        assert_eq!(table.items(&["SNAPSHOT#default"]).await, published);
    }
    let routes = store(&table, Some(kms.key())).routing_table(&[]).await.unwrap();
    assert_eq!(
        routed(&routes, &space, "f"),
        Some(with_secrets(&space, "f").provider)
    );
    let moved = instance(&table, Some(kms.key())).publisher().catch_up().await;
    moved.unwrap();
    table.delete().await;
}

#[tokio::test]
async fn what_was_stored_before_is_readable_and_encrypted_when_it_is_written() {
    let table = TestTable::create().await;
    let kms = KmsPeer::default();
    let space = Space::from("default");
    let plain = instance(&table, None);
    Store::DynamoDb(plain.clone())
        .create(with_secrets(&space, "f"))
        .await
        .unwrap();
    plain.publisher().catch_up().await.unwrap();
    assert!(shows_secrets(contents(&table, &space).await.as_bytes()));
    let writer = instance(&table, Some(kms.key()));
    let through = Store::DynamoDb(writer.clone());
    assert_eq!(
        *through.get::<Function>(&space, &"f".into()).await.unwrap(),
        with_secrets(&space, "f")
    );
    through.update(with_secrets(&space, "f")).await.unwrap();
    let failures = writer
        .publisher()
        .apply(vec![newest_change(&table, &space).await])
        .await;
    assert!(failures.is_empty());
    assert!(!shows_secrets(contents(&table, &space).await.as_bytes()));
    table.delete().await;
}

#[tokio::test]
async fn secrets_that_were_moved_are_left_out_and_reported() {
    let table = TestTable::create().await;
    let kms = KmsPeer::default();
    let space = Space::from("default");
    let through = store(&table, Some(kms.key()));
    through.create(with_secrets(&space, "victim")).await.unwrap();
    through.create(function(&space, "other")).await.unwrap();
    let pk = "SPACE#default";
    let resource = table.attribute(pk, "FUNCTION#victim", "resource").await.unwrap();
    let seal = table.attribute(pk, "FUNCTION#victim", "seal").await.unwrap();
    let stolen = resource.as_s().unwrap().replace("\"victim\"", "\"thief\"");
    let (created, version) = (super::number(9), super::number(9));
    table
        .put([
            ("pk", text(pk)),
            ("sk", text("FUNCTION#thief")),
            ("resource", text(stolen)),
            ("seal", seal),
            ("created", created),
            ("version", version),
        ])
        .await;
    let cold = store(&table, Some(kms.key()));
    let err = cold.get::<Function>(&space, &"thief".into()).await.unwrap_err();
    assert!(matches!(err, StoreError::Corrupt { .. }), "{err:?}");
    assert!(causes(&err).contains("another function"), "{}", causes(&err));
    let routes = cold.routing_table(&[]).await.unwrap();
    assert_eq!(routed(&routes, &space, "thief"), None);
    assert_eq!(
        routed(&routes, &space, "victim"),
        Some(with_secrets(&space, "victim").provider)
    );
    table.delete().await;
}

#[tokio::test]
async fn a_restored_table_is_bound_to_the_name_of_the_old_one() {
    let (old, restored) = (TestTable::create().await, TestTable::create().await);
    let kms = KmsPeer::default();
    let space = Space::from("default");
    store(&old, Some(kms.key()))
        .create(with_secrets(&space, "f"))
        .await
        .unwrap();
    for item in old.items(&["SPACE#default", "VERSIONS"]).await {
        let put = restored.client.put_item().table_name(&restored.name);
        put.set_item(Some(item)).send().await.unwrap();
    }
    let refused = store(&restored, Some(kms.key()))
        .get::<Function>(&space, &"f".into())
        .await;
    assert!(matches!(refused, Err(StoreError::Sealed { .. })), "{refused:?}");
    let key = KmsKey {
        bound_to: Some(old.name.clone()),
        ..kms.key()
    };
    let function = store(&restored, Some(key))
        .get::<Function>(&space, &"f".into())
        .await
        .unwrap();
    assert_eq!(*function, with_secrets(&space, "f"));
    old.delete().await;
    restored.delete().await;
}

#[tokio::test]
async fn masks_keep_what_is_stored_at_the_time_of_the_write() {
    let table = TestTable::create().await;
    masks_and_races(&store(&table, Some(KmsPeer::default().key()))).await;
    table.delete().await;
}
