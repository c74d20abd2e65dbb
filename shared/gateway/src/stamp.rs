//! The id and time of events that the gateway makes: the one place of the engine that reads the clock.

use domain::event::EventStamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A fresh stamp.
pub(crate) fn event_stamp() -> EventStamp {
    // A time of this era always has an RFC 3339 form.
    let time = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
    EventStamp {
        id: uuid::Uuid::new_v4().to_string(),
        time,
    }
}
