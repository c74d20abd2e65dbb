//! Which of the subscriptions on its way an event reaches: those whose filters it passes; and which hooks are asked about it.
//! An event that nobody has filters for is not read. What may take long, because an event or filters are large, is done where
//! it is in nobody's way.

use std::pin::Pin;
use std::sync::Arc;

use domain::event::{Event, FilterSubject};
use domain::ids::Space;
use domain::routing::{RoutedHook, Routes, RoutingTable};
use offload::{LARGE_BODY, off_runtime_for};

/// The routes of an event by the filters on its way; asked where anybody has filters. Boxed: what hardly any request needs
/// is not carried by all of them.
pub(crate) fn filtered<'f, 'a: 'f>(
    table: &'a RoutingTable,
    event: &'f Arc<Event>,
    routes: Routes<'a>,
) -> Pin<Box<dyn Future<Output = Routes<'a>> + Send + 'f>> {
    Box::pin(async move {
        let slots = table.filtered_slots(&routes);
        let Some(first) = slots.first() else { return routes };
        // Each that is not found by the index may read all of it.
        let readings = table.tried_always(&slots) + 1;
        let is_small = event.json_bytes().saturating_mul(readings) < LARGE_BODY;
        let passed = is_small.then(|| table.passed_within(&slots, &FilterSubject::of(event), LARGE_BODY));
        let passed = if let Some(passed) = passed.flatten() {
            passed
        } else {
            // A copy of a table costs nothing.
            let (table, event) = (table.clone(), Arc::clone(event));
            let whose = first.space().clone();
            off_runtime_for(whose.as_str(), move || {
                table.passed(&slots, &FilterSubject::of(&event))
            })
            .await
        };
        table.selected(routes, &passed)
    })
}

/// Whether a hook of a space is asked about an event.
pub(crate) async fn is_asked(
    table: &RoutingTable,
    space: &Space,
    routed: &RoutedHook,
    event: &Arc<Event>,
) -> bool {
    let steps = table.filter_steps();
    if !routed.has_filter() || event.json_bytes() < LARGE_BODY {
        return routed.is_for(event, steps);
    }
    let (routed, event) = (routed.clone(), Arc::clone(event));
    off_runtime_for(space.as_str(), move || routed.is_for(&event, steps)).await
}
