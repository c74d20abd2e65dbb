//! Which sync paths of a space may stand side by side (docs/contract.md §1.12): at one level of the path tree either
//! any number of static segments, or one parameter, or one wildcard.

use std::sync::Arc;

use imbl::OrdMap;

use crate::persistent_map::PersistentMap;
use crate::resource::Subscription;

/// Why a path cannot be added. The texts are the wire's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathConflict {
    /// Segments follow a wildcard.
    #[error("wildcard must be the last parameter")]
    WildcardNotLast,
    /// A wildcard meets anything else at its level, or anything else meets a wildcard.
    #[error("wildcard with different name (\"{name}\") already defined: for route: {path}")]
    Wildcard {
        /// Name of the parameter or wildcard that is there, empty for a static segment.
        name: String,
        /// The path that was to be added.
        path: String,
    },
    /// A segment meets a parameter of another text.
    #[error("parameter with different name (\"{name}\") already defined: for route: {path}")]
    Parameter {
        /// Name of the parameter that is there.
        name: String,
        /// The path that was to be added.
        path: String,
    },
    /// A parameter meets a static segment.
    #[error("static route already defined for route: {0}")]
    Static(String),
    /// The very path is there.
    #[error("route {0} conflicts with existing route")]
    Route(String),
}

/// The sync paths of a space, by event type and method.
#[derive(Debug, Clone, Default)]
pub struct SyncPaths(PersistentMap<(Arc<str>, Arc<str>), Arc<Node>>);

#[derive(Debug, Clone, Default)]
struct Node {
    children: OrdMap<Arc<str>, Arc<Node>>,
    here: SlotCount,
}

/// How many sync subscriptions there are to the same events on the very same path. Of those without filters one answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct SlotCount {
    pub(super) without_filters: usize,
    pub(super) with_filters: usize,
}

impl SlotCount {
    pub(super) fn total(self) -> usize {
        self.without_filters + self.with_filters
    }

    /// The count of those with filters, or of those without.
    fn of(&mut self, has_filters: bool) -> &mut usize {
        if has_filters {
            &mut self.with_filters
        } else {
            &mut self.without_filters
        }
    }
}

impl SyncPaths {
    /// Whether a sync subscription can be added.
    pub fn check(&self, subscription: &Subscription) -> Result<(), PathConflict> {
        let (path, has_filters) = (&subscription.path, subscription.filters.is_some());
        match self.0.get(&key(subscription)) {
            Some(root) => root.check(path, has_filters),
            None => Node::default().check(path, has_filters),
        }
    }

    /// Adds a sync subscription that was checked.
    pub fn insert(&mut self, subscription: &Subscription) {
        let root = self.0.entry(key(subscription)).or_default();
        let has_filters = subscription.filters.is_some();
        Arc::make_mut(root).insert(segments(&subscription.path), has_filters);
    }

    /// Removes a sync subscription.
    pub fn remove(&mut self, subscription: &Subscription) {
        let key = key(subscription);
        if let Some(root) = self.0.get_mut(&key) {
            let has_filters = subscription.filters.is_some();
            Arc::make_mut(root).remove(segments(&subscription.path), has_filters);
            if root.is_empty() {
                self.0.remove(&key);
            }
        }
    }

    /// How many there are to the events of one on the very path that it is on.
    pub(super) fn count(&self, subscription: &Subscription) -> SlotCount {
        let mut node = self.0.get(&key(subscription));
        for segment in segments(&subscription.path) {
            node = node.and_then(|node| node.children.get(segment));
        }
        node.map(|node| node.here).unwrap_or_default()
    }
}

fn key(subscription: &Subscription) -> (Arc<str>, Arc<str>) {
    (
        subscription.event_type.as_str().into(),
        subscription.method.as_str().into(),
    )
}

/// The segments of a path; the root path has none and so conflicts with nothing but itself.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    let rest = path.strip_prefix('/').unwrap_or(path);
    (path != "/").then(|| rest.split('/')).into_iter().flatten()
}

/// Name of a parameter or wildcard segment, empty for a static one.
fn parameter_name(segment: &str) -> &str {
    segment.strip_prefix([':', '*']).unwrap_or_default()
}

impl Node {
    fn check(&self, path: &str, has_filters: bool) -> Result<(), PathConflict> {
        let empty = Self::default();
        let mut node = self;
        let mut after_wildcard = false;
        for segment in segments(path) {
            #[cfg(test)]
            tests::STEPS.with(|steps| steps.set(steps.get() + 1));
            if after_wildcard {
                return Err(PathConflict::WildcardNotLast);
            }
            let same = node.children.get(segment);
            let sibling = match same {
                Some(_) => Some(segment),
                None => node.children.keys().next().map(|text| &**text),
            };
            if let Some(sibling) = sibling {
                let name = || parameter_name(sibling).to_owned();
                if sibling.starts_with('*') || segment.starts_with('*') {
                    return Err(PathConflict::Wildcard {
                        name: name(),
                        path: path.to_owned(),
                    });
                }
                if sibling.starts_with(':') && sibling != segment {
                    return Err(PathConflict::Parameter {
                        name: name(),
                        path: path.to_owned(),
                    });
                }
                if segment.starts_with(':') && sibling != segment {
                    return Err(PathConflict::Static(path.to_owned()));
                }
            }
            after_wildcard = segment.starts_with('*');
            node = same.map_or(&empty, |child| child);
        }
        if node.here.without_filters > 0 && !has_filters {
            Err(PathConflict::Route(path.to_owned()))
        } else {
            Ok(())
        }
    }

    fn insert<'a>(&mut self, mut segments: impl Iterator<Item = &'a str>, has_filters: bool) {
        match segments.next() {
            None => *self.here.of(has_filters) += 1,
            Some(segment) => {
                let child = self.children.entry(segment.into()).or_default();
                Arc::make_mut(child).insert(segments, has_filters);
            }
        }
    }

    fn remove<'a>(&mut self, mut segments: impl Iterator<Item = &'a str>, has_filters: bool) {
        let Some(segment) = segments.next() else {
            let count = self.here.of(has_filters);
            *count = count.saturating_sub(1);
            return;
        };
        if let Some(child) = self.children.get_mut(segment) {
            Arc::make_mut(child).remove(segments, has_filters);
            if child.is_empty() {
                self.children.remove(segment);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.here.total() == 0 && self.children.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::resource::Resource as _;

    thread_local! {
        pub(super) static STEPS: Cell<usize> = const { Cell::new(0) };
    }

    fn sync(event_type: &str, method: &str, path: &str, filters: &str) -> Subscription {
        let body = format!(
            r#"{{"type":"sync","eventType":"{event_type}","functionId":"f","method":"{method}","path":"{path}","filters":{filters}}}"#
        );
        Subscription::decode(&"one".into(), None, body.as_bytes()).unwrap()
    }

    fn plain(path: &str) -> Subscription {
        sync("e", "GET", path, "[]")
    }

    fn filtered(path: &str) -> Subscription {
        sync("e", "GET", path, r#"[{"exact":{"type":"e"}}]"#)
    }

    #[test]
    fn a_check_takes_as_many_steps_as_the_path_has_segments() {
        let steps = [1000, 4000].map(|count| {
            let mut paths = SyncPaths::default();
            for number in 0..count {
                paths.insert(&plain(&format!("/a/{number}/:x")));
            }
            let (fits, conflicts) = (plain("/a/7/:x/b/c"), plain("/a/7/:y"));
            let before = STEPS.get();
            paths.check(&fits).unwrap();
            paths.check(&conflicts).unwrap_err();
            STEPS.get() - before
        });
        assert_eq!(steps, [8, 8]);
    }

    fn conflict(existing: &[&str], path: &str) -> Option<String> {
        let mut paths = SyncPaths::default();
        for path in existing {
            paths.insert(&plain(path));
        }
        paths
            .check(&plain(path))
            .err()
            .map(|conflict| conflict.to_string())
    }

    #[test]
    fn reasons() {
        let parameter = |name: &str, path: &str| {
            Some(format!(
                "parameter with different name (\"{name}\") already defined: for route: {path}"
            ))
        };
        let wildcard = |name: &str, path: &str| {
            Some(format!(
                "wildcard with different name (\"{name}\") already defined: for route: {path}"
            ))
        };
        for (existing, path, want) in [
            (
                vec!["/users/:id"],
                "/users/:name",
                parameter("id", "/users/:name"),
            ),
            (vec!["/users/:id"], "/users/foo", parameter("id", "/users/foo")),
            (vec!["/users/:id"], "/users/", parameter("id", "/users/")),
            (vec!["/users/:id"], "/users/*rest", wildcard("id", "/users/*rest")),
            (vec!["/w/*all"], "/w/x", wildcard("all", "/w/x")),
            (vec!["/w/*all"], "/w/*all", wildcard("all", "/w/*all")),
            (vec!["/s/a"], "/s/*x", wildcard("", "/s/*x")),
            (
                vec!["/s/a"],
                "/s/:x",
                Some("static route already defined for route: /s/:x".to_owned()),
            ),
            (
                vec![],
                "/*foo/bar",
                Some("wildcard must be the last parameter".to_owned()),
            ),
            (
                vec!["/"],
                "/",
                Some("route / conflicts with existing route".to_owned()),
            ),
            (
                vec!["/a/b"],
                "/a/b",
                Some("route /a/b conflicts with existing route".to_owned()),
            ),
            (vec!["/users", "/users/:id"], "/users/:id/posts", None),
            (vec!["/"], "/*x", None),
            (vec!["/*x"], "/", None),
            (vec!["/a/:b/c/:d"], "/a/:b/x/:e", None),
        ] {
            assert_eq!(conflict(&existing, path), want, "{existing:?} + {path}");
        }
    }

    #[test]
    fn removed_paths_do_not_conflict() {
        let mut paths = SyncPaths::default();
        paths.insert(&plain("/users/:id"));
        assert!(paths.check(&sync("e", "POST", "/users/:name", "[]")).is_ok());
        assert!(paths.check(&sync("other", "GET", "/users/:name", "[]")).is_ok());
        paths.remove(&plain("/users/:id"));
        assert!(paths.check(&plain("/users/:name")).is_ok());
    }

    #[test]
    fn one_without_filters_stands_beside_any_with_them() {
        let mut paths = SyncPaths::default();
        for one in [filtered("/a"), plain("/a"), filtered("/a")] {
            assert_eq!(paths.check(&one), Ok(()));
            paths.insert(&one);
        }
        let count = SlotCount {
            without_filters: 1,
            with_filters: 2,
        };
        assert_eq!(paths.count(&plain("/a")), count);
        assert_eq!(paths.count(&plain("/b")), SlotCount::default());
        assert!(paths.check(&plain("/a")).is_err());
        // Another name at the same place stays a conflict.
        paths.insert(&filtered("/u/:id"));
        assert!(paths.check(&filtered("/u/:name")).is_err());
        assert!(paths.check(&filtered("/u/:id")).is_ok());
        paths.remove(&plain("/a"));
        assert_eq!(paths.check(&plain("/a")), Ok(()));
        paths.remove(&filtered("/a"));
        paths.remove(&filtered("/a"));
        paths.remove(&filtered("/u/:id"));
        assert!(paths.0.is_empty());
    }
}
