//! What an explanation looks at.

use std::sync::Arc;

use crate::resource::{EventType, Function, PathMode, Subscription};
use crate::routing::PathOwnership;

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
    /// Steps that filters may take for one event.
    pub filter_steps: usize,
    /// The sync subscription that really answers the request, of whatever space, where spaces share their paths.
    pub answering: Option<&'a Subscription>,
}
