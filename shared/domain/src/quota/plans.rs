//! The plans of a gateway, by their names.

use std::collections::BTreeMap;

use super::{Quota, QuotaPlan};

/// Most bytes of the name of a plan.
pub const MAX_PLAN_NAME_BYTES: usize = 64;

/// The plans of a gateway, and which of them spaces are on whose settings name none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaPlans {
    plans: BTreeMap<String, QuotaPlan>,
    default: Option<String>,
    limits_events: bool,
    limits_deliveries: bool,
}

/// Why plans cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlansError {
    /// They are not written as they have to be.
    #[error("plans cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A name that no space could give.
    #[error("the name of a plan must have 1 to {MAX_PLAN_NAME_BYTES} bytes")]
    Name,
    /// There is no such plan.
    #[error("there is no plan {0:?} that could be the default")]
    NoDefault(String),
}

impl QuotaPlans {
    /// Reads plans: a JSON object with one member for each, by its name. `default` is the one of spaces that name none;
    /// without it these have no quotas but the bounds of the gateway.
    pub fn read(json: &str, default: Option<&str>) -> Result<Self, PlansError> {
        let plans: BTreeMap<String, QuotaPlan> = serde_json::from_str(json)?;
        if plans.keys().any(|name| !is_plan_name(name)) {
            return Err(PlansError::Name);
        }
        if let Some(default) = default
            && !plans.contains_key(default)
        {
            return Err(PlansError::NoDefault(default.to_owned()));
        }
        let limits = |quota| plans.values().any(|plan| plan.rate(quota).is_some());
        Ok(Self {
            limits_events: limits(Quota::Events),
            limits_deliveries: limits(Quota::Deliveries),
            default: default.map(str::to_owned),
            plans,
        })
    }

    /// The plan of a space that names one, or none, with its name. What is named and not there any more counts as none.
    pub fn of(&self, named: Option<&str>) -> Option<(&str, &QuotaPlan)> {
        let named = named.and_then(|name| self.plans.get_key_value(name));
        let default = || self.plans.get_key_value(self.default.as_ref()?);
        let (name, plan) = named.or_else(default)?;
        Some((name, plan))
    }

    /// Whether there is a plan of that name.
    pub fn has(&self, name: &str) -> bool {
        self.plans.contains_key(name)
    }

    /// Whether any of them limits events, so that it is worth a look.
    pub fn limits_events(&self) -> bool {
        self.limits_events
    }

    /// Whether any of them limits deliveries.
    pub fn limits_deliveries(&self) -> bool {
        self.limits_deliveries
    }
}

/// Whether a space may name a plan so.
fn is_plan_name(name: &str) -> bool {
    (1..=MAX_PLAN_NAME_BYTES).contains(&name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLANS: &str = r#"{"free":{"events":{"rate":10,"burst":30},"functions":2},"large":{"functions":0}}"#;

    #[test]
    fn spaces_are_on_the_plan_that_they_name_or_on_the_default() {
        let name = |plans: &QuotaPlans, named| plans.of(named).map(|(name, _)| name.to_owned());
        let plans = QuotaPlans::read(PLANS, Some("free")).unwrap();
        for (named, want) in [
            (None, Some("free")),
            (Some("large"), Some("large")),
            // It was taken out of the settings: nobody gets more by that.
            (Some("gone"), Some("free")),
        ] {
            assert_eq!(name(&plans, named).as_deref(), want, "{named:?}");
        }
        let plans = QuotaPlans::read(PLANS, None).unwrap();
        assert_eq!(name(&plans, None), None);
        assert_eq!(name(&plans, Some("gone")), None);
        assert!(plans.limits_events() && plans.has("large") && !plans.has("gone"));
        let (_, free) = plans.of(Some("free")).unwrap();
        let rate = free.rate(Quota::Events).unwrap();
        assert_eq!((rate.burst(), free.count(Quota::Functions)), (30, Some(2)));
        assert_eq!(free.count(Quota::Cors), None);
        assert!(!plans.limits_deliveries());
        let other = QuotaPlans::read(r#"{"a":{"deliveries":{"rate":1}}}"#, None).unwrap();
        assert!(other.limits_deliveries() && !other.limits_events());
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let long = format!(r#"{{"{}":{{}}}}"#, "n".repeat(MAX_PLAN_NAME_BYTES + 1));
        for (json, want) in [
            ("[]", "plans cannot be read"),
            (r#"{"free":{"event":{"rate":1}}}"#, "unknown field `event`"),
            (r#"{"free":{"functions":-1}}"#, "plans cannot be read"),
            (
                r#"{"free":{"events":{"rate":0}}}"#,
                "rate must be 0.001 to 1000000",
            ),
            (
                r#"{"free":{"events":{"rate":1,"burst":0}}}"#,
                "burst must be 1 to 1000000",
            ),
            (r#"{"free":{"events":{"burst":1}}}"#, "missing field `rate`"),
            (r#"{"":{}}"#, "the name of a plan"),
            (&long, "the name of a plan"),
            ("{}", "no plan \"free\""),
        ] {
            let error = QuotaPlans::read(json, Some("free")).unwrap_err().to_string();
            assert!(error.contains(want), "{json}: {error}");
        }
    }
}
