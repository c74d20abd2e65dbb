//! Events that reach nobody. They are answered 202 as they always were (docs/contract.md Q69), so that a counter, a header
//! and a line of the log are all that tells their sender of a misspelt path.

use domain::routing::NearestMiss;

use super::Matched;
use crate::intake::Arrived;
use crate::metrics::EventMetrics;

/// Counts the events of a request that reach nobody, and says whether there are such and no others.
pub(crate) fn note_unmatched(arrived: &Arrived<'_>, matched: &[Matched<'_>], metrics: &EventMetrics) -> bool {
    let count = matched.iter().filter(|event| event.reaches_nobody()).count();
    if count > 0 {
        note(arrived, matched, count, metrics);
    }
    count > 0 && count == matched.len()
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
    tracing::debug!(
        %path, %method, event.id = id, event.r#type = event_type, events = count,
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
