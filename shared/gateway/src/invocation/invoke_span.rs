//! The span of a call of a function.

use domain::ids::{FunctionId, Space};
use domain::resource::Provider;
use targets::{Call, FunctionAnswer, InvokeError};
use traces::{ActiveSpan, SpanKind, Tracer};

use super::call_outcome::outcome;
use crate::metrics::CallOutcome;
use crate::spans::within;

/// Begins it, as a part of what the function is called for, and tells the function of it. `None` where that is not recorded, and
/// for calls that are not for an event.
pub(super) fn invoke(
    tracer: &Tracer,
    (space, function, provider): (&Space, &FunctionId, &Provider),
    call: &mut Call<'_>,
) -> Option<Box<ActiveSpan>> {
    let identity = call.identity.as_mut()?;
    let trace = identity.trace.as_ref()?;
    let mut span = tracer.begin(SpanKind::Client, trace.context()?, || {
        format!("invoke {function}")
    })?;
    identity.trace = Some(within(trace, &span));
    let kind = provider.type_name();
    span.text("faas.invoked_name", function.as_str());
    span.text("faas.invoked_provider", cloud(kind));
    span.text("event_gateway.provider", kind);
    span.text("event_gateway.space", space.as_str());
    // Unless it comes to its end.
    span.fail(CallOutcome::Abandoned.as_str());
    Some(span)
}

/// Says how it ended.
pub(super) fn ended(span: &mut ActiveSpan, answered: &Result<FunctionAnswer, InvokeError>) {
    let status = match answered {
        Ok(answer) => answer
            .status
            .or_else(|| answer.rejection.as_ref().map(|rejection| rejection.status)),
        Err(error) => error.last_response().and_then(|response| response.status),
    };
    if let Some(status) = status {
        span.number("http.response.status_code", status);
    }
    match outcome(answered) {
        CallOutcome::Success => span.succeed(),
        failure => span.fail(failure.as_str()),
    }
}

/// The cloud of a provider by its type, as the conventions name it; what is in none of these goes by its type.
fn cloud(kind: &'static str) -> &'static str {
    if kind.starts_with("aws") {
        "aws"
    } else if kind.starts_with("azure") {
        "azure"
    } else if kind.starts_with("google") {
        "gcp"
    } else {
        kind
    }
}
