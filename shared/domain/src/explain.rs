//! Why an event does or does not reach the subscriptions of a space (docs/delivery.md). What differs is found by comparing
//! each subscription with the request; of those without a difference [`RoutingTable::routes`] says who answers.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::configuration::{Change, Stored};
use crate::ids::{FunctionId, SubscriptionId};
use crate::resource::{EventType, Function, Provider, Subscription, SubscriptionType, WeightedFunction};
use crate::routing::{PathOwnership, RoutingTable, path_parameters, pattern_matches};

mod answer;
mod request;
#[cfg(test)]
mod tests;

pub use answer::{Explanation, Reason, SubscriptionExplanation};
pub use request::ExplainRequest;

/// The resources of a space that decide on the way of an event.
#[derive(Debug, Clone, Copy)]
pub struct SpaceResources<'a> {
    /// All of its subscriptions.
    pub subscriptions: &'a [Arc<Subscription>],
    /// All of its event types.
    pub event_types: &'a [Arc<EventType>],
    /// All of its functions.
    pub functions: &'a [Arc<Function>],
    /// Whose the paths are.
    pub paths: PathOwnership,
}

impl Explanation {
    /// Explains what becomes of an event in one space. Where spaces share their paths, a sync subscription of another
    /// space that was created earlier can still take the event away (docs/contract.md Q10).
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
            .map(|subscription| (subscription, mismatches(&request, subscription, space.paths)))
            .collect();
        let answering = answering(&request, &compared, space.paths);
        let mut subscriptions: Vec<_> = compared
            .into_iter()
            .map(|(subscription, mut reasons)| {
                let by = answering.filter(|other| **other != subscription.subscription_id);
                if reasons.is_empty()
                    && subscription.r#type == SubscriptionType::Sync
                    && let Some(by) = by
                {
                    let by = by.clone();
                    reasons.push(Reason::Shadowed { by });
                }
                let matches = reasons.is_empty();
                let authorizer = subscription.authorizer_id.as_ref().or(authorizer);
                if matches {
                    reasons = hindrances(subscription, authorizer, &functions);
                }
                SubscriptionExplanation {
                    subscription_id: subscription.subscription_id.clone(),
                    function_id: subscription.function_id.clone(),
                    variants: variants(subscription, &functions).to_vec(),
                    r#type: subscription.r#type,
                    matches,
                    reasons,
                    parameters: parameters(&request, subscription, matches),
                    authorizer: authorizer.filter(|_| matches).cloned(),
                }
            })
            .collect();
        subscriptions.sort_unstable_by(|a, b| {
            let rank = |it: &SubscriptionExplanation| Reverse(it.matches);
            (rank(a), &a.subscription_id).cmp(&(rank(b), &b.subscription_id))
        });
        let ExplainRequest {
            event_type,
            method,
            path,
        } = request;
        Self {
            event_type,
            method,
            path,
            subscriptions,
        }
    }
}

/// The sync subscription whose function answers, by the index that events are routed by: of `/` and `/*x` beside it only
/// one does (docs/contract.md Q34).
fn answering<'a>(
    request: &ExplainRequest,
    compared: &[(&'a Arc<Subscription>, Vec<Reason>)],
    paths: PathOwnership,
) -> Option<&'a SubscriptionId> {
    let is_candidate = |subscription: &Subscription, reasons: &[Reason]| {
        reasons.is_empty() && subscription.r#type == SubscriptionType::Sync
    };
    let candidates = || {
        let compared = compared.iter();
        compared.filter(|(subscription, reasons)| is_candidate(subscription, reasons))
    };
    let mut table = RoutingTable::new(paths);
    for (created, (subscription, _)) in (0..).zip(candidates()) {
        table.apply(&Change {
            before: None,
            after: Some(Stored {
                resource: Arc::clone(subscription),
                created,
            }),
        });
    }
    let routes = table.routes(request.event_type.as_str(), &request.method, &request.path);
    let answering = &routes.sync?.subscription_id;
    let mut ids = candidates().map(|(subscription, _)| &subscription.subscription_id);
    ids.find(|id| *id == answering)
}

/// Where a subscription differs from what is asked.
fn mismatches(request: &ExplainRequest, subscription: &Subscription, paths: PathOwnership) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if !paths.allows(&subscription.space, &subscription.path) {
        let wanted = subscription.path.clone();
        reasons.push(Reason::ForeignPath { wanted });
    }
    if subscription.event_type != request.event_type {
        let wanted = subscription.event_type.clone();
        reasons.push(Reason::EventType { wanted });
    }
    if subscription.method != request.method {
        let wanted = subscription.method.clone();
        reasons.push(Reason::Method { wanted });
    }
    let is_on_path = match subscription.r#type {
        SubscriptionType::Sync => pattern_matches(&subscription.path, &request.path),
        SubscriptionType::Async => subscription.path == request.path,
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
    let variants = variants(subscription, functions);
    let called = std::iter::once(&subscription.function_id).chain(variants.iter().map(|it| &it.function_id));
    let missing = called.filter(|id| !functions.contains_key(id)).cloned();
    reasons.extend(missing.map(|function_id| Reason::FunctionMissing { function_id }));
    reasons
}

/// The functions of which one is called, where that of a subscription is a weighted one.
fn variants<'a>(
    subscription: &Subscription,
    functions: &HashMap<&FunctionId, &'a Function>,
) -> &'a [WeightedFunction] {
    match functions
        .get(&subscription.function_id)
        .map(|function| &function.provider)
    {
        Some(Provider::Weighted(weighted)) => &weighted.weighted,
        _ => &[],
    }
}

fn parameters(
    request: &ExplainRequest,
    subscription: &Subscription,
    matches: bool,
) -> BTreeMap<String, String> {
    if !matches || subscription.r#type == SubscriptionType::Async {
        return BTreeMap::new();
    }
    path_parameters(&subscription.path, &request.path)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
