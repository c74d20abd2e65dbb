//! What the OpenAPI document says of what clients send for resources.

use domain::resource::{DERIVED_MEMBERS, Resource};
use utoipa::ToSchema;
use utoipa::openapi::path::ParameterBuilder;
use utoipa::openapi::{ComponentsBuilder, ObjectBuilder, RefOr, Schema, Type};

use super::blocks::query_parameter;
use crate::config::unknown_members::{FIELD_VALIDATION, STRICT};

/// Adds the schema of what clients may send of a resource, with nothing that they must.
pub(in crate::config) fn add_input_schema<R: Resource + ToSchema>(
    name: &str,
    components: &mut ComponentsBuilder,
) {
    *components = std::mem::take(components).schema(name, input_schema::<R>(&[]));
}

/// Whether members that are not known are refused.
pub(in crate::config) fn field_validation() -> ParameterBuilder {
    let strict = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([STRICT]))
        .build();
    let about = "Refuse members that are not known. Without it they are ignored, and named in the header \
                 `X-Event-Gateway-Warning` of the answer.";
    query_parameter(FIELD_VALIDATION, about, strict)
}

/// What clients may send for a resource: the fields that are not derived, few of them required.
pub(super) fn input_schema<R: Resource + ToSchema>(required_fields: &[&'static str]) -> RefOr<Schema> {
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
                .retain(|field, _| !DERIVED_MEMBERS.contains(&field.as_str()));
        }
        RefOr::T(Schema::AllOf(all)) => all.items.iter_mut().for_each(keep_input_fields),
        _ => {}
    }
}
