//! The one entry: calls a function whatever its provider.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::Space;
use domain::resource::{HttpEndpoint, Provider, ResponseMode};

use crate::answer::FunctionAnswer;
use crate::call::Call;
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::idle_connections::IdleConnections;
use crate::in_flight::BytesInFlight;
use crate::keeping::Keeping;
use crate::settings::{TargetSettings, TargetSettingsError};
use crate::{aws, azure, google, http, jwt, openwhisk};

/// Calls functions. A cheap handle: clones share connections, AWS clients and tokens.
#[derive(Clone)]
pub struct Invoker(Arc<Clients>);

impl Invoker {
    /// An invoker without any connection: it opens nothing and reads nothing, not even certificates.
    pub fn new(settings: TargetSettings) -> Result<Self, TargetSettingsError> {
        settings.validate()?;
        Ok(Self(Arc::new(Clients::new(settings))))
    }

    /// Longest time of a call of a function.
    pub fn time_limit(&self, provider: &Provider) -> Duration {
        provider.timeout().unwrap_or(self.0.settings.timeout)
    }

    /// What the answer to a sync call of a function is taken for.
    pub fn response_mode(&self, provider: &Provider) -> ResponseMode {
        provider
            .response_mode()
            .unwrap_or(self.0.settings.response_default)
    }

    /// [`Invoker::invoke`] for a space, which has its share of what all calls need.
    pub fn invoke_for<'c>(
        &'c self,
        space: &Space,
        provider: &'c Provider,
        call: Call<'c>,
    ) -> impl Future<Output = Result<FunctionAnswer, InvokeError>> + Send + 'c {
        let in_flight = self.in_flight().of_space(space.as_str());
        http::on_behalf_of(Some(space), self.invoke_within(in_flight, provider, call))
    }

    /// Sends an event (its JSON) to a function and gives what it answers: the body of an HTTP response of any status
    /// below 500 (docs/contract.md A10), the payload of a Lambda function, the id that a stream or queue gave the record.
    ///
    /// [`FunctionAnswer::rejection`] tells an async delivery that the event was not taken all the same.
    pub fn invoke<'c>(
        &'c self,
        provider: &'c Provider,
        call: Call<'c>,
    ) -> impl Future<Output = Result<FunctionAnswer, InvokeError>> + Send + 'c {
        self.invoke_within(self.in_flight(), provider, call)
    }

    fn invoke_within<'c>(
        &'c self,
        in_flight: BytesInFlight,
        provider: &'c Provider,
        call: Call<'c>,
    ) -> impl Future<Output = Result<FunctionAnswer, InvokeError>> + Send + 'c {
        let keeping = Keeping::of(in_flight, call.needs_answer);
        // Boxed: what is wrapped around it would move all of it once more each.
        http::carrying_and_keeping(call.hops, keeping, Box::pin(self.invoke_once(provider, call)))
    }

    async fn invoke_once(&self, provider: &Provider, call: Call<'_>) -> Result<FunctionAnswer, InvokeError> {
        let with = &self.0;
        if !with.settings.lends_identity {
            // The Configuration API refuses such functions; but settings change, and what was stored before stays.
            provider.check_own_credentials().map_err(InvokeError::unusable)?;
        }
        let deadline = Deadline::after(self.time_limit(provider));
        // The futures of the others are large; boxed, they do not weigh on calls of HTTP endpoints.
        let answer = match provider {
            Provider::Http(endpoint) => {
                let answer = if endpoint.signing_secrets.is_empty() {
                    http::call(with, endpoint, call, deadline).await
                } else {
                    Box::pin(signed(with, endpoint, call, deadline)).await
                };
                return with.secrets.after(provider, deadline.began(), answer);
            }
            Provider::AwsLambda(function) => {
                Box::pin(deadline.bound(aws::lambda::call(with, function, call))).await
            }
            Provider::AwsKinesis(stream) => {
                Box::pin(deadline.bound(aws::kinesis::call(with, stream, call))).await
            }
            Provider::AwsFirehose(stream) => {
                Box::pin(deadline.bound(aws::firehose::call(with, stream, call))).await
            }
            Provider::AwsSqs(queue) => Box::pin(deadline.bound(aws::sqs::call(with, queue, call))).await,
            Provider::AwsSns(topic) => Box::pin(deadline.bound(aws::sns::call(with, topic, call))).await,
            Provider::AwsEventBridge(bus) => {
                Box::pin(deadline.bound(aws::eventbridge::call(with, bus, call))).await
            }
            Provider::AwsStepFunctions(machine) => {
                Box::pin(deadline.bound(aws::step_functions::call(with, machine, call))).await
            }
            Provider::GoogleCloudFunction(function) => {
                Box::pin(google::cloud_function::call(with, function, call, deadline)).await
            }
            Provider::GooglePubSub(topic) => {
                Box::pin(google::pubsub::call(with, topic, call, deadline)).await
            }
            Provider::AzureFunction(function) => {
                Box::pin(azure::function::call(with, function, call, deadline)).await
            }
            Provider::AzureEventGrid(topic) => {
                Box::pin(azure::event_grid::call(with, topic, call, deadline)).await
            }
            Provider::OpenWhisk(action) => Box::pin(openwhisk::call(with, action, call, deadline)).await,
            Provider::Jwt(authorizer) => Box::pin(jwt::call(with, authorizer, call, deadline)).await,
            // One level only (docs/contract.md §7.6): whoever calls a weighted function calls the chosen one.
            Provider::Weighted(_) => Err(InvokeError::unusable(
                "calling this kind of function is not implemented",
            )),
        };
        let answer = with.secrets.after(provider, deadline.began(), answer)?;
        // Bodies over HTTP are cut while they come in; the SDKs give theirs as a whole.
        let limit = with.settings.max_response_bytes;
        if answer.body.len() > limit {
            Err(InvokeError::ResponseTooLarge { limit })
        } else {
            http::keeping().counted(answer)
        }
    }

    /// The kept-alive connections over plain HTTP/1.1 that no call uses, with so many hosts by name at the most. Those over
    /// TLS are in the hands of a library that does not count them.
    pub fn idle_connections(&self, most: usize) -> IdleConnections {
        self.0.http.idle_connections(most)
    }

    /// The budget of bytes for answers.
    pub fn in_flight(&self) -> BytesInFlight {
        self.0.settings.in_flight
    }
}

/// Calls an endpoint whose signing secrets may be elsewhere.
async fn signed(
    with: &Arc<Clients>,
    endpoint: &HttpEndpoint,
    call: Call<'_>,
    deadline: Deadline,
) -> Result<FunctionAnswer, InvokeError> {
    let resolved = deadline
        .bound(with.secrets.with_signing_secrets(endpoint))
        .await?;
    let endpoint = resolved.as_ref().unwrap_or(endpoint);
    http::call(with, endpoint, call, deadline).await
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
