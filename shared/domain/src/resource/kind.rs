//! The kinds.

/// Kind of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// [`EventType`](super::EventType).
    EventType,
    /// [`Function`](super::Function).
    Function,
    /// [`Subscription`](super::Subscription).
    Subscription,
    /// [`Cors`](super::Cors).
    Cors,
    /// [`SpaceSettings`](super::SpaceSettings): each space has at most one.
    Space,
    /// [`ApiKey`](super::ApiKey).
    Key,
    /// [`Tenant`](super::Tenant): each is alone in a place of its own.
    Tenant,
}

impl Kind {
    /// Name in error texts.
    pub fn title(self) -> &'static str {
        match self {
            Self::EventType => "Event Type",
            Self::Function => "Function",
            Self::Subscription => "Subscription",
            Self::Cors => "CORS configuration",
            Self::Space => "Space",
            Self::Key => "Key",
            Self::Tenant => "Tenant",
        }
    }

    /// Value of the `resource` label of metrics (docs/contract.md §5).
    pub fn label(self) -> &'static str {
        match self {
            Self::EventType => "eventtype",
            Self::Function => "function",
            Self::Subscription => "subscription",
            Self::Cors => "cors",
            Self::Space => "space",
            Self::Key => "key",
            Self::Tenant => "tenant",
        }
    }
}
