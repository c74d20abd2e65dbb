//! What the OpenAPI document says of export and apply.

use domain::resource::{Cors, EventType, Function, Subscription};
use utoipa::ToSchema as _;
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder};
use utoipa::openapi::schema::ArrayBuilder;
use utoipa::openapi::{ComponentsBuilder, ObjectBuilder, Required, Type};

use super::actions::ApplyPlan;
use super::problems::Problems;
use crate::config::openapi::blocks::{
    add_schema, any_space, filter, if_match, json, json_body, keyed, query_parameter, reference, with_errors,
    writable_space,
};
use crate::config::openapi::field_validation;

/// The operation of an export.
pub(super) fn export() -> OperationBuilder {
    let export = keyed("exportSpace", "A space as one document", "spaces").parameter(any_space());
    with_errors(
        export.response(
            "200",
            json("All that is in it, in the order of creation.", "SpaceDocument"),
        ),
        &["400", "409"],
    )
}

/// The operation of an apply.
pub(super) fn apply() -> OperationBuilder {
    let apply = keyed("applySpace", "Make of a space what a document says", "spaces")
        .parameter(writable_space())
        .parameter(flag("dryRun", "Say what would be done, and do nothing."))
        .parameter(flag("prune", "Delete what the document does not have."))
        .parameter(filter("set", "The set of resources that the document is."))
        .parameter(flag(
            "adopt",
            "Take resources that are part of no set into this one.",
        ))
        .parameter(field_validation())
        .parameter(if_match())
        .request_body(Some(json_body("NewSpaceDocument", Required::True)))
        .response("200", json("What is done, or would be.", "ApplyPlan"))
        .response("400", json("What is wrong with the document.", "ApplyErrors"))
        .response("409", json("What is part of another set.", "ApplyErrors"));
    with_errors(apply, &["412", "413"])
}

fn flag(name: &str, description: &str) -> ParameterBuilder {
    let flag = ObjectBuilder::new().schema_type(Type::Boolean).build();
    query_parameter(name, description, flag)
}

/// Adds the schemas that the operations name.
pub(super) fn add_schemas(components: &mut ComponentsBuilder) {
    add_schema::<ApplyPlan>(components);
    add_schema::<Problems>(components);
    let [event_type, function, subscription, cors] = [
        EventType::name(),
        Function::name(),
        Subscription::name(),
        Cors::name(),
    ];
    let shown = document("SpaceSettings", [&event_type, &function, &subscription, &cors]).description(Some(
        "A space: its settings, and its resources in the order of creation.",
    ));
    let new = [event_type, function, subscription, cors].map(|name| format!("New{name}"));
    let given = document("SpaceSettingsUpdate", new.each_ref().map(String::as_str)).description(Some(
        "What a space is to be. A function with `moved`, an object with the member `from`, is renamed from that id.",
    ));
    *components = std::mem::take(components)
        .schema("SpaceDocument", shown)
        .schema("NewSpaceDocument", given);
}

fn document(settings: &str, resources: [&str; 4]) -> ObjectBuilder {
    let members = ["eventTypes", "functions", "subscriptions", "cors"];
    let document = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("settings", reference(settings));
    members
        .into_iter()
        .zip(resources)
        .fold(document, |document, (member, resource)| {
            document.property(member, ArrayBuilder::new().items(reference(resource)))
        })
}
