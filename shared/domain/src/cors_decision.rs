//! What a CORS configuration says of a request (docs/contract.md §2.9). Credentials may be sent by origins that are listed, or
//! below a domain that is: by no others, whatever a configuration says that was stored before this was a rule.

use std::collections::HashSet;

use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method};

use crate::event::canonical_header_name;
use crate::resource::{Cors, may_send_credentials};

/// Most headers that a preflight may ask for: each is looked for among those that are allowed.
const MAX_REQUESTED_HEADERS: usize = 128;

/// What an origin may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grant {
    /// What every origin may.
    AsAnyone,
    /// Read answers, by name or pattern.
    AsItself,
    /// The same, and send credentials.
    WithCredentials,
}

/// Whether a request is a preflight, and if so for which method.
pub fn preflight_method<'a>(method: &Method, headers: &'a HeaderMap) -> Option<&'a str> {
    if method != Method::OPTIONS {
        return None;
    }
    headers
        .get(header::ACCESS_CONTROL_REQUEST_METHOD)?
        .to_str()
        .ok()
        .filter(|method| !method.is_empty())
}

/// Headers of the answer to a preflight.
pub fn preflight_headers(cors: &Cors, headers: &HeaderMap) -> HeaderMap {
    let mut answer = HeaderMap::with_capacity(7);
    for name in [
        header::ORIGIN,
        header::ACCESS_CONTROL_REQUEST_METHOD,
        header::ACCESS_CONTROL_REQUEST_HEADERS,
    ] {
        answer.append(header::VARY, HeaderValue::from_static(vary_name(&name)));
    }
    let Some((origin, grant)) = granted(cors, headers) else {
        return answer;
    };
    let method = text(headers.get(header::ACCESS_CONTROL_REQUEST_METHOD)).to_ascii_uppercase();
    let Some(requested) = requested_headers(headers) else {
        return answer;
    };
    if !allows_method(cors, &method) || !allows_headers(cors, &requested) {
        return answer;
    }
    grant.write(origin, &mut answer);
    insert(&mut answer, header::ACCESS_CONTROL_ALLOW_METHODS, &method);
    if !requested.is_empty() {
        insert(
            &mut answer,
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            &requested.join(", "),
        );
    }
    answer
}

/// Headers added to whatever an actual request is answered with. An OPTIONS request that is no preflight gets none.
pub fn response_headers(cors: &Cors, method: &Method, headers: &HeaderMap) -> HeaderMap {
    let mut answer = HeaderMap::with_capacity(3);
    if method == Method::OPTIONS {
        return answer;
    }
    answer.insert(header::VARY, HeaderValue::from_static("Origin"));
    if let Some((origin, grant)) = granted(cors, headers)
        && allows_method(cors, method.as_str())
    {
        grant.write(origin, &mut answer);
    }
    answer
}

fn vary_name(name: &HeaderName) -> &'static str {
    match *name {
        header::ORIGIN => "Origin",
        header::ACCESS_CONTROL_REQUEST_METHOD => "Access-Control-Request-Method",
        _ => "Access-Control-Request-Headers",
    }
}

fn text(value: Option<&HeaderValue>) -> &str {
    value.and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The origin of a request, and what it may do, if that is anything.
fn granted<'h>(cors: &Cors, headers: &'h HeaderMap) -> Option<(&'h HeaderValue, Grant)> {
    let origin = headers.get(header::ORIGIN)?;
    let name = text(Some(origin));
    if name.is_empty() {
        return None;
    }
    let any = |is_one: &dyn Fn(&str) -> bool| cors.allowed_origins.iter().any(|entry| is_one(entry));
    let is_named = |entry: &str| matches(entry, name) && may_send_credentials(entry);
    let grant = if cors.allow_credentials && may_send_credentials(name) && any(&is_named) {
        Grant::WithCredentials
    } else if any(&|entry| entry == "*") {
        Grant::AsAnyone
    } else if any(&|entry| matches(entry, name)) {
        Grant::AsItself
    } else {
        return None;
    };
    Some((origin, grant))
}

/// Whether an entry stands for an origin, without regard to letter case.
fn matches(entry: &str, origin: &str) -> bool {
    let Some((start, end)) = entry.split_once('*') else {
        return entry.eq_ignore_ascii_case(origin);
    };
    let (start, end, origin) = (start.as_bytes(), end.as_bytes(), origin.as_bytes());
    origin.len() >= start.len() + end.len()
        && origin[..start.len()].eq_ignore_ascii_case(start)
        && origin[origin.len() - end.len()..].eq_ignore_ascii_case(end)
}

impl Grant {
    fn write(self, origin: &HeaderValue, answer: &mut HeaderMap) {
        let allowed = match self {
            Self::AsAnyone => HeaderValue::from_static("*"),
            Self::AsItself | Self::WithCredentials => origin.clone(),
        };
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if self == Self::WithCredentials {
            answer.insert(
                header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
    }
}

fn allows_method(cors: &Cors, method: &str) -> bool {
    method.eq_ignore_ascii_case("OPTIONS")
        || cors
            .allowed_methods
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(method))
}

/// The names that a preflight asks for, separated by blanks or commas, in canonical form; `None` where they are too many.
fn requested_headers(headers: &HeaderMap) -> Option<Vec<String>> {
    let lines = headers.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS);
    let names = lines.iter().flat_map(|line| text(Some(line)).split([' ', ',']));
    let names = names
        .filter(|name| !name.is_empty())
        .take(MAX_REQUESTED_HEADERS + 1);
    let names: Vec<_> = names.map(canonical_header_name).collect();
    (names.len() <= MAX_REQUESTED_HEADERS).then_some(names)
}

/// Most names in a list whose every name is looked for among those that are allowed.
const FEW: usize = 16;

/// Takes time in proportion to both lists, not to their product.
fn allows_headers(cors: &Cors, requested: &[String]) -> bool {
    let allowed = &cors.allowed_headers;
    if allowed.iter().any(|name| name == "*") {
        return true;
    }
    let is_origin = |name: &String| name.eq_ignore_ascii_case("Origin");
    if requested.len() <= FEW {
        return requested
            .iter()
            .all(|name| is_origin(name) || allowed.iter().any(|known| known.eq_ignore_ascii_case(name)));
    }
    let allowed: HashSet<String> = allowed.iter().map(|name| name.to_ascii_lowercase()).collect();
    requested
        .iter()
        .all(|name| is_origin(name) || allowed.contains(&name.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
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
}
