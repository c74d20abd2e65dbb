//! How many bytes the resources of a space have. Where that matters it is worked out once, and followed from then on.

use super::measured::{Measured, bytes_of};
use super::{ConfigurationError, Configured, Snapshot, SpaceRules, Stored};
use crate::resource::{ApiKey, Cors, EventType, Function, Subscription};

impl Snapshot {
    /// Bytes of all resources but the settings of the space, as JSON.
    pub fn bytes(&self) -> usize {
        self.measured.known().unwrap_or_else(|| {
            self.bytes_of_kind::<EventType>()
                + self.bytes_of_kind::<Function>()
                + self.bytes_of_kind::<Subscription>()
                + self.bytes_of_kind::<Cors>()
                + self.bytes_of_kind::<ApiKey>()
        })
    }

    /// Puts in a resource, unless there would be more bytes then than may be.
    pub(super) fn put<R: Configured>(
        &mut self,
        stored: Stored<R>,
        rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        // The plan of a tenant is that of its spaces.
        if !self.tenants.is_empty() || !rules.limits_bytes(self.settings()) {
            self.insert(stored);
            return Ok(());
        }
        self.measure();
        let mut after = self.clone();
        after.insert(stored);
        rules.check_bytes(self, &after)?;
        *self = after;
        Ok(())
    }

    /// Works the bytes out, so that changes are followed from now on.
    fn measure(&mut self) {
        self.measured = Measured::of(self.bytes());
    }

    fn bytes_of_kind<R: Configured>(&self) -> usize {
        self.iter::<R>().map(|stored| bytes_of(&*stored.resource)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quota::QuotaPlans;
    use crate::resource::Resource as _;

    fn event_type(name: &str) -> EventType {
        let body = format!(r#"{{"name":"{name}"}}"#);
        EventType::decode(&"one".into(), None, body.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_kept_is_what_there_is() {
        let mut space = Snapshot::default();
        let put = |space: &mut Snapshot, name: &str| {
            let resource = event_type(name).into();
            space.insert(Stored { resource, created: 0 });
        };
        put(&mut space, "a");
        space.measure();
        put(&mut space, "bbbb");
        put(&mut space, "bbbb");
        space.remove::<EventType>(&"a".into());
        space.remove::<EventType>(&"none".into());
        assert_eq!(space.bytes(), bytes_of(&event_type("bbbb")));
        let anew = Snapshot {
            measured: Measured::default(),
            ..space.clone()
        };
        assert_eq!(anew.bytes(), space.bytes());
    }

    #[test]
    fn a_plan_bounds_the_bytes_of_a_space() {
        let most = bytes_of(&event_type("aa")) * 2;
        let json = format!(r#"{{"small":{{"configurationBytes":{most}}}}}"#);
        let plans = QuotaPlans::read(&json, Some("small")).unwrap();
        let rules = SpaceRules {
            plans: Some(Box::leak(Box::new(plans))),
            ..SpaceRules::default()
        };
        let mut space = Snapshot::default();
        space.create(event_type("aa"), 1, &rules).unwrap();
        let refused = space.create(event_type("bbb"), 2, &rules).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!(
                r#"The quota "configurationBytes" of the plan "small" is used up: a space may have {most}."#
            )
        );
        space.create(event_type("bb"), 2, &rules).unwrap();
        let mut longer = event_type("bb");
        longer.metadata.insert("a".to_owned(), "b".to_owned());
        assert!(space.update(longer.clone(), &rules).is_err());
        // What is beyond it already may be made smaller.
        space.insert(Stored {
            resource: longer.into(),
            created: 2,
        });
        space.update(event_type("bb"), &rules).unwrap();
        space.delete::<EventType>(&"aa".into(), &rules).unwrap();
        assert_eq!(space.bytes(), most / 2);
    }
}
