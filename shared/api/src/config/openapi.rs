//! The OpenAPI 3.1 document of the Configuration API, made from the types it speaks.

use std::sync::LazyLock;

use axum::response::Response;
use bytes::Bytes;
use domain::resource::{Cors, EventType, Function, Subscription};
use http::StatusCode;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathsBuilder};
use utoipa::{PartialSchema, ToSchema};

use super::{diagnosis, spaces, tenants};
use crate::error::{Errors, json_answer, json_bytes};
use blocks::{any_object, get, ok, text};

pub(super) mod blocks;
mod collection;
mod endpoints;
mod inputs;
mod resources;
#[cfg(test)]
mod tests;

pub(super) use collection::collection;
pub(super) use inputs::{add_input_schema, field_validation};

/// The document as an answer. It is made once: that takes longer than a request may take from others.
pub(super) fn answer() -> Response {
    static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| json_bytes(&openapi()));
    json_answer(StatusCode::OK, DOCUMENT.clone())
}

/// The document.
pub fn openapi() -> OpenApi {
    let mut components = ComponentsBuilder::new()
        .schema("Errors", Errors::schema())
        .security_scheme(
            "accessKey",
            SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
        );
    let mut nested = Vec::new();
    Errors::schemas(&mut nested);
    EventType::schemas(&mut nested);
    Function::schemas(&mut nested);
    Subscription::schemas(&mut nested);
    Cors::schemas(&mut nested);
    components = components.schemas_from_iter(nested);

    let mut paths = PathsBuilder::new()
        .path(
            "/v1/status",
            get("status", "Whether the gateway runs", ok("It runs.", None)),
        )
        .path(
            "/v1/metrics",
            get(
                "metrics",
                "Metrics for Prometheus",
                ok("Metrics.", Some(("text/plain", text()))),
            ),
        )
        .path(
            "/v1/openapi.json",
            get(
                "openapi",
                "This document",
                ok("The document.", Some(("application/json", any_object()))),
            ),
        );
    paths = paths
        .path("/v1/diagnosis", diagnosis::operation())
        .path("/v1/spaces", spaces::listing())
        .path("/v1/tenants", tenants::listing());
    resources::add::<EventType>(&mut components, &mut paths);
    resources::add::<Function>(&mut components, &mut paths);
    resources::add::<Subscription>(&mut components, &mut paths);
    resources::add::<Cors>(&mut components, &mut paths);
    endpoints::add(&mut components, &mut paths);
    diagnosis::add_schemas(&mut components);

    let info = InfoBuilder::new()
        .title("Event Gateway Configuration API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Registers event types, functions, subscriptions and CORS configurations, and tells what became of \
             events.",
        ))
        .license(Some(
            utoipa::openapi::LicenseBuilder::new()
                .name("Apache-2.0")
                .identifier(Some("Apache-2.0"))
                .build(),
        ));
    OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(components.build()))
        .build()
}
