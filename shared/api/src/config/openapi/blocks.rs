//! Parts that every operation of the OpenAPI document is made of.

use utoipa::ToSchema;
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn, PathItemBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, HttpMethod, Object, ObjectBuilder, Ref, RefOr, Required,
    ResponseBuilder, Schema, SecurityRequirement, Type,
};

/// An operation that wants the access key if there is one.
pub(in crate::config) fn keyed(id: &str, summary: &str, tag: &str) -> OperationBuilder {
    OperationBuilder::new()
        .operation_id(Some(id))
        .summary(Some(summary))
        .tag(tag)
        .security(SecurityRequirement::default())
        .security(SecurityRequirement::new("accessKey", [""; 0]))
}

/// A body in JSON.
pub(in crate::config) fn json_body(schema: &str, required: Required) -> RequestBody {
    let content = ContentBuilder::new().schema(Some(reference(schema))).build();
    RequestBodyBuilder::new()
        .content("application/json", content)
        .required(Some(required))
        .build()
}

/// A JSON merge patch (RFC 7396).
pub(in crate::config) fn patch_body(schema: &str) -> RequestBody {
    let content = || ContentBuilder::new().schema(Some(reference(schema))).build();
    RequestBodyBuilder::new()
        .description(Some(
            "JSON merge patch (RFC 7396): members to be set, and with `null` those to be removed.",
        ))
        .content("application/merge-patch+json", content())
        .content("application/json", content())
        .required(Some(Required::True))
        .build()
}

/// The tag that a resource must have before it is changed.
pub(in crate::config) fn if_match() -> ParameterBuilder {
    ParameterBuilder::new()
        .name("If-Match")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Changes the resource only if it has one of these tags, which answers that show it have in `ETag`.",
        ))
        .schema(Some(text()))
}

/// An answer in JSON.
pub(in crate::config) fn json(description: &str, schema: &str) -> ResponseBuilder {
    ok(description, Some(("application/json", reference(schema))))
}

/// Adds the answers to requests that fail, with those that every request can get.
pub(in crate::config) fn with_errors(operation: OperationBuilder, statuses: &[&str]) -> OperationBuilder {
    statuses
        .iter()
        .chain(&["401", "500"])
        .fold(operation, |operation, status| {
            operation.response(*status, json("What went wrong.", "Errors"))
        })
}

/// An answer, with its media type and schema if it has a body.
pub(in crate::config) fn ok(description: &str, content: Option<(&str, RefOr<Schema>)>) -> ResponseBuilder {
    let response = ResponseBuilder::new().description(description);
    match content {
        Some((media_type, schema)) => {
            response.content(media_type, ContentBuilder::new().schema(Some(schema)).build())
        }
        None => response,
    }
}

/// A path with nothing but GET.
pub(in crate::config) fn get(
    id: &str,
    summary: &str,
    response: ResponseBuilder,
) -> utoipa::openapi::PathItem {
    let operation = OperationBuilder::new()
        .operation_id(Some(id))
        .summary(Some(summary))
        .response("200", response);
    PathItemBuilder::new()
        .operation(HttpMethod::Get, operation)
        .build()
}

/// An operation on what a space has besides its resources.
pub(in crate::config) fn in_space(id: &str, summary: &str, tag: &str) -> OperationBuilder {
    keyed(id, summary, tag).parameter(any_space())
}

/// The space in a path, whatever it is called.
pub(in crate::config) fn any_space() -> ParameterBuilder {
    path_parameter("space", "Space of the resource.")
}

/// The space in a path that something is written to.
pub(in crate::config) fn writable_space() -> ParameterBuilder {
    let name = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some("^[a-zA-Z0-9.\\-_]{3,}$"))
        .build();
    any_space().schema(Some(RefOr::T(Schema::Object(name))))
}

/// A text in a path.
pub(in crate::config) fn path_parameter(name: &str, description: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(text()))
}

/// A selection by subscription.
pub(in crate::config) fn of_subscription() -> ParameterBuilder {
    filter("subscriptionId", "Only those of this subscription.")
}

/// A selection by a text in the query.
pub(in crate::config) fn filter(name: &str, description: &str) -> ParameterBuilder {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .build();
    query_parameter(name, description, text)
}

/// All, instead of a selection.
pub(in crate::config) fn all() -> ParameterBuilder {
    let all = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["true"]))
        .build();
    query_parameter("all", "All of them, instead of a selection.", all)
}

/// How many are wanted.
pub(in crate::config) fn limit() -> ParameterBuilder {
    let number = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .build();
    query_parameter("limit", "At most so many; 100 by default, 1000 at most.", number)
}

/// The page that is wanted.
pub(in crate::config) fn next_page() -> ParameterBuilder {
    filter("next", "Where to go on: what the page before says of it.")
}

/// A parameter in the query.
pub(in crate::config) fn query_parameter(name: &str, description: &str, schema: Object) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(RefOr::T(Schema::Object(schema))))
}

/// Adds the schema of a type, and those that it names.
pub(in crate::config) fn add_schema<T: ToSchema>(components: &mut ComponentsBuilder) {
    let mut nested = Vec::new();
    T::schemas(&mut nested);
    *components = std::mem::take(components)
        .schema(T::name(), T::schema())
        .schemas_from_iter(nested);
}

/// A schema of the components.
pub(in crate::config) fn reference(name: &str) -> RefOr<Schema> {
    Ref::from_schema_name(name).into()
}

/// The schema of any text.
pub(in crate::config) fn text() -> RefOr<Schema> {
    RefOr::T(Schema::Object(
        ObjectBuilder::new().schema_type(Type::String).build(),
    ))
}

/// The schema of a JSON Schema: an object, `true` or `false`.
pub(in crate::config) fn json_schema() -> RefOr<Schema> {
    let types = SchemaType::Array(vec![Type::Object, Type::Boolean]);
    RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(types).build()))
}

/// The schema of any object.
pub(in crate::config) fn any_object() -> RefOr<Schema> {
    RefOr::T(Schema::Object(
        ObjectBuilder::new().schema_type(Type::Object).build(),
    ))
}
