//! Quotas: what one space may have and do, by the plan that it is on. Plans are settings of the gateway; the settings of a
//! space name one of them.

mod bucket;
mod lease;
mod plan;
mod plans;

pub use bucket::{Bucket, Empty, FillRate, TokenRequest};
pub use lease::{Lease, Spending};
pub use plan::{QuotaPlan, QuotaRate};
pub use plans::{MAX_PLAN_NAME_BYTES, PlansError, QuotaPlans};

use crate::resource::Kind;

/// What is bounded for each space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quota {
    /// Events that are sent to it.
    Events,
    /// Attempts to deliver events to its async subscriptions.
    Deliveries,
    /// Deliveries that wait.
    Waiting,
    /// Calls of its functions that clients wait for.
    SyncCalls,
    /// Event types that are registered.
    EventTypes,
    /// Functions that are registered.
    Functions,
    /// Subscriptions.
    Subscriptions,
    /// CORS configurations.
    Cors,
    /// Keys.
    Keys,
    /// Bytes of all that is registered, as JSON.
    ConfigurationBytes,
}

impl Quota {
    /// All there are.
    pub const ALL: [Self; 10] = [
        Self::Events,
        Self::Deliveries,
        Self::Waiting,
        Self::SyncCalls,
        Self::EventTypes,
        Self::Functions,
        Self::Subscriptions,
        Self::Cors,
        Self::Keys,
        Self::ConfigurationBytes,
    ];

    /// Its name, in plans, answers and headers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Deliveries => "deliveries",
            Self::Waiting => "waiting",
            Self::SyncCalls => "syncCalls",
            Self::EventTypes => "eventTypes",
            Self::Functions => "functions",
            Self::Subscriptions => "subscriptions",
            Self::Cors => "cors",
            Self::Keys => "keys",
            Self::ConfigurationBytes => "configurationBytes",
        }
    }

    /// The quota of resources of a kind; `None` for what each space has once.
    pub fn of_kind(kind: Kind) -> Option<Self> {
        match kind {
            Kind::EventType => Some(Self::EventTypes),
            Kind::Function => Some(Self::Functions),
            Kind::Subscription => Some(Self::Subscriptions),
            Kind::Cors => Some(Self::Cors),
            Kind::Key => Some(Self::Keys),
            Kind::Space | Kind::Tenant => None,
        }
    }
}
