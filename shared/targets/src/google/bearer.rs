//! Tokens as requests show them.

use http::header::HeaderValue;

use crate::error::InvokeError;

/// Value of `Authorization`.
pub(super) fn bearer(token: &str) -> Result<HeaderValue, InvokeError> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| InvokeError::unavailable("the token is no header"))?;
    value.set_sensitive(true);
    Ok(value)
}
