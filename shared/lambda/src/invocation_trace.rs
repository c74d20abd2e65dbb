//! Spans on AWS Lambda: an invocation is a part of the trace that Lambda names, and what it recorded is sent before the process is
//! stopped.

use std::time::Duration;

use domain::trace::{TRACEPARENT, of_xray_header};
use gateway::Gateway;
use http::HeaderMap;

/// Most time that the end of an invocation waits for its spans to be sent: what takes them is on the same machine. Less than batches
/// leave before their deadline.
pub(crate) const FLUSH: Duration = Duration::from_millis(250);

/// How invocations are traced. The default is not at all.
#[derive(Debug, Clone, Default)]
pub struct InvocationTrace {
    gateway: Option<Gateway>,
    /// Whether they are parts of the traces of Lambda.
    joins_lambda: bool,
}

impl InvocationTrace {
    /// By the spans of an engine; `joins_lambda` says whether they are parts of the traces of Lambda, which X-Ray has.
    pub fn of(gateway: &Gateway, joins_lambda: bool) -> Self {
        Self {
            gateway: gateway.tracer().is_on().then(|| gateway.clone()),
            joins_lambda,
        }
    }

    /// Puts a request into the trace of its invocation, unless its client has said otherwise.
    pub(crate) fn place(&self, headers: &mut HeaderMap, xray_header: Option<&str>) {
        if self.joins_lambda
            && !headers.contains_key(TRACEPARENT)
            && let Some(context) = xray_header.and_then(of_xray_header)
        {
            headers.insert(TRACEPARENT, context.to_traceparent());
        }
    }

    /// Sends what was recorded.
    pub(crate) async fn end(&self) {
        if let Some(gateway) = &self.gateway {
            gateway.flush_spans(FLUSH).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const LAMBDA: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    #[test]
    fn a_request_is_a_part_of_its_invocation_unless_its_client_says_otherwise() {
        let placed = |joins_lambda, sent: Option<&'static str>, xray_header| {
            let mut headers = HeaderMap::new();
            if let Some(sent) = sent {
                headers.insert(TRACEPARENT, HeaderValue::from_static(sent));
            }
            let trace = InvocationTrace {
                gateway: None,
                joins_lambda,
            };
            trace.place(&mut headers, xray_header);
            let parent = headers
                .get(TRACEPARENT)
                .map(|value| value.to_str().unwrap().to_owned());
            parent.unwrap_or_default()
        };
        let lambda = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
        assert_eq!(placed(true, None, Some(LAMBDA)), lambda);
        assert_eq!(placed(true, Some("nonsense"), Some(LAMBDA)), "nonsense");
        assert_eq!(placed(true, None, Some("Root=x")), "");
        assert_eq!(placed(true, None, None), "");
        assert_eq!(placed(false, None, Some(LAMBDA)), "");
    }
}
