//! Transforms of subscriptions: whether they can be compiled, and what they make of an event, without any subscription.

use std::any::Any;

use axum::body::Body;
use axum::response::Response;
use dataflow::transform::{Transform, TransformContext, TransformError, TransformLimits};
use domain::access::Scope;
use domain::configuration::ConfigurationError;
use domain::ids::Space;
use domain::json::Object;
use domain::resource::{Resource, Subscription};
use http::request::Parts;
use http::{Method, StatusCode};
use offload::off_runtime_for;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::openapi::Required;

use super::endpoint::{Action, Endpoint, Subject};
use super::openapi::blocks::{add_schema, in_space, json, json_body, with_errors};
use super::{ConfigApi, InvalidRequest};
use crate::body;
use crate::error::{ApiError, json_line};

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[Endpoint {
        path: &["transforms", "test"],
        actions: &[Action {
            method: Method::POST,
            labels: ("transform", "test"),
            scope: Scope::ConfigRead,
            answer: |api, asked| Box::pin(api.test_transform(asked.space, asked.parts, asked.body)),
            describe: || {
                let test = in_space(
                    "testTransform",
                    "What a transform makes of an event",
                    "subscriptions",
                )
                .request_body(Some(json_body("TransformTest", Required::True)))
                .response("200", json("What it makes.", "TransformOutput"))
                .response("422", json("It cannot make anything of this event.", "Errors"));
                with_errors(test, &["400", "408", "413"])
            },
        }],
    }],
    schemas: |components| {
        add_schema::<TransformTest>(components);
        add_schema::<TransformOutput>(components);
    },
};

/// A transform, and what it is tried on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TransformTest {
    /// The transform, as subscriptions have it.
    #[schema(value_type = Object)]
    transform: (),
    /// The event as transforms see it, a CloudEvent 1.0 in JSON; of an `answerTransform`, an answer with `status`,
    /// `headers` and `body`.
    #[schema(value_type = Value)]
    event: (),
}

/// What a transform makes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TransformOutput {
    /// It as JSON.
    #[schema(value_type = Value)]
    output: Box<RawValue>,
}

/// Refuses a subscription with a transform that cannot be compiled.
pub(super) fn check<R: Resource>(resource: &R, limits: &TransformLimits) -> Result<(), ConfigurationError> {
    let resource: &dyn Any = resource;
    let Some(subscription) = resource.downcast_ref::<Subscription>() else {
        return Ok(());
    };
    for (field, source) in [
        ("transform", &subscription.transform),
        ("answerTransform", &subscription.answer_transform),
    ] {
        if let Some(source) = source {
            Transform::compile(source.json(), limits).map_err(|error| ConfigurationError::Transform {
                field,
                reason: error.to_string(),
            })?;
        }
    }
    Ok(())
}

/// Why a transform was not tried, or what it failed with.
enum Failed {
    Compiling(TransformError),
    Applying(TransformError),
}

impl ConfigApi {
    async fn test_transform(&self, space: &Space, parts: &Parts, body: Body) -> Result<Response, ApiError> {
        let body = body::read(parts, body, self.limits).await?;
        let object = Object::from_slice(&body).map_err(InvalidRequest::from)?;
        let required = |name: &str| {
            let member = object.get(name).map(|raw| raw.get().to_owned());
            member.ok_or_else(|| ApiError::invalid(format!("the member {name} is missing")))
        };
        let (transform, event) = (required("transform")?, required("event")?);
        let (limits, whose) = (self.transforms, space.to_string());
        // As those of its events: in turns, so that no space keeps the others waiting.
        let made = off_runtime_for(space.as_str(), move || tried(&transform, &event, &whose, &limits)).await;
        let output = made.map_err(|failed| match failed {
            Failed::Compiling(error) => ApiError::invalid(format!("transform: {error}")),
            Failed::Applying(error) => ApiError::unprocessable(format!("transform: {error}")),
        })?;
        Ok(json_line(StatusCode::OK, &TransformOutput { output }))
    }
}

fn tried(
    transform: &str,
    event: &str,
    space: &str,
    limits: &TransformLimits,
) -> Result<Box<RawValue>, Failed> {
    let compiled = Transform::compile(transform, limits).map_err(Failed::Compiling)?;
    // When it would have come in.
    let time = Object::from_slice(event.as_bytes()).ok();
    let time = time
        .as_ref()
        .and_then(|event| event.string("time").ok().flatten());
    let context = TransformContext {
        rule_arn: &format!("{space}/test"),
        rule_name: "test",
        ingestion_time: time.as_deref().unwrap_or_default(),
        now: None,
    };
    let made = compiled
        .apply(event, &context, limits)
        .map_err(Failed::Applying)?;
    // It is JSON; what could not be told so would be an empty answer.
    Ok(RawValue::from_string(made).unwrap_or_else(|_| RawValue::NULL.to_owned()))
}
