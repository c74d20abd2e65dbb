//! Items of deduplication keys: who is about to queue an event with the key, or until when one counts as queued.

use domain::ids::Space;
use sha2::{Digest as _, Sha256};

use super::published::EXPIRES;
use super::{Item, Key, bounded, corrupt, number, read_number, read_text, text, unambiguous};
use crate::error::StoreError;

/// Who is about to queue an event; missing once it is queued.
const OWNER: &str = "owner";
/// When the item stops to count, in milliseconds since 1970.
const LAPSES: &str = "lapses";

/// Where the item of a deduplication key is. It holds the hash of the key only: keys are data of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct DeduplicationKey(Key);

/// Who a claim that is pending belongs to; `None` when the event is queued.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Pending<'a>(pub(in super::super) Option<&'a str>);

/// Names and conditions of the calls on these items.
pub(in super::super) mod expressions {
    /// What `#owner` stands for.
    pub(in super::super::super) const OWNER_NAME: &str = super::OWNER;
    /// What `#lapses` stands for.
    pub(in super::super::super) const LAPSES_NAME: &str = super::LAPSES;
    /// Condition that a key is free: unused, lapsed, or of a clock that went wrong. Takes the name `#lapses` and the
    /// values `:now` and `:latest`, the latest time at which an item that was written by now can lapse.
    pub(in super::super::super) const IS_FREE: &str =
        "attribute_not_exists(#lapses) OR #lapses <= :now OR #lapses > :latest";
    /// Condition that nobody else has claimed a key since. Takes the names `#pk` and `#owner` and the value `:owner`.
    pub(in super::super::super) const IS_OWN_OR_GONE: &str = "attribute_not_exists(#pk) OR #owner = :owner";
    /// Condition that a claim is still there. Takes the name `#owner` and the value `:owner`.
    pub(in super::super::super) const IS_OWN: &str = "#owner = :owner";
}

impl DeduplicationKey {
    /// Of a key of a space. A space's keys are spread over many partitions, each of which takes 1,000 writes a second.
    pub(in super::super) fn of(space: &Space, key: &str) -> Self {
        let hash = hex::encode(Sha256::digest(key));
        let partition = bounded("DEDUPLICATION#", &unambiguous(space.as_str()));
        Self(Key {
            pk: format!("{partition}#{}", &hash[..2]),
            sk: hash,
        })
    }

    /// The attributes that make the key.
    pub(in super::super) fn item(&self) -> Item {
        self.0.clone().into_item()
    }

    /// The item of a claim.
    pub(in super::super) fn pending(&self, owner: &str, lapses: u64) -> Item {
        let mut item = self.queued(lapses);
        item.extend([text(OWNER, owner)]);
        item
    }

    /// The item of an event that is queued. The table may forget it some time after it lapses.
    pub(in super::super) fn queued(&self, lapses: u64) -> Item {
        let mut item = self.item();
        item.extend([
            number(LAPSES, lapses),
            number(EXPIRES, lapses.div_ceil(1000) + 60),
        ]);
        item
    }
}

impl<'a> Pending<'a> {
    /// Reads an item that counts.
    pub(in super::super) fn read(item: &'a Item) -> Result<Self, StoreError> {
        let decode = || {
            read_number(item, LAPSES)?;
            let owner = item.get(OWNER).map(|_| read_text(item, OWNER));
            owner.transpose().map(Self)
        };
        decode().map_err(|source| corrupt(item, source))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn keys() {
        let of = |space: &str, key| DeduplicationKey::of(&space.into(), key).0.to_string();
        assert_eq!(of("default", "abc"), format!("DEDUPLICATION#default#ba/{ABC}"));
        assert_ne!(of("default#ba", "abc"), of("default", "abc"));
        assert!(of(&"x".repeat(3000), &"y".repeat(3000)).len() < 200);
    }

    #[test]
    fn what_is_written_is_read() {
        let key = DeduplicationKey::of(&"default".into(), "abc");
        assert_eq!(
            Pending::read(&key.pending("o", 7001)).unwrap(),
            Pending(Some("o"))
        );
        let queued = key.queued(7001);
        assert_eq!(Pending::read(&queued).unwrap(), Pending(None));
        assert_eq!(read_number(&queued, EXPIRES), Ok(68));
        for name in [OWNER, LAPSES] {
            let mut item = queued.clone();
            item.insert(name.to_owned(), AttributeValue::Bool(true));
            assert!(
                matches!(Pending::read(&item), Err(StoreError::Corrupt { .. })),
                "{name}"
            );
        }
    }
}
