//! Refusing what a gateway does not allow its spaces.

use super::{ConfigurationError, Configured, Snapshot, SpaceRules};
use crate::resource::Kind;

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

    /// Refuses one more resource of a kind that a space has enough of.
    pub(super) fn check_room<R: Configured>(&self, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
        let limit = match R::KIND {
            Kind::Cors => self.max_cors,
            Kind::Key => self.max_keys,
            Kind::EventType | Kind::Function | Kind::Subscription | Kind::Space => return Ok(()),
        };
        if snapshot.count::<R>() < limit {
            return Ok(());
        }
        Err(ConfigurationError::TooMany { kind: R::KIND, limit })
    }
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
