//! Why an event reaches the subscriptions that it reaches, and why it does not reach the others.

use axum::response::Response;
use bytes::Bytes;
use domain::access::Scope;
use domain::event::{CLOUDEVENTS_JSON, FilterSubject, HTTP_REQUEST};
use domain::explain::{ExplainRequest, Explanation, SpaceResources, asked_headers};
use domain::json::Json;
use domain::resource::{EventType, Function, MetadataFilter, Subscription};
use domain::routing::PathOwnership;
use gateway::{AuthorizerInquiry, UnsentRequest};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use utoipa::PartialSchema as _;
use utoipa::openapi::{ComponentsBuilder, ObjectBuilder, RefOr, Required, Schema, Type};

use super::caller::Caller;
use super::endpoint::{Action, Endpoint, EndpointRequest, Subject};
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
            answer: |api, asked| Box::pin(api.explain(asked)),
            describe: || {
                let explain = in_space(
                    "explain",
                    "Which subscriptions an event reaches, and why not the others",
                    "subscriptions",
                )
                .request_body(Some(json_body("ExplainRequest", Required::True)))
                .response("200", json("The explanation.", "Explanation"));
                with_errors(explain, &["400", "408", "413", "501", "503", "508"])
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
        object.properties.insert("ask".to_owned(), ask().into());
        object.properties.insert("headers".to_owned(), headers().into());
    }
    *components = std::mem::take(components).schema("ExplainRequest", schema);
}

fn ask() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["authorizers"]))
        .description(Some(
            "Has the authorizers of the subscriptions that match asked; needs the scope `events:emit`.",
        ))
}

fn headers() -> ObjectBuilder {
    let value = ObjectBuilder::new().schema_type(Type::String);
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(RefOr::T(Schema::Object(value.build()))))
        .description(Some("Headers of the request that authorizers are asked about."))
}

/// The request that an event would come with: in structured mode, or a plain one where the request is the event.
fn unsent(request: &ExplainRequest, headers: HeaderMap) -> Result<UnsentRequest, InvalidRequest> {
    if request.event.is_none() && request.event_type.as_str() != HTTP_REQUEST {
        return Err(InvalidRequest::EventNeeded);
    }
    let head = http::Request::builder()
        .method(request.method.as_str())
        .uri(&request.path)
        .body(());
    let (mut parts, ()) = head.map_err(|_| InvalidRequest::NoRequest)?.into_parts();
    parts.headers = headers;
    let event = request.event.as_deref().cloned();
    let mut body = Bytes::new();
    if let Some(event) = &event {
        let structured = HeaderValue::from_static(CLOUDEVENTS_JSON);
        parts.headers.insert(CONTENT_TYPE, structured);
        body = Bytes::from(Json::from_value(event).get().to_owned());
    }
    Ok(UnsentRequest { parts, body, event })
}

impl ConfigApi {
    async fn explain(&self, asked: EndpointRequest<'_>) -> Result<Response, ApiError> {
        let EndpointRequest {
            space,
            caller,
            parts,
            body,
            ..
        } = asked;
        let body = body::read(parts, body, self.limits).await?;
        let request = ExplainRequest::decode(&body).map_err(InvalidRequest::from)?;
        let question = self.question(&request, &body, caller)?;
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
        let mut explanation = Explanation::of(request, resources)
            .with_hooks(&settings, &event_types, &subscriptions)
            .with_keys(&settings);
        let is_suspended = settings.tenant.is_some() && self.is_suspended(space).await?;
        if is_suspended {
            explanation = explanation.of_suspended();
        }
        // Nobody asks the authorizer of a space that takes no events.
        if let Some((inquiry, unsent)) = question.filter(|_| !is_suspended) {
            let authorizers = explanation.authorizers();
            let answers = inquiry.ask(space, authorizers, unsent, &parts.headers).await?;
            explanation = explanation.with_answers(&answers);
        }
        Ok(json_line(StatusCode::OK, &explanation))
    }

    /// Whom to ask, and about what, if authorizers are to be asked. That is for those who may send this event: they
    /// would have them asked, too.
    fn question(
        &self,
        request: &ExplainRequest,
        body: &[u8],
        caller: &Caller,
    ) -> Result<Option<(&AuthorizerInquiry, UnsentRequest)>, ApiError> {
        let Some(headers) = asked_headers(body).map_err(InvalidRequest::from)? else {
            return Ok(None);
        };
        caller.check_may_send(request.event_type.as_str(), &request.path)?;
        let unsent = unsent(request, headers)?;
        let inquiry = self.authorizers.as_ref().ok_or_else(ApiError::nobody_asks)?;
        Ok(Some((inquiry, unsent)))
    }
}
