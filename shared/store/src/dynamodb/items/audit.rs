//! Items of the records of changes: in a partition of their own space, in the order of the versions that they led to.

use std::time::Duration;

use clocks::millis;
use domain::audit::SealedRecord;
use domain::ids::Space;

use super::published::EXPIRES;
use super::{Item, Key, SK, bounded, corrupt, number, read_number, read_text, text};
use crate::audit::KeptRecord;
use crate::error::{CorruptValue, StoreError};

/// The record, in the form of RFC 8785.
const RECORD: &str = "record";
/// When it was made, in milliseconds since 1970.
const MADE: &str = "made";
/// Its hash.
const HASH: &str = "hash";

/// Partition of the records of a space.
pub(in super::super) fn audit_partition(space: &Space) -> String {
    bounded("AUDIT#", space.as_str())
}

/// Sort key of the record that led to a version.
pub(in super::super) fn audit_sort_key(version: u64) -> String {
    format!("{version:020}")
}

/// The item of a record, which the table may forget some time after `expires`, in seconds since 1970.
pub(in super::super) fn audit_item(record: &SealedRecord, expires: Option<u64>) -> Item {
    let key = Key {
        pk: audit_partition(&record.space),
        sk: audit_sort_key(record.version),
    };
    let mut item = key.into_item();
    item.extend([
        text(RECORD, &record.text),
        text(HASH, &record.hash),
        number(MADE, record.at),
    ]);
    item.extend(expires.map(|expires| number(EXPIRES, expires)));
    item
}

/// Whether a record is not kept any more, though the table may have it still: which of those that have lapsed it forgets
/// first, nobody knows. `now` is the time since 1970, `age` how long records are kept.
pub(in super::super) fn has_lapsed(item: &Item, now: Duration, age: Option<Duration>) -> bool {
    let is_over = |end: u64| end <= millis(now);
    let by_table = read_number(item, EXPIRES).is_ok_and(|expires| is_over(expires.saturating_mul(1000)));
    let by_age = age.is_some_and(|age| {
        read_number(item, MADE).is_ok_and(|made| is_over(made.saturating_add(millis(age))))
    });
    by_table || by_age
}

/// Reads the item of a record.
pub(in super::super) fn read_audit(item: &Item) -> Result<KeptRecord, StoreError> {
    let decode = || {
        let version = read_text(item, SK)?.parse();
        Ok(KeptRecord {
            version: version.map_err(|_| CorruptValue::Misplaced)?,
            text: read_text(item, RECORD)?.to_owned(),
            hash: read_text(item, HASH)?.to_owned(),
        })
    };
    decode().map_err(|source| corrupt(item, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let record = SealedRecord {
            space: "shop".into(),
            version: 7,
            at: 1,
            text: "{}".to_owned(),
            hash: "ab".to_owned(),
            changed: Vec::new(),
        };
        let item = audit_item(&record, Some(9));
        assert_eq!(read_text(&item, "pk"), Ok("AUDIT#shop"));
        assert_eq!(read_text(&item, SK), Ok("00000000000000000007"));
        assert_eq!(read_number(&item, EXPIRES), Ok(9));
        let kept = read_audit(&item).unwrap();
        assert_eq!((kept.version, &*kept.text, &*kept.hash), (7, "{}", "ab"));
        let lapsed = |now: u64, age: Option<u64>| {
            has_lapsed(&item, Duration::from_millis(now), age.map(Duration::from_millis))
        };
        assert!(!lapsed(8_999, None) && lapsed(9_000, None));
        assert!(!lapsed(10, Some(10)) && lapsed(11, Some(10)));
        assert!(!audit_item(&record, None).contains_key(EXPIRES));
        assert!(read_audit(&Item::new()).is_err());
    }
}
