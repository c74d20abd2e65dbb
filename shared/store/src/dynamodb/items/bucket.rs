//! Items of buckets of tokens: when a bucket is full, and how often something was taken of it.

use domain::ids::Space;
use domain::quota::{Bucket, FillRate, Quota};

use super::published::EXPIRES;
use super::{Item, Key, bounded, corrupt, read_number, unambiguous};
use crate::error::StoreError;

/// When the bucket is full, in nanoseconds since 1970.
const FULL_AT: &str = "fullAt";
/// How often something was taken of it.
const LEASES: &str = "leases";
/// Nanoseconds between two tokens, at the rate at which it fills.
const INTERVAL: &str = "interval";
/// When something was taken of it last, in nanoseconds since 1970 by the clock of who did.
const TAKEN: &str = "taken";

/// A bucket of the table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in super::super) struct KeptBucket {
    /// What tells whether something was taken of it since.
    pub(in super::super) seen: u64,
    /// What it holds.
    pub(in super::super) bucket: Bucket,
}

/// Names and expressions of the calls on these items. All of them take the names `#full`, `#leases`, `#expires`, `#interval` and
/// `#taken`.
pub(in super::super) mod bucket_expressions {
    /// What `#full` stands for.
    pub(in super::super::super) const FULL_NAME: &str = super::FULL_AT;
    /// What `#leases` stands for.
    pub(in super::super::super) const LEASES_NAME: &str = super::LEASES;
    /// What `#expires` stands for.
    pub(in super::super::super) const EXPIRES_NAME: &str = super::EXPIRES;
    /// What `#interval` stands for.
    pub(in super::super::super) const INTERVAL_NAME: &str = super::INTERVAL;
    /// What `#taken` stands for.
    pub(in super::super::super) const TAKEN_NAME: &str = super::TAKEN;
    /// Takes tokens of a bucket that is not full: those of `:cost` nanoseconds.
    pub(in super::super::super) const TAKE: &str =
        "SET #full = #full + :cost, #expires = :expires, #taken = :now ADD #leases :one";
    /// Condition that there are as many in it: it is not full at `:now`, and full at `:latest` at the latest, if a token comes
    /// each `:interval`.
    pub(in super::super::super) const HAS: &str =
        "#full >= :now AND #full <= :latest AND #interval = :interval";
    /// Makes a bucket what it is after something was taken.
    pub(in super::super::super) const REPLACE: &str =
        "SET #full = :full, #expires = :expires, #interval = :interval, #taken = :now ADD #leases :one";
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

/// Reads a bucket that is to fill at a rate. Where something was taken of it further ahead than anybody waits, a clock was wrong,
/// and what it says is of no use.
pub(in super::super) fn read_bucket(item: &Item, rate: FillRate, now: u64) -> Result<KeptBucket, StoreError> {
    let seen = read_number(item, FULL_AT).map_err(|source| corrupt(item, source))?;
    let kept = |name| read_number(item, name).unwrap_or_default();
    let bucket = if kept(TAKEN) > now.saturating_add(rate.longest_wait()) {
        Bucket::default()
    } else {
        Bucket::kept(seen, kept(INTERVAL))
    };
    Ok(KeptBucket { seen, bucket })
}

/// Reads how often something was taken.
pub(in super::super) fn read_leases(item: &Item) -> Result<u64, StoreError> {
    read_number(item, LEASES).map_err(|source| corrupt(item, source))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
        let rate = FillRate::new(Duration::from_secs(1), 1);
        let read = |item: &Item, now| read_bucket(item, rate, now).map(|kept| (kept.seen, kept.bucket));
        let mut item = Item::from([number(FULL_AT, 7), number(LEASES, 3)]);
        assert_eq!(read(&item, 0).unwrap(), (7, Bucket::kept(7, 0)));
        assert_eq!(read_leases(&item).unwrap(), 3);
        let taken = 10 * rate.longest_wait();
        item.extend([number(INTERVAL, 5), number(TAKEN, taken)]);
        let limit = taken - rate.longest_wait();
        assert_eq!(read(&item, limit).unwrap(), (7, Bucket::kept(7, 5)));
        assert_eq!(read(&item, limit - 1).unwrap(), (7, Bucket::default()));
        assert!(matches!(read(&Item::new(), 0), Err(StoreError::Corrupt { .. })));
    }
}
