//! The span of an event that is taken for its async subscribers.

use std::sync::Arc;

use domain::delivery::Delivery;
use domain::event::Event;
use traces::{ActiveSpan, SpanKind, Tracer};

use crate::spans::{Operation, origin, within};

/// Begins it, as a part of what the request that the event came with is a part of. The deliveries go on from there: their
/// attempts, and those after a redrive, are parts of it.
pub(super) fn publish(
    tracer: &Tracer,
    event: &Event,
    deliveries: &mut [Delivery],
) -> Option<Box<ActiveSpan>> {
    let trace = Arc::clone(deliveries.first()?.arrival.trace.as_ref()?);
    let parent = trace.context()?;
    let operation = Operation::Publish;
    let mut span = tracer.begin(SpanKind::Producer, parent, || operation.span_name(event))?;
    operation.describe(&mut span, event);
    if let Some(origin) = origin(event).filter(|origin| *origin != parent) {
        span.link(origin);
    }
    let within = within(&trace, &span);
    for delivery in deliveries {
        delivery.arrival.trace = Some(Arc::clone(&within));
    }
    Some(span)
}
