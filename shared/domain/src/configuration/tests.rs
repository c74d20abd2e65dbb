//! Rules between resources, as tables of operations and answers.

use super::*;
use crate::ids::{CorsId, Space, SubscriptionId};

fn space() -> Space {
    Space::from("default")
}

fn decode<R: Resource>(body: &str) -> R {
    R::decode(&space(), None, body.as_bytes()).unwrap()
}

fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot
        .create(
            decode::<Function>(r#"{"functionId":"f","type":"http","provider":{"url":"http://x"}}"#),
            1,
            &SpaceRules::default(),
        )
        .unwrap();
    snapshot
        .create(
            decode::<Function>(r#"{"functionId":"g","type":"http","provider":{"url":"http://x"}}"#),
            2,
            &SpaceRules::default(),
        )
        .unwrap();
    snapshot
        .create(decode::<EventType>(r#"{"name":"e"}"#), 3, &SpaceRules::default())
        .unwrap();
    snapshot
}

fn subscribe(snapshot: &mut Snapshot, body: &str) -> Result<SubscriptionId, String> {
    let created = snapshot
        .create(decode::<Subscription>(body), 9, &SpaceRules::default())
        .map_err(|err| err.to_string())?;
    Ok(created.after.unwrap().resource.subscription_id.clone())
}

#[test]
fn references_must_exist() {
    let mut snapshot = snapshot();
    for (body, want) in [
        (
            r#"{"type":"sync","eventType":"x","functionId":"nope"}"#,
            "Event Type \"x\" not found.",
        ),
        (
            r#"{"type":"sync","eventType":"e","functionId":"nope"}"#,
            "Function \"nope\" not found.",
        ),
    ] {
        assert_eq!(subscribe(&mut snapshot, body).unwrap_err(), want);
    }
    let missing = snapshot.create(
        decode::<EventType>(r#"{"name":"t","authorizerId":"nope"}"#),
        4,
        &SpaceRules::default(),
    );
    assert_eq!(missing.unwrap_err(), ConfigurationError::MissingAuthorizer);
    let empty = snapshot.create(
        decode::<EventType>(r#"{"name":"t","authorizerId":""}"#),
        4,
        &SpaceRules::default(),
    );
    assert_eq!(empty.unwrap_err(), ConfigurationError::MissingAuthorizer);
    for authorizer in ["nope", ""] {
        let body =
            format!(r#"{{"type":"async","eventType":"e","functionId":"f","authorizerId":"{authorizer}"}}"#);
        let text = subscribe(&mut snapshot, &body).unwrap_err();
        assert_eq!(text, "Authorizer function doesn't exists.", "{authorizer}");
    }
}

#[test]
fn the_authorizer_of_a_subscription_stays_and_may_change() {
    let mut snapshot = snapshot();
    let body =
        |authorizer: &str| format!(r#"{{"type":"sync","eventType":"e","functionId":"f"{authorizer}}}"#);
    let id = subscribe(&mut snapshot, &body(r#","authorizerId":"g""#)).unwrap();
    assert_eq!(
        snapshot
            .delete::<Function>(&"g".into(), &SpaceRules::default())
            .unwrap_err()
            .to_string(),
        format!("Function g cannot be deleted because is used as an authorizer for {id} subscription.")
    );
    let mut update = |authorizer: &str| {
        let update = Subscription::decode(&space(), Some(&id), body(authorizer).as_bytes()).unwrap();
        snapshot
            .update(update, &SpaceRules::default())
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    let missing = update(r#","authorizerId":"nope""#).unwrap_err();
    assert_eq!(missing, "Authorizer function doesn't exists.");
    update(r#","authorizerId":"f""#).unwrap();
    update("").unwrap();
    snapshot
        .delete::<Function>(&"g".into(), &SpaceRules::default())
        .unwrap();
}

#[test]
fn what_is_in_use_stays() {
    let mut snapshot = snapshot();
    let id = subscribe(
        &mut snapshot,
        r#"{"type":"async","eventType":"e","functionId":"f"}"#,
    )
    .unwrap();
    snapshot
        .create(
            decode::<EventType>(r#"{"name":"t","authorizerId":"g"}"#),
            5,
            &SpaceRules::default(),
        )
        .unwrap();
    assert_eq!(
        snapshot
            .delete::<EventType>(&"e".into(), &SpaceRules::default())
            .unwrap_err(),
        ConfigurationError::EventTypeInUse
    );
    assert_eq!(
        snapshot
            .delete::<Function>(&"f".into(), &SpaceRules::default())
            .unwrap_err(),
        ConfigurationError::FunctionInUse
    );
    assert_eq!(
        snapshot
            .delete::<Function>(&"g".into(), &SpaceRules::default())
            .unwrap_err()
            .to_string(),
        "Function g cannot be deleted because is used as an authorizer for t event type."
    );
    snapshot
        .delete::<Subscription>(&id, &SpaceRules::default())
        .unwrap();
    snapshot
        .delete::<EventType>(&"e".into(), &SpaceRules::default())
        .unwrap();
    snapshot
        .delete::<Function>(&"f".into(), &SpaceRules::default())
        .unwrap();
    assert_eq!(
        snapshot
            .delete::<Function>(&"f".into(), &SpaceRules::default())
            .unwrap_err()
            .to_string(),
        "Function \"f\" not found."
    );
}

#[test]
fn duplicates_come_before_conflicts_and_conflicts_before_references() {
    let mut snapshot = snapshot();
    subscribe(
        &mut snapshot,
        r#"{"type":"sync","eventType":"e","functionId":"f","path":"/u/:id"}"#,
    )
    .unwrap();
    for (body, want) in [
        (
            r#"{"type":"sync","eventType":"e","functionId":"g","path":"/u/:id"}"#,
            "already exists.",
        ),
        (
            r#"{"type":"sync","eventType":"e","functionId":"nope","path":"/u/:name"}"#,
            "Subscription path conflict: parameter with different name (\"id\") already defined: for route: /u/:name",
        ),
    ] {
        let text = subscribe(&mut snapshot, body).unwrap_err();
        assert!(text.ends_with(want), "{text}");
    }
    assert_eq!(snapshot.count::<Subscription>(), 1);
}

#[test]
fn labels_and_delivery_of_a_subscription_may_change() {
    let mut snapshot = snapshot();
    let id = subscribe(
        &mut snapshot,
        r#"{"type":"async","eventType":"e","functionId":"f"}"#,
    )
    .unwrap();
    let update = |body: &str| Subscription::decode(&space(), Some(&id), body.as_bytes()).unwrap();
    let changed = snapshot.update(
        update(r#"{"type":"async","eventType":"e","functionId":"g"}"#),
        &SpaceRules::default(),
    );
    assert_eq!(
        changed.unwrap_err().to_string(),
        "Invalid update. 'FunctionID' of existing subscription cannot be updated."
    );
    for more in [
        r#""metadata":{"a":"b"}"#,
        r#""retry":{"maxAttempts":3,"minDelay":0.05}"#,
        r#""ordered":true,"paused":true,"pausedReason":"move""#,
        r#""metadata":{}"#,
    ] {
        let changed = update(&format!(
            r#"{{"type":"async","eventType":"e","functionId":"f",{more}}}"#
        ));
        snapshot.update(changed.clone(), &SpaceRules::default()).unwrap();
        assert_eq!(*snapshot.get::<Subscription>(&id).unwrap(), changed, "{more}");
    }
}

#[test]
fn cors_is_bound_to_its_method_and_path() {
    let mut snapshot = snapshot();
    snapshot
        .create(
            decode::<Cors>(r#"{"method":"GET","path":"/a"}"#),
            1,
            &SpaceRules::default(),
        )
        .unwrap();
    let id = CorsId::of("GET", "/a");
    let moved = Cors::decode(&space(), Some(&id), br#"{"method":"PUT","path":"/b"}"#).unwrap();
    assert_eq!(
        snapshot
            .update(moved, &SpaceRules::default())
            .unwrap_err()
            .to_string(),
        "Invalid update. 'Method' of existing CORS configuration cannot be updated."
    );
    assert_eq!(
        snapshot
            .create(
                decode::<Cors>(r#"{"method":"GET","path":"/a"}"#),
                2,
                &SpaceRules::default()
            )
            .unwrap_err()
            .to_string(),
        "CORS configuration \"GET%2Fa\" already exists."
    );
}

#[test]
fn lists_descend() {
    let snapshot = snapshot();
    let ids: Vec<_> = snapshot
        .list::<Function>(&MetadataFilter::default())
        .iter()
        .map(|f| f.function_id.to_string())
        .collect();
    assert_eq!(ids, ["g", "f"]);
}

#[test]
fn weighted_functions_name_functions_that_exist() {
    let weighted = |id: &str, names: &[&str]| {
        let entries: Vec<_> = names
            .iter()
            .map(|name| format!(r#"{{"functionId":"{name}","weight":1}}"#))
            .collect();
        let entries = entries.join(",");
        decode::<Function>(&format!(
            r#"{{"functionId":"{id}","type":"weighted","provider":{{"weighted":[{entries}]}}}}"#
        ))
    };
    let text = |result: Result<Change<Function>, ConfigurationError>| result.map_err(|err| err.to_string());
    let missing = |id: &str| Err(format!("Function \"{id}\" not found."));
    let rules = SpaceRules::default();
    let mut snapshot = snapshot();
    assert_eq!(
        text(snapshot.create(weighted("w", &["f", "none"]), 4, &rules)).map(|_| ()),
        missing("none")
    );
    snapshot.create(weighted("w", &["f"]), 4, &rules).unwrap();
    assert_eq!(
        text(snapshot.update(weighted("w", &["g", "none"]), &rules)).map(|_| ()),
        missing("none")
    );
    snapshot.update(weighted("w", &["g"]), &rules).unwrap();
    let used = "Function g cannot be deleted because it's used by the weighted function w.";
    assert_eq!(
        text(snapshot.delete::<Function>(&"g".into(), &rules)).map(|_| ()),
        Err(used.to_owned())
    );
    snapshot.delete::<Function>(&"f".into(), &rules).unwrap();

    // What was stored before this was a rule can be changed, keeps what it names, and can be deleted.
    snapshot.insert(Stored {
        resource: Arc::new(weighted("old", &["gone", "old"])),
        created: 5,
    });
    snapshot.update(weighted("old", &["g", "gone"]), &rules).unwrap();
    assert_eq!(
        text(snapshot.update(weighted("old", &["gone", "lost"]), &rules)).map(|_| ()),
        missing("lost")
    );
    snapshot
        .update(weighted("old", &["old", "gone"]), &rules)
        .unwrap();
    snapshot.delete::<Function>(&"old".into(), &rules).unwrap();
    snapshot.delete::<Function>(&"w".into(), &rules).unwrap();
    snapshot.delete::<Function>(&"g".into(), &rules).unwrap();
}

#[test]
fn a_patch_may_move_a_subscription() {
    let rules = SpaceRules::default();
    let mut snapshot = snapshot();
    subscribe(
        &mut snapshot,
        r#"{"type":"sync","eventType":"e","functionId":"f","path":"/a"}"#,
    )
    .unwrap();
    let stored = snapshot.iter::<Subscription>().next().unwrap().resource.clone();
    let id = stored.id().clone();
    let patched = |change: &dyn Fn(&mut Subscription)| {
        let mut patched = Subscription::clone(&stored);
        change(&mut patched);
        patched.renamed(&stored)
    };
    let refused = patched(&|it| it.event_type = "other".into()).unwrap_err();
    assert!(refused.to_string().contains("'EventType'"), "{refused}");
    // Another function on the same slot.
    let other = patched(&|it| it.function_id = "g".into()).unwrap();
    let mut changed = snapshot.clone();
    let change = changed.relocate(&id, other, 99, &rules).unwrap();
    assert_eq!(
        change.after.map(|it| (it.resource.id().clone(), it.created)),
        Some((id.clone(), 9))
    );
    // Another slot: the old one is free.
    let moved = patched(&|it| it.path = "/b/:id".to_owned()).unwrap();
    let new_id = moved.id().clone();
    let change = snapshot.relocate(&id, moved, 99, &rules).unwrap();
    assert_eq!(change.before.map(|it| it.resource.id().clone()), Some(id.clone()));
    assert_eq!(change.after.map(|it| it.created), Some(99));
    assert!(snapshot.get::<Subscription>(&id).is_err() && snapshot.get::<Subscription>(&new_id).is_ok());
    // One that cannot be there leaves all as it is.
    let nobody = Subscription {
        function_id: "nobody".into(),
        ..patched(&|it| it.path = "/c".to_owned()).unwrap()
    };
    assert!(snapshot.relocate(&new_id, nobody, 100, &rules).is_err());
    assert_eq!(snapshot.count::<Subscription>(), 1);
    assert!(snapshot.get::<Subscription>(&new_id).is_ok());
}
