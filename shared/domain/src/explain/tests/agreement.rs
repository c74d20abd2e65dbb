//! Explanations against the index that serves events.

use proptest::prelude::*;

use super::*;
use crate::configuration::{Snapshot, SpaceDefaults, SpaceRules};
use crate::event::Event;
use crate::resource::MetadataFilter;
use crate::routing::RoutingTable;

fn a_path(segments: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(segments), 0..4)
        .prop_map(|segments| format!("/{}", segments.join("/")))
}

fn candidates() -> impl Strategy<Value = Vec<Arc<Subscription>>> {
    let one = (
        prop::sample::select(&["sync", "sync", "async"][..]),
        prop::sample::select(&["e.0", "e.1", "e.*", "*"][..]),
        prop::sample::select(&["GET", "POST", "ANY"][..]),
        (a_path(&["a", "b", "default", "", ":x", ":y"]), any::<bool>()),
        any::<bool>(),
        prop::sample::select(&["", "", "a", "b"][..]),
    );
    let one = one.prop_map(
        |(kind, event_type, method, (path, has_wildcard), is_paused, stage)| {
            let path = match (has_wildcard, path.as_str()) {
                (false, _) => path,
                (true, "/") => "/*w".to_owned(),
                (true, _) => format!("{path}/*w"),
            };
            let is_paused = is_paused && kind == "async";
            let mut more = if is_paused { r#","paused":true"# } else { "" }.to_owned();
            if !stage.is_empty() {
                more.push_str(&filters_of(stage));
            }
            subscription(kind, event_type, method, &path, &more)
        },
    );
    prop::collection::vec(one, 0..40)
}

/// Filters of a subscription to events of a stage.
fn filters_of(stage: &str) -> String {
    format!(r#","filters":[{{"exact":{{"stage":"{stage}"}}}}]"#)
}

fn event_types() -> Vec<Arc<EventType>> {
    let named = |name: &str| decode::<EventType>(&format!(r#"{{"name":"{name}"}}"#));
    ["e.0", "e.1"].into_iter().map(named).collect()
}

/// A space with those of the subscriptions that its rules allow.
fn space(candidates: &[Arc<Subscription>], rules: &SpaceRules) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.create((*function("f")).clone(), 0, rules).unwrap();
    for event_type in event_types() {
        snapshot.create((*event_type).clone(), 0, rules).unwrap();
    }
    for (created, subscription) in (1..).zip(candidates) {
        // What is there already, or conflicts with it, is left out.
        let _ = snapshot.create((**subscription).clone(), created, rules);
    }
    snapshot
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn agrees_with_the_index(
        candidates in candidates(),
        event_type in prop::sample::select(&["e.0", "e.1", "e.2"][..]),
        stage in prop::sample::select(&["a", "b", "c"][..]),
        method in prop::sample::select(&["GET", "POST", "HEAD"][..]),
        mode in prop::sample::select(&[PathMode::Strict, PathMode::Specific][..]),
        path in a_path(&["a", "b", "c", "default", ""]),
        paths in prop::sample::select(&[PathOwnership::Shared, PathOwnership::BySpace][..]),
    ) {
        let rules = SpaceRules {
            defaults: SpaceDefaults { paths: mode, ..SpaceDefaults::default() },
            ..SpaceRules::from(paths)
        };
        let snapshot = space(&candidates, &rules);
        let table = RoutingTable::compile(rules, [&snapshot]);
        let subscriptions = snapshot.list::<Subscription>(&MetadataFilter::default());
        let text = format!(
            r#"{{"specversion":"1.0","type":"{event_type}","source":"/s","id":"1","stage":"{stage}"}}"#
        );
        let event: Event = serde_json::from_str(&text).unwrap();
        let routes = table.select(table.routes(event_type, method, &path), &FilterSubject::of(&event));
        let resources = SpaceResources {
            filter_steps: usize::MAX,
            subscriptions: &subscriptions,
            event_types: &event_types(),
            functions: &[function("f")],
            paths,
            mode,
            answering: routes.sync.map(|it| &**it),
        };
        let request = ExplainRequest {
            event: Some(Box::new(event.clone())),
            ..ask(event_type, method, &path)
        };
        let explained = Explanation::of(request, resources).subscriptions;
        prop_assert_eq!(explained.len(), subscriptions.len());

        let mut want: Vec<_> = routes.asynchronous.iter().map(|stored| &stored.resource).chain(routes.sync).collect();
        want.sort_by_key(|subscription| &subscription.subscription_id);
        let got: Vec<_> = explained.iter().filter(|it| it.matches).map(|it| &it.subscription_id).collect();
        prop_assert_eq!(&got, &want.iter().map(|it| &it.subscription_id).collect::<Vec<_>>());

        for it in &explained[got.len()..] {
            prop_assert!(!it.matches && !it.reasons.is_empty() && it.parameters.is_empty());
        }
        for (it, subscription) in explained.iter().zip(want) {
            let is_paused = matches!(it.reasons[..], [Reason::Paused { .. }]);
            prop_assert_eq!(is_paused, subscription.paused);
            prop_assert!(is_paused || it.reasons.is_empty());
        }
        prop_assert!(explained[got.len()..].is_sorted_by_key(|it| &it.subscription_id));
    }
}
