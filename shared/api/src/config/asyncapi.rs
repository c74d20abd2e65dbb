//! What a space takes in and sends on, as an AsyncAPI 3.0 document.
//!
//! The application that it describes is the gateway: it *receives* what clients send to it, and *sends* to functions. Who
//! writes a client reads it the other way round, as for any AsyncAPI document.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use domain::access::Scope;
use domain::ids::Space;
use domain::resource::{EventType, Function, MetadataFilter, Subscription};
use http::request::Parts;
use http::{Method, StatusCode};
use offload::off_runtime_for;
use serde_json::{Map, Value, json};

use super::ConfigApi;
use super::endpoint::{Action, Endpoint, Subject};
use super::openapi::blocks::{any_object, in_space, ok, with_errors};
use super::parameters::Query;
use crate::error::{ApiError, json_answer, json_bytes};

mod payload;

use payload::payload;

/// Most event types in all channels together; what would come after them is left out.
const MOST_LISTED: usize = 20_000;

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[Endpoint {
        path: &["asyncapi"],
        actions: &[Action {
            method: Method::GET,
            labels: ("asyncapi", "get"),
            scope: Scope::ConfigRead,
            answer: |api, asked| Box::pin(api.asyncapi(asked.space, asked.parts)),
            describe: || {
                let get = in_space("getAsyncApi", "The space as an AsyncAPI 3.0 document", "catalog");
                let document = ok("The document.", Some(("application/json", any_object())));
                with_errors(get.response("200", document), &["400"])
            },
        }],
    }],
    schemas: |_| {},
};

impl ConfigApi {
    async fn asyncapi(&self, space: &Space, parts: &Parts) -> Result<Response, ApiError> {
        Query::of(parts, &[])?;
        let all = MetadataFilter::default();
        let (event_types, functions, subscriptions) = tokio::try_join!(
            self.store.list::<EventType>(space, &all),
            self.store.list::<Function>(space, &all),
            self.store.list::<Subscription>(space, &all),
        )?;
        let description = self.settings_or_unset(space).await?.description;
        let space = space.clone();
        let whose = space.to_string();
        let made = off_runtime_for(&whose, move || {
            let mut document = Document::default();
            for event_type in &event_types {
                document.add_type(event_type);
            }
            for function in &functions {
                document.functions.insert(
                    function.function_id.to_string(),
                    function.described.description.clone(),
                );
            }
            for subscription in &subscriptions {
                document.add_subscription(subscription);
            }
            json_bytes(&document.into_json(&space, description))
        });
        Ok(json_answer(StatusCode::OK, made.await))
    }
}

/// What has been collected.
#[derive(Default)]
struct Document {
    messages: BTreeMap<String, Value>,
    schemas: BTreeMap<String, Value>,
    /// Descriptions of functions.
    functions: BTreeMap<String, Option<String>>,
    /// Event types by the path and method that they come in with.
    received: BTreeMap<(String, String), BTreeSet<String>>,
    /// Event types by the function that they go to.
    sent: BTreeMap<String, BTreeSet<String>>,
    /// How many event types stand in these lists.
    listed: usize,
}

impl Document {
    fn add_type(&mut self, event_type: &EventType) {
        let name = event_type.name.as_str();
        // Older data may have names that no component can have.
        if name.is_empty()
            || !name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        {
            return;
        }
        let mut message = Map::from_iter([
            ("name".to_owned(), json!(name)),
            ("title".to_owned(), json!(name)),
            ("contentType".to_owned(), json!("application/json")),
        ]);
        if let Some(description) = &event_type.described.description {
            message.insert("summary".to_owned(), json!(description));
        }
        if !event_type.described.tags.is_empty() {
            // Each once: the document must not have one twice.
            let tags: BTreeSet<_> = event_type.described.tags.iter().collect();
            let tags: Vec<_> = tags.into_iter().map(|tag| json!({ "name": tag })).collect();
            message.insert("tags".to_owned(), json!(tags));
        }
        if let Some((version, schema)) = event_type.newest_schema() {
            if let Some(schema) = payload(name, schema) {
                self.schemas.insert(name.to_owned(), schema);
                message.insert("payload".to_owned(), reference("schemas", name));
            }
            message.insert("x-schema-version".to_owned(), json!(version));
        }
        let examples: Vec<_> = event_type
            .examples
            .iter()
            .map(|example| json!({ "payload": example }))
            .collect();
        if !examples.is_empty() {
            message.insert("examples".to_owned(), json!(examples));
        }
        self.messages.insert(name.to_owned(), Value::Object(message));
    }

    fn add_subscription(&mut self, subscription: &Subscription) {
        let event_type = subscription.event_type.to_string();
        // Types that a pattern stands for are those that are registered.
        let types: Vec<_> = match event_type.strip_suffix('*') {
            Some(start) => self
                .messages
                .keys()
                .filter(|name| name.starts_with(start))
                .cloned()
                .collect(),
            None => vec![event_type],
        };
        let slot = (subscription.path.clone(), subscription.method.clone());
        for name in types.into_iter().filter(|name| self.messages.contains_key(name)) {
            if self.listed >= MOST_LISTED {
                return;
            }
            self.listed += 1;
            self.sent
                .entry(subscription.function_id.to_string())
                .or_default()
                .insert(name.clone());
            self.received.entry(slot.clone()).or_default().insert(name);
        }
    }

    fn into_json(self, space: &Space, description: Option<String>) -> Value {
        let (mut channels, mut operations) = (Map::new(), Map::new());
        for (at, ((path, method), types)) in self.received.iter().enumerate() {
            let id = format!("in{at}");
            let (address, parameters) = address(path);
            let mut channel = json!({
                "address": address,
                "title": format!("{method} {path}"),
                "messages": messages(types),
            });
            if !parameters.is_empty() {
                channel["parameters"] = Value::Object(parameters);
            }
            channels.insert(id.clone(), channel);
            let bindings = if method == "ANY" {
                json!({})
            } else {
                json!({"http": {"method": method, "bindingVersion": "0.3.0"}})
            };
            operations.insert(
                format!("receive{at}"),
                operation("receive", &id, types, &bindings),
            );
        }
        for (at, (function, types)) in self.sent.iter().enumerate() {
            let id = format!("out{at}");
            let mut channel = json!({
                "address": null,
                "title": format!("Function {function}"),
                "messages": messages(types),
            });
            if let Some(Some(description)) = self.functions.get(function) {
                channel["description"] = json!(description);
            }
            channels.insert(id.clone(), channel);
            operations.insert(format!("send{at}"), operation("send", &id, types, &json!({})));
        }
        let about = "The application is the gateway: it receives what clients send, and sends to functions.";
        json!({
            "asyncapi": "3.0.0",
            "id": format!("urn:event-gateway:space:{space}"),
            "info": {
                "title": format!("Events of the space {space}"),
                "version": env!("CARGO_PKG_VERSION"),
                "description": description.map_or_else(|| about.to_owned(), |text| format!("{text}\n\n{about}")),
            },
            "defaultContentType": "application/json",
            "channels": channels,
            "operations": operations,
            "components": {"messages": self.messages, "schemas": self.schemas},
        })
    }
}

fn operation(action: &str, channel: &str, types: &BTreeSet<String>, bindings: &Value) -> Value {
    let messages: Vec<_> = types
        .iter()
        .map(|name| json!({"$ref": format!("#/channels/{channel}/messages/{name}")}))
        .collect();
    json!({
        "action": action,
        "channel": {"$ref": format!("#/channels/{channel}")},
        "messages": messages,
        "bindings": bindings,
    })
}

fn messages(types: &BTreeSet<String>) -> Value {
    Value::Object(
        types
            .iter()
            .map(|name| (name.clone(), reference("messages", name)))
            .collect(),
    )
}

fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

/// A path with its parameters as AsyncAPI writes them.
fn address(path: &str) -> (String, Map<String, Value>) {
    let mut parameters = Map::new();
    let segments = path
        .split('/')
        .map(|segment| match segment.strip_prefix([':', '*']) {
            Some(name) if !name.is_empty() => {
                let clean: String = name
                    .chars()
                    .map(|c| {
                        if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
                            c
                        } else {
                            '_'
                        }
                    })
                    .collect();
                parameters.insert(clean.clone(), json!({}));
                format!("{{{clean}}}")
            }
            _ => segment.to_owned(),
        });
    (segments.collect::<Vec<_>>().join("/"), parameters)
}
