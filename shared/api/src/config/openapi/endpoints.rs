//! The endpoints of a space, and those of a tenant, in the OpenAPI document.

use http::Method;
use utoipa::openapi::path::{Operation, PathItemBuilder};
use utoipa::openapi::{ComponentsBuilder, HttpMethod, PathsBuilder, RefOr};

use super::blocks::json;
use crate::config::endpoint::Endpoint;
use crate::config::subjects::{OF_TENANTS, SUBJECTS};

/// Adds the schemas and paths.
pub(super) fn add(components: &mut ComponentsBuilder, paths: &mut PathsBuilder) {
    for subject in SUBJECTS {
        (subject.schemas)(components);
        for endpoint in subject.endpoints {
            add_path(paths, "/v1/spaces/{space}", endpoint, |operation| operation);
        }
    }
    for subject in OF_TENANTS {
        (subject.schemas)(components);
        for endpoint in subject.endpoints {
            add_path(paths, "/v1/tenants/{tenant}", endpoint, of_tenant);
        }
    }
}

fn add_path(
    paths: &mut PathsBuilder,
    prefix: &str,
    endpoint: &Endpoint,
    adapted: impl Fn(Operation) -> Operation,
) {
    let actions = endpoint.actions.iter();
    let item = actions.fold(PathItemBuilder::new(), |item, action| {
        item.operation(http_method(&action.method), adapted((action.describe)().build()))
    });
    let segments = endpoint.path.iter().map(|segment| format!("/{segment}"));
    let path = format!("{prefix}{}", segments.collect::<String>());
    *paths = std::mem::take(paths).path(path, item.build());
}

/// An operation of a space as the one of a tenant that does the same.
fn of_tenant(mut operation: Operation) -> Operation {
    let mut is_of_space = false;
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.name == "space"
        {
            is_of_space = true;
            "tenant".clone_into(&mut parameter.name);
            parameter.description = Some("Identifier of the tenant.".to_owned());
        }
    }
    if is_of_space {
        operation.operation_id = operation.operation_id.map(|id| format!("{id}OfTenant"));
        // Tenants do not come into being by what is put into them.
        let missing = json("What went wrong.", "Errors").build();
        let responses = &mut operation.responses.responses;
        responses.entry("404".to_owned()).or_insert(missing.into());
    }
    operation
}

/// A method as the document has it. Endpoints have no others.
fn http_method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::DELETE => HttpMethod::Delete,
        Method::PATCH => HttpMethod::Patch,
        _ => HttpMethod::Get,
    }
}
