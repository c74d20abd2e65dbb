//! What a document says of a space, and how it is to be understood.

use super::steps::StepLimit;
use crate::resource::{Cors, EventType, Function, Resource, SpaceSettings, Subscription};

/// A resource as a document wants it.
#[derive(Debug, Clone)]
pub struct Wanted<R: Resource> {
    /// The resource.
    pub resource: R,
    /// Its place in the order of creation, where it is new; `None` is after all others.
    pub created: Option<u64>,
    /// The id that it may have until now: of a function the one that it is renamed from, of a subscription the one that the
    /// document names.
    pub from: Option<R::Id>,
}

/// All that a document says of a space, in its order.
#[derive(Debug, Clone, Default)]
pub struct WantedSpace {
    /// The settings of the space.
    pub settings: Option<Wanted<SpaceSettings>>,
    /// Its functions.
    pub functions: Vec<Wanted<Function>>,
    /// Its event types.
    pub event_types: Vec<Wanted<EventType>>,
    /// Its subscriptions.
    pub subscriptions: Vec<Wanted<Subscription>>,
    /// Its CORS configurations.
    pub cors: Vec<Wanted<Cors>>,
}

/// How a document is to be understood.
#[derive(Debug, Clone)]
pub struct PlanOptions {
    /// Whether what the document does not have is deleted.
    pub prune: bool,
    /// The set that the document is: its resources carry the label [`super::SET_LABEL`] with this value.
    pub set: Option<String>,
    /// Whether resources of no set become part of this one.
    pub adopt: bool,
    /// Whether the settings of the space stay on the plan that they name, where the document names none.
    pub keeps_plan: bool,
    /// The first place in the order of creation that is after all there is.
    pub next_created: u64,
    /// Most that the store takes at once; `None` where that is any number.
    pub step: Option<StepLimit>,
}
