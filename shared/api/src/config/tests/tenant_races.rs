//! Spaces of tenants that are made and released at the same moment: what a tenant owns it lists, or it would go on without it.

use domain::resource::{Resource as _, SpaceSettings};

use super::keys::guarded;
use super::*;

const ROUNDS: usize = 40;

impl Api {
    /// Whether a space is the tenant's, and whether the tenant lists it.
    async fn owned_and_listed(&self, space: &str) -> (bool, bool) {
        let settings = self.as_root("GET", &format!("/v1/spaces/{space}"), "").await;
        let listed = self.as_root("GET", "/v1/tenants/acme/spaces", "").await;
        let is_listed = listed.all("spaces", "space").iter().any(|name| name == space);
        (settings.body["tenant"] == "acme", is_listed)
    }
}

async fn with_a_tenant() -> Api {
    let api = guarded();
    let body = r#"{"tenantId":"acme","name":"n"}"#;
    assert_eq!(api.as_root("POST", "/v1/tenants", body).await.status, 201);
    api
}

#[tokio::test]
async fn a_space_that_is_made_while_it_is_released_is_listed_or_gone() {
    let api = with_a_tenant().await;
    for round in 0..ROUNDS {
        let space = format!("acme-{round}");
        let (made, one) = (
            format!(r#"{{"space":"{space}"}}"#),
            format!("/v1/tenants/acme/spaces/{space}"),
        );
        let spaces = "/v1/tenants/acme/spaces";
        tokio::join!(
            api.as_root("POST", spaces, &made),
            api.as_root("DELETE", &one, ""),
            api.as_root("POST", spaces, &made),
        );
        let (is_owned, is_listed) = api.owned_and_listed(&space).await;
        assert!(is_listed || !is_owned, "round {round}");
    }
}

#[tokio::test]
async fn who_fails_to_make_a_space_takes_it_from_nobody() {
    let api = with_a_tenant().await;
    for round in 0..ROUNDS {
        let space = format!("acme-{round}");
        let made = format!(r#"{{"space":"{space}"}}"#);
        let unfit = format!(r#"{{"space":"{space}","hooks":[{{"functionId":"nope","point":"receive"}}]}}"#);
        let spaces = "/v1/tenants/acme/spaces";
        let (good, bad) = tokio::join!(
            api.as_root("POST", spaces, &made),
            api.as_root("POST", spaces, &unfit)
        );
        assert!(
            good.status == 201 && bad.status >= 400,
            "{} {}",
            good.body,
            bad.body
        );
        assert_eq!(api.owned_and_listed(&space).await, (true, true), "round {round}");
    }
}

#[tokio::test]
async fn what_no_list_has_can_be_released_and_what_is_suspended_only_empty() {
    let api = with_a_tenant().await;
    // As a process leaves it that ends in the middle.
    let orphan = |tenant: &'static str| {
        move |_: Option<&SpaceSettings>| {
            let body = br#"{"description":"d"}"#;
            let mut settings = SpaceSettings::decode(&"left".into(), None, body).unwrap();
            settings.tenant = Some(tenant.into());
            Ok(settings)
        }
    };
    let space = "left".into();
    for tenant in ["acme", "gone"] {
        let put = api.config.store.put(&space, &space, orphan(tenant)).await;
        put.unwrap();
        let path = format!("/v1/tenants/{tenant}/spaces/left");
        assert_eq!(api.as_root("DELETE", &path, "").await.status, 204, "{tenant}");
        assert_eq!(api.as_root("DELETE", &path, "").await.status, 404, "{tenant}");
    }
    let spaces = "/v1/tenants/acme/spaces";
    for space in ["acme-full", "acme-empty"] {
        let body = format!(r#"{{"space":"{space}"}}"#);
        assert_eq!(api.as_root("POST", spaces, &body).await.status, 201);
    }
    let event_types = "/v1/spaces/acme-full/eventtypes";
    let made = api.as_root("POST", event_types, r#"{"name":"t"}"#).await;
    assert_eq!(made.status, 201);
    for (state, want) in [("suspended", 409), ("active", 204)] {
        let body = format!(r#"{{"state":"{state}"}}"#);
        assert_eq!(api.as_root("PATCH", "/v1/tenants/acme", &body).await.status, 200);
        let full = api.as_root("DELETE", &format!("{spaces}/acme-full"), "").await;
        assert_eq!(full.status, want, "{state}: {}", full.body);
        let empty = api.as_root("DELETE", &format!("{spaces}/acme-empty"), "").await;
        assert_eq!(empty.status, if state == "active" { 404 } else { 204 }, "{state}");
    }
}
