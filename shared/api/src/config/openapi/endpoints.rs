//! The endpoints of a space in the OpenAPI document.

use http::Method;
use utoipa::openapi::path::PathItemBuilder;
use utoipa::openapi::{ComponentsBuilder, HttpMethod, PathsBuilder};

use crate::config::subjects::SUBJECTS;

/// Adds the schemas and paths.
pub(super) fn add(components: &mut ComponentsBuilder, paths: &mut PathsBuilder) {
    for subject in SUBJECTS {
        (subject.schemas)(components);
        for endpoint in subject.endpoints {
            let actions = endpoint.actions.iter();
            let item = actions.fold(PathItemBuilder::new(), |item, action| {
                item.operation(http_method(&action.method), (action.describe)())
            });
            let segments = endpoint.path.iter().map(|segment| format!("/{segment}"));
            let path = format!("/v1/spaces/{{space}}{}", segments.collect::<String>());
            *paths = std::mem::take(paths).path(path, item.build());
        }
    }
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
