//! Why an event reaches the subscriptions that it reaches, and why it does not reach the others.

use axum::body::Body;
use axum::response::Response;
use domain::access::Scope;
use domain::event::FilterSubject;
use domain::explain::{ExplainRequest, Explanation, SpaceResources};
use domain::ids::Space;
use domain::resource::{EventType, Function, MetadataFilter, Subscription};
use domain::routing::PathOwnership;
use http::request::Parts;
use http::{Method, StatusCode};
use utoipa::PartialSchema as _;
use utoipa::openapi::{ComponentsBuilder, ObjectBuilder, RefOr, Required, Schema, Type};

use super::endpoint::{Action, Endpoint, Subject};
use super::openapi::blocks::{add_schema, in_space, json, json_body, with_errors};
use super::{ConfigApi, InvalidRequest};
use crate::body;
use crate::error::{ApiError, json_line};

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[Endpoint {
        path: &["explain"],
        actions: &[Action {
            method: Method::POST,
            labels: ("explanation", "get"),
            scope: Scope::ConfigRead,
            answer: |api, asked| Box::pin(api.explain(asked.space, asked.parts, asked.body)),
            describe: || {
                let explain = in_space(
                    "explain",
                    "Which subscriptions an event reaches, and why not the others",
                    "subscriptions",
                )
                .request_body(Some(json_body("ExplainRequest", Required::True)))
                .response("200", json("The explanation.", "Explanation"));
                with_errors(explain, &["400", "408", "413"])
            },
        }],
    }],
    schemas: |components| {
        add_schema::<Explanation>(components);
        add_request(components);
    },
};

/// The members that are decoded, and the event that its type may be taken from.
fn add_request(components: &mut ComponentsBuilder) {
    let event = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(
            "A CloudEvent of any version, instead of `eventType`; filters are tried with it.",
        ))
        .build();
    let mut schema = ExplainRequest::schema();
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        let event = RefOr::T(Schema::Object(event));
        object.properties.insert("event".to_owned(), event);
    }
    *components = std::mem::take(components).schema("ExplainRequest", schema);
}

impl ConfigApi {
    async fn explain(&self, space: &Space, parts: &Parts, body: Body) -> Result<Response, ApiError> {
        let body = body::read(parts, body, self.limits).await?;
        let request = ExplainRequest::decode(&body).map_err(InvalidRequest::from)?;
        let all = MetadataFilter::default();
        let (subscriptions, event_types, functions) = tokio::try_join!(
            self.store.list::<Subscription>(space, &all),
            self.store.list::<EventType>(space, &all),
            self.store.list::<Function>(space, &all),
        )?;
        let settings = self.settings_or_unset(space).await?;
        let rules = self.store.rules();
        // Where spaces share the paths, another one may have been first.
        let table = match rules.paths {
            PathOwnership::Shared => Some(self.store.newest_routing_table().await?),
            PathOwnership::BySpace => None,
        };
        let answering = table.as_ref().and_then(|table| {
            let routes = table.routes(request.event_type.as_str(), &request.method, &request.path);
            let routes = match &request.event {
                Some(event) => table.select(routes, &FilterSubject::of(event)),
                None => routes,
            };
            routes.sync.cloned()
        });
        let resources = SpaceResources {
            filter_steps: rules.filters.max_steps,
            subscriptions: &subscriptions,
            event_types: &event_types,
            functions: &functions,
            paths: rules.paths,
            mode: settings.paths.unwrap_or(rules.defaults.paths),
            answering: answering.as_deref(),
        };
        Ok(json_line(
            StatusCode::OK,
            &Explanation::of(request, resources)
                .with_hooks(&settings, &event_types, &subscriptions)
                .with_keys(&settings),
        ))
    }
}
