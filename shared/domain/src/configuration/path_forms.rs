//! Which patterns of a space may stand side by side where the most specific path wins: as many as one likes, but no two that
//! match the very same requests, and of no more forms than a lookup may have to follow.

use std::sync::Arc;

use super::sync_paths::SlotCount;
use super::{ConfigurationError, PathConflict};
use crate::persistent_map::PersistentMap;
use crate::resource::{Subscription, SubscriptionType};
use crate::validation::MAX_PATH_FORMS;

/// The patterns among the paths of the subscriptions of a space. Paths without parameter and wildcard are not kept: each
/// stands for itself.
#[derive(Debug, Clone, Default)]
pub(super) struct PathForms(PersistentMap<Slot, Arc<Patterns>>);

/// What patterns compete in: sync or not, event type and method.
type Slot = (bool, Arc<str>, Arc<str>);

#[derive(Debug, Clone, Default)]
struct Patterns {
    /// How many there are of each pattern, the names in it left out.
    nameless: PersistentMap<Arc<str>, usize>,
    /// How many there are of each form.
    forms: PersistentMap<Form, usize>,
}

/// What is a literal, a parameter and a wildcard in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Form {
    /// A bit for each segment that is a parameter.
    parameters: u64,
    /// How many segments come before the wildcard, or are all.
    length: u8,
    has_wildcard: bool,
}

impl PathForms {
    /// Whether a subscription can be added. `here` is how many sync ones there are on its very path.
    pub(super) fn check(
        &self,
        subscription: &Subscription,
        here: SlotCount,
    ) -> Result<(), ConfigurationError> {
        let path = &subscription.path;
        if wildcard_is_followed(path) {
            return Err(PathConflict::WildcardNotLast.into());
        }
        let is_sync = subscription.r#type == SubscriptionType::Sync;
        if subscription.answers_all() && here.without_filters > 0 {
            return Err(PathConflict::Route(path.clone()).into());
        }
        let (Some(form), Some(patterns)) = (Form::of(path), self.0.get(&slot(subscription))) else {
            return Ok(());
        };
        // Those for the same requests must be called alike.
        let alike = patterns.nameless.get(nameless(path).as_str());
        if is_sync && alike.is_some_and(|count| *count > here.total()) {
            return Err(PathConflict::Route(path.clone()).into());
        }
        if !patterns.forms.contains_key(&form) && patterns.forms.len() >= MAX_PATH_FORMS {
            return Err(ConfigurationError::TooManyForms {
                path: path.clone(),
                limit: MAX_PATH_FORMS,
            });
        }
        Ok(())
    }

    /// Adds a subscription.
    pub(super) fn insert(&mut self, subscription: &Subscription) {
        if let Some(form) = Form::of(&subscription.path) {
            let patterns = Arc::make_mut(self.0.entry(slot(subscription)).or_default());
            let nameless = nameless(&subscription.path).into();
            *patterns.nameless.entry(nameless).or_default() += 1;
            *patterns.forms.entry(form).or_default() += 1;
        }
    }

    /// Removes a subscription.
    pub(super) fn remove(&mut self, subscription: &Subscription) {
        let Some(form) = Form::of(&subscription.path) else {
            return;
        };
        let slot = slot(subscription);
        if let Some(patterns) = self.0.get_mut(&slot) {
            let patterns = Arc::make_mut(patterns);
            count_down(&mut patterns.nameless, &nameless(&subscription.path).into());
            count_down(&mut patterns.forms, &form);
            if patterns.forms.is_empty() {
                self.0.remove(&slot);
            }
        }
    }

    /// The most forms that anything competes in.
    pub(super) fn most_forms(&self) -> usize {
        let counts = self.0.values().map(|patterns| patterns.forms.len());
        counts.max().unwrap_or_default()
    }
}

fn count_down<K: Clone + Eq + std::hash::Hash>(counts: &mut PersistentMap<K, usize>, key: &K) {
    let left = counts.get(key).map_or(0, |count| count.saturating_sub(1));
    if left == 0 {
        counts.remove(key);
    } else {
        counts.insert(key.clone(), left);
    }
}

fn slot(subscription: &Subscription) -> Slot {
    (
        subscription.r#type == SubscriptionType::Sync,
        subscription.event_type.as_str().into(),
        subscription.method.as_str().into(),
    )
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

fn wildcard_is_followed(path: &str) -> bool {
    let mut segments = segments(path);
    segments.any(|segment| segment.starts_with('*')) && segments.next().is_some()
}

/// The path with its parameters and its wildcard called alike.
pub(super) fn nameless(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for segment in segments(path) {
        text.push('/');
        match segment.as_bytes().first() {
            Some(b':') => text.push(':'),
            Some(b'*') => {
                text.push('*');
                break;
            }
            _ => text.push_str(segment),
        }
    }
    text
}

impl Form {
    /// The form of a pattern; `None` of a path without parameter and wildcard.
    fn of(path: &str) -> Option<Self> {
        let mut form = Self {
            parameters: 0,
            length: 0,
            has_wildcard: false,
        };
        for segment in segments(path) {
            if segment.starts_with('*') {
                form.has_wildcard = true;
                break;
            }
            if segment.starts_with(':') {
                // Paths have no more segments than there are bits.
                form.parameters |= 1u64.checked_shl(form.length.into()).unwrap_or_default();
            }
            form.length = form.length.saturating_add(1);
        }
        (form.has_wildcard || form.parameters != 0).then_some(form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Resource as _;

    fn subscription(kind: &str, path: &str) -> Subscription {
        let body = format!(r#"{{"type":"{kind}","eventType":"e","functionId":"f","path":"{path}"}}"#);
        Subscription::decode(&"one".into(), None, body.as_bytes()).unwrap()
    }

    fn forms(kind: &str, paths: &[&str]) -> PathForms {
        let mut forms = PathForms::default();
        for path in paths {
            forms.insert(&subscription(kind, path));
        }
        forms
    }

    /// As if no other path were the very same.
    fn check(forms: &PathForms, subscription: &Subscription) -> Result<(), ConfigurationError> {
        forms.check(subscription, SlotCount::default())
    }

    #[test]
    fn only_patterns_for_the_same_requests_conflict() {
        for (existing, path, is_free) in [
            (&["/orders/:id"][..], "/orders/mine", true),
            (&["/orders/:id", "/*rest"], "/orders/*rest", true),
            (&["/orders/:id"], "/orders/:order/lines", true),
            (&["/orders/:id"], "/orders/:order", false),
            (&["/orders/:id/*rest"], "/orders/:order/*other", false),
            (&["/*rest"], "/*all", false),
            (&["/:a/b"], "/a/:b", true),
            (&[], "/*rest/more", false),
            (&[], "/*rest/", false),
        ] {
            let forms = forms("sync", existing);
            assert_eq!(
                check(&forms, &subscription("sync", path)).is_ok(),
                is_free,
                "{existing:?} {path}"
            );
        }
        // Any number of functions may get the events of one path.
        let forms = forms("async", &["/orders/:id"]);
        assert!(check(&forms, &subscription("async", "/orders/:order")).is_ok());
        assert!(check(&forms, &subscription("sync", "/orders/:order")).is_ok());
    }

    #[test]
    fn forms_are_bounded_and_go_with_the_last_of_them() {
        let path = |bits: usize, name: &str| -> String {
            let segment = |at: usize| {
                if bits >> at & 1 == 1 {
                    format!("/:{name}")
                } else {
                    "/a".to_owned()
                }
            };
            (0..8).map(segment).collect()
        };
        let mut forms = PathForms::default();
        for bits in 1..=MAX_PATH_FORMS {
            let one = subscription("sync", &path(bits, "x"));
            assert_eq!(check(&forms, &one), Ok(()));
            forms.insert(&one);
        }
        let other = subscription("sync", &path(MAX_PATH_FORMS + 1, "x"));
        assert!(
            check(&forms, &other)
                .unwrap_err()
                .to_string()
                .contains("128 patterns")
        );
        // One more of a form that is there, and paths without any.
        assert_eq!(check(&forms, &subscription("sync", "/b/b/b/b/b/b/b/:x")), Ok(()));
        assert_eq!(check(&forms, &subscription("sync", "/b")), Ok(()));
        assert_eq!(
            check(&forms, &subscription("async", &path(MAX_PATH_FORMS + 1, "x"))),
            Ok(())
        );
        assert_eq!(forms.most_forms(), MAX_PATH_FORMS);
        forms.remove(&subscription("sync", &path(1, "x")));
        assert_eq!(check(&forms, &other), Ok(()));
        for bits in 2..=MAX_PATH_FORMS {
            forms.remove(&subscription("sync", &path(bits, "x")));
        }
        assert!(forms.0.is_empty());
    }
}
