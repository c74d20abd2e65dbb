//! Parts that every operation of the OpenAPI document is made of.

use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn, PathItemBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::{
    ContentBuilder, HttpMethod, ObjectBuilder, Ref, RefOr, Required, ResponseBuilder, Schema,
    SecurityRequirement, Type,
};

/// An operation that wants the access key if there is one.
pub(super) fn keyed(id: &str, summary: &str, tag: &str) -> OperationBuilder {
    OperationBuilder::new()
        .operation_id(Some(id))
        .summary(Some(summary))
        .tag(tag)
        .security(SecurityRequirement::default())
        .security(SecurityRequirement::new("accessKey", [""; 0]))
}

/// A body in JSON.
pub(super) fn json_body(schema: &str, required: Required) -> RequestBody {
    let content = ContentBuilder::new().schema(Some(reference(schema))).build();
    RequestBodyBuilder::new()
        .content("application/json", content)
        .required(Some(required))
        .build()
}

/// An answer in JSON.
pub(super) fn json(description: &str, schema: &str) -> ResponseBuilder {
    ok(description, Some(("application/json", reference(schema))))
}

/// Adds the answers to requests that fail, with those that every request can get.
pub(super) fn with_errors(operation: OperationBuilder, statuses: &[&str]) -> OperationBuilder {
    statuses
        .iter()
        .chain(&["401", "500"])
        .fold(operation, |operation, status| {
            operation.response(*status, json("What went wrong.", "Errors"))
        })
}

/// An answer, with its media type and schema if it has a body.
pub(super) fn ok(description: &str, content: Option<(&str, RefOr<Schema>)>) -> ResponseBuilder {
    let response = ResponseBuilder::new().description(description);
    match content {
        Some((media_type, schema)) => {
            response.content(media_type, ContentBuilder::new().schema(Some(schema)).build())
        }
        None => response,
    }
}

/// A path with nothing but GET.
pub(super) fn get(id: &str, summary: &str, response: ResponseBuilder) -> utoipa::openapi::PathItem {
    let operation = OperationBuilder::new()
        .operation_id(Some(id))
        .summary(Some(summary))
        .response("200", response);
    PathItemBuilder::new()
        .operation(HttpMethod::Get, operation)
        .build()
}

/// The space in a path, whatever it is called.
pub(super) fn any_space() -> ParameterBuilder {
    path_parameter("space", "Space of the resource.")
}

/// The space in a path that something is written to.
pub(super) fn writable_space() -> ParameterBuilder {
    let name = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some("^[a-zA-Z0-9.\\-_]{3,}$"))
        .build();
    any_space().schema(Some(RefOr::T(Schema::Object(name))))
}

/// A text in a path.
pub(super) fn path_parameter(name: &str, description: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(text()))
}

/// A schema of the components.
pub(super) fn reference(name: &str) -> RefOr<Schema> {
    Ref::from_schema_name(name).into()
}

/// The schema of any text.
pub(super) fn text() -> RefOr<Schema> {
    RefOr::T(Schema::Object(
        ObjectBuilder::new().schema_type(Type::String).build(),
    ))
}

/// The schema of any object.
pub(super) fn any_object() -> RefOr<Schema> {
    RefOr::T(Schema::Object(
        ObjectBuilder::new().schema_type(Type::Object).build(),
    ))
}
