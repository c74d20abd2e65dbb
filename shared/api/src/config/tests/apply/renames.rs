//! Functions that are renamed with all that refers to them.

use super::*;

fn renamed(id: &str, from: &str) -> Value {
    let mut renamed = function(id);
    renamed["provider"] = function(from)["provider"].clone();
    renamed["moved"] = json!({"from": from});
    renamed
}

#[tokio::test]
async fn what_refers_to_a_function_follows_it() {
    let api = Api::start();
    api.apply("", &shop()).await;
    let document =
        json!({"functions": [renamed("b", "a"), renamed("guard", "auth"), renamed("check", "hook")]});
    let before = api.get(EXPORT).await.body;
    let planned = api.apply("?dryRun=true", &document).await;
    assert_eq!(
        planned.actions(),
        [
            "rename function b",
            "rename function guard",
            "rename function check",
            "update function w",
            "update space default",
            "update eventtype e",
            &format!(
                "rename subscription {}",
                planned.body["actions"][6]["id"].as_str().unwrap()
            ),
        ]
    );
    let moved = &planned.body["actions"][6];
    assert_eq!(
        moved["changes"],
        json!([{"field": "functionId", "from": "a", "to": "b"}])
    );
    assert_eq!(
        planned.body["actions"][0]["changes"],
        json!([{"field": "functionId", "from": "a", "to": "b"}])
    );
    let applied = api.apply("", &document).await;
    assert_eq!(applied.body["actions"], planned.body["actions"]);
    let after = api.get(EXPORT).await.body.to_string();
    let mut want = before.to_string();
    for (old, new) in [("a", "b"), ("auth", "guard"), ("hook", "check")] {
        want = want.replace(&format!("\"{old}\""), &format!("\"{new}\""));
    }
    want = want.replace(moved["from"].as_str().unwrap(), moved["id"].as_str().unwrap());
    assert_eq!(after, want, "also in its place in the order");
    assert_eq!(
        api.apply("", &document).await.body["steps"],
        0,
        "said once more, it is so already"
    );
}

#[tokio::test]
async fn masks_follow_where_the_destination_stays() {
    let mut api = Api::start();
    api.config.secrets.mask = true;
    let secret = |id: &str, url: &str, key: &str| json!({"functionId": id, "type": "http", "provider": {"url": url, "headers": {"X-Key": key}}});
    api.apply("", &json!({"functions": [secret("f", "http://h/1", "s3cret")]}))
        .await;
    let exported = api.get(EXPORT).await.body;
    assert!(exported.to_string().contains("*****") && !exported.to_string().contains("s3cret"));
    assert_eq!(api.apply("", &exported).await.body["steps"], 0);
    let mut moved = secret("g", "http://h/1", "*****");
    moved["moved"] = json!({"from": "f"});
    moved["metadata"] = json!({"a": "b"});
    let changed = api.apply("", &json!({"functions": [moved]})).await;
    assert!(!changed.body.to_string().contains("s3cret"), "{}", changed.body);
    api.config.secrets.mask = false;
    let shown = api.get("/v1/spaces/default/functions/g").await.body;
    assert_eq!(shown["provider"]["headers"]["X-Key"], "s3cret");
    for (document, why) in [
        (
            secret("g", "http://elsewhere/1", "*****"),
            "functions[0].provider.headers",
        ),
        (
            secret("new", "http://h/1", "*****"),
            "functions[0].provider.headers",
        ),
    ] {
        let document = json!({"functions": [document]}).to_string();
        let refused = api.send("POST", APPLY, &document).await;
        assert_eq!(refused.status, 400, "{}", refused.body);
        let field = refused.body["errors"][0]["field"].as_str().unwrap().to_owned();
        assert!(field.starts_with(why), "{field}");
    }
}
