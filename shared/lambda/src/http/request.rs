//! From an event to the request that a server would have read from the client's connection.

use axum::body::Body;
use axum::extract::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::origin::Origin;
use http::uri::{InvalidUri, PathAndQuery};
use http::{HeaderMap, HeaderValue, header};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// An event that describes no request.
#[derive(Debug, thiserror::Error)]
pub(super) enum MalformedEvent {
    /// Its path and query are no request target.
    #[error("request target is malformed")]
    Target(#[from] InvalidUri),
    /// Its body is not what it says it is.
    #[error("request body is not base64")]
    Body(#[from] base64::DecodeError),
}

/// What a path can hold neither as it is nor as a part of a target.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`');

/// The same for a path that was decoded on its way: a percent sign in it stands for itself.
const DECODED_PATH: &AsciiSet = &PATH.add(b'%');

/// What a query cannot hold.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

/// Stage whose name is no part of paths.
const DEFAULT_STAGE: &str = "$default";

/// The request of an event: its target in origin form, all headers, and the bytes of its body.
pub(super) fn from_event(event: ApiGatewayV2httpRequest) -> Result<Request, MalformedEvent> {
    let context = event.request_context;
    let domain = context.domain_name.as_deref().unwrap_or_default();
    let path = event.raw_path.as_deref().unwrap_or_default();
    let target = target(
        without_stage(path, context.stage.as_deref()),
        event.raw_query_string.as_deref().unwrap_or_default(),
        decodes_paths(domain),
    )?;
    let body = match event.body {
        None => Body::empty(),
        Some(text) if event.is_base64_encoded => Body::from(STANDARD.decode(text)?),
        Some(text) => Body::from(text),
    };
    let mut request = Request::new(body);
    *request.method_mut() = context.http.method;
    *request.uri_mut() = target.into();
    *request.headers_mut() = event.headers;
    // Both of what calls functions by HTTP speak TLS only.
    request.extensions_mut().insert(Origin {
        address: context
            .http
            .source_ip
            .as_deref()
            .and_then(|text| text.parse().ok()),
        is_encrypted: true,
    });
    let headers = request.headers_mut();
    insert_missing(headers, header::HOST, domain);
    insert_missing(
        headers,
        header::COOKIE,
        &event.cookies.unwrap_or_default().join("; "),
    );
    Ok(request)
}

/// HTTP APIs decode paths before they hand them on; function URLs hand on what was sent.
fn decodes_paths(domain: &str) -> bool {
    !domain.contains(".lambda-url.")
}

/// The path that the client sent to the stage. Where a domain of one's own maps to a stage with a name, a path that
/// begins with this name cannot be told from one that was given it: such a domain is better mapped to `$default`.
fn without_stage<'p>(path: &'p str, stage: Option<&str>) -> &'p str {
    let Some(stage) = stage.filter(|stage| *stage != DEFAULT_STAGE) else {
        return path;
    };
    path.strip_prefix('/')
        .and_then(|path| path.strip_prefix(stage))
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
        .unwrap_or(path)
}

fn target(path: &str, query: &str, is_decoded: bool) -> Result<PathAndQuery, InvalidUri> {
    let mut target = utf8_percent_encode(path, if is_decoded { DECODED_PATH } else { PATH }).to_string();
    if target.is_empty() {
        target.push('/');
    }
    if !query.is_empty() {
        target.push('?');
        target.extend(utf8_percent_encode(query, QUERY));
    }
    PathAndQuery::try_from(target)
}

fn insert_missing(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if !value.is_empty()
        && !headers.contains_key(&name)
        && let Ok(value) = HeaderValue::from_str(value)
    {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_kept_or_made_valid() {
        for (path, query, as_sent, decoded) in [
            ("", "", "/", "/"),
            ("/", "", "/", "/"),
            ("/a/../b", "", "/a/../b", "/a/../b"),
            ("//a//", "x=%2F&y", "//a//?x=%2F&y", "//a//?x=%2F&y"),
            ("/a%2Fb", "", "/a%2Fb", "/a%252Fb"),
            ("/%68", "", "/%68", "/%2568"),
            ("/100%", "", "/100%", "/100%25"),
            ("/a b", "", "/a%20b", "/a%20b"),
            ("/ä?b#c", "", "/%C3%A4%3Fb%23c", "/%C3%A4%3Fb%23c"),
            ("/{a}\"|^\\", "", "/{a}\"|^\\", "/{a}\"|^\\"),
            ("/\u{7f}\n`<>", "", "/%7F%0A%60%3C%3E", "/%7F%0A%60%3C%3E"),
            (
                "/a",
                "q=a b&<\"#ü",
                "/a?q=a%20b&%3C%22%23%C3%BC",
                "/a?q=a%20b&%3C%22%23%C3%BC",
            ),
            ("/a", "?{}`|^=+%zz", "/a??{}`|^=+%zz", "/a??{}`|^=+%zz"),
        ] {
            for (is_decoded, want) in [(false, as_sent), (true, decoded)] {
                let target = target(path, query, is_decoded).unwrap();
                assert_eq!(target.as_str(), want, "{path} {query} {is_decoded}");
            }
        }
        assert!(target(&"/a".repeat(40_000), "", false).is_err());
    }

    #[test]
    fn stages_with_a_name_are_taken_off() {
        for (path, stage, want) in [
            ("/a", None, "/a"),
            ("/$default/a", Some("$default"), "/$default/a"),
            ("/prod/a", Some("prod"), "/a"),
            ("/prod/prod/a", Some("prod"), "/prod/a"),
            ("/prod", Some("prod"), ""),
            ("/prod/", Some("prod"), "/"),
            ("/production/a", Some("prod"), "/production/a"),
            ("/a/prod/", Some("prod"), "/a/prod/"),
        ] {
            assert_eq!(without_stage(path, stage), want, "{path} {stage:?}");
        }
    }

    #[test]
    fn reading_is_linear() {
        let event =
            |member: &str| format!("{{\"requestContext\":{{\"http\":{{\"method\":\"GET\"}}}},{member}}}");
        let list = |n: usize, item: &dyn Fn(usize) -> String| (0..n).map(item).collect::<Vec<_>>().join(",");
        let events: [(&str, &dyn Fn(usize) -> String); 7] = [
            ("segments", &|n| {
                event(&format!("\"rawPath\":\"{}\"", "/..".repeat(n)))
            }),
            ("characters that are encoded", &|n| {
                event(&format!("\"rawPath\":\"/{}\"", "ä".repeat(n)))
            }),
            ("a query", &|n| {
                event(&format!("\"rawQueryString\":\"{}\"", "a= &".repeat(n)))
            }),
            ("parameters", &|n| {
                event(&format!(
                    "\"queryStringParameters\":{{{}}}",
                    list(n, &|at| format!("\"q{at}\":\"\""))
                ))
            }),
            ("cookies", &|n| {
                event(&format!(
                    "\"cookies\":[{}]",
                    list(n, &|at| format!("\"c{at}=1\""))
                ))
            }),
            ("headers", &|n| {
                event(&format!(
                    "\"headers\":{{{}}}",
                    list(n, &|at| format!("\"x-{at}\":\"1\""))
                ))
            }),
            ("a body", &|n| {
                event(&format!(
                    "\"isBase64Encoded\":true,\"body\":\"{}\"",
                    "AAAA".repeat(n)
                ))
            }),
        ];
        for (name, event) in events {
            // A map of headers takes no more.
            scaling::assert_linear(name, 1_200, event, |event| {
                serde_json::from_str(event)
                    .ok()
                    .map(|event| from_event(event).is_ok())
            });
        }
    }
}
