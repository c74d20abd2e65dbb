//! Export and apply: what a document makes of a space, what is planned and refused, and what it may cost.

use serde_json::json;

use super::*;

mod copies;
mod hostile;
mod refusals;
mod renames;

const EXPORT: &str = "/v1/spaces/default/export";
const APPLY: &str = "/v1/spaces/default/apply";
const DRY_RUN: &str = "/v1/spaces/default/apply?dryRun=true";

impl Api {
    /// One that takes documents of any size.
    fn start_large() -> Self {
        let mut api = Self::start();
        api.config.limits.bytes = 64 * 1024 * 1024;
        api
    }

    /// The very bytes of an answer.
    async fn bytes(&self, path: &str) -> bytes::Bytes {
        let request = Request::builder().uri(path).header("host", "localhost");
        let request = request.body(Body::empty()).unwrap();
        let answer = router(self.config.clone()).oneshot(request).await.unwrap();
        answer.into_body().collect().await.unwrap().to_bytes()
    }

    /// Applies a document, which must succeed.
    async fn apply(&self, query: &str, document: &Value) -> Reply {
        let applied = self
            .send("POST", &format!("{APPLY}{query}"), &document.to_string())
            .await;
        assert_eq!(applied.status, 200, "{}", applied.body);
        applied
    }
}

impl Reply {
    /// What is done, as `action kind id`.
    fn actions(&self) -> Vec<String> {
        let actions = self.body["actions"].as_array().unwrap().iter();
        actions
            .map(|action| {
                let text = |member: &str| action[member].as_str().unwrap().to_owned();
                format!("{} {} {}", text("action"), text("kind"), text("id"))
            })
            .collect()
    }
}

fn function(id: &str) -> Value {
    json!({"functionId": id, "type": "http", "provider": {"url": format!("http://localhost:1/{id}")}})
}

fn subscription(kind: &str, function: &str, path: &str) -> Value {
    json!({"type": kind, "eventType": "e", "functionId": function, "path": path})
}

/// A document with something of everything.
fn shop() -> Value {
    json!({
        "settings": {"description": "d", "hooks": [{"point": "receive", "functionId": "hook"}]},
        "eventTypes": [{"name": "e", "authorizerId": "auth"}],
        "functions": [
            {"functionId": "w", "type": "weighted", "provider": {"weighted": [{"functionId": "a", "weight": 1}]}},
            function("a"), function("auth"), function("hook"),
        ],
        "subscriptions": [subscription("sync", "w", "/s"), subscription("async", "a", "/a")],
        "cors": [{"method": "GET", "path": "/s"}],
    })
}

#[tokio::test]
async fn a_plan_is_told_and_carried_out_for_the_version_that_it_was_made_for() {
    let api = Api::start();
    let empty = api.get(EXPORT).await;
    assert_eq!(
        empty.body,
        json!({"eventTypes": [], "functions": [], "subscriptions": [], "cors": []})
    );
    let planned = api.send("POST", DRY_RUN, &shop().to_string()).await;
    assert_eq!(planned.status, 200, "{}", planned.body);
    assert_eq!(
        (&planned.body["applied"], &planned.body["steps"]),
        (&json!(false), &json!(1))
    );
    let tag = format!("\"{}\"", planned.body["version"].as_str().unwrap());
    assert_eq!(empty.headers["etag"], tag.as_str());
    assert_eq!(planned.actions().len(), 9);
    assert!(
        planned
            .actions()
            .iter()
            .all(|action| action.starts_with("create "))
    );
    assert_eq!(api.get(EXPORT).await.body, empty.body, "nothing is done");

    let (right, wrong) = ([("If-Match", tag.as_str())], [("If-Match", "\"other\"")]);
    let body = shop().to_string();
    assert_eq!(api.send_with(&wrong, "POST", APPLY, &body).await.status, 412);
    let applied = api.send_with(&right, "POST", APPLY, &body).await;
    assert_eq!((applied.status, &applied.body["applied"]), (200, &json!(true)));
    assert_eq!(applied.body["actions"], planned.body["actions"]);
    // It is another space by now.
    let outdated = api.send_with(&right, "POST", APPLY, &body).await;
    assert_eq!(outdated.status, 412);
    assert_eq!(
        outdated.message(),
        "Space \"default\" has been changed: it is not what If-Match names."
    );
    let again = api.apply("", &shop()).await;
    assert_eq!(again.body["steps"], 0);
    assert!(
        again
            .actions()
            .iter()
            .all(|action| action.starts_with("unchanged "))
    );
}

#[tokio::test]
async fn members_that_change_are_told() {
    let api = Api::start();
    api.apply("", &shop()).await;
    let mut document = shop();
    document["functions"][1]["provider"]["url"] = json!("http://localhost:1/next");
    document["settings"]["description"] = Value::Null;
    document["cors"] = json!([]);
    let planned = api.apply("?dryRun=true&prune=true", &document).await;
    let changed: Vec<_> = planned.body["actions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|action| action["action"] != "unchanged")
        .collect();
    let (from, to) = ("http://localhost:1/a", "http://localhost:1/next");
    assert_eq!(
        json!(changed),
        json!([
            {"action": "update", "kind": "space", "id": "default", "changes": [{"field": "description", "from": "d"}]},
            {"action": "update", "kind": "function", "id": "a", "changes": [{"field": "provider.url", "from": from, "to": to}]},
            {"action": "delete", "kind": "cors", "id": "GET%2Fs", "changes": []},
        ])
    );
    api.apply("?prune=true", &document).await;
    assert_eq!(api.get(EXPORT).await.body["cors"], json!([]));
    // Nothing goes that is not to be pruned.
    api.apply("", &json!({})).await;
    assert_eq!(
        api.get(EXPORT).await.body["functions"].as_array().unwrap().len(),
        4
    );
    let gone = api.apply("?prune=true", &json!({})).await;
    assert!(
        gone.actions().iter().all(|action| action.starts_with("delete ")),
        "{:?}",
        gone.actions()
    );
    assert_eq!(api.get("/v1/spaces").await.body, json!({"spaces": []}));
}

#[tokio::test]
async fn each_set_is_left_to_its_owner() {
    let api = Api::start();
    let of = |id: &str| json!({"functions": [function(id)]});
    api.apply("?set=a", &of("a1")).await;
    api.apply("?set=b&prune=true", &of("b1")).await;
    let labels = api.get(EXPORT).await.body["functions"][0]["metadata"].clone();
    assert_eq!(labels, json!({"eventgateway.set": "a"}));
    for (query, document) in [("?set=b", of("a1")), ("", of("a1"))] {
        let refused = api
            .send("POST", &format!("{APPLY}{query}"), &document.to_string())
            .await;
        assert_eq!(refused.status, 409, "{}", refused.body);
        let message = &refused.body["errors"][0]["message"];
        assert_eq!(
            message,
            "functions[0]: Function \"a1\" is part of the set \"a\", and is not touched."
        );
    }
    let exported = api.get(EXPORT).await.body;
    assert_eq!(
        api.apply("", &exported).await.body["steps"],
        0,
        "an export has the labels"
    );
    let pruned = api.apply("?set=a&prune=true", &json!({})).await;
    assert_eq!(pruned.actions(), ["delete function a1"]);
    let kept = api.apply("?prune=true", &json!({})).await;
    assert_eq!(kept.actions(), [""; 0]);
}
