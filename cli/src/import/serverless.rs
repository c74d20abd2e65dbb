//! `serverless.yml` with the plugin `serverless-event-gateway-plugin`: what it registers when it deploys.

use serde_json::{Map, Value, json};

use crate::import::document::{Cors, EventType, Function, Imported, Labels, Subscription};

mod target;
mod variables;

pub(crate) use target::Names;
use target::provider;
use variables::resolved;

/// What the file does not say.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) stage: Option<String>,
    pub(crate) region: Option<String>,
    /// What paths begin with; without it `/` and the space, as the plugin has it.
    pub(crate) path_prefix: Option<String>,
    pub(crate) names: Names,
}

/// A service, with its variables in place.
struct Service<'a> {
    root: &'a Value,
    name: String,
    stage: String,
    region: String,
    path_prefix: String,
    labels: Labels,
}

/// The configuration that a deployment of the service would make.
pub(crate) fn import(file: &Value, options: &Options) -> Result<Imported, String> {
    let mut imported = Imported::default();
    let given = [
        ("stage", options.stage.as_deref()),
        ("region", options.region.as_deref()),
    ];
    let root = resolved(file, &given, &mut imported);
    let service = Service::of(&root, options)?;
    let empty = Map::new();
    let functions = root["functions"].as_object().unwrap_or(&empty);
    let event_types = &root["custom"]["eventTypes"];
    service.event_types(event_types, functions, &mut imported);
    let is_authorizer = |key: &str| {
        let types = event_types.as_object().into_iter().flatten();
        types
            .into_iter()
            .any(|(_, settings)| settings["authorizer"] == key)
    };
    for (key, function) in functions {
        let events = function["events"].as_array().map_or(&[][..], Vec::as_slice);
        let is_subscribed = events.iter().any(|event| event.get("eventgateway").is_some());
        if is_subscribed || is_authorizer(key) {
            service.function(key, function, &options.names, &mut imported);
        }
        for (index, event) in events.iter().enumerate() {
            let place = format!("functions.{key}.events[{index}]");
            service.event(&place, key, function, event, &mut imported);
        }
    }
    for name in ["connections", "subscriptions"] {
        if !root["custom"][name].is_null() {
            imported.leave_out(
                format!("custom.{name}"),
                "it is for the hosted product, of which the gateway has no part",
            );
        }
    }
    forget_functions_that_are_not_there(&mut imported);
    Ok(imported)
}

/// Authorizers and subscriptions that name a function that could not be mapped.
fn forget_functions_that_are_not_there(imported: &mut Imported) {
    let known: Vec<_> = imported
        .document
        .functions
        .iter()
        .map(|function| function.id.clone())
        .collect();
    let mut left_out = Vec::new();
    imported.document.subscriptions.retain(|subscription| {
        let is_known = known.contains(&subscription.function_id);
        if !is_known {
            let Subscription {
                event_type,
                path,
                function_id,
                ..
            } = subscription;
            left_out.push((
                format!("subscription to {event_type} on {path}"),
                format!("function {function_id} is left out"),
            ));
        }
        is_known
    });
    for (place, reason) in left_out {
        imported.leave_out(place, reason);
    }
    // An event type without its authorizer would be open.
    let mut guarded = Vec::new();
    imported
        .document
        .event_types
        .retain(|event_type| match &event_type.authorizer_id {
            Some(id) if !known.contains(id) => {
                guarded.push((event_type.name.clone(), id.clone()));
                false
            }
            _ => true,
        });
    for (name, authorizer) in guarded {
        imported
            .document
            .subscriptions
            .retain(|subscription| subscription.event_type != name);
        let reason = format!(
            "its authorizer {authorizer} is left out, and without it it would be open to all; so are subscriptions to it"
        );
        imported.leave_out(format!("custom.eventTypes.{name}"), reason);
    }
}

impl<'a> Service<'a> {
    fn of(root: &'a Value, options: &Options) -> Result<Self, String> {
        let service = &root["service"];
        let name = service.as_str().or_else(|| service["name"].as_str());
        let name = name
            .ok_or("there is no \"service\" with a name: this is no serverless.yml")?
            .to_owned();
        let text = |given: &Option<String>, member: &str, default: &str| {
            let stated = root["provider"][member].as_str().map(str::to_owned);
            given.clone().or(stated).unwrap_or_else(|| default.to_owned())
        };
        let stage = text(&options.stage, "stage", "dev");
        let region = text(&options.region, "region", "us-east-1");
        let path_prefix = options.path_prefix.clone().unwrap_or_else(|| {
            let space = root["custom"]["eventgateway"]["space"]
                .as_str()
                .unwrap_or("default");
            format!("/{space}")
        });
        let labels = Labels::from([
            ("service".to_owned(), name.clone()),
            ("stage".to_owned(), stage.clone()),
        ]);
        Ok(Self {
            root,
            name,
            stage,
            region,
            path_prefix: path_prefix.trim_end_matches('/').to_owned(),
            labels,
        })
    }

    /// The id under which the plugin registers a function: its name in AWS.
    fn function_id(&self, key: &str, function: &Value) -> String {
        let own = function["name"].as_str().map(str::to_owned);
        own.unwrap_or_else(|| format!("{}-{}-{key}", self.name, self.stage))
    }

    fn event_types(&self, defined: &Value, functions: &Map<String, Value>, imported: &mut Imported) {
        for (name, settings) in defined.as_object().into_iter().flatten() {
            let authorizer = settings["authorizer"].as_str();
            let authorizer_id = match authorizer.map(|key| (key, functions.get(key))) {
                None => None,
                Some((key, Some(function))) => Some(self.function_id(key, function)),
                Some((key, None)) => {
                    let reason = format!("its authorizer \"{key}\" is no function of the file");
                    imported.leave_out(format!("custom.eventTypes.{name}"), reason);
                    continue;
                }
            };
            imported.document.event_types.push(EventType {
                name: name.clone(),
                authorizer_id,
                metadata: self.labels.clone(),
            });
        }
    }

    fn function(&self, key: &str, function: &Value, names: &Names, imported: &mut Imported) {
        let id = self.function_id(key, function);
        match provider(key, &id, function, &self.region, names) {
            Ok((type_name, provider)) => imported.document.functions.push(Function {
                id,
                type_name,
                provider,
                metadata: self.labels.clone(),
            }),
            Err(reason) => imported.leave_out(format!("functions.{key}"), reason),
        }
    }

    fn event(&self, place: &str, key: &str, function: &Value, event: &Value, imported: &mut Imported) {
        let Some(settings) = event.get("eventgateway") else {
            let kind = event.as_object().and_then(|event| event.keys().next().cloned());
            let kind = kind
                .or_else(|| event.as_str().map(str::to_owned))
                .unwrap_or_default();
            imported.leave_out(
                format!("{place}.{kind}"),
                "it is an event of AWS, not of the gateway",
            );
            return;
        };
        let text = |name: &str| settings[name].as_str();
        let method = text("method").map(str::to_uppercase);
        // The old form has `event`, where http stands for sync requests.
        let (mode, event_type, method) = match (text("event"), text("type"), text("eventType")) {
            (Some("http"), ..) => ("sync", "http.request", method.unwrap_or_else(|| "GET".to_owned())),
            (Some(event_type), ..) => ("async", event_type, "POST".to_owned()),
            (None, Some(mode), Some(event_type)) => {
                (mode, event_type, method.unwrap_or_else(|| "POST".to_owned()))
            }
            (None, ..) => {
                imported.leave_out(place, "it has neither \"event\" nor \"type\" and \"eventType\"");
                return;
            }
        };
        let path = text("path").unwrap_or("/");
        let path = format!("{}/{}", self.path_prefix, path.strip_prefix('/').unwrap_or(path));
        if self.root["custom"]["eventTypes"].get(event_type).is_none() {
            imported.need_event_type(event_type, &self.labels);
        }
        imported.document.subscriptions.push(Subscription {
            mode: mode.to_owned(),
            event_type: event_type.to_owned(),
            function_id: self.function_id(key, function),
            path: path.clone(),
            method: method.clone(),
            metadata: self.labels.clone(),
            ..Subscription::default()
        });
        if let Some(cors) = cors(&settings["cors"]) {
            let slot = Cors {
                method,
                path,
                metadata: self.labels.clone(),
                ..cors
            };
            let is_new = |known: &Cors| known.method != slot.method || known.path != slot.path;
            if imported.document.cors.iter().all(is_new) {
                imported.document.cors.push(slot);
            }
        }
    }
}

/// What `cors` of an event says; `true` is the gateway's own defaults.
fn cors(settings: &Value) -> Option<Cors> {
    let given = |name: &str| settings.get(name).filter(|value| !value.is_null()).cloned();
    match settings {
        Value::Bool(true) => Some(Cors::default()),
        Value::Object(_) => Some(Cors {
            allowed_origins: given("origins"),
            allowed_methods: given("methods"),
            allowed_headers: given("headers"),
            allow_credentials: given("allowCredentials").filter(|value| *value != json!(false)),
            ..Cors::default()
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
