//! Whose the paths of the Events API are.

use crate::ids::Space;

/// Whose the paths of the Events API are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PathOwnership {
    /// All spaces share all of them, and of two on one sync slot the first created wins (Q10).
    #[default]
    Shared,
    /// Each space has `/<space>` and what is below it, and nothing else: hosted mode.
    BySpace,
}

impl PathOwnership {
    /// Whether what a space registers on a path is routed. Names are compared as they are written: letter case counts,
    /// and a percent-encoded name is another one.
    pub fn allows(self, space: &Space, path: &str) -> bool {
        match self {
            Self::Shared => true,
            Self::BySpace => owner(path) == space.as_str(),
        }
    }
}

/// The name of the space that a path belongs to where spaces own their paths; empty where it can belong to none.
pub(super) fn owner(path: &str) -> &str {
    let rest = path.strip_prefix('/').unwrap_or_default();
    rest.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_space() {
        for (path, is_own) in [
            ("/acme", true),
            ("/acme/", true),
            ("/acme/orders/:id", true),
            ("/acme//", true),
            ("/", false),
            ("", false),
            ("acme/orders", false),
            ("//acme/orders", false),
            ("/acmes", false),
            ("/acm", false),
            ("/ACME/orders", false),
            ("/%61cme/orders", false),
            ("/acme%2Forders", false),
            ("/acme?x", false),
            ("/:space/orders", false),
            ("/*all", false),
            ("/victim/../acme", false),
        ] {
            let space = Space::from("acme");
            assert_eq!(PathOwnership::BySpace.allows(&space, path), is_own, "{path}");
            assert!(PathOwnership::Shared.allows(&space, path));
        }
        assert!(PathOwnership::BySpace.allows(&"default".into(), "/default/hello"));
    }
}
