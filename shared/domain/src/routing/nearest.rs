//! How near an event came that reaches nobody: what of its type, method and path there are subscriptions for. Asked only
//! where somebody wants to know, and bounded: by the number of methods, and by the length of the path.

use super::RoutingTable;
use crate::configuration::Stored;
use crate::resource::{Subscription, Unmatched};

/// What an event that reaches nobody lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NearestMiss {
    /// There are subscriptions to its type on its path, with these methods.
    Method {
        /// In the order of the alphabet.
        known: Vec<String>,
    },
    /// There are subscriptions to its type with its method, on other paths.
    Path {
        /// The path with a slash at the end, or without the one that it has, if that is one of them.
        known: Option<String>,
    },
    /// There are subscriptions to its type, with other methods on other paths.
    MethodAndPath,
    /// There are subscriptions to its type with its method on its path, whose filters do not let it pass.
    Filters,
    /// There is no subscription to its type, at least none on paths of the space that owns this one.
    Type,
}

/// How a request is answered that reaches nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnmatchedAnswer {
    /// As one that is taken.
    Accepted,
    /// Its path is not known.
    NotFound,
    /// Its path is known with other methods.
    MethodNotAllowed {
        /// In the order of the alphabet.
        allowed: Vec<String>,
    },
}

impl RoutingTable {
    /// What an event lacks that [`RoutingTable::routes`] finds nothing for.
    pub fn nearest_miss(&self, event_type: &str, method: &str, path: &str) -> NearestMiss {
        if self.is_filtered(event_type, method, path) {
            return NearestMiss::Filters;
        }
        let routes = self.paths.on(path);
        let Some(methods) = routes.and_then(|routes| routes.of_type(event_type).next()) else {
            return NearestMiss::Type;
        };
        let (known, _) = methods.on_path(path);
        if !known.is_empty() {
            return NearestMiss::Method { known };
        }
        let other = match path.strip_suffix('/') {
            Some(without) => without.to_owned(),
            None => format!("{path}/"),
        };
        match methods.reaches(method, &other) {
            None => NearestMiss::MethodAndPath,
            Some(is_known) => NearestMiss::Path {
                known: is_known.then_some(other),
            },
        }
    }

    /// Whether there would be subscriptions for an event, but for their filters.
    fn is_filtered(&self, event_type: &str, method: &str, path: &str) -> bool {
        self.has_filters() && !self.routes(event_type, method, path).is_empty()
    }

    /// How a request is answered that reaches nobody. Where spaces share the paths, a path
    /// belongs to those that have subscriptions on it, and one of them is enough.
    pub fn unmatched_answer(&self, event_type: &str, method: &str, path: &str) -> UnmatchedAnswer {
        if !self.modes.may_be_not_found() {
            return UnmatchedAnswer::Accepted;
        }
        let routes = self.paths.on(path);
        let (mut allowed, mut subscriptions) = (Vec::new(), Vec::new());
        for found in routes.into_iter().flat_map(|routes| routes.of_type(event_type)) {
            let (methods, found) = found.on_path(path);
            allowed.extend(methods);
            subscriptions.extend(found);
        }
        allowed.sort_unstable();
        allowed.dedup();
        let says_not_found = |stored: &&Stored<Subscription>| {
            self.modes.unmatched(&stored.resource.space) == Unmatched::NotFound
        };
        if subscriptions.is_empty() {
            match self.modes.unmatched_on(path) {
                Unmatched::Accepted => UnmatchedAnswer::Accepted,
                Unmatched::NotFound => UnmatchedAnswer::NotFound,
            }
        } else if subscriptions.iter().any(says_not_found) {
            if self.is_filtered(event_type, method, path) {
                return UnmatchedAnswer::NotFound;
            }
            UnmatchedAnswer::MethodNotAllowed { allowed }
        } else {
            UnmatchedAnswer::Accepted
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::configuration::{Change, Stored};
    use crate::resource::{Resource as _, Subscription};
    use crate::routing::PathOwnership;

    fn table(ownership: PathOwnership) -> RoutingTable {
        let mut table = RoutingTable::new(ownership);
        for (created, (kind, event_type, method, path)) in (0..).zip([
            ("async", "user.created", "POST", "/shop/users"),
            ("async", "user.created", "PUT", "/shop/users"),
            ("sync", "user.created", "GET", "/shop/users/:id"),
            ("sync", "http.request", "GET", "/shop/orders/*rest"),
            ("async", "item.created", "POST", "/shop/items"),
        ]) {
            let body = format!(
                r#"{{"type":"{kind}","eventType":"{event_type}","functionId":"f","path":"{path}","method":"{method}"}}"#
            );
            let resource = Subscription::decode(&"shop".into(), None, body.as_bytes()).unwrap();
            table.apply(&Change {
                before: None,
                after: Some(Stored {
                    resource: Arc::new(resource),
                    created,
                }),
            });
        }
        table
    }

    #[test]
    fn what_is_missing_is_named() {
        let methods = |known: &[&str]| NearestMiss::Method {
            known: known.iter().map(|method| (*method).to_owned()).collect(),
        };
        let path = |known: Option<&str>| NearestMiss::Path {
            known: known.map(str::to_owned),
        };
        for (event_type, method, asked, want) in [
            ("user.created", "DELETE", "/shop/users", methods(&["POST", "PUT"])),
            ("user.created", "POST", "/shop/users/7", methods(&["GET"])),
            ("http.request", "POST", "/shop/orders/a/b", methods(&["GET"])),
            // A parameter matches an empty segment (docs/contract.md Q35).
            ("user.created", "POST", "/shop/users/", methods(&["GET"])),
            ("item.created", "POST", "/shop/items/", path(Some("/shop/items"))),
            ("user.created", "POST", "/shop/elsewhere", path(None)),
            (
                "user.created",
                "GET",
                "/shop/users/7/",
                path(Some("/shop/users/7")),
            ),
            (
                "user.created",
                "DELETE",
                "/shop/elsewhere",
                NearestMiss::MethodAndPath,
            ),
            ("user.gone", "POST", "/shop/users", NearestMiss::Type),
        ] {
            for ownership in [PathOwnership::Shared, PathOwnership::BySpace] {
                let miss = table(ownership).nearest_miss(event_type, method, asked);
                assert_eq!(miss, want, "{event_type} {method} {asked}");
            }
        }
    }

    /// In hosted mode nothing is told of spaces that do not own the path.
    #[test]
    fn other_spaces_are_not_looked_at() {
        let table = table(PathOwnership::BySpace);
        for path in ["/other/users", "/", "/shopping/users"] {
            let miss = table.nearest_miss("user.created", "POST", path);
            assert_eq!(miss, NearestMiss::Type, "{path}");
        }
    }

    #[test]
    fn asking_is_linear() {
        let table = table(PathOwnership::Shared);
        let path = |n| format!("/shop/orders{}", "/a".repeat(n));
        scaling::assert_linear("a long path", 400, path, |path| {
            table.nearest_miss("http.request", "POST", path)
        });
    }
}
