//! Whether filters let an event pass, and why: what an answer of the Configuration API shows of it.

use filters::{Condition, FilterLimits, Filters};
use serde::Serialize;

use crate::configuration::ConfigurationError;
use crate::event::{Event, EventError, FilterSubject};
use crate::json::{Json, JsonError, Object, kind};
use crate::resource::{InvalidCause, InvalidResource, Kind, SubscriptionFilters};

/// Filters and an event that they are tried with.
#[derive(Debug)]
pub struct FilterTest {
    filters: Filters,
    event: Event,
}

/// What becomes of an event at filters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FilterOutcome {
    /// Whether the event passes all of them.
    pub matches: bool,
    /// Every condition that was looked at.
    pub conditions: Vec<FilterCondition>,
}

/// Why a filter lets an event pass, or does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FilterCondition {
    /// Which one, as a JSON pointer into `filters`.
    pub pointer: String,
    /// Whether it lets the event pass.
    pub passes: bool,
    /// What was seen and what was wanted.
    pub reason: String,
}

/// Why filters cannot be tried.
#[derive(Debug, thiserror::Error)]
pub enum FilterTestError {
    /// The body is not what it must be.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The event is none.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The filters cannot be compiled.
    #[error(transparent)]
    Filters(#[from] ConfigurationError),
}

impl From<Condition> for FilterCondition {
    fn from(condition: Condition) -> Self {
        let Condition {
            pointer,
            passes,
            reason,
        } = condition;
        Self {
            pointer,
            passes,
            reason,
        }
    }
}

impl FilterTest {
    /// Reads a request body: `filters`, of this size at most, and `event`, a CloudEvent of any version.
    pub fn decode(body: &[u8], limits: &FilterLimits) -> Result<Self, FilterTestError> {
        let object = Object::from_first_value(body)?;
        let wrong = |found, field: &str, wanted| JsonError::WrongType {
            found,
            field: field.to_owned(),
            wanted,
        };
        let text = match object.get("filters") {
            Some(raw) if kind(raw) == "array" => Json::from_raw(raw),
            other => return Err(wrong(other.map_or("null", kind), "filters", "array").into()),
        };
        let event = object.object("event")?;
        let event = event.ok_or_else(|| wrong("null", "event", "object"))?;
        let filters = Filters::compile(text.get(), limits).map_err(|error| {
            ConfigurationError::Invalid(InvalidResource {
                kind: Kind::Subscription,
                cause: InvalidCause::Filters(error),
            })
        })?;
        // Whether the event itself may have so many attributes is for the Events API to say.
        let event = Event::from_object(&event, usize::MAX)?;
        Ok(Self { filters, event })
    }

    /// Tries them.
    pub fn run(&self) -> FilterOutcome {
        let subject = FilterSubject::of(&self.event);
        FilterOutcome {
            matches: self.filters.matches(&subject),
            conditions: shown(self.filters.explain(&subject)),
        }
    }
}

/// What the filters of a subscription say of an event; of those that do not compile, that.
pub(crate) fn explained(
    filters: &SubscriptionFilters,
    event: &FilterSubject<'_>,
    max_steps: usize,
) -> Vec<FilterCondition> {
    match filters.compiled() {
        Ok(filters) => shown(filters.explain_within(event, max_steps)),
        Err(error) => vec![FilterCondition {
            pointer: error.pointer.clone(),
            passes: false,
            reason: format!("cannot be compiled: {}", error.reason),
        }],
    }
}

fn shown(conditions: Vec<Condition>) -> Vec<FilterCondition> {
    conditions.into_iter().map(FilterCondition::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: &str) -> Result<FilterTest, FilterTestError> {
        FilterTest::decode(body.as_bytes(), &FilterLimits::default())
    }

    #[test]
    fn bodies() {
        let event = r#"{"specversion":"1.0","type":"t","source":"/s","id":"1"}"#;
        let ok = decode(&format!(r#"{{"filters":[],"event":{event}}}"#)).unwrap();
        assert!(ok.run().matches);
        for (body, want) in [
            ("{", "unexpected EOF"),
            (r#"{"event":{}}"#, "field filters of type array"),
            (
                r#"{"filters":{},"event":{}}"#,
                "object into Go struct field filters of type array",
            ),
            (
                r#"{"filters":[]}"#,
                "null into Go struct field event of type object",
            ),
            (r#"{"filters":[],"event":5}"#, "field event of type object"),
            (
                r#"{"filters":[],"event":{"specversion":"1.0","type":"t"}}"#,
                "source",
            ),
        ] {
            let error = decode(body).unwrap_err().to_string();
            assert!(error.contains(want), "{body}: {error}");
        }
    }
}
