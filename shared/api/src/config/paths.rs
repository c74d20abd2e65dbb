//! Paths of the Configuration API (docs/contract.md §1.1): matched after decoding, with a slash at the end or without,
//! and with the CORS id as whatever follows `/cors/`.

use domain::ids::{CorsId, Space, TenantId};
use domain::resource::Kind;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::endpoint::Endpoint;
use super::subjects;

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// `/v1/status`
    Status,
    /// `/v1/metrics`
    Metrics,
    /// `/v1/diagnosis`
    Diagnosis,
    /// `/v1/openapi.json`
    OpenApi,
    /// `/v1/spaces`
    Spaces,
    /// `/v1/tenants`
    Tenants,
    /// `/v1/spaces/{space}/{collection}` or an item of it
    Resource {
        space: Space,
        kind: Kind,
        id: Option<String>,
    },
    /// Something else of a space, or something of a tenant
    Endpoint {
        /// The space, or the place of the tenant.
        space: Space,
        endpoint: &'static Endpoint,
        /// The id in the path; empty where the path has none.
        id: String,
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

impl Route {
    /// The space that it is of, or the place of the tenant.
    pub(super) fn space(&self) -> Option<&Space> {
        match self {
            Self::Status | Self::Metrics | Self::Diagnosis | Self::OpenApi | Self::Spaces | Self::Tenants => {
                None
            }
            Self::Resource { space, .. } | Self::Endpoint { space, .. } => Some(space),
        }
    }

    /// The path as the OpenAPI document has it, without names of anything.
    pub(super) fn pattern(&self) -> String {
        let of_space = |rest: &str| format!("/v1/spaces/{{space}}{rest}");
        match self {
            Self::Status => "/v1/status".to_owned(),
            Self::Metrics => "/v1/metrics".to_owned(),
            Self::Diagnosis => "/v1/diagnosis".to_owned(),
            Self::OpenApi => "/v1/openapi.json".to_owned(),
            Self::Spaces => "/v1/spaces".to_owned(),
            Self::Tenants => "/v1/tenants".to_owned(),
            Self::Resource { kind, id, .. } => {
                let item = if id.is_some() { "/{id}" } else { "" };
                of_space(&format!("/{}{item}", segment(*kind)))
            }
            Self::Endpoint { space, endpoint, .. } => {
                let segments = endpoint.path.iter();
                let rest = segments.flat_map(|segment| ["/", segment]).collect::<String>();
                match space.tenant() {
                    Some(_) => format!("/v1/tenants/{{tenant}}{rest}"),
                    None => of_space(&rest),
                }
            }
        }
    }
}

/// Segment of a collection in a path.
pub(super) fn segment(kind: Kind) -> &'static str {
    match kind {
        Kind::EventType => "eventtypes",
        Kind::Function => "functions",
        Kind::Subscription => "subscriptions",
        Kind::Cors => "cors",
        Kind::Space => "spaces",
        Kind::Key => "keys",
        Kind::Tenant => "tenants",
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
    if cleaned != decoded
        && let Some(route) = route(&cleaned, &cleaned, method)
        && !means_more(&route, method)
    {
        let encoded: Vec<_> = cleaned
            .split('/')
            .map(|part| utf8_percent_encode(part, SEGMENT).to_string())
            .collect();
        return Resolved::Redirect(encoded.join("/"));
    }
    Resolved::Unknown
}

/// Only their very path means all dead letters, or the settings of a space: what a script makes of an empty id is not mended
/// into it.
fn means_more(route: &Route, method: &Method) -> bool {
    match route {
        Route::Endpoint { endpoint, .. } => {
            method == Method::DELETE && (endpoint.path.is_empty() || endpoint.path == ["deadletters"])
        }
        // There is nothing to be done to all spaces, so one of them was meant.
        Route::Spaces | Route::Tenants => !matches!(*method, Method::GET | Method::HEAD),
        _ => false,
    }
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
    let endpoint = |space: &str, segments: &[&str]| {
        let (endpoint, id) = subjects::find(segments)?;
        Some(Route::Endpoint {
            space: Space::or_default(space),
            endpoint,
            id: id.to_owned(),
        })
    };
    // What is kept of a tenant is no space.
    if let ["v1", "spaces", space, ..] = segments.as_slice()
        && Space::from(*space).tenant().is_some()
    {
        return None;
    }
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
    if let ["v1", "spaces", space, "deadletters", ""] = segments.as_slice()
        && method == Method::DELETE
    {
        return endpoint(space, &["deadletters", ""]);
    }
    if segments.len() > 1 && segments.last() == Some(&"") {
        segments.pop();
    }
    match segments.as_slice() {
        ["v1", "status"] => Some(Route::Status),
        ["v1", "metrics"] => Some(Route::Metrics),
        ["v1", "diagnosis"] => Some(Route::Diagnosis),
        ["v1", "openapi.json"] => Some(Route::OpenApi),
        ["v1", "spaces"] => Some(Route::Spaces),
        ["v1", "tenants"] => Some(Route::Tenants),
        // The settings of a space are changed by its name only: an empty one, as a script makes it, is not `default`.
        ["v1", "spaces" | "tenants", ""] => None,
        ["v1", "tenants", tenant, rest @ ..] => {
            let (endpoint, id) = subjects::find_of_tenant(rest)?;
            Some(Route::Endpoint {
                space: TenantId::from(*tenant).place(),
                endpoint,
                id: id.to_owned(),
            })
        }
        ["v1", "spaces", space, rest @ ..] => endpoint(space, rest).or_else(|| match rest {
            [collection] => resource(space, kind(collection)?, None),
            [collection, id] => resource(space, kind(collection)?, Some((*id).to_owned())),
            _ => None,
        }),
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
    // Of CORS configurations everything behind the collection is the id.
    if let [_, _, _, collection, _, literal, ..] = segments.as_mut_slice()
        && collection == segment(Kind::Subscription)
    {
        literal.make_ascii_lowercase();
    }
    format!("/{}", segments.join("/"))
}

#[cfg(test)]
mod tests;
