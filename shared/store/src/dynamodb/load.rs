//! Loading the resources of a space.

use domain::ids::Space;

use super::opened::Opened;
use super::publication;
use super::space_snapshot::SpaceSnapshot;
use super::table::Table;
use crate::error::StoreError;

/// How often the items of a space are read again because it changed meanwhile.
const ATTEMPTS: usize = 3;

/// The state of a space at a version that it is known to have had, or at a later one: as it was published, or from the
/// resources themselves where publication has not come so far.
pub(super) async fn load(
    table: &Table,
    space: &Space,
    version: u64,
) -> Result<Opened<SpaceSnapshot>, StoreError> {
    match publication::read(table, space, version).await? {
        Some(published) => Ok(published),
        None => read_items(table, space, version).await,
    }
}

/// The same from the resources alone. They are read page by page: in a space that changes all the time the pages may be of
/// different versions, but none is of an older one than the state claims to be.
pub(super) async fn read_items(
    table: &Table,
    space: &Space,
    version: u64,
) -> Result<Opened<SpaceSnapshot>, StoreError> {
    let of_version = |read: Opened<_>, version| read.map(|snapshot| SpaceSnapshot { version, snapshot });
    let mut version = version;
    for _ in 1..ATTEMPTS {
        let read = table.read_space(space).await?;
        let now = table
            .space_record(space)
            .await?
            .map_or(0, |record| record.version);
        if now == version {
            return Ok(of_version(read, version));
        }
        version = now;
    }
    let read = table.read_space(space).await?;
    Ok(of_version(read, version))
}
