//! Whether several attempts are made of one call.

use aws::{Call, Client};
use domain::hops::HOPS_HEADER;

use crate::http::carried;

/// Makes an operation go with a single attempt if that is asked for, and say how often its event was passed on: a queue's
/// URL may lead back to the gateway. The client stays the one that all calls share.
macro_rules! with_retries {
    ($operation:expr, $service:ident, $retries:expr) => {{
        let mut operation = $operation.customize();
        let hops = crate::http::carried();
        if !hops.is_none() {
            operation = operation.mutate_request(move |request| {
                request
                    .headers_mut()
                    .insert(domain::hops::HOPS_HEADER, hops.to_string());
            });
        }
        if $retries {
            operation
        } else {
            let once =
                $service::config::Builder::new().retry_config(aws_config::retry::RetryConfig::disabled());
            operation.config_override(once)
        }
    }};
}
pub(crate) use with_retries;

/// Begins a call of a service without an SDK: with a single attempt unless `retries`, and with how often its event was
/// passed on, as `with_retries` does.
pub(super) fn call<'c>(client: &'c Client, operation: &'static str, retries: bool) -> Call<'c> {
    let call = client.call(operation).retries(retries);
    let hops = carried();
    if hops.is_none() {
        return call;
    }
    call.header(HOPS_HEADER, hops.to_string())
}
