//! What a document is refused for: by the rules of single writes, with the place in the document.

use super::*;

/// Applies what must be refused; gives the fields that are named.
async fn fields(api: &Api, query: &str, document: &Value) -> Vec<String> {
    let refused = api
        .send("POST", &format!("{APPLY}{query}"), &document.to_string())
        .await;
    assert_eq!(refused.status, 400, "{document}: {}", refused.body);
    let errors = refused.body["errors"].as_array().unwrap().iter();
    errors
        .map(|error| error["field"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn what_single_writes_refuse_is_refused_with_its_place() {
    let api = Api::start();
    let before = api.bytes(EXPORT).await;
    for (document, want) in [
        (json!({"functions": [{"functionId": "f"}]}), "functions[0]"),
        (
            json!({"functions": [function("f"), {"functionId": "g", "type": "http", "provider": {"url": "x"}}]}),
            "functions[1].provider.url",
        ),
        (
            json!({"functions": [function("f"), function("f")]}),
            "functions[1]",
        ),
        (
            json!({"functions": [function("f")], "subscriptions": [subscription("sync", "f", "/")]}),
            "subscriptions[0].eventType",
        ),
        (
            json!({"eventTypes": [{"name": "e", "authorizerId": "none"}]}),
            "eventTypes[0].authorizerId",
        ),
        (json!({"settings": {"paths": "loose"}}), "settings.paths"),
        (
            json!({"cors": [{"method": "GET", "path": "/", "maxAge": -1}]}),
            "cors[0]",
        ),
        (
            json!({"eventTypes": [{"name": "e", "authorizerid": 1}]}),
            "eventTypes[0]",
        ),
        (
            json!({"eventTypes": [{"name": "e", "createdAt": "today"}]}),
            "eventTypes[0]",
        ),
        (
            json!({"eventTypes": [{"name": "e", "createdAt": "9000-01-01T00:00:00Z"}]}),
            "eventTypes[0].createdAt",
        ),
        (
            json!({"eventTypes": [{"name": "e", "moved": {"from": "d"}}]}),
            "eventTypes[0]",
        ),
        (
            json!({"functions": [{"functionId": "f", "moved": {"to": "d"}}]}),
            "functions[0]",
        ),
        (
            json!({"functions": [{"functionId": "f", "moved": {}}]}),
            "functions[0]",
        ),
        (json!({"functions": ["f"]}), "functions[0]"),
    ] {
        let told = fields(&api, "", &document).await;
        assert!(told[0].starts_with(want), "{document}: {told:?}");
    }
    for (document, query) in [
        (json!({"function": []}), ""),
        (json!({"functions": {}}), ""),
        (json!([]), ""),
        (json!({}), "?dryrun=true"),
        (json!({}), "?prune=yes"),
        (json!({}), "?set="),
    ] {
        fields(&api, query, &document).await;
    }
    assert_eq!(api.bytes(EXPORT).await, before);
}

#[tokio::test]
async fn what_is_looked_at_besides_the_rules_is_looked_at_here_too() {
    let mut api = Api::start();
    api.config.own = OwnConfigApi::at(["127.0.0.1:4001".parse().unwrap()]);
    api.config.health = "/".parse().unwrap();
    let own = json!({"functions": [
        {"functionId": "f", "type": "http", "provider": {"url": "http://127.0.0.1:4001/v1"}}]});
    let refused = api.send("POST", DRY_RUN, &own.to_string()).await;
    assert!(
        refused.body["errors"][0]["message"]
            .as_str()
            .unwrap()
            .starts_with("functions[0]: ")
    );
    assert_eq!(refused.status, 400);
    let mut checks = subscription("sync", "f", "/healthz");
    checks["method"] = json!("GET");
    let shadowed =
        json!({"functions": [function("f")], "eventTypes": [{"name": "e"}], "subscriptions": [checks]});
    assert_eq!(fields(&api, "", &shadowed).await, ["subscriptions[0].path"]);
    let mut transformed = subscription("async", "f", "/");
    transformed["transform"] = json!({"jsonata": "(("});
    let broken =
        json!({"functions": [function("f")], "eventTypes": [{"name": "e"}], "subscriptions": [transformed]});
    assert!(fields(&api, "", &broken).await[0].starts_with("subscriptions[0]"));
    api.config.secrets.lends_identity = false;
    let lent = json!({"functions": [{"functionId": "f", "type": "awslambda",
        "provider": {"arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "region": "us-east-1"}}]});
    assert_eq!(api.send("POST", APPLY, &lent.to_string()).await.status, 400);
    api.config.access_key = Some(AccessKey::new("key"));
    assert_eq!(api.send("POST", APPLY, "{}").await.status, 401);
    assert_eq!(api.get(EXPORT).await.status, 401);
}

#[tokio::test]
async fn members_that_are_ignored_are_told_of_or_refused() {
    let api = Api::start();
    let document = json!({"eventTypes": [{"name": "e", "colour": "red"}]});
    let applied = api.apply("?dryRun=true", &document).await;
    let warning = applied.body["warnings"][0].as_str().unwrap();
    assert!(
        warning.starts_with("eventTypes[0]: ignored: ") && warning.contains("colour"),
        "{warning}"
    );
    assert_eq!(
        fields(&api, "?fieldValidation=strict", &document).await,
        ["eventTypes[0].colour"]
    );
}
