//! The CORS configurations on paths, by method.

use std::sync::Arc;

use super::groups::Groups;
use super::path_tree::{PathTree, comes_before};
use crate::configuration::Stored;
use crate::persistent_map::PersistentMap;
use crate::resource::{Cors, PathMode};

type Methods = PersistentMap<Arc<str>, PathTree<Cors>>;

/// The CORS configurations on paths.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct CorsRoutes {
    /// Of spaces whose paths are strict.
    strict: Methods,
    /// Of spaces whose most specific path wins.
    specific: Methods,
}

impl CorsRoutes {
    /// The configuration for a method and path: in strict spaces the very path first, then the pattern created first
    /// (Q46); in others the most specific. There that of GET is for HEAD too.
    pub(super) fn find(&self, method: &str, path: &str, is_of_one_space: bool) -> Option<&Arc<Cors>> {
        let strict = self.strict.get(method).and_then(|tree| tree.find(path));
        let found = if self.specific.is_empty() {
            strict
        } else {
            let of = |method: &str| self.most_specific(method, path, is_of_one_space);
            let own = of(method).or_else(|| of("GET").filter(|_| method == "HEAD"));
            match (strict, own) {
                (Some(strict), Some(own)) if comes_before(own, strict) => Some(own),
                (strict, own) => strict.or(own),
            }
        };
        found.map(|stored| &stored.resource)
    }

    fn most_specific(&self, method: &str, path: &str, is_of_one_space: bool) -> Option<&Stored<Cors>> {
        let mut groups = Groups::new(is_of_one_space);
        self.specific.get(method)?.groups(path, &mut groups);
        groups.lowest()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.strict.is_empty() && self.specific.is_empty()
    }

    pub(super) fn add(&mut self, stored: &Stored<Cors>, mode: PathMode) {
        let cors = &stored.resource;
        let tree = self
            .methods_mut(mode)
            .entry(cors.method.as_str().into())
            .or_default();
        tree.insert(&cors.path, stored);
    }

    pub(super) fn remove(&mut self, cors: &Cors, mode: PathMode) {
        let methods = self.methods_mut(mode);
        let Some(tree) = methods.get_mut(cors.method.as_str()) else {
            return;
        };
        tree.remove(cors);
        if tree.is_empty() {
            methods.remove(cors.method.as_str());
        }
    }

    fn methods_mut(&mut self, mode: PathMode) -> &mut Methods {
        match mode {
            PathMode::Strict => &mut self.strict,
            PathMode::Specific => &mut self.specific,
        }
    }
}
