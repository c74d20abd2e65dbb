//! That the counts are those of a look at everything, after any changes, and that they cost a bounded number of looks.

use std::collections::BTreeMap;

use super::*;
use crate::event::SYSTEM_PREFIX;
use crate::resource::Resource as _;
use crate::type_pattern::is_to;

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    /// Hooks of three functions at all points.
    fn hooks(&mut self) -> String {
        let count = self.below(4);
        let hook = |_| {
            let point = self.one_of(&["receive", "deliver"]);
            format!(r#"{{"point":"{point}","functionId":"f{}"}}"#, self.below(3))
        };
        (0..count).map(hook).collect::<Vec<_>>().join(",")
    }
}

const TYPES: [&str; 9] = [
    "a",
    "order",
    "order.created",
    "order.line.added",
    "orders.x",
    "eventgateway.function.invoked",
    "eventgateway",
    "zebra",
    "order.",
];
const SUBSCRIBED: [&str; 8] = [
    "*",
    "order.*",
    "order.line.*",
    "eventgateway.*",
    "order.created",
    "a",
    "nobody",
    "zebra",
];

/// By its id, as names of any form may be stored.
fn event_type(name: &str, hooks: &str) -> EventType {
    let body = format!(r#"{{"name":"{name}","hooks":[{hooks}]}}"#);
    EventType::decode(&"one".into(), Some(&name.into()), body.as_bytes()).unwrap()
}

fn subscription(event_type: &str, path: usize, hooks: &str) -> Subscription {
    let body = format!(
        r#"{{"type":"sync","eventType":"{event_type}","functionId":"f","path":"/{path}","hooks":[{hooks}]}}"#
    );
    Subscription::decode(&"one".into(), None, body.as_bytes()).unwrap()
}

#[test]
fn counts_are_those_of_a_look_at_everything() {
    let mut numbers = Numbers(14);
    let mut chains = HookChains::default();
    let mut types = BTreeMap::<&str, EventType>::new();
    let mut subscriptions = BTreeMap::<(&str, usize), Subscription>::new();
    for _ in 0..600 {
        let hooks = numbers.hooks();
        let stays = numbers.below(3) > 0;
        if numbers.below(2) == 0 {
            let name = numbers.one_of(&TYPES);
            let after = stays.then(|| event_type(name, &hooks));
            chains.change_type(types.get(name), after.as_ref());
            types.remove(name);
            types.extend(after.map(|after| (name, after)));
        } else {
            let key = (numbers.one_of(&SUBSCRIBED), numbers.below(3));
            let after = stays.then(|| subscription(key.0, key.1, &hooks));
            chains.change_subscription(subscriptions.get(&key), after.as_ref());
            subscriptions.remove(&key);
            subscriptions.extend(after.map(|after| (key, after)));
        }
        for name in TYPES {
            let own = subscriptions
                .values()
                .filter(|one| is_to(one.event_type.as_str(), name));
            let want = own.map(|one| counts(&one.hooks)).fold(Counts::default(), most);
            assert_eq!(chains.most_of_subscriptions(name), want, "{name}");
        }
        for subscribed in SUBSCRIBED {
            let meant = types.values().filter(|one| is_to(subscribed, one.name.as_str()));
            let want = meant.map(|one| counts(&one.hooks)).fold(Counts::default(), most);
            assert_eq!(chains.most_of_types(subscribed), want, "{subscribed}");
        }
        for function in ["f0", "f1", "f2"] {
            let all = types.values().flat_map(|one| &one.hooks);
            let mut all = all.chain(subscriptions.values().flat_map(|one| &one.hooks));
            let want = all.any(|hook| hook.function_id.as_str() == function);
            assert_eq!(chains.has(&function.into()), want, "{function}");
        }
    }
    for gone in types.values() {
        chains.change_type(Some(gone), None);
    }
    for gone in subscriptions.values() {
        chains.change_subscription(Some(gone), None);
    }
    assert!(chains.types.is_empty() && chains.subscribed.is_empty() && chains.functions.is_empty());
}

/// However many subscriptions there are, and whatever the name is.
#[test]
fn a_type_is_looked_up_a_bounded_number_of_times() {
    let names = |event_type: &str| names_for(event_type).collect::<Vec<_>>();
    assert_eq!(names("a"), ["*", "a"]);
    assert_eq!(
        names("order.line.added"),
        ["order.*", "order.line.*", "*", "order.line.added"]
    );
    assert_eq!(names("eventgateway.x"), ["eventgateway.*", "eventgateway.x"]);
    let dots = "a.".repeat(100_000);
    assert_eq!(names_for(&dots).count(), MAX_TYPE_PATTERN_BYTES / 2 - 1 + 2);
    assert!(names_for(&dots).all(|name| name.len() <= MAX_TYPE_PATTERN_BYTES || name == dots));
}

#[test]
fn the_gateways_own_names_stand_side_by_side() {
    let behind = format!("{}/", SYSTEM_PREFIX.trim_end_matches('.'));
    assert_eq!(BEHIND_SYSTEM, behind);
}
