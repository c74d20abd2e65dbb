//! Looking up the subscriptions that an event reaches.

use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use domain::configuration::{Change, Stored};
use domain::resource::{Resource as _, Subscription};
use domain::routing::{PathOwnership, RoutingTable};

use crate::measured::measured_section;

/// Most paths that are asked for: so many that a deep place of one in a hash trie is made up for by others.
const PATHS: u32 = 10_000;

/// Looks up paths among so many sync subscriptions, each on a path of its own with a parameter.
pub(crate) fn among(subscriptions: u32, iterations: u32) -> Result<()> {
    let body = r#"{"type":"sync","eventType":"order.created","functionId":"f","path":"/shops/0/orders/:id","method":"POST"}"#;
    let subscription = Subscription::decode(&"default".into(), None, body.as_bytes())?;
    let mut table = RoutingTable::new(PathOwnership::Shared);
    for shop in 0..subscriptions {
        let path = format!("/shops/{shop}/orders/:id");
        let resource = Arc::new(Subscription {
            subscription_id: path.as_str().into(),
            path,
            ..subscription.clone()
        });
        let created = u64::from(shop);
        table.apply(&Change {
            before: None,
            after: Some(Stored { resource, created }),
        });
    }
    let asked = PATHS.min(subscriptions);
    let paths: Vec<String> = (0..asked)
        .map(|number| format!("/shops/{}/orders/4711", number * (subscriptions / asked)))
        .collect();
    let mut paths = paths.iter().cycle();
    measured_section(iterations, &mut || {
        let path = paths.next().context("there is no path")?;
        let routes = black_box(&table).routes("order.created", "POST", black_box(path));
        ensure!(routes.sync.is_some(), "nobody is subscribed to {path}");
        Ok(())
    })
}
