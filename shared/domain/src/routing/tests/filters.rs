//! Subscriptions with filters: against trying each of them, whatever the order of changes.

use super::*;
use crate::event::{Event, FilterSubject};

fn event(event_type: &str, stage: &str) -> Event {
    let json =
        format!(r#"{{"specversion":"1.0","type":"{event_type}","source":"/s","id":"1","stage":"{stage}"}}"#);
    serde_json::from_str(&json).unwrap()
}

fn to(space: &str, kind: &str, event_type: &str, function: &str, stage: &str) -> Subscription {
    let filters = match stage {
        "" => String::new(),
        _ => format!(r#","filters":[{{"exact":{{"stage":"{stage}"}}}}]"#),
    };
    let body = format!(
        r#"{{"type":"{kind}","eventType":"{event_type}","functionId":"{function}","path":"/a","method":"GET"{filters}}}"#
    );
    Subscription::decode(&space.into(), None, body.as_bytes()).unwrap()
}

fn filtered(kind: &str, function: &str, stage: &str) -> Subscription {
    to("one", kind, "e", function, stage)
}

/// The functions of those that an event reaches.
fn reached(table: &RoutingTable, event: &Event) -> (Option<String>, Vec<String>) {
    let routes = table.routes(event.event_type(), "GET", "/a");
    let routes = table.select(routes, &FilterSubject::of(event));
    let function = |subscription: &Subscription| subscription.function_id.to_string();
    let asynchronous = routes.asynchronous.iter();
    (
        routes.sync.map(|subscription| function(subscription)),
        asynchronous.map(|stored| function(&stored.resource)).collect(),
    )
}

fn of(subscriptions: &[(u64, Subscription)]) -> RoutingTable {
    let mut table = RoutingTable::new(PathOwnership::Shared);
    for name in ["e", "order.created", "order.line.added"] {
        let body = format!(r#"{{"name":"{name}"}}"#);
        let event_type = EventType::decode(&"one".into(), None, body.as_bytes()).unwrap();
        table.apply(&added(event_type, 0));
    }
    for (created, subscription) in subscriptions {
        table.apply(&added(subscription.clone(), *created));
    }
    table
}

#[test]
fn without_filters_nothing_is_asked() {
    let table = of(&[(1, filtered("async", "f", ""))]);
    assert!(!table.has_filters() && !table.knows_filters());
    let routes = table.routes("e", "GET", "/a");
    assert!(table.filtered_slots(&routes).is_empty());
}

#[test]
fn the_first_sync_subscription_that_lets_it_pass_answers() {
    let all = [
        (4, filtered("sync", "plain", "")),
        (3, filtered("sync", "third", "canary")),
        (1, filtered("sync", "first", "canary")),
        (2, filtered("sync", "second", "beta")),
    ];
    for turn in 0..all.len() {
        let mut turned = all.clone();
        turned.rotate_left(turn);
        let mut table = of(&turned);
        for (stage, want) in [("canary", "first"), ("beta", "second"), ("prod", "plain")] {
            assert_eq!(
                reached(&table, &event("e", stage)).0.as_deref(),
                Some(want),
                "{stage}"
            );
        }
        table.apply(&removed(all[0].1.clone(), 4));
        assert_eq!(reached(&table, &event("e", "prod")).0, None);
        table.apply(&removed(all[2].1.clone(), 1));
        assert_eq!(reached(&table, &event("e", "canary")).0.as_deref(), Some("third"));
    }
}

#[test]
fn one_without_filters_that_came_first_answers_last() {
    let table = of(&[
        (1, filtered("sync", "plain", "")),
        (2, filtered("sync", "canary", "canary")),
    ]);
    assert_eq!(
        reached(&table, &event("e", "canary")).0.as_deref(),
        Some("canary")
    );
    assert_eq!(reached(&table, &event("e", "prod")).0.as_deref(), Some("plain"));
}

#[test]
fn many_are_found_by_their_index() {
    let mut all: Vec<_> = (0..40)
        .map(|number| {
            let stage = format!("s{}", number % 20);
            (number, filtered("async", &format!("f{number}"), &stage))
        })
        .collect();
    all.push((40, filtered("async", "plain", "")));
    let mut table = of(&all);
    assert_eq!(reached(&table, &event("e", "s7")).1, ["f7", "f27", "plain"]);
    // Down to few, and to none.
    for (created, subscription) in all.drain(..30) {
        table.apply(&removed(subscription, created));
        assert!(
            !reached(&table, &event("e", "s7"))
                .1
                .contains(&format!("f{created}"))
        );
    }
    assert_eq!(table, of(&all));
    for (created, subscription) in all {
        table.apply(&removed(subscription, created));
    }
    assert_eq!(table, of(&[]));
}

#[test]
fn filters_that_do_not_compile_match_nothing() {
    let subscription = filtered("async", "f", "prod");
    let json = serde_json::to_string(&subscription).unwrap();
    let broken = json.replace(r#"{"exact":{"stage":"prod"}}"#, r#"{"of-tomorrow":{}}"#);
    assert_ne!(broken, json);
    let broken: Subscription = serde_json::from_str(&broken).unwrap();
    if broken.filters.as_ref().unwrap().compiled().is_ok() {
        // Nothing is compiled yet.
        return;
    }
    let mut table = of(&[(1, broken.clone()), (2, filtered("async", "other", ""))]);
    assert_eq!(reached(&table, &event("e", "prod")).1, ["other"]);
    assert!(!table.has_filters() && table.knows_filters());
    // What was accepted before goes on.
    assert!(
        table
            .subscription(&"one".into(), &broken.subscription_id)
            .is_some()
    );
    table.apply(&removed(broken, 1));
    assert!(!table.knows_filters());
}

#[test]
fn types_by_pattern() {
    let mut table = of(&[
        (1, to("one", "async", "*", "all", "")),
        (2, to("one", "async", "order.*", "orders", "")),
        (3, to("one", "async", "order.line.*", "lines", "")),
        (4, to("one", "async", "order.created", "created", "")),
        (5, to("one", "async", "eventgateway.*", "system", "")),
    ]);
    for (event_type, want) in [
        ("order.created", &["created", "orders", "all"][..]),
        ("order.line.added", &["lines", "orders", "all"]),
        ("e", &["all"]),
        // Not registered.
        ("order.gone", &[]),
        ("order.*", &[]),
        ("*", &[]),
        ("eventgateway.function.invoked", &[]),
    ] {
        assert_eq!(reached(&table, &event(event_type, "")).1, want, "{event_type}");
    }
    let system = br#"{"name":"eventgateway.function.invoked"}"#;
    table.apply(&added(EventType::decode(&"one".into(), None, system).unwrap(), 0));
    let invoked = event("eventgateway.function.invoked", "");
    assert_eq!(reached(&table, &invoked).1, ["system"]);
}

#[test]
fn the_type_that_says_most_answers_and_filters_lead_on() {
    let table = of(&[
        (1, to("one", "sync", "*", "all", "")),
        (2, to("one", "sync", "order.*", "orders", "beta")),
        (3, to("one", "sync", "order.created", "created", "canary")),
    ]);
    for (stage, want) in [("canary", "created"), ("beta", "orders"), ("prod", "all")] {
        let event = event("order.created", stage);
        assert_eq!(reached(&table, &event).0.as_deref(), Some(want), "{stage}");
    }
    let routes = table.routes("order.created", "GET", "/a");
    assert_eq!(table.may_answer(&routes).len(), 3);
}

#[test]
fn what_filters_refuse_is_told() {
    let table = of(&[(1, filtered("sync", "canary", "canary"))]);
    assert_eq!(table.nearest_miss("e", "GET", "/a"), NearestMiss::Filters);
    let not_found = RoutingTable::new(SpaceRules {
        defaults: crate::configuration::SpaceDefaults {
            unmatched: crate::resource::Unmatched::NotFound,
            ..Default::default()
        },
        ..SpaceRules::default()
    });
    let mut table = not_found;
    table.apply(&added(filtered("sync", "canary", "canary"), 1));
    assert_eq!(
        table.unmatched_answer("e", "GET", "/a"),
        UnmatchedAnswer::NotFound
    );
    let allowed = vec!["GET".to_owned()];
    assert_eq!(
        table.unmatched_answer("e", "PUT", "/a"),
        UnmatchedAnswer::MethodNotAllowed { allowed }
    );
}

/// One of several spaces, functions and filters, in place 0 to 9.
fn numbered(number: u64) -> Subscription {
    let kind = if number.is_multiple_of(3) { "sync" } else { "async" };
    let stage = ["", "canary", "beta"][(number % 7 % 3) as usize];
    let event_type = ["e", "order.*", "*"][(number % 5 % 3) as usize];
    to("one", kind, event_type, &format!("f{number}"), stage)
}

proptest! {
    #[test]
    fn reaches_whom_each_filter_alone_lets_pass(
        changes in prop::collection::vec((0..60u64, any::<bool>()), 0..120),
        stage in prop::sample::select(&["canary", "beta", "prod"][..]),
        event_type in prop::sample::select(&["e", "order.created"][..]),
    ) {
        let mut there = std::collections::BTreeMap::new();
        let mut table = of(&[]);
        for (number, is_added) in changes {
            let subscription = numbered(number);
            // One without filters on a sync slot.
            let is_taken = subscription.answers_all()
                && there.values().any(|other: &Subscription| {
                    other.answers_all() && other.event_type == subscription.event_type
                });
            if is_added && !is_taken && !there.contains_key(&number) {
                table.apply(&added(subscription.clone(), number));
                there.insert(number, subscription);
            } else if !is_added && there.remove(&number).is_some() {
                table.apply(&removed(subscription, number));
            }
        }
        let listed: Vec<_> = there.iter().map(|(created, it)| (*created, it.clone())).collect();
        prop_assert_eq!(&table, &of(&listed));
        let event = event(event_type, stage);
        let subject = FilterSubject::of(&event);
        let passes = |it: &Subscription| {
            crate::type_pattern::is_to(it.event_type.as_str(), event_type)
                && it.filters.as_ref().is_none_or(|filters| filters.matches(&subject, usize::MAX))
        };
        let passing = || listed.iter().filter(|(_, it)| passes(it));
        let asynchronous = passing().filter(|(_, it)| it.r#type == crate::resource::SubscriptionType::Async);
        let mut want: Vec<_> = asynchronous.map(|(_, it)| it.function_id.to_string()).collect();
        let sync = passing().filter(|(_, it)| it.r#type == crate::resource::SubscriptionType::Sync);
        let answers = sync.min_by_key(|(created, it)| {
            let type_says = match it.event_type.as_str() { "*" => 2, "order.*" => 1, _ => 0 };
            (type_says, it.filters.is_none(), *created)
        });
        let (got_sync, mut got) = reached(&table, &event);
        prop_assert_eq!(got_sync, answers.map(|(_, it)| it.function_id.to_string()));
        got.sort_unstable();
        want.sort_unstable();
        prop_assert_eq!(got, want);
    }
}
