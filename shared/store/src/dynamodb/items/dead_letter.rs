//! Items of dead letters. The document lies in a partition of its own delivery, in as many parts as it takes; pointers to
//! it lie in the order of time in the partition of the space and in that of the subscription.

use domain::dead_letter::DeadLetter;
use domain::ids::{DeliveryId, Space, SubscriptionId};

use super::published::{CHUNKS, DIGEST, EXPIRES, FORMAT, binary, binary_of};
use super::{Item, Key, SK, bounded, corrupt, number, read_number, read_text, text, unambiguous};
use crate::error::{CorruptValue, StoreError};

/// Most parts of a document. A transaction takes 4 MB, and an event of a queue has 1 MiB.
pub(in super::super) const MAX_PARTS: usize = 10;

/// Delivery that a pointer leads to.
const DELIVERY: &str = "delivery";
/// Subscription of the delivery.
const SUBSCRIPTION: &str = "subscription";
/// When the delivery was given up, in milliseconds since 1970.
const DEAD: &str = "dead";
/// When its event was accepted, in milliseconds since 1970.
const ACCEPTED: &str = "accepted";

/// What tells a dead letter from others, also from those of the same delivery: one that was queued again may be given up
/// again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct DeadLetterId {
    /// Space of the subscription.
    pub(in super::super) space: Space,
    /// The delivery.
    pub(in super::super) delivery: DeliveryId,
    /// The subscription.
    pub(in super::super) subscription: SubscriptionId,
    /// When it was given up, in milliseconds since 1970.
    pub(in super::super) dead_at: u64,
    /// When its event was accepted, in milliseconds since 1970.
    pub(in super::super) accepted_at: u64,
}

/// The first part of a dead letter, and what it takes to find and check the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct DeadLetterHead {
    /// Which one it is.
    pub(in super::super) id: DeadLetterId,
    /// Way in which the document is written.
    pub(in super::super) format: u64,
    /// When the table may forget it, in seconds since 1970; never if it is not said.
    pub(in super::super) expires: Option<u64>,
    /// Start of the hash of the document.
    pub(in super::super) digest: String,
    /// In how many parts it is, this one included.
    pub(in super::super) parts: usize,
    /// This part.
    pub(in super::super) data: Vec<u8>,
}

/// An entry of a list in the order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Pointer {
    /// Its sort key.
    pub(in super::super) sort_key: String,
    /// The delivery that it leads to.
    pub(in super::super) delivery: DeliveryId,
}

/// Partition of the pointers to all dead letters of a space, or to those of a subscription.
pub(in super::super) fn pointers_partition(space: &Space, subscription: Option<&SubscriptionId>) -> String {
    let name = unambiguous(space.as_str());
    match subscription {
        None => bounded("DEADLETTERS#", &name),
        Some(id) => {
            let id = unambiguous(id.as_str());
            bounded("DEADLETTERS#", &format!("{name}#SUBSCRIPTION#{id}"))
        }
    }
}

/// Partition of the dead letter of a delivery.
pub(in super::super) fn dead_letter_partition(space: &Space, delivery: &DeliveryId) -> String {
    let (name, id) = (unambiguous(space.as_str()), unambiguous(delivery.as_str()));
    bounded("DEADLETTERS#", &format!("{name}#DELIVERY#{id}"))
}

impl DeadLetterId {
    /// Of a dead letter.
    pub(in super::super) fn of(dead_letter: &DeadLetter) -> Self {
        Self {
            space: dead_letter.space.clone(),
            delivery: dead_letter.delivery_id.clone(),
            subscription: dead_letter.subscription_id.clone(),
            dead_at: dead_letter.dead_at,
            accepted_at: dead_letter.accepted_at,
        }
    }

    /// Where a part is, counted from 0.
    pub(in super::super) fn part_key(&self, part: usize) -> Key {
        Key {
            pk: dead_letter_partition(&self.space, &self.delivery),
            sk: part_sort_key(part),
        }
    }

    /// What its pointers are sorted by.
    pub(in super::super) fn sort_key(&self) -> String {
        bounded(&format!("{:020}#", self.dead_at), self.delivery.as_str())
    }

    /// Where its pointers are.
    pub(super) fn pointer_keys(&self) -> [Key; 2] {
        [None, Some(&self.subscription)].map(|subscription| Key {
            pk: pointers_partition(&self.space, subscription),
            sk: self.sort_key(),
        })
    }

    /// A pointer that is at a key.
    pub(super) fn pointer(&self, at: Key) -> Item {
        let mut item = at.into_item();
        item.extend([text(DELIVERY, self.delivery.as_str())]);
        item
    }

    /// The item of a part other than the first.
    pub(super) fn part(&self, part: usize, data: Vec<u8>) -> Item {
        let mut item = self.part_key(part).into_item();
        item.extend([binary(data)]);
        item
    }
}

impl DeadLetterHead {
    /// The item.
    pub(super) fn item(&self) -> Item {
        let mut item = self.id.part_key(0).into_item();
        item.extend([
            text(SUBSCRIPTION, self.id.subscription.as_str()),
            number(DEAD, self.id.dead_at),
            number(ACCEPTED, self.id.accepted_at),
            number(FORMAT, self.format),
            text(DIGEST, self.digest.as_str()),
            number(CHUNKS, self.parts as u64),
            binary(self.data.clone()),
        ]);
        self.let_expire(item)
    }

    /// An item of the dead letter that goes with it when it is too old.
    pub(super) fn let_expire(&self, mut item: Item) -> Item {
        item.extend(self.expires.map(|at| number(EXPIRES, at)));
        item
    }

    /// Reads the item of a delivery.
    pub(in super::super) fn read(
        space: &Space,
        delivery: &DeliveryId,
        item: &Item,
    ) -> Result<Self, StoreError> {
        let decode = || {
            let parts = usize::try_from(read_number(item, CHUNKS)?);
            let parts = parts.ok().filter(|parts| (1..=MAX_PARTS).contains(parts));
            Ok(Self {
                id: DeadLetterId {
                    space: space.clone(),
                    delivery: delivery.clone(),
                    subscription: read_text(item, SUBSCRIPTION)?.into(),
                    dead_at: read_number(item, DEAD)?,
                    accepted_at: read_number(item, ACCEPTED)?,
                },
                format: read_number(item, FORMAT)?,
                expires: item
                    .get(EXPIRES)
                    .map(|_| read_number(item, EXPIRES))
                    .transpose()?,
                digest: read_text(item, DIGEST)?.to_owned(),
                parts: parts.ok_or(CorruptValue::Attribute { name: CHUNKS })?,
                data: binary_of(item)?.to_vec(),
            })
        };
        decode().map_err(|source| corrupt(item, source))
    }
}

impl Pointer {
    /// Reads the item.
    pub(in super::super) fn read(item: &Item) -> Result<Self, StoreError> {
        let decode = || {
            Ok(Self {
                sort_key: read_text(item, SK)?.to_owned(),
                delivery: read_text(item, DELIVERY)?.into(),
            })
        };
        decode().map_err(|source| corrupt(item, source))
    }
}

/// The sort key of an item.
pub(in super::super) fn sort_key(item: &Item) -> Option<&str> {
    read_text(item, SK).ok()
}

/// Whether a text may be the sort key of a pointer.
pub(in super::super) fn is_pointer_sort_key(text: &str) -> bool {
    let (time, rest) = text.split_at_checked(20).unwrap_or_default();
    time.bytes().all(|byte| byte.is_ascii_digit())
        && rest.starts_with('#')
        && text.len() <= super::MAX_KEY_BYTES
}

/// The number of the part of a document that an item of its partition holds.
pub(in super::super) fn part_number(item: &Item) -> Option<usize> {
    let sort_key = sort_key(item)?;
    sort_key
        .parse()
        .ok()
        .filter(|part| part_sort_key(*part) == sort_key)
}

fn part_sort_key(part: usize) -> String {
    format!("{part:04}")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;

    fn head() -> DeadLetterHead {
        DeadLetterHead {
            id: DeadLetterId {
                space: "default".into(),
                delivery: "d".into(),
                subscription: "s".into(),
                dead_at: 1_700_000_000_000,
                accepted_at: 1_600_000_000_000,
            },
            format: 1,
            expires: Some(1_700_001_000),
            digest: "0123456789abcdef".to_owned(),
            parts: 3,
            data: vec![0, 255],
        }
    }

    #[test]
    fn keys() {
        let id = head().id;
        assert_eq!(id.part_key(7).to_string(), "DEADLETTERS#default#DELIVERY#d/0007");
        assert_eq!(
            id.pointer_keys().map(|key| key.to_string()),
            [
                "DEADLETTERS#default/00000001700000000000#d",
                "DEADLETTERS#default#SUBSCRIPTION#s/00000001700000000000#d"
            ]
        );
        assert!(is_pointer_sort_key(&id.sort_key()));
        for garbage in [
            "",
            "0007",
            "0000000170000000000x#d",
            "00000001700000000000d",
            "ééééééééééééé",
        ] {
            assert!(!is_pointer_sort_key(garbage), "{garbage}");
        }
    }

    #[test]
    fn partitions_of_any_names_are_apart() {
        let of = |space: &str| pointers_partition(&space.into(), None);
        let space = Space::from("default");
        for other in [
            pointers_partition(&space, Some(&"s".into())),
            dead_letter_partition(&space, &"d".into()),
        ] {
            let named_like_it = other.strip_prefix("DEADLETTERS#").unwrap_or_default();
            assert_ne!(of(named_like_it), other);
        }
        let long = "x".repeat(3000);
        assert!(of(&long).len() < 100);
        assert_ne!(
            of(&long),
            pointers_partition(&long.as_str().into(), Some(&"s".into()))
        );
    }

    #[test]
    fn what_is_written_is_read() {
        let read = |item: &Item| DeadLetterHead::read(&"default".into(), &"d".into(), item);
        let item = head().item();
        assert_eq!(read(&item).unwrap(), head());
        let mut kept = item.clone();
        kept.remove(EXPIRES);
        assert_eq!(read(&kept).unwrap().expires, None);
        for name in [SUBSCRIPTION, DEAD, ACCEPTED, FORMAT, EXPIRES, DIGEST, CHUNKS] {
            let mut item = item.clone();
            item.insert(name.to_owned(), AttributeValue::Bool(true));
            assert!(matches!(read(&item), Err(StoreError::Corrupt { .. })), "{name}");
        }
        for parts in [0, MAX_PARTS as u64 + 1] {
            let mut item = item.clone();
            item.extend([number(CHUNKS, parts)]);
            assert!(read(&item).is_err(), "{parts}");
        }

        assert_eq!(part_number(&item), Some(0));
        assert_eq!(part_number(&head().id.part(2, vec![1])), Some(2));
        assert_eq!(part_number(&HashMap::from([text(SK, "2")])), None);
        let [at, _] = head().id.pointer_keys();
        let pointer = head().id.pointer(at);
        let want = Pointer {
            sort_key: head().id.sort_key(),
            delivery: "d".into(),
        };
        assert_eq!(Pointer::read(&pointer).unwrap(), want);
    }
}
