//! The one entry: calls a function whatever its provider.

use std::fmt;
use std::sync::Arc;

use domain::resource::Provider;

use crate::answer::Answer;
use crate::aws::Aws;
use crate::call::Call;
use crate::deadline::Deadline;
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
    ///
    /// [`Answer::rejection`] tells an async delivery that the event was not taken all the same.
    pub async fn invoke(&self, provider: &Provider, call: Call) -> Result<Answer, InvokeError> {
        let Inner { settings, http, aws } = &*self.0;
        let deadline = Deadline::after(settings.timeout);
        // The futures of the SDKs are large; boxed, they do not weigh on calls of HTTP endpoints.
        let body = match provider {
            Provider::Http(endpoint) => return http.post(endpoint, call, deadline).await,
            Provider::AwsLambda(function) => {
                deadline
                    .bound(Box::pin(lambda::invoke(aws, function, call)))
                    .await
            }
            Provider::AwsKinesis(stream) => deadline.bound(Box::pin(kinesis::put(aws, stream, call))).await,
            Provider::AwsFirehose(stream) => deadline.bound(Box::pin(firehose::put(aws, stream, call))).await,
            Provider::AwsSqs(queue) => deadline.bound(Box::pin(sqs::send(aws, queue, call))).await,
        }?;
        // Bodies over HTTP are cut while they come in; the SDKs give theirs as a whole.
        let limit = settings.max_response_bytes;
        if body.len() > limit {
            Err(InvokeError::ResponseTooLarge { limit })
        } else {
            Ok(Answer::of(body))
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
