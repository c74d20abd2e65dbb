//! Hooks of the point `receive`: they see the events of a request before these are matched, and may change them, refuse
//! them or answer in place of all that follows. Nothing is promised yet.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::event::{Event, Incoming};
use domain::ids::Space;
use domain::resource::{HookPoint, MAX_HOOKS};
use domain::routing::{RoutedHook, Routes};

use crate::acceptance::authorizers::Authorizers;
use crate::acceptance::pace::Pace;
use crate::answer::Answer;
use crate::answer::function_answer::in_room;
use crate::error::GatewayError;
use crate::filtering::filtered;
use crate::gateway::Gateway;
use crate::intake::Arrived;
use crate::invocation::hook::{HookOccasion, HookStop};
use crate::invocation::hook_chain::Hooked;
use crate::loops::refuse_loop;

/// What becomes of the events of a request.
pub(super) enum Received {
    /// They go on, as hooks have made them.
    Events(Incoming),
    /// A hook answers the request: none of its events goes on.
    Answered(Answer),
}

impl GatewayError {
    /// Of an event that a hook lets go no further.
    pub(super) fn of_hook(stop: HookStop, event: &Event) -> Self {
        match stop {
            HookStop::Refused {
                refusal, challenge, ..
            } => Self::HookRefused { refusal, challenge },
            HookStop::Failed { .. } => Self::HookFailed(event.event_type().to_owned()),
        }
    }
}

impl Gateway {
    /// Has hooks asked about all events of a request.
    pub(super) async fn ask_receive_hooks(
        &self,
        arrived: &Arrived<'_>,
        incoming: Incoming,
    ) -> Result<Received, GatewayError> {
        let (events, is_batch) = match incoming {
            Incoming::Event(event) => (vec![event], false),
            Incoming::Batch(events) => (events, true),
            Incoming::Request(stamp) => {
                let event = self.stages().matching.event_of_request(arrived, stamp).await;
                (vec![event], false)
            }
        };
        let pace = self.pace(arrived, events.len());
        let mut made = Vec::with_capacity(events.len());
        for event in events {
            // What clients cannot send is refused when it is matched, and no hook has to know of it.
            if event.is_system() {
                made.push(event);
                continue;
            }
            let event = Arc::new(event);
            match self.received(arrived, &event, pace).await? {
                Hooked::Event(passed) => {
                    drop(event);
                    made.push(Arc::unwrap_or_clone(passed));
                }
                Hooked::Answered(mut response, held) => {
                    response.body = in_room(held, response.body)?;
                    return Ok(Received::Answered(Answer::Function(*response)));
                }
            }
        }
        let incoming = match made.pop() {
            Some(event) if !is_batch => Incoming::Event(event),
            last => {
                made.extend(last);
                Incoming::Batch(made)
            }
        };
        Ok(Received::Events(incoming))
    }

    /// Has the hooks asked that one event meets: those of the spaces on its way with those of its type there, and those of
    /// the subscription that answers it.
    async fn received(
        &self,
        arrived: &Arrived<'_>,
        event: &Arc<Event>,
        pace: Pace<'_>,
    ) -> Result<Hooked, GatewayError> {
        let (stages, table) = (self.stages(), arrived.table);
        let hops = refuse_loop(arrived.hops.max(event.hops()?), stages.matching.max_hops)?;
        let event_type = event.event_type();
        let method = arrived.parts.method.as_str();
        let routes = || table.routes(event_type, method, &arrived.path.path);
        let mut on_way = spaces_on_way(arrived, &routes());
        if table.has_closed_spaces() {
            // No function is called for what its space does not take.
            on_way.retain(|space| arrived.admitted(space, Some(event_type)).is_ok());
        }
        let mut chains: Vec<(Space, Vec<&RoutedHook>)> = on_way
            .into_iter()
            .map(|space| {
                let hooks = table
                    .hooks(HookPoint::Receive, &space, event_type, None)
                    .collect();
                (space, hooks)
            })
            .collect();
        chains.retain(|(_, hooks)| !hooks.is_empty());
        let has_own = routes().sync.is_some() && table.has_own_hooks();
        if chains.is_empty() && !has_own {
            return Ok(Hooked::Event(Arc::clone(event)));
        }
        let asked = chains.iter().map(|(space, _)| space);
        let _calls = stages.acceptance.room.begin_sync_calls(table, asked)?;
        let mut authorizers = Authorizers::new(&stages.invocation, *arrived, Arc::clone(event), hops, pace);
        let request = authorizers.request().await;
        let mut left = MAX_HOOKS;
        let occasion = |space| HookOccasion {
            table,
            space,
            subscriber: None,
            request: Some(&request),
            // What leads back here does so once for each hook.
            hops: hops.spread(MAX_HOOKS),
            end: pace.end(),
        };
        let mut current = Arc::clone(event);
        for (space, hooks) in &chains {
            pace.next()?;
            left = left
                .checked_sub(hooks.len())
                .ok_or_else(|| GatewayError::HookFailed(event_type.to_owned()))?;
            let hooks = hooks.iter().copied();
            match stages
                .invocation
                .ask_hooks(occasion(space), hooks, &current)
                .await
            {
                Ok(Hooked::Event(made)) => current = made,
                Ok(answered) => return Ok(answered),
                Err(stop) => return Err(GatewayError::of_hook(stop, event)),
            }
        }
        if !has_own {
            return Ok(Hooked::Event(current));
        }
        // Which of them answers may depend on what the event has become, by the hooks of one that would have answered too:
        // then those of the one that does instead are asked as well.
        let mut asked = Vec::new();
        loop {
            let mut routes = routes();
            if table.has_filters() {
                routes = filtered(table, &current, routes).await;
            }
            let Some(subscription) = routes.sync.filter(|subscription| !asked.contains(subscription)) else {
                return Ok(Hooked::Event(current));
            };
            if table.has_closed_spaces() {
                arrived.admitted(&subscription.space, Some(current.event_type()))?;
            }
            asked.push(subscription);
            let (space, id) = (&subscription.space, &subscription.subscription_id);
            let own: Vec<_> = table.own_hooks(HookPoint::Receive, space, id).collect();
            if own.is_empty() {
                return Ok(Hooked::Event(current));
            }
            left = left
                .checked_sub(own.len())
                .ok_or_else(|| GatewayError::HookFailed(event_type.to_owned()))?;
            let own = own.into_iter();
            let asking = stages.invocation.ask_hooks(occasion(space), own, &current);
            match asking.await {
                Ok(Hooked::Event(made)) => current = made,
                Ok(answered) => return Ok(answered),
                Err(stop) => return Err(GatewayError::of_hook(stop, event)),
            }
            if !table.has_filters() {
                return Ok(Hooked::Event(current));
            }
        }
    }
}

/// The spaces whose hooks an event meets: the one that owns its path, or those that it may reach. What reaches nobody is
/// nobody's where spaces share their paths.
fn spaces_on_way(arrived: &Arrived<'_>, routes: &Routes<'_>) -> Vec<Space> {
    if let Some(owner) = arrived.table.owner(&arrived.path.path) {
        return vec![owner.clone()];
    }
    let mut spaces: Vec<Space> = routes
        .sync
        .iter()
        .map(|subscription| subscription.space.clone())
        .collect();
    let asynchronous = routes.asynchronous.iter();
    let others: BTreeSet<_> = asynchronous.map(|stored| &stored.resource.space).collect();
    let others = others.into_iter().filter(|space| !spaces.contains(space));
    let others: Vec<_> = others.cloned().collect();
    spaces.extend(others);
    spaces
}
