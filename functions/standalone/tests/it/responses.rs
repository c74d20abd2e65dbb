//! Answers of functions in the modes that they can ask for, on the wire.

use serde_json::json;

use crate::gateway_process::GatewayProcess;

mod busy_spaces;
mod hang_ups;
mod no_content;
mod proxy;
mod raw;
mod streams;
mod upgrades;

impl GatewayProcess {
    /// A function with a response mode, and a sync subscription of requests to a path.
    pub(crate) fn answer_with(&self, mode: &str, method: &str, path: &str, url: &str) {
        let id = path.trim_matches('/');
        self.create(
            "functions",
            &json!({"functionId": id, "type": "http", "provider": {"url": url, "response": mode}}),
        );
        let known = self.list("eventtypes");
        if known.is_empty() {
            self.event_type("http.request");
        }
        self.create(
            "subscriptions",
            &json!({"type": "sync", "eventType": "http.request", "functionId": id, "method": method, "path": path}),
        );
    }
}
