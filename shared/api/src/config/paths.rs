//! Paths of the Configuration API (CONTRACT.md §1.1): matched after decoding, with a slash at the end or without,
//! and with the CORS id as whatever follows `/cors/`.

use domain::ids::{CorsId, Space};
use domain::resource::Kind;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// `/v1/status`
    Status,
    /// `/v1/metrics`
    Metrics,
    /// `/v1/openapi.json`
    OpenApi,
    /// `/v1/spaces/{space}/{collection}` or an item of it
    Resource {
        space: Space,
        kind: Kind,
        id: Option<String>,
    },
}

/// What is to be done about a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Resolved {
    /// It names something.
    Route(Route),
    /// It names something in another letter case or with superfluous segments: the path that was meant.
    Redirect(String),
    /// It names nothing.
    Unknown,
}

/// Segment of a collection in a path.
pub(super) fn segment(kind: Kind) -> &'static str {
    match kind {
        Kind::EventType => "eventtypes",
        Kind::Function => "functions",
        Kind::Subscription => "subscriptions",
        Kind::Cors => "cors",
    }
}

fn kind(segment_text: &str) -> Option<Kind> {
    [Kind::EventType, Kind::Function, Kind::Subscription, Kind::Cors]
        .into_iter()
        .find(|kind| segment(*kind) == segment_text)
}

/// Finds what a raw path names.
pub(super) fn resolve(path: &str, method: &Method) -> Resolved {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    if let Some(route) = route(path, &decoded, method) {
        return Resolved::Route(route);
    }
    let cleaned = clean(&decoded);
    if cleaned != decoded && route(&cleaned, &cleaned, method).is_some() {
        let encoded: Vec<_> = cleaned
            .split('/')
            .map(|part| utf8_percent_encode(part, SEGMENT).to_string())
            .collect();
        return Resolved::Redirect(encoded.join("/"));
    }
    Resolved::Unknown
}

/// Everything but unreserved characters.
const SEGMENT: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn route(raw: &str, decoded: &str, method: &Method) -> Option<Route> {
    let mut segments: Vec<&str> = decoded.strip_prefix('/')?.split('/').collect();
    let resource = |space: &str, kind, id| {
        Some(Route::Resource {
            space: Space::or_default(space),
            kind,
            id,
        })
    };
    if let ["v1", "spaces", space, "cors", first, ..] = segments.as_slice() {
        // Only a POST to `/cors/` means the collection.
        if !(segments.len() == 5 && first.is_empty() && method == Method::POST) {
            let rest = raw_rest(raw).unwrap_or_default();
            return resource(
                space,
                Kind::Cors,
                Some(CorsId::from_request_path(rest).to_string()),
            );
        }
    }
    if segments.len() > 1 && segments.last() == Some(&"") {
        segments.pop();
    }
    match segments.as_slice() {
        ["v1", "status"] => Some(Route::Status),
        ["v1", "metrics"] => Some(Route::Metrics),
        ["v1", "openapi.json"] => Some(Route::OpenApi),
        ["v1", "spaces", space, collection] => resource(space, kind(collection)?, None),
        ["v1", "spaces", space, collection, id] => resource(space, kind(collection)?, Some((*id).to_owned())),
        _ => None,
    }
}

/// What follows the collection in a raw path: the text after its fifth `/`, an encoded one counting as one.
fn raw_rest(raw: &str) -> Option<&str> {
    let mut rest = raw;
    for _ in 0..5 {
        let plain = rest.find('/').map(|at| (at, 1));
        let encoded = rest.to_ascii_lowercase().find("%2f").map(|at| (at, 3));
        let (at, width) = plain.into_iter().chain(encoded).min()?;
        rest = &rest[at + width..];
    }
    Some(rest)
}

/// A path without empty, `.` and `..` segments, its literal segments in lower case.
fn clean(path: &str) -> String {
    let mut segments: Vec<String> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment.to_owned()),
        }
    }
    for (at, segment) in segments.iter_mut().enumerate() {
        if matches!(at, 0 | 1 | 3) {
            segment.make_ascii_lowercase();
        }
    }
    format!("/{}", segments.join("/"))
}

#[cfg(test)]
mod tests {
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
            "/v1/spaces",
            "/v1/spaces/s",
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
}
