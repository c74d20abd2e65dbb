//! Telling the operator of stored filters that cannot be compiled, as those of another version of the program: no event
//! passes them, and everything else of their space works.

use domain::configuration::Snapshot;
use domain::resource::Subscription;

/// Most subscriptions that are listed, each in a line of its own; the others are counted.
const MOST_LISTED: usize = 20;

/// Warns of subscriptions that get no events because their filters cannot be compiled.
pub(crate) fn warn_of_broken_filters<'s>(snapshots: impl IntoIterator<Item = &'s Snapshot>) {
    let mut count = 0;
    for snapshot in snapshots {
        for stored in snapshot.broken_filters() {
            count += 1;
            let Subscription {
                space,
                subscription_id,
                filters,
                ..
            } = &*stored.resource;
            let error = filters.as_ref().and_then(|filters| filters.compiled().err());
            if let Some(error) = error.filter(|_| count <= MOST_LISTED) {
                tracing::warn!(%space, id = %subscription_id, %error, "Not routed: the filters cannot be compiled.");
            }
        }
    }
    if count > 0 {
        tracing::warn!(
            count,
            listed = count.min(MOST_LISTED),
            "Subscriptions whose stored filters cannot be compiled get no events: put filters in their place that can."
        );
    }
}
