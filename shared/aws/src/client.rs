//! Clients of services.

use std::fmt;
use std::sync::Arc;

use aws_types::SdkConfig;

use crate::call::Call;
use crate::operation::Invocations;
use crate::service::Service;
use crate::unusable::Unusable;

/// Calls one service in one region as one identity. Clones are the same client.
#[derive(Clone)]
pub struct Client {
    service: Service,
    invocations: Result<Arc<Invocations>, Unusable>,
}

impl Client {
    /// A client with this configuration: its region, endpoints, credentials, retries and timeouts. Does no I/O. Where
    /// the configuration is of no use every call says so.
    pub fn new(service: Service, aws: &SdkConfig) -> Self {
        Self {
            service,
            invocations: Invocations::new(service, aws).map(Arc::new),
        }
    }

    /// Begins a call of an operation, such as `PutRecord`.
    pub fn call(&self, operation: &'static str) -> Call<'_> {
        let invocations = self.invocations.as_deref().map_err(|unusable| *unusable);
        Call::new(self.service, invocations, operation)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}
