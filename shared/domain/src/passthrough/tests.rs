//! Paths, queries, headers and upgrades of requests that are passed on.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the methods themselves are not general enough in their lifetimes"
)]

use http::HeaderName;

use super::*;
use crate::configuration::{Snapshot, Stored};
use crate::ids::Space;
use crate::resource::{Resource as _, SpaceSettings, Subscription};
use crate::routing::PathOwnership;

/// Looks at a request with this target and these headers, which matched a pattern on a path.
fn look<T>(
    target: &str,
    headers: &[(&'static str, &str)],
    (pattern, path): (&str, &str),
    at: impl FnOnce(&OriginalRequest<'_>) -> T,
) -> T {
    let mut request = http::Request::builder().uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    at(&OriginalRequest {
        parts: &parts,
        body: &Bytes::new(),
        path,
        pattern,
        origin: Origin::default(),
        trusted: &TrustedProxies::default(),
        is_batch: false,
        can_upgrade: false,
    })
}

#[test]
fn the_url_stands_for_the_fixed_beginning_of_the_path() {
    for (pattern, path, rest) in [
        ("/", "/", ""),
        ("/users", "/users", ""),
        ("/users/:id", "/users/7", "/7"),
        ("/users/:id/posts", "/users/7/posts", "/7/posts"),
        ("/*all", "/", "/"),
        ("/*all", "/a/b/", "/a/b/"),
        ("/api/*rest", "/api/v1/a%2Fb", "/v1/a%2Fb"),
        ("/api/*rest", "/api/", "/"),
        ("/api/*rest", "/api//a", "//a"),
        ("/a/b/:c/*d", "/a/b/1/2/3", "/1/2/3"),
        // In hosted mode the first segment is that of the host.
        ("/space/api/*rest", "/space/api/x", "/x"),
    ] {
        let got = look("/", &[], (pattern, path), |request| request.rest().to_owned());
        assert_eq!(got, rest, "{pattern} {path}");
    }
}

#[test]
fn targets_have_what_url_and_request_have() {
    for (base, target, taken, want) in [
        ("/", "/api/x", None, "/x"),
        ("/v1", "/api/x/", None, "/v1/x/"),
        ("/v1/", "/api/x?a=1&b", None, "/v1/x?a=1&b"),
        ("/v1/?k=1", "/api/x?a=%2F", None, "/v1/x?k=1&a=%2F"),
        ("/v1?k=1", "/api/", None, "/v1/?k=1"),
        ("/", "/api/x?key=mine&a&k%65y=too&keys", Some("key"), "/x?a&keys"),
    ] {
        let path = target.split('?').next().unwrap();
        let got = look(target, &[], ("/api/*rest", path), |request| {
            request.target(&base.parse().unwrap(), taken)
        });
        assert_eq!(got.unwrap(), want, "{base} {target}");
    }
}

#[test]
fn paths_that_lead_elsewhere_are_refused() {
    for path in [
        "/a/../b",
        "/a/..",
        "/a/./b",
        "/%2e%2E/b",
        "/a%2f..%2fb",
        "/..\\b",
        "/a/..;x/b",
    ] {
        let checked = look("/", &[], ("/*all", path), |request| request.check());
        assert_eq!(checked, Err(NotPassedOn::DotSegments), "{path}");
    }
    for path in ["/", "/.a", "/a..b/...", "/100%25", "/%zz", "/a.json"] {
        let checked = look("/", &[], ("/*all", path), |request| request.check());
        assert_eq!(checked, Ok(()), "{path}");
    }
}

#[test]
fn paths_that_may_be_read_as_those_of_another_subscription_are_refused() {
    let mut snapshot = Snapshot::default();
    let space = Space::from("one");
    let settings = SpaceSettings::decode(&space, None, br#"{"paths":"specific"}"#).unwrap();
    snapshot.insert(Stored {
        resource: Arc::new(settings),
        created: 0,
    });
    for (created, path) in (1..).zip(["/api/*rest", "/api/admin/*rest", "/api/users/:id"]) {
        let body = format!(
            r#"{{"type":"sync","eventType":"http.request","functionId":"f","path":"{path}","method":"GET"}}"#
        );
        let subscription = Subscription::decode(&space, None, body.as_bytes()).unwrap();
        snapshot.insert(Stored {
            resource: Arc::new(subscription),
            created,
        });
    }
    let table = RoutingTable::compile(PathOwnership::Shared, [&snapshot]);
    let check = |path| {
        look("/", &[], ("/api/*rest", path), |request| {
            request.check_route(&table)
        })
    };
    for path in [
        "/api/%61dmin/users",
        "/api//admin/users",
        "/api/admin;x/users",
        "/api/admin%2Fusers",
        "/api/users/a%2Fb",
    ] {
        assert_eq!(check(path), Err(NotPassedOn::OtherSubscription), "{path}");
    }
    for path in [
        "/api/admin/users",
        "/api/admin/%61;x//b",
        "/api/%62/c",
        "/api/users/%37",
        "/none//admin",
        "/x%2fapi/admin/y",
    ] {
        assert_eq!(check(path), Ok(()), "{path}");
    }
}

#[test]
fn headers_of_the_connection_stay_behind() {
    let sent = [
        ("host", "gateway.example"),
        ("connection", "keep-alive, X-Hop"),
        ("x-hop", "1"),
        ("te", "trailers"),
        ("upgrade", "h2c"),
        ("content-length", "3"),
        ("expect", "100-continue"),
        ("proxy-authorization", "Basic eA=="),
        ("cookie", "a=1"),
        ("authorization", "Bearer t"),
        ("content-type", "text/plain"),
    ];
    let headers = look("/", &sent, ("/", "/"), |request| request.headers());
    let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    let want = [
        "authorization",
        "content-type",
        "cookie",
        "forwarded",
        "x-forwarded-host",
        "x-forwarded-proto",
    ];
    assert_eq!(names, want);
    assert_eq!(headers["x-forwarded-host"], "gateway.example");
}

#[test]
fn upgrades_are_wishes_for_other_protocols_than_http() {
    for (connection, protocol, want) in [
        ("Upgrade", "websocket", Some("websocket")),
        ("keep-alive, upgrade", "WebSocket", Some("WebSocket")),
        ("keep-alive", "websocket", None),
        ("upgrade, HTTP2-Settings", "h2c", None),
        ("upgrade", "websocket, h2c", None),
        ("upgrade", "HTTP/2.0", None),
    ] {
        let sent = [("connection", connection), ("upgrade", protocol)];
        let got = look("/", &sent, ("/", "/"), |request| {
            let headers = request.headers();
            assert_eq!(headers.contains_key("connection"), want.is_some(), "{protocol}");
            let impossible = want.is_some().then_some(NotPassedOn::NoUpgrade);
            assert_eq!(request.check().err(), impossible, "{protocol}");
            headers.get("upgrade").cloned()
        });
        assert_eq!(
            got.as_ref().map(|value| value.to_str().unwrap()),
            want,
            "{connection} {protocol}"
        );
    }
}
