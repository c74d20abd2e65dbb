//! Whether filters let an event pass, before a subscription has them.

use axum::body::Body;
use axum::response::Response;
use domain::access::Scope;
use domain::filter_test::{FilterOutcome, FilterTest, FilterTestError};
use domain::ids::Space;
use domain::refusal::Refusal;
use http::request::Parts;
use http::{Method, StatusCode};
use offload::off_runtime_for;
use utoipa::openapi::schema::ArrayBuilder;
use utoipa::openapi::{ComponentsBuilder, ObjectBuilder, Required, Type};

use super::endpoint::{Action, Endpoint, Subject};
use super::openapi::blocks::{add_schema, in_space, json, json_body, with_errors};
use super::{ConfigApi, InvalidRequest};
use crate::body;
use crate::error::{ApiError, json_line};

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[Endpoint {
        path: &["filters", "test"],
        actions: &[Action {
            method: Method::POST,
            labels: ("filters", "test"),
            scope: Scope::ConfigRead,
            answer: |api, asked| Box::pin(api.test_filters(asked.space, asked.parts, asked.body)),
            describe: || {
                let test = in_space(
                    "testFilters",
                    "Whether filters let an event pass, and why",
                    "subscriptions",
                )
                .request_body(Some(json_body("FilterTest", Required::True)))
                .response("200", json("What becomes of the event.", "FilterOutcome"));
                with_errors(test, &["400", "408", "413"])
            },
        }],
    }],
    schemas: |components| {
        add_schema::<FilterOutcome>(components);
        add_request(components);
    },
};

fn add_request(components: &mut ComponentsBuilder) {
    let object = || ObjectBuilder::new().schema_type(Type::Object);
    let filters = ArrayBuilder::new()
        .items(object())
        .description(Some("Filters as a subscription has them."));
    let event = object().description(Some("A CloudEvent of any version."));
    let request = object()
        .property("filters", filters)
        .property("event", event)
        .required("filters")
        .required("event")
        .description(Some("Filters, and an event that they are tried with."));
    *components = std::mem::take(components).schema("FilterTest", request);
}

impl ConfigApi {
    async fn test_filters(&self, space: &Space, parts: &Parts, body: Body) -> Result<Response, ApiError> {
        let body = body::read(parts, body, self.limits).await?;
        let limits = self.store.rules().filters;
        let given = body.clone();
        let test = move || FilterTest::decode(&given, &limits).map(|test| test.run());
        // Even small ones may take all the steps that there are.
        let tested = off_runtime_for(space.as_str(), test).await;
        match tested {
            Ok(outcome) => Ok(json_line(StatusCode::OK, &outcome)),
            Err(FilterTestError::Filters(error)) => {
                let refusal = Refusal::of(&error, Some(&body));
                Err(ApiError::from(error).about(refusal))
            }
            Err(FilterTestError::Json(error)) => Err(InvalidRequest::from(error).into()),
            Err(FilterTestError::Event(error)) => Err(InvalidRequest::from(error).into()),
        }
    }
}
