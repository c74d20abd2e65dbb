//! The event that a hook puts in the place of another one: read like one of a stranger, and still the same event.

use serde_json::value::RawValue;

use super::HookAnswerError;
use crate::event::Event;
use crate::json::Object;

/// Reads the member `event`, with at most so many attributes. What an event is known by stays, and it was passed on no less
/// often than the one in whose place it is.
pub(super) fn read(raw: &RawValue, asked: &Event, max_attributes: usize) -> Result<Event, HookAnswerError> {
    let object =
        Object::from_raw_within(raw, "event", max_attributes).map_err(crate::event::EventError::from)?;
    let mut event = Event::from_object(&object, max_attributes)?;
    for (name, is_same) in [
        ("type", event.event_type() == asked.event_type()),
        ("id", event.id() == asked.id()),
        ("source", event.source() == asked.source()),
    ] {
        if !is_same {
            return Err(HookAnswerError::Changed(name));
        }
    }
    let hops = asked.hops().unwrap_or_default();
    if event.hops()? < hops {
        event = event.with_hops(hops);
    }
    Ok(event.in_place_of_made())
}
