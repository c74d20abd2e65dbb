//! The keys that requests come with. Whatever looks like one is taken off the request before anything else is done with it,
//! so that no function, hook, authorizer, event, log or dead letter ever has it.

use domain::api_key::{GivenKey, KEY_MARK};
use http::header::{AUTHORIZATION, HeaderName};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Uri};
use percent_encoding::percent_decode_str;

/// The header for clients that need `Authorization` for something else.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The query parameter for webhooks that cannot send headers.
const PARAMETER: &str = "key";

/// A request without the key that it came with.
#[derive(Debug)]
pub(crate) struct WithoutKey {
    /// The rest of it.
    pub(crate) parts: Parts,
    /// The key.
    pub(crate) key: GivenKey,
}

/// Takes the keys off a request that comes with some: the first is the one that counts, in the order of `Authorization`,
/// `X-API-Key` and the query. `None` for all other requests, which are left alone.
pub(crate) fn without_key(parts: &Parts) -> Option<Box<WithoutKey>> {
    let is_key = |value: &HeaderValue| key_of(&AUTHORIZATION, value).is_some();
    let is_in_headers = parts.headers.get_all(AUTHORIZATION).iter().any(is_key)
        || parts
            .headers
            .get_all(API_KEY)
            .iter()
            .any(|value| key_of(&API_KEY, value).is_some());
    let is_in_query = parts
        .uri
        .query()
        .is_some_and(|query| query.split('&').any(|pair| key_in(pair).is_some()));
    if !is_in_headers && !is_in_query {
        return None;
    }
    let mut parts = parts.clone();
    let mut found = Vec::new();
    for name in [AUTHORIZATION, API_KEY] {
        take_from_headers(&mut parts.headers, &name, &mut found);
    }
    if is_in_query {
        take_from_query(&mut parts.uri, &mut found);
    }
    let key = found
        .first()
        .map_or(GivenKey::Malformed, |text| GivenKey::read(text));
    Some(Box::new(WithoutKey { parts, key }))
}

/// What looks like a key in the value of a header. Whatever else is with it, and however it is written, is nothing that
/// anybody but a gateway could make use of: it is no key then, and taken off all the same.
fn key_of<'v>(name: &HeaderName, value: &'v HeaderValue) -> Option<&'v str> {
    let is_mark = |piece: &[u8]| piece.starts_with(KEY_MARK.as_bytes());
    let mut pieces = value
        .as_bytes()
        .split(|byte| byte.is_ascii_whitespace() || *byte == b',');
    if !pieces.any(is_mark) {
        return None;
    }
    let text = value.to_str().unwrap_or_default();
    let alone = if *name == AUTHORIZATION {
        let bearer = text
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        bearer.map_or("", |(_, key)| key.trim())
    } else {
        text.trim()
    };
    Some(alone)
}

/// What looks like a key in a pair of the query, as forms write it.
fn key_in(pair: &str) -> Option<String> {
    let (name, value) = pair.split_once('=')?;
    let is_named_so = percent_decode_str(name)
        .decode_utf8()
        .is_ok_and(|name| name == PARAMETER);
    if !is_named_so {
        return None;
    }
    let value = value.replace('+', " ");
    let value = percent_decode_str(&value).decode_utf8_lossy();
    let value = value.trim();
    value.starts_with(KEY_MARK).then(|| value.to_owned())
}

fn take_from_headers(headers: &mut HeaderMap, name: &HeaderName, found: &mut Vec<String>) {
    let values: Vec<HeaderValue> = headers.get_all(name).iter().cloned().collect();
    headers.remove(name);
    for value in values {
        match key_of(name, &value) {
            Some(key) => found.push(key.to_owned()),
            None => drop(headers.append(name, value)),
        }
    }
}

fn take_from_query(uri: &mut Uri, found: &mut Vec<String>) {
    let query = uri.query().unwrap_or_default();
    let mut left = Vec::new();
    for pair in query.split('&') {
        match key_in(pair) {
            Some(key) => found.push(key),
            None => left.push(pair),
        }
    }
    let path = uri.path();
    let rest = if left.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", left.join("&"))
    };
    let mut parts = uri.clone().into_parts();
    // Of parts that were one before another can be made; should it fail all the same, nothing of the query is left.
    parts.path_and_query = PathAndQuery::try_from(rest)
        .ok()
        .or_else(|| Some(PathAndQuery::from_static("/")));
    *uri = Uri::from_parts(parts).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use domain::api_key::key_text;

    use super::*;

    fn key(id: &str) -> String {
        key_text(&id.into(), "0123456789abcdefghijABCDEFGHIJ")
    }

    fn taken(headers: &[(&str, String)], uri: &str) -> Option<Box<WithoutKey>> {
        let mut request = http::Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        without_key(&request.body(()).unwrap().into_parts().0)
    }

    fn id(taken: &WithoutKey) -> Option<&str> {
        match &taken.key {
            GivenKey::WellFormed(key) => Some(key.id().as_str()),
            GivenKey::Malformed => None,
        }
    }

    #[test]
    fn what_is_no_key_stays() {
        for headers in [
            vec![],
            vec![("authorization", "Bearer eyJhbGciOi".to_owned())],
            vec![("authorization", "Basic ZWdrX2xpdmVf".to_owned())],
            vec![("x-api-key", "secret".to_owned())],
        ] {
            for uri in ["/a", "/a?key=secret", "/a?token=egk_live_x", "http://h/a?&&key"] {
                assert!(taken(&headers, uri).is_none(), "{headers:?} {uri}");
            }
        }
    }

    #[test]
    fn a_key_is_found_wherever_it_may_stand_and_nowhere_left() {
        let (one, two, three) = (key("one0000001"), key("two0000002"), key("three00003"));
        let escaped = two.replace('_', "%5F");
        for (headers, uri, want, left) in [
            (
                vec![("authorization", format!("bearer  {one} "))],
                "/a?b=c".to_owned(),
                "one0000001",
                "/a?b=c",
            ),
            (
                vec![("x-api-key", one.clone())],
                "/a".to_owned(),
                "one0000001",
                "/a",
            ),
            (vec![], format!("/a?b=c&key={two}&d"), "two0000002", "/a?b=c&d"),
            (
                vec![],
                format!("http://host/a/%20?k%65y={escaped}"),
                "two0000002",
                "/a/%20",
            ),
            (
                vec![
                    ("x-api-key", two.clone()),
                    ("authorization", format!("Bearer {one}")),
                ],
                format!("/a?key={three}&key=mine"),
                "one0000001",
                "/a?key=mine",
            ),
        ] {
            let taken = taken(&headers, &uri).unwrap();
            assert_eq!(id(&taken), Some(want), "{uri}");
            assert_eq!(taken.parts.uri.path_and_query().unwrap().as_str(), left);
            let rest = format!("{:?}", taken.parts);
            assert!(!rest.contains("0123456789abc"), "{rest}");
        }
    }

    #[test]
    fn others_of_the_same_name_stay() {
        let headers = [
            ("authorization", format!("Bearer {}", key("one0000001"))),
            ("authorization", "Basic YTpi".to_owned()),
        ];
        let taken = taken(&headers, "/").unwrap();
        assert_eq!(taken.parts.headers[AUTHORIZATION], "Basic YTpi");
    }

    /// None of these opens anything, and no function is shown the key in them.
    #[test]
    fn keys_that_are_written_otherwise_are_taken_off() {
        let key = key("one0000001");
        for (name, value) in [
            ("authorization", key.clone()),
            ("authorization", format!("Bearer\t{key}")),
            ("authorization", format!("Basic {key}")),
            ("authorization", format!("Bearer other, Bearer {key}")),
            ("x-api-key", format!("other,{key}")),
        ] {
            let taken = taken(&[(name, value.clone())], "/").expect(&value);
            assert!(taken.parts.headers.is_empty(), "{value}");
            assert_eq!(id(&taken), None, "{value}");
        }
        for query in [format!("key=%20{key}"), format!("key=+{key}%ff")] {
            let taken = taken(&[], &format!("/?{query}")).expect(&query);
            assert_eq!(taken.parts.uri, "/", "{query}");
        }
    }

    #[test]
    fn what_only_looks_like_a_key_is_taken_off_as_well() {
        let slip = format!("{}x", key("one0000001"));
        let taken = taken(&[("authorization", format!("Bearer {slip}"))], "/?key=egk_test").unwrap();
        assert_eq!(id(&taken), None);
        assert!(taken.parts.headers.is_empty());
        assert_eq!(taken.parts.uri, "/");
    }
}
