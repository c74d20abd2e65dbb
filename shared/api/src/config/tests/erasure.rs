//! Tenants that are deleted with everything they have: nothing is left of them and everything of others; it can be
//! taken back for a while, and whoever is interrupted goes on.

use clocks::epoch_millis;
use domain::ids::{Space, TenantId};
use domain::resource::{SpaceSettings, Tenant, TenantDeletion};
use domain::timestamp::Timestamp;

use super::keys::guarded;
use super::*;
use filled::{everything_of, fill};

mod filled;

/// Rounds that are more than any of these tests needs.
const MOST_ROUNDS: usize = 20;

impl Api {
    /// Has the grace period of a tenant be over.
    async fn let_grace_pass(&self, id: &str) {
        let place = TenantId::from(id).place();
        let pass = |stored: &Tenant| {
            let at = Timestamp::of_millis(1_000);
            let deletion = stored.deletion.map(|deletion| TenantDeletion { at, ..deletion });
            Ok(Tenant {
                deletion,
                ..stored.clone()
            })
        };
        self.config.store.revise(&place, &place, pass).await.unwrap();
    }

    async fn leave(&self, id: &str) -> Reply {
        let left = self
            .as_root("DELETE", &format!("/v1/tenants/{id}?erase=true"), "")
            .await;
        assert_eq!(left.status, 202, "{}", left.body);
        left
    }

    async fn round(&self, id: &str) -> Reply {
        self.as_root("POST", &format!("/v1/tenants/{id}/erase"), "").await
    }

    /// Makes rounds until nothing is left; gives how many it took.
    async fn erase(&self, id: &str) -> usize {
        for number in 1..=MOST_ROUNDS {
            let round = self.round(id).await;
            match round.status {
                204 => return number,
                202 => assert_eq!(round.body["deletion"]["begun"], true),
                _ => panic!("{}", round.body),
            }
        }
        panic!("it takes more than {MOST_ROUNDS} rounds");
    }

    /// A tenant with spaces.
    async fn tenant_with(&self, id: &str, spaces: &[&str]) {
        self.tenant(id).await;
        for space in spaces {
            self.space_of(id, space).await;
        }
    }
}

#[tokio::test]
async fn deleting_a_tenant_leaves_nothing() {
    let api = guarded();
    api.tenant_with("acme", &["acme", "acme-shop", "taken"]).await;
    // Names that begin with those.
    api.tenant_with("acme2", &["acme2", "acme-shopping"]).await;
    let (own, others) = (
        ["acme", "acme-shop", "taken"],
        ["acme2", "acme-shopping", "acme-s", "takens"],
    );
    for space in own.into_iter().chain(others) {
        fill(&api, space).await;
    }
    for tenant in ["acme", "acme2"] {
        api.tenant_key(tenant, "owner").await;
    }
    let mut before = Vec::new();
    for space in others {
        before.push(everything_of(&api, space).await);
        assert!(!before.last().unwrap().is_empty());
    }
    let acme2 = api.as_root("GET", "/v1/tenants/acme2", "").await.body;
    api.leave("acme").await;
    api.let_grace_pass("acme").await;
    api.erase("acme").await;
    for space in own {
        assert!(everything_of(&api, space).await.is_empty(), "{space}");
    }
    for (space, before) in others.into_iter().zip(before) {
        assert_eq!(everything_of(&api, space).await, before, "{space}");
    }
    assert_eq!(api.as_root("GET", "/v1/tenants/acme2", "").await.body, acme2);
    assert_eq!(api.as_root("GET", "/v1/tenants/acme", "").await.status, 404);
    assert_eq!(api.round("acme").await.status, 404);
    let counts = api.config.store.counts().await.unwrap();
    let left = counts.iter().filter(|(space, _, count)| {
        let is_place = space.tenant() == Some("acme".into());
        *count > 0 && (is_place || own.contains(&space.as_str()))
    });
    assert_eq!(left.count(), 0);
    // The last record says how much it was.
    let audit = api.as_root("GET", "/v1/tenants/acme/audit?limit=1", "").await;
    let record = &audit.body["records"][0]["record"];
    assert_eq!(record["operation"], "tenant.delete");
    let removed = record.to_string();
    for figure in [
        r#""spaces":3"#,
        r#""resources":15"#,
        r#""keys":4"#,
        r#""deliveries":3"#,
        r#""deadLetters":6"#,
    ] {
        assert!(removed.contains(figure), "{figure}: {removed}");
    }
}

#[tokio::test]
async fn it_is_taken_back_until_its_time_comes() {
    let api = guarded();
    api.tenant_with("acme", &["acme"]).await;
    let key = api.tenant_key("acme", "owner").await;
    let (path, take_back) = ("/v1/tenants/acme", r#"{"deletion":null,"state":"active"}"#);
    for (path, want) in [
        ("/v1/tenants/acme?erase=true", 403),
        ("/v1/tenants/acme?erase=x", 403),
    ] {
        assert_eq!(api.with_key(&key, "DELETE", path, "").await.status, want);
    }
    assert_eq!(
        api.as_root("DELETE", "/v1/tenants/acme?erase=x", "").await.status,
        400
    );
    let stays = api.round("acme").await;
    assert_eq!(stays.status, 409, "{}", stays.body);
    let stale = [("authorization", "Bearer root"), ("if-match", "\"0\"")];
    let refused = api
        .send_with(&stale, "DELETE", "/v1/tenants/acme?erase=true", "")
        .await;
    assert_eq!(refused.status, 412);
    let left = api.leave("acme").await;
    let at = Timestamp::parse(left.body["deletion"]["at"].as_str().unwrap()).unwrap();
    let days = (at.millis() - epoch_millis()).div_ceil(24 * 60 * 60 * 1_000);
    assert_eq!((&left.body["state"], days), (&"suspended".into(), 30));
    assert_eq!(api.leave("acme").await.body, left.body, "the first one counts");
    assert_eq!(api.as_root("GET", path, "").await.body, left.body);
    let event_types = "/v1/spaces/acme/eventtypes";
    let refused = api.with_key(&key, "POST", event_types, r#"{"name":"e"}"#).await;
    assert_eq!(refused.status, 403);
    let claim = api
        .as_root("POST", "/v1/tenants/acme/spaces", r#"{"space":"more"}"#)
        .await;
    assert_eq!(claim.status, 409);
    let early = api.round("acme").await;
    assert!(
        early.message().contains("is not removed before 20"),
        "{}",
        early.body
    );
    let active = api.patch_tenant("acme", r#"{"state":"active"}"#).await;
    assert_eq!(active.status, 409, "{}", active.body);
    // What is said of it otherwise is ignored.
    let moved = api
        .patch_tenant(
            "acme",
            r#"{"deletion":{"at":"2020-01-01T00:00:00Z","begun":true}}"#,
        )
        .await;
    assert_eq!(
        (moved.status, &moved.body["deletion"]),
        (200, &left.body["deletion"])
    );
    let back = api.patch_tenant("acme", take_back).await;
    assert_eq!((back.status, &back.body["state"]), (200, &"active".into()));
    assert!(back.body.get("deletion").is_none());
    assert_eq!(
        api.with_key(&key, "POST", event_types, r#"{"name":"e"}"#)
            .await
            .status,
        201
    );
    api.leave("acme").await;
    api.let_grace_pass("acme").await;
    let late = api.patch_tenant("acme", take_back).await;
    assert_eq!(late.status, 409, "{}", late.body);
}

#[tokio::test]
async fn whoever_is_interrupted_goes_on_and_what_comes_meanwhile_goes_too() {
    let api = guarded();
    api.tenant_with("acme", &["acme-a", "acme-b", "acme-c"]).await;
    fill(&api, "acme-b").await;
    fill(&api, "acme-c").await;
    // More than a round takes.
    for _ in 0..60 {
        for space in ["acme-a", "acme-b"] {
            api.issue(space, r#"{"name":"k","role":"viewer"}"#).await;
        }
    }
    api.leave("acme").await;
    api.let_grace_pass("acme").await;
    let first = api.round("acme").await;
    assert_eq!(first.status, 202, "{}", first.body);
    assert!(first.body["deletion"]["removed"]["keys"].as_u64() > Some(0));
    let claim = api
        .as_root("POST", "/v1/tenants/acme/spaces", r#"{"space":"acme-d"}"#)
        .await;
    assert_eq!(claim.status, 409);
    // As processes leave it that end in the middle: a space whose settings are gone and which is listed, and one whose
    // settings say that it is the tenant's and which is not listed.
    let place = TenantId::from("acme").place();
    let gone = |stored: &Tenant| {
        Ok(stored
            .with_space(&"acme-gone".into())
            .without_space(&"acme-c".into()))
    };
    api.config.store.revise(&place, &place, gone).await.unwrap();
    let of_another = SpaceSettings {
        tenant: Some("other".into()),
        ..SpaceSettings::unset(&"taken".into())
    };
    api.config.store.create(of_another).await.unwrap();
    let listed = |stored: &Tenant| Ok(stored.with_space(&"taken".into()));
    api.config.store.revise(&place, &place, listed).await.unwrap();
    api.erase("acme").await;
    for space in ["acme-a", "acme-b", "acme-c", "acme-gone"] {
        assert!(everything_of(&api, space).await.is_empty(), "{space}");
    }
    let taken = Space::from("taken");
    let kept = api
        .config
        .store
        .get::<SpaceSettings>(&taken, &taken)
        .await
        .unwrap();
    assert_eq!(kept.tenant, Some("other".into()), "what the settings say counts");
}

#[tokio::test]
async fn what_a_worker_has_in_hand_is_waited_for() {
    let api = guarded();
    api.tenant_with("acme", &["acme"]).await;
    fill(&api, "acme").await;
    let list = api.as_root("GET", "/v1/spaces/acme/subscriptions", "").await;
    let due = delivery("acme", &list.all("subscriptions", "subscriptionId")[0], 9);
    let room = api.queue.reserve([&due], 1024).unwrap();
    room.send(vec![due]).await.unwrap();
    let received = api.queue.receive().await.unwrap();
    api.leave("acme").await;
    api.let_grace_pass("acme").await;
    for _ in 0..2 {
        assert_eq!(api.round("acme").await.status, 202);
        let list = api.as_root("GET", "/v1/spaces/acme/subscriptions", "").await;
        assert_eq!(
            list.all("subscriptions", "eventType"),
            ["e"],
            "or it would become a dead letter"
        );
    }
    let dead = received.deliveries.iter().map(dead_letter).collect();
    api.queue.settle(received.receipt, dead).await;
    assert_eq!(api.erase("acme").await, 1);
    assert!(everything_of(&api, "acme").await.is_empty());
}

#[tokio::test]
async fn a_process_that_lives_on_does_it_by_itself() {
    let api = guarded();
    api.tenant_with("acme", &["acme"]).await;
    fill(&api, "acme").await;
    api.leave("acme").await;
    api.let_grace_pass("acme").await;
    let gone = async {
        while api.as_root("GET", "/v1/tenants/acme", "").await.status != 404 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = api.config.erase_overdue_tenants() => panic!("it never ends"),
        () = gone => {}
    }
    assert!(everything_of(&api, "acme").await.is_empty());
}
