//! A schema made of events that are sent along, or of those that came last.

use axum::response::Response;
use clocks::epoch_millis;
use dataflow::schema::infer::{InferLimits, infer};
use domain::access::Scope;
use domain::ids::{EventTypeName, Space};
use domain::json::{Object, elements_within};
use domain::resource::EventType;
use http::StatusCode;
use offload::off_runtime_for;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::body;
use crate::config::caller::Caller;
use crate::config::endpoint::EndpointRequest;
use crate::config::{ConfigApi, InvalidRequest};
use crate::error::{ApiError, json_line};

/// Most events that a schema is made of.
const MOST_EVENTS: usize = 1_000;
/// Most events that cannot be read of which is told one by one.
const MOST_UNREAD: usize = 20;

/// What a schema is to be made of: events that are given, or those of a type that came last.
#[derive(Debug, utoipa::ToSchema)]
#[expect(
    dead_code,
    reason = "it says how the body is described, which is read in parts"
)]
pub(super) struct SchemaSamples {
    /// CloudEvents, of which the data counts, or data alone; 1000 at most.
    #[schema(value_type = Option<Vec<Object>>, nullable = false, min_items = 1, max_items = 1000)]
    events: Option<Vec<Value>>,
    /// In the place of events: the name of an event type, whose recent events count. A key needs `payloads:read` for that,
    /// and the gateway has to keep them (`--recent-events-bytes`).
    #[schema(nullable = false, min_length = 1)]
    recent: Option<String>,
}

/// A schema that was made of events.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct InferredSchema {
    /// The schema, in draft 2020-12. Nobody has adopted it.
    #[schema(value_type = Object)]
    schema: Value,
    /// How many events it is made of.
    events: usize,
    /// What of the events it says nothing of, with the place and the reason; absent when that is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<String>,
}

/// What a request wants a schema of.
#[derive(Debug, PartialEq)]
enum Wanted {
    /// Of these, with what is told of those that cannot be read.
    Given(Samples),
    /// Of the recent events of a type.
    Recent(EventTypeName),
}

#[derive(Debug, Default, PartialEq)]
struct Samples {
    values: Vec<Value>,
    unread: Vec<String>,
}

impl ConfigApi {
    pub(super) async fn infer_schema(&self, asked: EndpointRequest<'_>) -> Result<Response, ApiError> {
        let EndpointRequest { space, caller, .. } = asked;
        let body = body::read(asked.parts, asked.body, self.limits).await?;
        let wanted = off_runtime_for(space.as_str(), move || wanted(&body)).await?;
        let recent = match &wanted {
            Wanted::Given(_) => Vec::new(),
            Wanted::Recent(event_type) => self.recent_data(space, caller, event_type).await?,
        };
        let made = off_runtime_for(space.as_str(), move || {
            let samples = match wanted {
                Wanted::Given(given) => given,
                Wanted::Recent(_) => Samples::of(recent.iter().map(|data| &**data), |value| value),
            };
            let inferred = infer(&samples.values, &InferLimits::default());
            let warnings = samples.unread.into_iter().chain(inferred.warnings);
            InferredSchema {
                schema: inferred.schema,
                events: samples.values.len(),
                warnings: warnings.collect(),
            }
        });
        Ok(json_line(StatusCode::OK, &made.await))
    }

    /// The data of recent events of a type that is registered, as JSON.
    async fn recent_data(
        &self,
        space: &Space,
        caller: &Caller,
        event_type: &EventTypeName,
    ) -> Result<Vec<Box<str>>, ApiError> {
        // A schema says what members the data of others has.
        caller.check_allowed(Scope::PayloadsRead)?;
        let Some(recent) = &self.recent_events else {
            return Err(ApiError::no_recent_events_here());
        };
        self.store.get::<EventType>(space, event_type).await?;
        let data = recent.of_type(space, event_type, epoch_millis());
        if data.is_empty() {
            return Err(ApiError::no_recent_events(event_type));
        }
        Ok(data)
    }
}

impl Samples {
    /// Reads samples, and tells of those that cannot be read, as they are nested too deep, or have numbers or characters that
    /// no value can hold.
    fn of<'d>(data: impl Iterator<Item = &'d str>, data_of: impl Fn(Value) -> Value) -> Self {
        let (mut samples, mut left_out) = (Self::default(), 0);
        for (at, text) in data.enumerate() {
            match serde_json::from_str(text) {
                Ok(value) => samples.values.push(data_of(value)),
                Err(error) if samples.unread.len() < MOST_UNREAD => {
                    samples.unread.push(format!("events[{at}] is left out: {error}"));
                }
                Err(_) => left_out += 1,
            }
        }
        if left_out > 0 {
            samples
                .unread
                .push(format!("{left_out} more events are left out"));
        }
        samples
    }
}

fn wanted(body: &[u8]) -> Result<Wanted, InvalidRequest> {
    let object = Object::from_first_value(body)?;
    let is_known = |name: &str| ["events", "recent"].contains(&name);
    if let Some((name, _)) = object.members().find(|(name, _)| !is_known(name)) {
        return Err(InvalidRequest::UnknownMember {
            name: name.to_owned(),
        });
    }
    let events = object.get("events");
    if let Some(event_type) = object.string("recent")? {
        if events.is_some() {
            return Err(InvalidRequest::Repeated { name: "events" });
        }
        if event_type.is_empty() {
            return Err(InvalidRequest::Empty { name: "recent" });
        }
        return Ok(Wanted::Recent(event_type.as_ref().into()));
    }
    let events = events.ok_or(InvalidRequest::Empty { name: "events" })?;
    let events = elements_within(events.get().as_bytes(), MOST_EVENTS)?;
    if events.is_empty() {
        return Err(InvalidRequest::Empty { name: "events" });
    }
    let samples = Samples::of(events.into_iter().map(RawValue::get), data_of);
    Ok(Wanted::Given(samples))
}

/// The data of a CloudEvent, in any of its versions; of anything else, all of it.
fn data_of(mut value: Value) -> Value {
    let is_event = ["specversion", "cloudEventsVersion"]
        .iter()
        .any(|name| value.get(name).is_some());
    if is_event {
        value.get_mut("data").map(Value::take).unwrap_or_default()
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn samples(body: &str) -> Samples {
        match wanted(body.as_bytes()).unwrap() {
            Wanted::Given(samples) => samples,
            other @ Wanted::Recent(_) => panic!("{other:?}"),
        }
    }

    #[test]
    fn data_of_events_or_data_alone() {
        let body = json!({"events": [
            {"specversion": "1.0", "type": "t", "source": "s", "id": "1", "data": {"a": 1}},
            {"a": 2},
            {"cloudEventsVersion": "0.1", "eventType": "t"},
        ]});
        let read = samples(&body.to_string());
        assert_eq!(read.values, [json!({"a": 1}), json!({"a": 2}), Value::Null]);
        assert!(read.unread.is_empty());
        let recent = wanted(br#"{"recent":"order.created"}"#).unwrap();
        assert_eq!(recent, Wanted::Recent("order.created".into()));
        for body in [
            "{}",
            r#"{"events":[]}"#,
            r#"{"events":{}}"#,
            r#"{"events":[1],"x":1}"#,
            r#"{"events":[1],"recent":"t"}"#,
            r#"{"recent":""}"#,
            r#"{"recent":true}"#,
            "[",
        ] {
            assert!(wanted(body.as_bytes()).is_err(), "{body}");
        }
        let many = json!({"events": vec![1; MOST_EVENTS + 1]});
        assert!(wanted(many.to_string().as_bytes()).is_err());
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let body = format!(r#"{{"events":[1,{deep},1e999,"\ud800"]}}"#);
        let read = samples(&body);
        assert_eq!(read.values, [json!(1)]);
        let told = read.unread.join(", ");
        for (at, why) in [
            (1, "recursion limit"),
            (2, "number out of range"),
            (3, "hex escape"),
        ] {
            assert!(
                told.contains(&format!("events[{at}] is left out: ")) && told.contains(why),
                "{told}"
            );
        }
        let many = format!(r#"{{"events":[{}1]}}"#, "1e999,".repeat(100));
        let read = samples(&many);
        assert_eq!((read.values.len(), read.unread.len()), (1, MOST_UNREAD + 1));
        assert_eq!(read.unread[MOST_UNREAD], "80 more events are left out");
    }
}
