//! The id and time of events that the gateway makes: the one place of the engine that reads the clock.

use domain::event::EventStamp;
use domain::ids::DeliveryId;
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

/// The time in milliseconds since the Unix epoch.
pub(crate) fn now_millis() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.ok()
        .and_then(|now| now.as_millis().try_into().ok())
        .unwrap_or_default()
}

/// A fresh id of a delivery.
pub(crate) fn delivery_id() -> DeliveryId {
    let mut text = uuid::Uuid::encode_buffer();
    DeliveryId::from(&*uuid::Uuid::new_v4().hyphenated().encode_lower(&mut text))
}
