//! The request for the keys of an issuer.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderMap, HeaderValue};
use http::{Method, StatusCode};

use super::key_set::{KeySet, MalformedKeySet};
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::{BoxError, InvokeError};
use crate::http::HttpRequest;
use crate::single_flight::FETCH_LIMIT;

const ACCEPTED: HeaderValue = HeaderValue::from_static("application/jwk-set+json, application/json");

/// Why there are no keys. The texts show nothing that the server wrote itself.
#[derive(Debug, thiserror::Error)]
enum KeySetError {
    #[error("no answer of the server with the keys of the issuer")]
    Exchange(#[source] BoxError),
    #[error("no answer of the server with the keys of the issuer within {FETCH_LIMIT:?}")]
    TimedOut,
    #[error("the key set of the issuer is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the server with the keys of the issuer answered with HTTP status code {0}")]
    Status(u16),
    #[error(transparent)]
    Malformed(#[from] MalformedKeySet),
}

/// Fetches the keys at a URL, within a time of its own.
pub(super) async fn fetch(with: Arc<Clients>, url: Arc<str>) -> Result<KeySet, InvokeError> {
    let most = with.settings.key_sets.max_bytes;
    let request = HttpRequest {
        url: (&*url).into(),
        query: None,
        method: Method::GET,
        headers: HeaderMap::from_iter([(ACCEPT, ACCEPTED)]),
        body: Bytes::new(),
    };
    let exchange = with
        .http
        .exchange_within(request, most, Deadline::after(FETCH_LIMIT));
    let response = exchange.await.map_err(|error| match error {
        InvokeError::Unavailable { permanent, source } => InvokeError::Unavailable {
            permanent,
            source: KeySetError::Exchange(source).into(),
        },
        InvokeError::TimedOut { .. } => InvokeError::unavailable(KeySetError::TimedOut),
        InvokeError::ResponseTooLarge { limit } => InvokeError::unusable(KeySetError::TooLarge(limit)),
        other => other,
    })?;
    if response.status != StatusCode::OK {
        return Err(InvokeError::unavailable(KeySetError::Status(
            response.status.as_u16(),
        )));
    }
    KeySet::parse(&response.body).map_err(|error| InvokeError::unusable(KeySetError::from(error)))
}
