//! Items of what spaces use: in a partition of their own space, in the order of the hours, one for each who counts.

use domain::ids::Space;
use domain::usage::{HOUR_MILLIS, UsageCounts, UsageRow};

use super::published::EXPIRES;
use super::{Item, Key, SK, bounded, corrupt, number, read_number, read_text};
use crate::error::{CorruptValue, StoreError};

/// Digits of an hour in a sort key: those of the year 9999.
const HOUR_DIGITS: usize = 8;

/// Sort key of the item that says of which days it was told; it is after all hours.
const TOLD: &str = "TOLD";
/// The last of these days, counted from 1970.
const DAY: &str = "day";

/// Partition of what a space uses.
pub(in super::super) fn usage_partition(space: &Space) -> String {
    bounded("USAGE#", space.as_str())
}

/// What the sort keys of the rows of an hour, and no others, begin with; those of later hours come after it.
pub(in super::super) fn usage_sort_key(hour: u64) -> String {
    format!("{hour:0HOUR_DIGITS$}#")
}

/// The item of a row, which the table may forget so many seconds after its hour.
pub(in super::super) fn usage_item(row: &UsageRow, kept: u64) -> Item {
    let key = Key {
        pk: usage_partition(&row.space),
        sk: format!("{}{:016x}", usage_sort_key(row.hour), row.writer),
    };
    let mut item = key.into_item();
    let counts = UsageCounts::NAMES.into_iter().zip(row.counts.values());
    item.extend(counts.map(|(name, value)| number(name, value)));
    let end = (row.hour + 1).saturating_mul(HOUR_MILLIS / 1000);
    item.extend([number(EXPIRES, end.saturating_add(kept))]);
    item
}

/// Names and expressions of the item that says of which days it was told what a space used.
pub(in super::super) mod told_expressions {
    /// What `#day` stands for.
    pub(in super::super::super) const DAY_NAME: &str = super::DAY;
    /// Condition that the day `:day` may follow those that were told, of which `:next` is the day after.
    pub(in super::super::super) const MAY_FOLLOW: &str =
        "attribute_not_exists(#day) OR #day < :day OR #day > :next";
}

/// The item that says that what a space used was told until a day, which the table may forget at a time in seconds since 1970.
pub(in super::super) fn told_item(space: &Space, day: u64, expires: u64) -> Item {
    let key = Key {
        pk: usage_partition(space),
        sk: TOLD.to_owned(),
    };
    let mut item = key.into_item();
    item.extend([number(DAY, day), number(EXPIRES, expires)]);
    item
}

/// Until which day it was told.
pub(in super::super) fn read_told(item: &Item) -> Result<u64, StoreError> {
    read_number(item, DAY).map_err(|source| corrupt(item, source))
}

/// Reads hour and counts of a row. A count that is not there is of a later version.
pub(in super::super) fn read_usage(item: &Item) -> Result<(u64, UsageCounts), StoreError> {
    let decode = || {
        let hour = read_text(item, SK)?
            .split('#')
            .next()
            .and_then(|hour| hour.parse().ok());
        let value = |name: &'static str| {
            if item.contains_key(name) {
                read_number(item, name)
            } else {
                Ok(0)
            }
        };
        let [events, bytes, calls, deliveries, attempts, dead_letters] = UsageCounts::NAMES.map(value);
        let counts = [events?, bytes?, calls?, deliveries?, attempts?, dead_letters?];
        Ok((
            hour.ok_or(CorruptValue::Misplaced)?,
            UsageCounts::of_values(counts),
        ))
    };
    decode().map_err(|source| corrupt(item, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let row = UsageRow {
            space: "shop".into(),
            hour: 498_900,
            writer: 0xab,
            counts: UsageCounts::of_values([1, 2, 3, 4, 5, 6]),
        };
        let mut item = usage_item(&row, 60);
        assert_eq!(read_text(&item, "pk"), Ok("USAGE#shop"));
        assert_eq!(read_text(&item, SK), Ok("00498900#00000000000000ab"));
        assert_eq!(read_number(&item, EXPIRES), Ok(498_901 * 3600 + 60));
        assert_eq!(read_usage(&item).unwrap(), (498_900, row.counts));
        item.remove("attempts");
        assert_eq!(read_usage(&item).unwrap().1.attempts, 0);
        item.remove(SK);
        assert!(read_usage(&item).is_err());
    }
}
