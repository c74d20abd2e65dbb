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
