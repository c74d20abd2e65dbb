//! What each metric is: its name, its kind, and its HELP text on the page.

use queue::DEAD_LETTERS_DROPPED;
use records::{ACCESS_LOG_DROPPED, DELIVERY_LOG_DROPPED};
use traces::SPANS_DROPPED;

use super::hooks::{HOOK_DURATION, HOOKS};
use super::names;
use super::upgraded::{UPGRADED_CONNECTIONS, UPGRADED_CONNECTIONS_OPEN};

/// Kinds of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Counts by size.
    Histogram,
}

impl MetricKind {
    /// As it stands on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// What a metric is.
#[derive(Debug, Clone, Copy)]
pub struct Description {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: MetricKind,
    /// What it says, in one line.
    pub help: &'static str,
}

const fn counter(name: &'static str, help: &'static str) -> Description {
    let kind = MetricKind::Counter;
    Description { name, kind, help }
}

const fn gauge(name: &'static str, help: &'static str) -> Description {
    let kind = MetricKind::Gauge;
    Description { name, kind, help }
}

const fn histogram(name: &'static str, help: &'static str) -> Description {
    let kind = MetricKind::Histogram;
    Description { name, kind, help }
}

/// Calls of single functions.
pub(super) const FUNCTION_CALLS: Description = counter(
    "eventgateway_function_calls_total",
    "Calls of a function that are over, by what came of them.",
);
/// How long they took.
pub(super) const FUNCTION_DURATION: Description = histogram(
    "eventgateway_function_duration_seconds",
    "Time that calls of a function took, until the head of a streamed answer.",
);
/// Those under way.
pub(super) const FUNCTION_IN_FLIGHT: Description = gauge(
    "eventgateway_function_calls_in_flight",
    "Calls of a function that are under way.",
);
/// Those that a limit had wait.
pub(super) const FUNCTION_RATE_LIMITED: Description = counter(
    "eventgateway_function_rate_limited_total",
    "Calls that a rateLimit of the function or its subscription refused or had wait.",
);
/// Circuits of functions.
pub(super) const CIRCUIT_STATE: Description = gauge(
    "eventgateway_circuit_state",
    "Circuit of a function: 0 closed, 1 half-open, 2 open.",
);
/// Attempts of single subscriptions.
pub(super) const DELIVERIES: Description = counter(
    "eventgateway_deliveries_total",
    "Attempts at async deliveries for a subscription, by what came of them.",
);
/// How long deliveries of single subscriptions wait.
pub(super) const OLDEST_DELIVERY: Description = gauge(
    "eventgateway_oldest_delivery_age_seconds",
    "Age of the oldest delivery of a subscription among those that are next in line.",
);
/// Requests of single routes.
pub(super) const REQUESTS: Description = counter(
    "eventgateway_requests_total",
    "Requests to the Events API by the path of the subscription that they reach and the class of their status.",
);
/// How long they took.
pub(super) const REQUEST_DURATION: Description = histogram(
    "eventgateway_request_duration_seconds",
    "Time from a request to the head of its answer.",
);

/// All metrics of the gateway. Those of the process itself are described by whatever collects them.
pub const DESCRIPTIONS: [Description; 37] = [
    counter(
        names::EVENTS_RECEIVED,
        "Events that found a subscriber, before authorization.",
    ),
    counter(
        names::EVENTS_PROCESSED,
        "Events whose function has answered or failed.",
    ),
    counter(
        names::EVENTS_DROPPED,
        "Async deliveries that found no room in the queue.",
    ),
    counter(
        names::EVENTS_CANCELLED,
        "Async deliveries that were cancelled while they waited.",
    ),
    counter(
        names::EVENTS_DENIED,
        "Async deliveries that an authorizer denied.",
    ),
    counter(names::EVENTS_UNMATCHED, "Events that nobody subscribes to."),
    counter(
        names::DEAD_LETTERS,
        "Async deliveries that were given up and became dead letters.",
    ),
    counter(
        DEAD_LETTERS_DROPPED,
        "Dead letters that were dropped because they were too old or too many.",
    ),
    counter(DELIVERY_LOG_DROPPED, "Attempts that the delivery log left out."),
    counter(ACCESS_LOG_DROPPED, "Lines that the access log left out."),
    counter(SPANS_DROPPED, "Spans that were not sent."),
    gauge(names::EVENTS_BACKLOG, "Async deliveries that wait."),
    counter(
        names::QUEUE_REFUSED,
        "Messages of the queue that cannot be read or are not signed as they have to be.",
    ),
    histogram(
        names::EVENTS_CUSTOM_PROCESSING,
        "Time that an async delivery waited in the queue.",
    ),
    counter(
        names::VARIANT_CALLS,
        "Calls of weighted functions, by the one that was called.",
    ),
    counter(
        names::SCHEMA_VIOLATIONS,
        "Events whose data does not fit the schema of their type.",
    ),
    counter(
        names::EVENTS_REFUSED,
        "Events that were refused because a quota of their space is used up.",
    ),
    counter(HOOKS, "Hooks that were asked, by what came of it."),
    histogram(HOOK_DURATION, "Time that a call of a hook took."),
    counter(
        UPGRADED_CONNECTIONS,
        "Connections that went on with another protocol.",
    ),
    gauge(UPGRADED_CONNECTIONS_OPEN, "Those of them that are open."),
    gauge(names::EVENT_TYPES, "Registered event types."),
    gauge(names::FUNCTIONS, "Registered functions."),
    gauge(names::SUBSCRIPTIONS, "Subscriptions."),
    gauge(names::CORS, "CORS configurations."),
    counter(
        names::CONFIG_REQUESTS,
        "Requests to the Configuration API that concern a space.",
    ),
    histogram(
        names::CONFIG_REQUEST_DURATION,
        "Time that a request to the Configuration API took.",
    ),
    OLDEST_DELIVERY,
    gauge(names::DEAD_LETTERS_KEPT, "Dead letters that are kept."),
    FUNCTION_CALLS,
    FUNCTION_DURATION,
    FUNCTION_IN_FLIGHT,
    FUNCTION_RATE_LIMITED,
    CIRCUIT_STATE,
    DELIVERIES,
    REQUESTS,
    REQUEST_DURATION,
];

/// Tells the recorder of this process what its metrics are.
pub fn describe() {
    for Description { name, kind, help } in DESCRIPTIONS {
        match kind {
            MetricKind::Counter => metrics::describe_counter!(name, help),
            MetricKind::Gauge => metrics::describe_gauge!(name, help),
            MetricKind::Histogram => metrics::describe_histogram!(name, help),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_metric_is_described_once_in_a_line() {
        let names: BTreeSet<_> = DESCRIPTIONS.iter().map(|described| described.name).collect();
        assert_eq!(names.len(), DESCRIPTIONS.len());
        for Description { name, kind, help } in DESCRIPTIONS {
            assert!(name.starts_with("eventgateway_"), "{name}");
            assert!(
                help.ends_with('.') && !help.contains(['\n', '\\']),
                "{name}: {help}"
            );
            if kind == MetricKind::Counter {
                assert!(name.ends_with("_total"), "{name}");
            }
        }
    }
}
