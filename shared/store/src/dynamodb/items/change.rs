//! Items that hold the newest change of a space. A stream tells the versions of one item in their order, so this one
//! makes the stream of the table the log of changes of each space.

use domain::ids::Space;

use super::super::change::SpaceChange;
use super::{Item, Key, VERSION, corrupt, number, read_text, text};
use crate::error::StoreError;

/// Attribute of that item with the text of the change, as [`SpaceChange::parse`] reads it.
pub const CHANGE: &str = "change";

/// The item.
pub(super) fn item(space: &Space, version: u64, change: String) -> Item {
    let mut item = Key::change(space).into_item();
    item.extend([number(VERSION, version), text(CHANGE, change)]);
    item
}

/// Reads the item.
pub(in super::super) fn read_change(item: &Item) -> Result<SpaceChange, StoreError> {
    read_text(item, CHANGE)
        .and_then(SpaceChange::parse)
        .map_err(|source| corrupt(item, source))
}
