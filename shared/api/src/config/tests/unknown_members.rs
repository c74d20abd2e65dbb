//! Members that no resource has: misspelt ones are refused, others ignored with a warning, and all refused on request.

use super::*;

const SUBSCRIPTIONS: &str = "/v1/spaces/default/subscriptions";
const EVENT_TYPES: &str = "/v1/spaces/default/eventtypes";

impl Reply {
    /// What the header says of members that were ignored.
    fn warning(&self) -> Option<&str> {
        self.headers
            .get("x-event-gateway-warning")
            .map(|value| value.to_str().unwrap())
    }
}

#[tokio::test]
async fn misspelt_members_are_refused_and_nothing_is_stored() {
    let api = Api::start();
    for (path, body, want) in [
        (
            EVENT_TYPES,
            r#"{"name":"t","authorizer":"f"}"#,
            r#"Event Type doesn't validate. Validation error: member "authorizer" is not known: did you mean "authorizerId"?"#,
        ),
        (
            "/v1/spaces/default/functions",
            r#"{"functionId":"g","type":"http","provider":{"url":"http://x","urll":"http://y"}}"#,
            r#"Function doesn't validate. Validation error: member "provider.urll" is not known: did you mean "provider.url"?"#,
        ),
        (
            "/v1/spaces/default/cors",
            r#"{"method":"GET","path":"/","allowedOrigin":["http://x"]}"#,
            r#"CORS configuration doesn't validate. Validation error: member "allowedOrigin" is not known: did you mean "allowedOrigins"?"#,
        ),
    ] {
        let refused = api.send("POST", path, body).await;
        assert_eq!((refused.status, refused.message()), (400, want));
        assert_eq!(refused.warning(), None);
        let all = api.get(path).await.body;
        let list = all.as_object().unwrap().values().next().unwrap();
        assert_eq!(*list, Value::Array(Vec::new()), "{all}");
    }
    let path = format!("{SUBSCRIPTIONS}/{}", api.subscribe().await);
    let body = r#"{"type":"async","eventType":"e","functionId":"f","retry":{"MaxAttempts":3}}"#;
    let refused = api.send("PUT", &path, body).await;
    assert_eq!(refused.status, 400);
    let meant = "did you mean \"retry.maxAttempts\"?";
    assert!(refused.message().ends_with(meant), "{}", refused.message());
    assert_eq!(api.get(&path).await.body["retry"], Value::Null);
}

#[tokio::test]
async fn other_members_are_ignored_and_named() {
    let api = Api::start();
    let path = format!("{SUBSCRIPTIONS}/{}", api.subscribe().await);
    let body =
        r#"{"type":"async","eventType":"e","functionId":"f","aim":{"a\r\nb":1},"retry":{"attempts":3}}"#;
    let taken = api.send("PUT", &path, body).await;
    let want = r#"ignored: member "aim" is not known, member "retry.attempts" is not known"#;
    assert_eq!((taken.status, taken.warning()), (200, Some(want)));
    let created = api
        .send("POST", EVENT_TYPES, "{\"name\":\"t\",\"a\\r\\nX: \u{e4}\":1}")
        .await;
    let want = r#"ignored: member "a??X:??" is not known"#;
    assert_eq!((created.status, created.warning()), (201, Some(want)));
    // What was answered can be sent back as it is.
    let stored = api.get(&path).await.body.to_string();
    let sent_back = api.send("PUT", &path, &stored).await;
    assert_eq!((sent_back.status, sent_back.warning()), (200, None));
}

#[tokio::test]
async fn all_of_them_are_refused_where_that_is_wanted() {
    let mut api = Api::start();
    let strict = format!("{EVENT_TYPES}?fieldValidation=strict");
    let body = r#"{"name":"t","colour":"red","authorizer":"f"}"#;
    let want = "Event Type doesn't validate. Validation error: member \"authorizer\" is not known: did you mean \
                \"authorizerId\"?, member \"colour\" is not known";
    let refused = api.send("POST", &strict, body).await;
    assert_eq!((refused.status, refused.message()), (400, want));
    let vague = api
        .send(
            "POST",
            &format!("{EVENT_TYPES}?fieldValidation=Strict"),
            r#"{"name":"t"}"#,
        )
        .await;
    assert_eq!(
        (vague.status, vague.message()),
        (400, "\"fieldValidation\" must be strict")
    );
    assert_eq!(
        api.send("POST", &strict, r#"{"name":"t","space":"x"}"#)
            .await
            .status,
        201
    );

    api.config.rejects_unknown_members = true;
    let refused = api
        .send("PUT", &format!("{EVENT_TYPES}/t"), r#"{"colour":"red"}"#)
        .await;
    let want = "Event Type doesn't validate. Validation error: member \"colour\" is not known";
    assert_eq!((refused.status, refused.message()), (400, want));
}

#[tokio::test]
async fn what_is_answered_to_clients_of_2017_is_known() {
    let mut api = Api::start();
    api.config.legacy_api = true;
    api.config.rejects_unknown_members = true;
    let path = format!("{SUBSCRIPTIONS}/{}", api.subscribe().await);
    let stored = api.get(&path).await.body;
    assert_eq!(stored["event"], "e");
    let sent_back = api.send("PUT", &path, &stored.to_string()).await;
    assert_eq!(sent_back.status, 200, "{}", sent_back.body);
}

#[tokio::test]
async fn a_misspelt_member_that_has_to_be_there_is_the_hint() {
    let api = Api::start();
    let body = r#"{"functionId":"g","type":"http","provider":{"urll":"http://u:SECRET@x"}}"#;
    let path = "/v1/spaces/default/functions";
    let refused = api.send_with(&DETAILS, "POST", path, body).await;
    let want = serde_json::json!({
        "message": "Function doesn't validate. Validation error: missing required fields for HTTP endpoint",
        "field": "provider.url", "rule": "required",
        "hint": "member \"provider.urll\" is not known: did you mean \"provider.url\"?"
    });
    assert_eq!((refused.status, &refused.body["errors"][0]), (400, &want));
}

#[tokio::test]
async fn patches_are_checked_by_the_type_that_is_stored() {
    let api = Api::start();
    api.subscribe().await;
    let path = "/v1/spaces/default/functions/f";
    let strict = format!("{path}?fieldValidation=strict");
    for (patch, member) in [
        (r#"{"provider":{"region":"r"}}"#, "provider.region"),
        (r#"{"colour":null}"#, "colour"),
    ] {
        let refused = api.send_with(&DETAILS, "PATCH", &strict, patch).await;
        let want = format!("Function doesn't validate. Validation error: member \"{member}\" is not known");
        assert_eq!((refused.status, refused.message()), (400, want.as_str()));
        let error = &refused.body["errors"][0];
        assert_eq!(
            (&error["field"], &error["rule"]),
            (&member.into(), &"unknown".into())
        );
        let taken = api.send("PATCH", path, patch).await;
        let want = format!("ignored: member \"{member}\" is not known");
        assert_eq!((taken.status, taken.warning()), (200, Some(want.as_str())));
    }
    let taken = api
        .send("PATCH", &strict, r#"{"provider":{"timeoutSeconds":null}}"#)
        .await;
    assert_eq!((taken.status, taken.warning()), (200, None));
}
