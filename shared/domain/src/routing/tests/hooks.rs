//! Hooks as they are found on the way of an event.

use std::sync::Arc;

use crate::configuration::{Change, Configured, Stored};
use crate::ids::SubscriptionId;
use crate::resource::{EventType, HookPoint, SpaceSettings, Subscription};
use crate::routing::RoutingTable;

fn stored<R: Configured>(body: &str) -> Stored<R> {
    Stored {
        resource: Arc::new(R::decode(&"one".into(), None, body.as_bytes()).unwrap()),
        created: 1,
    }
}

fn change<R: Configured>(table: &mut RoutingTable, before: Option<&str>, after: Option<&str>) {
    table.apply(&Change::<R> {
        before: before.map(stored),
        after: after.map(stored),
    });
}

fn named(table: &RoutingTable, point: HookPoint, subscription: Option<&str>) -> Vec<String> {
    let subscription = subscription.map(SubscriptionId::from);
    let hooks = table.hooks(point, &"one".into(), "t", subscription.as_ref());
    hooks.map(|routed| routed.hook.function_id.to_string()).collect()
}

#[test]
fn chains_go_from_the_space_to_the_subscription() {
    let hook =
        |point: &str, function: &str| format!(r#""hooks":[{{"point":"{point}","functionId":"{function}"}}]"#);
    let settings = format!("{{{}}}", hook("deliver", "of-space"));
    let event_type = format!(r#"{{"name":"t",{}}}"#, hook("deliver", "of-type"));
    let subscription = |id: &str| {
        format!(
            r#"{{"type":"sync","eventType":"t","functionId":"f","path":"/{id}",{}}}"#,
            hook("deliver", "of-subscription")
        )
    };
    let id = stored::<Subscription>(&subscription("a"))
        .resource
        .subscription_id
        .to_string();
    let mut table = RoutingTable::new(crate::routing::PathOwnership::Shared);
    let none = table.clone();
    assert!(!table.has_hooks(HookPoint::Deliver));
    change::<EventType>(&mut table, None, Some(&event_type));
    change::<SpaceSettings>(&mut table, None, Some(&settings));
    change::<Subscription>(&mut table, None, Some(&subscription("a")));
    assert!(table.has_hooks(HookPoint::Deliver) && !table.has_hooks(HookPoint::Receive));
    assert_eq!(
        named(&table, HookPoint::Deliver, Some(&id)),
        ["of-space", "of-type", "of-subscription"]
    );
    assert_eq!(named(&table, HookPoint::Deliver, None), ["of-space", "of-type"]);
    assert_eq!(named(&table, HookPoint::Answer, Some(&id)), [""; 0]);

    let moved = event_type.replace("deliver", "receive");
    change::<EventType>(&mut table, Some(&event_type), Some(&moved));
    assert_eq!(named(&table, HookPoint::Receive, None), ["of-type"]);
    change::<EventType>(&mut table, Some(&moved), None);
    assert!(!table.has_hooks(HookPoint::Receive));
    change::<SpaceSettings>(&mut table, Some(&settings), None);
    change::<Subscription>(&mut table, Some(&subscription("a")), None);
    // As if there had been none.
    assert_eq!(table, none);
}
