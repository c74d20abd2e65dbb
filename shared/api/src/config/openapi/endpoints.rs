//! What the OpenAPI document says of what a space has besides resources: dead letters, deliveries, explanations,
//! pauses.

use domain::explain::{ExplainRequest, Explanation};
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn, PathItem, PathItemBuilder};
use utoipa::openapi::{
    ComponentsBuilder, HttpMethod, ObjectBuilder, PathsBuilder, RefOr, Required, Schema, Type,
};
use utoipa::{PartialSchema, ToSchema};

use super::blocks::{any_space, json, json_body, keyed, ok, path_parameter, with_errors};
use crate::config::dead_letters::{DeadLetterList, DeletedDeadLetters, Redrive, RedrivenDeadLetters};
use crate::config::deliveries::DeliveryList;
use crate::config::pause::Pause;
use crate::config::waiting::{CancelledDeliveries, WaitingList};

const DEAD_LETTERS: &str = "deadLetters";
const DELIVERIES: &str = "deliveries";
const SUBSCRIPTIONS: &str = "subscriptions";

/// Adds the schemas and paths.
pub(super) fn add(components: &mut ComponentsBuilder, paths: &mut PathsBuilder) {
    add_schema::<DeadLetterList>(components);
    add_schema::<DeletedDeadLetters>(components);
    add_schema::<Redrive>(components);
    add_schema::<RedrivenDeadLetters>(components);
    add_schema::<DeliveryList>(components);
    add_schema::<WaitingList>(components);
    add_schema::<CancelledDeliveries>(components);
    add_schema::<Explanation>(components);
    add_schema::<Pause>(components);
    *components = std::mem::take(components).schema("ExplainRequest", explain_request());
    *paths = std::mem::take(paths)
        .path("/v1/spaces/{space}/deadletters", dead_letters())
        .path("/v1/spaces/{space}/deadletters/{deliveryId}", dead_letter())
        .path("/v1/spaces/{space}/deadletters/redrive", redrive())
        .path("/v1/spaces/{space}/deliveries", deliveries())
        .path("/v1/spaces/{space}/deliveries/waiting", waiting())
        .path("/v1/spaces/{space}/explain", explain())
        .path("/v1/spaces/{space}/subscriptions/{id}/pause", pause())
        .path("/v1/spaces/{space}/subscriptions/{id}/resume", resume());
}

fn add_schema<T: ToSchema>(components: &mut ComponentsBuilder) {
    let mut nested = Vec::new();
    T::schemas(&mut nested);
    *components = std::mem::take(components)
        .schema(T::name(), T::schema())
        .schemas_from_iter(nested);
}

/// What is decoded, and the event that its type may be taken from.
fn explain_request() -> RefOr<Schema> {
    let event = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("A CloudEvent of any version, instead of `eventType`."))
        .build();
    let mut schema = ExplainRequest::schema();
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        let event = RefOr::T(Schema::Object(event));
        object.properties.insert("event".to_owned(), event);
    }
    schema
}

fn dead_letters() -> PathItem {
    let list = operation("listDeadLetters", "Dead letters, the oldest first", DEAD_LETTERS)
        .parameter(of_subscription())
        .parameter(limit())
        .parameter(filter("next", "Where to go on: what the page before says of it."))
        .parameter(filter(
            "events",
            "`false` leaves the events out, `true`, the default, does not.",
        ))
        .response("200", json("A page of them.", "DeadLetterList"));
    let purge = operation(
        "purgeDeadLetters",
        "Delete the dead letters of a subscription, or all",
        DEAD_LETTERS,
    )
    .parameter(of_subscription())
    .response("200", json("They are gone.", "DeletedDeadLetters"));
    PathItemBuilder::new()
        .operation(HttpMethod::Get, with_errors(list, &["400", "503"]))
        .operation(HttpMethod::Delete, with_errors(purge, &["400", "503"]))
        .build()
}

fn dead_letter() -> PathItem {
    let id = || path_parameter("deliveryId", "Identifier of the delivery.");
    let get = operation("getDeadLetter", "One dead letter", DEAD_LETTERS)
        .parameter(id())
        .response("200", json("The dead letter.", "DeadLetter"));
    let delete = operation("deleteDeadLetter", "Delete one dead letter", DEAD_LETTERS)
        .parameter(id())
        .response("204", ok("It is gone.", None));
    PathItemBuilder::new()
        .operation(HttpMethod::Get, with_errors(get, &["404", "503"]))
        .operation(HttpMethod::Delete, with_errors(delete, &["404", "503"]))
        .build()
}

fn redrive() -> PathItem {
    let redrive = operation(
        "redriveDeadLetters",
        "Queue dead letters again, the oldest first",
        DEAD_LETTERS,
    )
    .request_body(Some(json_body("Redrive", Required::False)))
    .response("200", json("They are queued.", "RedrivenDeadLetters"));
    post(with_errors(redrive, &["400", "404", "408", "413", "503"]))
}

fn deliveries() -> PathItem {
    let list = operation(
        "listDeliveries",
        "Attempts to deliver events, the newest first",
        DELIVERIES,
    )
    .parameter(filter(
        "eventId",
        "Only those for this event, by the id that its producer gave it.",
    ))
    .parameter(filter("deliveryId", "Only those of this delivery."))
    .parameter(of_subscription())
    .parameter(limit())
    .response("200", json("The attempts.", "DeliveryList"));
    PathItemBuilder::new()
        .operation(HttpMethod::Get, with_errors(list, &["400", "501"]))
        .build()
}

fn waiting() -> PathItem {
    let selected = |operation: OperationBuilder| {
        operation
            .parameter(of_subscription())
            .parameter(filter("functionId", "Only those to this function."))
            .parameter(filter(
                "eventId",
                "Only those of events with this id, which their producer gave them.",
            ))
    };
    let list = operation("listWaitingDeliveries", "Deliveries that wait", DELIVERIES);
    let list = selected(list)
        .parameter(limit())
        .parameter(filter("next", "Where to go on: what the page before says of it."))
        .response("200", json("A page of them.", "WaitingList"));
    let cancel = operation(
        "cancelWaitingDeliveries",
        "Cancel deliveries that wait",
        DELIVERIES,
    );
    let all = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["true"]))
        .build();
    let cancel = selected(cancel)
        .parameter(query_parameter(
            "all",
            "All of them, instead of a selection.",
            all,
        ))
        .response("200", json("They will not be made.", "CancelledDeliveries"));
    PathItemBuilder::new()
        .operation(HttpMethod::Get, with_errors(list, &["400", "501", "503"]))
        .operation(HttpMethod::Delete, with_errors(cancel, &["400", "501", "503"]))
        .build()
}

fn explain() -> PathItem {
    let explain = operation(
        "explain",
        "Which subscriptions an event reaches, and why not the others",
        SUBSCRIPTIONS,
    )
    .request_body(Some(json_body("ExplainRequest", Required::True)))
    .response("200", json("The explanation.", "Explanation"));
    post(with_errors(explain, &["400", "408", "413"]))
}

fn pause() -> PathItem {
    let pause = on_subscription("pauseSubscription", "Let the deliveries of a subscription wait")
        .request_body(Some(json_body("Pause", Required::False)));
    post(with_errors(pause, &["400", "404", "408", "409", "413"]))
}

fn resume() -> PathItem {
    let resume = on_subscription(
        "resumeSubscription",
        "Make the deliveries of a subscription again",
    );
    post(with_errors(resume, &["400", "404", "409", "413"]))
}

fn on_subscription(id: &str, summary: &str) -> OperationBuilder {
    operation(id, summary, SUBSCRIPTIONS)
        .parameter(path_parameter("id", "Identifier of the subscription."))
        .response("200", json("The subscription as it is stored.", "Subscription"))
}

fn operation(id: &str, summary: &str, tag: &str) -> OperationBuilder {
    keyed(id, summary, tag).parameter(any_space())
}

fn post(operation: OperationBuilder) -> PathItem {
    PathItemBuilder::new()
        .operation(HttpMethod::Post, operation)
        .build()
}

fn of_subscription() -> ParameterBuilder {
    filter("subscriptionId", "Only those of this subscription.")
}

fn filter(name: &str, description: &str) -> ParameterBuilder {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .build();
    query_parameter(name, description, text)
}

fn limit() -> ParameterBuilder {
    let number = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .build();
    query_parameter("limit", "At most so many; 100 by default, 1000 at most.", number)
}

fn query_parameter(name: &str, description: &str, schema: utoipa::openapi::Object) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(RefOr::T(Schema::Object(schema))))
}
