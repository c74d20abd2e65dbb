//! Changes at the same time, and callers that go away.

use domain::ids::Space;
use domain::resource::{Function, MetadataFilter, Resource as _, Subscription};
use futures::FutureExt as _;
use futures::future::join_all;
use store::StoreError;

use crate::resources::{event_type, function, sync};
use crate::{log, open};

fn status<T>(result: Result<T, StoreError>) -> String {
    result.map_or_else(|err| err.to_string(), |_| "done".to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_twenty_equal_creations_wins() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    for round in 0..20 {
        let space = Space::from(format!("round-{round}"));
        let create = || {
            let (store, function) = (store.clone(), function(&space, "f"));
            tokio::spawn(async move { status(store.create(function).await) })
        };
        let results: Vec<_> = join_all((0..20).map(|_| create()))
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let count = |text: &str| results.iter().filter(|result| *result == text).count();
        assert_eq!(
            (count("done"), count("Function \"f\" already registered.")),
            (1, 19),
            "{results:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_subscription_never_outlives_its_function() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let space = Space::from("default");
    store.create(event_type(&space, "e")).await.unwrap();
    for round in 0..200 {
        store.create(function(&space, "f")).await.unwrap();
        let subscribe = {
            let (store, subscription) = (store.clone(), sync(&space, "e", "f", "/"));
            async move { status(store.create(subscription).await) }
        };
        let delete = {
            let (store, space) = (store.clone(), space.clone());
            async move { status(store.delete::<Function>(&space, &"f".into()).await) }
        };
        // Whichever is spawned first has the better chance, so they take turns.
        let (subscribed, deleted) = if round % 2 == 0 {
            let (subscribe, delete) = (tokio::spawn(subscribe), tokio::spawn(delete));
            (subscribe.await.unwrap(), delete.await.unwrap())
        } else {
            let (delete, subscribe) = (tokio::spawn(delete), tokio::spawn(subscribe));
            (subscribe.await.unwrap(), delete.await.unwrap())
        };
        match (subscribed.as_str(), deleted.as_str()) {
            ("done", "Function cannot be deleted because it's subscribed to a least one event.") => {
                let id = sync(&space, "e", "f", "/").subscription_id;
                store.delete::<Subscription>(&space, &id).await.unwrap();
                store.delete::<Function>(&space, &"f".into()).await.unwrap();
            }
            ("Function \"f\" not found.", "done") => {}
            other => panic!("round {round}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_was_asked_for_is_done_though_nobody_waits() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let space = Space::from("default");
    for round in 0..50 {
        let id = format!("f{round}");
        assert!(store.get::<Function>(&space, &id.as_str().into()).await.is_err());
        // Polled once, which hands the change over, and dropped. It may even be done by then.
        let _ = store.create(function(&space, &id)).now_or_never();
        // Changes are carried out in their order.
        store
            .create(function(&space, &format!("after{round}")))
            .await
            .unwrap();
        store.get::<Function>(&space, &id.as_str().into()).await.unwrap();
    }
    let _ = store.create(function(&space, "last")).now_or_never();
    drop(store);
    open(directory.path())
        .get::<Function>(&space, &"last".into())
        .await
        .unwrap();
}

#[tokio::test]
async fn the_operator_is_told_of_a_shadowed_subscription() {
    log::keep();
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    for (space, path) in [
        ("shadow-first", "/:a"),
        ("shadow-second", "/:b"),
        ("shadow-third", "/x/y"),
    ] {
        let space = Space::from(space);
        store.create(function(&space, "f")).await.unwrap();
        store.create(event_type(&space, "e")).await.unwrap();
        store.create(sync(&space, "e", "f", path)).await.unwrap();
    }
    let warnings = log::lines_with("WARN");
    let about = |space: &str| {
        let named = format!(" space={space} ");
        warnings
            .iter()
            .filter(|line| line.contains(&named))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (about("shadow-first").len(), about("shadow-third").len()),
        (0, 0),
        "{warnings:?}"
    );
    let [warning] = about("shadow-second")[..] else {
        panic!("{warnings:?}")
    };
    let second = sync(&"shadow-second".into(), "e", "f", "/:b");
    for part in ["first_space=shadow-first", second.id().as_str()] {
        assert!(warning.contains(part), "{part} in {warning}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_that_panics_harms_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let space = Space::from("default");
    store.create(function(&space, "f")).await.unwrap();
    let id = "f".into();
    let panics = |_: &Function| panic!("broken");
    let checks = |_: &Function| panic!("broken");
    for round in 0..20 {
        let name = format!("f{round}");
        let (revised, deleted, created) = futures::join!(
            store.revise::<Function>(&space, &id, panics),
            store.delete_checked::<Function>(&space, &id, checks),
            store.create(function(&space, &name)),
        );
        assert!(matches!(revised, Err(StoreError::Panicked)), "{revised:?}");
        assert!(matches!(deleted, Err(StoreError::Panicked)), "{deleted:?}");
        created.unwrap();
    }
    drop(store);
    let (store, all) = (open(directory.path()), MetadataFilter::default());
    let kept = store.list::<Function>(&space, &all).await.unwrap();
    assert_eq!(kept.len(), 21);
}
