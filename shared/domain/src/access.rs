//! What the holder of an API key may do: scopes, and roles as names for sets of them.

use serde::{Deserialize, Serialize};

/// One thing that a key may allow in its space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Scope {
    /// Sending events and requests to the Events API.
    #[serde(rename = "events:emit")]
    EventsEmit,
    /// Reading resources, the settings of the space, and what would become of an event.
    #[serde(rename = "config:read")]
    ConfigRead,
    /// Creating, changing and deleting resources.
    #[serde(rename = "config:write")]
    ConfigWrite,
    /// Reading what became of events, without the events themselves.
    #[serde(rename = "deliveries:read")]
    DeliveriesRead,
    /// Reading events that were not delivered.
    #[serde(rename = "payloads:read")]
    PayloadsRead,
    /// Deciding what becomes of deliveries: redriving, deleting, cancelling, pausing and resuming.
    #[serde(rename = "dlq:write")]
    DlqWrite,
    /// Keys, and the settings of the space, which say whether its events need one.
    #[serde(rename = "keys:admin")]
    KeysAdmin,
    /// Reading who changed what.
    #[serde(rename = "audit:read")]
    AuditRead,
    /// Reading how much the space uses.
    #[serde(rename = "usage:read")]
    UsageRead,
}

impl Scope {
    /// All there are.
    pub const ALL: [Self; 9] = [
        Self::EventsEmit,
        Self::ConfigRead,
        Self::ConfigWrite,
        Self::DeliveriesRead,
        Self::PayloadsRead,
        Self::DlqWrite,
        Self::KeysAdmin,
        Self::AuditRead,
        Self::UsageRead,
    ];

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::EventsEmit => "events:emit",
            Self::ConfigRead => "config:read",
            Self::ConfigWrite => "config:write",
            Self::DeliveriesRead => "deliveries:read",
            Self::PayloadsRead => "payloads:read",
            Self::DlqWrite => "dlq:write",
            Self::KeysAdmin => "keys:admin",
            Self::AuditRead => "audit:read",
            Self::UsageRead => "usage:read",
        }
    }

    /// The scope of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// A name for what somebody usually has to do with a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May do everything, and is the only one who may make, roll and delete keys of owners.
    Owner,
    /// May do everything but that.
    Admin,
    /// Builds: everything but keys, the settings of the space and who changed what.
    Developer,
    /// Keeps it running: reads everything but who changed what, and decides what becomes of deliveries.
    Operator,
    /// Reads everything but events and who changed what.
    Viewer,
    /// Sends events.
    Emitter,
}

impl Role {
    /// All there are.
    pub const ALL: [Self; 6] = [
        Self::Owner,
        Self::Admin,
        Self::Developer,
        Self::Operator,
        Self::Viewer,
        Self::Emitter,
    ];

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Operator => "operator",
            Self::Viewer => "viewer",
            Self::Emitter => "emitter",
        }
    }

    /// The role of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// What it may do.
    pub fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Owner | Self::Admin => &Scope::ALL,
            Self::Developer => &[
                Scope::EventsEmit,
                Scope::ConfigRead,
                Scope::ConfigWrite,
                Scope::DeliveriesRead,
                Scope::PayloadsRead,
                Scope::DlqWrite,
                Scope::UsageRead,
            ],
            Self::Operator => &[
                Scope::ConfigRead,
                Scope::DeliveriesRead,
                Scope::PayloadsRead,
                Scope::DlqWrite,
                Scope::UsageRead,
            ],
            Self::Viewer => &[Scope::ConfigRead, Scope::DeliveriesRead, Scope::UsageRead],
            Self::Emitter => &[Scope::EventsEmit],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_json() {
        for scope in Scope::ALL {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.name());
            assert_eq!(Scope::of_name(scope.name()), Some(scope));
        }
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
            assert_eq!(Role::of_name(role.name()), Some(role));
        }
        assert_eq!((Scope::of_name("keys"), Role::of_name("root")), (None, None));
    }

    #[test]
    fn only_owners_and_admins_have_to_do_with_keys_and_the_audit() {
        for role in Role::ALL {
            let has_keys = role.scopes().contains(&Scope::KeysAdmin);
            let has_audit = role.scopes().contains(&Scope::AuditRead);
            assert_eq!(has_keys, has_audit);
            assert_eq!(has_keys, matches!(role, Role::Owner | Role::Admin), "{role:?}");
        }
    }
}
