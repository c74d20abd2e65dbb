//! Headers that a function's own settings add to its calls.

use std::collections::BTreeMap;

use http::header::HeaderName;

use crate::resource::Secret;
use crate::resource::provider::{Members, ProviderError};

/// Most headers of one endpoint.
const MOST: usize = 64;

/// Headers that belong to the connection or to the message as such (RFC 9110, section 7.6.1), and those that tell what
/// the gateway can read.
const RESERVED: [&str; 15] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers by which calls are known, and those of events.
const RESERVED_PREFIXES: [&str; 3] = ["webhook-", "x-event-gateway-", "ce-"];

/// Reads the member `headers`.
pub(super) fn decode(members: &Members<'_>) -> Result<BTreeMap<String, Secret>, ProviderError> {
    let refuse = |reason| ProviderError::Invalid {
        member: "headers",
        reason,
    };
    let mut headers: BTreeMap<String, Secret> = BTreeMap::new();
    let inner = members.inner("headers")?;
    // First of all, so that no more than these are compared with each other.
    if inner.as_ref().is_some_and(|inner| inner.object().len() > MOST) {
        return Err(refuse("must be at most 64"));
    }
    for (name, raw) in inner.iter().flat_map(|inner| inner.object().members()) {
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(refuse("must have names that headers can have"));
        }
        if !is_free(name) {
            return Err(refuse("must not name headers that the gateway sets itself"));
        }
        if headers.keys().any(|known| known.eq_ignore_ascii_case(name)) {
            return Err(refuse("must not name a header twice"));
        }
        let value = Secret::from_raw(raw, "headers")?;
        if value.is_empty() || !may_be_value(&value) {
            return Err(refuse("must have values of visible ASCII characters"));
        }
        headers.insert(name.to_owned(), value);
    }
    Ok(headers)
}

/// Whether a text is the name of a header that the gateway leaves to the settings.
pub(super) fn is_free(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    HeaderName::from_bytes(name.as_bytes()).is_ok()
        && !RESERVED.contains(&name.as_str())
        && !RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether a secret may be the value of a header; of one that is elsewhere nobody knows yet.
pub(super) fn may_be_value(secret: &Secret) -> bool {
    match secret {
        Secret::Inline(text) => text.bytes().all(|b| b == b'\t' || matches!(b, b' '..=b'~')),
        Secret::Reference(_) => true,
    }
}
