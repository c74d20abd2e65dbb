//! Which of the subscriptions on its way an event reaches: those whose filters it passes. An event that nobody has filters
//! for is not read.

use std::pin::Pin;
use std::sync::Arc;

use domain::event::{Event, FilterSubject};
use domain::routing::{FilteredSlot, Passed, Routes, RoutingTable};
use offload::{LARGE_BODY, off_runtime};

/// The routes of an event by the filters on its way; asked where anybody has filters. Boxed: what hardly any request needs
/// is not carried by all of them.
pub(super) fn filtered<'f, 'a: 'f>(
    table: &'a RoutingTable,
    event: &'f Arc<Event>,
    routes: Routes<'a>,
) -> Pin<Box<dyn Future<Output = Routes<'a>> + Send + 'f>> {
    Box::pin(select(table, event, routes))
}

async fn select<'a>(table: &'a RoutingTable, event: &Arc<Event>, routes: Routes<'a>) -> Routes<'a> {
    let slots = table.filtered_slots(&routes);
    if slots.is_empty() {
        return routes;
    }
    // Each that is not found by the index may read all of it.
    let readings = table.tried_always(&slots) + 1;
    let passed = if event.json_bytes().saturating_mul(readings) < LARGE_BODY {
        passed(table, &slots, event)
    } else {
        // A copy of a table costs nothing.
        let (table, event) = (table.clone(), Arc::clone(event));
        off_runtime(move || passed(&table, &slots, &event)).await
    };
    table.selected(routes, &passed)
}

fn passed(table: &RoutingTable, slots: &[FilteredSlot], event: &Event) -> Passed {
    table.passed(slots, &FilterSubject::of(event))
}
