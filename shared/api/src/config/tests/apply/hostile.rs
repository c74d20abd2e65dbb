//! Documents that are large, or meant to be a burden.

use super::*;

/// So many functions and subscriptions to them.
fn many(count: usize, prefix: &str) -> Value {
    let numbers = || 0..count;
    json!({
        "eventTypes": [{"name": "e"}],
        "functions": numbers().map(|number| function(&format!("{prefix}{number}"))).collect::<Vec<_>>(),
        "subscriptions": numbers()
            .map(|number| subscription("async", &format!("{prefix}{number}"), &format!("/{number}")))
            .collect::<Vec<_>>(),
    })
}

#[tokio::test]
async fn errors_are_no_more_than_anybody_reads() {
    let api = Api::start_large();
    let mut document = many(1000, "f");
    document["eventTypes"] = json!([]);
    let refused = api.send("POST", APPLY, &document.to_string()).await;
    assert_eq!(refused.body["errors"].as_array().unwrap().len(), 100);
    let broken = json!({"functions": vec![json!({"functionId": ""}); 1000]});
    let refused = api.send("POST", APPLY, &broken.to_string()).await;
    assert_eq!(refused.body["errors"].as_array().unwrap().len(), 100);
    let nested = format!("{{\"functions\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(api.send("POST", APPLY, &nested).await.status, 400);
    let small = Api::start();
    assert_eq!(small.send("POST", APPLY, &document.to_string()).await.status, 413);
}

/// What a document has compared takes no more than one schema may, however many of its event types have some.
#[tokio::test]
async fn all_schemas_of_a_document_are_compared_within_one_bound() {
    let mut api = Api::start_large();
    let types = |count: usize, allowed: Value| {
        let event_type = |at: usize| json!({"name": format!("t{at}"), "compatibility": "backward", "schema": {"type": allowed}});
        json!({"eventTypes": (0..count).map(event_type).collect::<Vec<_>>()})
    };
    api.apply("", &types(200, json!("integer"))).await;
    api.config.schemas.compare_steps = 2_000;
    let refused = api
        .send(
            "POST",
            APPLY,
            &types(200, json!(["integer", "string"])).to_string(),
        )
        .await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    let text = refused.body.to_string();
    assert!(text.contains("take too long"), "{text}");
    api.apply("", &types(2, json!(["integer", "string"]))).await;
}

/// A few characters of a pattern can take long to compile.
#[tokio::test]
async fn all_schemas_of_a_document_are_compiled_within_one_bound() {
    let mut api = Api::start_large();
    let types = |count: usize| {
        let event_type = |at: usize| json!({"name": format!("t{at}"), "schema": {"pattern": format!("\\w{{{}}}", 100 + at)}});
        json!({"eventTypes": (0..count).map(event_type).collect::<Vec<_>>()})
    };
    api.config.schemas.compare_steps = 100_000;
    let refused = api.send("POST", APPLY, &types(20).to_string()).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(
        refused.body.to_string().contains("take too long"),
        "{}",
        refused.body
    );
    api.apply("", &types(1)).await;
}
