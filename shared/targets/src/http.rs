//! Functions behind HTTP (docs/contract.md §3.2): the event is posted, the body of the answer is the result.

use std::sync::Arc;

use domain::resource::HttpEndpoint;

use crate::answer::FunctionAnswer;
use crate::call::Call;
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;

pub(crate) use self::client::GZIP;
pub(crate) use self::custom::secret_value;
pub(crate) use self::exchange::{HttpRequest, HttpResponse};
pub(crate) use self::hops::{carried, carrying, carrying_and_keeping, keeping};
pub(crate) use self::identification::Identification;
pub(crate) use self::identification::identify;
pub(crate) use self::lookups::{caller, on_behalf_of};
pub(crate) use self::redaction::Redaction;
use self::redaction::redacted;
pub(crate) use self::sending::HttpTargets;
pub(crate) use self::status::{Refusal, refusal};
pub(crate) use self::tls_clients::is_unfit_key;

mod authorization;
mod body;
mod client;
mod connector;
mod credentials;
mod custom;
mod custom_call;
mod destination;
mod destinations;
mod encrypted;
mod ending;
mod exchange;
mod gunzip;
mod hops;
mod identification;
mod lanes;
mod lookups;
mod pass_on;
mod passthrough;
mod pool;
mod redaction;
mod redirect;
mod response_body;
mod sending;
mod signature;
mod status;
mod tls;
mod tls_clients;
mod unread;
mod upgrading;

/// Calls an endpoint.
pub(crate) async fn call(
    with: &Arc<Clients>,
    endpoint: &HttpEndpoint,
    call: Call<'_>,
    deadline: Deadline,
) -> Result<FunctionAnswer, InvokeError> {
    if endpoint.request.is_passthrough() && call.original.is_none() {
        return Err(InvokeError::unusable(passthrough::NoRequest));
    }
    if endpoint.is_plain() {
        let caller = call.caller;
        let answered = with.http.post(endpoint, call, None, deadline).await;
        redacted(answered, caller, || Redaction::of_url(&endpoint.url))
    } else {
        // Boxed, so that plain calls do not have to carry it.
        Box::pin(custom_call::call(with, endpoint, call, deadline)).await
    }
}
