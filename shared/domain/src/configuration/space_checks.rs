//! Refusing what a gateway does not allow its spaces.

use super::{ConfigurationError, Configured, Snapshot, SpaceRules};
use crate::quota::{Quota, QuotaPlan};
use crate::resource::{Kind, SpaceSettings, Tenant};

impl SpaceRules {
    /// Refuses a resource on a path that is not its space's.
    pub fn check_path<R: Configured>(&self, resource: &R) -> Result<(), ConfigurationError> {
        let Some(path) = resource.routed_path() else {
            return Ok(());
        };
        if self.paths.allows(resource.space(), path) {
            return Ok(());
        }
        Err(ConfigurationError::ForeignPath {
            kind: R::KIND,
            space: resource.space().clone(),
            path: path.to_owned(),
        })
    }

    /// The plan of a space with these settings, and its name.
    pub fn plan(&self, settings: Option<&SpaceSettings>) -> Option<(&'static str, &'static QuotaPlan)> {
        self.plans?
            .of(settings.and_then(|settings| settings.plan.as_deref()))
    }

    /// Refuses one more resource of a kind that a space has enough of.
    pub(super) fn check_room<R: Configured>(&self, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
        self.check_count::<R>(snapshot, snapshot.count::<R>() + 1)
    }

    /// Refuses a space with more resources of a kind than it may have, unless it had as many before.
    pub(super) fn check_growth<R: Configured>(
        &self,
        before: &Snapshot,
        after: &Snapshot,
    ) -> Result<(), ConfigurationError> {
        let count = after.count::<R>();
        if count <= before.count::<R>() {
            return Ok(());
        }
        self.check_count::<R>(after, count)
    }

    fn check_count<R: Configured>(
        &self,
        snapshot: &Snapshot,
        count: usize,
    ) -> Result<(), ConfigurationError> {
        let kind = R::KIND;
        // The plan of a tenant is that of its spaces.
        if snapshot.count::<Tenant>() == 0
            && let Some(quota) = Quota::of_kind(kind)
            && let Some((plan, limit)) = self.limit_of(quota, snapshot.settings())
        {
            return within(quota, plan, limit, count);
        }
        match self.bound_of(kind) {
            Some(limit) if count > limit => Err(ConfigurationError::TooMany { kind, limit }),
            _ => Ok(()),
        }
    }

    /// Refuses a space with more bytes of configuration than its plan allows, unless it had as many before.
    pub(super) fn check_bytes(&self, before: &Snapshot, after: &Snapshot) -> Result<(), ConfigurationError> {
        let quota = Quota::ConfigurationBytes;
        let Some((plan, limit)) = self.limit_of(quota, after.settings()) else {
            return Ok(());
        };
        let bytes = after.bytes();
        if bytes <= limit || bytes <= before.bytes() {
            return Ok(());
        }
        within(quota, plan, limit, bytes)
    }

    /// Whether the bytes of configuration of a space are bounded.
    pub(super) fn limits_bytes(&self, settings: Option<&SpaceSettings>) -> bool {
        self.limit_of(Quota::ConfigurationBytes, settings).is_some()
    }

    /// How much of something the plan of a space allows, with its name.
    fn limit_of(&self, quota: Quota, settings: Option<&SpaceSettings>) -> Option<(&'static str, usize)> {
        let (name, plan) = self.plan(settings)?;
        Some((name, plan.count(quota)?))
    }

    /// How many resources of a kind there may be in a space whose plan says nothing of them.
    pub fn bound_of(&self, kind: Kind) -> Option<usize> {
        match kind {
            Kind::Cors => Some(self.max_cors),
            Kind::Key => Some(self.max_keys),
            Kind::EventType | Kind::Function | Kind::Subscription | Kind::Space | Kind::Tenant => None,
        }
    }

    /// Refuses to name a plan that there is not, unless it was named before.
    pub(super) fn check_plan(
        &self,
        plan: Option<&str>,
        stored: Option<&str>,
    ) -> Result<(), ConfigurationError> {
        let Some(plan) = plan else { return Ok(()) };
        if stored == Some(plan) || self.plans.is_some_and(|plans| plans.has(plan)) {
            return Ok(());
        }
        Err(ConfigurationError::UnknownPlan {
            plan: plan.to_owned(),
        })
    }
}

fn within(quota: Quota, plan: &str, limit: usize, count: usize) -> Result<(), ConfigurationError> {
    if count <= limit {
        return Ok(());
    }
    let plan = plan.to_owned();
    Err(ConfigurationError::QuotaUsedUp { quota, plan, limit })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::{Cors, Resource as _, Subscription};
    use crate::routing::PathOwnership;

    fn subscription(space: &str, path: &str) -> Subscription {
        let body = format!(r#"{{"type":"async","eventType":"e","functionId":"f","path":"{path}"}}"#);
        Subscription::decode(&space.into(), None, body.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_refused_is_told_what_to_write() {
        let rules = SpaceRules {
            paths: PathOwnership::BySpace,
            ..SpaceRules::default()
        };
        assert_eq!(rules.check_path(&subscription("acme", "/acme/orders")), Ok(()));
        for (path, want) in [
            ("/victim/orders", "/acme/victim/orders"),
            ("", "/acme/"),
            ("/", "/acme/"),
        ] {
            let refused = rules
                .check_path(&subscription("acme", path))
                .unwrap_err()
                .to_string();
            assert!(refused.contains(&format!("\"{want}\"")), "{refused}");
            assert!(refused.contains("PUT cannot move"), "{refused}");
        }
        let cors = Cors::decode(&"acme".into(), None, br#"{"method":"GET","path":"/victim"}"#).unwrap();
        assert!(rules.check_path(&cors).is_err());
        let shared = SpaceRules::default();
        assert_eq!(shared.check_path(&subscription("acme", "/victim/orders")), Ok(()));
    }

    #[test]
    fn a_space_has_so_many_cors_configurations() {
        let rules = SpaceRules {
            max_cors: 2,
            ..SpaceRules::default()
        };
        let mut snapshot = Snapshot::default();
        for (created, path) in (1..).zip(["/a", "/b"]) {
            let body = format!(r#"{{"method":"GET","path":"{path}"}}"#);
            let cors = Cors::decode(&"default".into(), None, body.as_bytes()).unwrap();
            snapshot.create(cors, created, &rules).unwrap();
        }
        let cors = Cors::decode(&"default".into(), None, br#"{"method":"GET","path":"/c"}"#).unwrap();
        let refused = snapshot.create(cors, 3, &rules).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "The space has its 2 CORS configurations, which are the most it may have: delete one first."
        );
        assert_eq!(rules.check_room::<Subscription>(&snapshot), Ok(()));
    }
}
