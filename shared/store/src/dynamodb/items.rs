//! The items of the table: their keys and attributes. Nothing outside of this module knows the name of one.

use std::collections::HashMap;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::Space;
use domain::resource::Kind;
use sha2::{Digest as _, Sha256};

use crate::error::{CorruptValue, StoreError};

mod audit;
mod batch;
mod bucket;
mod change;
mod dead_letter;
mod dead_letter_transaction;
mod deduplication;
mod pause;
mod published;
mod resource;
mod space_record;
mod stream_record;
mod transaction;
mod usage;

pub(super) use audit::{audit_item, audit_partition, audit_sort_key, has_lapsed, read_audit};
pub(crate) use batch::STEP_LIMIT;
pub(super) use batch::{Batch, BatchEntry};
pub(super) use bucket::{KeptBucket, bucket_expressions, bucket_key, read_bucket, read_leases};
pub use change::CHANGE;
pub(super) use change::read_change;
pub(super) use dead_letter::{
    DeadLetterHead, DeadLetterId, MAX_PARTS, Pointer, dead_letter_partition, is_pointer_sort_key,
    part_number, pointers_partition, sort_key,
};
pub(super) use dead_letter_transaction::{Before, delete_dead_letter, put_dead_letter};
pub(super) use deduplication::{DeduplicationKey, Pending, expressions};
pub(super) use pause::pause_item;
pub use pause::{PAUSE, PAUSE_REQUEST};
pub(super) use published::{
    DocumentId, EXPIRES_NAME, FORMAT_NAME, Head, IS_NEWER, LET_EXPIRE, VERSION_NAME, read_chunk,
};
pub(super) use resource::{read_into, read_resource};
pub(super) use space_record::{Counts, SpaceRecord};
pub(super) use stream_record::change_of;
pub(super) use transaction::{RESOURCE_ACTION, Transaction};
pub(super) use usage::{
    read_told, read_usage, told_expressions, told_item, usage_item, usage_partition, usage_sort_key,
};

/// An item, by name of attribute.
pub(super) type Item = HashMap<String, AttributeValue>;

/// Partition key.
pub(super) const PK: &str = "pk";
/// Sort key.
pub(super) const SK: &str = "sk";
/// Version of a space that an item is of.
const VERSION: &str = "version";
/// Place of a resource in the order of creation.
const CREATED: &str = "created";

/// Sort key of the newest change of a space: its records in the stream are the changes in their order.
pub const NEWEST_CHANGE: &str = "CHANGE";
/// Partition of the versions of all spaces.
const VERSIONS: &str = "VERSIONS";

/// Longest key, in bytes: that of a sort key, which is the lower of the two limits of `DynamoDB`.
const MAX_KEY_BYTES: usize = 1024;

/// Where an item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pk: String,
    sk: String,
}

impl Key {
    /// Of a resource.
    pub(super) fn resource(space: &Space, kind: Kind, id: &str) -> Self {
        Self {
            pk: space_partition(space),
            sk: bounded(kind_prefix(kind), id),
        }
    }

    /// Of the newest change of a space.
    pub(super) fn change(space: &Space) -> Self {
        Self {
            pk: space_partition(space),
            sk: NEWEST_CHANGE.to_owned(),
        }
    }

    /// Of the version of a space.
    pub(super) fn space_record(space: &Space) -> Self {
        Self {
            pk: VERSIONS.to_owned(),
            sk: bounded("", space.as_str()),
        }
    }

    /// The attributes that make the key.
    pub(super) fn into_item(self) -> Item {
        HashMap::from([text(PK, self.pk), text(SK, self.sk)])
    }

    /// Whether an item is there.
    fn is_of(&self, item: &Item) -> bool {
        read_text(item, PK) == Ok(&self.pk) && read_text(item, SK) == Ok(&self.sk)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.pk, self.sk)
    }
}

/// Partition of the resources of a space and of its newest change.
pub(super) fn space_partition(space: &Space) -> String {
    bounded("SPACE#", space.as_str())
}

/// Partition of the versions of all spaces.
pub(super) fn versions_partition() -> String {
    VERSIONS.to_owned()
}

/// What the sort keys of the resources of a kind start with.
pub(super) fn kind_prefix(kind: Kind) -> &'static str {
    match kind {
        Kind::EventType => "EVENTTYPE#",
        Kind::Function => "FUNCTION#",
        Kind::Subscription => "SUBSCRIPTION#",
        Kind::Cors => "CORS#",
        Kind::Space => "SETTINGS#",
        Kind::Key => "KEY#",
        Kind::Tenant => "TENANT#",
    }
}

/// A key of any length as one that the table can have. No name or id holds a `#`, so none looks like a hash.
pub(super) fn bounded(prefix: &str, name: &str) -> String {
    if prefix.len() + name.len() <= MAX_KEY_BYTES {
        return format!("{prefix}{name}");
    }
    format!("{prefix}sha256#{}", hex::encode(Sha256::digest(name)))
}

/// A name that stands before others in a key. What can be written holds no `#`; what is only looked for may, and must not
/// reach the items of another name.
fn unambiguous(name: &str) -> String {
    name.replace('#', "%23")
}

/// The error of an item that is not what the store writes.
pub(super) fn corrupt(item: &Item, source: CorruptValue) -> StoreError {
    let part = |name| read_text(item, name).unwrap_or("?").to_owned();
    let (pk, sk) = (part(PK), part(SK));
    StoreError::Corrupt {
        key: Key { pk, sk }.to_string(),
        source,
    }
}

/// A text attribute.
pub(super) fn text(name: &str, value: impl Into<String>) -> (String, AttributeValue) {
    (name.to_owned(), AttributeValue::S(value.into()))
}

/// A number attribute.
pub(super) fn number(name: &str, value: u64) -> (String, AttributeValue) {
    (name.to_owned(), AttributeValue::N(value.to_string()))
}

/// Reads a text attribute.
pub(super) fn read_text<'a>(item: &'a Item, name: &'static str) -> Result<&'a str, CorruptValue> {
    match item.get(name) {
        Some(AttributeValue::S(value)) => Ok(value),
        _ => Err(CorruptValue::Attribute { name }),
    }
}

/// Reads a number attribute.
pub(super) fn read_number(item: &Item, name: &'static str) -> Result<u64, CorruptValue> {
    match item.get(name) {
        Some(AttributeValue::N(value)) => value.parse().map_err(|_| CorruptValue::Attribute { name }),
        _ => Err(CorruptValue::Attribute { name }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        let space = Space::from("default");
        for (key, want) in [
            (
                Key::resource(&space, Kind::EventType, "e"),
                "SPACE#default/EVENTTYPE#e",
            ),
            (
                Key::resource(&space, Kind::Cors, "GET%2F"),
                "SPACE#default/CORS#GET%2F",
            ),
            (
                Key::resource(&space, Kind::Space, "default"),
                "SPACE#default/SETTINGS#default",
            ),
            (Key::change(&space), "SPACE#default/CHANGE"),
            (Key::space_record(&space), "VERSIONS/default"),
        ] {
            assert_eq!(key.to_string(), want);
        }
    }

    #[test]
    fn long_keys_are_bounded_and_apart() {
        let longest = "x".repeat(MAX_KEY_BYTES - "CORS#".len());
        assert_eq!(bounded("CORS#", &longest), format!("CORS#{longest}"));
        let (one, two) = (
            bounded("CORS#", &format!("{longest}1")),
            bounded("CORS#", &format!("{longest}2")),
        );
        assert!(one.starts_with("CORS#sha256#") && one.len() < 100, "{one}");
        assert_ne!(one, two);
    }
}
