//! What is said of a tenant that goes with everything it has: when, and how much of it is gone by now.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// The deletion of a tenant with everything it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantDeletion {
    /// When removing begins, in RFC 3339. Until then it can be taken back.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Whether removing has begun: it cannot be taken back any more.
    #[serde(default)]
    #[schema(required = false)]
    pub begun: bool,
    /// What is removed by now.
    #[serde(default)]
    #[schema(required = false)]
    pub removed: RemovedFromTenant,
}

/// How much of a tenant is removed. Whoever is interrupted while removing has not counted what was removed last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RemovedFromTenant {
    /// Spaces.
    #[schema(required = false)]
    pub spaces: u64,
    /// Event types, functions, subscriptions, CORS configurations and settings of spaces.
    #[schema(required = false)]
    pub resources: u64,
    /// Keys, of its spaces and its own.
    #[schema(required = false)]
    pub keys: u64,
    /// Deliveries that waited.
    #[schema(required = false)]
    pub deliveries: u64,
    /// Dead letters.
    #[schema(required = false)]
    pub dead_letters: u64,
}

impl TenantDeletion {
    /// One that nothing is removed by yet.
    pub fn at(at: Timestamp) -> Self {
        Self {
            at,
            begun: false,
            removed: RemovedFromTenant::default(),
        }
    }

    /// Whether its time has come, at a time in milliseconds since the Unix epoch.
    pub fn is_due(&self, now: u64) -> bool {
        self.at.millis() <= now
    }

    /// Whether it can still be taken back.
    pub fn can_be_taken_back(&self, now: u64) -> bool {
        !self.begun && !self.is_due(now)
    }
}

impl AddAssign for RemovedFromTenant {
    fn add_assign(&mut self, more: Self) {
        let sum = |one: &mut u64, other: u64| *one = one.saturating_add(other);
        sum(&mut self.spaces, more.spaces);
        sum(&mut self.resources, more.resources);
        sum(&mut self.keys, more.keys);
        sum(&mut self.deliveries, more.deliveries);
        sum(&mut self.dead_letters, more.dead_letters);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_taken_back_before_its_time_and_before_it_has_begun() {
        let mut deletion = TenantDeletion::at(Timestamp::of_millis(1_000));
        assert!(deletion.can_be_taken_back(999) && !deletion.is_due(999));
        assert!(!deletion.can_be_taken_back(1_000) && deletion.is_due(1_000));
        deletion.begun = true;
        assert!(!deletion.can_be_taken_back(0));
        deletion.removed += RemovedFromTenant {
            spaces: 1,
            keys: u64::MAX,
            ..RemovedFromTenant::default()
        };
        deletion.removed += deletion.removed;
        assert_eq!((deletion.removed.spaces, deletion.removed.keys), (2, u64::MAX));
    }
}
