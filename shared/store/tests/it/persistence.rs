//! What is there after the store was closed and opened.

use domain::ids::Space;
use domain::resource::{Cors, EventType, Function, MetadataFilter, Subscription};
use store::Store;

use crate::open;
use crate::resources::{asynchronous, cors, decode, event_type, function, sync};

async fn list<R: domain::configuration::Configured>(store: &Store, space: &Space) -> Vec<R> {
    let listed = store.list::<R>(space, &MetadataFilter::default()).await.unwrap();
    listed.iter().map(|resource| R::clone(resource)).collect()
}

async fn everything(
    store: &Store,
    space: &Space,
) -> (Vec<EventType>, Vec<Function>, Vec<Subscription>, Vec<Cors>) {
    (
        list(store, space).await,
        list(store, space).await,
        list(store, space).await,
        list(store, space).await,
    )
}

#[tokio::test]
async fn everything_is_there_again() {
    let directory = tempfile::tempdir().unwrap();
    // Missing folders are made.
    let directory = directory.path().join("a/b");
    let space = Space::from("default");
    let store = open(&directory);
    store.create(function(&space, "plain")).await.unwrap();
    let lambda = r#"{"functionId":"lambda","type":"awslambda","provider":{"arn":"arn:aws:lambda:us-east-1:1:function:f",
        "region":"us-east-1","awsAccessKeyId":"key","awsSecretAccessKey":"secret"},"metadata":{"ä":"\"\n"}}"#;
    store
        .create(decode::<Function>(&space, None, lambda))
        .await
        .unwrap();
    store.create(function(&space, "removed")).await.unwrap();
    store.create(event_type(&space, "e")).await.unwrap();
    store
        .update(decode::<EventType>(
            &space,
            Some(&"e".into()),
            r#"{"authorizerId":"plain"}"#,
        ))
        .await
        .unwrap();
    store.create(sync(&space, "e", "plain", "/a/:b")).await.unwrap();
    store
        .create(asynchronous(&space, "e", "lambda", "/a"))
        .await
        .unwrap();
    store.create(cors(&space, "/a/*c")).await.unwrap();
    store.delete::<Function>(&space, &"removed".into()).await.unwrap();
    let before = everything(&store, &space).await;
    assert_eq!(
        (before.0.len(), before.1.len(), before.2.len(), before.3.len()),
        (1, 2, 2, 1)
    );
    drop(store);

    let store = open(&directory);
    assert_eq!(everything(&store, &space).await, before);
    let table = store.routing_table(&[]).await.unwrap();
    assert!(table.routes("e", "GET", "/a/x").sync.is_some());
    assert_eq!(table.routes("e", "GET", "/a").asynchronous.len(), 1);
    let authorizer = table.authorizer(&space, &"s".into(), "e");
    assert_eq!(authorizer.unwrap().as_str(), "plain");
    assert!(table.cors("GET", "/a/x/y").is_some());
    let conflict = store
        .create(sync(&space, "e", "plain", "/a/b"))
        .await
        .unwrap_err();
    assert!(
        conflict.to_string().starts_with("Subscription path conflict"),
        "{conflict}"
    );
}

#[tokio::test]
async fn the_order_of_creation_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let space = Space::from("default");
    let order = async |store: &Store| {
        let table = store.routing_table(&[]).await.unwrap();
        let routes = table.routes("e", "GET", "/").asynchronous;
        routes
            .iter()
            .map(|stored| stored.resource.function_id.to_string())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let subscribe = async |store: &Store, id: &str| {
        store.create(function(&space, id)).await.unwrap();
        store.create(asynchronous(&space, "e", id, "/")).await.unwrap();
    };
    let store = open(directory.path());
    store.create(event_type(&space, "e")).await.unwrap();
    for id in ["m", "z", "a", "newest"] {
        subscribe(&store, id).await;
    }
    let newest = asynchronous(&space, "e", "newest", "/").subscription_id;
    store.delete::<Subscription>(&space, &newest).await.unwrap();
    drop(store);

    let store = open(directory.path());
    assert_eq!(order(&store).await, "m z a");
    subscribe(&store, "b").await;
    assert_eq!(order(&store).await, "m z a b");
    drop(store);
    assert_eq!(order(&open(directory.path())).await, "m z a b");
}

#[tokio::test]
async fn filters_are_there_again_as_they_were_sent() {
    let directory = tempfile::tempdir().unwrap();
    let space = Space::from("default");
    let store = open(directory.path());
    store.create(function(&space, "f")).await.unwrap();
    store.create(event_type(&space, "e")).await.unwrap();
    let body = r#"{"type":"async","eventType":"e","functionId":"f","method":"GET","filters":[ {"exact":{"b":"1", "a":"2"}} ]}"#;
    let subscription = decode::<Subscription>(&space, None, body);
    store.create(subscription.clone()).await.unwrap();
    drop(store);

    let store = open(directory.path());
    let id = &subscription.subscription_id;
    let again = store.get::<Subscription>(&space, id).await.unwrap();
    assert_eq!(*again, subscription);
    let text = again.filters.as_ref().unwrap().text();
    assert_eq!(text, r#"[ {"exact":{"b":"1", "a":"2"}} ]"#);
    assert!(store.routing_table(&[]).await.unwrap().has_filters());
    store.delete::<Subscription>(&space, id).await.unwrap();
    assert!(!store.routing_table(&[]).await.unwrap().knows_filters());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().join("store");
    drop(open(&directory));
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&directory.join("configuration.redb")), 0o600);
}
