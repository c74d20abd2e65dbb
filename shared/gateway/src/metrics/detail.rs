//! What is counted of single functions, subscriptions and routes. Counting is a look-up and a few additions to atomics; text is
//! made of it when somebody asks for the page.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::delivery_attempt::AttemptOutcome;
use domain::ids::{FunctionId, Space, SubscriptionId};
use domain::resource::Subscription;
use http::StatusCode;
use queue::OldestDelivery;
use tokio::time::Instant;

use super::descriptions::{
    CIRCUIT_STATE, DELIVERIES, Description, FUNCTION_CALLS, FUNCTION_DURATION, FUNCTION_IN_FLIGHT,
    FUNCTION_RATE_LIMITED, OLDEST_DELIVERY, REQUEST_DURATION, REQUESTS,
};
use super::space_labels::OTHER;

mod calls;
mod deliveries;
mod durations;
mod page;
mod requests;
mod route_name;
mod series;
mod under_way;

use calls::FunctionCounts;
pub(crate) use calls::{CallOutcome, CountedCall};
use deliveries::SubscriptionCounts;
use page::{Labels, Page};
use requests::RouteCounts;
use route_name::{parts_of, with_name};
pub use series::DetailLimits;
use series::{Named, Series};
pub(crate) use under_way::CallsUnderWay;

/// Paths in place of those of subscriptions: of requests whose events reach nobody, and of those that did not get so far.
const UNMATCHED: &str = "unmatched";
const UNROUTED: &str = "none";

/// Counts of functions, subscriptions and routes.
#[derive(Debug)]
pub(crate) struct Detail {
    began: Instant,
    functions: Series<FunctionCounts>,
    subscriptions: Series<SubscriptionCounts>,
    routes: Series<RouteCounts>,
    unmatched: RouteCounts,
    unrouted: RouteCounts,
}

/// What a circuit that is not closed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CircuitPhase {
    /// One call may find out whether the function is back.
    HalfOpen,
    /// No call passes.
    Open,
}

/// Whom a request reached.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reached<'a> {
    /// A subscription.
    Route(&'a Subscription),
    /// Nobody subscribes to what it brought.
    Nobody,
    /// It did not get so far.
    Unknown,
}

impl Detail {
    pub(super) fn new(limits: DetailLimits) -> Self {
        Self {
            began: Instant::now(),
            functions: Series::new(limits),
            subscriptions: Series::new(limits),
            routes: Series::new(limits),
            unmatched: RouteCounts::default(),
            unrouted: RouteCounts::default(),
        }
    }

    fn seconds(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.began).as_secs()
    }

    /// Begins a call of a function.
    pub(super) fn begin_call(&self, space: &Space, function: &FunctionId) -> CountedCall {
        let now = Instant::now();
        let name = function.as_str();
        let counts = self
            .functions
            .get(space, name, self.seconds(now), FunctionCounts::default);
        CountedCall::new(counts, now)
    }

    /// A limit refused a call of a function, or had it wait.
    pub(crate) fn rate_limited(&self, space: &Space, function: &FunctionId) {
        let (name, now) = (function.as_str(), self.seconds(Instant::now()));
        let counts = self.functions.get(space, name, now, FunctionCounts::default);
        counts.limited.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an attempt at a delivery.
    pub(crate) fn delivery_attempted(
        &self,
        space: &Space,
        subscription: &SubscriptionId,
        function: &FunctionId,
        outcome: AttemptOutcome,
    ) {
        let (name, now) = (subscription.as_str(), self.seconds(Instant::now()));
        let new = || SubscriptionCounts::new(function.clone());
        self.subscriptions.get(space, name, now, new).count(outcome);
    }

    /// Counts a request.
    pub(crate) fn request_answered(&self, reached: Reached<'_>, status: StatusCode, took: Duration) {
        let route = match reached {
            Reached::Route(route) => route,
            Reached::Nobody => return self.unmatched.count(status, took),
            Reached::Unknown => return self.unrouted.count(status, took),
        };
        let now = self.seconds(Instant::now());
        let counts = with_name(&route.method, &route.path, |name| {
            self.routes.get(&route.space, name, now, RouteCounts::default)
        });
        counts.count(status, took);
    }

    /// All of it in the text format of Prometheus, at the time `now` in milliseconds since the Unix epoch. `circuits` are those
    /// that are not closed, `oldest` are deliveries that wait.
    pub(crate) fn page(
        &self,
        circuits: &HashMap<(Space, FunctionId), CircuitPhase>,
        oldest: &[OldestDelivery],
        now: u64,
    ) -> String {
        let mut page = Page::default();
        write_functions(&mut page, &self.functions.all(), circuits);
        let subscriptions = self.subscriptions.all();
        write_oldest(&mut page, &subscriptions, oldest, now);
        write_subscriptions(&mut page, &subscriptions);
        self.write_routes(&mut page);
        page.into_text()
    }

    fn write_routes(&self, page: &mut Page) {
        let routes = self.routes.all();
        let named = routes.iter().map(|(space, name, counts)| {
            let (method, path) = parts_of(name);
            let labels = [("space", space.as_str()), ("method", method), ("path", path)];
            (labels, &***counts)
        });
        let unnamed = [(UNMATCHED, &self.unmatched), (UNROUTED, &self.unrouted)].map(|(path, counts)| {
            let labels = [("space", OTHER), ("method", OTHER), ("path", path)];
            (labels, counts)
        });
        let all: Vec<_> = named.chain(unnamed).collect();
        page.family(&REQUESTS);
        for (labels, counts) in &all {
            counts.write_classes(page, labels);
        }
        page.family(&REQUEST_DURATION);
        for (labels, counts) in &all {
            counts.durations.write(page, REQUEST_DURATION.name, labels);
        }
    }
}

fn write_subscriptions(page: &mut Page, all: &[Named<SubscriptionCounts>]) {
    if all.is_empty() {
        return;
    }
    page.family(&DELIVERIES);
    for (space, name, counts) in all {
        let function = if &**name == OTHER {
            OTHER
        } else {
            counts.function.as_str()
        };
        let labels = [
            ("space", space.as_str()),
            ("subscription", name),
            ("function", function),
        ];
        counts.write(page, &labels);
    }
}

/// Writes how old the oldest delivery of each subscription is that has counts of its own, and of all others together: nothing
/// waits for those that are not named.
fn write_oldest(page: &mut Page, all: &[Named<SubscriptionCounts>], oldest: &[OldestDelivery], now: u64) {
    let own = all.iter().map(|(space, name, _)| ((space.as_str(), &**name), 0));
    let mut ages: BTreeMap<(&str, &str), u64> = own.collect();
    for one in oldest {
        let name = (one.space.as_str(), one.subscription.as_str());
        let name = if ages.contains_key(&name) {
            name
        } else {
            (OTHER, OTHER)
        };
        let age = ages.entry(name).or_default();
        *age = now.saturating_sub(one.accepted_at).max(*age);
    }
    if ages.is_empty() {
        return;
    }
    page.family(&OLDEST_DELIVERY);
    for ((space, subscription), age) in ages {
        let labels = [("space", space), ("subscription", subscription)];
        let seconds = Duration::from_millis(age).as_secs_f64();
        page.sample(OLDEST_DELIVERY.name, &labels, None, seconds);
    }
}

fn write_functions(
    page: &mut Page,
    all: &[Named<FunctionCounts>],
    circuits: &HashMap<(Space, FunctionId), CircuitPhase>,
) {
    if all.is_empty() {
        return;
    }
    write_each(page, &FUNCTION_CALLS, all, |page, (_, _, counts), labels| {
        counts.write_outcomes(page, labels);
    });
    write_each(page, &FUNCTION_DURATION, all, |page, (_, _, counts), labels| {
        counts.durations.write(page, FUNCTION_DURATION.name, labels);
    });
    write_each(page, &FUNCTION_IN_FLIGHT, all, |page, (_, _, counts), labels| {
        page.sample(FUNCTION_IN_FLIGHT.name, labels, None, counts.in_flight());
    });
    write_each(
        page,
        &FUNCTION_RATE_LIMITED,
        all,
        |page, (_, _, counts), labels| {
            let limited = counts.limited.load(Ordering::Relaxed);
            page.sample(FUNCTION_RATE_LIMITED.name, labels, None, limited);
        },
    );
    write_each(page, &CIRCUIT_STATE, all, |page, (space, name, _), labels| {
        let state = match circuits.get(&(space.clone(), FunctionId::from(&**name))) {
            None => 0,
            Some(CircuitPhase::HalfOpen) => 1,
            Some(CircuitPhase::Open) => 2,
        };
        page.sample(CIRCUIT_STATE.name, labels, None, state);
    });
}

/// Writes a family of metrics of functions.
fn write_each(
    page: &mut Page,
    description: &Description,
    all: &[Named<FunctionCounts>],
    write: impl Fn(&mut Page, &Named<FunctionCounts>, Labels<'_>),
) {
    page.family(description);
    for named in all {
        let labels = [("space", named.0.as_str()), ("function", &*named.1)];
        write(page, named, &labels);
    }
}

#[cfg(test)]
mod tests;
