//! `/v1/diagnosis`: what the process has in hand, for the holder of the access key alone.

use super::*;

#[tokio::test]
async fn it_tells_what_waits_and_who_has_the_most() {
    let api = Api::start();
    let waiting = [("small", "a", 1), ("large", "b", 3), ("large", "c", 2)];
    for (space, subscription, count) in waiting {
        for number in 0..count {
            let delivery = delivery(space, subscription, number);
            let room = api.queue.reserve([&delivery], 1024).unwrap();
            room.send(vec![delivery]).await.unwrap();
        }
    }
    let received = api.queue.receive().await.unwrap();
    let answer = api.get("/v1/diagnosis").await;
    assert_eq!(answer.status, 200);
    let queue = &answer.body["queue"];
    assert_eq!(queue["kind"], "embedded");
    assert_eq!(queue["total"]["waiting"]["deliveries"], 5);
    assert_eq!(queue["total"]["inFlight"]["deliveries"], 1);
    let spaces = &queue["spaces"];
    assert_eq!(
        (&spaces["count"], &spaces["largest"][0]["space"]),
        (&2.into(), &"large".into())
    );
    assert_eq!(spaces["others"]["deliveries"], 0);
    // It was accepted a second after 1970.
    assert!(spaces["largest"][0]["oldestSeconds"].as_u64().unwrap() > 1_000_000_000);
    let lanes = &queue["lanes"];
    assert_eq!(
        (&lanes["count"], &lanes["busiest"][0]["subscriptionId"]),
        (&3.into(), &"b".into())
    );
    assert_eq!(answer.body["scope"], "functionInstance");
    assert_eq!(answer.body["process"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(answer.body["routes"]["isCopy"], false);
    // There is no engine, and nothing is said of one.
    for of_engine in ["calls", "circuits", "connections", "targets"] {
        assert!(answer.body.get(of_engine).is_none(), "{of_engine}");
    }
    drop(received);
}

#[tokio::test]
async fn names_are_bounded_and_the_rest_is_summed() {
    let api = Api::start();
    for number in 0..30 {
        let delivery = delivery(&format!("space-{number}"), "s", number);
        let room = api.queue.reserve([&delivery], 1024).unwrap();
        room.send(vec![delivery]).await.unwrap();
    }
    let queue = &api.get("/v1/diagnosis").await.body["queue"];
    let spaces = &queue["spaces"];
    assert_eq!(spaces["largest"].as_array().unwrap().len(), 20);
    assert_eq!(spaces["others"]["deliveries"], 10);
    assert_eq!(queue["lanes"]["busiest"].as_array().unwrap().len(), 20);
    assert_eq!(queue["lanes"]["count"], 30);
}

#[tokio::test]
async fn no_key_of_a_space_or_a_tenant_opens_it() {
    let mut api = Api::start();
    api.config.access_key = Some(AccessKey::new("root"));
    let root = [("authorization", "Bearer root")];
    let body = r#"{"name":"k","role":"owner"}"#;
    let tenant = r#"{"tenantId":"acme","name":"n"}"#;
    assert_eq!(
        api.send_with(&root, "POST", "/v1/tenants", tenant).await.status,
        201
    );
    for place in ["/v1/spaces/default/keys", "/v1/tenants/acme/keys"] {
        let issued = api.send_with(&root, "POST", place, body).await;
        let key = format!("Bearer {}", issued.body["key"].as_str().unwrap());
        let refused = api
            .send_with(&[("authorization", &key)], "GET", "/v1/diagnosis", "")
            .await;
        assert_eq!(refused.status, 401, "{place}");
    }
    assert_eq!(api.get("/v1/diagnosis").await.status, 401);
    let shown = api.send_with(&root, "GET", "/v1/diagnosis", "").await;
    assert_eq!(shown.status, 200);
}
