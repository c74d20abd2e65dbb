//! What a producer asks for beside the event itself: when it is delivered, in what order, and only once. Headers of
//! the request say so, or extension attributes of the event (docs/delivery.md).

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue};

use crate::event::time::epoch_millis;
use crate::event::{Event, TimeError};
use crate::json::Json;

/// Header with the key that deliveries are ordered by; wins over the extension.
pub const ORDERING_KEY_HEADER: &str = "x-partition-key";
/// Header with the key that repetitions are known by; wins over the extension.
pub const DEDUPLICATION_KEY_HEADER: &str = "x-deduplication-key";
/// Header with the earliest time of delivery, RFC 3339; wins over the extension.
pub const DELIVER_AT_HEADER: &str = "x-deliver-at";

/// Extension attribute with the key that deliveries are ordered by: the partitioning extension of CloudEvents.
pub const ORDERING_KEY_EXTENSION: &str = "partitionkey";
/// Extension attribute with the key that repetitions are known by.
pub const DEDUPLICATION_KEY_EXTENSION: &str = "deduplicationkey";
/// Extension attribute with the earliest time of delivery, RFC 3339.
pub const DELIVER_AT_EXTENSION: &str = "deliverat";

/// Most bytes of a key: as long as SQS takes them.
pub const MAX_KEY_BYTES: usize = 128;

/// What a producer asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishOptions {
    /// Deliveries with the same key to the same ordered subscription are made in the order of acceptance.
    pub ordering_key: Option<Arc<str>>,
    /// Of events with the same key only the first of five minutes is queued, for each space.
    pub deduplication_key: Option<Arc<str>>,
    /// No delivery before this, in milliseconds since the Unix epoch.
    pub deliver_at: Option<u64>,
}

/// Options that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishOptionsError {
    /// The time is not RFC 3339.
    #[error("{name}: {source}")]
    Time {
        /// Header or attribute.
        name: &'static str,
        /// What is wrong with it.
        source: TimeError,
    },
    /// The time is too far away.
    #[error("{name}: {value} is more than {} seconds ahead, which is the longest delay", .longest.as_secs_f64())]
    TooFar {
        /// Header or attribute.
        name: &'static str,
        /// The time that it asks for.
        value: String,
        /// The limit.
        longest: Duration,
    },
    /// The key is empty, too long or no text.
    #[error("{name} must be 1 to {MAX_KEY_BYTES} bytes of text")]
    Key {
        /// Header or attribute.
        name: &'static str,
    },
}

impl PublishOptions {
    /// Reads the options of an event that came in with these headers. The event keeps its attributes.
    pub fn of(headers: &HeaderMap, event: &Event) -> Result<Self, PublishOptionsError> {
        let option = |header, extension| Value::of(headers, event, header, extension);
        let key = |(name, value): (_, Value<'_>)| {
            let text = value.text();
            let text = text.filter(|text| (1..=MAX_KEY_BYTES).contains(&text.len()));
            text.map(Into::into).ok_or(PublishOptionsError::Key { name })
        };
        let time = |(name, value): (_, Value<'_>)| {
            epoch_millis(&value.text().unwrap_or_else(|| value.shown()))
                .map_err(|source| PublishOptionsError::Time { name, source })
        };
        Ok(Self {
            ordering_key: option(ORDERING_KEY_HEADER, ORDERING_KEY_EXTENSION)
                .map(key)
                .transpose()?,
            deduplication_key: option(DEDUPLICATION_KEY_HEADER, DEDUPLICATION_KEY_EXTENSION)
                .map(key)
                .transpose()?,
            deliver_at: option(DELIVER_AT_HEADER, DELIVER_AT_EXTENSION)
                .map(time)
                .transpose()?,
        })
    }
}

impl PublishOptions {
    /// Refuses a time of delivery that is further away than the longest delay. `now`, in milliseconds since the Unix
    /// epoch, is asked for only where there is one; headers and event are those that the options are of.
    pub fn check_delay(
        &self,
        headers: &HeaderMap,
        event: &Event,
        now: impl FnOnce() -> u64,
        longest: Duration,
    ) -> Result<(), PublishOptionsError> {
        let Some(deliver_at) = self.deliver_at else {
            return Ok(());
        };
        if Duration::from_millis(deliver_at.saturating_sub(now())) <= longest {
            return Ok(());
        }
        let given = Value::of(headers, event, DELIVER_AT_HEADER, DELIVER_AT_EXTENSION);
        let (name, value) = given.map_or((DELIVER_AT_HEADER, Cow::default()), |(name, value)| {
            (name, value.text().unwrap_or_else(|| value.shown()))
        });
        // A fraction of a second can be of any length.
        let value = value.chars().take(MAX_KEY_BYTES).collect();
        Err(PublishOptionsError::TooFar { name, value, longest })
    }
}

/// Where an option stands.
#[derive(Clone, Copy)]
enum Value<'a> {
    Header(&'a HeaderValue),
    Extension(&'a Json),
}

impl<'a> Value<'a> {
    /// Finds an option, and says under which name.
    fn of(
        headers: &'a HeaderMap,
        event: &'a Event,
        header: &'static str,
        extension: &'static str,
    ) -> Option<(&'static str, Self)> {
        match headers.get(header) {
            Some(value) => Some((header, Value::Header(value))),
            None => event
                .extension(extension)
                .map(|value| (extension, Value::Extension(value))),
        }
    }

    /// Its text, if it is one.
    fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Header(value) => {
                let text = std::str::from_utf8(value.as_bytes()).ok()?;
                Some(Cow::Borrowed(text.trim()))
            }
            Self::Extension(value) => value.scalar_text(),
        }
    }

    /// How an error shows it when it is no text.
    fn shown(self) -> Cow<'a, str> {
        match self {
            Self::Header(value) => String::from_utf8_lossy(value.as_bytes()),
            Self::Extension(value) => Cow::Borrowed(value.get()),
        }
    }
}

#[cfg(test)]
mod tests;
