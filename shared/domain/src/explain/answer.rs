//! The form in which an explanation is given: the answer of the Configuration API.

use std::collections::BTreeMap;

use serde::Serialize;

use super::asked::AuthorizerAnswer;
use crate::filter_test::FilterCondition;
use crate::ids::{EventTypeName, FunctionId, Space, SubscriptionId};
use crate::resource::{HookPoint, OnHookError, SubscriptionType, WeightedFunction};

/// What becomes of an event in a space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Type of the event.
    #[schema(value_type = String)]
    pub event_type: EventTypeName,
    /// Method that it comes in with.
    pub method: String,
    /// Path that it comes in on.
    pub path: String,
    /// All subscriptions of the space: those that match first, then by their ids.
    pub subscriptions: Vec<SubscriptionExplanation>,
}

/// What becomes of an event at one subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionExplanation {
    /// The subscription.
    #[schema(value_type = String)]
    pub subscription_id: SubscriptionId,
    /// Its function.
    #[schema(value_type = String)]
    pub function_id: FunctionId,
    /// Sync or async.
    pub r#type: SubscriptionType,
    /// Whether the event takes the way to this subscription.
    pub matches: bool,
    /// Why it does not match; where it does, what keeps the event from the function all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub reasons: Vec<Reason>,
    /// What its filters say of the event, where that was given and the subscription is to its type, method and path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub filters: Vec<FilterCondition>,
    /// Parameters of the path, as sent, where a subscription matches whose path may have some.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub parameters: BTreeMap<String, String>,
    /// Where the function of one that matches is weighted: those one of which is called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub variants: Vec<WeightedFunction>,
    /// Function that is asked before the event is passed on, where the subscription matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub authorizer: Option<FunctionId>,
    /// What that function says, where it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub authorization: Option<AuthorizerAnswer>,
    /// Functions that are asked on the way of the event, where the subscription matches, in the order in which they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub hooks: Vec<HookExplanation>,
}

/// A hook that an event meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HookExplanation {
    /// Where on the way it is asked.
    pub point: HookPoint,
    /// Whose hook it is.
    pub of: HookOf,
    /// The function that is asked.
    #[schema(value_type = String)]
    pub function_id: FunctionId,
    /// What follows where it fails or cannot be asked.
    pub on_error: OnHookError,
    /// Whether it has a filter, and is asked only about events that pass it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub filtered: bool,
}

/// Whose hook it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum HookOf {
    /// That of the space.
    Space,
    /// That of the event type.
    EventType,
    /// That of the subscription.
    Subscription,
}

/// Why an event does not reach a function. The first seven are of subscriptions that do not match, the others of those
/// that do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "reason", rename_all = "camelCase")]
pub enum Reason {
    /// The subscription is to events of another type.
    EventType {
        /// Type that it is to.
        #[schema(value_type = String)]
        wanted: EventTypeName,
    },
    /// The subscription is to a pattern of types, and the type of the event is not registered in its space.
    #[serde(rename_all = "camelCase")]
    NotRegistered {
        /// The type.
        #[schema(value_type = String)]
        event_type: EventTypeName,
    },
    /// The filters of the subscription do not let the event pass; `filters` says which.
    Filters {},
    /// The subscription is to events that come in with another method.
    Method {
        /// Method that it is to.
        wanted: String,
    },
    /// The subscription is on another path. Where paths are strict, those of async ones hold no patterns.
    Path {
        /// Path that it is on.
        wanted: String,
    },
    /// The subscription is on a path of another space, where spaces own their paths: it gets no events.
    ForeignPath {
        /// Path that it is on.
        wanted: String,
    },
    /// Another subscription is reached instead: by a path or method that says more, or, of another space, because it was
    /// created earlier.
    #[serde(rename_all = "camelCase")]
    Shadowed {
        /// The one that is reached.
        #[schema(value_type = String)]
        by: SubscriptionId,
        /// Its space, where that is another.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, nullable = false)]
        by_space: Option<Space>,
    },
    /// The subscription has filters, and there is no event to try them with: give it as `event`.
    FiltersNotTried {},
    /// The subscription is paused: the event waits in the queue until it is resumed.
    #[serde(rename_all = "camelCase")]
    Paused {
        /// Why, if that is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        paused_reason: Option<String>,
    },
    /// The authorizer of the subscription, or of the event type, does not exist: the event is refused.
    #[serde(rename_all = "camelCase")]
    AuthorizerMissing {
        /// The authorizer.
        #[schema(value_type = String)]
        function_id: FunctionId,
    },
    /// The space takes events only with one of its keys: without one, or with one that does not allow it, the event is refused.
    KeyNeeded {},
    /// The space belongs to a tenant that is suspended: it takes no events, and deliveries wait.
    TenantSuspended {},
    /// The function of the subscription does not exist, or one of those that it is made of.
    #[serde(rename_all = "camelCase")]
    FunctionMissing {
        /// The function.
        #[schema(value_type = String)]
        function_id: FunctionId,
    },
}
