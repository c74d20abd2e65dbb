//! One call of a function, with the system events around it (CONTRACT.md §2.6, §4.1).

use bytes::Bytes;
use domain::event::Event;
use domain::ids::{DeliveryId, FunctionId, Space, SubscriptionId};
use domain::resource::{Function, Provider};
use domain::routing::RoutingTable;
use domain::system_event::{FunctionCall, SystemEvent};
use targets::{AccessDeniedCode, Answer, Call, CallIdentity, InvokeError};

use crate::gateway::Gateway;
use crate::stamp::delivery_id;

/// A function that could not be called or that failed. The text goes to logs and system events, never to clients.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// There is no such function.
    #[error("unable to look up registered function")]
    UnknownFunction,
    /// Its target failed.
    #[error(transparent)]
    Invoke(#[from] InvokeError),
}

impl CallError {
    /// The refused credentials that a caller is told about (CONTRACT.md §2.6).
    pub fn access_denied_code(&self) -> Option<AccessDeniedCode> {
        match self {
            Self::Invoke(err) => err.access_denied_code(),
            Self::UnknownFunction => None,
        }
    }
}

/// The call of a subscription's function with an event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SubscriberCall<'a> {
    pub(crate) space: &'a Space,
    pub(crate) subscription: &'a SubscriptionId,
    pub(crate) function: &'a FunctionId,
    pub(crate) event: &'a Event,
    pub(crate) occasion: Occasion<'a>,
}

/// Why a function is called.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Occasion<'a> {
    /// A client waits for what it answers.
    Sync,
    /// An attempt at a queued delivery; the number counts from 1.
    Delivery { id: &'a DeliveryId, attempt: u32 },
}

/// What a function answered.
#[derive(Debug)]
pub(crate) struct CallResult {
    pub(crate) answer: Answer,
    /// Whether it only takes events in and has no answer for a caller (Q23).
    pub(crate) is_connector: bool,
}

impl Gateway {
    /// Calls a function with an event and emits the system events around the call.
    pub(crate) async fn call(
        &self,
        table: &RoutingTable,
        subscriber: SubscriberCall<'_>,
    ) -> Result<CallResult, CallError> {
        let SubscriberCall {
            space,
            function,
            event,
            ..
        } = subscriber;
        let call = FunctionCall {
            space,
            function,
            event,
        };
        self.emit_call(table, space, event, SystemEvent::FunctionInvoking(call))
            .await;
        tracing::debug!(%space, functionId = %function, event.id = event.id(), "Invoking function.");
        let answered = self
            .invoke(table, space, function, |provider| subscriber.as_call(provider))
            .await;
        match &answered {
            Ok(CallResult { answer, .. }) => {
                tracing::debug!(%space, functionId = %function, event.id = event.id(), "Function invoked.");
                let result = &answer.body;
                self.emit_call(table, space, event, SystemEvent::FunctionInvoked { call, result })
                    .await;
            }
            Err(error) => {
                tracing::info!(
                    %space, functionId = %function, event.id = event.id(), event.type = event.event_type(), %error,
                    "Function invocation failed."
                );
                let error = error.to_string();
                self.emit_call(
                    table,
                    space,
                    event,
                    SystemEvent::FunctionInvocationFailed { call, error: &error },
                )
                .await;
            }
        }
        answered
    }

    /// Calls a function and nothing else; what with depends on its provider.
    pub(crate) async fn invoke(
        &self,
        table: &RoutingTable,
        space: &Space,
        function: &FunctionId,
        call: impl FnOnce(&Provider) -> Call,
    ) -> Result<CallResult, CallError> {
        let function: &Function = table
            .function(space, function)
            .ok_or(CallError::UnknownFunction)?;
        let provider = &function.provider;
        let answer = self.invoker().invoke(provider, call(provider)).await?;
        Ok(CallResult {
            answer,
            is_connector: provider.is_connector(),
        })
    }
}

impl SubscriberCall<'_> {
    /// HTTP functions learn of the delivery from headers, so that the event stays as it came in; what the others get
    /// of a queued delivery carries it.
    fn as_call(&self, provider: &Provider) -> Call {
        let Self {
            subscription, event, ..
        } = *self;
        match (provider, self.occasion) {
            (Provider::Http(_), occasion) => {
                let (delivery, attempt) = match occasion {
                    Occasion::Sync => (delivery_id(), 1),
                    Occasion::Delivery { id, attempt } => (id.clone(), attempt),
                };
                Call {
                    payload: event.to_json().into(),
                    identity: Some(CallIdentity {
                        delivery,
                        subscription: Some(subscription.clone()),
                        attempt,
                    }),
                    sdk_retries: true,
                }
            }
            (_, Occasion::Sync) => plain_call(event.to_json().into()),
            (_, Occasion::Delivery { id, attempt }) => Call {
                payload: event.with_delivery(id, subscription, attempt).to_json().into(),
                identity: None,
                // The queue tries again, with pauses that the SDK would not make.
                sdk_retries: false,
            },
        }
    }
}

fn plain_call(payload: Bytes) -> Call {
    Call {
        payload,
        identity: None,
        sdk_retries: true,
    }
}

/// The call of a function that no subscription names.
pub(crate) fn call_without_subscription(provider: &Provider, payload: Bytes) -> Call {
    let mut call = plain_call(payload);
    // A function that checks signatures checks those of all calls.
    if let Provider::Http(endpoint) = provider
        && !endpoint.signing_secrets.is_empty()
    {
        call.identity = Some(CallIdentity {
            delivery: delivery_id(),
            subscription: None,
            attempt: 1,
        });
    }
    call
}
