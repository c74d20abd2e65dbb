//! What preflights and other requests are told.

use super::*;
use crate::resource::Resource;

fn cors(body: &str) -> Cors {
    Cors::decode(&"default".into(), None, body.as_bytes()).unwrap()
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect()
}

fn request(origin: &'static str, method: &'static str, names: &'static str) -> HeaderMap {
    headers(&[
        ("origin", origin),
        ("access-control-request-method", method),
        ("access-control-request-headers", names),
    ])
}

#[test]
fn preflights() {
    let default = cors(r#"{"method":"GET","path":"/h"}"#);
    let answer = preflight_headers(
        &default,
        &request("http://x", "get", "Content-Type,accept, origin"),
    );
    assert_eq!(answer["access-control-allow-origin"], "*");
    assert_eq!(answer["access-control-allow-methods"], "GET");
    assert_eq!(
        answer["access-control-allow-headers"],
        "Content-Type, Accept, Origin"
    );
    assert_eq!(answer.get_all("vary").iter().count(), 3);
    for refused in [
        request("http://x", "GET", "x-foo"),
        request("http://x", "PUT", ""),
        headers(&[("access-control-request-method", "GET")]),
    ] {
        assert_eq!(preflight_headers(&default, &refused).len(), 3, "{refused:?}");
    }
}

#[test]
fn requested_headers_are_one_list_on_any_number_of_lines() {
    let narrow = cors(r#"{"method":"GET","path":"/h","allowedHeaders":["x-a","x-b"]}"#);
    let mut asked = request("http://x", "GET", "x-a");
    asked.append("access-control-request-headers", HeaderValue::from_static("X-B"));
    let answer = preflight_headers(&narrow, &asked);
    assert_eq!(answer["access-control-allow-headers"], "X-A, X-B");
    asked.append("access-control-request-headers", HeaderValue::from_static("x-c"));
    assert_eq!(preflight_headers(&narrow, &asked).len(), 3);
}

#[test]
fn origins() {
    let narrow = cors(
        r#"{"method":"PUT","path":"/h","allowedOrigins":["http://example.com","http://*.foo.com"],"allowedMethods":["put"],"allowCredentials":true}"#,
    );
    for (origin, allowed) in [
        ("http://EXAMPLE.com", true),
        ("http://a.foo.com", true),
        ("http://foo.com", false),
        ("https://a.foo.com", false),
        ("http://.foo.com", true),
    ] {
        let answer = response_headers(&narrow, &Method::PUT, &headers(&[("origin", origin)]));
        assert_eq!(
            answer.contains_key("access-control-allow-origin"),
            allowed,
            "{origin}"
        );
        assert_eq!(answer.contains_key("access-control-allow-credentials"), allowed);
        assert_eq!(answer["vary"], "Origin");
    }
    assert!(
        response_headers(
            &narrow,
            &Method::OPTIONS,
            &headers(&[("origin", "http://example.com")])
        )
        .is_empty()
    );
}

/// A configuration as it may have been stored before open origins with credentials were refused.
fn stored(origins: &[&str]) -> Cors {
    Cors {
        allowed_origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
        ..cors(r#"{"method":"GET","path":"/h","allowCredentials":true}"#)
    }
}

#[test]
fn nobody_gets_credentials_who_is_not_named() {
    for (origins, origin, allowed, has_credentials) in [
        (&["*"][..], "https://evil.example", Some("*"), false),
        (&["*"], "null", Some("*"), false),
        (
            &["https://app.example", "*"],
            "https://app.example",
            Some("https://app.example"),
            true,
        ),
        (
            &["https://app.example", "*"],
            "https://evil.example",
            Some("*"),
            false,
        ),
        (&["null"], "null", Some("null"), false),
        (&["n*"], "null", Some("null"), false),
        (
            &["**"],
            "https://evil.example*",
            Some("https://evil.example*"),
            false,
        ),
        (
            &["https://*"],
            "https://evil.example",
            Some("https://evil.example"),
            false,
        ),
        (
            &["h*"],
            "https://evil.example",
            Some("https://evil.example"),
            false,
        ),
        (
            &["https://*.shop.example"],
            "https://a.shop.example",
            Some("https://a.shop.example"),
            true,
        ),
        (&["https://*.shop.example"], "https://ashop.example", None, false),
        (
            &["https://*", "https://a.shop.example"],
            "https://a.shop.example",
            Some("https://a.shop.example"),
            true,
        ),
        (&["https://app.example"], "null", None, false),
        (&["https://app.example"], "", None, false),
    ] {
        let cors = stored(origins);
        let request = request(origin, "GET", "");
        for answer in [
            response_headers(&cors, &Method::GET, &request),
            preflight_headers(&cors, &request),
        ] {
            let got = answer
                .get("access-control-allow-origin")
                .map(|value| value.to_str().unwrap());
            assert_eq!(got, allowed, "{origins:?} {origin}");
            let credentials = answer.contains_key("access-control-allow-credentials");
            assert_eq!(credentials, has_credentials, "{origins:?} {origin}");
            assert!(answer.get_all("vary").iter().any(|name| name == "Origin"));
        }
    }
}

#[test]
fn preflights_ask_for_so_many_headers() {
    let open = cors(r#"{"method":"GET","path":"/h","allowedHeaders":["*"]}"#);
    let ask = |count: usize, lines: usize| {
        let line = vec!["x-a"; count / lines].join(",");
        let mut asked = request("http://x", "GET", "");
        asked.remove("access-control-request-headers");
        for _ in 0..lines {
            asked.append("access-control-request-headers", line.parse().unwrap());
        }
        preflight_headers(&open, &asked)
    };
    for lines in [1, 4] {
        let answer = ask(MAX_REQUESTED_HEADERS, lines);
        let echoed = answer["access-control-allow-headers"].to_str().unwrap();
        assert_eq!(echoed.split(", ").count(), MAX_REQUESTED_HEADERS);
        assert_eq!(ask(MAX_REQUESTED_HEADERS + 4, lines).len(), 3);
    }
}

#[test]
fn the_own_method_is_allowed_where_no_methods_are_listed() {
    for (members, allowed) in [
        ("", true),
        (r#","allowedMethods":[]"#, true),
        (r#","allowedMethods":["PUT"]"#, true),
        (r#","allowedMethods":["GET"]"#, false),
        (r#","allowedMethods":["GET","HEAD","POST"]"#, false),
    ] {
        let put = cors(&format!(r#"{{"method":"PUT","path":"/h"{members}}}"#));
        let preflight = preflight_headers(&put, &request("http://x", "PUT", ""));
        assert_eq!(
            preflight.contains_key("access-control-allow-origin"),
            allowed,
            "{members}"
        );
        let answer = response_headers(&put, &Method::PUT, &headers(&[("origin", "http://x")]));
        assert_eq!(
            answer.contains_key("access-control-allow-origin"),
            allowed,
            "{members}"
        );
        assert_eq!(
            preflight_headers(&put, &request("http://x", "DELETE", "")).len(),
            3,
            "{members}"
        );
    }
}

#[test]
fn preflights_may_be_kept_and_answers_be_read() {
    let open = cors(r#"{"method":"GET","path":"/h","maxAge":600,"exposedHeaders":["X-A","x-b"]}"#);
    let asked = request("http://x", "GET", "");
    let preflight = preflight_headers(&open, &asked);
    assert_eq!(preflight["access-control-max-age"], "600");
    assert!(!preflight.contains_key("access-control-expose-headers"));
    let answer = response_headers(&open, &Method::GET, &asked);
    assert_eq!(answer["access-control-expose-headers"], "X-A, x-b");
    assert!(!answer.contains_key("access-control-max-age"));
    let refused = request("http://x", "DELETE", "");
    assert_eq!(preflight_headers(&open, &refused).len(), 3);
    assert_eq!(response_headers(&open, &Method::DELETE, &refused).len(), 1);
}

#[test]
fn private_networks_are_for_configurations_that_say_so() {
    let open = cors(r#"{"method":"GET","path":"/h","allowPrivateNetwork":true}"#);
    let mut asked = request("http://x", "GET", "");
    let varies = |answer: &HeaderMap| answer.get_all("vary").iter().count();
    let answer = preflight_headers(&open, &asked);
    assert!(!answer.contains_key("access-control-allow-private-network"));
    assert_eq!(varies(&answer), 4);
    asked.insert(
        "access-control-request-private-network",
        HeaderValue::from_static("true"),
    );
    assert_eq!(
        preflight_headers(&open, &asked)["access-control-allow-private-network"],
        "true"
    );
    let other = cors(r#"{"method":"GET","path":"/h"}"#);
    let answer = preflight_headers(&other, &asked);
    assert!(!answer.contains_key("access-control-allow-private-network"));
    assert_eq!(varies(&answer), 3);
}
