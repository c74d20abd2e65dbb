//! Which of the subscriptions on its way an event reaches where spaces want keys.

use std::collections::BTreeMap;

use domain::event::Event;
use domain::ids::Space;
use domain::routing::{Routes, Subscribers};

use crate::error::GatewayError;
use crate::intake::Arrived;

/// The routes of an event into spaces that take it. Where the one that answers does not, or none does, its sender is told;
/// otherwise the others get it, and nobody learns of those that do not.
pub(super) fn admitted<'a>(
    arrived: &Arrived<'a>,
    event: &Event,
    mut routes: Routes<'a>,
) -> Result<Routes<'a>, GatewayError> {
    let event_type = Some(event.event_type());
    if let Some(subscription) = routes.sync {
        arrived.admitted(&subscription.space, event_type)?;
    }
    let mut decided: BTreeMap<&Space, bool> = BTreeMap::new();
    let mut refusal = None;
    let mut taken = Vec::with_capacity(routes.asynchronous.len());
    for stored in routes.asynchronous.iter() {
        let space = &stored.resource.space;
        let is_admitted = *decided.entry(space).or_insert_with(|| {
            let admitted = arrived.admitted(space, event_type);
            let is_admitted = admitted.is_ok();
            refusal = admitted.err().or(refusal.take());
            is_admitted
        });
        if is_admitted {
            taken.push(stored);
        }
    }
    let Some(refusal) = refusal else {
        return Ok(routes);
    };
    if routes.sync.is_none() && taken.is_empty() {
        return Err(refusal);
    }
    routes.asynchronous = Subscribers::of(taken);
    Ok(routes)
}
