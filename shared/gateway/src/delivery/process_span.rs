//! The span of an attempt to deliver an event.

use domain::delivery::Delivery;
use domain::event::Event;
use queue::Outcome;
use traces::{ActiveSpan, SpanKind, Tracer};

use crate::spans::Operation;

/// What became of it.
const OUTCOME: &str = "event_gateway.outcome";

/// Begins it, as a part of what the event was published in, and with a link there. `None` where that is not recorded, or not
/// known.
pub(super) fn process(tracer: &Tracer, delivery: &Delivery, event: &Event) -> Option<Box<ActiveSpan>> {
    let producer = delivery.arrival.trace.as_ref()?.context()?;
    let operation = Operation::Process;
    let mut span = tracer.begin(SpanKind::Consumer, producer, || operation.span_name(event))?;
    span.link(producer);
    operation.describe(&mut span, event);
    span.text(
        "messaging.destination.subscription.name",
        delivery.subscription.as_str(),
    );
    span.text("event_gateway.space", delivery.space.as_str());
    span.text("event_gateway.delivery.id", delivery.id.as_str());
    span.number("event_gateway.attempt", delivery.attempts.saturating_add(1));
    Some(span)
}

/// Says how it ended. Without an outcome its subscription was paused.
pub(super) fn ended(span: &mut ActiveSpan, outcome: Option<&Outcome>) {
    let (word, error) = match outcome {
        Some(Outcome::Done) => ("delivered", None),
        Some(Outcome::Retry { .. }) => ("retrying", Some("retrying")),
        Some(Outcome::DeadLetter(dead_letter)) => ("deadLettered", Some(dead_letter.reason.as_str())),
        Some(Outcome::Defer { .. }) => ("deferred", Some("deferred")),
        None => ("paused", Some("gone")),
    };
    span.text(OUTCOME, word);
    if let Some(error) = error {
        span.fail(error);
    }
}
