//! OpenAPI 3: each operation as a sync subscription to its requests.

use serde_json::{Value, json};

use crate::import::document::{Function, Imported, Labels, Subscription, is_name, name_of};

const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

/// What the file does not say.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Function that all operations call; without one the service itself is called, as it is.
    pub(crate) function: Option<String>,
    /// URL of the service, if not the first of `servers`.
    pub(crate) url: Option<String>,
    /// What paths begin with at the gateway.
    pub(crate) path_prefix: String,
}

/// The configuration by which the gateway serves the operations.
pub(crate) fn import(file: &Value, options: &Options) -> Result<Imported, String> {
    let version = file["openapi"].as_str().unwrap_or_default();
    let paths = file["paths"].as_object().filter(|_| version.starts_with("3."));
    let paths = paths.ok_or("there are no \"paths\" of OpenAPI 3")?;
    let mut imported = Imported::default();
    imported.need_event_type("http.request", &Labels::new());
    let service = Service::of(file, options)?;
    for (path, item) in paths {
        let route = match route(path) {
            Ok(route) => route,
            Err(reason) => {
                imported.leave_out(format!("path {path}"), reason);
                continue;
            }
        };
        for member in item.as_object().into_iter().flatten().map(|(member, _)| member) {
            if METHODS.contains(&member.as_str()) {
                service.operation(path, &route, member, &item[member], &mut imported);
            } else if member == "trace" || member == "$ref" || member == "servers" {
                imported.leave_out(
                    format!("path {path}, {member}"),
                    "the gateway has nothing of the kind",
                );
            }
        }
    }
    for (member, reason) in [
        (
            "security",
            "who may call is decided by authorizers: see docs/events.md",
        ),
        (
            "webhooks",
            "what the service sends is a subscription of those who want it",
        ),
    ] {
        if !file[member].is_null() {
            imported.leave_out(member, reason);
        }
    }
    Ok(imported)
}

/// What serves the operations.
struct Service<'a> {
    options: &'a Options,
    name: String,
    url: Option<String>,
}

impl<'a> Service<'a> {
    fn of(file: &Value, options: &'a Options) -> Result<Self, String> {
        let stated = file["servers"][0]["url"]
            .as_str()
            .filter(|url| url.contains("://") && !url.contains('{'));
        let url = options
            .url
            .as_deref()
            .or(stated)
            .map(|url| url.trim_end_matches('/').to_owned());
        if url.is_none() && options.function.is_none() {
            return Err(
                "the URL of the service is not known: give --url, or --function for one that takes events"
                    .to_owned(),
            );
        }
        let title = name_of(file["info"]["title"].as_str().unwrap_or_default());
        let name = if title.is_empty() {
            "service".to_owned()
        } else {
            title.to_lowercase()
        };
        Ok(Self { options, name, url })
    }

    fn operation(&self, path: &str, route: &str, method: &str, operation: &Value, imported: &mut Imported) {
        let own = operation["x-event-gateway-function"].as_str();
        let function_id = match (own, &self.options.function) {
            (Some(id), _) => id.to_owned(),
            (None, Some(id)) => id.clone(),
            (None, None) => self.function(route, imported),
        };
        for member in ["security", "callbacks", "servers"] {
            if !operation[member].is_null() {
                imported.leave_out(
                    format!("{} {path}, {member}", method.to_uppercase()),
                    "it is not carried over",
                );
            }
        }
        let metadata = operation["operationId"]
            .as_str()
            .map(|id| ("operation".to_owned(), id.to_owned()));
        imported.document.subscriptions.push(Subscription {
            mode: "sync".to_owned(),
            event_type: "http.request".to_owned(),
            function_id,
            path: format!("{}{route}", self.options.path_prefix.trim_end_matches('/')),
            method: method.to_uppercase(),
            metadata: metadata.into_iter().collect(),
            ..Subscription::default()
        });
    }

    /// The service as a function that takes requests as they came. Its URL stands for the path in front of the first parameter.
    fn function(&self, route: &str, imported: &mut Imported) -> String {
        let fixed = route.find("/:").map_or(route, |at| &route[..at]);
        let suffix = name_of(&fixed.replace('/', "-"));
        let id = if suffix.is_empty() {
            self.name.clone()
        } else {
            format!("{}-{suffix}", self.name)
        };
        let base = self.url.as_deref().unwrap_or_default();
        let url = format!("{base}{fixed}");
        let functions = &mut imported.document.functions;
        if let Some(known) = functions
            .iter()
            .find(|known| known.provider["url"] == url.as_str())
        {
            return known.id.clone();
        }
        let mut free = id.clone();
        let mut number = 2;
        while functions.iter().any(|known| known.id == free) {
            free = format!("{id}-{number}");
            number += 1;
        }
        functions.push(Function {
            id: free.clone(),
            type_name: "http",
            provider: json!({"url": url, "request": "passthrough", "response": "stream"}),
            metadata: Labels::new(),
        });
        free
    }
}

/// A template of a path as the gateway has it: `/users/{id}` is `/users/:id`.
fn route(path: &str) -> Result<String, String> {
    if !path.starts_with('/') {
        return Err("it does not begin with a slash".to_owned());
    }
    let mut segments = Vec::new();
    for segment in path.split('/').skip(1) {
        let parameter = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        segments.push(match parameter {
            Some(name) if is_name(name) => format!(":{name}"),
            _ if segment.contains(['{', '}']) => {
                return Err(format!(
                    "\"{segment}\" is more than a parameter: the gateway has whole segments only"
                ));
            }
            _ if segment.starts_with([':', '*']) => {
                return Err(format!("\"{segment}\" would be a parameter or a wildcard"));
            }
            _ => segment.to_owned(),
        });
    }
    Ok(format!("/{}", segments.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imported(file: &Value, options: &Options) -> (Value, Vec<String>) {
        let imported = import(file, options).unwrap();
        let unmapped = imported.unmapped.iter().map(|one| one.place.clone()).collect();
        (serde_json::to_value(&imported.document).unwrap(), unmapped)
    }

    fn pets() -> Value {
        json!({
            "openapi": "3.1.0", "info": {"title": "Pet Store"}, "servers": [{"url": "https://pets.example/v1/"}],
            "security": [{"key": []}],
            "paths": {
                "/pets": {"get": {"operationId": "listPets"}, "post": {}, "parameters": []},
                "/pets/{id}": {"get": {}, "trace": {}},
                "/": {"get": {"x-event-gateway-function": "home"}},
                "/files/{name}.json": {"get": {}},
            },
        })
    }

    #[test]
    fn operations_are_sync_subscriptions_to_the_service() {
        let (document, unmapped) = imported(
            &pets(),
            &Options {
                path_prefix: "/shop/".to_owned(),
                ..Options::default()
            },
        );
        let provider =
            json!({"url": "https://pets.example/v1/pets", "request": "passthrough", "response": "stream"});
        assert_eq!(
            document["functions"],
            json!([{"functionId": "pet-store-pets", "type": "http", "provider": provider}])
        );
        let routes: Vec<_> = document["subscriptions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                format!(
                    "{} {} {}",
                    one["method"].as_str().unwrap(),
                    one["path"].as_str().unwrap(),
                    one["functionId"].as_str().unwrap()
                )
            })
            .collect();
        assert_eq!(
            routes,
            [
                "GET /shop/ home",
                "GET /shop/pets pet-store-pets",
                "POST /shop/pets pet-store-pets",
                "GET /shop/pets/:id pet-store-pets"
            ]
        );
        assert_eq!(
            unmapped,
            ["path /files/{name}.json", "path /pets/{id}, trace", "security"]
        );
    }

    #[test]
    fn one_function_may_take_all() {
        let (document, _) = imported(
            &pets(),
            &Options {
                function: Some("f".to_owned()),
                ..Options::default()
            },
        );
        assert!(document.get("functions").is_none());
        assert_eq!(document["subscriptions"][1]["functionId"], "f");
        assert_eq!(
            document["subscriptions"][1]["metadata"],
            json!({"operation": "listPets"})
        );
    }

    #[test]
    fn what_has_no_address_is_refused() {
        let no_url = json!({"openapi": "3.1.0", "servers": [{"url": "/v1"}], "paths": {}});
        assert!(
            import(&no_url, &Options::default())
                .unwrap_err()
                .contains("--url")
        );
        assert!(import(&json!({"swagger": "2.0", "paths": {}}), &Options::default()).is_err());
    }
}
