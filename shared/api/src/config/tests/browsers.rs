//! What browsers may ask, and functions that lead to the API itself.

use super::*;

async fn status_of(api: &Api, headers: &[(&str, &str)]) -> u16 {
    let mut request = Request::builder()
        .method("POST")
        .uri("/v1/spaces/default/eventtypes");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(r#"{"name":"e"}"#)).unwrap();
    let answer = router(api.config.clone()).oneshot(request).await.unwrap();
    answer.status().as_u16()
}

#[tokio::test]
async fn pages_and_unknown_names_get_nothing() {
    let mut api = Api::start();
    let foreign = [("host", "localhost:4001"), ("origin", "http://evil.example")];
    assert_eq!(status_of(&api, &foreign).await, 403);
    assert_eq!(status_of(&api, &[("host", "evil.example:4001")]).await, 403);
    assert_eq!(status_of(&api, &[("host", "localhost:4001")]).await, 201);
    assert_eq!(
        status_of(
            &api,
            &[("host", "localhost:4001"), ("content-type", "text/plain")]
        )
        .await,
        409
    );
    // A key is what a rebound name does not have; that a page has one does not make it welcome.
    api.config.access_key = Some(AccessKey::new("s3cret"));
    let key = ("authorization", "bearer s3cret");
    assert_eq!(status_of(&api, &[("host", "gateway.example"), key]).await, 409);
    assert_eq!(status_of(&api, &[foreign[0], foreign[1], key]).await, 403);
    api.config.browsers = BrowserGuard::new(vec!["http://evil.example".to_owned()], None);
    assert_eq!(status_of(&api, &[foreign[0], foreign[1], key]).await, 409);
}

#[tokio::test]
async fn functions_do_not_lead_to_the_api_itself() {
    let mut api = Api::start();
    api.config.own = OwnConfigApi::at(["127.0.0.1:4001".parse().unwrap()]);
    let function = |id: &str, provider: &str| format!(r#"{{"functionId":"{id}",{provider}}}"#);
    let own =
        r#""type":"http","provider":{"url":"http://user:hidden@localhost:4001/v1/spaces/default/functions"}"#;
    let queue = r#""type":"awssqs","provider":{"queueUrl":"http://127.0.0.1:4001/1/q","region":"us-east-1"}"#;
    let other = r#""type":"http","provider":{"url":"http://localhost:4000/"}"#;
    for (provider, member) in [(own, "provider.url"), (queue, "provider.queueUrl")] {
        let refused = api
            .send("POST", "/v1/spaces/default/functions", &function("f", provider))
            .await;
        assert_eq!(refused.status, 400);
        let text = refused.message();
        assert!(
            text.contains(member) && text.contains("own Configuration API") && !text.contains("hidden"),
            "{text}"
        );
    }
    let path = "/v1/spaces/default/functions";
    assert_eq!(api.send("POST", path, &function("f", other)).await.status, 201);
    let path = "/v1/spaces/default/functions/f";
    assert_eq!(api.send("PUT", path, &function("f", own)).await.status, 400);
    api.config.legacy_api = true;
    assert_eq!(api.send("PUT", path, &function("f", own)).await.status, 400);
}

#[tokio::test]
async fn methods_that_there_are_come_with_the_refusal_of_others() {
    let api = Api::start();
    for (path, allow) in [
        ("/v1/status", "GET, HEAD"),
        ("/v1/metrics", "GET, HEAD"),
        ("/v1/diagnosis", "GET, HEAD"),
        ("/v1/openapi.json", "GET, HEAD"),
        ("/v1/spaces/a/functions", "GET, HEAD, POST"),
        ("/v1/spaces/a/cors/x", "GET, HEAD, PUT, PATCH, DELETE"),
        ("/v1/spaces/a/explain", "POST"),
    ] {
        for method in ["OPTIONS", "TRACE"] {
            let refused = api.send(method, path, "").await;
            assert_eq!(refused.status, 405, "{method} {path}");
            assert_eq!(refused.headers["allow"], allow, "{method} {path}");
        }
        let head = api.send("HEAD", path, "").await;
        assert_eq!(
            head.status,
            if allow.starts_with("GET") {
                api.get(path).await.status
            } else {
                405
            }
        );
        assert!(head.body.is_null());
    }
}

#[tokio::test]
async fn who_lacks_the_key_is_told_how_to_send_it() {
    let mut api = Api::start();
    api.config.access_key = Some(AccessKey::new("s3cret"));
    let refused = api.get("/v1/spaces/default/functions").await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.headers["www-authenticate"], "Bearer");
}
