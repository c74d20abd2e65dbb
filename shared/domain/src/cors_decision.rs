//! What a CORS configuration says of a request (docs/contract.md §2.9). Credentials may be sent by origins that are listed, or
//! below a domain that is: by no others, whatever a configuration says that was stored before this was a rule.

use std::collections::HashSet;

use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method};

use crate::event::canonical_header_name;
use crate::resource::{Cors, may_send_credentials};

/// Most headers that a preflight may ask for: each is looked for among those that are allowed.
const MAX_REQUESTED_HEADERS: usize = 128;

/// Asks whether a page of a public address may call one that is not.
const REQUEST_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

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
    let mut answer = HeaderMap::with_capacity(9);
    for name in [
        header::ORIGIN,
        header::ACCESS_CONTROL_REQUEST_METHOD,
        header::ACCESS_CONTROL_REQUEST_HEADERS,
    ] {
        answer.append(header::VARY, HeaderValue::from_static(vary_name(&name)));
    }
    if cors.allow_private_network {
        let name = HeaderValue::from_static("Access-Control-Request-Private-Network");
        answer.append(header::VARY, name);
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
    if let Some(seconds) = cors.max_age {
        answer.insert(header::ACCESS_CONTROL_MAX_AGE, seconds.into());
    }
    if cors.allow_private_network && text(headers.get(REQUEST_PRIVATE_NETWORK)) == "true" {
        answer.insert(ALLOW_PRIVATE_NETWORK, HeaderValue::from_static("true"));
    }
    answer
}

/// Headers added to whatever an actual request is answered with. An OPTIONS request that is no preflight gets none.
pub fn response_headers(cors: &Cors, method: &Method, headers: &HeaderMap) -> HeaderMap {
    let mut answer = HeaderMap::with_capacity(4);
    if method == Method::OPTIONS {
        return answer;
    }
    answer.insert(header::VARY, HeaderValue::from_static("Origin"));
    if let Some((origin, grant)) = granted(cors, headers)
        && allows_method(cors, method.as_str())
    {
        grant.write(origin, &mut answer);
        if !cors.exposed_headers.is_empty() {
            let names = cors.exposed_headers.join(", ");
            insert(&mut answer, header::ACCESS_CONTROL_EXPOSE_HEADERS, &names);
        }
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

/// A configuration is found by its own method alone, so that a list which nobody chose cannot be meant to keep it out.
fn allows_method(cors: &Cors, method: &str) -> bool {
    method.eq_ignore_ascii_case("OPTIONS")
        || method.eq_ignore_ascii_case(&cors.method) && cors.has_default_methods()
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
mod tests;
