//! Why an event does or does not reach the subscriptions of a space (docs/delivery.md). What differs is found by comparing
//! each subscription with the request; of those without a difference [`RoutingTable::routes`] says who is reached.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::configuration::{Change, SpaceDefaults, SpaceRules, Stored};
use crate::ids::{FunctionId, SubscriptionId};
use crate::resource::{
    EventType, Function, PathMode, Provider, Subscription, SubscriptionType, Weighted, WeightedFunction,
};
use crate::routing::{
    PathOwnership, RoutingTable, path_parameters, pattern_matches, specific_pattern_matches,
};
use crate::validation::ANY_METHOD;

mod answer;
mod hooks;
mod request;
#[cfg(test)]
mod tests;

pub use answer::{Explanation, HookExplanation, HookOf, Reason, SubscriptionExplanation};
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
    /// Which of them may stand side by side.
    pub mode: PathMode,
    /// The sync subscription that really answers the request, of whatever space, where spaces share their paths.
    pub answering: Option<&'a Subscription>,
}

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
        let reached = Reached::of(&request, &compared, &space);
        let mut subscriptions: Vec<_> = compared
            .into_iter()
            .map(|(subscription, mut reasons)| {
                if reasons.is_empty() {
                    reasons.extend(reached.instead_of(subscription));
                }
                let matches = reasons.is_empty();
                let authorizer = subscription.authorizer_id.as_ref().or(authorizer);
                if matches {
                    reasons = hindrances(subscription, authorizer, &functions);
                }
                let function = functions.get(&subscription.function_id).filter(|_| matches);
                SubscriptionExplanation {
                    subscription_id: subscription.subscription_id.clone(),
                    function_id: subscription.function_id.clone(),
                    r#type: subscription.r#type,
                    matches,
                    reasons,
                    parameters: parameters(&request, subscription, matches, space.mode),
                    variants: function.map(|function| variants(function)).unwrap_or_default(),
                    authorizer: authorizer.filter(|_| matches).cloned(),
                    hooks: Vec::new(),
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

/// Whom the request reaches in the space, by the index that events are routed by.
struct Reached<'a> {
    sync: Option<SubscriptionId>,
    asynchronous: BTreeSet<SubscriptionId>,
    /// Of another space, where that answers instead of the one of this.
    elsewhere: Option<&'a Subscription>,
}

impl<'a> Reached<'a> {
    fn of(
        request: &ExplainRequest,
        compared: &[(&Arc<Subscription>, Vec<Reason>)],
        space: &SpaceResources<'a>,
    ) -> Self {
        let mut table = RoutingTable::new(SpaceRules {
            paths: space.paths,
            defaults: SpaceDefaults {
                paths: space.mode,
                ..SpaceDefaults::default()
            },
            ..SpaceRules::default()
        });
        let candidates = compared.iter().filter(|(_, reasons)| reasons.is_empty());
        for (created, (subscription, _)) in (0..).zip(candidates) {
            table.apply(&Change {
                before: None,
                after: Some(Stored {
                    resource: Arc::clone(subscription),
                    created,
                }),
            });
        }
        let routes = table.routes(request.event_type.as_str(), &request.method, &request.path);
        let ids = routes
            .asynchronous
            .iter()
            .map(|stored| stored.resource.subscription_id.clone());
        let is_elsewhere = |other: &&Subscription| routes.sync.is_some_and(|own| own.space != other.space);
        Self {
            sync: routes
                .sync
                .map(|subscription| subscription.subscription_id.clone()),
            asynchronous: ids.collect(),
            elsewhere: space.answering.filter(is_elsewhere),
        }
    }

    /// What is reached instead of a subscription that the request might reach, if it is not that.
    fn instead_of(&self, subscription: &Subscription) -> Option<Reason> {
        let id = &subscription.subscription_id;
        let by = match subscription.r#type {
            SubscriptionType::Async if self.asynchronous.contains(id) => return None,
            SubscriptionType::Async => self.asynchronous.first(),
            SubscriptionType::Sync if self.sync.as_ref() == Some(id) => {
                return self.elsewhere.map(|other| Reason::Shadowed {
                    by: other.subscription_id.clone(),
                    by_space: Some(other.space.clone()),
                });
            }
            SubscriptionType::Sync => self.sync.as_ref(),
        };
        by.map(|by| Reason::Shadowed {
            by: by.clone(),
            by_space: None,
        })
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
    if subscription.event_type != request.event_type {
        let wanted = subscription.event_type.clone();
        reasons.push(Reason::EventType { wanted });
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
