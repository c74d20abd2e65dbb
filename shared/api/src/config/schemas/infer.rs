//! A schema made of events that are sent along.

use axum::body::Body;
use axum::response::Response;
use dataflow::schema::infer::{InferLimits, infer};
use domain::ids::Space;
use domain::json::{Object, elements_within};
use http::StatusCode;
use http::request::Parts;
use offload::off_runtime_for;
use serde::Serialize;
use serde_json::Value;

use crate::body;
use crate::config::{ConfigApi, InvalidRequest};
use crate::error::{ApiError, json_line};

/// Most events that a schema is made of.
const MOST_EVENTS: usize = 1_000;

/// Events that a schema is to be made of.
#[derive(Debug, utoipa::ToSchema)]
#[expect(
    dead_code,
    reason = "it says how the body is described, which is read in parts"
)]
pub(super) struct SchemaSamples {
    /// CloudEvents, of which the data counts, or data alone; 1000 at most.
    #[schema(value_type = Vec<Object>, min_items = 1, max_items = 1000)]
    events: Vec<Value>,
}

/// A schema that was made of events.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct InferredSchema {
    /// The schema, in draft 2020-12. Nobody has adopted it.
    #[schema(value_type = Object)]
    schema: Value,
    /// How many events it is made of.
    events: usize,
}

impl ConfigApi {
    pub(super) async fn infer_schema(
        &self,
        space: &Space,
        parts: &Parts,
        body: Body,
    ) -> Result<Response, ApiError> {
        let body = body::read(parts, body, self.limits).await?;
        let made = off_runtime_for(space.as_str(), move || {
            let samples = samples(&body)?;
            let schema = infer(&samples, &InferLimits::default());
            Ok::<_, InvalidRequest>(InferredSchema {
                schema,
                events: samples.len(),
            })
        });
        Ok(json_line(StatusCode::OK, &made.await?))
    }
}

fn samples(body: &[u8]) -> Result<Vec<Value>, InvalidRequest> {
    let object = Object::from_first_value(body)?;
    if let Some((name, _)) = object.members().find(|(name, _)| *name != "events") {
        return Err(InvalidRequest::UnknownMember {
            name: name.to_owned(),
        });
    }
    let events = object
        .get("events")
        .ok_or(InvalidRequest::Empty { name: "events" })?;
    let events = elements_within(events.get().as_bytes(), MOST_EVENTS)?;
    if events.is_empty() {
        return Err(InvalidRequest::Empty { name: "events" });
    }
    let values = events
        .into_iter()
        .filter_map(|raw| serde_json::from_str(raw.get()).ok());
    Ok(values.map(data_of).collect())
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

    #[test]
    fn data_of_events_or_data_alone() {
        let body = json!({"events": [
            {"specversion": "1.0", "type": "t", "source": "s", "id": "1", "data": {"a": 1}},
            {"a": 2},
            {"cloudEventsVersion": "0.1", "eventType": "t"},
        ]});
        let read = samples(body.to_string().as_bytes()).unwrap();
        assert_eq!(read, [json!({"a": 1}), json!({"a": 2}), Value::Null]);
        for body in [
            "{}",
            r#"{"events":[]}"#,
            r#"{"events":{}}"#,
            r#"{"events":[1],"x":1}"#,
            "[",
        ] {
            assert!(samples(body.as_bytes()).is_err(), "{body}");
        }
        let many = json!({"events": vec![1; MOST_EVENTS + 1]});
        assert!(samples(many.to_string().as_bytes()).is_err());
    }
}
