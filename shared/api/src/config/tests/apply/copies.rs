//! What an export makes of an empty gateway is the same again.

use proptest::prelude::*;

use super::*;

/// Resources by what a few numbers say, all of which may refer to what there is.
fn resource(number: u8, variant: u8) -> (&'static str, Value) {
    let created = json!(format!("2026-11-0{}T10:00:00.{number:06}Z", 1 + variant % 9));
    let target = ["a", "b", "guard"][usize::from(variant % 3)];
    let (collection, mut resource) = match number % 5 {
        0 => ("functions", function(&format!("f{variant}"))),
        1 => (
            "functions",
            json!({"functionId": format!("w{variant}"), "type": "weighted",
                "provider": {"weighted": [{"functionId": "b", "weight": 1}, {"functionId": "a", "weight": variant}]}}),
        ),
        2 => (
            "eventTypes",
            json!({"name": format!("t{variant}"), "authorizerId": target, "metadata": {"ä\n": "\"é"}}),
        ),
        3 => (
            "subscriptions",
            json!({"type": if variant.is_multiple_of(2) { "sync" } else { "async" }, "eventType": "e", "functionId": target,
                "path": format!("/{number}"), "paused": variant % 4 == 1, "metadata": {"n": variant.to_string()}}),
        ),
        _ => (
            "cors",
            json!({"method": "PUT", "path": format!("/{number}/:x"), "maxAge": variant}),
        ),
    };
    if !variant.is_multiple_of(3) {
        resource["createdAt"] = created;
    }
    (collection, resource)
}

async fn copied(given: Vec<(u8, u8)>) {
    let api = Api::start_large();
    let mut base = shop();
    base["functions"] = json!([
        function("a"),
        function("b"),
        function("guard"),
        function("hook"),
        function("auth")
    ]);
    base["subscriptions"] = json!([]);
    api.apply("", &base).await;
    for (number, variant) in given {
        let (collection, resource) = resource(number, variant);
        let path = format!("/v1/spaces/default/{}?createdAt=true", collection.to_lowercase());
        // Some are there already, or in the way of others.
        api.send("POST", &path, &resource.to_string()).await;
    }
    // Numbers and blanks in filters stay as they were sent; their change leaves the id.
    let filtered = r#"{"type":"async","eventType":"e","functionId":"a","path":"/f","filters":[{"pattern": {"data":{"n": [1.50, "é"]}}}]}"#;
    let filtered = api
        .send("POST", "/v1/spaces/default/subscriptions", filtered)
        .await;
    assert_eq!(filtered.status, 201, "{}", filtered.body);
    let path = format!(
        "/v1/spaces/default/subscriptions/{}",
        filtered.body["subscriptionId"].as_str().unwrap()
    );
    let other = r#"{"type":"async","eventType":"e","functionId":"a","path":"/f","filters":[ {"exact":  {"x": "y"}} ]}"#;
    assert_eq!(api.send("PUT", &path, other).await.status, 200);

    // Versions of a schema with a gap, and a mode that is younger than they are.
    for (method, path, body) in [
        (
            "POST",
            "eventtypes",
            r#"{"name":"order","schema":{"type": "number","minimum":1.50}}"#,
        ),
        ("POST", "schemas/order/versions", r#"{"type":"integer"}"#),
        ("POST", "schemas/order/versions", r#"{"type":  "array"}"#),
        ("DELETE", "schemas/order/versions/2", ""),
        ("POST", "schemas/order/versions", "true"),
        (
            "PATCH",
            "eventtypes/order",
            r#"{"compatibility":"backward","validation":"warn"}"#,
        ),
    ] {
        let made = api
            .send(method, &format!("/v1/spaces/default/{path}"), body)
            .await;
        assert!(made.status < 300, "{method} {path}: {}", made.body);
    }

    let exported = api.bytes(EXPORT).await;
    let copy = Api::start_large();
    let applied = copy
        .send("POST", APPLY, std::str::from_utf8(&exported).unwrap())
        .await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    let warnings = applied.body["warnings"].to_string();
    assert!(
        warnings.contains(r#": version 3 of the schema of \"order\" is not compatible with version 1"]"#),
        "{warnings}"
    );
    assert_eq!(copy.bytes(EXPORT).await, exported);
    let again = copy
        .send(
            "POST",
            &format!("{APPLY}?prune=true"),
            std::str::from_utf8(&exported).unwrap(),
        )
        .await;
    assert_eq!(again.body["steps"], 0, "{}", again.body);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn an_export_makes_the_same_again(given in prop::collection::vec((0..40_u8, 0..12_u8), 0..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(copied(given));
    }
}
