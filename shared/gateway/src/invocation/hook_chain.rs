//! Hooks one after another, before a function is called: each sees the event as those before it have made it.

use std::sync::Arc;

use domain::event::Event;
use domain::function_response::FunctionResponse;
use domain::hook::HookAnswer;
use domain::resource::MAX_HOOKS;
use domain::routing::RoutedHook;

use super::Invocation;
use super::hook::{HookFailure, HookOccasion, HookStop};
use crate::filtering::is_asked;
use targets::Held;

/// What becomes of an event that met hooks.
#[derive(Debug)]
pub(crate) enum Hooked {
    /// It goes on, as they have made it.
    Event(Arc<Event>),
    /// It goes no further: this answers it, and takes that room.
    Answered(Box<FunctionResponse>, Option<Held>),
}

impl Invocation {
    /// Asks hooks about an event, until one ends its way. Those whose filter it does not pass are not asked.
    pub(crate) async fn ask_hooks<'h>(
        &self,
        occasion: HookOccasion<'_>,
        hooks: impl Iterator<Item = &'h RoutedHook>,
        event: &Arc<Event>,
    ) -> Result<Hooked, HookStop> {
        let occasion = occasion.within(self.hook_limits.max_timeout);
        let mut event = Arc::clone(event);
        for (asked, routed) in hooks.enumerate() {
            if asked >= MAX_HOOKS {
                return Err(HookStop::failed(&routed.hook, HookFailure::TooMany(MAX_HOOKS)));
            }
            if !is_asked(occasion.table, occasion.space, routed, &event).await {
                continue;
            }
            let (said, held) = self.ask_hook(&occasion, routed, &event, None).await?;
            match said {
                HookAnswer::Event(made) => event = Arc::new(*made),
                HookAnswer::Response(change) => {
                    let response = change.into_response();
                    let response = response
                        .map_err(|error| HookStop::failed(&routed.hook, HookFailure::Answer(error.into())))?;
                    return Ok(Hooked::Answered(Box::new(response), held));
                }
                HookAnswer::Unchanged | HookAnswer::Refused(_) => {}
            }
        }
        Ok(Hooked::Event(event))
    }
}
