//! One call of a function, with the system events around it (CONTRACT.md §2.6, §4.1).

use bytes::Bytes;
use domain::event::Event;
use domain::ids::{FunctionId, Space};
use domain::resource::Function;
use domain::routing::RoutingTable;
use domain::system_event::{FunctionCall, SystemEvent};
use targets::{AccessDeniedCode, InvokeError};

use crate::gateway::Gateway;

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

/// What a function answered.
#[derive(Debug)]
pub(crate) struct CallResult {
    /// The bytes it returned.
    pub(crate) result: Bytes,
    /// Whether it only takes events in and has no answer for a caller (Q23).
    pub(crate) is_connector: bool,
}

impl Gateway {
    /// Calls a function with an event and emits the system events around the call.
    pub(crate) async fn call(
        &self,
        table: &RoutingTable,
        space: &Space,
        function: &FunctionId,
        event: &Event,
    ) -> Result<CallResult, CallError> {
        let call = FunctionCall {
            space,
            function,
            event,
        };
        self.emit_call(table, space, event, SystemEvent::FunctionInvoking(call))
            .await;
        tracing::debug!(%space, functionId = %function, event.id = event.id(), "Invoking function.");
        let answer = self.invoke(table, space, function, event.to_json().into()).await;
        match &answer {
            Ok(CallResult { result, .. }) => {
                tracing::debug!(%space, functionId = %function, event.id = event.id(), "Function invoked.");
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
        answer
    }

    /// Calls a function and nothing else.
    pub(crate) async fn invoke(
        &self,
        table: &RoutingTable,
        space: &Space,
        function: &FunctionId,
        payload: Bytes,
    ) -> Result<CallResult, CallError> {
        let function: &Function = table
            .function(space, function)
            .ok_or(CallError::UnknownFunction)?;
        let result = self.invoker().invoke(&function.provider, payload).await?;
        Ok(CallResult {
            result,
            is_connector: function.provider.is_connector(),
        })
    }
}
