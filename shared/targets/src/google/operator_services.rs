//! Services whose place the operator of the gateway chose, not whoever registered a function.

use super::token_answer::MAX_ANSWER;
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::http::{HttpRequest, HttpResponse};

/// Where the metadata server of a machine at Google is.
const METADATA_HOST: &str = "metadata.google.internal";

/// Host, and port if it is not 80, of the metadata server.
pub(super) fn metadata_host(with: &Clients) -> &str {
    with.settings
        .google_metadata_host
        .as_deref()
        .unwrap_or(METADATA_HOST)
}

/// The one way past the network guard: addresses that the operator set, or that Google fixed. No part of them comes
/// from a function's settings.
pub(super) async fn exchange_unguarded(
    with: &Clients,
    request: HttpRequest,
    deadline: Deadline,
) -> Result<HttpResponse, InvokeError> {
    with.operator_http
        .exchange_within(request, MAX_ANSWER, deadline)
        .await
}

/// Sends a request to an API of Google, or to the place that the operator set for all of these.
pub(super) async fn exchange_with_google(
    with: &Clients,
    mut request: HttpRequest,
    deadline: Deadline,
) -> Result<HttpResponse, InvokeError> {
    let Some(endpoint) = with.settings.google_endpoint_url.as_deref() else {
        return with.http.exchange_within(request, MAX_ANSWER, deadline).await;
    };
    let path = path_of(&request.url);
    request.url = format!("{}{path}", endpoint.trim_end_matches('/')).into();
    exchange_unguarded(with, request, deadline).await
}

/// What follows scheme and host.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("", |at| &rest[at..])
}
