//! Tenants: their life, what each role of a key of theirs may do with every endpoint of an own space, of another's and of none,
//! and what is left to do while they are suspended.

use domain::access::{Role, Scope};
use domain::configuration::SpaceRules;
use http::Method;

use super::keys::{endpoints, guarded};
use super::*;
use crate::config::subjects::OF_TENANTS;

impl Api {
    pub(super) async fn tenant(&self, id: &str) {
        let body = format!(r#"{{"tenantId":"{id}","name":"n"}}"#);
        let made = self.as_root("POST", "/v1/tenants", &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }

    pub(super) async fn tenant_key(&self, id: &str, role: &str) -> String {
        let (path, body) = (
            format!("/v1/tenants/{id}/keys"),
            format!(r#"{{"name":"k","role":"{role}"}}"#),
        );
        let issued = self.as_root("POST", &path, &body).await;
        assert_eq!(issued.status, 201, "{}", issued.body);
        issued.body["key"].as_str().unwrap().to_owned()
    }

    pub(super) async fn space_of(&self, tenant: &str, space: &str) {
        let (path, body) = (
            format!("/v1/tenants/{tenant}/spaces"),
            format!(r#"{{"space":"{space}"}}"#),
        );
        let made = self.as_root("POST", &path, &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }

    pub(super) async fn patch_tenant(&self, id: &str, body: &str) -> Reply {
        self.as_root("PATCH", &format!("/v1/tenants/{id}"), body).await
    }
}

/// What a tenant has itself, with the scope that it takes; `None` for the holder of the access key alone.
fn endpoints_of_tenants() -> Vec<(Method, String, Option<Scope>)> {
    let roots = [("PATCH", ""), ("DELETE", ""), ("POST", "erase")];
    let endpoints = OF_TENANTS.iter().flat_map(|subject| subject.endpoints);
    let actions = endpoints.flat_map(|endpoint| {
        let of_endpoint = |action| (endpoint.path.join("/"), action);
        endpoint.actions.iter().map(of_endpoint)
    });
    actions
        .map(|(path, action)| {
            let is_roots = roots.contains(&(action.method.as_str(), path.as_str()));
            let path = format!("/v1/tenants/TENANT/{}", path.replace("{id}", "an-id"));
            let path = path.trim_end_matches('/').to_owned();
            (
                action.method.clone(),
                path,
                Some(action.scope).filter(|_| !is_roots),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_tenant_goes_from_its_first_key_to_its_end() {
    let api = guarded();
    api.tenant("acme").await;
    let again = api
        .as_root("POST", "/v1/tenants", r#"{"tenantId":"acme","name":"n"}"#)
        .await;
    assert_eq!(
        (again.status, again.message()),
        (409, "Tenant \"acme\" already exists.")
    );
    let made = api.as_root("POST", "/v1/tenants", r#"{"name":"n"}"#).await;
    assert_eq!(made.status, 201);
    let id = made.body["tenantId"].as_str().unwrap();
    assert!(id.len() == 16 && id.starts_with('t'), "{id}");
    let key = api.tenant_key("acme", "admin").await;
    let spaces = "/v1/tenants/acme/spaces";
    for (body, want) in [
        (r#"{"space":"acme-shop","description":"d"}"#, 201),
        (r#"{"space":"acme-shop"}"#, 409),
        (r#"{"space":"acme"}"#, 201),
        (r#"{"space":"other-shop"}"#, 400),
        (r#"{"space":"acme-plan","plan":"p"}"#, 403),
        (r#"{"name":"acme-x"}"#, 400),
    ] {
        let made = api.with_key(&key, "POST", spaces, body).await;
        assert_eq!(made.status, want, "{body}: {}", made.body);
    }
    let listed = api.with_key(&key, "GET", spaces, "").await;
    assert_eq!(listed.all("spaces", "space"), ["acme-shop", "acme"]);
    // It works in its spaces as their own keys do, and issues such.
    let function = r#"{"functionId":"f","type":"http","provider":{"url":"http://h"}}"#;
    let functions = "/v1/spaces/acme-shop/functions";
    assert_eq!(api.with_key(&key, "POST", functions, function).await.status, 201);
    let keys = "/v1/spaces/acme-shop/keys";
    let emitter = r#"{"name":"e","role":"emitter"}"#;
    assert_eq!(api.with_key(&key, "POST", keys, emitter).await.status, 201);
    let list = api.as_root("GET", "/v1/spaces", "").await;
    assert_eq!(list.all("spaces", "space"), ["acme", "acme-shop"]);
    let gone = api.as_root("DELETE", "/v1/tenants/acme", "").await;
    assert_eq!(
        (gone.status, gone.message()),
        (409, "Tenant \"acme\" cannot be deleted while it has spaces (2).")
    );
    // What is empty is its own to remove; what is not stays where it is, and is nobody's.
    for (space, want) in [("acme", 204), ("acme", 404), ("acme-shop", 409)] {
        let path = format!("{spaces}/{space}");
        assert_eq!(
            api.with_key(&key, "DELETE", &path, "").await.status,
            want,
            "{space}"
        );
    }
    let shop = format!("{spaces}/acme-shop");
    assert_eq!(api.as_root("DELETE", &shop, "").await.status, 204);
    let settings = api.as_root("GET", "/v1/spaces/acme-shop", "").await;
    assert_eq!(
        settings.body,
        serde_json::json!({"space": "acme-shop", "description": "d"})
    );
    assert_eq!(
        api.as_root("GET", &format!("{functions}/f"), "").await.status,
        200
    );
    assert_eq!(api.with_key(&key, "GET", functions, "").await.status, 401);
    assert_eq!(api.as_root("DELETE", "/v1/tenants/acme", "").await.status, 204);
    assert_eq!(api.as_root("GET", "/v1/tenants/acme", "").await.status, 404);
    assert_eq!(
        api.with_key(&key, "GET", "/v1/tenants/acme", "").await.status,
        401
    );
    let anew = api
        .as_root("POST", "/v1/tenants", r#"{"tenantId":"acme","name":"n"}"#)
        .await;
    assert_eq!(anew.status, 409, "its records would be shown: {}", anew.body);
    let audit = api.as_root("GET", "/v1/tenants/acme/audit", "").await;
    let operations: Vec<_> = audit.body["records"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|record| record["record"]["operation"].as_str())
        .collect();
    assert_eq!(
        (operations[0], operations.last()),
        ("tenant.delete", Some(&"tenant.create"))
    );
}

#[tokio::test]
async fn what_is_said_of_tenants_is_bounded_and_checked() {
    let mut api = guarded();
    api.tenant("acme").await;
    let rules = SpaceRules::default();
    assert_eq!((rules.max_tenants, rules.max_spaces_per_tenant), (10_000, 100));
    for (body, want) in [
        (r#"{"tenantId":"Acme","name":"n"}"#, 400),
        (r#"{"tenantId":"","name":"n"}"#, 400),
        (r#"{"tenantId":7,"name":"n"}"#, 400),
        (r#"{"tenantId":"other","nmae":"n"}"#, 400),
        (r#"{"tenantId":"other","name":"n","plan":"none"}"#, 400),
        ("{", 400),
    ] {
        let refused = api.as_root("POST", "/v1/tenants", body).await;
        assert_eq!(refused.status, want, "{body}: {}", refused.body);
    }
    for (body, want) in [
        (
            r#"{"name":"Acme Inc.","spaces":["other"],"tenantId":"other"}"#,
            200,
        ),
        (r#"{"name":null}"#, 400),
        (r#"{"state":"deleted"}"#, 400),
    ] {
        let patched = api.patch_tenant("acme", body).await;
        assert_eq!(patched.status, want, "{body}: {}", patched.body);
    }
    let shown = api.as_root("GET", "/v1/tenants/acme", "").await;
    assert_eq!(
        (&shown.body["name"], &shown.body["spaces"]),
        (&"Acme Inc.".into(), &serde_json::json!([]))
    );
    let stale = [("authorization", "Bearer root"), ("if-match", "\"0\"")];
    let path = "/v1/tenants/acme";
    assert_eq!(api.send_with(&stale, "PATCH", path, "{}").await.status, 412);
    assert_eq!(api.send_with(&stale, "DELETE", path, "").await.status, 412);
    api.tenant("bcme").await;
    let first = api.as_root("GET", "/v1/tenants?limit=1", "").await;
    assert_eq!(first.all("tenants", "tenantId"), ["acme"]);
    let next = first.body["next"].as_str().unwrap();
    let second = api.as_root("GET", &format!("/v1/tenants?next={next}"), "").await;
    assert_eq!(second.all("tenants", "tenantId"), ["bcme"]);
    assert!(second.body["next"].is_null());
    // Where they are kept is no space for anybody.
    api.config.access_key = None;
    for (method, path) in [("GET", "keys"), ("POST", "keys"), ("GET", "export"), ("PUT", "")] {
        let path = format!("/v1/spaces/tenant:acme/{path}");
        let path = path.trim_end_matches('/');
        assert_eq!(
            api.send(method, path, r#"{"name":"n","role":"owner"}"#)
                .await
                .status,
            404
        );
    }
}

/// Whose a space is, is for no request about its settings.
#[tokio::test]
async fn a_space_stays_with_its_tenant() {
    let api = guarded();
    api.tenant("acme").await;
    let function = r#"{"functionId":"f","type":"http","provider":{"url":"http://h"}}"#;
    api.as_root("POST", "/v1/spaces/old-shop/functions", function)
        .await;
    api.space_of("acme", "old-shop").await;
    api.tenant("other").await;
    let taken = api
        .as_root("POST", "/v1/tenants/other/spaces", r#"{"space":"old-shop"}"#)
        .await;
    assert_eq!(taken.status, 409);
    let others = api.as_root("GET", "/v1/tenants/other/spaces", "").await;
    assert_eq!(others.body["spaces"], serde_json::json!([]));
    let space = "/v1/spaces/old-shop";
    let document = r#"{"settings":{"tenant":"other","description":"d"}}"#;
    for (method, path, body) in [
        ("PUT", space.to_owned(), r#"{"tenant":"other","description":"a"}"#),
        ("PATCH", space.to_owned(), r#"{"tenant":null,"description":"b"}"#),
        ("PATCH", space.to_owned(), r#"{"tenant":"other"}"#),
        ("POST", format!("{space}/apply"), document),
        ("POST", format!("{space}/apply?prune=true"), r#"{"functions":[]}"#),
    ] {
        let changed = api.as_root(method, &path, body).await;
        assert_eq!(changed.status, 200, "{method} {body}: {}", changed.body);
        let settings = api.as_root("GET", space, "").await;
        assert_eq!(settings.body["tenant"], "acme", "{method} {body}");
    }
    let reset = api.as_root("DELETE", space, "").await;
    assert_eq!(reset.status, 409, "{}", reset.body);
}

#[tokio::test]
async fn keys_of_a_tenant_do_what_is_its_own_and_learn_nothing_of_others() {
    let api = guarded();
    for tenant in ["acme", "other"] {
        api.tenant(tenant).await;
        api.space_of(tenant, &format!("{tenant}-shop")).await;
        api.tenant_key(tenant, "owner").await;
    }
    let in_spaces = endpoints();
    let of_tenants = endpoints_of_tenants();
    assert!(of_tenants.len() > 10, "{}", of_tenants.len());
    for role in Role::ALL {
        let key = api.tenant_key("acme", role.name()).await;
        let ask = async |method: &Method, path: String| api.with_key(&key, method.as_str(), &path, "{").await;
        let is_allowed = |scope: &Option<Scope>| scope.is_some_and(|scope| role.scopes().contains(&scope));
        let all = in_spaces
            .iter()
            .map(|it| (it, ("SPACE", "acme-shop", "other-shop", "missing")));
        let all = all.chain(
            of_tenants
                .iter()
                .map(|it| (it, ("TENANT", "acme", "other", "missing"))),
        );
        for ((method, path, scope), (stands_for, own, other, missing)) in all {
            let on = |name: &str| path.replace(stands_for, name);
            let asked = format!("{role:?} {method} {path}");
            let (own, other, missing) = (
                ask(method, on(own)).await,
                ask(method, on(other)).await,
                ask(method, on(missing)).await,
            );
            let is_for_all = !path.contains(stands_for);
            match own.status {
                401 => assert!(is_for_all, "{asked}"),
                403 => assert!(!is_allowed(scope), "{asked}: {}", own.body),
                _ => assert!(is_allowed(scope) && !is_for_all, "{asked}"),
            }
            assert_eq!(other.status, 401, "{asked}");
            assert_eq!(
                (&other.body, &other.headers),
                (&missing.body, &missing.headers),
                "{asked}"
            );
            assert_eq!(other.status, missing.status, "{asked}");
        }
    }
    // Nor do keys of a space have anything to do with its tenant.
    let (_, owner) = api.issue("acme-shop", r#"{"name":"o","role":"owner"}"#).await;
    for (method, path, _) in &of_tenants {
        let asked = api
            .with_key(&owner, method.as_str(), &path.replace("TENANT", "acme"), "{")
            .await;
        assert_eq!(asked.status, 401, "{method} {path}");
    }
    let counts = api.config.store.counts().await.unwrap();
    assert!(
        counts
            .iter()
            .all(|(space, ..)| !space.as_str().contains("missing"))
    );
}

#[tokio::test]
async fn while_a_tenant_is_suspended_its_keys_only_read() {
    let api = guarded();
    api.tenant("acme").await;
    api.space_of("acme", "acme-shop").await;
    let of_tenant = api.tenant_key("acme", "owner").await;
    let (_, of_space) = api.issue("acme-shop", r#"{"name":"o","role":"owner"}"#).await;
    let function = r#"{"functionId":"f","type":"http","provider":{"url":"http://h"}}"#;
    let asked = [
        ("GET", "/v1/spaces/acme-shop/functions", "", 200),
        ("GET", "/v1/spaces/acme-shop/keys", "", 200),
        ("GET", "/v1/spaces/acme-shop/export", "", 200),
        ("POST", "/v1/spaces/acme-shop/explain", "{}", 200),
        ("POST", "/v1/spaces/acme-shop/functions", function, 403),
        ("PUT", "/v1/spaces/acme-shop", "{}", 403),
        ("POST", "/v1/spaces/acme-shop/apply", "{}", 403),
        (
            "POST",
            "/v1/spaces/acme-shop/deadletters/redrive",
            r#"{"all":true}"#,
            403,
        ),
        (
            "POST",
            "/v1/spaces/acme-shop/keys",
            r#"{"name":"k","role":"viewer"}"#,
            403,
        ),
    ];
    assert_eq!(
        api.patch_tenant("acme", r#"{"state":"suspended"}"#).await.status,
        200
    );
    for (method, path, body, want) in asked {
        for key in [&of_tenant, &of_space] {
            let answer = api.with_key(key, method, path, body).await;
            assert_eq!(answer.status, want, "{method} {path}: {}", answer.body);
        }
    }
    for (method, path) in [("POST", "spaces"), ("POST", "keys"), ("DELETE", "keys/k")] {
        let path = format!("/v1/tenants/acme/{path}");
        assert_eq!(
            api.with_key(&of_tenant, method, &path, "{}").await.status,
            403,
            "{path}"
        );
    }
    let claim = api
        .as_root("POST", "/v1/tenants/acme/spaces", r#"{"space":"acme-new"}"#)
        .await;
    assert_eq!(
        (claim.status, claim.message()),
        (409, "Tenant \"acme\" is suspended.")
    );
    // Who holds the access key still puts things in order.
    assert_eq!(
        api.as_root("POST", "/v1/spaces/acme-shop/functions", function)
            .await
            .status,
        201
    );
    assert_eq!(
        api.patch_tenant("acme", r#"{"state":"active"}"#).await.status,
        200
    );
    let path = "/v1/spaces/acme-shop/functions/f";
    assert_eq!(api.with_key(&of_space, "DELETE", path, "").await.status, 204);
}
