//! Items of buckets of tokens: when a bucket is full, and how often something was taken of it.

use domain::ids::Space;
use domain::quota::{Bucket, Quota};

use super::published::EXPIRES;
use super::{Item, Key, bounded, corrupt, read_number, unambiguous};
use crate::error::StoreError;

/// When the bucket is full, in nanoseconds since 1970.
const FULL_AT: &str = "fullAt";
/// How often something was taken of it.
const LEASES: &str = "leases";

/// Names and expressions of the calls on these items. All of them take the names `#full`, `#leases` and `#expires`.
pub(in super::super) mod bucket_expressions {
    /// What `#full` stands for.
    pub(in super::super::super) const FULL_NAME: &str = super::FULL_AT;
    /// What `#leases` stands for.
    pub(in super::super::super) const LEASES_NAME: &str = super::LEASES;
    /// What `#expires` stands for.
    pub(in super::super::super) const EXPIRES_NAME: &str = super::EXPIRES;
    /// Takes tokens of a bucket that is not full: those of `:cost` nanoseconds.
    pub(in super::super::super) const TAKE: &str =
        "SET #full = #full + :cost, #expires = :expires ADD #leases :one";
    /// Condition that there are as many in it: it is not full at `:now`, and full at `:latest` at the latest.
    pub(in super::super::super) const HAS: &str = "#full >= :now AND #full <= :latest";
    /// Makes a bucket what it is after something was taken.
    pub(in super::super::super) const REPLACE: &str =
        "SET #full = :full, #expires = :expires ADD #leases :one";
    /// Condition that nothing was taken of it since it was seen.
    pub(in super::super::super) const IS_SEEN: &str = "#full = :seen";
    /// The same of one that was not there.
    pub(in super::super::super) const IS_NEW: &str = "attribute_not_exists(#full)";
}

/// Where a bucket of a space is.
pub(in super::super) fn bucket_key(space: &Space, quota: Quota) -> Key {
    Key {
        pk: bounded("QUOTA#", &unambiguous(space.as_str())),
        sk: quota.name().to_owned(),
    }
}

/// Reads a bucket.
pub(in super::super) fn read_bucket(item: &Item) -> Result<Bucket, StoreError> {
    let full_at = read_number(item, FULL_AT).map_err(|source| corrupt(item, source))?;
    Ok(Bucket::full_at(full_at))
}

/// Reads how often something was taken.
pub(in super::super) fn read_leases(item: &Item) -> Result<u64, StoreError> {
    read_number(item, LEASES).map_err(|source| corrupt(item, source))
}

#[cfg(test)]
mod tests {
    use super::super::number;
    use super::*;

    #[test]
    fn keys_and_values() {
        let key = bucket_key(&"acme".into(), Quota::Events);
        assert_eq!(key.to_string(), "QUOTA#acme/events");
        assert_ne!(
            bucket_key(&"a#b".into(), Quota::Events).to_string(),
            "QUOTA#a#b/events"
        );
        let item = Item::from([number(FULL_AT, 7), number(LEASES, 3)]);
        assert_eq!(read_bucket(&item).unwrap(), Bucket::full_at(7));
        assert_eq!(read_leases(&item).unwrap(), 3);
        assert!(matches!(
            read_bucket(&Item::new()),
            Err(StoreError::Corrupt { .. })
        ));
    }
}
