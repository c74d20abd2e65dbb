//! What a plan comes to: the states that a space goes through, or what stands in the way.

use std::collections::HashMap;

use super::super::{ConfigurationError, Snapshot};
use crate::ids::{FunctionId, SubscriptionId};
use crate::resource::Kind;

/// What makes of a space what a document says of it.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The states that it goes through, the last of which is that of the document; none where it is so already. Each is one
    /// that the rules allow.
    pub steps: Vec<Snapshot>,
    /// Functions with their ids of before.
    pub renamed_functions: HashMap<FunctionId, FunctionId>,
    /// Subscriptions that have another id than before, with that.
    pub moved_subscriptions: HashMap<SubscriptionId, SubscriptionId>,
    /// The ids of the subscriptions of the document, in its order.
    pub subscription_ids: Vec<SubscriptionId>,
}

/// Why there is no plan: what one resource would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    /// Kind of the resource.
    pub kind: Kind,
    /// Its place in the document; `None` where it is in the space alone.
    pub at: Option<usize>,
    /// Its id.
    pub id: String,
    /// What is wrong.
    pub error: ConfigurationError,
}

/// Most errors that are told of one document: none is looked for behind them.
pub(super) const MOST_ERRORS: usize = 100;
