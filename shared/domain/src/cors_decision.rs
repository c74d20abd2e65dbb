//! What a CORS configuration says of a request (CONTRACT.md §2.9).

use std::borrow::Cow;

use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method};

use crate::event::canonical_header_name;
use crate::resource::Cors;

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
    let Some(origin) = headers
        .get(header::ORIGIN)
        .filter(|origin| allows_origin(cors, origin))
    else {
        return answer;
    };
    let method = text(headers.get(header::ACCESS_CONTROL_REQUEST_METHOD)).to_ascii_uppercase();
    let requested = requested_headers(&all(headers, header::ACCESS_CONTROL_REQUEST_HEADERS));
    if !allows_method(cors, &method) || !allows_headers(cors, &requested) {
        return answer;
    }
    answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed_origin(cors, origin));
    insert(&mut answer, header::ACCESS_CONTROL_ALLOW_METHODS, &method);
    if !requested.is_empty() {
        insert(
            &mut answer,
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            &requested.join(", "),
        );
    }
    allow_credentials(cors, &mut answer);
    answer
}

/// Headers added to whatever an actual request is answered with. An OPTIONS request that is no preflight gets none.
pub fn response_headers(cors: &Cors, method: &Method, headers: &HeaderMap) -> HeaderMap {
    let mut answer = HeaderMap::with_capacity(3);
    if method == Method::OPTIONS {
        return answer;
    }
    answer.insert(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = headers
        .get(header::ORIGIN)
        .filter(|origin| allows_origin(cors, origin))
        && allows_method(cors, method.as_str())
    {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed_origin(cors, origin));
        allow_credentials(cors, &mut answer);
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

/// All lines of a list as one.
fn all(headers: &HeaderMap, name: HeaderName) -> Cow<'_, str> {
    let mut lines = headers.get_all(name).iter().map(|line| text(Some(line)));
    let first = lines.next().unwrap_or_default();
    lines.fold(Cow::Borrowed(first), |list, line| list + "," + line)
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn allow_credentials(cors: &Cors, headers: &mut HeaderMap) {
    if cors.allow_credentials {
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
    }
}

fn allows_all_origins(cors: &Cors) -> bool {
    cors.allowed_origins.iter().any(|allowed| allowed == "*")
}

fn allows_origin(cors: &Cors, origin: &HeaderValue) -> bool {
    let origin = text(Some(origin)).to_ascii_lowercase();
    !origin.is_empty()
        && (allows_all_origins(cors)
            || cors.allowed_origins.iter().any(|allowed| {
                let allowed = allowed.to_ascii_lowercase();
                match allowed.split_once('*') {
                    None => allowed == origin,
                    Some((start, end)) => {
                        origin.len() >= start.len() + end.len()
                            && origin.starts_with(start)
                            && origin.ends_with(end)
                    }
                }
            }))
}

fn allowed_origin(cors: &Cors, origin: &HeaderValue) -> HeaderValue {
    if allows_all_origins(cors) && !cors.allow_credentials {
        HeaderValue::from_static("*")
    } else {
        origin.clone()
    }
}

fn allows_method(cors: &Cors, method: &str) -> bool {
    method.eq_ignore_ascii_case("OPTIONS")
        || cors
            .allowed_methods
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(method))
}

/// The names of a request list, separated by blanks or commas, in canonical form.
fn requested_headers(list: &str) -> Vec<String> {
    list.split([' ', ','])
        .filter(|name| !name.is_empty())
        .map(canonical_header_name)
        .collect()
}

fn allows_headers(cors: &Cors, requested: &[String]) -> bool {
    let allowed = &cors.allowed_headers;
    allowed.iter().any(|name| name == "*")
        || requested.iter().all(|name| {
            name.eq_ignore_ascii_case("Origin")
                || allowed.iter().any(|known| known.eq_ignore_ascii_case(name))
        })
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
        let wide = cors(r#"{"method":"GET","path":"/h","allowCredentials":true}"#);
        let answer = response_headers(&wide, &Method::GET, &headers(&[("origin", "http://x")]));
        assert_eq!(answer["access-control-allow-origin"], "http://x");
        assert!(response_headers(&wide, &Method::OPTIONS, &headers(&[("origin", "http://x")])).is_empty());
    }
}
