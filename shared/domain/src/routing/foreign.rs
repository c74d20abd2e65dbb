//! What is stored on paths that its space does not own: written before paths had owners, and no longer routed.

use super::PathOwnership;
use crate::configuration::{Configured, Snapshot};
use crate::ids::Space;
use crate::resource::{Cors, Kind, Subscription};

/// A resource that gets no requests, because its path is not its space's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForeignPath<'a> {
    /// Its space.
    pub space: &'a Space,
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: &'a str,
    /// Its path.
    pub path: &'a str,
}

/// The resources of a space that are on paths of others. Takes as long as there are resources on paths.
pub fn foreign_paths(ownership: PathOwnership, snapshot: &Snapshot) -> impl Iterator<Item = ForeignPath<'_>> {
    foreign::<Subscription>(ownership, snapshot).chain(foreign::<Cors>(ownership, snapshot))
}

fn foreign<R: Configured>(
    ownership: PathOwnership,
    snapshot: &Snapshot,
) -> impl Iterator<Item = ForeignPath<'_>> {
    snapshot.iter::<R>().filter_map(move |stored| {
        let resource = &*stored.resource;
        let (space, path) = (resource.space(), resource.routed_path()?);
        (!ownership.allows(space, path)).then(|| ForeignPath {
            space,
            kind: R::KIND,
            id: resource.id().as_ref(),
            path,
        })
    })
}
