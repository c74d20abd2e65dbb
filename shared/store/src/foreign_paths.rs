//! Telling the operator at the start what is stored but not routed, because its path is another space's.

use domain::configuration::Snapshot;
use domain::routing::{ForeignPath, PathOwnership, foreign_paths};

/// Most resources that are listed, each in a line of its own; the others are counted.
const MOST_LISTED: usize = 20;

/// Warns of resources that are on paths of others. There are none where all spaces share the paths.
pub(crate) fn warn_of_foreign_paths<'s>(
    ownership: PathOwnership,
    snapshots: impl IntoIterator<Item = &'s Snapshot>,
) {
    if ownership == PathOwnership::Shared {
        return;
    }
    let mut count = 0;
    for foreign in snapshots
        .into_iter()
        .flat_map(|snapshot| foreign_paths(ownership, snapshot))
    {
        count += 1;
        if count <= MOST_LISTED {
            let ForeignPath {
                space,
                kind,
                id,
                path,
            } = foreign;
            let kind = kind.label();
            tracing::warn!(%space, kind, id, path, "Not routed: the path is not one of its space.");
        }
    }
    if count > 0 {
        tracing::warn!(
            count,
            listed = count.min(MOST_LISTED),
            "Stored resources on paths of other spaces get no requests: delete them and create them below /<space>/."
        );
    }
}
