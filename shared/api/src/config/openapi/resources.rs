//! What the OpenAPI document says of resources: the same of each kind.

use domain::resource::{CREATED_AT, Kind, Resource};
use utoipa::ToSchema;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn, PathItemBuilder};
use utoipa::openapi::{
    ArrayBuilder, ComponentsBuilder, HttpMethod, ObjectBuilder, PathsBuilder, RefOr, Required, Schema, Type,
};

use super::blocks::{
    any_space, if_match, json_body, keyed, ok, patch_body, path_parameter, query_parameter, reference, text,
    with_errors, writable_space,
};
use super::collection::collection;
use super::inputs::{field_validation, input_schema};
use crate::config::paths::segment;

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
        Kind::Space => (&[], &[]),
        Kind::Key | Kind::Tenant => (&["name"], &["name"]),
    }
}

/// Adds the schemas and paths of one kind of resource.
pub(super) fn add<R: Resource + ToSchema>(components: &mut ComponentsBuilder, paths: &mut PathsBuilder) {
    let name = R::name().into_owned();
    let (new, update) = (format!("New{name}"), format!("{name}Update"));
    let patch = format!("{name}Patch");
    let (new_fields, update_fields) = required_fields(R::KIND);
    *components = std::mem::take(components)
        .schema(&name, R::schema())
        .schema(&new, input_schema::<R>(new_fields))
        .schema(&update, input_schema::<R>(update_fields))
        .schema(&patch, input_schema::<R>(&[]));

    let one = || Some(("application/json", reference(&name)));
    let list = ObjectBuilder::new()
        .property(collection(R::KIND), ArrayBuilder::new().items(reference(&name)))
        .required(collection(R::KIND));
    let on_space = |verb: &str, summary: &str, space: ParameterBuilder| {
        let (id, summary) = (format!("{verb}{name}"), format!("{summary} {}", R::KIND.title()));
        keyed(&id, &summary, collection(R::KIND)).parameter(space)
    };
    // A space that cannot be written to is merely empty to all other operations (docs/contract.md §1.3).
    let operation = |verb: &str, summary: &str| on_space(verb, summary, any_space());
    let write =
        |verb: &str, summary: &str| on_space(verb, summary, writable_space()).parameter(field_validation());
    let body = |schema: &str| json_body(schema, Required::True);
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
                    .parameter(created_at())
                    .response("200", ok("The resources.", listed)),
                &[],
            ),
        )
        .operation(
            HttpMethod::Post,
            with_errors(
                write("create", "A new")
                    .parameter(created_at())
                    .request_body(Some(body(&new)))
                    .response("201", ok("It is created.", one())),
                &["400", "409", "413"],
            ),
        );
    let on_item = PathItemBuilder::new()
        .operation(
            HttpMethod::Get,
            with_errors(
                item("get", "One")
                    .parameter(created_at())
                    .response("200", ok("The resource.", one())),
                &["404"],
            ),
        )
        .operation(
            HttpMethod::Put,
            with_errors(
                write("update", "Replace one")
                    .parameter(id())
                    .parameter(if_match())
                    .request_body(Some(body(&update)))
                    .response("200", ok("It is replaced.", one())),
                &["400", "404", "412", "413"],
            ),
        )
        .operation(
            HttpMethod::Patch,
            with_errors(
                write("patch", "Change members of one")
                    .parameter(id())
                    .parameter(if_match())
                    .request_body(Some(patch_body(&patch)))
                    .response("200", ok("It is changed.", one())),
                &["400", "404", "412", "413"],
            ),
        )
        .operation(
            HttpMethod::Delete,
            with_errors(
                item("delete", "Remove one")
                    .parameter(if_match())
                    .response("204", ok("It is gone.", None)),
                &["400", "404", "412"],
            ),
        );
    let at = format!("/v1/spaces/{{space}}/{}", segment(R::KIND));
    *paths = std::mem::take(paths)
        .path(&at, on_collection.build())
        .path(format!("{at}/{{id}}"), on_item.build());
}

/// Whether the time of creation is shown, or taken.
fn created_at() -> ParameterBuilder {
    let wanted = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["true"]))
        .build();
    let about = "Show the time of creation as the member `createdAt` (RFC 3339); of a new resource, take it from there.";
    query_parameter(CREATED_AT, about, wanted)
}
