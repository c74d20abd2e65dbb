//! Why an event does or does not reach the subscriptions of a space (docs/delivery.md). What differs is found by comparing
//! each subscription with the request; of those without a difference [`RoutingTable::routes`](crate::routing::RoutingTable::routes) says who is reached.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use crate::event::FilterSubject;
use crate::filter_test::explained;
use crate::ids::FunctionId;
use crate::resource::{
    Function, PathMode, Provider, Subscription, SubscriptionType, Weighted, WeightedFunction,
};
use crate::routing::{path_parameters, pattern_matches, specific_pattern_matches};
use crate::type_pattern::is_to;
use crate::validation::ANY_METHOD;

mod answer;
mod asked;
mod authorizers;
mod hooks;
mod keys;
mod reached;
mod request;
mod space_resources;
#[cfg(test)]
mod tests;

pub use answer::{Explanation, HookExplanation, HookOf, Reason, SubscriptionExplanation};
pub use asked::{AskError, AuthorizerAnswer, asked_headers};
use reached::Reached;
pub use request::ExplainRequest;
pub use space_resources::SpaceResources;

impl Explanation {
    /// Explains what becomes of an event in one space.
    pub fn of(request: ExplainRequest, space: SpaceResources<'_>) -> Self {
        let functions: HashMap<&FunctionId, &Function> =
            space.functions.iter().map(|f| (&f.function_id, &**f)).collect();
        let authorizer = space
            .event_types
            .iter()
            .find(|event_type| event_type.name == request.event_type)
            .and_then(|event_type| event_type.authorizer_id.as_ref());
        let compared: Vec<_> = space
            .subscriptions
            .iter()
            .map(|subscription| (subscription, mismatches(&request, subscription, &space)))
            .collect();
        let subject = request.event.as_deref().map(FilterSubject::of);
        let reached = Reached::of(&request, subject.as_ref(), &compared, &space);
        let mut subscriptions: Vec<_> = compared
            .into_iter()
            .map(|(subscription, mut reasons)| {
                let is_on_way = reasons.is_empty();
                if is_on_way {
                    reasons.extend(reached.instead_of(subscription, subject.as_ref()));
                }
                let matches = reasons.is_empty();
                let filters = subscription.filters.as_ref().filter(|_| is_on_way);
                let authorizer = subscription.authorizer_id.as_ref().or(authorizer);
                if matches {
                    reasons = hindrances(subscription, authorizer, &functions);
                    reasons.extend(
                        filters
                            .filter(|_| subject.is_none())
                            .map(|_| Reason::FiltersNotTried {}),
                    );
                }
                let filters = filters.zip(subject.as_ref());
                let filters = filters.map(|(filters, event)| explained(filters, event, space.filter_steps));
                let function = functions.get(&subscription.function_id).filter(|_| matches);
                SubscriptionExplanation {
                    subscription_id: subscription.subscription_id.clone(),
                    function_id: subscription.function_id.clone(),
                    r#type: subscription.r#type,
                    matches,
                    reasons,
                    filters: filters.unwrap_or_default(),
                    parameters: parameters(&request, subscription, matches, space.mode),
                    variants: function.map(|function| variants(function)).unwrap_or_default(),
                    authorizer: authorizer.filter(|_| matches).cloned(),
                    authorization: None,
                    hooks: Vec::new(),
                }
            })
            .collect();
        drop(subject);
        subscriptions.sort_unstable_by(|a, b| {
            let rank = |it: &SubscriptionExplanation| Reverse(it.matches);
            (rank(a), &a.subscription_id).cmp(&(rank(b), &b.subscription_id))
        });
        let ExplainRequest {
            event_type,
            method,
            path,
            event: _,
        } = request;
        Self {
            event_type,
            method,
            path,
            subscriptions,
        }
    }
}

/// Where a subscription differs from what is asked.
fn mismatches(
    request: &ExplainRequest,
    subscription: &Subscription,
    space: &SpaceResources<'_>,
) -> Vec<Reason> {
    let SpaceResources { paths, mode, .. } = space;
    let mut reasons = Vec::new();
    if !paths.allows(&subscription.space, &subscription.path) {
        let wanted = subscription.path.clone();
        reasons.push(Reason::ForeignPath { wanted });
    }
    let event_type = request.event_type.as_str();
    if !is_to(subscription.event_type.as_str(), event_type) {
        let wanted = subscription.event_type.clone();
        reasons.push(Reason::EventType { wanted });
    } else if subscription.event_type != request.event_type
        && !space
            .event_types
            .iter()
            .any(|known| known.name == request.event_type)
    {
        let event_type = request.event_type.clone();
        reasons.push(Reason::NotRegistered { event_type });
    }
    let is_head_by_get =
        *mode == PathMode::Specific && request.method == "HEAD" && subscription.method == "GET";
    if subscription.method != request.method && subscription.method != ANY_METHOD && !is_head_by_get {
        let wanted = subscription.method.clone();
        reasons.push(Reason::Method { wanted });
    }
    let is_on_path = match (mode, subscription.r#type) {
        (PathMode::Specific, _) => specific_pattern_matches(&subscription.path, &request.path),
        (PathMode::Strict, SubscriptionType::Sync) => pattern_matches(&subscription.path, &request.path),
        (PathMode::Strict, SubscriptionType::Async) => subscription.path == request.path,
    };
    if !is_on_path {
        let wanted = subscription.path.clone();
        reasons.push(Reason::Path { wanted });
    }
    reasons
}

/// What stands between an event and the function of a subscription that matches.
fn hindrances(
    subscription: &Subscription,
    authorizer: Option<&FunctionId>,
    functions: &HashMap<&FunctionId, &Function>,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if let Some(missing) = authorizer.filter(|id| !functions.contains_key(id)) {
        let function_id = missing.clone();
        reasons.push(Reason::AuthorizerMissing { function_id });
    }
    if subscription.paused {
        let paused_reason = subscription.paused_reason.clone();
        reasons.push(Reason::Paused { paused_reason });
    }
    match functions.get(&subscription.function_id) {
        None => {
            let function_id = subscription.function_id.clone();
            reasons.push(Reason::FunctionMissing { function_id });
        }
        Some(function) => {
            let missing = variants(function)
                .into_iter()
                .filter(|variant| !functions.contains_key(&variant.function_id));
            reasons.extend(
                missing.map(|WeightedFunction { function_id, .. }| Reason::FunctionMissing { function_id }),
            );
        }
    }
    reasons
}

/// The functions one of which is called, where that is chosen by weights.
fn variants(function: &Function) -> Vec<WeightedFunction> {
    match &function.provider {
        Provider::Weighted(Weighted { weighted, failover }) => {
            let may_be_called = |variant: &&WeightedFunction| *failover || variant.weight > 0;
            weighted.iter().filter(may_be_called).cloned().collect()
        }
        _ => Vec::new(),
    }
}

fn parameters(
    request: &ExplainRequest,
    subscription: &Subscription,
    matches: bool,
    mode: PathMode,
) -> BTreeMap<String, String> {
    let is_literal = mode == PathMode::Strict && subscription.r#type == SubscriptionType::Async;
    if !matches || is_literal {
        return BTreeMap::new();
    }
    path_parameters(&subscription.path, &request.path)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
