//! The data of `http.request` events: the request itself (docs/contract.md §2.3).

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::HeaderMap;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::coercion::{Coerced, coerce};
use super::content_type::media_type;
use crate::json::Json;

/// A request as functions see it, without the parameters of the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpRequest {
    /// Headers by canonical name, repeated ones joined with `, `.
    pub headers: BTreeMap<String, String>,
    /// Decoded query parameters.
    pub query: BTreeMap<String, Vec<String>>,
    /// The body as JSON.
    pub body: Json,
    /// Whether the body is a text in base64; left out if it is not.
    #[serde(rename = "isBase64Encoded", skip_serializing_if = "std::ops::Not::not")]
    pub is_base64: bool,
    /// Host with its port, as the client named it.
    pub host: String,
    /// Decoded path.
    pub path: String,
    /// Method.
    pub method: String,
    /// Path parameters as sent.
    pub params: BTreeMap<String, String>,
}

impl HttpRequest {
    /// Describes a request whose path matched with these parameters.
    pub fn new(parts: &Parts, body: &[u8], params: &[(&str, &str)]) -> Self {
        let content_type = parts
            .headers
            .get(http::header::CONTENT_TYPE)
            .map(http::HeaderValue::as_bytes);
        let content_type = content_type.map(String::from_utf8_lossy);
        let content_type = content_type.as_deref().unwrap_or_default();
        let media_type = media_type(Some(content_type)).unwrap_or_default();
        let Coerced { json, is_base64 } = coerce(body, &media_type, content_type);
        Self {
            headers: flatten(&parts.headers),
            query: query(parts.uri.query().unwrap_or_default()),
            body: json,
            is_base64,
            host: host(parts).into_owned(),
            path: percent_decode_str(parts.uri.path())
                .decode_utf8_lossy()
                .into_owned(),
            method: parts.method.to_string(),
            params: params
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }
}

/// The host a request is for: of an absolute target, else of the `Host` header.
pub fn host(parts: &Parts) -> Cow<'_, str> {
    match parts.uri.authority() {
        Some(authority) => Cow::Borrowed(authority.as_str()),
        None => parts
            .headers
            .get(http::header::HOST)
            .map_or(Cow::Borrowed(""), text),
    }
}

fn text(value: &http::HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// Headers by canonical name, repeated ones joined; `Host` and `Transfer-Encoding` belong to the connection.
pub(crate) fn flatten(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut flat: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        if name == http::header::HOST || name == http::header::TRANSFER_ENCODING {
            continue;
        }
        match flat.entry(canonical_name(name.as_str())) {
            std::collections::btree_map::Entry::Vacant(slot) => drop(slot.insert(text(value).into_owned())),
            std::collections::btree_map::Entry::Occupied(mut slot) => {
                slot.get_mut().push_str(", ");
                slot.get_mut().push_str(&text(value));
            }
        }
    }
    flat
}

/// Each part between hyphens capitalised, the rest in lower case.
pub(crate) fn canonical_name(name: &str) -> String {
    let mut start = true;
    let canonical = |c: char| {
        let c = if start {
            c.to_ascii_uppercase()
        } else {
            c.to_ascii_lowercase()
        };
        start = c == '-';
        c
    };
    name.chars().map(canonical).collect()
}

/// The decoded pairs of a query. Only `&` separates (Q49); pairs with bad escapes are dropped.
pub fn query_pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode_component(name)?, decode_component(value)?))
        })
}

fn decode_component(text: &str) -> Option<String> {
    if !crate::validation::has_valid_escapes(text) {
        return None;
    }
    let spaced = text.replace('+', " ");
    Some(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

fn query(query: &str) -> BTreeMap<String, Vec<String>> {
    let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in query_pairs(query) {
        map.entry(name).or_default().push(value);
    }
    map
}
