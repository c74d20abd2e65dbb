//! Which sync paths of a space may stand side by side (docs/contract.md §1.12): at one level of the path tree either
//! any number of static segments, or one parameter, or one wildcard.

use std::sync::Arc;

use imbl::OrdMap;

use crate::persistent_map::PersistentMap;

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
    has_route: bool,
}

impl SyncPaths {
    /// Whether a path can be added.
    pub fn check(&self, event_type: &str, method: &str, path: &str) -> Result<(), PathConflict> {
        let key = (event_type.into(), method.into());
        match self.0.get(&key) {
            Some(root) => root.check(path),
            None => Node::default().check(path),
        }
    }

    /// Adds a path that was checked.
    pub fn insert(&mut self, event_type: &str, method: &str, path: &str) {
        let root = self.0.entry((event_type.into(), method.into())).or_default();
        Arc::make_mut(root).insert(segments(path));
    }

    /// Removes a path.
    pub fn remove(&mut self, event_type: &str, method: &str, path: &str) {
        let key = (event_type.into(), method.into());
        if let Some(root) = self.0.get_mut(&key) {
            Arc::make_mut(root).remove(segments(path));
            if root.is_empty() {
                self.0.remove(&key);
            }
        }
    }
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
    fn check(&self, path: &str) -> Result<(), PathConflict> {
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
        if node.has_route {
            Err(PathConflict::Route(path.to_owned()))
        } else {
            Ok(())
        }
    }

    fn insert<'a>(&mut self, mut segments: impl Iterator<Item = &'a str>) {
        match segments.next() {
            None => self.has_route = true,
            Some(segment) => Arc::make_mut(self.children.entry(segment.into()).or_default()).insert(segments),
        }
    }

    fn remove<'a>(&mut self, mut segments: impl Iterator<Item = &'a str>) {
        let Some(segment) = segments.next() else {
            self.has_route = false;
            return;
        };
        if let Some(child) = self.children.get_mut(segment) {
            Arc::make_mut(child).remove(segments);
            if child.is_empty() {
                self.children.remove(segment);
            }
        }
    }

    fn is_empty(&self) -> bool {
        !self.has_route && self.children.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        pub(super) static STEPS: Cell<usize> = const { Cell::new(0) };
    }

    #[test]
    fn a_check_takes_as_many_steps_as_the_path_has_segments() {
        let steps = [1000, 4000].map(|count| {
            let mut paths = SyncPaths::default();
            for number in 0..count {
                paths.insert("e", "GET", &format!("/a/{number}/:x"));
            }
            let before = STEPS.get();
            paths.check("e", "GET", "/a/7/:x/b/c").unwrap();
            paths.check("e", "GET", "/a/7/:y").unwrap_err();
            STEPS.get() - before
        });
        assert_eq!(steps, [8, 8]);
    }

    fn conflict(existing: &[&str], path: &str) -> Option<String> {
        let mut paths = SyncPaths::default();
        for path in existing {
            paths.insert("e", "GET", path);
        }
        paths
            .check("e", "GET", path)
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
        paths.insert("e", "GET", "/users/:id");
        assert!(paths.check("e", "POST", "/users/:name").is_ok());
        assert!(paths.check("other", "GET", "/users/:name").is_ok());
        paths.remove("e", "GET", "/users/:id");
        assert!(paths.check("e", "GET", "/users/:name").is_ok());
    }
}
