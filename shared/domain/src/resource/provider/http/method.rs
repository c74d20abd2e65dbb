//! Methods of calls.

use http::Method;

use crate::resource::provider::{Members, ProviderError};

/// Longest name of a method.
const MAX_BYTES: usize = 32;

/// Reads the member `method`. Methods are told apart by case, and none that is in use has small letters.
pub(super) fn decode(members: &Members<'_>) -> Result<Option<String>, ProviderError> {
    let method = members.optional("method")?;
    if method.as_deref().is_none_or(is_usable) {
        Ok(method)
    } else {
        Err(ProviderError::Invalid {
            member: "method",
            reason: "must be an HTTP method in capitals, other than CONNECT and TRACE",
        })
    }
}

fn is_usable(method: &str) -> bool {
    method.len() <= MAX_BYTES
        && !method.contains(|c: char| c.is_ascii_lowercase())
        && !matches!(method, "CONNECT" | "TRACE")
        && Method::from_bytes(method.as_bytes()).is_ok()
}
