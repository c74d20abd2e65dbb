//! Records of changes as clients see them: each change has one, whoever makes it, and no secret is in any.

use std::net::IpAddr;

use domain::origin::Origin;
use sha2::{Digest as _, Sha256};

use super::*;

const ROOT: (&str, &str) = ("authorization", "Bearer root");

fn guarded() -> Api {
    let mut api = Api::start();
    api.config.access_key = Some(AccessKey::new("root"));
    api
}

impl Api {
    /// All records of a space, the newest first.
    async fn audit(&self, space: &str) -> Vec<Value> {
        let read = self
            .send_with(
                &[ROOT],
                "GET",
                &format!("/v1/spaces/{space}/audit?limit=1000"),
                "",
            )
            .await;
        assert_eq!(read.status, 200, "{}", read.body);
        read.body["records"].as_array().unwrap().clone()
    }
}

#[derive(serde::Deserialize)]
struct Entry {
    record: Box<serde_json::value::RawValue>,
    hash: String,
}

#[derive(serde::Deserialize)]
struct List {
    records: Vec<Entry>,
}

/// A record without what is different each time.
fn told(entry: &Value) -> (String, Vec<String>) {
    let record = &entry["record"];
    let changes = record["changes"].as_array().unwrap().iter();
    let changes = changes.map(|change| {
        let text = |name: &str| change[name].as_str().unwrap().to_owned();
        format!("{} {} {}", text("operation"), text("kind"), text("id"))
    });
    let (who, what) = (&record["actor"]["kind"], &record["operation"]);
    let line = format!("{} {}", who.as_str().unwrap(), what.as_str().unwrap());
    (line, changes.collect())
}

#[tokio::test]
async fn each_change_has_one_record_that_says_who_made_it() {
    let api = guarded();
    let as_root = async |method: &str, path: &str, body: &str| {
        let path = format!("/v1/spaces/shop{path}");
        let sent = [
            ROOT,
            ("content-type", "application/json"),
            ("x-request-id", "r-1"),
        ];
        api.send_with(&sent, method, &path, body).await
    };
    let key = as_root("POST", "/keys", r#"{"name":"ci","role":"developer"}"#).await;
    let (id, secret) = (key.body["keyId"].clone(), key.body["key"].clone());
    let id = id.as_str().unwrap();
    let bearer = format!("Bearer {}", secret.as_str().unwrap());
    let with_key = [("authorization", bearer.as_str())];
    let function = r#"{"functionId":"f","type":"http","provider":{"url":"http://u:pass-word@h/a"}}"#;
    let functions = "/v1/spaces/shop/functions";
    assert_eq!(
        api.send_with(&with_key, "POST", functions, function).await.status,
        201
    );
    // What is refused leaves no record.
    assert_eq!(as_root("POST", "/functions", function).await.status, 409);
    assert_eq!(as_root("DELETE", "/functions/g", "").await.status, 404);
    let other = function.replace("pass-word", "pass-phrase");
    assert_eq!(as_root("PUT", "/functions/f", &other).await.status, 200);
    let patch = r#"{"metadata":{"a":"b"}}"#;
    assert_eq!(as_root("PATCH", "/functions/f", patch).await.status, 200);
    assert_eq!(as_root("PUT", "", r#"{"paths":"specific"}"#).await.status, 200);
    assert_eq!(as_root("POST", &format!("/keys/{id}/roll"), "").await.status, 200);
    let document = r#"{"eventTypes":[{"name":"a"},{"name":"b"}]}"#;
    assert_eq!(as_root("POST", "/apply?dryRun=true", document).await.status, 200);
    assert_eq!(as_root("POST", "/apply", document).await.status, 200);
    assert_eq!(as_root("DELETE", "/functions/f", "").await.status, 204);
    assert_eq!(as_root("DELETE", &format!("/keys/{id}"), "").await.status, 204);
    let records = api.audit("shop").await;
    let lines: Vec<_> = records.iter().rev().map(told).collect();
    let one = |line: &str, change: &str| (line.to_owned(), vec![change.to_owned()]);
    let key = format!("key {id}");
    let applied = ["create eventtype a", "create eventtype b"].map(str::to_owned);
    assert_eq!(
        lines,
        [
            one("root key.create", &format!("create {key}")),
            one("key function.create", "create function f"),
            one("root function.update", "update function f"),
            one("root function.update", "update function f"),
            one("root space.update", "create space shop"),
            one("root key.roll", &format!("update {key}")),
            ("root space.apply".to_owned(), applied.to_vec()),
            one("root function.delete", "delete function f"),
            one("root key.delete", &format!("delete {key}")),
        ]
    );
    let of = |at: usize| &records[records.len() - 1 - at]["record"];
    assert_eq!(
        of(1)["actor"],
        serde_json::json!({"kind": "key", "id": id, "name": "ci", "role": "developer"})
    );
    assert_eq!(of(0)["requestId"], "r-1");
    let secret_changed = serde_json::json!([{"path": "/provider/url", "secret": true}]);
    assert_eq!(of(2)["changes"][0]["diff"], secret_changed);
    let versions: Vec<_> = records
        .iter()
        .map(|entry| entry["record"]["version"].as_u64().unwrap())
        .collect();
    assert_eq!(versions, [10, 9, 8, 6, 5, 4, 3, 2, 1]);
    let text = serde_json::to_string(&records).unwrap();
    let key = &secret.as_str().unwrap()[19..];
    for secret in ["pass-word", "pass-phrase", key] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(api.audit("another").await.is_empty());
}

#[tokio::test]
async fn records_are_a_chain_that_anybody_can_verify() {
    let api = Api::start();
    for name in ["a", "b", "c"] {
        let body = format!(r#"{{"name":"{name}"}}"#);
        api.send("POST", "/v1/spaces/shop/eventtypes", &body).await;
    }
    let request = Request::get("/v1/spaces/shop/audit").header("host", "localhost");
    let answer = router(api.config.clone())
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    let list: List = serde_json::from_slice(&bytes).unwrap();
    let mut wanted: Option<String> = None;
    for entry in &list.records {
        assert_eq!(hex::encode(Sha256::digest(entry.record.get())), entry.hash);
        assert!(wanted.is_none_or(|hash| hash == entry.hash));
        let record: Value = serde_json::from_str(entry.record.get()).unwrap();
        assert_eq!(record["actor"]["kind"], "anonymous");
        wanted = record["previous"].as_str().map(str::to_owned);
    }
    assert_eq!((list.records.len(), wanted), (3, None));
}

#[tokio::test]
async fn pages_go_on_where_the_one_before_ended() {
    let api = Api::start();
    for name in ["a", "b", "c", "d", "e"] {
        let body = format!(r#"{{"name":"{name}"}}"#);
        api.send("POST", "/v1/spaces/shop/eventtypes", &body).await;
    }
    let (mut path, mut seen) = ("/v1/spaces/shop/audit?limit=2".to_owned(), Vec::new());
    loop {
        let page = api.get(&path).await.body;
        let records = page["records"].as_array().unwrap();
        seen.push(records.len());
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/spaces/shop/audit?limit=2&before={next}"),
            None => break,
        }
    }
    assert_eq!(seen, [2, 2, 1]);
    for query in ["before=0", "before=x", "before=-1", "limit=0", "next=1"] {
        let refused = api.get(&format!("/v1/spaces/shop/audit?{query}")).await;
        assert_eq!(refused.status, 400, "{query}");
    }
    let none = api.get("/v1/spaces/shop/audit?before=1").await.body;
    assert_eq!(none, serde_json::json!({"records": []}));
}

#[tokio::test]
async fn addresses_are_those_of_clients_by_the_word_of_proxies_that_are_believed() {
    let mut api = Api::start();
    api.config.trusted_proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
    for (name, peer) in [("a", "10.1.2.3"), ("b", "192.0.2.9")] {
        let mut request = Request::post("/v1/spaces/shop/eventtypes")
            .header("host", "localhost")
            .header("x-forwarded-for", "198.51.100.7")
            .body(Body::from(format!(r#"{{"name":"{name}"}}"#)))
            .unwrap();
        request.extensions_mut().insert(Origin {
            address: peer.parse::<IpAddr>().ok(),
            is_encrypted: false,
        });
        let answer = router(api.config.clone()).oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 201);
    }
    let records = api.audit("shop").await;
    let addresses: Vec<_> = records.iter().map(|entry| &entry["record"]["address"]).collect();
    assert_eq!(addresses, ["192.0.2.9", "198.51.100.7"]);
}
