//! Keys of spaces: what their life looks like, and what each role may do with every endpoint of its own space, of another one
//! and of one that there is not.

use domain::access::{Role, Scope};
use domain::api_key::PresentedKey;
use domain::ids::Space;
use http::Method;

use super::*;
use crate::config::authorization::Need;
use crate::config::paths::{self, Resolved, Route};
use crate::config::subjects::SUBJECTS;

const ROOT: (&str, &str) = ("authorization", "Bearer root");

pub(super) fn guarded() -> Api {
    let mut api = Api::start();
    api.config.access_key = Some(AccessKey::new("root"));
    api
}

impl Api {
    pub(super) async fn as_root(&self, method: &str, path: &str, body: &str) -> Reply {
        self.send_with(&[ROOT], method, path, body).await
    }

    pub(super) async fn with_key(&self, key: &str, method: &str, path: &str, body: &str) -> Reply {
        let bearer = format!("Bearer {key}");
        self.send_with(&[("authorization", &bearer)], method, path, body)
            .await
    }

    /// A new key of a space: its id, and the key itself.
    pub(super) async fn issue(&self, space: &str, members: &str) -> (String, String) {
        let path = format!("/v1/spaces/{space}/keys");
        let issued = self.as_root("POST", &path, members).await;
        assert_eq!(issued.status, 201, "{}", issued.body);
        let text = |member: &str| issued.body[member].as_str().unwrap().to_owned();
        (text("keyId"), text("key"))
    }
}

#[tokio::test]
async fn a_key_is_shown_once_and_gone_when_it_is_deleted() {
    let api = guarded();
    let (id, key) = api.issue("shop", r#"{"name": "ci", "role": "owner"}"#).await;
    assert_eq!(PresentedKey::parse(&key).unwrap().id().as_str(), id);
    let one = format!("/v1/spaces/shop/keys/{id}");
    for path in ["/v1/spaces/shop/keys", &one] {
        let shown = api.with_key(&key, "GET", path, "").await;
        assert_eq!(shown.status, 200, "{path}");
        let text = shown.body.to_string();
        assert!(
            text.contains("\"ci\"") && !text.contains(&key[19..]) && !text.contains("sha256"),
            "{text}"
        );
    }
    // A slip is noticed without a look at the store, and so is anything else that is no key.
    let slip = format!(
        "{}{}",
        &key[..key.len() - 1],
        if key.ends_with('x') { 'y' } else { 'x' }
    );
    for wrong in [slip.as_str(), "egk_live_", "x", ""] {
        assert_eq!(api.with_key(wrong, "GET", &one, "").await.status, 401, "{wrong}");
    }
    assert_eq!(api.with_key(&key, "DELETE", &one, "").await.status, 204);
    let gone = api.with_key(&key, "GET", &one, "").await;
    assert_eq!((gone.status, gone.message()), (401, "Unauthorized"));
}

#[tokio::test]
async fn a_key_is_rolled_in_two_steps() {
    let api = guarded();
    let (id, first) = api.issue("shop", r#"{"name": "ci", "role": "viewer"}"#).await;
    let roll = format!("/v1/spaces/shop/keys/{id}/roll");
    let next = api.as_root("POST", &roll, "").await;
    let second = next.body["key"].as_str().unwrap().to_owned();
    assert_eq!(next.headers["cache-control"], "no-store");
    let states = |reply: &Reply| reply.all("secrets", "state");
    assert_eq!(states(&next), ["active", "next"]);
    let functions = "/v1/spaces/shop/functions";
    for key in [&first, &second] {
        assert_eq!(api.with_key(key, "GET", functions, "").await.status, 200);
    }
    // Who means the key as it was before learns that it is another.
    let stale = [ROOT, ("if-match", "\"0\"")];
    assert_eq!(api.send_with(&stale, "POST", &roll, "").await.status, 412);
    let rolled = api.as_root("POST", &roll, r#"{"overlapSeconds":0}"#).await;
    assert_eq!(states(&rolled), ["retiring", "active"]);
    assert!(rolled.body["key"].is_null());
    assert_eq!(api.with_key(&first, "GET", functions, "").await.status, 401);
    assert_eq!(api.with_key(&second, "GET", functions, "").await.status, 200);
    for body in [
        r#"{"overlapSeconds":-1}"#,
        r#"{"overlapSeconds":2592001}"#,
        r#"{"overlap":1}"#,
    ] {
        assert_eq!(api.as_root("POST", &roll, body).await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn nobody_makes_keys_that_may_do_more() {
    let api = guarded();
    let (owner_id, owner) = api.issue("shop", r#"{"name": "o", "role": "owner"}"#).await;
    let (_, admin) = api.issue("shop", r#"{"name": "a", "role": "admin"}"#).await;
    let (_, keeper) = api
        .issue("shop", r#"{"name": "k", "scopes": ["keys:admin"]}"#)
        .await;
    let keys = "/v1/spaces/shop/keys";
    for (key, role, want) in [
        (&owner, "owner", 201),
        (&admin, "owner", 403),
        (&admin, "admin", 201),
        (&keeper, "emitter", 403),
    ] {
        let body = format!(r#"{{"name":"n","role":"{role}"}}"#);
        assert_eq!(
            api.with_key(key, "POST", keys, &body).await.status,
            want,
            "{role}"
        );
    }
    let one = format!("{keys}/{owner_id}");
    assert_eq!(api.with_key(&admin, "DELETE", &one, "").await.status, 403);
    assert_eq!(
        api.with_key(&admin, "POST", &format!("{one}/roll"), "")
            .await
            .status,
        403
    );
    let past = r#"{"name":"n","role":"viewer","expiresAt":"2020-01-01T00:00:00Z"}"#;
    assert_eq!(api.as_root("POST", keys, past).await.status, 400);
}

#[tokio::test]
async fn holders_of_keys_see_no_secrets_of_functions() {
    let api = guarded();
    let function = r#"{"functionId":"f","type":"http","provider":{"url":"http://user:password@localhost/"}}"#;
    let functions = "/v1/spaces/shop/functions";
    assert_eq!(api.as_root("POST", functions, function).await.status, 201);
    let (_, viewer) = api.issue("shop", r#"{"name": "v", "role": "viewer"}"#).await;
    let shown = api.with_key(&viewer, "GET", functions, "").await.body.to_string();
    assert!(!shown.contains("password"), "{shown}");
    let shown = api.as_root("GET", functions, "").await.body.to_string();
    assert!(shown.contains("password"), "{shown}");
}

/// Every path and method that there is, with what it needs.
pub(super) fn endpoints() -> Vec<(Method, String, Option<Scope>)> {
    let collections = ["eventtypes", "functions", "subscriptions", "cors"];
    let resources = collections.iter().flat_map(|collection| {
        let item = format!("{collection}/an-id");
        let on = |path: &str, methods: &[Method]| -> Vec<(Method, String)> {
            methods
                .iter()
                .map(|method| (method.clone(), path.to_owned()))
                .collect()
        };
        let mut all = on(collection, &[Method::GET, Method::POST]);
        all.extend(on(
            &item,
            &[Method::GET, Method::PUT, Method::PATCH, Method::DELETE],
        ));
        all
    });
    let others = SUBJECTS
        .iter()
        .flat_map(|subject| subject.endpoints)
        .flat_map(|endpoint| {
            let path = endpoint
                .path
                .join("/")
                .replace("{id}", "an-id")
                .replace("{deliveryId}", "an-id");
            endpoint
                .actions
                .iter()
                .map(move |action| (action.method.clone(), path.clone()))
        });
    let in_space = resources.chain(others).map(|(method, path)| {
        let path = format!("/v1/spaces/SPACE/{path}");
        let path = path.trim_end_matches('/').to_owned();
        let Resolved::Route(route) = paths::resolve(&path, &method) else {
            panic!("{method} {path}");
        };
        let Need::Key(space, Some(scope)) = Need::of(&route, &method) else {
            panic!("{method} {path} needs no key");
        };
        assert_eq!(space.as_str(), "SPACE");
        (method, path, Some(scope))
    });
    let of_all = ["/v1/spaces", "/v1/metrics", "/v1/diagnosis", "/v1/openapi.json"];
    let of_all = of_all.map(|path| (Method::GET, path.to_owned(), None));
    in_space.chain(of_all).collect()
}

/// What may be asked of `Need` without a route of a space.
#[test]
fn only_the_status_is_for_everybody() {
    for (route, want) in [
        (Route::Status, "Nothing"),
        (Route::Metrics, "Root"),
        (Route::Diagnosis, "Root"),
        (Route::OpenApi, "Root"),
        (Route::Spaces, "Root"),
        (Route::Tenants, "Root"),
    ] {
        assert_eq!(format!("{:?}", Need::of(&route, &Method::GET)), want);
    }
}

#[tokio::test]
async fn every_role_may_do_what_is_its_own_and_learns_nothing_of_other_spaces() {
    let api = guarded();
    api.issue("other", r#"{"name": "there is something", "role": "owner"}"#)
        .await;
    let endpoints = endpoints();
    assert!(endpoints.len() > 40, "{}", endpoints.len());
    for role in Role::ALL {
        let (id, key) = api
            .issue(
                "own-space",
                &format!(r#"{{"name":"k","role":"{}"}}"#, role.name()),
            )
            .await;
        for (method, path, scope) in &endpoints {
            let method = method.as_str();
            let ask = async |space: &str| {
                let path = path.replace("SPACE", space);
                api.with_key(&key, method, &path, "{").await
            };
            let own = ask("own-space").await;
            let allowed = scope.is_some_and(|scope| role.scopes().contains(&scope));
            let want = match scope {
                None => 401,
                Some(_) if allowed => 0,
                Some(_) => 403,
            };
            if want == 0 {
                // What it makes of the request is for the tests of the endpoint.
                assert!(
                    !matches!(own.status, 401 | 403),
                    "{role:?} {method} {path}: {}",
                    own.body
                );
            } else {
                assert_eq!(own.status, want, "{role:?} {method} {path}: {}", own.body);
            }
            let (other, missing) = (ask("other").await, ask("missing").await);
            assert_eq!(other.status, 401, "{role:?} {method} {path}");
            assert_eq!(
                (other.status, &other.body),
                (missing.status, &missing.body),
                "{role:?} {method} {path}"
            );
            assert_eq!(other.headers, missing.headers, "{role:?} {method} {path}");
        }
        // Nothing of it was carried out elsewhere.
        let still = format!("/v1/spaces/own-space/keys/{id}");
        assert_eq!(api.as_root("GET", &still, "").await.status, 200);
    }
    let counts = api.config.store.counts().await.unwrap();
    assert!(counts.iter().all(|(space, ..)| *space != Space::from("missing")));
}

#[tokio::test]
async fn authorizers_are_asked_for_those_who_may_send_the_event() {
    let api = guarded();
    let asked = |path: &str| format!(r#"{{"ask":"authorizers","path":"{path}"}}"#);
    let explain = "/v1/spaces/shop/explain";
    let (_, viewer) = api.issue("shop", r#"{"name": "v", "role": "viewer"}"#).await;
    let scopes = r#"{"name": "l", "scopes": ["config:read", "events:emit"], "eventTypes": ["http.*"], "paths": ["/a/:id"]}"#;
    let (_, limited) = api.issue("shop", scopes).await;
    for (key, body, want) in [
        (&viewer, "{}".to_owned(), 200),
        (&viewer, asked("/a/b"), 403),
        (&limited, asked("/b"), 403),
        // It may be asked; here there is nobody who would do it.
        (&limited, asked("/a/b"), 501),
    ] {
        let answer = api.with_key(key, "POST", explain, &body).await;
        assert_eq!(answer.status, want, "{body}: {}", answer.body);
    }
}
