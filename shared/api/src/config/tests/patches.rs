//! Merge patches, and what `If-Match` keeps from being changed.

use serde_json::json;

use super::*;

const EVENT_TYPE: &str = "/v1/spaces/default/eventtypes/e";
const FUNCTION: &str = "/v1/spaces/default/functions/f";

fn tag(reply: &Reply) -> String {
    reply.headers["etag"].to_str().unwrap().to_owned()
}

async fn patch(api: &Api, path: &str, members: Value) -> Reply {
    let reply = api.send("PATCH", path, &members.to_string()).await;
    assert_eq!(reply.status, 200, "{path} {members}: {}", reply.body);
    assert_eq!(reply.body, api.get(path).await.body, "as it is stored");
    reply
}

/// A space with one of each kind, and their paths.
async fn with_all_kinds() -> (Api, Vec<String>) {
    let api = Api::start();
    let subscription = api.subscribe().await;
    let cors = r#"{"method":"GET","path":"/a","allowedOrigins":["http://a"],"metadata":{"a":"b"}}"#;
    let cors = api.send("POST", "/v1/spaces/default/cors", cors).await;
    let cors = cors.body["corsId"].as_str().unwrap().to_owned();
    let paths = vec![
        EVENT_TYPE.to_owned(),
        FUNCTION.to_owned(),
        format!("/v1/spaces/default/subscriptions/{subscription}"),
        format!("/v1/spaces/default/cors/{cors}"),
    ];
    (api, paths)
}

#[tokio::test]
async fn what_a_patch_does_not_name_stays() {
    let (api, paths) = with_all_kinds().await;
    for path in &paths {
        let before = api.get(path).await;
        let same = patch(&api, path, json!({})).await;
        assert_eq!((&same.body, tag(&same)), (&before.body, tag(&before)), "{path}");
        let labelled = patch(&api, path, json!({"metadata": {"x": "1", "X": "2"}})).await;
        let metadata = &labelled.body["metadata"];
        assert_eq!(
            (&metadata["x"], &metadata["X"]),
            (&json!("1"), &json!("2")),
            "{path}"
        );
        assert_ne!(tag(&labelled), tag(&before), "{path}");
        let back = json!({"metadata": {"x": null, "X": null}});
        let back = patch(&api, path, back).await;
        let mut want = before.body;
        if want["metadata"].is_null() {
            want = api.get(path).await.body;
            assert!(want["metadata"].as_object().is_none_or(serde_json::Map::is_empty));
        }
        assert_eq!(back.body, want, "{path}");
    }
}

#[tokio::test]
async fn an_authorizer_stays_until_it_is_taken_away() {
    let api = Api::start();
    api.subscribe().await;
    let guarded = patch(&api, EVENT_TYPE, json!({"authorizerId": "f"})).await;
    assert_eq!(guarded.body["authorizerId"], "f");
    let labelled = patch(&api, EVENT_TYPE, json!({"metadata": {"a": "b"}})).await;
    assert_eq!(labelled.body["authorizerId"], "f");
    let open = patch(&api, EVENT_TYPE, json!({"AuthorizerID": null})).await;
    assert_eq!(open.body["authorizerId"], Value::Null);
    assert_eq!(open.body["metadata"], json!({"a": "b"}));
}

#[tokio::test]
async fn patches_keep_the_rules_of_resources() {
    let (api, paths) = with_all_kinds().await;
    let before = api.get(&paths[2]).await;
    for (path, body, status) in [
        (&*paths[0], r#"{"authorizerId":"none"}"#, 400),
        (&*paths[1], r#"{"provider":{"url":null}}"#, 400),
        (&*paths[1], r#"{"type":null}"#, 400),
        (&*paths[2], r#"{"eventType":"other"}"#, 400),
        (&*paths[2], r#"{"functionId":null}"#, 400),
        (&*paths[2], r#"[{"op":"remove","path":"/metadata"}]"#, 400),
        (&*paths[2], "null", 400),
        (&*paths[2], "", 400),
        (&*paths[2], "{", 400),
        ("/v1/spaces/default/functions/none", "{}", 404),
    ] {
        let refused = api.send("PATCH", path, body).await;
        assert_eq!(refused.status, status, "{path} {body}: {}", refused.body);
        refused.message();
    }
    assert_eq!(api.get(&paths[2]).await.body, before.body);
    assert_eq!(
        api.send("PATCH", "/v1/spaces/default/functions", "{}")
            .await
            .status,
        405
    );
}

#[tokio::test]
async fn secrets_that_a_patch_leaves_out_are_kept_where_they_were() {
    let mut api = Api::start();
    api.config.secrets.mask = true;
    let body = json!({"functionId": "f", "type": "http", "provider": {
        "url": "http://user:password@localhost/", "headers": {"X-Key": "HEADER"}, "timeoutSeconds": 3,
    }});
    api.send("POST", "/v1/spaces/default/functions", &body.to_string())
        .await;
    let patched = patch(&api, FUNCTION, json!({"provider": {"timeoutSeconds": 7}})).await;
    assert!(!patched.body.to_string().contains("HEADER"), "{}", patched.body);
    // Who does not know them does not get them sent elsewhere.
    for url in ["http://localhost:9/", "http://*****@localhost:9/"] {
        let elsewhere = json!({"provider": {"url": url}}).to_string();
        let refused = api.send("PATCH", FUNCTION, &elsewhere).await;
        assert_eq!(refused.status, 400, "{url}: {}", refused.body);
    }
    api.config.secrets.mask = false;
    let provider = &api.get(FUNCTION).await.body["provider"];
    assert_eq!(
        *provider,
        json!({"url": "http://user:password@localhost/", "headers": {"X-Key": "HEADER"}, "timeoutSeconds": 7})
    );
    let removed = patch(&api, FUNCTION, json!({"provider": {"headers": {"x-key": null}}})).await;
    assert!(!removed.body.to_string().contains("HEADER"), "{}", removed.body);
}

#[tokio::test]
async fn patches_do_not_lead_to_the_api_itself() {
    let mut api = Api::start();
    api.subscribe().await;
    api.config.own = OwnConfigApi::at(["127.0.0.1:4001".parse().unwrap()]);
    for name in ["provider", "PROVIDER"] {
        let own = json!({name: {"url": "http://localhost:4001/v1"}}).to_string();
        let refused = api.send("PATCH", FUNCTION, &own).await;
        assert_eq!(refused.status, 400);
        assert!(
            refused.message().contains("own Configuration API"),
            "{}",
            refused.body
        );
    }
}

#[tokio::test]
async fn only_what_has_been_read_is_changed() {
    let (api, paths) = with_all_kinds().await;
    for path in &paths {
        let read = api.get(path).await;
        let body = read.body.to_string();
        let now = tag(&patch(&api, path, json!({"metadata": {"n": "1"}})).await);
        let stale = tag(&read);
        for (method, body) in [
            ("PUT", &*body),
            ("PATCH", r#"{"metadata":{"n":"2"}}"#),
            ("DELETE", ""),
        ] {
            for if_match in [&*stale, "\"\"", "W/\"a\"", "x"] {
                let refused = api.send_with(&[("if-match", if_match)], method, path, body).await;
                assert_eq!(refused.status, 412, "{method} {path} {if_match}");
                assert!(refused.message().contains("If-Match"), "{}", refused.body);
            }
        }
        let either = format!("{stale}, {now}");
        let patched = r#"{"metadata":{"n":"3"}}"#;
        let patched = api
            .send_with(&[("if-match", &*either)], "PATCH", path, patched)
            .await;
        assert_eq!(
            (patched.status, &patched.body["metadata"]["n"]),
            (200, &json!("3"))
        );
        let put = api
            .send_with(&[("if-match", &*tag(&patched))], "PUT", path, &body)
            .await;
        assert_eq!((put.status, &put.body), (200, &read.body), "{path}");
        assert_eq!(tag(&put), stale, "the same again");
    }
    for path in paths.iter().rev() {
        assert_eq!(
            api.send_with(&[("if-match", "*")], "PATCH", path, "{}")
                .await
                .status,
            200
        );
        let read = tag(&api.get(path).await);
        let gone = api.send_with(&[("if-match", &*read)], "DELETE", path, "").await;
        assert_eq!(gone.status, 204, "{path}: {}", gone.body);
        assert_eq!(
            api.send_with(&[("if-match", &*read)], "DELETE", path, "")
                .await
                .status,
            404
        );
    }
}

/// Of many who have read the same, one changes it.
#[tokio::test]
async fn of_those_that_race_one_wins() {
    let api = Api::start();
    api.subscribe().await;
    let read = tag(&api.get(EVENT_TYPE).await);
    let headers = [("if-match", &*read)];
    let bodies: Vec<_> = (0..16)
        .map(|n| format!(r#"{{"metadata":{{"n":"{n}"}}}}"#))
        .collect();
    let racing = bodies
        .iter()
        .map(|body| api.send_with(&headers, "PATCH", EVENT_TYPE, body));
    let replies = futures::future::join_all(racing).await;
    let won = replies.iter().filter(|reply| reply.status == 200).count();
    let lost = replies.iter().filter(|reply| reply.status == 412).count();
    assert_eq!((won, lost), (1, 15));
}
