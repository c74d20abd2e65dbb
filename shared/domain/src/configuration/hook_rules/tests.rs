//! Rules of hooks towards the rest of their space.

use crate::configuration::{ConfigurationError, Configured, Snapshot, SpaceRules};
use crate::resource::{EventType, Function, SpaceSettings, Subscription};

fn decode<R: Configured>(body: &str) -> R {
    R::decode(&"one".into(), None, body.as_bytes()).unwrap()
}

fn create<R: Configured>(snapshot: &mut Snapshot, body: &str) -> Result<(), ConfigurationError> {
    let created = snapshot.count::<R>() as u64;
    snapshot
        .create::<R>(decode(body), created, &SpaceRules::default())
        .map(|_| ())
}

fn update<R: Configured>(snapshot: &mut Snapshot, body: &str) -> Result<(), ConfigurationError> {
    snapshot
        .update::<R>(decode(body), &SpaceRules::default())
        .map(|_| ())
}

fn http(id: &str) -> String {
    format!(r#"{{"functionId":"{id}","type":"http","provider":{{"url":"http://h/"}}}}"#)
}

/// A space with a function of each name, and an event type `t`.
fn space(functions: &[&str]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for id in functions {
        create::<Function>(&mut snapshot, &http(id)).unwrap();
    }
    create::<EventType>(&mut snapshot, r#"{"name":"t"}"#).unwrap();
    snapshot
}

fn hooks(function: &str, count: usize) -> String {
    let hook = format!(r#"{{"point":"deliver","functionId":"{function}"}}"#);
    format!(r#""hooks":[{}]"#, vec![hook; count].join(","))
}

fn settings(function: &str, count: usize) -> String {
    format!("{{{}}}", hooks(function, count))
}

fn event_type(function: &str, count: usize) -> String {
    format!(r#"{{"name":"t",{}}}"#, hooks(function, count))
}

fn subscription(function: &str, count: usize) -> String {
    format!(
        r#"{{"type":"async","eventType":"t","functionId":"f",{}}}"#,
        hooks(function, count)
    )
}

#[test]
fn hooks_name_functions_that_are_there() {
    let mut snapshot = space(&["f"]);
    let missing = |refused: Result<(), ConfigurationError>| {
        assert_eq!(
            refused.unwrap_err().to_string(),
            "Hook function \"gone\" not found."
        );
    };
    missing(create::<SpaceSettings>(&mut snapshot, &settings("gone", 1)));
    missing(update::<EventType>(&mut snapshot, &event_type("gone", 1)));
    missing(create::<Subscription>(&mut snapshot, &subscription("gone", 1)));
    create::<Subscription>(&mut snapshot, &subscription("f", 1)).unwrap();
    missing(update::<Subscription>(&mut snapshot, &subscription("gone", 1)));
}

#[test]
fn only_functions_that_answer_are_hooks() {
    let mut snapshot = space(&["f", "hook"]);
    for body in [
        r#"{"functionId":"weighted","type":"weighted","provider":{"weighted":[{"functionId":"f","weight":1}]}}"#,
        r#"{"functionId":"jwt","type":"jwt","provider":{"issuer":"https://i.example","jwksUrl":"https://i.example/k","audience":["a"]}}"#,
        r#"{"functionId":"raw","type":"http","provider":{"url":"http://h/","request":"passthrough"}}"#,
        r#"{"functionId":"sqs","type":"awssqs","provider":{"queueUrl":"https://sqs.eu-west-1.amazonaws.com/1/q","region":"eu-west-1"}}"#,
    ] {
        let id = body.split('"').nth(3).unwrap();
        create::<Function>(&mut snapshot, body).unwrap();
        let refused = create::<SpaceSettings>(&mut snapshot, &settings(id, 1))
            .unwrap_err()
            .to_string();
        assert!(
            refused.starts_with(&format!("Function \"{id}\" cannot be a hook")),
            "{refused}"
        );
        // Nor does one become such a function.
        let become_one = body.replace(&format!("\"functionId\":\"{id}\""), "\"functionId\":\"hook\"");
        update::<EventType>(&mut snapshot, &event_type("hook", 1)).unwrap();
        let refused = update::<Function>(&mut snapshot, &become_one)
            .unwrap_err()
            .to_string();
        assert!(
            refused.starts_with("Function \"hook\" cannot be a hook"),
            "{refused}"
        );
    }
    update::<EventType>(&mut snapshot, r#"{"name":"t"}"#).unwrap();
    update::<Function>(
        &mut snapshot,
        r#"{"functionId":"hook","type":"weighted","provider":{"weighted":[{"functionId":"f","weight":1}]}}"#,
    )
    .unwrap();
}

#[test]
fn functions_stay_while_they_are_named() {
    let mut snapshot = space(&["f", "a", "b", "c"]);
    create::<SpaceSettings>(&mut snapshot, &settings("a", 1)).unwrap();
    update::<EventType>(&mut snapshot, &event_type("b", 1)).unwrap();
    create::<Subscription>(&mut snapshot, &subscription("c", 1)).unwrap();
    for (id, user) in [
        ("a", "space one"),
        ("b", "event type t"),
        ("c", "subscription YXN5bmMsdCxmLCUyRixQT1NU"),
    ] {
        let refused = snapshot
            .delete::<Function>(&id.into(), &SpaceRules::default())
            .unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("Function {id} cannot be deleted because it's used as a hook of {user}.")
        );
    }
    update::<SpaceSettings>(&mut snapshot, "{}").unwrap();
    snapshot
        .delete::<Function>(&"a".into(), &SpaceRules::default())
        .unwrap();
}

#[test]
fn no_event_meets_too_many() {
    let mut snapshot = space(&["f"]);
    create::<SpaceSettings>(&mut snapshot, &settings("f", 3)).unwrap();
    update::<EventType>(&mut snapshot, &event_type("f", 3)).unwrap();
    create::<Subscription>(&mut snapshot, &subscription("f", 2)).unwrap();
    let refused = |result: Result<(), ConfigurationError>| {
        let text = result.unwrap_err().to_string();
        assert!(
            text.starts_with("An event would meet 9 hooks at the point deliver"),
            "{text}"
        );
    };
    refused(update::<SpaceSettings>(&mut snapshot, &settings("f", 4)));
    refused(update::<EventType>(&mut snapshot, &event_type("f", 4)));
    refused(update::<Subscription>(&mut snapshot, &subscription("f", 3)));
    // Another type, and another point, are other chains.
    create::<EventType>(&mut snapshot, &event_type("f", 5).replace("\"t\"", "\"u\"")).unwrap();
    update::<SpaceSettings>(&mut snapshot, &settings("f", 8).replace("deliver", "answer")).unwrap();
    update::<Subscription>(&mut snapshot, &subscription("f", 5)).unwrap();
}
