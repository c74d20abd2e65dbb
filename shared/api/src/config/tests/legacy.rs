//! Requests of 2017 with the setting on, and the same with it off.

use std::time::Duration;

use futures::poll;
use futures_util::future::join_all;
use serde_json::json;

use super::*;

const SUBSCRIPTIONS: &str = "/v1/spaces/default/subscriptions";
const FUNCTIONS: &str = "/v1/spaces/default/functions";

fn legacy_api() -> Api {
    let mut api = Api::start();
    api.config.legacy_api = true;
    api
}

impl Api {
    async fn function(&self, id: &str) {
        let body = json!({"functionId": id, "provider": {"type": "http", "url": "http://localhost:1"}});
        let created = self.send("POST", FUNCTIONS, &body.to_string()).await;
        assert_eq!(created.status, 201, "{}", created.body);
        assert_eq!(
            created.body,
            json!({"space": "default", "functionId": id, "type": "http", "provider": {"url": "http://localhost:1"}})
        );
    }

    async fn subscribe_old(&self, body: Value) -> Reply {
        self.send("POST", SUBSCRIPTIONS, &body.to_string()).await
    }

    /// Ids of what a collection holds.
    async fn ids(&self, collection: &str, list: &str, id: &str) -> Vec<String> {
        let listed = self.get(&format!("/v1/spaces/default/{collection}")).await;
        let items = listed.body[list].as_array().unwrap();
        items
            .iter()
            .map(|item| item[id].as_str().unwrap().to_owned())
            .collect()
    }

    async fn event_types(&self) -> Vec<String> {
        self.ids("eventtypes", "eventTypes", "name").await
    }

    async fn cors(&self) -> Vec<String> {
        self.ids("cors", "cors", "corsId").await
    }
}

fn message(reply: &Reply) -> &str {
    reply.body["errors"][0]["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn off_everything_old_is_refused_as_today() {
    let api = Api::start();
    for (path, body, want) in [
        (
            FUNCTIONS,
            json!({"functionId": "f", "provider": {"type": "http", "url": "http://x"}}),
            "Function doesn't validate. Validation error: provider configuration not set",
        ),
        (
            SUBSCRIPTIONS,
            json!({"event": "http", "functionId": "f", "path": "/"}),
            "Subscription doesn't validate. Validation error: Key: 'Subscription.Type' Error:Field validation for 'Type' failed on the 'required' tag\nKey: 'Subscription.EventType' Error:Field validation for 'EventType' failed on the 'required' tag",
        ),
    ] {
        let reply = api.send("POST", path, &body.to_string()).await;
        assert_eq!((reply.status, message(&reply)), (400, want));
    }
    let id = api.subscribe().await;
    let shown = api.get(&format!("{SUBSCRIPTIONS}/{id}")).await.body;
    assert_eq!(shown.get("event"), None, "{shown}");
}

#[tokio::test]
async fn subscriptions_bring_their_event_type_and_cors() {
    let api = legacy_api();
    api.function("f").await;
    let made = api
        .subscribe_old(
            json!({"event": "http", "functionId": "f", "path": "a", "cors": {"origins": ["http://o"]}}),
        )
        .await;
    let id = "c3luYyxodHRwLnJlcXVlc3QsJTJGYSxHRVQ";
    let want = json!({
        "space": "default", "subscriptionId": id, "type": "sync", "eventType": "http.request", "functionId": "f",
        "path": "/a", "method": "GET", "event": "http",
        "cors": {
            "origins": ["http://o"], "methods": ["HEAD", "GET", "POST"],
            "headers": ["Origin", "Accept", "Content-Type"], "allowCredentials": false
        }
    });
    assert_eq!((made.status, &made.body), (201, &want));
    assert_eq!(api.event_types().await, ["http.request"]);
    let cors = api.get("/v1/spaces/default/cors/GET%2Fa").await.body;
    assert_eq!(cors["metadata"], json!({"subscriptionId": id}));

    let path = format!("{SUBSCRIPTIONS}/{id}");
    assert_eq!(api.get(&path).await.body, want);
    assert_eq!(
        api.get(SUBSCRIPTIONS).await.body,
        json!({"subscriptions": [want]})
    );
    assert_eq!(
        api.get(&format!("{SUBSCRIPTIONS}?metadata.a=b")).await.body,
        json!({"subscriptions": []})
    );

    // An update replaces the CORS configuration, or takes it away.
    let old = json!({"event": "http", "functionId": "f", "path": "/a", "cors": {"allowCredentials": true}});
    let updated = api.send("PUT", &path, &old.to_string()).await;
    assert_eq!(
        (updated.status, &updated.body["cors"]["origins"]),
        (200, &json!(["*"]))
    );
    let plain = json!({"event": "http", "functionId": "f", "path": "/a"});
    let updated = api.send("PUT", &path, &plain.to_string()).await;
    assert_eq!((updated.status, updated.body.get("cors")), (200, None));
    assert!(api.cors().await.is_empty());
    api.send("PUT", &path, &old.to_string()).await;

    // It goes with its subscription; the event type stays.
    assert_eq!(api.cors().await, ["GET%2Fa"]);
    assert_eq!(api.send("DELETE", &path, "").await.status, 204);
    assert!(api.cors().await.is_empty());
    assert_eq!(api.send("DELETE", &path, "").await.status, 404);
    assert_eq!(api.event_types().await, ["http.request"]);
}

#[tokio::test]
async fn a_deletion_takes_its_cors_along_or_leaves_both() {
    let api = legacy_api();
    api.function("f").await;
    let made = api
        .subscribe_old(json!({"event": "http", "functionId": "f", "path": "a", "cors": {}}))
        .await;
    let path = format!(
        "{SUBSCRIPTIONS}/{}",
        made.body["subscriptionId"].as_str().unwrap()
    );
    let other = [("if-match", "\"another\"")];
    assert_eq!(api.send_with(&other, "DELETE", &path, "").await.status, 412);
    assert_eq!((api.get(&path).await.status, api.cors().await.len()), (200, 1));
    // It goes on where nobody waits for its answer.
    let mut cut_short = Box::pin(api.send("DELETE", &path, ""));
    assert!(poll!(&mut cut_short).is_pending());
    drop(cut_short);
    while api.get(&path).await.status == 200 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(api.cors().await.is_empty());
    assert_eq!(api.send("DELETE", &path, "").await.status, 404);
}

#[tokio::test]
async fn events_are_async_and_registered_once() {
    let api = legacy_api();
    api.function("f").await;
    api.function("g").await;
    for (event, function) in [("user.created", "f"), ("user.created", "g"), ("invoke", "f")] {
        let made = api
            .subscribe_old(json!({"event": event, "functionId": function}))
            .await;
        let members =
            ["type", "eventType", "event", "method", "path"].map(|name| made.body[name].as_str().unwrap());
        assert_eq!(
            (made.status, members),
            (201, ["async", event, event, "POST", "/"])
        );
    }
    assert_eq!(api.event_types().await, ["user.created", "invoke"]);
    let again = api
        .subscribe_old(json!({"event": "invoke", "functionId": "f", "path": "/"}))
        .await;
    let text = r#"Subscription "YXN5bmMsaW52b2tlLGYsJTJGLFBPU1Q" already exists."#;
    assert_eq!((again.status, message(&again)), (409, text));
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_behind() {
    let api = legacy_api();
    api.function("f").await;
    let missing = api
        .subscribe_old(json!({"event": "http", "functionId": "none", "cors": {}}))
        .await;
    assert_eq!(
        (missing.status, message(&missing)),
        (400, r#"Function "none" not found."#)
    );
    assert!(api.event_types().await.is_empty());
    assert!(api.cors().await.is_empty());

    // A configuration that somebody made is neither changed nor removed.
    let cors = json!({"method": "GET", "path": "/a", "allowedOrigins": ["http://mine"]});
    assert_eq!(
        api.send("POST", "/v1/spaces/default/cors", &cors.to_string())
            .await
            .status,
        201
    );
    let with = json!({"event": "http", "functionId": "f", "path": "/a", "cors": {}});
    let refused = api.subscribe_old(with.clone()).await;
    let text = r#"CORS configuration "GET%2Fa" already exists."#;
    assert_eq!((refused.status, message(&refused)), (409, text));
    assert_eq!(api.get(SUBSCRIPTIONS).await.body, json!({"subscriptions": []}));
    assert!(api.event_types().await.is_empty());

    let without = api
        .subscribe_old(json!({"event": "http", "functionId": "f", "path": "/a"}))
        .await;
    assert_eq!((without.status, without.body.get("cors")), (201, None));
    let path = format!(
        "{SUBSCRIPTIONS}/{}",
        without.body["subscriptionId"].as_str().unwrap()
    );
    assert_eq!(api.send("PUT", &path, &with.to_string()).await.status, 409);
    assert_eq!(api.send("DELETE", &path, "").await.status, 204);
    assert_eq!(api.cors().await, ["GET%2Fa"]);
}

#[tokio::test]
async fn races_register_an_event_type_once() {
    let api = legacy_api();
    for number in 0..8 {
        api.function(&format!("f{number}")).await;
    }
    for round in 0..20 {
        let event = format!("e{round}");
        let subscribe = (0..8).map(|number| {
            api.subscribe_old(
                json!({"event": event, "functionId": format!("f{number}"), "path": format!("/{number}")}),
            )
        });
        for made in join_all(subscribe).await {
            assert_eq!(made.status, 201, "{}", made.body);
        }
        // The same one many times: one client gets it, the others learn that it is there.
        let http = json!({"event": "http", "functionId": "f0", "path": format!("/r{round}"), "cors": {}});
        let statuses = join_all((0..8).map(|_| api.subscribe_old(http.clone()))).await;
        let created = statuses.iter().filter(|made| made.status == 201).count();
        let refused = statuses.iter().filter(|made| made.status == 409).count();
        assert_eq!((created, refused), (1, 7));
    }
    assert_eq!(api.event_types().await.len(), 21);
    assert_eq!(api.cors().await.len(), 20);
}

#[tokio::test]
async fn functions_of_all_kinds() {
    let api = legacy_api();
    for id in ["a", "b"] {
        let body = json!({"functionId": id, "provider": {"type": "http", "url": "http://x"}});
        assert_eq!(api.send("POST", FUNCTIONS, &body.to_string()).await.status, 201);
    }
    let weighted = json!({"functionId": "w", "provider": {"type": "weighted", "weighted": [
        {"functionId": "a", "weight": 80}, {"functionId": "b", "weight": 20}
    ]}});
    let made = api.send("POST", FUNCTIONS, &weighted.to_string()).await;
    assert_eq!((made.status, &made.body["type"]), (201, &json!("weighted")));
    let changed = json!({"provider": {"type": "weighted", "weighted": [{"functionId": "a", "weight": 1}]}});
    let updated = api
        .send("PUT", &format!("{FUNCTIONS}/w"), &changed.to_string())
        .await;
    assert_eq!(
        (
            updated.status,
            updated.body["provider"]["weighted"].as_array().unwrap().len()
        ),
        (200, 1)
    );
    for (provider, want) in [
        (
            json!({"type": "weighted", "weighted": []}),
            r#""Missing required fields for weighted function.""#,
        ),
        (
            json!({"type": "emulator", "emulatorUrl": "http://x"}),
            r#""provider emulator not supported""#,
        ),
        (json!({"url": "http://x"}), "provider configuration not set"),
    ] {
        let body = json!({"functionId": "x", "provider": provider});
        let refused = api.send("POST", FUNCTIONS, &body.to_string()).await;
        let want = format!("Function doesn't validate. Validation error: {want}");
        assert_eq!((refused.status, message(&refused)), (400, want.as_str()));
    }
}

#[tokio::test]
async fn todays_shapes_are_answered_as_today() {
    let api = legacy_api();
    let id = api.subscribe().await;
    let body = json!({"type": "async", "eventType": "e", "functionId": "f", "metadata": {"c": "d"}});
    let updated = api
        .send("PUT", &format!("{SUBSCRIPTIONS}/{id}"), &body.to_string())
        .await;
    assert_eq!((updated.status, updated.body.get("event")), (200, None));
    // Without an event type nothing is registered on the way.
    let missing = json!({"type": "async", "eventType": "none", "functionId": "f"});
    let refused = api.send("POST", SUBSCRIPTIONS, &missing.to_string()).await;
    assert_eq!(
        (refused.status, message(&refused)),
        (400, r#"Event Type "none" not found."#)
    );
    for body in ["", "{", "[]", "5"] {
        let refused = api.send("POST", SUBSCRIPTIONS, body).await;
        assert_eq!(refused.status, 400, "{body}");
        assert!(message(&refused).starts_with("Subscription doesn't validate. Validation error: "));
        let refused = api.send("POST", FUNCTIONS, body).await;
        assert!(
            message(&refused).starts_with("Function doesn't validate. Validation error: "),
            "{body}"
        );
    }
}
