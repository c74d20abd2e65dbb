//! The OpenAPI 3.1 document of the Configuration API, made from the types it speaks.

use domain::resource::{Cors, EventType, Function, Kind, Resource, Subscription};
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn, PathItemBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    ArrayBuilder, ComponentsBuilder, ContentBuilder, HttpMethod, InfoBuilder, ObjectBuilder, OpenApi,
    OpenApiBuilder, PathsBuilder, Ref, RefOr, Required, ResponseBuilder, Schema, SecurityRequirement, Type,
};
use utoipa::{PartialSchema, ToSchema};

use super::paths::segment;
use crate::error::Errors;

/// Member of a list answer that holds the resources of a kind.
pub(super) fn collection(kind: Kind) -> &'static str {
    match kind {
        Kind::EventType => "eventTypes",
        Kind::Function => "functions",
        Kind::Subscription => "subscriptions",
        Kind::Cors => "cors",
    }
}

/// Fields a client must send for a new resource, and for an update, whose URL holds the id.
fn required_fields(kind: Kind) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        Kind::EventType => (&["name"], &[]),
        Kind::Function => (&["functionId", "type", "provider"], &["type", "provider"]),
        Kind::Subscription => (
            &["type", "eventType", "functionId"],
            &["type", "eventType", "functionId"],
        ),
        Kind::Cors => (&["method", "path"], &["method", "path"]),
    }
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
    add::<EventType>(&mut components, &mut paths);
    add::<Function>(&mut components, &mut paths);
    add::<Subscription>(&mut components, &mut paths);
    add::<Cors>(&mut components, &mut paths);

    let info = InfoBuilder::new()
        .title("Event Gateway Configuration API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Registers event types, functions, subscriptions and CORS configurations.",
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

/// Adds the schemas and paths of one kind of resource.
fn add<R: Resource + ToSchema>(components: &mut ComponentsBuilder, paths: &mut PathsBuilder) {
    let name = R::name().into_owned();
    let (new, update) = (format!("New{name}"), format!("{name}Update"));
    let (new_fields, update_fields) = required_fields(R::KIND);
    *components = std::mem::take(components)
        .schema(&name, R::schema())
        .schema(&new, input_schema::<R>(new_fields))
        .schema(&update, input_schema::<R>(update_fields));

    let one = || Some(("application/json", reference(&name)));
    let list = ObjectBuilder::new()
        .property(collection(R::KIND), ArrayBuilder::new().items(reference(&name)))
        .required(collection(R::KIND));
    let on_space = |verb: &str, summary: &str, space: ParameterBuilder| {
        OperationBuilder::new()
            .operation_id(Some(format!("{verb}{name}")))
            .summary(Some(format!("{summary} {}", R::KIND.title())))
            .tag(collection(R::KIND))
            .parameter(space)
            .security(SecurityRequirement::default())
            .security(SecurityRequirement::new("accessKey", [""; 0]))
    };
    // A space that cannot be written to is merely empty to all other operations (CONTRACT.md §1.3).
    let operation = |verb: &str, summary: &str| on_space(verb, summary, any_space());
    let write = |verb: &str, summary: &str| on_space(verb, summary, writable_space());
    let body = |schema: &str| {
        let content = ContentBuilder::new().schema(Some(reference(schema))).build();
        RequestBodyBuilder::new()
            .content("application/json", content)
            .required(Some(Required::True))
            .build()
    };
    let id = || path_parameter("id", "Identifier of the resource.");
    let item = |verb: &str, summary: &str| operation(verb, summary).parameter(id());
    let filter = ParameterBuilder::new()
        .name("metadata.{key}")
        .parameter_in(ParameterIn::Query)
        .description(Some(
            "Only resources whose label has this value; may be given for several labels.",
        ))
        .required(Required::False)
        .schema(Some(text()));

    let listed = Some(("application/json", RefOr::T(Schema::Object(list.build()))));
    let on_collection = PathItemBuilder::new()
        .operation(
            HttpMethod::Get,
            with_errors(
                operation("list", "All of kind")
                    .parameter(filter)
                    .response("200", ok("The resources.", listed)),
                &[],
            ),
        )
        .operation(
            HttpMethod::Post,
            with_errors(
                write("create", "A new")
                    .request_body(Some(body(&new)))
                    .response("201", ok("It is created.", one())),
                &["400", "409", "413"],
            ),
        );
    let on_item = PathItemBuilder::new()
        .operation(
            HttpMethod::Get,
            with_errors(
                item("get", "One").response("200", ok("The resource.", one())),
                &["404"],
            ),
        )
        .operation(
            HttpMethod::Put,
            with_errors(
                write("update", "Replace one")
                    .parameter(id())
                    .request_body(Some(body(&update)))
                    .response("200", ok("It is replaced.", one())),
                &["400", "404", "413"],
            ),
        )
        .operation(
            HttpMethod::Delete,
            with_errors(
                item("delete", "Remove one").response("204", ok("It is gone.", None)),
                &["400", "404"],
            ),
        );
    let at = format!("/v1/spaces/{{space}}/{}", segment(R::KIND));
    *paths = std::mem::take(paths)
        .path(&at, on_collection.build())
        .path(format!("{at}/{{id}}"), on_item.build());
}

/// What clients may send for a resource: the fields that are not derived, few of them required.
fn input_schema<R: Resource + ToSchema>(required_fields: &[&'static str]) -> RefOr<Schema> {
    let required = required_fields
        .iter()
        .fold(ObjectBuilder::new(), |object, field| object.required(*field));
    let mut schema = R::schema();
    keep_input_fields(&mut schema);
    RefOr::T(Schema::AllOf(
        utoipa::openapi::AllOfBuilder::new()
            .item(schema)
            .item(required)
            .build(),
    ))
}

/// Takes what is derived, and what is required of an answer, off an object schema and off what it is composed of.
fn keep_input_fields(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            object.required.clear();
            object
                .properties
                .retain(|field, _| !["space", "subscriptionId", "corsId"].contains(&field.as_str()));
        }
        RefOr::T(Schema::AllOf(all)) => all.items.iter_mut().for_each(keep_input_fields),
        _ => {}
    }
}

fn with_errors(operation: OperationBuilder, statuses: &[&str]) -> OperationBuilder {
    statuses
        .iter()
        .chain(&["401", "500"])
        .fold(operation, |operation, status| {
            operation.response(
                *status,
                ok(
                    "What went wrong.",
                    Some(("application/json", reference("Errors"))),
                ),
            )
        })
}

fn ok(description: &str, content: Option<(&str, RefOr<Schema>)>) -> ResponseBuilder {
    let response = ResponseBuilder::new().description(description);
    match content {
        Some((media_type, schema)) => {
            response.content(media_type, ContentBuilder::new().schema(Some(schema)).build())
        }
        None => response,
    }
}

fn get(id: &str, summary: &str, response: ResponseBuilder) -> utoipa::openapi::PathItem {
    let operation = OperationBuilder::new()
        .operation_id(Some(id))
        .summary(Some(summary))
        .response("200", response);
    PathItemBuilder::new()
        .operation(HttpMethod::Get, operation)
        .build()
}

fn any_space() -> ParameterBuilder {
    path_parameter("space", "Space of the resource.")
}

fn writable_space() -> ParameterBuilder {
    let name = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some("^[a-zA-Z0-9.\\-_]{3,}$"))
        .build();
    any_space().schema(Some(RefOr::T(Schema::Object(name))))
}

fn path_parameter(name: &str, description: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(text()))
}

fn reference(name: &str) -> RefOr<Schema> {
    Ref::from_schema_name(name).into()
}

fn text() -> RefOr<Schema> {
    RefOr::T(Schema::Object(
        ObjectBuilder::new().schema_type(Type::String).build(),
    ))
}

fn any_object() -> RefOr<Schema> {
    RefOr::T(Schema::Object(
        ObjectBuilder::new().schema_type(Type::Object).build(),
    ))
}
