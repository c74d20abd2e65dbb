//! Configuring a gateway under test.

use serde_json::{Value, json};

use crate::client::{Answer, send};
use crate::gateway_process::GatewayProcess;

impl GatewayProcess {
    /// Sends a request to a collection of the default space, or to an item of it.
    pub(crate) fn configure(&self, method: &str, path: &str, body: &Value) -> Answer {
        let path = format!("/v1/spaces/default/{path}");
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        send(self.config, method, &path, &[], body)
    }

    /// Creates a resource, which must succeed; gives it as it is stored.
    pub(crate) fn create(&self, collection: &str, body: &Value) -> Value {
        let answer = self.configure("POST", collection, body);
        assert_eq!(answer.status, 201, "{collection} {body}: {}", answer.text());
        answer.json()
    }

    /// Creates an event type.
    pub(crate) fn event_type(&self, name: &str) {
        self.create("eventtypes", &json!({"name": name}));
    }

    /// Registers a function behind a URL.
    pub(crate) fn function(&self, id: &str, url: &str) {
        self.create(
            "functions",
            &json!({"functionId": id, "type": "http", "provider": {"url": url}}),
        );
    }

    /// Subscribes a function to POST requests on a path; `kind` is sync or async.
    pub(crate) fn subscribe(&self, kind: &str, event_type: &str, function: &str, path: &str) -> String {
        let body = json!({"type": kind, "eventType": event_type, "functionId": function, "path": path});
        let created = self.create("subscriptions", &body);
        created["subscriptionId"].as_str().unwrap().to_owned()
    }

    /// What a collection of the default space holds.
    pub(crate) fn list(&self, collection: &str) -> Vec<Value> {
        let member = if collection == "eventtypes" {
            "eventTypes"
        } else {
            collection
        };
        let answer = self.get_config(&format!("/v1/spaces/default/{collection}"));
        answer.json()[member].as_array().unwrap().clone()
    }
}
