//! What makes of a space what a document says: each resource of it costs about the same, however many there are.

use domain::configuration::{
    Configured, Plan, PlanOptions, SchemaBounds, Snapshot, SpaceRules, Wanted, WantedSpace, plan,
};
use domain::resource::{EventType, Function, SpaceSettings, Subscription};
use scaling::assert_linear;

const SIZE: usize = 200;

fn wanted<R: Configured>(body: &str) -> Wanted<R> {
    Wanted {
        resource: R::decode(&"one".into(), None, body.as_bytes()).unwrap(),
        created: None,
        from: None,
    }
}

fn planned(before: &Snapshot, wanted: WantedSpace) -> Plan {
    let options = PlanOptions {
        prune: true,
        set: None,
        adopt: false,
        keeps_plan: false,
        next_created: 100,
        step: None,
    };
    let rules = SpaceRules {
        schemas: SchemaBounds {
            max_bytes_in_space: usize::MAX,
            ..SchemaBounds::DEFAULT
        },
        ..SpaceRules::default()
    };
    plan(before, wanted, &options, &rules).unwrap()
}

#[test]
fn event_types_with_schemas() {
    let types = |n| WantedSpace {
        event_types: (0..n)
            .map(|i| wanted::<EventType>(&format!(r#"{{"name":"t{i}","schema":true}}"#)))
            .collect(),
        ..WantedSpace::default()
    };
    assert_linear("event types with schemas", SIZE, types, |types| {
        planned(&Snapshot::default(), types.clone()).steps.len()
    });
}

/// Each of them was used until the one that named it went.
#[test]
fn functions_that_weighted_ones_named_go() {
    let functions = |n: usize| {
        let plain = (0..n).map(|i| {
            wanted::<Function>(&format!(
                r#"{{"functionId":"f{i}","type":"http","provider":{{"url":"http://h"}}}}"#
            ))
        });
        let weighted = (0..n.div_ceil(100)).map(|at| {
            let named =
                (at * 100..n.min(at * 100 + 100)).map(|i| format!(r#"{{"functionId":"f{i}","weight":1}}"#));
            let named = named.collect::<Vec<_>>().join(",");
            wanted::<Function>(&format!(
                r#"{{"functionId":"w{at}","type":"weighted","provider":{{"weighted":[{named}]}}}}"#
            ))
        });
        let space = WantedSpace {
            functions: plain.chain(weighted).collect(),
            ..WantedSpace::default()
        };
        planned(&Snapshot::default(), space).steps.pop().unwrap()
    };
    assert_linear("functions that go", SIZE, functions, |space| {
        planned(space, WantedSpace::default()).steps.len()
    });
}

/// Each is held against all others, which are of the same document: types, and patterns that stand for all of
/// them.
#[test]
fn event_types_and_subscriptions_with_hooks() {
    let hook = |i| format!(r#""hooks":[{{"point":"deliver","functionId":"h{i}"}}]"#);
    let function = |id: String| {
        wanted::<Function>(&format!(
            r#"{{"functionId":"{id}","type":"http","provider":{{"url":"http://h"}}}}"#
        ))
    };
    let space = |n: usize| {
        let subscription = move |subscribed: String, i: usize| {
            wanted::<Subscription>(&format!(
                r#"{{"type":"async","eventType":"{subscribed}","functionId":"f","path":"/{i}",{}}}"#,
                hook(i)
            ))
        };
        WantedSpace {
            settings: Some(wanted::<SpaceSettings>(&format!("{{{}}}", hook(0)))),
            functions: (0..n)
                .map(|i| function(format!("h{i}")))
                .chain([function("f".to_owned())])
                .collect(),
            event_types: (0..n)
                .map(|i| wanted::<EventType>(&format!(r#"{{"name":"t.{i}",{}}}"#, hook(i))))
                .collect(),
            subscriptions: (0..n)
                .flat_map(|i| {
                    ["*".to_owned(), "t.*".to_owned(), format!("t.{i}")].map(|to| subscription(to, i))
                })
                .collect(),
            ..WantedSpace::default()
        }
    };
    assert_linear("hooks", SIZE / 2, space, |wanted| {
        planned(&Snapshot::default(), wanted.clone()).steps.len()
    });
}
