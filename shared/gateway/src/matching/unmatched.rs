//! Events that reach nobody. They are answered 202 as they always were (docs/contract.md Q69), unless the space or the gateway
//! is set to answer 404. A counter, a header and a line of the log tell of them in any case.

use domain::routing::{NearestMiss, UnmatchedAnswer};

use super::Matched;
use crate::answer::Answer;
use crate::error::GatewayError;
use crate::intake::Arrived;
use crate::metrics::EventMetrics;

/// How a request is answered none of whose events reaches anybody.
#[derive(Debug)]
pub(crate) struct UnmatchedRequest(Box<UnmatchedAnswer>);

impl UnmatchedRequest {
    pub(crate) fn into_answer(self) -> Result<Answer, GatewayError> {
        match *self.0 {
            UnmatchedAnswer::Accepted => Ok(Answer::Unmatched),
            UnmatchedAnswer::NotFound => Err(GatewayError::Unmatched),
            UnmatchedAnswer::MethodNotAllowed { allowed } => Err(GatewayError::MethodNotAllowed { allowed }),
        }
    }
}

/// Counts the events of a request that reach nobody; where there are no others, says how it is answered.
pub(crate) fn note_unmatched(
    arrived: &Arrived<'_>,
    matched: &[Matched<'_>],
    metrics: &EventMetrics,
) -> Option<UnmatchedRequest> {
    let count = matched.iter().filter(|event| event.reaches_nobody()).count();
    if count > 0 {
        note(arrived, matched, count, metrics);
    }
    let first = matched.first().filter(|_| count == matched.len())?;
    arrived.client.seen.reaches_nobody();
    let answer = arrived.table.unmatched_answer(
        first.event.event_type(),
        arrived.parts.method.as_str(),
        &arrived.path.path,
    );
    Some(UnmatchedRequest(Box::new(answer)))
}

#[cold]
fn note(arrived: &Arrived<'_>, matched: &[Matched<'_>], count: usize, metrics: &EventMetrics) {
    let (path, method) = (&*arrived.path.path, arrived.parts.method.as_str());
    metrics
        .unmatched(arrived.table.owner(path))
        .increment(count as u64);
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return;
    }
    // One line a request: most batches are of one kind.
    let Some(first) = matched.iter().find(|event| event.reaches_nobody()) else {
        return;
    };
    let (id, event_type) = (first.event.id(), first.event.event_type());
    let miss = arrived.table.nearest_miss(event_type, method, path);
    let request_id = arrived.trace.and_then(|trace| trace.request_id());
    tracing::debug!(
        %path, %method, requestId = request_id, event.id = id, event.r#type = event_type, events = count,
        "Event reaches no subscription: {}.", said(&miss)
    );
}

fn said(miss: &NearestMiss) -> String {
    match miss {
        NearestMiss::Method { known } => {
            format!("on this path its type is subscribed to with {}", known.join(", "))
        }
        NearestMiss::Path { known: Some(path) } => {
            format!("with this method its type is subscribed to on {path:?}")
        }
        NearestMiss::Path { known: None } => {
            "with this method its type is subscribed to on other paths".to_owned()
        }
        NearestMiss::MethodAndPath => {
            "its type is subscribed to with other methods and on other paths".to_owned()
        }
        NearestMiss::Filters => "the filters of its subscriptions do not let it pass".to_owned(),
        NearestMiss::Type => "nobody subscribes to its type".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misses_are_told() {
        let known = vec!["GET".to_owned(), "PUT".to_owned()];
        for (miss, want) in [
            (
                NearestMiss::Method { known },
                "on this path its type is subscribed to with GET, PUT",
            ),
            (
                NearestMiss::Path {
                    known: Some("/a\n".to_owned()),
                },
                "with this method its type is subscribed to on \"/a\\n\"",
            ),
            (NearestMiss::Type, "nobody subscribes to its type"),
        ] {
            assert_eq!(said(&miss), want);
        }
    }
}
