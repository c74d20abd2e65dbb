//! What a change of the settings of a space must keep: that its paths may stand side by side as they do.

use super::{AnyChange, Change, Collection, ConfigurationError, Configured, Snapshot, SpaceRules, SyncPaths};
use crate::ids::Space;
use crate::resource::{PathMode, SpaceSettings, Subscription, SubscriptionType};
use crate::validation::MAX_PATH_FORMS;

impl Configured for SpaceSettings {
    fn collection(snapshot: &Snapshot) -> &Collection<Self> {
        &snapshot.settings
    }

    fn collection_mut(snapshot: &mut Snapshot) -> &mut Collection<Self> {
        &mut snapshot.settings
    }

    /// A space that begins with its settings has the paths of new spaces; they stay with it whenever settings that do not
    /// say are put in the place of these.
    fn completed(mut self, stored: Option<&Self>, snapshot: &Snapshot, rules: &SpaceRules) -> Self {
        let Some(of_new_spaces) = rules.paths_of_new_spaces else {
            return self;
        };
        let unsaid = match stored {
            Some(stored) => stored.paths,
            None => snapshot.is_empty().then_some(of_new_spaces),
        };
        self.paths = self.paths.or(unsaid);
        self
    }

    fn check_create(&self, snapshot: &Snapshot, rules: &SpaceRules) -> Result<(), ConfigurationError> {
        rules.check_plan(self.plan.as_deref(), None)?;
        check_paths(&self.space, self.paths, snapshot, rules)?;
        self.check_hooks(None, snapshot, rules)
    }

    fn check_update(
        &self,
        stored: &Self,
        snapshot: &Snapshot,
        rules: &SpaceRules,
    ) -> Result<(), ConfigurationError> {
        rules.check_plan(self.plan.as_deref(), stored.plan.as_deref())?;
        check_paths(&self.space, self.paths, snapshot, rules)?;
        self.check_hooks(Some(stored), snapshot, rules)
    }

    fn check_delete(id: &Space, snapshot: &Snapshot, rules: &SpaceRules) -> Result<(), ConfigurationError> {
        // Without them nobody would know whose the space is.
        if let Some(tenant) = snapshot.settings().and_then(|settings| settings.tenant.as_ref()) {
            let (space, tenant) = (id.clone(), tenant.clone());
            return Err(ConfigurationError::SpaceOfTenant { space, tenant });
        }
        check_paths(id, None, snapshot, rules)
    }

    fn index(snapshot: &mut Snapshot, before: Option<&Self>, after: Option<&Self>) {
        snapshot.hook_chains.change_settings(before, after);
    }

    fn change(change: &Change<Self>) -> AnyChange<'_> {
        AnyChange::Space(change)
    }
}

/// Refuses another mode of paths that those of the space do not fit.
fn check_paths(
    space: &Space,
    own: Option<PathMode>,
    snapshot: &Snapshot,
    rules: &SpaceRules,
) -> Result<(), ConfigurationError> {
    let after = own.unwrap_or(rules.defaults.paths);
    if after == snapshot.path_mode(rules.defaults) {
        return Ok(());
    }
    match after {
        PathMode::Strict => are_strict(space, snapshot),
        PathMode::Specific if snapshot.path_forms.most_forms() > MAX_PATH_FORMS => {
            Err(ConfigurationError::TooManyForms {
                path: "/".to_owned(),
                limit: MAX_PATH_FORMS,
            })
        }
        PathMode::Specific => Ok(()),
    }
}

fn are_strict(space: &Space, snapshot: &Snapshot) -> Result<(), ConfigurationError> {
    let mut subscriptions: Vec<_> = snapshot.iter::<Subscription>().collect();
    // The later one is the one in the way.
    subscriptions.sort_unstable_by_key(|stored| stored.created);
    let mut paths = SyncPaths::default();
    for stored in subscriptions {
        let subscription = &*stored.resource;
        if subscription.r#type == SubscriptionType::Async {
            continue;
        }
        paths
            .check(subscription)
            .map_err(|conflict| ConfigurationError::NotStrict {
                space: space.clone(),
                conflict,
            })?;
        paths.insert(subscription);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::SpaceDefaults;
    use crate::resource::{EventType, Function, Resource};

    fn decode<R: Resource>(body: &str) -> R {
        R::decode(&"one".into(), None, body.as_bytes()).unwrap()
    }

    fn settings(paths: &str) -> SpaceSettings {
        decode(&format!(r#"{{"paths":"{paths}"}}"#))
    }

    fn subscribe(snapshot: &mut Snapshot, path: &str, rules: &SpaceRules) -> Result<(), ConfigurationError> {
        let body = format!(r#"{{"type":"sync","eventType":"e","functionId":"f","path":"{path}"}}"#);
        let created = snapshot.count::<Subscription>() as u64;
        snapshot
            .create::<Subscription>(decode(&body), created, rules)
            .map(|_| ())
    }

    fn space(rules: &SpaceRules) -> Snapshot {
        let mut snapshot = Snapshot::default();
        let function = r#"{"functionId":"f","type":"http","provider":{"url":"http://h"}}"#;
        snapshot.create::<Function>(decode(function), 0, rules).unwrap();
        snapshot
            .create::<EventType>(decode(r#"{"name":"e"}"#), 0, rules)
            .unwrap();
        snapshot
    }

    #[test]
    fn spaces_that_begin_with_their_settings_have_the_paths_of_new_ones() {
        let hosted = SpaceRules {
            paths_of_new_spaces: Some(PathMode::Specific),
            ..SpaceRules::default()
        };
        let paths = |snapshot: &Snapshot| snapshot.settings().unwrap().paths;
        let unsaid = || decode::<SpaceSettings>(r#"{"description":"d"}"#);
        let mut new = Snapshot::default();
        new.create(unsaid(), 0, &hosted).unwrap();
        assert_eq!(paths(&new), Some(PathMode::Specific));
        // What is put again says the same.
        new.update(unsaid(), &hosted).unwrap();
        assert_eq!(paths(&new), Some(PathMode::Specific));
        new.update(settings("strict"), &hosted).unwrap();
        new.update(unsaid(), &hosted).unwrap();
        assert_eq!(paths(&new), Some(PathMode::Strict));
        // Where there was something before, nothing is moved.
        let mut old = space(&hosted);
        old.create(unsaid(), 0, &hosted).unwrap();
        assert_eq!(paths(&old), None);
        old.update(unsaid(), &hosted).unwrap();
        assert_eq!(paths(&old), None);
        let mut own = Snapshot::default();
        own.create(unsaid(), 0, &SpaceRules::default()).unwrap();
        assert_eq!(paths(&own), None);
    }

    #[test]
    fn paths_are_strict_again_only_where_they_fit() {
        let rules = SpaceRules::default();
        let mut snapshot = space(&rules);
        subscribe(&mut snapshot, "/orders/:id", &rules).unwrap();
        subscribe(&mut snapshot, "/orders/mine", &rules).unwrap_err();
        snapshot.create(settings("specific"), 0, &rules).unwrap();
        // Nothing stands in the way yet.
        snapshot.update(settings("strict"), &rules).unwrap();
        snapshot.update(settings("specific"), &rules).unwrap();
        subscribe(&mut snapshot, "/orders/mine", &rules).unwrap();
        subscribe(&mut snapshot, "/*rest", &rules).unwrap();
        let refused = snapshot
            .update(settings("strict"), &rules)
            .unwrap_err()
            .to_string();
        assert!(
            refused.starts_with("The paths of space \"one\" cannot be strict: parameter"),
            "{refused}"
        );
        assert_eq!(
            snapshot
                .delete::<SpaceSettings>(&"one".into(), &rules)
                .unwrap_err()
                .to_string(),
            refused
        );
        // Where that is the default, they may go.
        let specific = SpaceRules {
            defaults: SpaceDefaults {
                paths: PathMode::Specific,
                ..SpaceDefaults::default()
            },
            ..rules
        };
        snapshot
            .delete::<SpaceSettings>(&"one".into(), &specific)
            .unwrap();
        subscribe(&mut snapshot, "/orders/*rest", &specific).unwrap();
    }
}
