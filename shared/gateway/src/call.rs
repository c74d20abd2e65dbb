//! One call of a function, with the system events around it (CONTRACT.md §2.6, §4.1).

use bytes::Bytes;
use domain::event::Event;
use domain::ids::{DeliveryId, FunctionId, Space, SubscriptionId};
use domain::resource::{Function, Provider, ResponseMode};
use domain::routing::RoutingTable;
use domain::system_event::{FunctionCall, SystemEvent};
use targets::{AccessDeniedCode, Answer, Call, CallIdentity, InvokeError};
use tokio::time::{Instant, timeout_at};

use crate::gateway::Gateway;
use crate::stamp::delivery_id;
use crate::weighted::{Targets, is_worth_another};

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

/// The cause of a call that was not made because the store could not decrypt the secrets of the function.
#[derive(Debug, thiserror::Error)]
#[error("the secrets of the function cannot be decrypted for now")]
struct SecretsSealed;

impl CallError {
    /// The store cannot decrypt the secrets of the function.
    pub fn sealed() -> Self {
        Self::Invoke(InvokeError::Unavailable {
            permanent: false,
            source: SecretsSealed.into(),
        })
    }

    /// Whether the function cannot be called for now, for a reason that is not its own: its secrets cannot be decrypted.
    pub fn is_sealed(&self) -> bool {
        matches!(self, Self::Invoke(InvokeError::Unavailable { source, .. }) if source.is::<SecretsSealed>())
    }

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
    Sync { id: &'a DeliveryId },
    /// An attempt at a queued delivery; the number counts from 1. It is over at `end`, whatever time its function has.
    Delivery {
        id: &'a DeliveryId,
        attempt: u32,
        end: Option<Instant>,
    },
}

/// What a function answered.
#[derive(Debug)]
pub(crate) struct CallResult {
    pub(crate) answer: Answer,
    /// Whether it only takes events in and has no answer for a caller (Q23).
    pub(crate) is_connector: bool,
    /// What the answer is taken for.
    pub(crate) mode: ResponseMode,
}

/// What came of a call.
pub(crate) type Called = Result<CallResult, CallError>;

impl Gateway {
    /// Calls a function, or the one of `targets` that does not fail, with an event and emits the system events around
    /// the call.
    pub(crate) async fn call(
        &self,
        table: &RoutingTable,
        subscriber: SubscriberCall<'_>,
        targets: &mut Targets<'_>,
    ) -> Called {
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
        let invoking = self.invoke(table, space, targets, |provider| subscriber.as_call(provider));
        let answered = match subscriber.occasion {
            Occasion::Delivery { end: Some(end), .. } => until(end, invoking).await,
            Occasion::Delivery { end: None, .. } | Occasion::Sync { .. } => invoking.await,
        };
        // A failure that the caller gets as it is, is one all the same.
        let outcome = match &answered {
            Ok(CallResult { answer, .. }) => answer.failure().map_or_else(|| Ok(answer.body.clone()), Err),
            Err(error) => Err(error.to_string()),
        };
        match outcome {
            Ok(result) => {
                tracing::debug!(%space, functionId = %function, event.id = event.id(), "Function invoked.");
                let result = &result;
                self.emit_call(table, space, event, SystemEvent::FunctionInvoked { call, result })
                    .await;
            }
            Err(error) => {
                tracing::info!(
                    %space, functionId = %function, event.id = event.id(), event.type = event.event_type(), %error,
                    "Function invocation failed."
                );
                let error = &error;
                self.emit_call(
                    table,
                    space,
                    event,
                    SystemEvent::FunctionInvocationFailed { call, error },
                )
                .await;
            }
        }
        answered
    }

    /// Calls a function, or another one of its targets where it fails, and nothing else; what with depends on the
    /// provider.
    pub(crate) async fn invoke<'c>(
        &self,
        table: &RoutingTable,
        space: &Space,
        targets: &mut Targets<'_>,
        call: impl Fn(&Provider) -> Call<'c>,
    ) -> Called {
        let function = targets.current();
        if !targets.has_standby() {
            return self.invoke_one(table, space, function, &call).await;
        }
        let began = Instant::now();
        // Boxed: most functions have none that stands in for them.
        let called = Box::pin(self.invoke_one(table, space, function, &call)).await;
        if !is_worth_another(&called) {
            return called;
        }
        Box::pin(self.fail_over(table, space, targets, &call, (began, called))).await
    }

    /// Calls one function.
    pub(crate) async fn invoke_one<'c>(
        &self,
        table: &RoutingTable,
        space: &Space,
        function: &FunctionId,
        call: &impl Fn(&Provider) -> Call<'c>,
    ) -> Called {
        let provider = &callable(table, space, function)?.provider;
        let answer = self.invoker().invoke_for(space, provider, call(provider)).await?;
        Ok(CallResult {
            answer,
            is_connector: provider.is_connector(),
            mode: provider.response_mode(),
        })
    }
}

impl<'e> SubscriberCall<'e> {
    /// HTTP functions learn of the delivery from headers, so that the event stays as it came in; what the others get
    /// of a queued delivery carries it.
    fn as_call(&self, provider: &Provider) -> Call<'e> {
        let Self {
            subscription, event, ..
        } = *self;
        let (delivery, attempt) = match self.occasion {
            Occasion::Sync { id } => (id.clone(), 1),
            Occasion::Delivery { id, attempt, .. } => (id.clone(), attempt),
        };
        let is_queued = matches!(self.occasion, Occasion::Delivery { .. });
        let payload = if is_queued && !provider.takes_headers() {
            event.with_delivery(&delivery, subscription, attempt).to_json()
        } else {
            event.to_json()
        };
        Call {
            payload: payload.into(),
            event: Some(event),
            identity: Some(CallIdentity {
                delivery,
                subscription: Some(subscription.clone()),
                attempt,
            }),
            // The queue tries again, with pauses that the SDK would not make.
            sdk_retries: !is_queued,
            is_awaited: !is_queued,
        }
    }
}

/// Ends a call that has more time than whoever makes it.
async fn until(end: Instant, invoking: impl Future<Output = Called>) -> Called {
    let limit = end.saturating_duration_since(Instant::now());
    let timed_out = InvokeError::TimedOut { limit };
    timeout_at(end, invoking)
        .await
        .unwrap_or(Err(CallError::Invoke(timed_out)))
}

/// Whether a function cannot be called for now because its secrets, or those of one that it leads to, cannot be
/// decrypted.
pub(crate) fn is_sealed(table: &RoutingTable, space: &Space, id: &FunctionId) -> bool {
    match table.function(space, id).map(|function| &function.provider) {
        Some(Provider::Weighted(weighted)) => {
            let mut targets = weighted.weighted.iter().map(|entry| &entry.function_id);
            targets.any(|target| table.is_sealed(space, target))
        }
        _ => table.is_sealed(space, id),
    }
}

/// A function as it may be called.
fn callable<'t>(table: &'t RoutingTable, space: &Space, id: &FunctionId) -> Result<&'t Function, CallError> {
    let function = table.function(space, id).ok_or(CallError::UnknownFunction)?;
    if table.is_sealed(space, id) {
        return Err(CallError::sealed());
    }
    Ok(function)
}

fn plain_call(payload: Bytes) -> Call<'static> {
    Call {
        payload,
        event: None,
        identity: None,
        sdk_retries: true,
        is_awaited: false,
    }
}

/// The call of a function that no subscription names.
pub(crate) fn call_without_subscription(provider: &Provider, payload: Bytes) -> Call<'static> {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;
    use std::time::Duration;

    use domain::configuration::{Snapshot, Stored};
    use domain::event::{Envelope, Event};
    use domain::json::Json;
    use domain::resource::{EventType, Resource as _};
    use domain::retry::FailureClass;

    use crate::authorize::Authorizers;
    use crate::error::GatewayError;
    use crate::stamp::event_stamp;

    use super::*;

    #[test]
    fn functions_whose_secrets_are_not_open_are_called_later() {
        let space = Space::from("default");
        let mut snapshot = Snapshot::default();
        for id in ["f", "g"] {
            let body = format!(r#"{{"functionId":"{id}","type":"http","provider":{{"url":"http://x"}}}}"#);
            let function = Function::decode(&space, None, body.as_bytes()).unwrap();
            snapshot.insert(Stored {
                resource: Arc::new(function),
                created: 1,
            });
        }
        let mut table = RoutingTable::compile([&snapshot]);
        table.set_sealed(&space, &BTreeSet::from(["f".into()]));
        let error = callable(&table, &space, &"f".into()).unwrap_err();
        assert!(error.is_sealed());
        assert!(matches!(&error, CallError::Invoke(error) if error.class() == FailureClass::Transient));
        assert!(callable(&table, &space, &"g".into()).is_ok());
        let unknown = callable(&table, &space, &"h".into()).unwrap_err();
        assert!(matches!(unknown, CallError::UnknownFunction) && !unknown.is_sealed());
        let weighted =
            r#"{"functionId":"w","type":"weighted","provider":{"weighted":[{"functionId":"f","weight":1}]}}"#;
        let weighted = Function::decode(&space, None, weighted.as_bytes()).unwrap();
        let event_type = EventType::decode(&space, None, br#"{"name":"e","authorizerId":"w"}"#).unwrap();
        let mut snapshot = Snapshot::default();
        snapshot.insert(Stored {
            resource: Arc::new(weighted),
            created: 1,
        });
        snapshot.insert(Stored {
            resource: Arc::new(event_type),
            created: 1,
        });
        table.replace(&Snapshot::default(), &snapshot);
        // Nobody denied it.
        let event = |event_type| {
            Event::V0_1(Box::new(Envelope::generated(
                event_stamp(),
                event_type,
                "",
                Json::null(),
            )))
        };
        let refused = Authorizers::check(&table, &event("e"), [&space]).unwrap_err();
        assert!(matches!(refused, GatewayError::Call(error) if error.is_sealed()));
        assert!(Authorizers::check(&table, &event("other"), [&space]).is_ok());
        table.set_sealed(&space, &BTreeSet::new());
        assert!(Authorizers::check(&table, &event("e"), [&space]).is_ok());
        assert!(callable(&table, &space, &"f".into()).is_ok());
    }

    #[tokio::test]
    async fn a_call_is_over_when_whoever_makes_it_is() {
        let end = Instant::now() + Duration::from_millis(20);
        let called = until(end, std::future::pending()).await;
        let Err(CallError::Invoke(error)) = called else {
            panic!("a call without an end has ended")
        };
        assert!(matches!(error, InvokeError::TimedOut { .. }), "{error:?}");
        let called = until(end, async { Err(CallError::UnknownFunction) }).await;
        assert!(matches!(called, Err(CallError::UnknownFunction)));
    }
}
