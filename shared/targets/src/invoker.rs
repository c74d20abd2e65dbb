//! The one entry: calls a function whatever its provider.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use domain::resource::Provider;

use crate::aws::Aws;
use crate::error::InvokeError;
use crate::http::HttpTargets;
use crate::settings::{TargetSettings, TargetSettingsError};
use crate::{firehose, kinesis, lambda, sqs};

/// Calls functions. A cheap handle: clones share connections and AWS clients.
#[derive(Clone)]
pub struct Invoker(Arc<Inner>);

struct Inner {
    settings: TargetSettings,
    http: HttpTargets,
    aws: Aws,
}

impl Invoker {
    /// An invoker without any connection: it opens nothing and reads nothing, not even certificates.
    pub fn new(settings: TargetSettings) -> Result<Self, TargetSettingsError> {
        settings.validate()?;
        let http = HttpTargets::new(&settings);
        let aws = Aws::new(&settings);
        Ok(Self(Arc::new(Inner { settings, http, aws })))
    }

    /// Sends an event (its JSON) to a function and gives what it answers: the body of an HTTP response of any status
    /// below 500 (CONTRACT.md A10), the payload of a Lambda function, the id that a stream or queue gave the record.
    pub async fn invoke(&self, provider: &Provider, event: Bytes) -> Result<Bytes, InvokeError> {
        let limit = self.0.settings.timeout;
        let call = self.call(provider, event);
        let result = tokio::time::timeout(limit, call)
            .await
            .unwrap_or(Err(InvokeError::TimedOut { limit }))?;
        // Bodies over HTTP were cut while they came in; the SDKs give theirs as a whole.
        let limit = self.0.settings.max_response_bytes;
        if result.len() > limit {
            Err(InvokeError::ResponseTooLarge { limit })
        } else {
            Ok(result)
        }
    }

    async fn call(&self, provider: &Provider, event: Bytes) -> Result<Bytes, InvokeError> {
        let Inner { http, aws, .. } = &*self.0;
        // The futures of the SDKs are large; boxed, they do not weigh on calls of HTTP endpoints.
        match provider {
            Provider::Http(endpoint) => http.post(endpoint, event).await,
            Provider::AwsLambda(function) => Box::pin(lambda::invoke(aws, function, event)).await,
            Provider::AwsKinesis(stream) => Box::pin(kinesis::put(aws, stream, event)).await,
            Provider::AwsFirehose(stream) => Box::pin(firehose::put(aws, stream, event)).await,
            Provider::AwsSqs(queue) => Box::pin(sqs::send(aws, queue, event)).await,
        }
    }
}

impl fmt::Debug for Invoker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the endpoint of AWS: a URL may hold a password.
        let TargetSettings {
            timeout,
            max_response_bytes,
            ..
        } = &self.0.settings;
        f.debug_struct("Invoker")
            .field("timeout", timeout)
            .field("max_response_bytes", max_response_bytes)
            .finish_non_exhaustive()
    }
}
