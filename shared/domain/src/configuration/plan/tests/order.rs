//! Places in the order of creation, and ids of subscriptions.

use super::*;

#[test]
fn the_order_is_that_of_the_document_or_the_one_that_it_says() {
    let mut document = shop();
    document.subscriptions[1].created = Some(7);
    let space = made(&Snapshot::default(), document, &options());
    let created: Vec<_> = ["w", "a", "hook", "auth"]
        .iter()
        .map(|id| space.get_stored::<Function>(&(*id).into()).unwrap().created)
        .collect();
    assert!(created.is_sorted() && created[0] >= 100, "{created:?}");
    let asynchronous = subscription("async", "a", "/a").resource;
    let stored = space.get_stored::<Subscription>(&asynchronous.subscription_id);
    assert_eq!(stored.unwrap().created, 7);
    let mut document = shop();
    document.cors[0].created = Some(10_000);
    let errors = refusals(&Snapshot::default(), document, &options());
    assert!(errors[0].2.contains("createdAt is in the future"), "{errors:?}");
}

#[test]
fn subscriptions_keep_ids_that_they_can_have() {
    let mut document = shop();
    let filtered =
        r#"{"type":"async","eventType":"e","functionId":"a","path":"/f","filters":[{"exact":{"a":"b"}}]}"#;
    document.subscriptions = vec![wanted(filtered)];
    let derived = document.subscriptions[0].resource.subscription_id.clone();
    let base = derived.as_str().split_once('.').unwrap().0.to_owned();
    for (given, want) in [
        (base.clone(), base.as_str()),
        (format!("{base}.another-hash"), &format!("{base}.another-hash")),
        (format!("{base}.no/hash"), derived.as_str()),
        ("other".to_owned(), derived.as_str()),
    ] {
        let mut document = document.clone();
        document.subscriptions[0].from = Some(given.as_str().into());
        let plan = plan(&Snapshot::default(), document, &options(), &RULES()).unwrap();
        assert_eq!(plan.subscription_ids[0].as_str(), want, "{given}");
    }
}

#[test]
fn subscriptions_move_and_change_places() {
    let mut document = shop();
    document.subscriptions = vec![
        subscription("sync", "a", "/one"),
        subscription("sync", "w", "/two"),
    ];
    let space = made(&Snapshot::default(), document.clone(), &options());
    let ids: Vec<_> = document
        .subscriptions
        .iter()
        .map(|wanted| wanted.resource.subscription_id.clone())
        .collect();
    let mut moved = document.clone();
    moved.subscriptions[0] = subscription("sync", "a", "/three");
    moved.subscriptions[0].from = Some(ids[0].clone());
    let plan = plan(&space, moved.clone(), &options(), &RULES()).unwrap();
    let new_id = moved.subscriptions[0].resource.subscription_id.clone();
    assert_eq!(plan.moved_subscriptions.get(&new_id), Some(&ids[0]));
    assert_eq!(plan.steps[0].count::<Subscription>(), 2);
    // `/:any` is in the way of `/one` and takes its place.
    let mut conflicting = document.clone();
    conflicting.subscriptions[0] = subscription("sync", "a", "/:any");
    conflicting.subscriptions[0].from = Some(ids[0].clone());
    conflicting.subscriptions[1] = subscription("sync", "w", "/:any/two");
    conflicting.subscriptions[1].from = Some(ids[1].clone());
    let swapped = made(&space, conflicting, &options());
    let paths: Vec<_> = swapped
        .iter::<Subscription>()
        .map(|stored| stored.resource.path.clone())
        .collect();
    assert_eq!(paths.len(), 2);
    assert!(paths.contains(&"/:any/two".to_owned()), "{paths:?}");
}

#[test]
fn a_function_behind_a_path_changes_under_the_same_id() {
    let mut document = shop();
    let space = made(&Snapshot::default(), document.clone(), &options());
    document.subscriptions[0] = subscription("sync", "hook", "/s");
    let changed = made(&space, document, &options());
    assert_eq!(space.changes_to(&changed).len(), 1);
}
