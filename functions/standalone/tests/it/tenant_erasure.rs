//! Tenants that are deleted with everything they have, where that is in a table: a look at all items finds nothing of them, and
//! everything of others.

use axum::Router;
use axum::body::Body;
use domain::dead_letter::DeadLetter;
use domain::ids::{Space, TenantId};
use domain::quota::{FillRate, Quota, TokenRequest};
use domain::resource::{SpaceSettings, Tenant, TenantDeletion};
use domain::timestamp::Timestamp;
use domain::usage::{UsageCounts, UsageRow};
use gateway::DeadLetters;
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::Value;
use setup::{Parts, Settings};
use store::{DynamoDb, Store};
use table::TestTable;
use tower::ServiceExt as _;

mod table;

/// Rounds that are more than any of these tests needs.
const MOST_ROUNDS: usize = 20;

/// A Configuration API over a table, and what it works on.
struct Api {
    router: Router,
    table: DynamoDb,
    store: Store,
    _folder: tempfile::TempDir,
}

impl Api {
    async fn over(table: &TestTable) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = format!("--embed-data-dir={}", folder.path().display());
        let settings = Settings::try_from_args(["test", "--metrics=off", "--usage=off", &directory]).unwrap();
        let parts = Box::pin(Parts::open(&settings)).await.unwrap();
        let mut config = parts.config_api(None).unwrap();
        let table = table.store();
        let store = Store::DynamoDb(table.clone());
        config.store = store.clone();
        config.dead_letters = DeadLetters::Table {
            table: table.clone(),
            queue: config.queue.clone(),
        };
        Self {
            router: api::config::router(config),
            table,
            store,
            _folder: folder,
        }
    }

    async fn send(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("host", "localhost");
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (
            parts.status.as_u16(),
            serde_json::from_slice(&body).unwrap_or_default(),
        )
    }

    async fn make(&self, path: &str, body: &str) {
        let (status, answer) = self.send("POST", path, body).await;
        assert_eq!(status, 201, "{path}: {answer}");
    }

    async fn tenant_with(&self, id: &str, spaces: &[&str]) {
        self.make("/v1/tenants", &format!(r#"{{"tenantId":"{id}","name":"n"}}"#))
            .await;
        for space in spaces {
            let path = format!("/v1/tenants/{id}/spaces");
            self.make(&path, &format!(r#"{{"space":"{space}"}}"#)).await;
        }
        let key = r#"{"name":"k","role":"owner"}"#;
        self.make(&format!("/v1/tenants/{id}/keys"), key).await;
    }

    /// Puts something of everything into a space.
    async fn fill(&self, space: &str) {
        for (kind, body) in [
            ("eventtypes", r#"{"name":"e"}"#.to_owned()),
            (
                "functions",
                r#"{"functionId":"f","type":"http","provider":{"url":"http://h"}}"#.to_owned(),
            ),
            ("cors", format!(r#"{{"path":"/{space}","method":"GET"}}"#)),
            (
                "subscriptions",
                format!(r#"{{"type":"async","eventType":"e","functionId":"f","path":"/{space}/p"}}"#),
            ),
            ("keys", r#"{"name":"k","role":"emitter"}"#.to_owned()),
        ] {
            self.make(&format!("/v1/spaces/{space}/{kind}"), &body).await;
        }
        let space = Space::from(space);
        self.table.put_dead_letter(&dead_letter(&space)).await.unwrap();
        let rows = [500_000, 500_001].map(|hour| UsageRow {
            space: space.clone(),
            hour,
            writer: 7,
            counts: UsageCounts::default(),
        });
        self.store.put_usage(rows.into()).await.unwrap();
        self.store.claim_usage_day(&space, 20_000).await.unwrap();
        let rate = FillRate::new(std::time::Duration::from_hours(1), 10);
        let request = TokenRequest::exactly(1);
        let taken = self.store.take_tokens(&space, Quota::Events, rate, request).await;
        taken.unwrap().unwrap();
    }

    /// Has a tenant be deleted whose grace period is over.
    async fn leave(&self, id: &str) {
        let (status, _) = self
            .send("DELETE", &format!("/v1/tenants/{id}?erase=true"), "")
            .await;
        assert_eq!(status, 202);
        let (status, early) = self.send("POST", &format!("/v1/tenants/{id}/erase"), "").await;
        assert_eq!(status, 409, "{early}");
        self.revise(id, |stored| {
            let deletion = Some(TenantDeletion::at(Timestamp::of_millis(1_000)));
            Tenant { deletion, ..stored }
        })
        .await;
    }

    async fn revise(&self, id: &str, change: impl Fn(Tenant) -> Tenant + Send + Sync + 'static) {
        let place = TenantId::from(id).place();
        let revise = move |stored: &Tenant| Ok(change(stored.clone()));
        self.store.revise(&place, &place, revise).await.unwrap();
    }

    /// Makes rounds until nothing is left.
    async fn erase(&self, id: &str) {
        for _ in 0..MOST_ROUNDS {
            match self.send("POST", &format!("/v1/tenants/{id}/erase"), "").await {
                (204, _) => return,
                (status, body) => assert_eq!(status, 202, "{body}"),
            }
        }
        panic!("it takes more than {MOST_ROUNDS} rounds");
    }
}

fn dead_letter(space: &Space) -> DeadLetter {
    let letter = serde_json::json!({
        "deliveryId": "d", "space": space, "subscriptionId": "s", "functionId": "f", "reason": "attemptsExhausted",
        "attempts": 3, "acceptedAt": 1, "deadAt": 2,
        "event": {"specversion": "1.0", "type": "e", "source": "/s", "id": "1"},
    });
    serde_json::from_value(letter).unwrap()
}

#[tokio::test]
async fn deleting_a_tenant_leaves_nothing_in_the_table() {
    let table = TestTable::create().await;
    let api = Api::over(&table).await;
    api.tenant_with("acme", &["acme", "acme-shop", "claimed"]).await;
    api.tenant_with("acme2", &["acme2", "acme-shopping"]).await;
    let (own, others) = (
        ["acme", "acme-shop", "claimed", "tenant:acme"],
        ["acme2", "acme-shopping", "acme-s", "tenant:acme2"],
    );
    for space in own.iter().chain(&others).filter(|space| !space.contains(':')) {
        api.fill(space).await;
    }
    let before = table.items_of(&others).await;
    assert!(table.items_of(&own).await.len() > 30 && before.len() > 30);
    api.leave("acme").await;
    api.erase("acme").await;
    assert_eq!(table.items_of(&own).await, Vec::<String>::new());
    assert_eq!(table.items_of(&others).await, before);
    let (_, audit) = api.send("GET", "/v1/tenants/acme/audit?limit=1", "").await;
    let record = audit["records"][0]["record"].to_string();
    assert!(
        record.contains("tenant.delete") && record.contains("deadLetters"),
        "{record}"
    );
}

/// Another process goes on with what one left in the middle: a space of which the settings are gone and which is listed, one
/// whose settings say that it is the tenant's and which is not, and one that is another's.
#[tokio::test]
async fn another_process_goes_on_where_one_was_interrupted() {
    let table = TestTable::create().await;
    let api = Api::over(&table).await;
    api.tenant_with("acme", &["acme-a", "acme-b", "acme-c"]).await;
    for space in ["acme-a", "acme-c"] {
        api.fill(space).await;
    }
    // More than a round takes.
    for space in ["acme-a", "acme-b"] {
        for _ in 0..55 {
            let keys = format!("/v1/spaces/{space}/keys");
            api.make(&keys, r#"{"name":"k","role":"viewer"}"#).await;
        }
    }
    api.leave("acme").await;
    let (status, first) = api.send("POST", "/v1/tenants/acme/erase", "").await;
    assert_eq!(
        (status, &first["deletion"]["begun"]),
        (202, &true.into()),
        "{first}"
    );
    let claim = r#"{"space":"acme-d"}"#;
    assert_eq!(api.send("POST", "/v1/tenants/acme/spaces", claim).await.0, 409);
    let other = Space::from("others");
    let of_another = SpaceSettings {
        tenant: Some("other".into()),
        ..SpaceSettings::unset(&other)
    };
    api.store.create(of_another).await.unwrap();
    api.revise("acme", |stored| {
        let stored = stored
            .with_space(&"acme-gone".into())
            .with_space(&"others".into());
        stored.without_space(&"acme-c".into())
    })
    .await;
    Api::over(&table).await.erase("acme").await;
    let own = ["acme-a", "acme-b", "acme-c", "acme-gone", "tenant:acme"];
    assert_eq!(table.items_of(&own).await, Vec::<String>::new());
    let kept = api.store.get::<SpaceSettings>(&other, &other).await.unwrap();
    assert_eq!(kept.tenant, Some("other".into()), "what the settings say counts");
}
