//! Which paths are known, mended or unknown.

use super::*;

fn found(path: &str) -> Resolved {
    resolve(path, &Method::GET)
}

fn resource(space: &str, kind: Kind, id: Option<&str>) -> Resolved {
    Resolved::Route(Route::Resource {
        space: space.into(),
        kind,
        id: id.map(str::to_owned),
    })
}

#[test]
fn known_paths() {
    for path in ["/v1/status", "/v1/status/", "/v1/%73tatus"] {
        assert_eq!(found(path), Resolved::Route(Route::Status), "{path}");
    }
    for (path, want) in [
        ("/v1/spaces/s/eventtypes", resource("s", Kind::EventType, None)),
        ("/v1/spaces/s/eventtypes/", resource("s", Kind::EventType, None)),
        ("/v1/spaces//functions", resource("default", Kind::Function, None)),
        (
            "/v1/spaces/s/functions/f%2D1",
            resource("s", Kind::Function, Some("f-1")),
        ),
        (
            "/v1/spaces/s/subscriptions/x/",
            resource("s", Kind::Subscription, Some("x")),
        ),
        ("/v1/spaces/s/cors", resource("s", Kind::Cors, None)),
        ("/v1/spaces/s/cors/", resource("s", Kind::Cors, Some(""))),
        (
            "/v1/spaces/s/cors/GET%2fhello",
            resource("s", Kind::Cors, Some("GET%2Fhello")),
        ),
        (
            "/v1/spaces/s/cors/GET/hello",
            resource("s", Kind::Cors, Some("GET%2Fhello")),
        ),
        (
            "/v1/spaces/s/cors/GET%2F",
            resource("s", Kind::Cors, Some("GET%2F")),
        ),
        (
            "/v1/spaces/s%2Fcors%2FGET%2Fa",
            resource("s", Kind::Cors, Some("GET%2Fa")),
        ),
    ] {
        assert_eq!(found(path), want, "{path}");
    }
    assert_eq!(
        resolve("/v1/spaces/s/cors/", &Method::POST),
        resource("s", Kind::Cors, None)
    );
}

#[test]
fn unknown_paths() {
    for path in [
        "/",
        "/nope",
        "/v1",
        "/v1/space",
        "/v1/spaces/s/x",
        "/v1/spaces/s/functions/a%2Fb",
    ] {
        assert_eq!(found(path), Resolved::Unknown, "{path}");
    }
}

#[test]
fn mended_paths() {
    for (path, want) in [
        ("/V1/Status", "/v1/status"),
        ("/v1//status", "/v1/status"),
        (
            "/v1/x/../Spaces/My%20Space/Functions/F",
            "/v1/spaces/My%20Space/functions/F",
        ),
    ] {
        assert_eq!(found(path), Resolved::Redirect(want.to_owned()), "{path}");
    }
}

/// `path` is that of the endpoint.
fn endpoint(space: &str, path: &str, id: &str) -> Resolved {
    let segments: Vec<_> = path.split('/').collect();
    let (endpoint, _) = subjects::find(&segments).unwrap();
    assert_eq!(endpoint.path, segments);
    Resolved::Route(Route::Endpoint {
        space: space.into(),
        endpoint,
        id: id.to_owned(),
    })
}

#[test]
fn endpoints_of_a_space() {
    for (path, want) in [
        ("/v1/spaces/s/deadletters", ("deadletters", "")),
        ("/v1/spaces/s/deadletters/", ("deadletters", "")),
        (
            "/v1/spaces/s/deadletters/d%2D1",
            ("deadletters/{deliveryId}", "d-1"),
        ),
        ("/v1/spaces/s/deadletters/redrive/", ("deadletters/redrive", "")),
        ("/v1/spaces/s/deliveries", ("deliveries", "")),
        ("/v1/spaces/s/deliveries/waiting", ("deliveries/waiting", "")),
        ("/v1/spaces/s/explain", ("explain", "")),
        (
            "/v1/spaces/s/subscriptions/x/pause",
            ("subscriptions/{id}/pause", "x"),
        ),
        (
            "/v1/spaces/s/subscriptions/pause/pause/",
            ("subscriptions/{id}/pause", "pause"),
        ),
        (
            "/v1/spaces/s/subscriptions/x/resume",
            ("subscriptions/{id}/resume", "x"),
        ),
    ] {
        let (named, id) = want;
        assert_eq!(found(path), endpoint("s", named, id), "{path}");
    }
    assert_eq!(found("/v1/spaces//explain"), endpoint("default", "explain", ""));
}

#[test]
fn endpoints_take_nothing_from_resources() {
    for (path, want) in [
        (
            "/v1/spaces/s/subscriptions/pause",
            resource("s", Kind::Subscription, Some("pause")),
        ),
        (
            "/v1/spaces/s/cors/GET/subscriptions/x/pause",
            resource("s", Kind::Cors, Some("GET%2Fsubscriptions%2Fx%2Fpause")),
        ),
        (
            "/v1/spaces/deadletters/functions/redrive",
            resource("deadletters", Kind::Function, Some("redrive")),
        ),
        (
            "/v1/spaces/s/subscriptions//pause",
            Resolved::Redirect("/v1/spaces/s/subscriptions/pause".to_owned()),
        ),
    ] {
        assert_eq!(found(path), want, "{path}");
    }
    for path in [
        "/v1/spaces/s/functions/x/pause",
        "/v1/spaces/s/subscriptions/x/stop",
        "/v1/spaces/s/subscriptions/x/pause/now",
        "/v1/spaces/s/deadletters/d/redrive",
        "/v1/spaces/s/deliveries/d",
        "/v1/spaces/s/explain/e",
        "/v1/deadletters",
    ] {
        assert_eq!(found(path), Resolved::Unknown, "{path}");
    }
}

#[test]
fn mended_endpoints() {
    for (path, want) in [
        ("/V1/spaces/S/DeadLetters", "/v1/spaces/S/deadletters"),
        ("/v1/spaces/s//deadletters/D", "/v1/spaces/s/deadletters/D"),
        (
            "/v1/spaces/s/Subscriptions/X/Pause",
            "/v1/spaces/s/subscriptions/X/pause",
        ),
        (
            "/v1//spaces/s/cors/GET/Subscriptions/Pause",
            "/v1/spaces/s/cors/GET/Subscriptions/Pause",
        ),
    ] {
        assert_eq!(found(path), Resolved::Redirect(want.to_owned()), "{path}");
    }
}

#[test]
fn all_dead_letters_are_deleted_by_their_very_path_only() {
    let deleted = |path| resolve(path, &Method::DELETE);
    assert_eq!(
        deleted("/v1/spaces/s/deadletters"),
        endpoint("s", "deadletters", "")
    );
    assert_eq!(
        deleted("/v1/spaces/s/deadletters/"),
        endpoint("s", "deadletters/{deliveryId}", "")
    );
    for path in [
        "/v1/spaces/s//deadletters",
        "//v1/spaces/s/deadletters/",
        "/v1/spaces/s/deadLetters/",
        "/v1/spaces/s/deadletters/x/..",
    ] {
        assert_eq!(deleted(path), Resolved::Unknown, "{path}");
    }
    assert_eq!(
        deleted("/v1/spaces/s//deadletters/D"),
        Resolved::Redirect("/v1/spaces/s/deadletters/D".to_owned())
    );
}

#[test]
fn reading_is_linear() {
    for (name, head, piece) in [
        ("segments", "/v1/spaces/s", "/a"),
        ("empty segments", "/v1", "/"),
        ("segments that cancel others", "/v1", "/a/.."),
        ("an id", "/v1/spaces/s/functions/", "a"),
        ("the id of a CORS configuration", "/v1/spaces/s/cors/", "GET%2F"),
        ("encoded slashes", "", "%2F"),
        ("no UTF-8", "/", "%ff"),
    ] {
        let path = |n: usize| format!("{head}{}", piece.repeat(n));
        scaling::assert_linear(name, 1_000, path, |path| found(path));
    }
}

#[test]
fn an_empty_name_is_no_space_whose_settings_are_changed() {
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        for path in ["/v1/spaces//", "/v1/spaces///", "/v1//spaces/"] {
            assert_eq!(resolve(path, &method), Resolved::Unknown, "{method} {path}");
        }
        assert_eq!(resolve("/v1/spaces", &method), Resolved::Route(Route::Spaces));
    }
    let list = Resolved::Redirect("/v1/spaces".to_owned());
    assert_eq!(found("/v1/spaces//"), list);
}
