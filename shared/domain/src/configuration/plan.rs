//! What makes of a space what a document says of it: each change by the rules of single writes, in an order in which each of
//! them can be made, so that the space is in order after any number of them.

use std::collections::HashSet;

use super::{Snapshot, SpaceRules};
use crate::ids::{CorsId, EventTypeName, FunctionId, SubscriptionId};
use crate::resource::Cors;

mod outcome;
mod ownership;
mod planner;
mod removals;
mod rename;
mod steps;
mod subscriptions;
#[cfg(test)]
mod tests;
mod wanted;

pub use outcome::{Plan, PlanError};
pub use ownership::SET_LABEL;
use planner::Planner;
pub use steps::StepLimit;
pub use wanted::{PlanOptions, Wanted, WantedSpace};

/// What makes of a space what a document says of it, or all that stands in the way.
pub fn plan(
    before: &Snapshot,
    wanted: WantedSpace,
    options: &PlanOptions,
    rules: &SpaceRules,
) -> Result<Plan, Vec<PlanError>> {
    let mut planner = Planner::new(before, options, rules);
    let wanted = planner.identified(wanted);
    let kept = Kept::of(&wanted);
    planner.rename(&wanted.functions, &kept.functions);
    planner.put_functions(&wanted.functions);
    let settings_wait = planner.put_settings(wanted.settings.as_ref(), false);
    planner.put_all(&wanted.event_types);
    planner.put_subscriptions(&wanted.subscriptions, &kept.subscriptions);
    if settings_wait {
        planner.put_settings(wanted.settings.as_ref(), true);
    }
    planner.remove_others::<Cors>(&kept.cors);
    planner.put_all(&wanted.cors);
    if options.prune && wanted.settings.is_none() {
        planner.remove_settings();
    }
    planner.remove_event_types(&kept.event_types);
    planner.remove_functions(&kept.functions);
    planner.check_quotas();
    let subscriptions = wanted.subscriptions.iter();
    let ids = subscriptions.map(|wanted| wanted.resource.subscription_id.clone());
    planner.into_plan(ids.collect())
}

/// The ids that a document has.
struct Kept {
    functions: HashSet<FunctionId>,
    event_types: HashSet<EventTypeName>,
    subscriptions: HashSet<SubscriptionId>,
    cors: HashSet<CorsId>,
}

impl Kept {
    fn of(wanted: &WantedSpace) -> Self {
        let functions = wanted.functions.iter();
        let event_types = wanted.event_types.iter();
        let subscriptions = wanted.subscriptions.iter();
        let cors = wanted.cors.iter();
        Self {
            functions: functions
                .map(|wanted| wanted.resource.function_id.clone())
                .collect(),
            event_types: event_types.map(|wanted| wanted.resource.name.clone()).collect(),
            subscriptions: subscriptions
                .map(|wanted| wanted.resource.subscription_id.clone())
                .collect(),
            cors: cors.map(|wanted| wanted.resource.cors_id.clone()).collect(),
        }
    }
}
