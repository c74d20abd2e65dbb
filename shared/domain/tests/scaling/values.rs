//! Readers of headers, queries and lists.

use domain::cors_decision::preflight_headers;
use domain::event::{content_type, query_pairs};
use domain::resource::{Cors, Metadata, MetadataFilter, Resource as _};
use domain::space_version::SpaceVersion;
use http::HeaderMap;
use scaling::{assert_linear, pieces};

use crate::SIZE;
use crate::shapes::{Row, list};

/// `n` pieces one after another.
#[test]
fn content_types() {
    let headers: [Row; 6] = [
        ("parameters", |n| pieces(n, |i| format!(";p{i}=v"))),
        ("one parameter", |n| pieces(n, |_| ";p=v".to_owned())),
        ("quoted parameters", |n| {
            pieces(n, |i| format!(r#"; p{i} = "\"v{i}""#))
        }),
        ("blanks at the end", |n| {
            pieces(n, |_| ";p=v".to_owned()) + &" ".repeat(n * 4)
        }),
        ("an open quote", |n| format!(";p=\"{}", "\\\"".repeat(n))),
        ("a long type", |n| "x".repeat(n * 8)),
    ];
    for (name, parameters) in headers {
        let header = |n: usize| format!("text/plain{}", parameters(n));
        assert_linear(name, SIZE, header, |header| {
            content_type::media_type(Some(header))
        });
    }
}

#[test]
fn queries() {
    let queries: [Row; 4] = [
        ("keys", |n| pieces(n, |i| format!("metadata.k{i}=v&"))),
        ("one key", |n| pieces(n, |i| format!("metadata.k={i}&"))),
        ("escapes", |n| format!("metadata.a={}", "%C3%A9+".repeat(n))),
        ("separators", |n| "&".repeat(n * 8)),
    ];
    let labels: Metadata = [("k".to_owned(), "0".to_owned())].into();
    for (name, query) in queries {
        assert_linear(name, SIZE, query, |query| {
            let pairs: Vec<_> = query_pairs(query).collect();
            let filter = MetadataFilter::from_query(pairs.iter().map(|(name, value)| (&**name, &**value)));
            filter.matches(&labels)
        });
    }
}

#[test]
fn versions_of_spaces() {
    let header = |n: usize| list(n, |i| format!("space{i}={i}"));
    assert_linear("versions", SIZE, header, |header| SpaceVersion::list(header));
}

#[test]
fn preflights() {
    type Lists = (Cors, HeaderMap);
    let lists = |n: usize| -> Lists {
        // As many as a configuration may list.
        let allowed = list(256, |i| format!(r#""x-{i}""#));
        let body = format!(r#"{{"method":"GET","path":"/a","allowedHeaders":[{allowed}]}}"#);
        let mut headers = HeaderMap::new();
        let requested = list(n, |i| format!("x-{}", n - 1 - i));
        for (name, value) in [
            ("origin", "http://x"),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", &requested),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        (
            Cors::decode(&"default".into(), None, body.as_bytes()).unwrap(),
            headers,
        )
    };
    assert_linear("preflight", SIZE, lists, |(cors, headers)| {
        preflight_headers(cors, headers)
    });
}
