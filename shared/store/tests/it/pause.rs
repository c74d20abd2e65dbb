//! Pausing a subscription: once, whoever asks at the same time, and without undoing what others change.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::ids::Space;
use domain::resource::{Subscription, SubscriptionType};
use futures::future::join_all;
use store::{DynamoDb, DynamoDbSettings, PAUSE, PAUSE_REQUEST, PauseRequest, Store};

use crate::dynamodb::TestTable;
use crate::open;
use crate::resources::{asynchronous, event_type, function};

async fn subscribe(store: &Store, space: &Space) -> Subscription {
    store.create(event_type(space, "e")).await.unwrap();
    store.create(function(space, "f")).await.unwrap();
    let subscription = asynchronous(space, "e", "f", "/");
    assert_eq!(subscription.r#type, SubscriptionType::Async);
    (*store.create(subscription).await.unwrap().value).clone()
}

/// The stores are handles to the same one, or as of several processes.
async fn pauses(stores: &[Store]) {
    let store = &stores[0];
    let space = Space::from("pausing");
    let created = subscribe(store, &space).await;
    let id = &created.subscription_id;
    let pause = async |reason: &str| store.pause_subscription(&space, id, reason).await.unwrap();
    assert!(pause("gone: 410").await);
    assert!(!pause("again").await);
    let want = Subscription {
        paused: true,
        paused_reason: Some("gone: 410".to_owned()),
        ..created.clone()
    };
    assert_eq!(*store.get::<Subscription>(&space, id).await.unwrap(), want);
    let absent = store.pause_subscription(&space, &"absent".into(), "x").await;
    assert!(!absent.unwrap());
    let absent = store.pause_subscription(&"absent".into(), id, "x").await;
    assert!(!absent.unwrap());

    for round in 0..5 {
        store.update(created.clone()).await.unwrap();
        let calls = join_all((0..20).map(|number| {
            let (store, space, id) = (stores[number % stores.len()].clone(), space.clone(), id.clone());
            async move { store.pause_subscription(&space, &id, "gone").await.unwrap() }
        }));
        let paused = calls.await.into_iter().filter(|paused| *paused).count();
        assert_eq!(paused, 1, "round {round}");
    }

    for round in 0..20 {
        let metadata = BTreeMap::from([("round".to_owned(), round.to_string())]);
        let update = Subscription {
            metadata: metadata.clone(),
            ..created.clone()
        };
        let resumed = Subscription {
            metadata: BTreeMap::new(),
            ..created.clone()
        };
        store.update(resumed).await.unwrap();
        let other = &stores[stores.len() - 1];
        let (updated, paused) =
            tokio::join!(store.update(update), other.pause_subscription(&space, id, "gone"));
        updated.unwrap();
        assert!(paused.unwrap());
        let now = store.get::<Subscription>(&space, id).await.unwrap();
        assert_eq!(now.metadata, metadata, "the update is lost");
    }

    store.delete::<Subscription>(&space, id).await.unwrap();
    assert!(!pause("gone").await);
}

#[tokio::test]
async fn an_embedded_store_pauses() {
    let directory = tempfile::tempdir().unwrap();
    pauses(&[open(directory.path())]).await;
    let store = open(directory.path());
    let space = Space::from("kept");
    let created = subscribe(&store, &space).await;
    let id = &created.subscription_id;
    assert!(store.pause_subscription(&space, id, "gone").await.unwrap());
    drop(store);
    let kept = open(directory.path())
        .get::<Subscription>(&space, id)
        .await
        .unwrap();
    assert!(kept.paused, "it is on disk");
}

#[tokio::test]
async fn a_table_pauses() {
    let table = TestTable::create().await;
    pauses(&[table.store(), table.store(), table.store()]).await;

    let (store, space) = (table.store(), Space::from("seen"));
    let created = subscribe(&store, &space).await;
    let id = &created.subscription_id;
    let reader = table.store();
    reader.routing_table(&[]).await.unwrap();
    let version = async || table.attribute("VERSIONS", "seen", "version").await;
    let before = version().await;
    assert!(store.pause_subscription(&space, id, "gone").await.unwrap());
    assert_ne!(version().await, before, "readers are to notice");
    let after = version().await;
    assert!(!store.pause_subscription(&space, id, "gone").await.unwrap());
    assert_eq!(version().await, after);
    table.delete().await;
}

/// Who may only ask for pauses writes nothing of the configuration, and what it writes is enough to carry them out.
#[tokio::test]
async fn a_pause_that_is_asked_for_is_carried_out_by_another() {
    let table = TestTable::create().await;
    let open = |pauses_by_request| {
        let settings = DynamoDbSettings {
            pauses_by_request,
            ..table.settings()
        };
        Store::DynamoDb(DynamoDb::new(table.client.clone(), settings))
    };
    let (writer, asker) = (open(false), open(true));
    let space = Space::from("asked");
    let id = subscribe(&writer, &space).await.subscription_id;
    let before = table.items(&["SPACE#asked", "VERSIONS"]).await;
    assert!(!asker.pause_subscription(&space, &id, "gone").await.unwrap());
    assert_eq!(table.items(&["SPACE#asked", "VERSIONS"]).await, before);

    let partition = format!("PAUSE#asked#{id}");
    let [item] = &*table.items(&[&partition]).await else {
        panic!("it did not ask")
    };
    assert_eq!(item["sk"].as_s().unwrap(), PAUSE);
    let request = PauseRequest::parse(item[PAUSE_REQUEST].as_s().unwrap()).unwrap();
    let PauseRequest {
        space: of,
        subscription,
        reason,
    } = request;
    assert!(
        writer
            .pause_subscription(&of, &subscription, &reason)
            .await
            .unwrap()
    );
    let paused = writer.get::<Subscription>(&space, &id).await.unwrap();
    assert_eq!(
        (paused.paused, paused.paused_reason.as_deref()),
        (true, Some("gone"))
    );

    // Asked for again it is another item, which the stream tells of.
    tokio::time::timeout(Duration::from_secs(30), async {
        while table.items(&[&partition]).await == [item.clone()] {
            asker.pause_subscription(&space, &id, "gone").await.unwrap();
        }
    })
    .await
    .unwrap();
    table.delete().await;
}
