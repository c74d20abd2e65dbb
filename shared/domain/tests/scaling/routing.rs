//! The table that requests are routed by: each resource that is added costs about the same, however many there are.

use std::sync::Arc;

use domain::configuration::{Change, Stored};
use domain::resource::{Resource as _, Subscription};
use domain::routing::{PathOwnership, RoutingTable};
use scaling::assert_linear;

/// Maps of so many entries show what their hashes are worth.
const SIZE: usize = 8_000;

fn subscriptions(n: usize, body: impl Fn(usize) -> String) -> Vec<Arc<Subscription>> {
    let decode = |i| Subscription::decode(&"default".into(), None, body(i).as_bytes());
    (0..n).map(|i| Arc::new(decode(i).unwrap())).collect()
}

fn compile(subscriptions: &[Arc<Subscription>]) -> RoutingTable {
    let mut table = RoutingTable::new(PathOwnership::Shared);
    for (created, subscription) in (0..).zip(subscriptions) {
        table.apply(&Change {
            before: None,
            after: Some(Stored {
                resource: Arc::clone(subscription),
                created,
            }),
        });
    }
    table
}

#[test]
fn subscriptions_are_added() {
    let on_paths = |i| format!(r#"{{"type":"async","eventType":"t","functionId":"f","path":"/p{i}"}}"#);
    let of_types = |i| format!(r#"{{"type":"async","eventType":"t{i}","functionId":"f","path":"/"}}"#);
    let answering =
        |i| format!(r#"{{"type":"sync","eventType":"t","functionId":"f","method":"GET","path":"/a{i}/:b"}}"#);
    let rows: [(&str, &dyn Fn(usize) -> String); 3] = [
        ("paths", &on_paths),
        ("event types", &of_types),
        ("sync", &answering),
    ];
    for (name, body) in rows {
        assert_linear(name, SIZE, |n| subscriptions(n, body), |all| compile(all));
    }
}
